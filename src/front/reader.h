/*
 * reader: tells when a descriptor can be read, whatever it is. Sockets, pipes and terminals are
 * polled; regular files, which can't be, are always ready.
 */
#ifndef FRONT_READER_H
#define FRONT_READER_H

#include <stdbool.h>
#include <uv.h>

struct reader {
    uv_poll_t poll;
    uv_idle_t idle;
    bool pollable;
    bool wanted;
    void (*ready)(void *ctx);
    void *ctx;
};

/* fd stays the caller's. ready is called from the loop while wanted. */
void reader_init(struct reader *r, uv_loop_t *loop, int fd, void (*ready)(void *ctx), void *ctx);
void reader_want(struct reader *r, bool wanted);
/* The handles close in a later turn of the loop; r must live until then. */
void reader_close(struct reader *r);

#endif

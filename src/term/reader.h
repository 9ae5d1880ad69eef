/*
 * reader: reports when a descriptor of any kind can be read. Sockets, pipes and terminals are
 * polled; regular files, which can't be, are always ready.
 */
#ifndef TERM_READER_H
#define TERM_READER_H

#include <stdbool.h>
#include <sys/types.h>
#include <uv.h>

struct reader {
    uv_poll_t poll;
    uv_idle_t idle;
    bool pollable;
    bool wanted;
    void (*ready)(void *ctx);
    void *ctx;
};

/* Watch fd with a handle that is not initialised yet. libuv makes what it polls non-blocking, for
 * every process that shares the descriptor: that is undone, so read with reader_read. 0, or a code
 * of libuv (a regular file can't be polled). */
int reader_poll_init(uv_loop_t *loop, uv_poll_t *poll, int fd);

/* read(2), but that it does not wait: -1 and EAGAIN where nothing is there. */
ssize_t reader_read(int fd, void *space, size_t room);

/* fd stays the caller's. ready is called from the loop while wanted. */
void reader_init(struct reader *r, uv_loop_t *loop, int fd, void (*ready)(void *ctx), void *ctx);
void reader_want(struct reader *r, bool wanted);
/* The handles close in a later turn of the loop; r must live until then. */
void reader_close(struct reader *r);

#endif

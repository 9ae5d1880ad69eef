/*
 * listener: a listening socket on the event loop, and its incoming connections. If descriptors or
 * memory are short, connections wait in the kernel's queue and it tries again later.
 */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"

struct listener;

/* Called from the loop, never from within a function below. The listener may not be freed in them.
 */
struct listener_hooks {
    /* A connection: a non-blocking stream socket, taken by the callee. False: out of memory (the
     * callee closed it). */
    bool (*accepted)(void *ctx, int fd);
    /* accept failed for want of descriptors or memory: connections wait. */
    void (*failed)(void *ctx, int errnum);
};

/* Bind host (an address or name of this machine) and port (0: any free one), and listen. Nothing
 * is accepted before listener_accept. NULL with *e: EXIT_CONNECT, or memory. */
struct listener *listener_new(uv_loop_t *loop, const char *host, uint16_t port,
                              const struct listener_hooks *hooks, void *ctx, struct err *e);
/* The same on a unix socket that only this user can connect to. A socket of that name on which no
 * process listens is replaced. The name is removed by listener_free. */
struct listener *listener_new_unix(uv_loop_t *loop, const char *path,
                                   const struct listener_hooks *hooks, void *ctx, struct err *e);
/* NULL is fine. */
void listener_free(struct listener *l);

/* The port in use; 0: a unix socket. */
uint16_t listener_port(const struct listener *l);
/* Accept connections, or leave them in the kernel's queue. */
void listener_accept(struct listener *l, bool accept);
/* A descriptor became free: what failed is tried again at once. */
void listener_retry(struct listener *l);

/* "127.0.0.1:50123", "[::1]:50123": the other end of an accepted connection; "" if it has no
 * address. */
void listener_peer(int fd, char *text, size_t size);
/* Set an accepted TCP socket: no delay, and probes that find out about those who vanished. */
void listener_tune(int fd);

#endif

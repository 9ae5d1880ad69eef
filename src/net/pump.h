/*
 * pump: a link on the event loop. It calls its owner when bytes can be read or written, and polls
 * only for what the owner can use.
 */
#ifndef NET_PUMP_H
#define NET_PUMP_H

#include <stdbool.h>
#include <uv.h>

#include "base/err.h"
#include "net/link.h"

struct pump;

/* Called from the loop, never from within a function below. ctx is that of pump_new. */
struct pump_hooks {
    /* Read, if readable (a needless try only returns LINK_AGAIN), and write what waits. Inside, the
     * pump may be freed. */
    void (*turn)(void *ctx, bool readable);
    /* Would the next turn read? */
    bool (*reads)(const void *ctx);
    /* Does something wait to be written? */
    bool (*writes)(const void *ctx);
};

/* link is borrowed, and freed after the pump. Nothing is watched before pump_update. NULL with *e:
 * memory, or libuv can't watch the socket. */
struct pump *pump_new(uv_loop_t *loop, struct link *link, const struct pump_hooks *hooks, void *ctx,
                      struct err *e);
/* No hook is called after this. NULL is fine. */
void pump_free(struct pump *p);

/* The results of `reads` or `writes` have changed outside a turn. */
void pump_update(struct pump *p);
/* Take a turn before the loop next waits: bytes were queued, which then leave together. */
void pump_soon(struct pump *p);
/* A layer was put upon the link, or taken off: this is the topmost now. */
void pump_relink(struct pump *p, struct link *link);

#endif

/*
 * watch: wait on the event loop until a socket can be read or written. Like a timer, a watch can be
 * freed at any time. The descriptor stays its owner's, who closes it after freeing the watch.
 */
#ifndef NET_WATCH_H
#define NET_WATCH_H

#include <uv.h>

#include "base/err.h"
#include "net/link.h"

struct watch;

/* status: 0, or libuv's negative error: it saw one on the socket and watches it no longer, and what
 * it was is found by reading, or in SO_ERROR. */
typedef void watch_fn(void *ctx, int status);

/* fd: a socket or a pipe; a regular file can't be watched. NULL with *e: memory, or libuv's error
 * (STAGE_IO, EXIT_OTHER). */
struct watch *watch_new(uv_loop_t *loop, int fd, watch_fn *fn, void *ctx, struct err *e);
/* Also inside its own function, which is not called again. NULL is fine. */
void watch_free(struct watch *w);

/* events: LINK_READABLE, LINK_WRITABLE, both, or 0 for nothing. */
void watch_set(struct watch *w, int events);

#endif

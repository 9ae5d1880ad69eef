/*
 * channel_sse: a stream of server-sent events as a channel (WHATWG HTML, section 9.2). It is open
 * once the head is right: 200 with text/event-stream. 204 ends it without an error and for good;
 * any other status or type fails for good (EXIT_UPGRADE), but for 408, 425, 429 and 5xx, which pass
 * like a lost connection. The last event ID is kept in `shared`, so that the next connection sends
 * it.
 */
#ifndef CHANNEL_CHANNEL_SSE_H
#define CHANNEL_CHANNEL_SSE_H

#include "channel/receiver.h"

struct channel_sse_config {
    struct receiver_config common;

    /* The target to ask for; caller frees. NULL (the function): the URL's own; NULL (its result):
     * memory. */
    void *ctx;
    char *(*target)(void *ctx, const char *target);
    /* What is sent as Last-Event-ID: caller frees, NULL: that of the stream before. Or NULL. */
    char *(*last_id)(void *ctx);
};

/* config and shared are borrowed for the channel's life. NULL: memory. */
struct channel *channel_sse_new(uv_loop_t *loop, const struct channel_sse_config *config,
                                struct channel_shared *shared, const struct channel_up *up);

#endif

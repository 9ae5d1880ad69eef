/*
 * channel_poll: polling as a channel: a request at intervals, or as soon as the last was answered
 * (long polling); each new item in a response is a message.
 *
 * It opens with the first good answer (2xx or 304). Before that any failure ends it. After that:
 * 408, 425, 429 and 5xx are reported (EVENT_POLL) and the next poll is made at its time,
 * Retry-After honoured; any other status ends it for good (EXIT_UPGRADE), as does a response above
 * the limit; no response at all is a lost connection.
 */
#ifndef CHANNEL_CHANNEL_POLL_H
#define CHANNEL_CHANNEL_POLL_H

#include "channel/receiver.h"

struct channel_poll_config {
    struct receiver_config common;
    uint64_t every_us;  /* from the beginning of one request to that of the next; > 0 */
    uint64_t jitter_us; /* each request is delayed at random by up to this */
    bool long_poll;     /* the server holds requests: the next follows an answer at once */
    const char *method; /* NULL: GET, or POST if there is data */
    struct slice data;
    const char *items; /* JSON Pointer to the array of items in an answer, or NULL: see items.h */
    const char *seq;   /* JSON Pointer to an item's number: an answer in falling order is turned
                          round; or NULL */

    /* What the receiver of the items knows. NULL: nothing. */
    void *ctx;
    /* The target to ask for now; caller frees. NULL: memory. */
    char *(*target)(void *ctx, const char *target);
    /* Was the item seen? 1 it was, 0 not, -1 if it has nothing to be known by: then it is new if
     * the answer before did not hold it. */
    int (*known)(void *ctx, struct slice item);
};

/* config and shared are borrowed for the channel's life. NULL: memory. */
struct channel *channel_poll_new(uv_loop_t *loop, const struct channel_poll_config *config,
                                 struct channel_shared *shared, const struct channel_up *up);

#endif

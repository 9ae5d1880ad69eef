/*
 * receiver: the common part of polling and SSE as channels that only receive: a client of HTTP,
 * events with their headers, an opening, an end, and nothing that could be sent.
 */
#ifndef CHANNEL_RECEIVER_H
#define CHANNEL_RECEIVER_H

#include "channel/channel.h"
#include "channel/shared.h"
#include "http/http.h"
#include "net/timer.h"
#include "peer/layer_fault.h"

/* Of both kinds; borrowed for the channel's life with all it points to. */
struct receiver_config {
    struct handshake_config handshake; /* with the URL: see http_config */
    struct dial_config dial;
    uint64_t max_message;        /* bytes of an answer, or of an event's data; 0: no bound */
    uint64_t connect_timeout_us; /* see http_config's timeout_us */
    uint64_t began_us;           /* as in channel_ws_config */
    bool follow;
    unsigned max_redirects;
    bool no_keepalive;
};

struct receiver;

/* What each of the two does in a way of its own. */
struct receiver_kind {
    enum event_channel channel;
    size_t size;                                    /* of what embeds the receiver, at its front */
    int (*open)(struct receiver *r, struct err *e); /* see channel_open */
    void (*pause)(struct receiver *r, bool paused);
    void (*clear)(struct receiver *r); /* frees what was added */
    /* A message is to be sent: 0 or SEND_...; NULL: it only receives. */
    int (*send)(struct receiver *r, const struct outgoing *out);
};

struct receiver {
    struct channel ch;
    const struct receiver_kind *kind;
    struct layer source;       /* the lowest: what is received; the highest is the user's */
    struct layer_fault *fault; /* between them; NULL: nothing is to go wrong */
    const struct receiver_config *config;
    struct channel_shared *shared;
    struct http *http;
    uint64_t began_us;
    struct totals totals;
    bool paused;
    struct timer *timer; /* the kind's, until it is closing */
    bool closing;        /* it was asked to end, and reports the end in the next turn of the loop */
    uint16_t code;       /* with this */
};

/* kind->size bytes are allocated. NULL: memory. */
struct receiver *receiver_new(const struct receiver_kind *kind, uv_loop_t *loop,
                              const struct receiver_config *config, struct channel_shared *shared,
                              const struct http_hooks *hooks, const struct channel_up *up);

/* The event's header, and up with it. */
struct event receiver_event(const struct receiver *r, enum event_kind kind);
void receiver_emit(struct receiver *r, struct event *ev);
/* An http_hooks' report. */
void receiver_report(void *ctx, struct event *ev);

/* Nothing more is to be reported but the end. */
static inline bool receiver_over(const struct receiver *r)
{
    return r->ch.activity.ended || r->closing;
}

/* EVENT_OPEN. */
void receiver_opened(struct receiver *r);
/* EVENT_MESSAGE, in parts if it is long; binary if it is not UTF-8. name, id: as sse_name, sse_id.
 */
void receiver_message(struct receiver *r, struct slice data, const char *name, const char *id);

/* The same, of a type that is known. */
void receiver_packet(struct receiver *r, enum opcode type, struct slice data, const char *name,
                     const char *id);

/* The connection is lost. Before the opening: EVENT_ERROR. After it: EVENT_ERROR if `telling`, then
 * EVENT_CLOSE with the evidence of the exchange. */
void receiver_lose(struct receiver *r, const struct http_result *result, bool telling);
/* May an answer with this status be another one next time? */
bool receiver_passes(int status);
/* The final answer, with this status, is not what was asked for: as receiver_fail, with a hint, and
 * for good unless the status passes. */
void receiver_refused(struct receiver *r, int status, struct err *e);
/* The end by our own wish; code as in EVENT_CLOSE. */
void receiver_end(struct receiver *r, enum close_by by, enum close_how how, uint16_t code,
                  bool clean);
/* The end because of an error that is not of the connection: EVENT_ERROR, then EVENT_CLOSE. */
void receiver_fail(struct receiver *r, const struct err *e);

#endif

/*
 * layer: what is between an endpoint (a WebSocket, or another source of messages) and its user.
 * Requests go down a stack of layers, events go up, and each layer may change, hold, drop or add to
 * what passes. The endpoint is the lowest layer, its user the highest. An operation that a layer
 * does not have passes it by.
 *
 * A layer is embedded in whatever owns it. Between layer_put and layer_remove it stays where it is.
 */
#ifndef PEER_LAYER_H
#define PEER_LAYER_H

#include "event/event.h"
#include "proto/frame.h"

/* Why something was not taken to be sent. */
enum {
    SEND_CLOSED = -1, /* no connection takes it now */
    SEND_FAILED = -2  /* out of memory or random numbers: trying again is of no use */
};

enum outgoing_kind {
    OUTGOING_MESSAGE, /* a message or a part of one */
    OUTGOING_BATCH,   /* several whole messages of one type */
    OUTGOING_CONTROL, /* a ping or a pong */
    OUTGOING_FRAME,   /* any frame, unchecked */
    OUTGOING_FLUSH,   /* nothing more: write now what waits, as far as the socket takes it */
    OUTGOING_CLOSE,   /* the closing handshake (RFC 6455, section 7.1.2) */
    OUTGOING_ABORT    /* the end, at once */
};

/* A request on its way down. What it points to is borrowed for the call. */
struct outgoing {
    enum outgoing_kind kind;
    enum opcode opcode; /* message, batch: text or binary; control: ping or pong */
    struct slice data;  /* the payload; close: the reason (at most 123 bytes are sent) */
    bool first, final;  /* message: it begins with this part, and ends with it */
    uint64_t id;        /* message: of the update in it, where an event stream carries it; else 0 */
    const struct slice *messages; /* batch */
    size_t count;
    size_t *sent;                  /* batch, set: how many were queued */
    const struct frame_spec *spec; /* frame */
    uint16_t code;                 /* close; 0 or 1005: an empty body */
    uint64_t timeout_us;           /* close: how long the other side may take to answer */
    enum close_how how;            /* abort: what is to be reported */
};

struct layer;

struct layer_ops {
    /* 0: taken. SEND_...: not. */
    int (*send)(struct layer *l, const struct outgoing *out);
    /* Something happened below: EVENT_MESSAGE, EVENT_PING ..., the last one EVENT_CLOSE. */
    void (*event)(struct layer *l, struct event *ev);
    /* So little waits to be written that more may be sent. */
    void (*drained)(struct layer *l);
    /* Paused: no further message goes up once the current event returned, and nothing is read. */
    void (*pause)(struct layer *l, bool paused);
    struct totals (*totals)(const struct layer *l);
};

struct layer {
    const struct layer_ops *ops;
    struct layer *above, *below; /* NULL: it is the highest, the lowest */
    struct layer *listener;      /* the next one above that has `event`; NULL: none */
};

/* Put l right above `below`. */
void layer_put(struct layer *l, struct layer *below);
void layer_remove(struct layer *l);

/* To the next layer below `from` that has such an operation; SEND_CLOSED or nothing without one. */
int layer_send(const struct layer *from, const struct outgoing *out);
void layer_pause(const struct layer *from, bool paused);
struct totals layer_totals(const struct layer *from);
/* To the next one above. Events may be millions of messages, hence inline. */
static inline void layer_event(const struct layer *from, struct event *ev)
{
    if (from->listener)
        from->listener->ops->event(from->listener, ev);
}
void layer_drained(const struct layer *from);

#endif

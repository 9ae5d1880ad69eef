/*
 * ws_private: the inside of channel_ws, shared by its files: channel_ws (the channel, over a peer
 * once it is open) and ws_open (dial, handshake).
 */
#ifndef CHANNEL_WS_PRIVATE_H
#define CHANNEL_WS_PRIVATE_H

#include "channel/channel_ws.h"
#include "http/refusal.h"
#include "net/pump.h"
#include "net/timer.h"
#include "peer/peer.h"

enum ws_state {
    WS_NEW,
    WS_DIALING,
    WS_UPGRADING, /* the request is being written, or the response read */
    WS_REFUSED,   /* reading the body of a response that was no 101 */
    WS_OPEN,      /* the peer has it */
    WS_ENDED
};

struct ws {
    struct channel ch;
    struct layer layer; /* upon the peer: its events are the channel's */
    struct peer *peer;  /* once it is open */
    const struct channel_ws_config *config;
    struct channel_shared *shared;
    enum ws_state state;
    bool paused;

    /* Opening */
    struct dial *dial;
    struct dial_target target;
    struct link *link; /* until the peer takes it */
    struct pump *pump;
    struct timer *timer;
    struct err link_error; /* of the read or write that failed */
    int errnum;            /* of a write that failed */
    uint64_t began_us;
    uint64_t requested_us;
    struct handshake handshake;
    struct handshake_result agreed;
    struct buf request;  /* what is not written of it yet */
    struct buf incoming; /* the head, then a refused upgrade's body */
    size_t scanned;
    struct http1_head head; /* of a refused upgrade; points into head_bytes */
    struct buf head_bytes;
    struct http1_body body_framing;
    struct refusal refusal;
    uint64_t response_us;
    unsigned broken_rules; /* of the handshake, let pass */
};

/* channel_ws.c */
/* The time and the channel into an event, and up with it. */
void ws_emit(struct ws *ws, struct event *ev);
/* An event of that kind, zeroed but for the header. */
struct event ws_event(const struct ws *ws, enum event_kind kind);
bool ws_wants(const struct ws *ws, enum event_kind kind);
/* Report EVENT_ERROR and end: the connection never was open. */
void ws_fail(struct ws *ws, const struct err *e);

/* ws_open.c */
int ws_open(struct channel *ch, struct err *e);

#endif

/*
 * peer: one end of a WebSocket after the handshake (RFC 6455, sections 5 to 7), whichever end it
 * is: a link and a wsconn on the event loop, the closing handshake, and the evidence of how it
 * ended. It is the lowest of a stack of layers.
 *
 * Events go up from the loop, and from within layer_send, layer_pause(false) and peer_start. They
 * are those of wsconn, then EVENT_BYTES and what was sent (EVENT_FRAME, EVENT_MESSAGE, EVENT_PING,
 * EVENT_PONG with DIR_OUT) as far as the bus wants them, EVENT_ERROR where memory runs out, and
 * exactly one EVENT_CLOSE, the last. A ping is answered after its event, unless a layer has set
 * control.taken in it.
 */
#ifndef PEER_PEER_H
#define PEER_PEER_H

#include <uv.h>

#include "event/bus.h"
#include "net/link.h"
#include "net/tcp_stats.h"
#include "peer/layer.h"
#include "proto/wsconn.h"

/* More than this waits to be written: the sender should stop until `drained`. */
#define PEER_FULL (512 * 1024)

/* What anyone may read; times are clock_mono_us. */
struct activity {
    uint64_t last_in_us;  /* a byte came in */
    uint64_t last_out_us; /* a byte was written */
    size_t pending;       /* bytes that wait to be written */
    uint64_t written;     /* bytes that were written */
    bool ended;           /* the end is reported, or about to be */
};

struct peer_config {
    struct wsconn_config conn;
    struct rng *rng;           /* of masking keys; borrowed */
    struct slice lead;         /* to be written before the first frame (a server's 101); copied */
    struct slice rest;         /* what came after the other side's part of the handshake; borrowed
                               until peer_start returns */
    const struct bus *bus;     /* asked what is wanted; borrowed */
    struct activity *activity; /* kept up to date; borrowed */
    uint32_t number;           /* of the connection, for its events */
    uint64_t start_us;         /* clock_mono_us at the program's start, for its events */
    uint64_t opened_us;        /* clock_mono_us of the handshake's end */
    uint64_t close_timeout;    /* microseconds, for what follows a Close of the other side's or a
                                  violation */
    bool no_pong;              /* leave pings unanswered */
    bool tls;                  /* the link is TLS, for the evidence */
    bool paced; /* read nothing while more than PEER_FULL waits: input causes output */
};

struct peer;

/* Takes the link; `above` is put upon the peer. NULL with *e; the link is the caller's then. */
struct peer *peer_new(uv_loop_t *loop, struct link *link, const struct peer_config *config,
                      struct layer *above, struct err *e);
/* Begin: the messages that `rest` holds go up before this returns. */
void peer_start(struct peer *p);
/* Not from within an event. What has not ended is not reported. NULL is fine. */
void peer_free(struct peer *p);

bool peer_close_sent(const struct peer *p);
/* Who ended a stream without a Close, and how, as far as the transport knows. result: what
 * link_read returned, 0 or LINK_FAILED with why. */
void transport_ending(const struct link *link, ssize_t result, const struct err *why,
                      enum close_by *by, enum close_how *how);
/* What the kernel knows of the connection; false if it is not TCP, or over. */
bool peer_tcp_stats(const struct peer *p, struct tcp_stats *stats);

#endif

/*
 * dial_private: shared by the files of a dial: dial (names, the connection) and dial_layers (the
 * layers above it).
 */
#ifndef NET_DIAL_PRIVATE_H
#define NET_DIAL_PRIVATE_H

#include "net/dial.h"
#include "net/eyeballs.h"
#include "net/pump.h"
#include "net/resolve.h"
#include "net/route.h"
#include "net/timer.h"

/* What is built upon each other, as far as the way needs it. */
enum dial_layer { LAYER_TCP, LAYER_PROXY_TLS, LAYER_TUNNEL, LAYER_TLS, LAYER_ALL };

struct dial {
    uv_loop_t *loop;
    const struct dial_config *config;
    const struct dial_target *target;
    dial_emit_fn *emit;
    dial_done_fn *done;
    void *ctx;

    enum stage stage;
    uint64_t stage_us;   /* when it began */
    struct timer *timer; /* the start, and retries of a busy unix socket */
    struct pump *pump;   /* of the handshakes of layers, or NULL */
    bool slowed;         /* the fault dns-slow has acted */

    struct route route; /* unless it is a unix socket */
    struct resolve_query query;
    struct resolve *question;
    bool asking_end;          /* the question is about the tunnel's end, not whom to connect to */
    struct resolve_list ends; /* socks5: of the tunnel's end */
    size_t end;               /* which of them is tried */
    struct resolve_list addresses; /* whom to connect to */
    struct eyeballs *race;
    char peer[INET6_ADDRSTRLEN + IF_NAMESIZE + 1]; /* who was reached */
    struct link *link;
    enum dial_layer layer; /* the topmost of the link */
};

/* dial.c: the dial is gone after the first three. */
/* Stop, and report why. */
void dial_fail(struct dial *d, const struct err *e);
/* The same for a failure to reach the first hop: with a proxy, the sentence is about it. */
void dial_fail_hop(struct dial *d, const struct err *why);
/* Pass the link to the caller. */
void dial_succeed(struct dial *d);
void dial_stage_begin(struct dial *d, enum stage stage);
uint64_t dial_stage_took(const struct dial *d);
/* Connect to one of the addresses; the dial may be gone afterwards. */
void dial_race(struct dial *d);

/* dial_layers.c */
/* The first hop is connected: build what the way needs upon it, one layer after the other, then
 * dial_succeed. The dial may be gone afterwards. */
void dial_climb(struct dial *d);

#endif

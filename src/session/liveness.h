/*
 * liveness: which pings are on their way, how long each took, and when a silent peer is treated as
 * lost (RFC 6455, section 5.5.2). Pure: the caller passes the time. Any byte received is a sign of
 * life.
 */
#ifndef SESSION_LIVENESS_H
#define SESSION_LIVENESS_H

#include "base/slice.h"

#define LIVENESS_PINGS   16 /* pings on their way that are remembered; older ones are forgotten */
#define LIVENESS_PAYLOAD 125

struct liveness_ping {
    uint64_t sent_us;
    uint8_t len;
    uint8_t payload[LIVENESS_PAYLOAD];
    bool waiting;
};

struct liveness {
    uint64_t interval_us;     /* between pings of our own; 0: none */
    uint64_t timeout_us;      /* silence after a ping that ends the connection; 0: never */
    uint64_t last_ping_us;    /* the last automatic ping, or the opening */
    uint64_t overdue_from_us; /* the oldest automatic ping since the last sign of life; 0: none */
    uint64_t sequence;        /* of automatic pings */
    struct liveness_ping pings[LIVENESS_PINGS];
    uint64_t forgotten; /* pings that were not answered and are no longer remembered */
    unsigned next;
};

void liveness_init(struct liveness *l, uint64_t interval_us, uint64_t timeout_us, uint64_t now_us);

/* A ping with this payload went out. */
void liveness_sent(struct liveness *l, struct slice payload, uint64_t now_us);
/* A pong came. True and *rtt_us if it answers a ping that is remembered; earlier pings count as
 * answered by it too (RFC 6455, section 5.5.3). */
bool liveness_pong(struct liveness *l, struct slice payload, uint64_t now_us, uint64_t *rtt_us);

/* Pings that were never answered; at the end of the connection. */
uint64_t liveness_unanswered(const struct liveness *l);

enum liveness_action { LIVENESS_WAIT, LIVENESS_PING, LIVENESS_LOST };

/* What to do now, given when a byte last came in; *wait_us: when to ask again (for LIVENESS_WAIT;
 * UINT64_MAX: never). After LIVENESS_PING send a ping with liveness_payload and ask again. */
enum liveness_action liveness_due(struct liveness *l, uint64_t last_in_us, uint64_t now_us,
                                  uint64_t *wait_us);

/* The payload of the next automatic ping: a number in digits. Returns its length. */
size_t liveness_payload(struct liveness *l, char text[24]);

#endif

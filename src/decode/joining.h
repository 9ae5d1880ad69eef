/*
 * joining: messages that wait until the server has confirmed what they depend on: a join or a
 * subscription. At most JOINING_MAX bytes.
 */
#ifndef DECODE_JOINING_H
#define DECODE_JOINING_H

#include "decode/decoder.h"

#define JOINING_MAX ((size_t)1 << 20)

/* Zero-initialise. */
struct joining {
    uint64_t unconfirmed; /* joins or subscriptions that were sent */
    struct buf texts;     /* each with its length before it */
};

void joining_clear(struct joining *h);
/* A join or subscription is sent. */
static inline void joining_ask(struct joining *h)
{
    h->unconfirmed++;
}

/* Send a text, or let it wait. 0 or -1 (memory, or too much waits). */
int joining_send(struct joining *h, struct decode_layer *l, struct slice text);
/* One of them was confirmed or refused: after the last, what waits is sent. 0 or -1. */
int joining_answered(struct joining *h, struct decode_layer *l);
/* "2 messages waited ..." as a finding. 0 or -1 (memory). */
int joining_findings(const struct joining *h, const char *for_what, struct buf *out);

#endif

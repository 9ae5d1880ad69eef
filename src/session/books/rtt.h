/*
 * rtt: round-trip times of a session in bounded memory: smallest and largest exact, median and 99th
 * percentile to within two percent. Pure.
 */
#ifndef SESSION_BOOKS_RTT_H
#define SESSION_BOOKS_RTT_H

#include "event/event.h"

/* Each power of two of microseconds is divided into this many buckets; up to an hour. */
#define RTT_FINE    32
#define RTT_BUCKETS (28 * RTT_FINE)

struct rtt {
    uint64_t count, lost;
    uint64_t min_us, max_us;
    uint32_t buckets[RTT_BUCKETS]; /* a count that is full stays so */
};

/* A ping was answered after that time; this many never were. */
void rtt_add(struct rtt *r, uint64_t us);
void rtt_lost(struct rtt *r, uint64_t count);

struct event_rtt rtt_sums(const struct rtt *r);

#endif

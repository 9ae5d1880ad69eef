#include "session/books/rtt.h"

/* Values below RTT_FINE have a bucket each; then RTT_FINE of them a power of two. */
static size_t bucket_of(uint64_t us)
{
    unsigned shift;
    size_t i;

    if (us < RTT_FINE)
        return (size_t)us;
    shift = 63 - (unsigned)__builtin_clzll(us) - 5;
    i = (size_t)(shift + 1) * RTT_FINE + (size_t)(us >> shift) - RTT_FINE;
    return i < RTT_BUCKETS ? i : RTT_BUCKETS - 1;
}

/* The middle of a bucket. */
static uint64_t value_of(size_t bucket)
{
    unsigned shift;

    if (bucket < RTT_FINE)
        return bucket;
    shift = (unsigned)(bucket / RTT_FINE) - 1;
    return ((uint64_t)(bucket % RTT_FINE + RTT_FINE) << shift) + ((UINT64_C(1) << shift) >> 1);
}

void rtt_add(struct rtt *r, uint64_t us)
{
    uint32_t *bucket = &r->buckets[bucket_of(us)];

    if (r->count == 0 || us < r->min_us)
        r->min_us = us;
    if (us > r->max_us)
        r->max_us = us;
    r->count++;
    if (*bucket < UINT32_MAX)
        ++*bucket;
}

void rtt_lost(struct rtt *r, uint64_t count)
{
    r->lost += count;
}

/* The rank-th smallest, from 1. */
static uint64_t ranked(const struct rtt *r, uint64_t rank)
{
    uint64_t seen = 0, us = r->max_us;

    for (size_t i = 0; i < RTT_BUCKETS; i++) {
        seen += r->buckets[i];
        if (seen >= rank) {
            us = value_of(i);
            break;
        }
    }
    if (us < r->min_us)
        return r->min_us;
    return us < r->max_us ? us : r->max_us;
}

struct event_rtt rtt_sums(const struct rtt *r)
{
    struct event_rtt sums = {.count = r->count, .lost = r->lost};

    if (r->count == 0)
        return sums;
    sums.min_us = r->min_us;
    sums.median_us = ranked(r, (r->count + 1) / 2);
    sums.p99_us = ranked(r, r->count - r->count / 100);
    return sums;
}

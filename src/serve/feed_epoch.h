/*
 * feed_epoch: the beginning of a feed that several servers share, on the clock of the Redis server
 * that they share, and how that clock is computed from ours. Pure: the times are passed in.
 *
 * The feed is a function of its start, its rate and its burst, so these three, in one key, are all
 * that servers must agree on. Of two beginnings the earlier is the one: so all agree in the end,
 * whatever was lost and whichever comes first.
 */
#ifndef SERVE_FEED_EPOCH_H
#define SERVE_FEED_EPOCH_H

#include "base/slice.h"

struct feed_epoch {
    int64_t start_us;       /* of Redis's clock, since 1970 */
    uint64_t per_million_s; /* as in struct feed */
    uint64_t burst;
};

/* "1767323045000000 10000000 1", with its NUL. */
#define FEED_EPOCH_TEXT 80
void feed_epoch_write(char text[FEED_EPOCH_TEXT], const struct feed_epoch *epoch);
/* -1, *epoch untouched: it is none. */
int feed_epoch_read(struct slice text, struct feed_epoch *epoch);

/* Below 0: a is the one to keep; 0: they are the same. */
int feed_epoch_compare(const struct feed_epoch *a, const struct feed_epoch *b);

struct feed_clock {
    bool known;
    int64_t offset_us; /* Redis's clock minus ours */
    uint64_t error_us; /* at most, when it was measured */
    uint64_t at_us;    /* when, on our clock */
};

enum feed_clock_news {
    FEED_CLOCK_KEPT, /* the sample is less exact than what is known */
    FEED_CLOCK_SET,
    FEED_CLOCK_JUMPED /* Redis's clock was set: it can't have been both */
};

/* Redis was asked for its time at asked_us of our monotonic clock, and answered redis_us at
 * answered_us. */
enum feed_clock_news feed_clock_sample(struct feed_clock *c, uint64_t asked_us,
                                       uint64_t answered_us, int64_t redis_us);

#endif

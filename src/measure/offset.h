/*
 * offset: how far a server's clock is from ours, as far as it can be known from outside. Each
 * answer with a Date bounds it from both sides (the server wrote it between our question and its
 * answer); each update with a time bounds it from below (nothing arrives before it was sent).
 */
#ifndef MEASURE_OFFSET_H
#define MEASURE_OFFSET_H

#include <stdbool.h>
#include <stdint.h>

enum offset_basis {
    OFFSET_NONE,    /* nothing is known */
    OFFSET_SAME,    /* all evidence allows 0, which is used */
    OFFSET_DATES,   /* the nearest to 0 that the Date headers allow */
    OFFSET_QUICKEST /* no Date: the quickest update is taken to have needed no time */
};

struct offset {
    bool has_low, has_high;
    int64_t low_us, high_us; /* server minus ours */
};

struct offset_estimate {
    enum offset_basis basis;
    int64_t us;              /* server minus ours, to be subtracted from its times */
    bool bounded;            /* the next two are known: */
    int64_t low_us, high_us; /* it is between these */
};

void offset_init(struct offset *o);
/* All times are microseconds since 1970; the Date is cut to whole seconds. */
void offset_date(struct offset *o, int64_t date_us, int64_t asked_us, int64_t answered_us);
void offset_update(struct offset *o, int64_t sent_us, int64_t arrived_us);
struct offset_estimate offset_estimate(const struct offset *o);

#endif

/*
 * sketch: the distribution of durations in bounded memory: counts in buckets whose width grows with
 * the value, so that a percentile is within 1 % of the exact value (below 64 µs: exact), whatever
 * was put in. The smallest and the largest value and the sum are exact.
 *
 * Values are signed microseconds; values beyond ±2^40 (twelve days) are recorded as that.
 */
#ifndef MEASURE_SKETCH_H
#define MEASURE_SKETCH_H

#include <stddef.h>
#include <stdint.h>

#define SKETCH_SUB     64 /* buckets for each doubling: half a bucket is 1/128 of the value */
#define SKETCH_OCTAVES 35 /* from 64 µs to 2^40 µs, and those below 64 µs */
#define SKETCH_BUCKETS (SKETCH_SUB * SKETCH_OCTAVES)

struct sketch {
    uint64_t count;
    int64_t min, max; /* if count > 0 */
    double sum;
    uint32_t above[SKETCH_BUCKETS]; /* of values from 0 on */
    uint32_t below[SKETCH_BUCKETS]; /* of -value, for values below 0 */
};

void sketch_init(struct sketch *s);
void sketch_add(struct sketch *s, int64_t us);

/* The value that this many percent (0 to 100) of the values do not exceed (nearest rank); 0 if
 * there are none. */
int64_t sketch_percentile(const struct sketch *s, unsigned percent);
double sketch_mean(const struct sketch *s);

/* How many values v have from <= v < to, as precisely as the buckets are: a bucket whose middle is
 * inside is included as a whole. */
uint64_t sketch_between(const struct sketch *s, int64_t from, int64_t to);

#endif

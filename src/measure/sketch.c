#include "measure/sketch.h"

#include <string.h>

#define VALUE_MAX ((INT64_C(1) << 40) - 1)

void sketch_init(struct sketch *s)
{
    memset(s, 0, sizeof *s);
}

/* Below SKETCH_SUB one bucket per value; above, the six bits after the highest one. */
static size_t bucket_of(uint64_t value)
{
    unsigned shift = 0;

    while (value >> shift >= 2 * SKETCH_SUB)
        shift++;
    if (value < SKETCH_SUB)
        return (size_t)value;
    return (size_t)(SKETCH_SUB * shift + (value >> shift));
}

/* The middle of a bucket. */
static int64_t value_of(size_t bucket)
{
    unsigned shift;

    if (bucket < 2 * SKETCH_SUB)
        return (int64_t)bucket;
    shift = (unsigned)(bucket / SKETCH_SUB) - 1;
    /* One step is 2^shift wide; the value in its middle represents it. */
    return ((int64_t)(SKETCH_SUB + bucket % SKETCH_SUB) << shift) + (INT64_C(1) << shift) / 2;
}

void sketch_add(struct sketch *s, int64_t us)
{
    int64_t value = us > VALUE_MAX ? VALUE_MAX : us < -VALUE_MAX ? -VALUE_MAX : us;

    if (s->count == 0 || value < s->min)
        s->min = value;
    if (s->count == 0 || value > s->max)
        s->max = value;
    s->count++;
    s->sum += (double)value;
    if (value >= 0)
        s->above[bucket_of((uint64_t)value)]++;
    else
        s->below[bucket_of((uint64_t)-value)]++;
}

static int64_t within(const struct sketch *s, int64_t value)
{
    return value < s->min ? s->min : value > s->max ? s->max : value;
}

int64_t sketch_percentile(const struct sketch *s, unsigned percent)
{
    uint64_t rank, seen = 0;

    if (s->count == 0)
        return 0;
    /* percent * count / 100, rounded up. */
    rank = s->count / 100 * percent + (s->count % 100 * percent + 99) / 100;
    if (rank <= 1)
        return s->min;
    if (rank >= s->count)
        return s->max;
    for (size_t i = SKETCH_BUCKETS; i-- > 0;) {
        seen += s->below[i];
        if (seen >= rank)
            return within(s, -value_of(i));
    }
    for (size_t i = 0; i < SKETCH_BUCKETS; i++) {
        seen += s->above[i];
        if (seen >= rank)
            return within(s, value_of(i));
    }
    return s->max;
}

double sketch_mean(const struct sketch *s)
{
    return s->count ? s->sum / (double)s->count : 0;
}

uint64_t sketch_between(const struct sketch *s, int64_t from, int64_t to)
{
    uint64_t n = 0;

    for (size_t i = 0; i < SKETCH_BUCKETS; i++) {
        int64_t value = value_of(i);

        if (value >= from && value < to)
            n += s->above[i];
        if (-value >= from && -value < to)
            n += s->below[i];
    }
    return n;
}

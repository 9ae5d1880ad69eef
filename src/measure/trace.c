#include "measure/trace.h"

#define STEP_US 1000

void trace_init(struct trace *t)
{
    t->step_us = STEP_US;
    t->count = 0;
}

/* Points of one step: the first one's time, the last one's value. */
static size_t merge(struct trace *t)
{
    size_t kept = 0;

    for (size_t i = 0; i < t->count; i++) {
        struct trace_point p = t->points[i];

        if (kept > 0 && p.at_us - t->points[kept - 1].at_us < t->step_us)
            t->points[kept - 1].value = p.value;
        else
            t->points[kept++] = p;
    }
    return kept;
}

void trace_add(struct trace *t, uint64_t at_us, uint64_t value)
{
    struct trace_point *last = t->count ? &t->points[t->count - 1] : NULL;

    if (last && at_us < last->at_us)
        at_us = last->at_us;
    if (last && at_us - last->at_us < t->step_us) {
        last->value = value;
        return;
    }
    while (t->count == TRACE_POINTS) {
        t->step_us *= 2;
        t->count = merge(t);
    }
    t->points[t->count++] = (struct trace_point){at_us, value};
}

/*
 * trace: a value that changes over time, with few enough points for a picture: what changes within
 * one step of time is one point with the last value, and the step doubles whenever the points run
 * out. So a staircase stays one, however long it is.
 */
#ifndef MEASURE_TRACE_H
#define MEASURE_TRACE_H

#include <stddef.h>
#include <stdint.h>

#define TRACE_POINTS 1024

struct trace_point {
    uint64_t at_us;
    uint64_t value;
};

struct trace {
    uint64_t step_us;
    size_t count;
    struct trace_point points[TRACE_POINTS];
};

void trace_init(struct trace *t);
/* Times never go back (one that does is recorded as the last one). */
void trace_add(struct trace *t, uint64_t at_us, uint64_t value);

#endif

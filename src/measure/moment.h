/*
 * moment: points in time as servers write them.
 */
#ifndef MEASURE_MOMENT_H
#define MEASURE_MOMENT_H

#include "base/slice.h"

/* Microseconds since 1970 UTC, and how fine the notation is. */
struct moment {
    int64_t us;
    uint64_t resolution_us; /* of the last digit written, at least 1 */
};

/* A raw JSON token: a string with an RFC 3339 time, or a number (also in a string) since 1970:
 * below 10^11 seconds, below 10^14 milliseconds, below 10^17 microseconds, else nanoseconds. 0 or
 * -1: none of these. */
int moment_parse(struct slice token, struct moment *moment);

#endif

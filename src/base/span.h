/* span: the time between two moments, in the unit of both. */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdint.h>

/* From the first to the second; 0 if the second is not later. */
static inline uint64_t span_between(uint64_t from, uint64_t to)
{
    return to > from ? to - from : 0;
}

#endif

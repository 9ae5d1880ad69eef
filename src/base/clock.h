/*
 * clock: the two clocks, in microseconds. Modules that must not read a clock are passed its values.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Monotonic, from an arbitrary start. */
uint64_t clock_mono_us(void);
/* Since 1970-01-01 UTC; may jump. */
int64_t clock_wall_us(void);

#endif

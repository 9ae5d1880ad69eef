/*
 * fault_clock: lets a set of faults act at its times, on the caller's loop.
 */
#ifndef NET_FAULT_CLOCK_H
#define NET_FAULT_CLOCK_H

#include <uv.h>

#include "fault/faults.h"
#include "net/timer.h"

struct fault_clock {
    struct timer *timer;
    struct faults *faults;
};

/* From now on, until fault_clock_stop; faults is borrowed. -1: memory. */
int fault_clock_start(struct fault_clock *c, uv_loop_t *loop, struct faults *faults);
void fault_clock_stop(struct fault_clock *c);

#endif

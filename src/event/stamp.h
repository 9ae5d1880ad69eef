/* stamp: when an event happened, for those that read the clock. */
#ifndef EVENT_STAMP_H
#define EVENT_STAMP_H

#include "base/clock.h"
#include "event/event.h"

/* It happens now, in a program that began at start_us (clock_mono_us). */
static inline void event_stamp(struct event *ev, uint64_t start_us)
{
    ev->time_us = clock_wall_us();
    ev->at_us = clock_mono_us() - start_us;
}

static inline struct event event_now(enum event_kind kind, uint64_t start_us)
{
    struct event ev = {.kind = kind};

    event_stamp(&ev, start_us);
    return ev;
}

#endif

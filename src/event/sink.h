/*
 * sink: a view of what happens. It takes events and gives nothing back.
 */
#ifndef EVENT_SINK_H
#define EVENT_SINK_H

#include "event/event.h"

_Static_assert(EVENT_KIND_COUNT <= 63, "a kind for each bit of `wants` but the last");

/* Of messages and what is in them, those that go out need not be made for this sink. */
#define SINK_INCOMING_ONLY (UINT64_C(1) << 63)

struct sink {
    uint64_t wants; /* EVENT_BIT of each kind this sink looks at, and SINK_INCOMING_ONLY */
    void (*event)(struct sink *sink, const struct event *ev);
    void (*free)(struct sink *sink); /* NULL: it is part of something else */
};

#endif

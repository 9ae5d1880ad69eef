/*
 * sink: a view of what happens. It takes events and gives nothing back.
 */
#ifndef EVENT_SINK_H
#define EVENT_SINK_H

#include "event/event.h"

struct sink {
    uint32_t wants; /* EVENT_BIT of each kind this sink looks at */
    void (*event)(struct sink *sink, const struct event *ev);
    void (*free)(struct sink *sink);
};

#endif

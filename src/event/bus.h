/*
 * bus: hands each event to every sink that wants its kind, in the order they were added.
 */
#ifndef EVENT_BUS_H
#define EVENT_BUS_H

#include "event/sink.h"

#define BUS_SINKS_MAX 8  /* as many as `wanting` has bits for sinks */
#define BUS_KINDS     63 /* as many as `wants` has bits for kinds */

struct bus {
    struct sink *sinks[BUS_SINKS_MAX];
    unsigned count;
    uint8_t wanting[BUS_KINDS]; /* a bit for each sink that wants a kind, the first is the lowest */
    bool wants_sent;            /* any of them looks at messages that go out */
    uint64_t wants;             /* what any of them wants */
};

void bus_init(struct bus *bus);
/* Takes the sink (may be NULL: out of memory where it was made). 0, or -1: NULL or no room; the
 * sink is freed then. */
int bus_add(struct bus *bus, struct sink *sink);
/* Messages are made in both directions, though no sink looks at them. */
void bus_want_messages(struct bus *bus);
/* From now on the i-th sink does not get these kinds; the bus still wants them. */
void bus_withhold(struct bus *bus, unsigned i, uint64_t kinds);
/* Frees the sinks. */
void bus_clear(struct bus *bus);

/* Lets a hot path skip events that no sink shows. */
static inline bool bus_wants(const struct bus *bus, enum event_kind kind)
{
    return (bus->wants & EVENT_BIT(kind)) != 0;
}

/* The same for messages that go out. */
static inline bool bus_wants_sent(const struct bus *bus)
{
    return bus->wants_sent;
}

static inline void bus_emit(const struct bus *bus, const struct event *ev)
{
    for (unsigned left = bus->wanting[ev->kind]; left; left &= left - 1) {
        struct sink *sink = bus->sinks[__builtin_ctz(left)];

        sink->event(sink, ev);
    }
}

#endif

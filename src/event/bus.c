#include "event/bus.h"

void bus_init(struct bus *bus)
{
    *bus = (struct bus){0};
}

static void sink_free(struct sink *sink)
{
    if (sink->free)
        sink->free(sink);
}

/* The sinks that want each kind. */
static void list_wanting(struct bus *bus)
{
    for (unsigned kind = 0; kind < BUS_KINDS; kind++) {
        unsigned wanting = 0;

        for (unsigned i = 0; i < bus->count; i++) {
            if (bus->sinks[i]->wants & EVENT_BIT(kind))
                wanting |= 1u << i;
        }
        bus->wanting[kind] = (uint8_t)wanting;
    }
}

int bus_add(struct bus *bus, struct sink *sink)
{
    if (!sink)
        return -1;
    if (bus->count == BUS_SINKS_MAX) {
        sink_free(sink);
        return -1;
    }
    bus->sinks[bus->count++] = sink;
    bus->wants |= sink->wants;
    if ((sink->wants & (EVENT_BIT(EVENT_MESSAGE) | EVENT_BIT(EVENT_DECODED))) &&
        !(sink->wants & SINK_INCOMING_ONLY))
        bus->wants_sent = true;
    list_wanting(bus);
    return 0;
}

void bus_want_messages(struct bus *bus)
{
    bus->wants |= EVENT_BIT(EVENT_MESSAGE);
    bus->wants_sent = true;
}

void bus_withhold(struct bus *bus, unsigned i, uint64_t kinds)
{
    bus->sinks[i]->wants &= ~kinds;
    list_wanting(bus);
}

void bus_clear(struct bus *bus)
{
    for (unsigned i = 0; i < bus->count; i++)
        sink_free(bus->sinks[i]);
    bus_init(bus);
}

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
    if ((sink->wants & EVENT_BIT(EVENT_MESSAGE)) && !(sink->wants & SINK_INCOMING_ONLY))
        bus->wants_sent = true;
    return 0;
}

void bus_want_messages(struct bus *bus)
{
    bus->wants |= EVENT_BIT(EVENT_MESSAGE);
    bus->wants_sent = true;
}

void bus_clear(struct bus *bus)
{
    for (unsigned i = 0; i < bus->count; i++)
        sink_free(bus->sinks[i]);
    bus_init(bus);
}

/*
 * decode_emit: a message on its way to the views, and what is in it.
 */
#include "decode/decode_private.h"

static void emit_item(struct decode_stack *stack, const struct bus *bus, struct event *ev,
                      const struct event_decoded *item)
{
    ev->decoded = *item;
    buf_reset(&stack->line);
    if (stack->takes_part && ev->dir == DIR_IN && decode_piped(stack, item, &stack->line) == 1) {
        ev->decoded.has_line = true;
        ev->decoded.line = buf_slice(&stack->line);
    }
    bus_emit(bus, ev);
}

static bool is_malformed(const struct event_decoded *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (items[i].role == DECODED_BAD)
            return true;
    }
    return false;
}

void decode_emit(struct decode_stack *stack, const struct bus *bus, struct event *ev,
                 enum event_dir dir)
{
    const struct event_message *m = &ev->message;
    struct decode_message message = {m->type, m->data};
    const struct event_decoded *items;
    struct event decoded;
    size_t count = 0;

    if (stack && m->part == 0)
        count = decode_message(stack, dir, message, ev->at_us);
    items = count ? decode_items(stack) : NULL;
    ev->message.decoded = (uint32_t)count;
    ev->message.malformed = is_malformed(items, count);
    if (bus_wants(bus, EVENT_MESSAGE))
        bus_emit(bus, ev);
    if (count == 0 || !bus_wants(bus, EVENT_DECODED))
        return;
    decoded = *ev;
    decoded.kind = EVENT_DECODED;
    for (size_t i = 0; i < count; i++)
        emit_item(stack, bus, &decoded, &items[i]);
}

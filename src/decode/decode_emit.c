/*
 * decode_emit: a message on its way to the views, and what is in it.
 */
#include "decode/decode_private.h"

/* 0, or -1: there was no memory for the line of a pipe. */
static int emit_item(struct decode_stack *stack, const struct bus *bus, struct event *ev,
                     const struct event_decoded *item)
{
    int piped = 0;

    ev->decoded = *item;
    buf_reset(&stack->line);
    if (stack->takes_part && ev->dir == DIR_IN)
        piped = decode_piped(stack, item, &stack->line);
    if (piped == 1) {
        ev->decoded.has_line = true;
        ev->decoded.line = buf_slice(&stack->line);
    }
    bus_emit(bus, ev);
    return piped < 0 ? -1 : 0;
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
    bool short_of_memory = false;

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
        short_of_memory |= emit_item(stack, bus, &decoded, &items[i]) != 0;
    if (short_of_memory)
        decode_fail(stack);
}

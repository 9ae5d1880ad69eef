#include "proto/wsconn_private.h"

#define INFLATE_ROOM_MIN 512
#define INFLATE_ROOM_MAX (64 * 1024)

/* How much to inflate at once: about the likely size of the n bytes once inflated, at most what may
 * be held, and at most one byte more than the limit of the message, which is enough to detect that
 * it is exceeded. */
static size_t inflate_room(const struct wsconn *c, size_t n)
{
    const struct message *m = &c->message;
    size_t room = n < INFLATE_ROOM_MAX / 4 ? n * 4 : INFLATE_ROOM_MAX;

    if (room < INFLATE_ROOM_MIN)
        room = INFLATE_ROOM_MIN;
    if (room > message_room(m))
        room = message_room(m);
    if (c->config.max_message && room > c->config.max_message - m->total)
        room = (size_t)(c->config.max_message - m->total) + 1;
    return room;
}

/* n inflated bytes were written after the gathered ones. */
static void take_inflated(struct wsconn *c, const uint8_t *bytes, size_t n)
{
    struct message *m = &c->message;
    uint64_t position = m->total;
    size_t fine;

    buf_filled(&m->gathered, n);
    m->total += n;
    fine = message_check(m, bytes, n);
    if (fine < n)
        wsconn_rules_text(c, bytes[fine], c->frame.offset, position + fine);
}

int wsconn_inflate(struct wsconn *c, struct event *ev)
{
    struct message *m = &c->message;
    size_t n = wsconn_payload_here(c);
    bool last = c->frame.header.fin && n == wsconn_payload_left(c);
    size_t room;
    uint8_t *to;
    long got;

    if (wsconn_rules_inflated_bound(c))
        return WSCONN_AGAIN;
    if (message_full(m))
        return wsconn_give_part(c, ev);
    /* Output, or an error after it, may remain although all input is used up. */
    if (n == 0 && wsconn_payload_left(c) > 0 && !c->frame.inflating)
        return wsconn_wait(c, ev);
    if (!c->inflater) {
        const struct deflate_params *p = &c->config.deflate;
        bool server = c->config.role == WSCONN_SERVER;

        c->inflater =
            inflater_new(server ? p->client_max_window_bits : p->server_max_window_bits,
                         server ? p->client_no_context_takeover : p->server_no_context_takeover);
        if (!c->inflater)
            return -1;
    }
    /* Of no data nothing can be inflated, but what it means is clear. */
    if (last && n == 0 && inflater_at_start(c->inflater)) {
        wsconn_rules_empty(c);
        c->step = STEP_END;
        return WSCONN_AGAIN;
    }
    room = inflate_room(c, n);
    to = buf_reserve(&m->gathered, room);
    if (!to)
        return -1;
    inflater_feed(c->inflater, wsconn_payload(c), n, last);
    got = inflater_read(c->inflater, to, room);
    if (got == -2)
        return -1;
    if (got < 0) {
        wsconn_rules_inflate_failed(c);
        return WSCONN_AGAIN;
    }
    wsconn_use(c, n - inflater_left(c->inflater));
    c->frame.inflating = got > 0;
    if (got > 0)
        take_inflated(c, to, (size_t)got);
    else if (wsconn_payload_left(c) == 0)
        c->step = STEP_END;
    if (!c->violation.pending && inflater_exceeded(c->inflater))
        wsconn_rules_window(c);
    return WSCONN_AGAIN;
}

/*
 * relayed_walk: where frames begin and end in the bytes that come from a leg, and which of them
 * have passed.
 */
#include "relay/relay_private.h"

/* Of a message that comes in fragments, before it is decided: beyond that it passes. */
#define UNDECIDED_MAX ((size_t)4 * 1024 * 1024)

void relayed_pass(struct relay_leg *from, const uint8_t *bytes, size_t n)
{
    relay_leg_put(from->other, bytes, n);
}

void relayed_pass_buf(struct relay_leg *from, struct buf *b)
{
    relayed_pass(from, buf_data(b), b->len);
    buf_reset(b);
}

/* Where a byte of the stream goes that belongs to the frame at hand. */
static void put_walked(struct relay_leg *from, const uint8_t *bytes, size_t n, bool passed)
{
    struct buf *to = from->walk.control ? &from->control : &from->message;

    if (passed || n == 0)
        return;
    if (from->committed) {
        relayed_pass(from, bytes, n);
        return;
    }
    if (buf_append(to, bytes, n) < 0)
        relayed_break(from->conn);
}

static void begin_frame(struct relay_leg *from, unsigned opcode, bool fin)
{
    struct frame_walk *w = &from->walk;

    if (from->control.len > 0)
        relayed_pass_buf(from, &from->control); /* of a frame that caused no event */
    w->control = opcode > OPCODE_BINARY;
    if (!w->control)
        w->in_message = !fin;
}

/* Let the message under way pass undecided, and its rest with it. */
static void commit(struct relay_leg *from)
{
    if (from->altered || from->lost) {
        buf_reset(&from->message); /* they can't pass */
    } else {
        relayed_pass_buf(from, &from->message);
        from->committed = true;
    }
}

static void begin_payload(struct relay_leg *from, const struct frame_header *h)
{
    bool continues = h->opcode == OPCODE_CONT;

    /* A message within another, or a fragment of none: no event has just these frames. */
    if (!from->at_once && h->opcode <= OPCODE_BINARY && continues != from->walk.in_message) {
        commit(from);
        from->disordered = true;
    }
    begin_frame(from, h->opcode, h->fin);
    from->walk.left = h->length;
}

/* Whole frames at the front, of bytes that have passed: nothing is kept of them. Returns their
 * length. */
static size_t walk_past(struct relay_leg *from, const uint8_t *bytes, size_t n)
{
    const struct frame_walk *w = &from->walk;
    size_t at = 0, size;

    if (w->left > 0 || w->have > 0)
        return 0;
    while ((size = frame_whole(bytes + at, n - at)) > 0) {
        begin_frame(from, bytes[at] & 0x0F, bytes[at] & 0x80);
        at += size;
    }
    return at;
}

void relayed_walk(struct relay_leg *from, const uint8_t *bytes, size_t n, bool passed)
{
    struct frame_walk *w = &from->walk;
    struct frame_header h;

    while (n > 0 && from->conn->state == CONN_WS) {
        size_t step = passed ? walk_past(from, bytes, n) : 0;

        if (step > 0) {
            /* nothing is kept of them */
        } else if (w->left > 0) {
            step = w->left < n ? (size_t)w->left : n;
            put_walked(from, bytes, step, passed);
            w->left -= step;
        } else if (w->have == 0 && (step = frame_decode(&h, bytes, n)) > 0) {
            begin_payload(from, &h);
            put_walked(from, bytes, step, passed);
        } else {
            step = 1;
            w->head[w->have++] = bytes[0];
            if (passed)
                w->gone = w->have;
            if (frame_decode(&h, w->head, w->have) > 0) {
                begin_payload(from, &h);
                put_walked(from, w->head + w->gone, (size_t)(w->have - w->gone), passed);
                w->have = w->gone = 0;
            }
        }
        bytes += step;
        n -= step;
        from->walked += step;
        if (w->left == 0 && w->have == 0 && !w->in_message)
            from->committed = false;
    }
}

bool relayed_walk_is_within(const struct frame_walk *w)
{
    return w->left > 0 || w->have > 0 || w->in_message;
}

void relayed_walk_used(struct relay_leg *from)
{
    uint64_t used = from->fed - wsconn_buffered(from->ws);
    size_t n = used > from->walked ? (size_t)(used - from->walked) : 0;

    if (n > from->raw.len)
        n = from->raw.len;
    if (n == 0)
        return;
    relayed_walk(from, buf_data(&from->raw), n, false);
    buf_consume(&from->raw, n);
    if (from->disordered) {
        relayed_note(from->conn, "fragments out of order: what follows passes undecoded");
        relayed_make_opaque(from);
    } else if (from->message.len > UNDECIDED_MAX) {
        commit(from);
    }
}

void relayed_make_opaque(struct relay_leg *from)
{
    const struct frame_walk *w = &from->walk;
    bool kept_back = !from->committed && (from->altered || from->lost);

    if (from->opaque)
        return;
    from->opaque = true;
    if (kept_back)
        buf_reset(&from->message);
    if (kept_back && !w->control)
        from->skip = w->left;
    relayed_pass_buf(from, &from->message);
    relayed_pass_buf(from, &from->control);
    relayed_pass(from, w->head + w->gone, (size_t)(w->have - w->gone));
    relayed_pass_opaque(from, buf_data(&from->raw), from->raw.len);
    buf_reset(&from->raw);
}

void relayed_pass_opaque(struct relay_leg *from, const uint8_t *bytes, size_t n)
{
    size_t skipped = from->skip < n ? (size_t)from->skip : n;

    from->skip -= skipped;
    if (n > skipped)
        relayed_pass(from, bytes + skipped, n - skipped);
}

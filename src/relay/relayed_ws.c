/*
 * relayed_ws: frames between the two legs. While nothing may change them they pass as the bytes
 * that came, before they are decoded. Where a fault, a rule or the user may act, a message is
 * decoded first, and its bytes pass if nothing has acted on it.
 *
 * What is changed is encoded anew. A message that a compressed stream lost, or got in addition,
 * makes the receiver's window differ from the sender's: from then on messages are compressed anew,
 * with a window of their own, for what refers to it can only refer to what was made with it (RFC
 * 7692, section 7.2.3). Control frames are never compressed, and an injected message need not be.
 */

#include "base/clock.h"
#include "relay/relay_private.h"

static struct relay_leg *other(const struct relay_leg *l)
{
    return l->other;
}

static enum relay_direction direction_of(const struct relay_leg *from)
{
    return from->side == LEG_CLIENT ? RELAY_UP : RELAY_DOWN;
}

/* --- what passes --------------------------------------------------------------------------------
 */

/* Can nothing change what comes from there? */
static bool passes_at_once(const struct relay_leg *from)
{
    const struct relay *r = from->conn->relay;

    return from->opaque ||
           (!from->layer_fault && !other(from)->layer_fault && !from->hold && !from->held.first &&
            !other(from)->close_due && !from->aside.first && !from->altered && from->raw.len == 0 &&
            from->message.len == 0 && from->control.len == 0 &&
            !(r->config->rules && r->config->rules->count));
}

/* --- what is encoded anew -----------------------------------------------------------------------
 */

/* What ws has made for that leg. */
void relayed_ws_put_made(struct relay_leg *to)
{
    struct slice made;

    while ((made = wsconn_pending(to->ws)).len > 0) {
        relay_leg_put(to, made.data, made.len);
        wsconn_sent(to->ws, made.len);
    }
}

/* Does compression of what comes from there depend on what came before? */
static bool has_context(const struct relay_leg *from)
{
    const struct deflate_params *p = &from->deflate;

    return p->enabled && !(from->side == LEG_CLIENT ? p->client_no_context_takeover
                                                    : p->server_no_context_takeover);
}

static void was_altered(struct relay_leg *from)
{
    from->altered = from->altered || has_context(from);
}

static void delivered(struct relay_leg *from, const struct event_message *m)
{
    struct relay *r = from->conn->relay;

    if (r->hooks.message)
        r->hooks.message(r->ctx, from->conn, direction_of(from), m);
}

/* Send a message that did not pass as it came. */
static void send_anew(struct relay_leg *from, enum opcode type, struct slice data, bool first,
                      bool final)
{
    struct relay_leg *to = other(from);
    struct event_message m = {.type = type,
                              .data = data,
                              .part = first && final ? 0
                                      : first        ? 1
                                                     : 2,
                              .final = final,
                              .total = data.len};

    if (to->close_made || to->close_due || to->write_dead)
        return;
    was_altered(from);
    if (wsconn_send_message(to->ws, type, data, first, final, NULL) == WSCONN_FAILED) {
        relayed_break(from->conn);
        return;
    }
    relayed_ws_put_made(to);
    delivered(from, &m);
}

void relayed_ws_inject(struct relay_leg *from, enum opcode type, struct slice data)
{
    struct relay_leg *to = other(from);
    const struct frame_spec spec = {.opcode = (uint8_t)type, .fin = true};
    struct event ev = relayed_event(from->conn, EVENT_MESSAGE, to->side);

    if (to->close_made || to->close_due || to->write_dead)
        return;
    if (wsconn_send_frame(to->ws, &spec, data, NULL) == WSCONN_FAILED) {
        relayed_break(from->conn);
        return;
    }
    relayed_ws_put_made(to);
    ev.dir = DIR_OUT;
    ev.message = (struct event_message){
        .type = type, .data = data, .final = true, .fragments = 1, .total = data.len};
    relayed_emit(from->conn, &ev);
    delivered(from, &ev.message);
}

/* --- layers -------------------------------------------------------------------------------------
 */

static struct relay_leg *of_layer(const struct layer *l)
{
    return (struct relay_leg *)(uintptr_t)l; /* the first member */
}

static struct relay_leg *of_top(const struct layer *l)
{
    return (struct relay_leg *)((uintptr_t)l - offsetof(struct relay_leg, top));
}

static bool same(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || a.data == b.data);
}

/* Is that what has just come from the other leg, as it came? Then its bytes pass. */
static bool pass_offer(struct relay_leg *from, const struct outgoing *out)
{
    struct offer *offer = &from->offer;

    if (!offer->there || offer->taken || from->altered || !same(offer->data, out->data))
        return false;
    offer->taken = true;
    relayed_pass(from, offer->raw.data, offer->raw.len);
    return true;
}

static int send_control(struct relay_leg *to, const struct outgoing *out)
{
    if (to->close_made)
        return SEND_CLOSED;
    if (pass_offer(other(to), out))
        return 0;
    if (to->close_due)
        return SEND_CLOSED;
    if (wsconn_send_control(to->ws, out->opcode, out->data, NULL) == WSCONN_FAILED)
        return SEND_FAILED;
    relayed_ws_put_made(to);
    return 0;
}

static int send_message(struct relay_leg *to, const struct outgoing *out)
{
    struct relay_leg *from = other(to);
    struct event_message m = {.type = out->opcode,
                              .data = out->data,
                              .part = out->first && out->final ? 0
                                      : out->first             ? 1
                                                               : 2,
                              .final = out->final,
                              .total = out->data.len};

    if (to->close_made)
        return SEND_CLOSED;
    from->sending = !out->final;
    if (!pass_offer(from, out)) {
        send_anew(from, out->opcode, out->data, out->first, out->final);
        return 0;
    }
    delivered(from, &m);
    return 0;
}

/* Requests to the lowest layer of a leg: what is to be sent to it. */
static int on_send(struct layer *l, const struct outgoing *out)
{
    struct relay_leg *to = of_layer(l);
    struct relay_conn *c = to->conn;

    if (c->state != CONN_WS)
        return SEND_CLOSED;
    switch (out->kind) {
    case OUTGOING_MESSAGE:
        return send_message(to, out);
    case OUTGOING_CONTROL:
        return send_control(to, out);
    case OUTGOING_CLOSE:
        relayed_ws_close(c, out->code, out->data, LEG_NONE);
        return 0;
    case OUTGOING_ABORT:
        relayed_decide(c, LEG_NONE, CLOSE_BY_LOCAL, out->how, CLOSE_ABNORMAL, slice_str(""));
        relayed_reset(c);
        return 0;
    case OUTGOING_FLUSH:
        relay_leg_write(to);
        return 0;
    default:
        return SEND_CLOSED;
    }
}

static struct totals on_totals(const struct layer *l)
{
    const struct relay_leg *leg = of_layer(l);
    const struct wsconn_counters *in = wsconn_counters(leg->ws);
    const struct wsconn_counters *out = wsconn_counters(other(leg)->ws);

    return (struct totals){
        .messages_in = in->messages_in,
        .messages_out = out->messages_in,
        .frames_in = in->frames_in,
        .frames_out = out->frames_in,
    };
}

/* The highest layer: what came from this leg, and passed its faults, goes to the other. */
static void on_event(struct layer *l, struct event *ev)
{
    struct relay_leg *from = of_top(l);

    switch (ev->kind) {
    case EVENT_MESSAGE:
        relayed_rules_message(from, &ev->message);
        return;
    case EVENT_PING:
    case EVENT_PONG:
        ev->control.taken = true; /* the receiver answers */
        if (relayed_rules_control(from, ev))
            relayed_ws_control(from, ev->kind == EVENT_PING ? OPCODE_PING : OPCODE_PONG,
                               ev->control.data);
        return;
    default:
        return;
    }
}

void relayed_ws_forward(struct relay_leg *from, enum opcode type, struct slice data, bool first,
                        bool final)
{
    layer_send(&other(from)->top, &(struct outgoing){.kind = OUTGOING_MESSAGE,
                                                     .opcode = type,
                                                     .data = data,
                                                     .first = first,
                                                     .final = final});
}

void relayed_ws_control(struct relay_leg *from, enum opcode opcode, struct slice data)
{
    layer_send(&other(from)->top,
               &(struct outgoing){.kind = OUTGOING_CONTROL, .opcode = opcode, .data = data});
}

const struct layer_ops relayed_ws_bottom = {.send = on_send, .totals = on_totals};
const struct layer_ops relayed_ws_top = {.event = on_event};

/* --- events -------------------------------------------------------------------------------------
 */

/* Events are stamped once for all that comes of one read: it came at the same time. */
static void report(struct relay_leg *from, const struct event *ev)
{
    if (bus_wants(from->conn->relay->bus, ev->kind))
        relayed_emit(from->conn, ev);
}

/* Control frames, and those whose opcode has no meaning, that are whole and caused no event. */
static void pass_strays(struct relay_leg *from)
{
    if (!from->walk.control || from->walk.left == 0)
        relayed_pass_buf(from, &from->control);
}

/* Up the stack of the leg, with the bytes that it was made of. */
static void offer_up(struct relay_leg *from, struct event *ev, struct buf *raw, struct slice data)
{
    bool message = ev->kind == EVENT_MESSAGE;

    from->offer = (struct offer){.there = true, .raw = buf_slice(raw), .data = data};
    layer_event(&from->layer, ev);
    if (message && !from->offer.taken)
        was_altered(from);
    if (message)
        from->lost = !ev->message.final && !from->offer.taken;
    from->offer = (struct offer){0};
    buf_reset(raw);
}

static void take_close(struct relay_leg *from, const struct event_close_frame *close)
{
    struct relay_conn *c = from->conn;

    from->close_seen = true;
    relayed_decide(c, from->side, CLOSE_BY_PEER, CLOSE_HOW_CLOSE_FRAME, close->code, close->reason);
    held_release(from, 0); /* in order: no message follows a Close */
    relayed_make_opaque(from);
    relayed_ws_closed(from);
}

/* passed: its bytes have gone to the other leg already. */
static void take_event(struct relay_leg *from, struct event *ev, bool passed)
{
    const struct relay_conn *c = from->conn;

    report(from, ev);
    switch (ev->kind) {
    case EVENT_MESSAGE:
        if (!passed)
            pass_strays(from);
        if (passed)
            delivered(from, &ev->message);
        else
            offer_up(from, ev, &from->message, ev->message.data);
        break;
    case EVENT_PING:
    case EVENT_PONG:
        if (!passed)
            offer_up(from, ev, &from->control, ev->control.data);
        break;
    case EVENT_CLOSE_FRAME:
        if (!passed && !relayed_rules_close(from))
            buf_reset(&from->control);
        if (c->state == CONN_WS)
            take_close(from, &ev->close_frame);
        break;
    case EVENT_VIOLATION:
        if (ev->violation.fatal)
            relayed_make_opaque(from);
        break;
    default:
        break;
    }
}

/* All events in the bytes given to ws. at_once: they have passed. */
static void drain(struct relay_leg *from, bool at_once)
{
    struct relay_conn *c = from->conn;
    struct event ev = relayed_event(c, EVENT_MESSAGE, from->side);
    int r = 0;

    while (c->state == CONN_WS && !from->opaque && (r = wsconn_next(from->ws, &ev)) > 0) {
        bool passed = at_once || from->committed;

        if (!at_once) {
            relayed_stamp(c, &ev, from->side); /* faults may have stamped the last one */
            relayed_walk_used(from);
        }
        take_event(from, &ev, passed || from->opaque);
        relayed_ws_settle_close(other(from));
        if (c->state == CONN_WS && from->aside.first)
            held_send_due(c);
    }
    if (r < 0)
        relayed_break(c);
    else if (c->state == CONN_WS && !at_once && !from->opaque) {
        relayed_walk_used(from);
        pass_strays(from);
    }
}

/* --- reading ------------------------------------------------------------------------------------
 */

uint8_t *relayed_ws_space(struct relay_leg *l, size_t *room)
{
    return wsconn_space(l->ws, room);
}

static void report_bytes(struct relay_leg *from, const uint8_t *bytes, size_t n)
{
    struct event ev;

    if (!bus_wants(from->conn->relay->bus, EVENT_BYTES))
        return;
    ev = relayed_event(from->conn, EVENT_BYTES, from->side);
    ev.dir = DIR_IN;
    ev.bytes = (struct event_bytes){.offset = from->fed, .data = slice_make(bytes, n)};
    report(from, &ev);
}

/* After a Close of ours on both legs: only its answer is waited for. */
static void await_close(struct relay_leg *from, size_t n)
{
    struct event ev = relayed_event(from->conn, EVENT_MESSAGE, from->side);
    int r = 0;

    from->fed += n;
    if (from->close_seen)
        return;
    if (!from->opaque) {
        wsconn_filled(from->ws, n);
        while (!from->close_seen && (r = wsconn_next(from->ws, &ev)) > 0) {
            report(from, &ev);
            from->close_seen = ev.kind == EVENT_CLOSE_FRAME;
        }
        if (from->close_seen)
            relayed_decide(from->conn, from->side, CLOSE_BY_PEER, CLOSE_HOW_CLOSE_FRAME,
                           ev.close_frame.code, ev.close_frame.reason);
    }
    if (r < 0)
        relayed_break(from->conn);
    else if (from->close_seen || from->opaque || wsconn_failed(from->ws))
        relayed_ws_closed(from);
}

static void take_bytes(struct relay_leg *from, uint8_t *bytes, size_t n)
{
    bool at_once = passes_at_once(from);

    report_bytes(from, bytes, n);
    if (from->other->close_made) {
        await_close(from, n);
        return;
    }
    if (from->at_once && !at_once && relayed_walk_is_within(&from->walk))
        from->committed = true;
    from->at_once = at_once;
    if (from->opaque) {
        relayed_pass_opaque(from, bytes, n);
    } else if (at_once) {
        relayed_pass(from, bytes, n);
        relayed_walk(from, bytes, n, true);
    } else if (buf_append(&from->raw, bytes, n) < 0) {
        relayed_break(from->conn);
    }
    from->fed += n;
    if (from->opaque || from->conn->state != CONN_WS)
        return;
    wsconn_filled(from->ws, n);
    drain(from, at_once);
}

void relayed_ws_filled(struct relay_leg *from, uint8_t *bytes, size_t n)
{
    struct relay_conn *c = from->conn; /* freed in a turn of its own if it ends */

    c->came_us = clock_mono_us();
    c->came_wall_us = clock_wall_us();
    take_bytes(from, bytes, n);
    c->came_us = 0;
}

bool relayed_ws_in_frame(const struct relay_leg *from)
{
    bool passing = from->at_once || from->committed || (from->sending && !from->lost);

    return !from->opaque && passing && (from->walk.left > 0 || from->walk.have > 0);
}

bool relayed_ws_between(const struct relay_leg *from)
{
    return !from->sending &&
           !((from->at_once || from->committed) && relayed_walk_is_within(&from->walk));
}

/*
 * peer_turn: bytes between the link and wsconn, and the events that come of them.
 */
#include "base/clock.h"
#include "peer/peer_private.h"

/* What one peer may take of a turn of the loop before others get theirs: reads, and bytes of
 * messages, of which a compressed stream makes many out of few. */
#define READS_PER_TURN   8
#define PAYLOAD_PER_TURN (1024 * 1024)

/* --- what went out ------------------------------------------------------------------------------
 */

void peer_report_sent(struct peer *p, const struct event_frame *sent)
{
    struct event ev = peer_event(p, EVENT_FRAME);

    ev.dir = DIR_OUT;
    if (peer_wants(p, EVENT_FRAME)) {
        ev.frame = *sent;
        layer_event(&p->layer, &ev);
    }
    if (sent->opcode == OPCODE_PING || sent->opcode == OPCODE_PONG) {
        ev.kind = sent->opcode == OPCODE_PING ? EVENT_PING : EVENT_PONG;
        ev.control = (struct event_control){.data = sent->payload};
        layer_event(&p->layer, &ev);
    }
}

void peer_report_message(struct peer *p, const struct outgoing *out, uint64_t wire)
{
    struct event ev;

    if (out->first) {
        p->out_part = 0;
        p->out_total = p->out_wire = 0;
        p->out_type = out->opcode;
    }
    p->out_part++;
    p->out_total += out->data.len;
    p->out_wire += wire;
    if (!bus_wants_sent(p->config.bus))
        return;
    ev = peer_event(p, EVENT_MESSAGE);
    ev.dir = DIR_OUT;
    ev.message = (struct event_message){
        .type = p->out_type,
        .data = out->data,
        .part = out->first && out->final ? 0 : p->out_part,
        .final = out->final,
        .fragments = p->out_part,
        .wire = p->out_wire,
        .total = p->out_total,
    };
    layer_event(&p->layer, &ev);
}

void peer_report_bytes(struct peer *p, enum event_dir dir, const uint8_t *bytes, size_t n)
{
    uint64_t *offset = dir == DIR_IN ? &p->bytes_in : &p->bytes_out;

    if (peer_wants(p, EVENT_BYTES)) {
        struct event ev = peer_event(p, EVENT_BYTES);

        ev.dir = dir;
        ev.bytes = (struct event_bytes){.offset = *offset, .data = slice_make(bytes, n)};
        layer_event(&p->layer, &ev);
    }
    *offset += n;
}

/* --- what came in -------------------------------------------------------------------------------
 */

/* The obligatory answer to an event that came in. */
static void answer(struct peer *p, const struct event *ev)
{
    struct event_frame sent;
    bool pong = !p->config.no_pong && !(ev->kind == EVENT_PING && ev->control.taken);
    int r = wsconn_reply(p->conn, ev, pong, &sent);

    if (r == WSCONN_FAILED) {
        p->broken = true;
    } else if (r == 1) {
        p->sent_close_frame = p->sent_close_frame || sent.opcode == OPCODE_CLOSE;
        peer_report_sent(p, &sent);
        peer_flush_soon(p);
    }
}

/* The answer to what ends the connection, after which nothing more is sent. */
static void answer_last(struct peer *p, const struct event *ev)
{
    answer(p, ev);
    if (p->state == PEER_OPEN)
        peer_linger(p);
}

static void take_event(struct peer *p, struct event *ev)
{
    switch (ev->kind) {
    case EVENT_PING:
        ev->control.taken = false;
        layer_event(&p->layer, ev);
        if (p->state == PEER_OPEN)
            answer(p, ev);
        break;
    case EVENT_PONG:
        p->last_pong_us = clock_mono_us();
        layer_event(&p->layer, ev);
        break;
    case EVENT_CLOSE_FRAME:
        p->got_close_frame = true;
        layer_event(&p->layer, ev);
        peer_decide(p, CLOSE_BY_PEER, CLOSE_HOW_CLOSE_FRAME, ev->close_frame.code,
                    ev->close_frame.reason);
        answer_last(p, ev);
        break;
    case EVENT_VIOLATION:
        layer_event(&p->layer, ev);
        if (!ev->violation.fatal)
            break;
        peer_decide(p, CLOSE_BY_LOCAL, CLOSE_HOW_VIOLATION, ev->violation.code, slice_str(""));
        answer_last(p, ev);
        break;
    default:
        layer_event(&p->layer, ev);
        break;
    }
}

/* Is there no use for what comes in, for now? Once our Close is sent, the other side's is read
 * however much waits. */
static bool held_up(const struct peer *p)
{
    return p->paused || (p->config.paced && p->overfull && !p->sent_close_frame);
}

void peer_drain(struct peer *p)
{
    struct event ev = peer_event(p, EVENT_MESSAGE);
    int r = 0;

    while (p->state == PEER_OPEN && !p->broken && !held_up(p) &&
           (r = wsconn_next(p->conn, &ev)) > 0) {
        if (ev.kind == EVENT_MESSAGE)
            layer_event(&p->layer, &ev);
        else
            take_event(p, &ev);
    }
    if (r < 0)
        p->broken = true;
    if (p->broken)
        peer_flush_soon(p);
}

/* One read and every whole frame in it. False when there is nothing more to read for now. */
static bool read_block(struct peer *p)
{
    size_t room;
    uint8_t *space = wsconn_space(p->conn, &room);
    ssize_t n;

    if (!space) {
        p->broken = true;
        return false;
    }
    n = link_read(p->link, space, room, &p->link_error);
    if (n == LINK_AGAIN)
        return false;
    if (n <= 0) {
        peer_stream_ended(p, n);
        return false;
    }
    p->before_in_us = p->config.activity->last_in_us;
    p->config.activity->last_in_us = clock_mono_us();
    peer_report_bytes(p, DIR_IN, space, (size_t)n);
    wsconn_filled(p->conn, (size_t)n);
    peer_drain(p);
    return p->state == PEER_OPEN && ((size_t)n == room || link_pending(p->link) > 0);
}

static void read_blocks(struct peer *p)
{
    uint64_t before = wsconn_counters(p->conn)->payload_in;

    for (int i = 0; i < READS_PER_TURN && p->state == PEER_OPEN && !p->broken && !held_up(p); i++) {
        if (!read_block(p) || wsconn_counters(p->conn)->payload_in - before > PAYLOAD_PER_TURN)
            break;
    }
}

/* After the last word only the end of the stream matters. */
static void discard(struct peer *p)
{
    uint8_t bytes[16 * 1024];

    for (int i = 0; i < READS_PER_TURN; i++) {
        ssize_t n = link_read(p->link, bytes, sizeof bytes, &p->link_error);

        if (n == LINK_AGAIN)
            return;
        if (n <= 0) {
            peer_stream_ended(p, n);
            return;
        }
    }
}

/* --- output ------------------------------------------------------------------------------
 */

/* The end of our handshake, then frames. */
static struct slice outgoing(const struct peer *p)
{
    return p->lead.len ? buf_slice(&p->lead) : wsconn_pending(p->conn);
}

static void written(struct peer *p, const uint8_t *bytes, size_t n)
{
    struct event_frame late;

    if (p->lead.len) {
        buf_consume(&p->lead, n);
        if (p->lead.len == 0)
            buf_clear(&p->lead);
        return;
    }
    if (!p->write_dead) {
        peer_report_bytes(p, DIR_OUT, bytes, n);
        p->config.activity->written += n;
        p->config.activity->last_out_us = clock_mono_us();
    }
    wsconn_sent(p->conn, n);
    /* A pong that was put off because the queue was long. */
    if (wsconn_reply_late(p->conn, &late) == 1)
        peer_report_sent(p, &late);
}

/* Data that the other side sent before it closed is still to be read and is more informative than
 * EPIPE: write no more, and let the reading find the end. If only our side has failed, there is
 * none to find. */
static void write_failed(struct peer *p)
{
    p->write_dead = true;
    p->errnum = p->link_error.errnum;
    if (p->state == PEER_OPEN)
        timer_start(p->timer, p->config.close_timeout, peer_on_timeout);
}

void peer_write(struct peer *p)
{
    struct slice out;

    if (p->state == PEER_ENDED)
        return;
    while ((out = outgoing(p)).len > 0) {
        ssize_t n = (ssize_t)out.len;

        if (!p->write_dead) {
            n = link_write(p->link, out.data, out.len, &p->link_error);
            if (n == LINK_AGAIN)
                break;
        }
        if (n < 0) {
            write_failed(p);
        } else {
            written(p, out.data, (size_t)n);
        }
    }
    p->config.activity->pending = out.len;
}

/* Write, and do what is due when little or nothing is left. */
static void flush(struct peer *p)
{
    size_t left;

    peer_write(p);
    left = p->config.activity->pending;
    if (p->state == PEER_LINGER && left == 0)
        peer_farewell(p);
    if (p->overfull && left < PEER_FULL / 2) {
        p->overfull = false;
        layer_drained(&p->layer); /* may send more */
        if (p->config.paced)
            peer_drain(p);
    }
    if (p->broken)
        peer_break(p);
}

/* --- on the loop --------------------------------------------------------------------------------
 */

void peer_flush_soon(struct peer *p)
{
    p->config.activity->pending = outgoing(p).len;
    if (p->config.activity->pending >= PEER_FULL)
        p->overfull = true;
    pump_soon(p->pump);
}

static void take_turn(void *ctx, bool readable)
{
    struct peer *p = ctx;

    if (readable && p->state == PEER_OPEN)
        read_blocks(p);
    if (readable && p->state == PEER_LINGER)
        discard(p);
    if (p->state != PEER_ENDED)
        flush(p);
    wsconn_rest(p->conn);
}

static bool reads(const void *ctx)
{
    const struct peer *p = ctx;

    return p->state == PEER_LINGER || !held_up(p);
}

static bool writes(const void *ctx)
{
    const struct peer *p = ctx;

    return outgoing(p).len > 0 && !p->write_dead;
}

const struct pump_hooks peer_hooks = {.turn = take_turn, .reads = reads, .writes = writes};

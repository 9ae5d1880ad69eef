/*
 * ws_pump: bytes between the link and wsconn, and the events that come of them.
 */
#include "base/clock.h"
#include "channel/ws.h"

/* Reads a turn of the loop may take before others get theirs. */
#define READS_PER_TURN 8

void ws_report_sent(struct ws *ws, const struct event_frame *sent)
{
    enum event_kind control = sent->opcode == OPCODE_PING ? EVENT_PING : EVENT_PONG;

    if (ws_wants(ws, EVENT_FRAME)) {
        struct event ev = ws_event(ws, EVENT_FRAME);

        ev.dir = DIR_OUT;
        ev.frame = *sent;
        ws_emit(ws, &ev);
    }
    if ((sent->opcode == OPCODE_PING || sent->opcode == OPCODE_PONG)) {
        struct event ev = ws_event(ws, control);

        ev.dir = DIR_OUT;
        ev.control.data = sent->payload;
        ws_emit(ws, &ev);
    }
}

void ws_report_message(struct ws *ws, enum opcode type, struct slice data, bool first, bool final,
                       uint64_t wire)
{
    struct event ev;

    if (first) {
        ws->out_part = 0;
        ws->out_total = ws->out_wire = 0;
        ws->out_type = type;
    }
    ws->out_part++;
    ws->out_total += data.len;
    ws->out_wire += wire;
    if (!bus_wants_sent(ws->ch.up.bus))
        return;
    ev = ws_event(ws, EVENT_MESSAGE);
    ev.dir = DIR_OUT;
    ev.message = (struct event_message){
        .type = ws->out_type,
        .data = data,
        .part = first && final ? 0 : ws->out_part,
        .final = final,
        .fragments = ws->out_part,
        .wire = ws->out_wire,
        .total = ws->out_total,
    };
    ws_emit(ws, &ev);
}

/* The obligatory answer to an event that came in. False when the connection can't go on. */
static bool answer(struct ws *ws, const struct event *ev)
{
    struct event_frame sent;
    bool pong = !ws->config->no_pong && !ws->ch.pong_taken;
    int r = wsconn_reply(ws->conn, ev, pong, &sent);

    if (r == WSCONN_FAILED) {
        ws_break(ws, "out of memory, or no random numbers");
        return false;
    }
    if (r == 1) {
        if (sent.opcode == OPCODE_CLOSE)
            ws->sent_close_frame = true;
        ws_report_sent(ws, &sent);
        ws_flush_soon(ws);
    }
    return true;
}

/* Everything but a message. False when no further event is to be read. */
static bool take_event(struct ws *ws, struct event *ev)
{
    switch (ev->kind) {
    case EVENT_PING:
        ws->ch.pong_taken = false;
        ws_emit(ws, ev);
        return answer(ws, ev);
    case EVENT_PONG:
        ws->last_pong_us = clock_mono_us();
        ws_emit(ws, ev);
        return true;
    case EVENT_CLOSE_FRAME:
        ws->got_close_frame = true;
        ws_emit(ws, ev);
        ws_decide(ws, CLOSE_BY_PEER, CLOSE_HOW_CLOSE_FRAME, ev->close_frame.code,
                  ev->close_frame.reason);
        if (answer(ws, ev))
            ws_linger(ws);
        return false;
    case EVENT_VIOLATION:
        ws_emit(ws, ev);
        if (!ev->violation.fatal)
            return true;
        ws_decide(ws, CLOSE_BY_LOCAL, CLOSE_HOW_VIOLATION, ev->violation.code, slice_str(""));
        if (answer(ws, ev))
            ws_linger(ws);
        return false;
    default:
        ws_emit(ws, ev);
        return true;
    }
}

void ws_drain(struct ws *ws)
{
    struct event ev = ws_event(ws, EVENT_MESSAGE);
    int r = 0;

    while (!ws->paused && ws->state == WS_OPEN && (r = wsconn_next(ws->conn, &ev)) > 0) {
        if (ev.kind == EVENT_MESSAGE)
            ws->ch.up.emit(ws->ch.up.ctx, &ev);
        else if (!take_event(ws, &ev))
            return;
    }
    if (r < 0)
        ws_break(ws, "out of memory, or no random numbers");
}

void ws_report_bytes(struct ws *ws, enum event_dir dir, const uint8_t *bytes, size_t n)
{
    uint64_t *offset = dir == DIR_IN ? &ws->bytes_in : &ws->bytes_out;

    if (ws_wants(ws, EVENT_BYTES)) {
        struct event ev = ws_event(ws, EVENT_BYTES);

        ev.dir = dir;
        ev.bytes.offset = *offset;
        ev.bytes.data = slice_make(bytes, n);
        ws_emit(ws, &ev);
    }
    *offset += n;
}

/* One read and every whole frame in it. False when there is nothing more to read for now. */
static bool read_block(struct ws *ws)
{
    size_t room;
    uint8_t *space = wsconn_space(ws->conn, &room);
    ssize_t n;

    if (!space) {
        ws_break(ws, "out of memory, or no random numbers");
        return false;
    }
    n = link_read(ws->link, space, room, &ws->link_error);
    if (n == LINK_AGAIN)
        return false;
    if (n <= 0) {
        ws_stream_ended(ws, n);
        return false;
    }
    ws->before_in_us = ws->ch.last_in_us;
    ws->ch.last_in_us = clock_mono_us();
    ws_report_bytes(ws, DIR_IN, space, (size_t)n);
    wsconn_filled(ws->conn, (size_t)n);
    ws_drain(ws);
    return ws->state == WS_OPEN && !ws->paused && ((size_t)n == room || link_pending(ws->link) > 0);
}

/* After the last word only the end of the stream matters. */
static void discard_block(struct ws *ws)
{
    uint8_t bytes[16 * 1024];

    for (int i = 0; i < READS_PER_TURN; i++) {
        ssize_t n = link_read(ws->link, bytes, sizeof bytes, &ws->link_error);

        if (n == LINK_AGAIN)
            return;
        if (n <= 0) {
            ws_stream_ended(ws, n);
            return;
        }
    }
}

/* Read what the state has use for, and write what came of it. */
static void take_turn(void *ctx, bool readable)
{
    struct ws *ws = ctx;

    if (readable && (ws->state == WS_UPGRADING || ws->state == WS_REFUSED))
        ws_upgrade_readable(ws);
    for (int i = 0; readable && i < READS_PER_TURN && ws->state == WS_OPEN && !ws->paused; i++) {
        if (!read_block(ws))
            break;
    }
    if (readable && ws->state == WS_LINGER)
        discard_block(ws);
    if (ws->state != WS_ENDED)
        ws_flush(ws);
}

/* What waits to be written: the request first, then frames. */
static struct slice outgoing(const struct ws *ws)
{
    if (ws->request.len)
        return buf_slice(&ws->request);
    return ws->conn ? wsconn_pending(ws->conn) : (struct slice){0};
}

static bool reads(const void *ctx)
{
    const struct ws *ws = ctx;

    return ws->state == WS_LINGER || !ws->paused;
}

static bool writes(const void *ctx)
{
    return outgoing(ctx).len > 0;
}

int ws_pump_start(struct ws *ws, struct err *e)
{
    static const struct pump_hooks hooks = {.turn = take_turn, .reads = reads, .writes = writes};

    ws->pump = pump_new(ws->ch.loop, ws->link, &hooks, ws, e);
    return ws->pump ? 0 : -1;
}

static void written(struct ws *ws, const uint8_t *bytes, size_t n)
{
    if (ws->request.len) {
        buf_consume(&ws->request, n);
        if (ws->request.len == 0)
            ws->requested_us = clock_mono_us();
        return;
    }
    ws_report_bytes(ws, DIR_OUT, bytes, n);
    ws->ch.written += n;
    wsconn_sent(ws->conn, n);
    ws->ch.last_out_us = clock_mono_us();
}

/* A pong that was put off because the queue was long. */
static void answer_late(struct ws *ws)
{
    struct event_frame sent;

    if (wsconn_reply_late(ws->conn, &sent) == 1)
        ws_report_sent(ws, &sent);
}

static void write_failed(struct ws *ws)
{
    /* What the peer said before it hung up is still to be read and tells more than EPIPE: stop
     * writing, and let the reading side find the end. */
    ws->write_dead = true;
    ws->errnum = ws->link_error.errnum;
    buf_reset(&ws->request);
}

size_t ws_write(struct ws *ws)
{
    struct slice out;

    while ((out = outgoing(ws)).len > 0) {
        ssize_t n;

        if (!ws->write_dead) {
            n = link_write(ws->link, out.data, out.len, &ws->link_error);
            if (n == LINK_AGAIN)
                break;
            if (n < 0) {
                write_failed(ws);
                continue;
            }
            written(ws, out.data, (size_t)n);
        } else {
            wsconn_sent(ws->conn, out.len);
        }
        if (ws->conn)
            answer_late(ws);
    }
    ws->ch.pending = out.len;
    return out.len;
}

bool ws_flush(struct ws *ws)
{
    size_t left = ws_write(ws);

    if (ws->state == WS_LINGER && left == 0)
        ws_say_farewell(ws);
    if (ws->overfull && left < CHANNEL_FULL) {
        ws->overfull = false;
        ws->ch.up.drained(ws->ch.up.ctx); /* may send more */
    }
    return ws->state != WS_ENDED;
}

void ws_flush_soon(struct ws *ws)
{
    ws->ch.pending = outgoing(ws).len;
    if (ws->ch.pending >= CHANNEL_FULL)
        ws->overfull = true;
    pump_soon(ws->pump);
}

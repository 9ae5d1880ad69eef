/*
 * client_ws: bytes between the link and wsconn, and the messages between wsconn and the service.
 */
#include "base/clock.h"
#include "serve/client.h"
#include "serve/client_fault.h"

/* A small block at rest, as there may be thousands of clients. */
#define READ_BLOCK (16 * 1024)
/* What one client may take of a turn of the loop before others get theirs: reads, and bytes of
 * messages, of which a compressed stream makes many out of few. */
#define READS_PER_TURN   8
#define PAYLOAD_PER_TURN (1024 * 1024)

/* --- out ----------------------------------------------------------------------------------------
 */

static void report_sent(struct client *c, const struct event_frame *sent)
{
    struct event ev = client_event(c, EVENT_FRAME);

    ev.dir = DIR_OUT;
    if (client_wants(c, EVENT_FRAME)) {
        ev.frame = *sent;
        client_emit(c, &ev);
    }
    if (sent->opcode == OPCODE_PONG && client_wants(c, EVENT_PONG)) {
        ev.kind = EVENT_PONG;
        ev.control = (struct event_control){.data = sent->payload};
        client_emit(c, &ev);
    }
}

static void report_message(struct client *c, enum opcode type, struct slice data, bool first,
                           bool final, uint64_t wire)
{
    struct event ev;

    if (first) {
        c->out_part = 0;
        c->out_total = c->out_wire = 0;
        c->out_type = type;
    }
    c->out_part++;
    c->out_total += data.len;
    c->out_wire += wire;
    if (!client_wants(c, EVENT_MESSAGE))
        return;
    ev = client_event(c, EVENT_MESSAGE);
    ev.dir = DIR_OUT;
    ev.message = (struct event_message){
        .type = c->out_type,
        .data = data,
        .part = first && final ? 0 : c->out_part,
        .final = final,
        .fragments = c->out_part,
        .wire = c->out_wire,
        .total = c->out_total,
    };
    client_emit(c, &ev);
}

static void put_message(struct client *c, enum opcode type, struct slice data, bool first,
                        bool final)
{
    bool report = client_wants(c, EVENT_FRAME) || client_wants(c, EVENT_MESSAGE);
    struct event_frame sent;

    if (wsconn_send_message(c->conn, type, data, first, final, report ? &sent : NULL) < 0) {
        c->broken = true; /* ended by whoever reads or flushes, not under the service's feet */
        return;
    }
    if (report) {
        report_sent(c, &sent);
        report_message(c, type, data, first, final, sent.wire);
    }
    if (wsconn_pending(c->conn).len >= CLIENT_FULL)
        c->full = true;
}

void client_send(struct client *c, enum opcode type, struct slice data, bool first, bool final)
{
    if (c->state != CLIENT_OPEN || c->sent_close_frame || c->broken)
        return;
    if (c->fault)
        client_fault_send(c, type, 0, data, first, final);
    else
        put_message(c, type, data, first, final);
}

void client_put(struct client *c, enum opcode type, uint64_t id, struct slice data, bool first,
                bool final)
{
    if (c->state == CLIENT_STREAM)
        client_stream_put(c, id, data);
    else if (c->state == CLIENT_OPEN && !c->sent_close_frame && !c->broken)
        put_message(c, type, data, first, final);
}

void client_pong(struct client *c, struct slice data)
{
    struct event_frame sent;
    int r;

    if (c->state != CLIENT_OPEN || c->broken)
        return;
    r = wsconn_send_control(c->conn, OPCODE_PONG, data, &sent);
    if (r == WSCONN_FAILED)
        c->broken = true;
    else if (r == 0)
        report_sent(c, &sent);
}

static void report_bytes(struct client *c, enum event_dir dir, const uint8_t *bytes, size_t n)
{
    uint64_t *offset = dir == DIR_IN ? &c->bytes_in : &c->bytes_out;

    if (client_wants(c, EVENT_BYTES)) {
        struct event ev = client_event(c, EVENT_BYTES);

        ev.dir = dir;
        ev.bytes = (struct event_bytes){.offset = *offset, .data = slice_make(bytes, n)};
        client_emit(c, &ev);
    }
    *offset += n;
}

void client_ws_written(struct client *c, const uint8_t *bytes, size_t n)
{
    struct event_frame sent;

    if (!c->write_dead) {
        report_bytes(c, DIR_OUT, bytes, n);
        c->last_out_us = clock_mono_us();
    }
    wsconn_sent(c->conn, n);
    /* A pong that was put off because the queue was long. */
    if (wsconn_reply_late(c->conn, &sent) == 1)
        report_sent(c, &sent);
}

/* --- in -----------------------------------------------------------------------------------------
 */

/* The obligatory answer to an event that came in. */
static void reply(struct client *c, const struct event *ev)
{
    struct event_frame sent;
    int r = wsconn_reply(c->conn, ev, true, &sent);

    if (r == WSCONN_FAILED) {
        c->broken = true;
    } else if (r == 1) {
        if (sent.opcode == OPCODE_CLOSE)
            c->sent_close_frame = true;
        report_sent(c, &sent);
    }
}

void client_take_message(struct client *c, const struct event *ev)
{
    if (client_wants(c, EVENT_MESSAGE))
        client_emit(c, ev);
    if (!c->sent_close_frame)
        c->service->message(c, &ev->message);
}

static void take_event(struct client *c, const struct event *ev)
{
    if (ev->kind == EVENT_MESSAGE) {
        if (c->fault)
            client_fault_take(c, ev);
        else
            client_take_message(c, ev);
        return;
    }
    client_emit(c, ev);
    switch (ev->kind) {
    case EVENT_PING:
        if (!c->fault || !client_fault_ping(c, ev->control.data))
            reply(c, ev);
        break;
    case EVENT_PONG:
        c->last_pong_us = clock_mono_us();
        break;
    case EVENT_CLOSE_FRAME:
        c->got_close_frame = true;
        client_decide(c, CLOSE_BY_PEER, CLOSE_HOW_CLOSE_FRAME, ev->close_frame.code,
                      ev->close_frame.reason);
        reply(c, ev);
        client_linger(c);
        break;
    case EVENT_VIOLATION:
        if (!ev->violation.fatal)
            break;
        client_decide(c, CLOSE_BY_LOCAL, CLOSE_HOW_VIOLATION, ev->violation.code,
                      slice_str(ev->violation.message));
        reply(c, ev);
        client_linger(c);
        break;
    default:
        break;
    }
}

void client_ws_drain(struct client *c)
{
    struct event ev = client_event(c, EVENT_MESSAGE);
    int r = 0;

    while (c->state == CLIENT_OPEN && !c->full && !c->host->paused && !c->broken &&
           (r = wsconn_next(c->conn, &ev)) > 0) {
        take_event(c, &ev);
        if (c->fault)
            client_fault_count(c);
    }
    if (r < 0)
        c->broken = true;
}

/* One read and every whole frame in it. False when there is nothing more to read for now. */
static bool read_block(struct client *c)
{
    size_t room;
    uint8_t *space = wsconn_space(c->conn, &room);
    ssize_t n;

    if (!space) {
        c->broken = true;
        return false;
    }
    n = link_read(c->link, space, room, &c->link_error);
    if (n == LINK_AGAIN)
        return false;
    if (n <= 0) {
        client_stream_ended(c, n);
        return false;
    }
    c->before_in_us = c->last_in_us;
    c->last_in_us = clock_mono_us();
    report_bytes(c, DIR_IN, space, (size_t)n);
    wsconn_filled(c->conn, (size_t)n);
    client_ws_drain(c);
    return c->state == CLIENT_OPEN && ((size_t)n == room || link_pending(c->link) > 0);
}

void client_ws_read(struct client *c)
{
    uint64_t before = wsconn_counters(c->conn)->payload_in;

    for (int i = 0; i < READS_PER_TURN && !c->full && !c->broken && !c->host->paused; i++) {
        if (!read_block(c) || wsconn_counters(c->conn)->payload_in - before > PAYLOAD_PER_TURN)
            break;
    }
}

int client_ws_init(struct client *c, const struct deflate_params *deflate, struct slice rest)
{
    const struct wsconn_config config = {
        .role = WSCONN_SERVER,
        .deflate = *deflate,
        .max_message = c->service->max_message,
        .read_block = READ_BLOCK,
        .want_frames = client_wants(c, EVENT_FRAME),
    };

    c->conn = wsconn_new(&config, &c->host->rng);
    return c->conn ? wsconn_feed(c->conn, rest.data, rest.len) : -1;
}

void client_ws_open(struct client *c)
{
    struct slice rest = slice_make(buf_data(&c->head), c->head.len);

    timer_stop(c->timer);
    c->state = CLIENT_OPEN;
    c->opened_us = c->last_in_us = c->before_in_us = c->last_out_us = clock_mono_us();
    if (rest.len > 0)
        report_bytes(c, DIR_IN, rest.data, rest.len);
    buf_clear(&c->head);
    if (c->service->opened)
        c->service->opened(c);
    if (c->fault)
        client_fault_opened(c);
    client_ws_drain(c);
}

#include "channel/channel_ws.h"

#include <stdlib.h>

#include "base/clock.h"
#include "channel/ws.h"

static struct ws *ws_of(struct channel *ch)
{
    return (struct ws *)ch;
}

struct event ws_event(const struct ws *ws, enum event_kind kind)
{
    return (struct event){
        .kind = kind,
        .channel = CHANNEL_WS,
        .conn = ws->ch.up.conn,
        .time_us = clock_wall_us(),
        .at_us = clock_mono_us() - ws->ch.up.start_us,
    };
}

void ws_emit(struct ws *ws, struct event *ev)
{
    ws->ch.up.emit(ws->ch.up.ctx, ev);
}

bool ws_wants(const struct ws *ws, enum event_kind kind)
{
    return bus_wants(ws->ch.up.bus, kind);
}

/* Does anyone look at what is sent? */
static bool is_shown(const struct ws *ws)
{
    return ws_wants(ws, EVENT_FRAME) || bus_wants_sent(ws->ch.up.bus);
}

static int why_not(int wsconn_result)
{
    return wsconn_result == WSCONN_FAILED ? SEND_FAILED : SEND_CLOSED;
}

static int ws_send(struct channel *ch, enum opcode type, struct slice data, bool first, bool final)
{
    struct ws *ws = ws_of(ch);
    struct event_frame sent;
    bool report = is_shown(ws);
    int r;

    if (ws->state != WS_OPEN)
        return SEND_CLOSED;
    r = wsconn_send_message(ws->conn, type, data, first, final, report ? &sent : NULL);
    if (r < 0)
        return why_not(r);
    if (report) {
        ws_report_sent(ws, &sent);
        ws_report_message(ws, type, data, first, final, sent.wire);
    }
    ws_flush_soon(ws);
    return 0;
}

static int ws_send_all(struct channel *ch, enum opcode type, const struct slice *messages,
                       size_t count, size_t *sent)
{
    struct ws *ws = ws_of(ch);
    int r = 0;

    *sent = 0;
    if (is_shown(ws)) {
        while (*sent < count && (r = ws_send(ch, type, messages[*sent], true, true)) == 0)
            ++*sent;
        return r;
    }
    if (ws->state != WS_OPEN)
        return SEND_CLOSED;
    r = wsconn_send_all(ws->conn, type, messages, count, sent);
    ws_flush_soon(ws);
    return r < 0 ? why_not(r) : 0;
}

static int ws_frame(struct channel *ch, const struct frame_spec *spec, struct slice payload)
{
    struct ws *ws = ws_of(ch);
    struct event_frame sent;
    int r;

    if (ws->state != WS_OPEN)
        return SEND_CLOSED;
    r = wsconn_send_frame(ws->conn, spec, payload, &sent);
    if (r < 0)
        return why_not(r);
    if (spec->opcode == OPCODE_CLOSE)
        ws->sent_close_frame = true;
    ws_report_sent(ws, &sent);
    ws_flush_soon(ws);
    return 0;
}

static int ws_ping(struct channel *ch, enum opcode opcode, struct slice data)
{
    struct ws *ws = ws_of(ch);
    struct event_frame sent;
    int r;

    if (ws->state != WS_OPEN)
        return SEND_CLOSED;
    r = wsconn_send_control(ws->conn, opcode, data, &sent);
    if (r < 0)
        return why_not(r);
    ws_report_sent(ws, &sent);
    ws_flush_soon(ws);
    return 0;
}

static void ws_pause(struct channel *ch, bool paused)
{
    struct ws *ws = ws_of(ch);

    if (ws->paused == paused)
        return;
    ws->paused = paused;
    if (!paused && ws->state == WS_OPEN)
        ws_drain(ws);
    if (ws->pump)
        ws_flush_soon(ws); /* reads on if the link holds bytes, and polls for what is wanted now */
}

static struct totals ws_totals(const struct channel *ch)
{
    const struct ws *ws = (const struct ws *)ch;
    const struct wsconn_counters *n;

    if (!ws->conn)
        return (struct totals){0};
    n = wsconn_counters(ws->conn);
    return (struct totals){
        .messages_in = n->messages_in,
        .messages_out = n->messages_out,
        .payload_in = n->payload_in,
        .payload_out = n->payload_out,
        .frames_in = n->frames_in,
        .frames_out = n->frames_out,
        .wire_in = n->wire_in,
        .wire_out = n->wire_out,
        .pings_in = n->pings_in,
        .pings_out = n->pings_out,
        .pongs_in = n->pongs_in,
        .pongs_out = n->pongs_out,
        .violations = n->violations + ws->broken_rules,
    };
}

static bool ws_tcp_stats(const struct channel *ch, struct tcp_stats *stats)
{
    const struct ws *ws = (const struct ws *)ch;

    return ws->link && tcp_stats_read(ws->link->fd, stats);
}

void ws_shut(struct ws *ws)
{
    enum stage stage;
    char what[8];

    if (ws->dial)
        dial_cancel(ws->dial, &stage, what, sizeof what);
    ws->dial = NULL;
    pump_free(ws->pump);
    ws->pump = NULL;
    timer_stop(ws->timer);
    link_free(ws->link);
    ws->link = NULL;
    ws->state = WS_ENDED;
    ws->ch.ended = true;
}

static void ws_free(struct channel *ch)
{
    struct ws *ws = ws_of(ch);

    ws_shut(ws);
    wsconn_free(ws->conn);
    handshake_result_clear(&ws->agreed);
    buf_clear(&ws->request);
    buf_clear(&ws->incoming);
    buf_clear(&ws->head_bytes);
    http1_head_clear(&ws->head);
    refusal_clear(&ws->refusal);
    timer_free(ws->timer);
    free(ws);
}

void ws_on_timer(void *ctx)
{
    struct ws *ws = ctx;

    if (ws->state < WS_OPEN)
        ws_open_timeout(ws);
    else
        ws_close_timeout(ws);
}

static const struct channel_ops ops = {
    .open = ws_open,
    .send = ws_send,
    .send_all = ws_send_all,
    .frame = ws_frame,
    .ping = ws_ping,
    .close = ws_close,
    .abort = ws_abort,
    .pause = ws_pause,
    .totals = ws_totals,
    .tcp_stats = ws_tcp_stats,
    .free = ws_free,
};

struct channel *channel_ws_new(uv_loop_t *loop, const struct channel_ws_config *config,
                               struct channel_shared *shared, const struct channel_up *up)
{
    struct ws *ws = calloc(1, sizeof *ws);

    if (!ws)
        return NULL;
    ws->timer = timer_new(loop, ws);
    if (!ws->timer) {
        free(ws);
        return NULL;
    }
    ws->ch = (struct channel){.ops = &ops, .kind = CHANNEL_WS, .loop = loop, .up = *up};
    ws->config = config;
    ws->shared = shared;
    buf_init(&ws->request, HTTP1_HEAD_MAX * 2);
    buf_init(&ws->incoming, HTTP1_HEAD_MAX + REFUSAL_MAX);
    buf_init(&ws->head_bytes, HTTP1_HEAD_MAX);
    refusal_init(&ws->refusal);
    return &ws->ch;
}

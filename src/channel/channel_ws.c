#include "channel/channel_ws.h"

#include <stdlib.h>

#include "channel/ws_private.h"

static struct ws *ws_of(struct channel *ch)
{
    return (struct ws *)ch;
}

struct event ws_event(const struct ws *ws, enum event_kind kind)
{
    struct event ev = {.kind = kind};

    channel_stamp(&ws->ch, &ev);
    return ev;
}

bool ws_wants(const struct ws *ws, enum event_kind kind)
{
    return bus_wants(ws->ch.up.bus, kind);
}

/* --- what is sent -------------------------------------------------------------------------------
 */

static int ws_send(struct channel *ch, enum opcode type, struct slice data, bool first, bool final)
{
    return layer_send(ch->up.user, &(struct outgoing){.kind = OUTGOING_MESSAGE,
                                                      .opcode = type,
                                                      .data = data,
                                                      .first = first,
                                                      .final = final});
}

static int ws_send_all(struct channel *ch, enum opcode type, const struct slice *messages,
                       size_t count, size_t *sent)
{
    *sent = 0;
    return layer_send(ch->up.user, &(struct outgoing){.kind = OUTGOING_BATCH,
                                                      .opcode = type,
                                                      .messages = messages,
                                                      .count = count,
                                                      .sent = sent});
}

static int ws_frame(struct channel *ch, const struct frame_spec *spec, struct slice payload)
{
    return layer_send(ch->up.user,
                      &(struct outgoing){.kind = OUTGOING_FRAME, .spec = spec, .data = payload});
}

static int ws_ping(struct channel *ch, enum opcode opcode, struct slice data)
{
    return layer_send(ch->up.user,
                      &(struct outgoing){.kind = OUTGOING_CONTROL, .opcode = opcode, .data = data});
}

static void ws_pause(struct channel *ch, bool paused)
{
    struct ws *ws = ws_of(ch);

    ws->paused = paused;
    layer_pause(ws->ch.up.user, paused);
}

/* --- what is known ------------------------------------------------------------------------------
 */

static struct totals ws_totals(const struct channel *ch)
{
    const struct ws *ws = (const struct ws *)ch;
    struct totals totals = layer_totals(ws->ch.up.user);

    totals.violations += ws->upgrade.broken_rules;
    return totals;
}

static bool ws_tcp_stats(const struct channel *ch, struct tcp_stats *stats)
{
    const struct ws *ws = (const struct ws *)ch;

    return ws->peer ? peer_tcp_stats(ws->peer, stats) : http_tcp_stats(ws->http, stats);
}

/* --- the end ------------------------------------------------------------------------------------
 */

void ws_fail(struct ws *ws, const struct err *e)
{
    struct event ev = ws_event(ws, EVENT_ERROR);

    if (ws->ch.activity.ended)
        return;
    ev.error = e;
    http_cancel(ws->http);
    ws->ch.activity.ended = true;
    channel_report(&ws->ch, &ev);
}

static void give_up(struct ws *ws)
{
    struct err e;

    err_set(&e, EXIT_OTHER, STAGE_CONNECT, 0, "given up before the connection was open");
    ws_fail(ws, &e);
}

static void ws_close(struct channel *ch, uint16_t code, struct slice reason, uint64_t timeout_us)
{
    struct ws *ws = ws_of(ch);

    if (ws->peer)
        layer_send(ws->ch.up.user, &(struct outgoing){.kind = OUTGOING_CLOSE,
                                                      .code = code,
                                                      .data = reason,
                                                      .timeout_us = timeout_us});
    else
        give_up(ws);
}

static void ws_abort(struct channel *ch, enum close_how how)
{
    struct ws *ws = ws_of(ch);

    if (ws->peer)
        layer_send(ws->ch.up.user, &(struct outgoing){.kind = OUTGOING_ABORT, .how = how});
    else
        give_up(ws);
}

static void ws_free(struct channel *ch)
{
    struct ws *ws = ws_of(ch);

    http_free(ws->http);
    layer_fault_free(ws->fault);
    peer_free(ws->peer);
    upgrade_clear(&ws->upgrade);
    free(ws);
}

/* --- the beginning ------------------------------------------------------------------------------
 */

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
    static const struct http_hooks hooks = {
        .report = ws_report, .upgraded = ws_upgraded, .done = ws_refused};
    const struct http_config http = {
        .identity = &config->handshake,
        .dial = &config->dial,
        .fault = up->fault,
        .timeout_us = config->connect_timeout_us,
        .follow = config->follow,
        .max_redirects = config->max_redirects,
    };
    const struct layer_fault_config fault = {
        .fault = up->fault, .channel = CHANNEL_WS, .number = up->conn, .start_us = up->start_us};
    struct ws *ws = calloc(1, sizeof *ws);

    if (!ws)
        return NULL;
    ws->http = http_new(loop, &http, &shared->http, up->bus, &hooks, ws);
    if (!ws->http || layer_fault_new(&ws->fault, loop, &fault) < 0) {
        http_free(ws->http);
        free(ws);
        return NULL;
    }
    ws->ch = (struct channel){
        .ops = &ops, .kind = CHANNEL_WS, .loop = loop, .up = *up, .asked = http_identity(ws->http)};
    ws->config = config;
    ws->shared = shared;
    ws->upgrade.lenient = config->lenient;
    return &ws->ch;
}

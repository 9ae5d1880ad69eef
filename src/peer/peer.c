#include "peer/peer.h"

#include <stdlib.h>

#include "base/clock.h"
#include "peer/peer_private.h"

struct event peer_event(const struct peer *p, enum event_kind kind)
{
    return (struct event){
        .kind = kind,
        .channel = CHANNEL_WS,
        .conn = p->config.number,
        .time_us = clock_wall_us(),
        .at_us = clock_mono_us() - p->config.start_us,
    };
}

bool peer_wants(const struct peer *p, enum event_kind kind)
{
    return bus_wants(p->config.bus, kind);
}

/* --- what is sent -------------------------------------------------------------------------------
 */

static bool is_shown(const struct peer *p)
{
    return peer_wants(p, EVENT_FRAME) || bus_wants_sent(p->config.bus);
}

static int taken(struct peer *p, int wsconn_result)
{
    peer_flush_soon(p);
    if (wsconn_result == WSCONN_FAILED)
        return SEND_FAILED;
    return wsconn_result < 0 ? SEND_CLOSED : 0;
}

static int send_message(struct peer *p, const struct outgoing *out)
{
    struct event_frame sent;
    bool report = is_shown(p);
    int r = wsconn_send_message(p->conn, out->opcode, out->data, out->first, out->final,
                                report ? &sent : NULL);

    if (r == 0 && report) {
        peer_report_sent(p, &sent);
        peer_report_message(p, out, sent.wire);
    }
    return taken(p, r);
}

static int send_batch(struct peer *p, const struct outgoing *out)
{
    struct outgoing one = {
        .kind = OUTGOING_MESSAGE, .opcode = out->opcode, .first = true, .final = true};
    int r = 0;

    if (!is_shown(p))
        return taken(p,
                     wsconn_send_all(p->conn, out->opcode, out->messages, out->count, out->sent));
    while (*out->sent < out->count && r == 0) {
        one.data = out->messages[*out->sent];
        r = send_message(p, &one);
        *out->sent += r == 0;
    }
    return r;
}

static int send_control(struct peer *p, const struct outgoing *out)
{
    struct event_frame sent;
    int r = wsconn_send_control(p->conn, out->opcode, out->data, &sent);

    if (r == 0)
        peer_report_sent(p, &sent);
    return taken(p, r);
}

static int send_frame(struct peer *p, const struct outgoing *out)
{
    struct event_frame sent;
    int r = wsconn_send_frame(p->conn, out->spec, out->data, &sent);

    if (r == 0) {
        p->sent_close_frame = p->sent_close_frame || out->spec->opcode == OPCODE_CLOSE;
        peer_report_sent(p, &sent);
    }
    return taken(p, r);
}

static int on_send(struct layer *l, const struct outgoing *out)
{
    struct peer *p = (struct peer *)l;

    if (out->kind == OUTGOING_BATCH)
        *out->sent = 0;
    if (out->kind == OUTGOING_CLOSE)
        return peer_close(p, out);
    if (out->kind == OUTGOING_ABORT) {
        peer_abort(p, out->how);
        return 0;
    }
    if (out->kind == OUTGOING_FLUSH) {
        peer_write(p);
        return 0;
    }
    if (p->state != PEER_OPEN)
        return SEND_CLOSED;
    switch (out->kind) {
    case OUTGOING_MESSAGE:
        return send_message(p, out);
    case OUTGOING_BATCH:
        return send_batch(p, out);
    case OUTGOING_CONTROL:
        return send_control(p, out);
    default:
        return send_frame(p, out);
    }
}

static void on_pause(struct layer *l, bool paused)
{
    struct peer *p = (struct peer *)l;

    if (p->paused == paused || p->state == PEER_ENDED)
        return;
    p->paused = paused;
    if (!paused)
        peer_drain(p);
    if (p->state != PEER_ENDED)
        peer_flush_soon(p); /* reads on if the link holds bytes, and polls for what is wanted now */
}

/* --- what is known ------------------------------------------------------------------------------
 */

static struct totals on_totals(const struct layer *l)
{
    const struct wsconn_counters *n = wsconn_counters(((const struct peer *)l)->conn);

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
        .violations = n->violations,
    };
}

bool peer_close_sent(const struct peer *p)
{
    return p->sent_close_frame;
}

bool peer_tcp_stats(const struct peer *p, struct tcp_stats *stats)
{
    return p->link && tcp_stats_read(p->link->fd, stats);
}

/* --- life ---------------------------------------------------------------------------------------
 */

static int prepare(struct peer *p, uv_loop_t *loop, struct link *link, struct err *e)
{
    const struct slice *lead = &p->config.lead, *rest = &p->config.rest;

    buf_init(&p->lead, lead->len);
    p->timer = timer_new(loop, p);
    p->conn = wsconn_new(&p->config.conn, p->config.rng);
    if (!p->timer || !p->conn || buf_append_slice(&p->lead, *lead) < 0 ||
        wsconn_feed(p->conn, rest->data, rest->len) < 0)
        return err_nomem(e, STAGE_HANDSHAKE, "opening the connection");
    p->pump = pump_new(loop, link, &peer_hooks, p, e);
    return p->pump ? 0 : -1;
}

struct peer *peer_new(uv_loop_t *loop, struct link *link, const struct peer_config *config,
                      struct layer *above, struct err *e)
{
    static const struct layer_ops ops = {.send = on_send, .pause = on_pause, .totals = on_totals};
    struct peer *p = calloc(1, sizeof *p);

    if (!p) {
        err_nomem(e, STAGE_HANDSHAKE, "opening the connection");
        return NULL;
    }
    p->layer.ops = &ops;
    p->config = *config;
    if (prepare(p, loop, link, e) < 0) {
        peer_free(p);
        return NULL;
    }
    p->link = link;
    p->before_in_us = config->opened_us;
    *config->activity =
        (struct activity){.last_in_us = config->opened_us, .last_out_us = config->opened_us};
    layer_put(above, &p->layer);
    return p;
}

void peer_start(struct peer *p)
{
    const struct slice *rest = &p->config.rest;

    if (rest->len > 0)
        peer_report_bytes(p, DIR_IN, rest->data, rest->len);
    peer_drain(p);
    if (p->state != PEER_ENDED)
        peer_flush_soon(p);
}

void peer_free(struct peer *p)
{
    if (!p)
        return;
    layer_remove(&p->layer);
    pump_free(p->pump);
    timer_free(p->timer);
    link_free(p->link);
    wsconn_free(p->conn);
    buf_clear(&p->lead);
    free(p);
}

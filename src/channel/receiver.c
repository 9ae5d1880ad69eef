#include "channel/receiver.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/utf8.h"

/* A longer message is passed on in parts of this size, as that of a WebSocket. */
#define PART (1024 * 1024)

static struct receiver *receiver_of(struct channel *ch)
{
    return (struct receiver *)ch;
}

static struct receiver *of_source(struct layer *l)
{
    return (struct receiver *)((char *)l - offsetof(struct receiver, source));
}

struct event receiver_event(const struct receiver *r, enum event_kind kind)
{
    struct event ev = {.kind = kind, .dir = DIR_IN};

    channel_stamp(&r->ch, &ev);
    return ev;
}

void receiver_emit(struct receiver *r, struct event *ev)
{
    layer_event(&r->source, ev);
}

void receiver_report(void *ctx, struct event *ev)
{
    struct receiver *r = ctx;

    channel_stamp(&r->ch, ev);
    receiver_emit(r, ev);
}

void receiver_opened(struct receiver *r)
{
    struct event ev = receiver_event(r, EVENT_OPEN);
    char *url = url_print_http(r->config->handshake.url);

    r->ch.opened_us = clock_mono_us();
    ev.open = (struct event_open){
        .url = url ? url : "",
        .subprotocol = "",
        .extensions = "",
        .us = r->ch.opened_us - r->began_us,
    };
    receiver_emit(r, &ev);
    layer_fault_opened(r->fault);
    free(url);
}

/* --- messages --------------------------------------------------------------------------------- */

/* Bytes of the next part, ending between characters. */
static size_t part_len(struct slice left, bool text)
{
    size_t n = left.len < PART ? left.len : PART;

    return text ? utf8_cut(left, n) : n;
}

void receiver_packet(struct receiver *r, enum opcode type, struct slice data, const char *name,
                     const char *id)
{
    bool text = type == OPCODE_TEXT;
    struct event ev = receiver_event(r, EVENT_MESSAGE);
    struct slice left = data;
    uint32_t part = 0;

    r->totals.messages_in++;
    r->totals.payload_in += data.len;
    do {
        size_t n = part_len(left, text);

        ev.message = (struct event_message){
            .type = type,
            .data = slice_make(left.data, n),
            .part = data.len > PART ? ++part : 0,
            .final = n == left.len,
            .fragments = 1,
            .wire = data.len - left.len + n,
            .total = data.len - left.len + n,
            .sse_name = name,
            .sse_id = id,
        };
        left = slice_from(left, n);
        receiver_emit(r, &ev);
    } while (left.len > 0 && !receiver_over(r));
}

void receiver_message(struct receiver *r, struct slice data, const char *name, const char *id)
{
    bool text = utf8_valid(data.data, data.len);

    receiver_packet(r, text ? OPCODE_TEXT : OPCODE_BINARY, data, name, id);
}

/* --- the end ---------------------------------------------------------------------------------- */

static uint64_t since(uint64_t now, uint64_t then)
{
    return then && now > then ? now - then : 0;
}

/* The client stays until the channel is freed: an end may come inside one of its hooks. */
static void shut(struct receiver *r)
{
    http_cancel(r->http);
    timer_stop(r->timer);
    r->ch.activity.ended = true;
}

static struct event close_event(const struct receiver *r)
{
    uint64_t now = clock_mono_us();
    uint64_t in = http_last_in_us(r->http), out = http_last_out_us(r->http);
    struct event ev = receiver_event(r, EVENT_CLOSE);

    ev.close = (struct event_close){
        .uptime_us = since(now, r->ch.opened_us),
        .idle_in_us = since(now, in),
        .idle_out_us = since(now, out),
        .tls = r->config->handshake.url->scheme == URL_WSS,
        .hint = "",
    };
    return ev;
}

void receiver_end(struct receiver *r, enum close_by by, enum close_how how, uint16_t code,
                  bool clean)
{
    struct event ev;

    if (r->ch.activity.ended)
        return;
    shut(r); /* first: it may report the end of a fault */
    ev = close_event(r);
    ev.close.by = by;
    ev.close.how = how;
    ev.close.code = code;
    ev.close.clean = clean;
    receiver_emit(r, &ev);
}

/* How an exchange that failed lets the connection look. */
static void read_result(struct event_close *c, const struct http_result *result)
{
    int errnum = result->error.errnum;

    c->code = CLOSE_ABNORMAL;
    c->errnum = errnum;
    c->by = CLOSE_BY_NETWORK;
    c->how = CLOSE_HOW_RST;
    if (result->ended & LINK_BY_FAULT) {
        c->by = CLOSE_BY_LOCAL;
        c->how = CLOSE_HOW_FAULT;
    } else if (result->ended & LINK_GOT_RST || errnum == ECONNREFUSED) {
        c->how = CLOSE_HOW_RST;
    } else if (result->error.code == EXIT_TIMEOUT || errnum == ETIMEDOUT ||
               errnum == EHOSTUNREACH || errnum == ENETUNREACH) {
        c->how = CLOSE_HOW_TIMEOUT;
    } else if (result->error.stage == STAGE_TLS) {
        c->how = CLOSE_HOW_TLS;
    } else if (result->ended) {
        c->by = CLOSE_BY_PEER;
        c->how = result->ended & LINK_GOT_CLOSE_NOTIFY ? CLOSE_HOW_TLS : CLOSE_HOW_FIN;
    }
    c->got_rst = (result->ended & LINK_GOT_RST) != 0;
    c->got_fin = (result->ended & LINK_GOT_FIN) != 0;
    c->got_close_notify = (result->ended & LINK_GOT_CLOSE_NOTIFY) != 0;
}

static void report_error(struct receiver *r, const struct err *e)
{
    struct event ev = receiver_event(r, EVENT_ERROR);

    ev.error = e;
    receiver_emit(r, &ev);
}

void receiver_lose(struct receiver *r, const struct http_result *result, bool telling)
{
    struct event ev;

    if (r->ch.activity.ended)
        return;
    if (!r->ch.opened_us) {
        shut(r);
        report_error(r, &result->error);
        return;
    }
    if (telling)
        report_error(r, &result->error);
    if (r->ch.activity.ended)
        return;
    shut(r);
    ev = close_event(r);
    read_result(&ev.close, result);
    if (!telling && ev.close.how != CLOSE_HOW_FAULT)
        ev.close.hint = result->error.text;
    receiver_emit(r, &ev);
}

void receiver_fail(struct receiver *r, const struct err *e)
{
    if (r->ch.activity.ended)
        return;
    if (!r->ch.opened_us) {
        shut(r);
        report_error(r, e);
        return;
    }
    report_error(r, e);
    receiver_end(r, CLOSE_BY_LOCAL, CLOSE_HOW_FIN, CLOSE_ABNORMAL, false);
}

bool receiver_passes(int status)
{
    return status == 408 || status == 425 || status == 429 || status >= 500;
}

void receiver_refused(struct receiver *r, int status, struct err *e)
{
    if (status >= 300 && status < 400)
        err_hint(e, "it is at another URL: -L follows redirects");
    r->ch.for_good = !receiver_passes(status);
    receiver_fail(r, e);
}

/* --- a channel that sends nothing, or packets
 * ------------------------------------------------------------- */

static int ch_send(struct channel *ch, enum opcode type, struct slice data, bool first, bool final)
{
    return layer_send(ch->up.user, &(struct outgoing){.kind = OUTGOING_MESSAGE,
                                                      .opcode = type,
                                                      .data = data,
                                                      .first = first,
                                                      .final = final});
}

static int ch_send_all(struct channel *ch, enum opcode type, const struct slice *messages,
                       size_t count, size_t *sent)
{
    (void)ch, (void)type, (void)messages, (void)count;
    *sent = 0;
    return SEND_CLOSED;
}

static int ch_frame(struct channel *ch, const struct frame_spec *spec, struct slice payload)
{
    (void)ch, (void)spec, (void)payload;
    return SEND_CLOSED;
}

static int ch_ping(struct channel *ch, enum opcode opcode, struct slice data)
{
    (void)ch, (void)opcode, (void)data;
    return SEND_CLOSED;
}

static int ch_open(struct channel *ch, struct err *e)
{
    struct receiver *r = receiver_of(ch);

    return r->kind->open(r, e);
}

static void give_up(struct receiver *r)
{
    struct err e;

    err_set(&e, EXIT_OTHER, STAGE_CONNECT, 0, "given up before there was an answer");
    receiver_fail(r, &e);
}

static void on_closed(void *ctx)
{
    struct receiver *r = ctx;

    receiver_end(r, CLOSE_BY_LOCAL, CLOSE_HOW_FIN, r->code, true);
}

/* The server is not notified. */
static void close_source(struct receiver *r, uint16_t code)
{
    if (receiver_over(r))
        return;
    if (!r->ch.opened_us) {
        give_up(r);
        return;
    }
    r->closing = true;
    r->code = code ? code : CLOSE_NO_STATUS;
    http_cancel(r->http);
    timer_start(r->timer, 0, on_closed);
}

static void abort_source(struct receiver *r, enum close_how how)
{
    if (!r->ch.opened_us && !r->ch.activity.ended)
        give_up(r);
    receiver_end(r, CLOSE_BY_LOCAL, how, CLOSE_ABNORMAL, false);
}

static void ch_close(struct channel *ch, uint16_t code, struct slice reason, uint64_t timeout_us)
{
    layer_send(ch->up.user,
               &(struct outgoing){
                   .kind = OUTGOING_CLOSE, .code = code, .data = reason, .timeout_us = timeout_us});
}

static void ch_abort(struct channel *ch, enum close_how how)
{
    layer_send(ch->up.user, &(struct outgoing){.kind = OUTGOING_ABORT, .how = how});
}

static void ch_pause(struct channel *ch, bool paused)
{
    layer_pause(ch->up.user, paused);
}

static struct totals ch_totals(const struct channel *ch)
{
    const struct receiver *r = (const struct receiver *)ch;
    struct http_totals http = http_totals(r->http);
    struct totals totals = r->totals;

    totals.wire_in = http.stream_down;
    totals.wire_out = http.stream_up;
    return totals;
}

/* All its connections together; round trip and queue are the open one's. */
static bool ch_tcp_stats(const struct channel *ch, struct tcp_stats *stats)
{
    const struct receiver *r = (const struct receiver *)ch;
    struct http_totals all = http_totals(r->http);

    if (!http_tcp_stats(r->http, stats)) {
        if (all.segments_up == 0)
            return false;
        memset(stats, 0, sizeof *stats);
        stats->bytes_acked = all.bytes_up;
    }
    stats->bytes_sent = all.bytes_up;
    stats->bytes_received = all.bytes_down;
    stats->segments_sent = (uint32_t)all.segments_up;
    stats->segments_received = (uint32_t)all.segments_down;
    stats->retransmits = all.retransmits;
    return true;
}

/* --- layers ----------------------------------------------------------------------------------- */

static int on_send(struct layer *l, const struct outgoing *out)
{
    struct receiver *r = of_source(l);

    if (out->kind == OUTGOING_CLOSE)
        close_source(r, out->code);
    else if (out->kind == OUTGOING_ABORT)
        abort_source(r, out->how);
    else
        return r->kind->send ? r->kind->send(r, out) : SEND_CLOSED;
    return 0;
}

static void on_pause(struct layer *l, bool paused)
{
    struct receiver *r = of_source(l);

    r->kind->pause(r, paused);
}

/* --- life ------------------------------------------------------------------------------------- */

static void ch_free(struct channel *ch)
{
    struct receiver *r = receiver_of(ch);

    r->kind->clear(r);
    http_free(r->http);
    layer_fault_free(r->fault);
    layer_remove(&r->source);
    timer_free(r->timer);
    free(r);
}

struct receiver *receiver_new(const struct receiver_kind *kind, uv_loop_t *loop,
                              const struct receiver_config *config, struct channel_shared *shared,
                              const struct http_hooks *hooks, const struct channel_up *up)
{
    static const struct channel_ops ops = {
        .open = ch_open,
        .send = ch_send,
        .send_all = ch_send_all,
        .frame = ch_frame,
        .ping = ch_ping,
        .close = ch_close,
        .abort = ch_abort,
        .pause = ch_pause,
        .totals = ch_totals,
        .tcp_stats = ch_tcp_stats,
        .free = ch_free,
    };
    static const struct layer_ops source = {.send = on_send, .pause = on_pause};
    struct receiver *r = calloc(1, kind->size);
    const struct layer_fault_config fault = {
        .fault = up->fault, .channel = kind->channel, .number = up->conn, .start_us = up->start_us};
    const struct http_config http = {
        .identity = &config->handshake,
        .dial = &config->dial,
        .fault = up->fault,
        .timeout_us = config->connect_timeout_us,
        .no_keepalive = config->no_keepalive,
        .follow = config->follow,
        .max_redirects = config->max_redirects,
    };

    if (!r)
        return NULL;
    r->kind = kind;
    r->ch = (struct channel){.ops = &ops, .kind = kind->channel, .loop = loop, .up = *up};
    r->config = config;
    r->shared = shared;
    r->timer = timer_new(loop, r);
    r->http = r->timer ? http_new(loop, &http, &shared->http, up->bus, hooks, r) : NULL;
    if (!r->http || layer_fault_new(&r->fault, loop, &fault) < 0) {
        http_free(r->http);
        timer_free(r->timer);
        free(r);
        return NULL;
    }
    r->ch.asked = http_identity(r->http);
    r->source.ops = &source;
    layer_put(up->user, &r->source);
    layer_fault_put(r->fault, &r->source);
    r->began_us = config->began_us ? config->began_us : clock_mono_us();
    return r;
}

/*
 * ws_open: from the URL to an open WebSocket: dialling, the request, the response, or what came
 * instead of one.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "channel/ws_private.h"
#include "net/crypto.h"
#include "net/idn.h"

static void on_dial_event(void *ctx, struct event *ev)
{
    struct ws *ws = ctx;
    struct event stamped = ws_event(ws, ev->kind);

    ev->channel = stamped.channel;
    ev->conn = stamped.conn;
    ev->time_us = stamped.time_us;
    ev->at_us = stamped.at_us;
    ws_emit(ws, ev);
}

/* Show the request as it will be sent, byte for byte. */
static void report_request(struct ws *ws)
{
    struct http1_head head;
    struct event ev;
    struct err e;
    size_t scanned = 0;

    if (!ws_wants(ws, EVENT_REQUEST) ||
        http1_head_read(&head, HTTP1_REQUEST, buf_data(&ws->request), ws->request.len, &scanned,
                        &e) <= 0)
        return;
    ev = ws_event(ws, EVENT_REQUEST);
    ev.dir = DIR_OUT;
    ev.request = (struct event_request){
        .method = "GET",
        .target = head.target,
        .headers = head.fields,
        .header_count = head.field_count,
        .raw = buf_slice(&ws->request),
    };
    ws_emit(ws, &ev);
    http1_head_clear(&head);
}

/* The Host field has the host as DNS knows it (RFC 9110, section 7.2; RFC 5891, section 4). */
static int write_request(struct ws *ws, struct err *e)
{
    struct handshake_config config = ws->config->handshake;
    struct url url = *config.url;
    int rc;

    url.host = idn_to_ascii(url.host, e);
    if (!url.host)
        return -1;
    config.url = &url;
    rc = handshake_request(&ws->handshake, &config, &ws->shared->http.rng, crypto_sha1,
                           &ws->request, e);
    free(url.host);
    return rc;
}

/* Write what the link takes of the request. */
static void send_request(struct ws *ws)
{
    while (ws->request.len > 0) {
        ssize_t n = link_write(ws->link, buf_data(&ws->request), ws->request.len, &ws->link_error);

        if (n == LINK_AGAIN)
            return;
        if (n < 0) {
            /* What the server said before it hung up tells more than EPIPE: let the reading find
             * the end. */
            ws->errnum = ws->link_error.errnum;
            buf_reset(&ws->request);
            return;
        }
        buf_consume(&ws->request, (size_t)n);
        if (ws->request.len == 0)
            ws->requested_us = clock_mono_us();
    }
}

static void read_response(struct ws *ws);

static void take_turn(void *ctx, bool readable)
{
    struct ws *ws = ctx;

    if (readable)
        read_response(ws);
    if (ws->state == WS_UPGRADING)
        send_request(ws);
}

static bool reads(const void *ctx)
{
    (void)ctx;
    return true;
}

static bool writes(const void *ctx)
{
    const struct ws *ws = ctx;

    return ws->request.len > 0;
}

static const struct pump_hooks hooks = {.turn = take_turn, .reads = reads, .writes = writes};

static void on_dialled(void *ctx, struct link *link, const struct err *why)
{
    struct ws *ws = ctx;
    struct err e;

    ws->dial = NULL;
    if (!link) {
        ws_fail(ws, why);
        return;
    }
    ws->link = link;
    ws->state = WS_UPGRADING;
    if (write_request(ws, &e) < 0) {
        ws_fail(ws, &e);
        return;
    }
    report_request(ws);
    ws->pump = pump_new(ws->ch.loop, link, &hooks, ws, &e);
    if (!ws->pump) {
        ws_fail(ws, &e);
        return;
    }
    send_request(ws);
    pump_update(ws->pump);
}

/* Of the time for opening, part of which may be used up. */
static uint64_t time_left_us(const struct ws *ws)
{
    uint64_t used = clock_mono_us() - ws->began_us, limit = ws->config->connect_timeout_us;

    return used < limit ? limit - used : 0;
}

static void on_timeout(void *ctx);
static void on_made_up(void *ctx);

int ws_open(struct channel *ch, struct err *e)
{
    struct ws *ws = (struct ws *)ch;
    const struct url *url = ws->config->handshake.url;
    int made_up;

    ws->target = (struct dial_target){
        .host = url->host,
        .zone = url->zone,
        .port = url->port,
        .socket_path = url->socket_path,
        .secure = url->scheme == URL_WSS,
        .fault = ch->up.fault,
    };
    if (http_shared_load(&ws->shared->http, &ws->config->dial, &ws->target, e) < 0)
        return -1;
    ws->began_us = ws->config->began_us ? ws->config->began_us : clock_mono_us();
    ws->state = WS_DIALING;
    made_up = refusal_make_up(&ws->incoming, ch->up.fault, e);
    if (made_up > 0) /* by way of the loop, as everything that a channel reports */
        timer_start(ws->timer, 0, on_made_up);
    if (made_up != 0)
        return made_up < 0 ? -1 : 0;
    ws->dial =
        dial_start(ch->loop, &ws->config->dial, &ws->target, on_dial_event, on_dialled, ws, e);
    if (!ws->dial)
        return -1;
    if (ws->config->connect_timeout_us)
        timer_start(ws->timer, time_left_us(ws), on_timeout);
    return 0;
}

static void refused(struct ws *ws);

static void on_timeout(void *ctx)
{
    struct ws *ws = ctx;
    struct err e;

    if (ws->state == WS_REFUSED) {
        refused(ws);
        return;
    }
    dial_timed_out(ws->dial, ws->config->connect_timeout_us,
                   "waiting for the answer to the handshake", &e);
    ws->dial = NULL;
    ws_fail(ws, &e);
}

static void report_response(struct ws *ws, const struct http1_head *head)
{
    struct event ev = ws_event(ws, EVENT_RESPONSE);

    ev.response = (struct event_response){
        .status = head->status,
        .reason = head->reason,
        .headers = head->fields,
        .header_count = head->field_count,
        .raw = head->raw,
        .body = buf_slice(&ws->refusal.body),
        .body_cut = ws->refusal.cut,
        .interim = head->status < 200 && head->status != 101,
        .us = ws->response_us,
    };
    ws_emit(ws, &ev);
}

/* The body of a refusal is complete, or as complete as it gets. */
static void refused(struct ws *ws)
{
    struct err e;

    report_response(ws, &ws->head);
    err_set(&e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
            "the server answered %d%s%.*s instead of 101 Switching Protocols", ws->head.status,
            ws->head.reason.len ? " " : "",
            (int)(ws->head.reason.len < 80 ? ws->head.reason.len : 80),
            ws->head.reason.len ? (const char *)ws->head.reason.data : "");
    ws_fail(ws, &e);
}

static void read_body(struct ws *ws)
{
    if (refusal_read(&ws->refusal, &ws->body_framing, &ws->incoming))
        refused(ws);
}

/* A status other than 101: an ordinary HTTP response (RFC 6455, section 4.1), whose body is shown.
 */
static void begin_refusal(struct ws *ws, size_t head_len)
{
    struct err e;
    size_t scanned = 0;

    /* The head must outlive the incoming bytes, which the body will move. */
    if (buf_append(&ws->head_bytes, buf_data(&ws->incoming), head_len) < 0 ||
        http1_head_read_within(&ws->head, HTTP1_RESPONSE, ws->config->dial.max_headers,
                               buf_data(&ws->head_bytes), head_len, &scanned, &e) <= 0) {
        err_nomem(&e, STAGE_HANDSHAKE, "reading the response");
        ws_fail(ws, &e);
        return;
    }
    buf_consume(&ws->incoming, head_len);
    ws->state = WS_REFUSED;
    if (http1_body_init(&ws->body_framing, &ws->head, false, &e) < 0)
        ws->body_framing.done = true;
    refusal_begin(&ws->refusal, &ws->head);
    timer_start(ws->timer, REFUSAL_MS * 1000, on_timeout);
    read_body(ws);
}

static void on_made_up(void *ctx)
{
    struct ws *ws = ctx;

    begin_refusal(ws, ws->incoming.len);
}

/* The connection is the peer's from now on. rest: what came after the head. -1 with *e. */
static int begin_frames(struct ws *ws, struct slice rest, struct err *e)
{
    const struct peer_config config = {
        .conn = {.role = WSCONN_CLIENT,
                 .deflate = ws->agreed.deflate,
                 .max_message = ws->config->max_message,
                 .max_frame = ws->config->max_frame,
                 .max_fragments = ws->config->max_fragments,
                 .lenient = ws->config->lenient,
                 .want_frames = ws_wants(ws, EVENT_FRAME)},
        .rng = &ws->shared->http.rng,
        .rest = rest,
        .bus = ws->ch.up.bus,
        .activity = &ws->ch.activity,
        .number = ws->ch.up.conn,
        .start_us = ws->ch.up.start_us,
        .opened_us = ws->ch.opened_us,
        .close_timeout = ws->config->close_timeout_us,
        .no_pong = ws->config->no_pong,
        .tls = ws->target.secure,
    };

    pump_free(ws->pump);
    ws->pump = NULL;
    ws->peer = peer_new(ws->ch.loop, ws->link, &config, &ws->layer, e);
    if (!ws->peer)
        return -1;
    ws->link = NULL;
    return 0;
}

static void report_open(struct ws *ws)
{
    struct event ev = ws_event(ws, EVENT_OPEN);
    char *url = url_print(ws->config->handshake.url);

    ev.open = (struct event_open){
        .url = url ? url : "",
        .subprotocol = ws->agreed.subprotocol,
        .extensions = ws->agreed.extensions,
        .subprotocol_missed =
            ws->config->handshake.subprotocol_count > 0 && ws->agreed.subprotocol[0] == '\0',
        .us = ws->ch.opened_us - ws->began_us,
    };
    ws_emit(ws, &ev);
    free(url);
}

/* A broken rule of the handshake that --lenient lets pass. The sentence names the RFC and section
 * at its end. */
static void report_broken_rule(struct ws *ws, struct err *why)
{
    struct event ev = ws_event(ws, EVENT_VIOLATION);
    char *rule = strstr(why->text, " (RFC ");

    if (!rule)
        return; /* memory was out, not the rule broken */
    *rule = '\0';
    rule += 2;
    rule[strcspn(rule, ")")] = '\0';
    ev.dir = DIR_IN;
    ev.violation = (struct event_violation){.rule = rule, .message = why->text};
    ws->broken_rules++;
    ws_emit(ws, &ev);
}

static void check_rules(struct ws *ws, const struct http1_head *head)
{
    for (unsigned rule = 0; rule < HANDSHAKE_RULES && ws->state == WS_UPGRADING; rule++) {
        struct err why;

        if (handshake_rule_check((enum handshake_rule)rule, &ws->handshake, &ws->config->handshake,
                                 head, &why) < 0)
            report_broken_rule(ws, &why);
    }
}

static void begin_open(struct ws *ws, const struct http1_head *head, size_t head_len)
{
    struct err e;

    report_response(ws, head);
    if (handshake_check(&ws->handshake, &ws->config->handshake, head, ws->config->lenient,
                        &ws->agreed, &e) < 0) {
        ws_fail(ws, &e);
        return;
    }
    if (ws->config->lenient)
        check_rules(ws, head);
    if (ws->state != WS_UPGRADING)
        return;
    buf_consume(&ws->incoming, head_len);
    timer_stop(ws->timer);
    ws->ch.opened_us = clock_mono_us();
    if (begin_frames(ws, buf_slice(&ws->incoming), &e) < 0) {
        ws->ch.opened_us = 0;
        ws_fail(ws, &e);
        return;
    }
    ws->state = WS_OPEN;
    report_open(ws);
    if (ws->paused)
        layer_pause(&ws->layer, true);
    peer_start(ws->peer);
    buf_clear(&ws->incoming);
}

static void read_head(struct ws *ws)
{
    struct http1_head head;
    struct err e;
    int status;
    long len;

    for (;;) {
        len = http1_head_read_within(&head, HTTP1_RESPONSE, ws->config->dial.max_headers,
                                     buf_data(&ws->incoming), ws->incoming.len, &ws->scanned, &e);
        if (len < 0) {
            ws_fail(ws, &e);
            return;
        }
        if (len == 0)
            return;
        ws->response_us = clock_mono_us() - ws->requested_us;
        if (head.status == 101 || head.status >= 200)
            break;
        report_response(ws, &head); /* 100 Continue, 103 Early Hints: the final one follows */
        http1_head_clear(&head);
        buf_consume(&ws->incoming, (size_t)len);
        ws->scanned = 0;
    }
    status = head.status;
    if (status == 101)
        begin_open(ws, &head, (size_t)len);
    http1_head_clear(&head);
    if (status != 101)
        begin_refusal(ws, (size_t)len);
}

static void stream_ended(struct ws *ws, ssize_t result)
{
    struct err e;
    const char *how = ws->link->ended & LINK_GOT_RST ? "reset the connection" : "hung up";

    if (ws->state == WS_REFUSED) {
        refused(ws);
        return;
    }
    if (result < 0 &&
        (ws->link_error.stage == STAGE_TLS || (ws->link->ended & LINK_BY_FAULT) != 0)) {
        ws_fail(ws, &ws->link_error);
        return;
    }
    if (ws->incoming.len > 0)
        err_set(&e, EXIT_HANGUP, STAGE_HANDSHAKE, ws->errnum,
                "the server %s in the middle of its answer to the handshake, after %zu bytes of it",
                how, ws->incoming.len);
    else
        err_set(&e, EXIT_HANGUP, STAGE_HANDSHAKE, result < 0 ? ws->link_error.errnum : ws->errnum,
                "the server %s before it answered the handshake", how);
    ws_fail(ws, &e);
}

static void read_response(struct ws *ws)
{
    while (ws->state == WS_UPGRADING || ws->state == WS_REFUSED) {
        size_t room = ws->incoming.max - ws->incoming.len;
        size_t want = room < 16 * 1024 ? room : 16 * 1024;
        uint8_t *space = buf_reserve(&ws->incoming, want);
        struct err e;
        ssize_t n;

        if (!space) {
            err_nomem(&e, STAGE_HANDSHAKE, "reading the response");
            ws_fail(ws, &e);
            return;
        }
        n = link_read(ws->link, space, want, &ws->link_error);
        if (n == LINK_AGAIN)
            return;
        if (n <= 0) {
            stream_ended(ws, n);
            return;
        }
        buf_filled(&ws->incoming, (size_t)n);
        if (ws->state == WS_UPGRADING)
            read_head(ws);
        else
            read_body(ws);
    }
}

/*
 * relayed_http: requests and answers, one after the other on each connection (RFC 9112). Heads are
 * read by one parser and passed field by field; bodies pass in their framing, as they came.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "http/refusal.h"
#include "net/crypto.h"
#include "relay/relay_private.h"

/* How long the client may take to hang up after an answer that ends the connection. */
#define ENDING_US 1000000

/* --- answers of our own -------------------------------------------------------------------------
 */

static const char *reason_of(int status)
{
    switch (status) {
    case 400:
        return "Bad Request";
    case 408:
        return "Request Timeout";
    case 431:
        return "Request Header Fields Too Large";
    case 502:
        return "Bad Gateway";
    case 503:
        return "Service Unavailable";
    case 504:
        return "Gateway Timeout";
    default:
        return "";
    }
}

static void on_ending(void *ctx)
{
    relayed_end(ctx);
}

/* The client's answer is whole, and nothing follows it. */
static void finish(struct relay_conn *c)
{
    struct relay_leg *client = relay_leg_client(c);

    upstream_cancel(c);
    relay_leg_detach(relay_leg_server(c));
    c->state = CONN_ENDING;
    timer_start(c->timer, ENDING_US, on_ending);
    relay_leg_finish(client);
}

/* h: the answer; NULL: there is nothing in it that its status does not say. */
static void report_made_up(struct relay_conn *c, int status, const struct http1_head *h,
                           const char *why)
{
    char text[600];

    snprintf(text, sizeof text, "answered %d in the server's place: %s", status, why);
    relayed_note(c, text);
    if (c->relay->hooks.answer)
        c->relay->hooks.answer(c->relay->ctx, c, status, h);
}

void relayed_refuse(struct relay_conn *c, int status, const char *why)
{
    struct buf *out = &relay_leg_client(c)->out;
    bool body = !c->head_only;

    if (c->state != CONN_HTTP)
        return;
    if (c->answering) { /* the client has had its head: all that is left is an end */
        relayed_reset(c);
        return;
    }
    if (buf_printf(out,
                   "HTTP/1.1 %d %s\r\nContent-Type: text/plain; charset=utf-8\r\n"
                   "Content-Length: %zu\r\nConnection: close\r\n\r\n%s%s",
                   status, reason_of(status), strlen(why) + 1, body ? why : "",
                   body ? "\n" : "") < 0) {
        relayed_break(c);
        return;
    }
    report_made_up(c, status, NULL, why);
    finish(c);
}

/* What a fault answers in the server's place. False: none does. */
static bool made_up(struct relay_conn *c)
{
    struct relay_leg *client = relay_leg_client(c);
    struct http1_head head;
    size_t scanned = 0;
    struct buf answer;
    struct err e;
    int r;

    buf_init(&answer, HTTP1_HEAD_MAX);
    r = refusal_make_up(&answer, client->fault, &e);
    if (r > 0 &&
        http1_head_read(&head, HTTP1_RESPONSE, buf_data(&answer), answer.len, &scanned, &e) > 0) {
        relay_leg_put(client, buf_data(&answer), answer.len);
        report_made_up(c, head.status, &head, "--fault");
        http1_head_clear(&head);
        finish(c);
    } else if (r != 0) {
        relayed_break(c);
    }
    buf_clear(&answer);
    return r != 0;
}

/* --- requests -----------------------------------------------------------------------------------
 */

static void report_request(struct relay_conn *c, const struct http1_head *h)
{
    struct event ev = relayed_event(c, EVENT_REQUEST, LEG_CLIENT);
    char method[32];

    if (!bus_wants(c->relay->bus, EVENT_REQUEST))
        return;
    snprintf(method, sizeof method, "%.*s",
             (int)(h->method.len < sizeof method ? h->method.len : sizeof method - 1),
             (const char *)h->method.data);
    ev.dir = DIR_IN;
    ev.request = (struct event_request){
        .method = method,
        .target = h->target,
        .headers = h->fields,
        .header_count = h->field_count,
        .raw = h->raw,
    };
    relayed_emit(c, &ev);
}

/* What is kept of a request until its answer comes. 0 or -1 (memory). */
static int remember(struct relay_conn *c, const struct http1_head *h)
{
    const struct slice *key = http1_field(h, "Sec-WebSocket-Key");

    free(c->target);
    free(c->offers);
    c->target = strndup((const char *)h->target.data, h->target.len);
    c->offers = head_joined(h, "Sec-WebSocket-Extensions");
    c->upgrade = head_asks_for_websocket(h);
    c->head_only = slice_is(h->method, "HEAD");
    c->began_us = clock_mono_us();
    c->accept[0] = '\0';
    if (c->upgrade && key)
        handshake_accept(*key, crypto_sha1, c->accept);
    return c->target && c->offers ? 0 : -1;
}

static void begin_request(struct relay_conn *c, const struct http1_head *h)
{
    struct relay_leg *server = relay_leg_server(c);
    struct relay *r = c->relay;
    struct err e;

    if (relayed_scope(relay_leg_client(c)) < 0 || relayed_scope(server) < 0) {
        relayed_break(c);
        return;
    }
    if (made_up(c))
        return;
    if (head_relay_request(&r->head, h, &server->out, &e) < 0) {
        if (e.code == EXIT_OTHER)
            relayed_break(c);
        else
            relayed_refuse(c, 400, e.text);
        return;
    }
    c->busy = true;
    if (!server->link && !c->dial)
        upstream_dial(c);
}

static void report_head(struct relay_conn *c, const struct http1_head *h)
{
    struct relay *r = c->relay;

    if (r->hooks.request)
        r->hooks.request(r->ctx, c, h, c->upgrade); /* whose it is, which the event says */
    report_request(c, h);
}

/* True if a request began. */
static bool take_request(struct relay_conn *c)
{
    struct http1_reader *in = &relay_leg_client(c)->http;
    struct err e;
    int r = http1_reader_head(in, &e);

    if (r == 0)
        return false;
    timer_stop(c->timer);
    if (in->head.raw.len > 0) {
        if (remember(c, &in->head) < 0) {
            relayed_break(c);
            return false;
        }
        report_head(c, &in->head);
    }
    if (r > 0)
        begin_request(c, &in->head);
    else if (in->status)
        relayed_refuse(c, in->status, e.text);
    else
        relayed_break(c);
    return c->busy;
}

/* Pass on what is there of a body. 1 if something passed; -1 with *e: its framing is broken. */
static int pass_body(struct relay_leg *from, struct err *e)
{
    struct slice raw, piece;
    int r, passed = 0;

    while (!from->other->full && (r = http1_reader_body(&from->http, &raw, &piece, e)) != 0) {
        if (r < 0)
            return -1;
        relay_leg_put(from->other, raw.data, raw.len);
        passed = 1;
    }
    return passed;
}

static bool step_request(struct relay_conn *c)
{
    struct err e;
    int r;

    if (!c->busy)
        return take_request(c);
    if (c->upgrade) /* frames that come early wait for the 101 */
        return false;
    r = pass_body(relay_leg_client(c), &e);
    if (r < 0)
        relayed_refuse(c, 400, e.text);
    return r > 0;
}

/* --- answers ------------------------------------------------------------------------------------
 */

/* "GET /path: 200": the line of the log. The query may hold secrets and stays out. */
static void note_answer(struct relay_conn *c, const struct http1_head *h)
{
    char text[400];
    size_t path = strcspn(c->target, "?");

    snprintf(text, sizeof text, "%.*s: %d %.*s", (int)(path < 200 ? path : 200), c->target,
             h->status, (int)(h->reason.len < 100 ? h->reason.len : 100),
             h->reason.len ? (const char *)h->reason.data : "");
    relayed_note(c, text);
}

static void report_answer(struct relay_conn *c, const struct http1_head *h)
{
    struct event ev = relayed_event(c, EVENT_RESPONSE, LEG_SERVER);

    if (bus_wants(c->relay->bus, EVENT_RESPONSE)) {
        ev.dir = DIR_IN;
        ev.response = (struct event_response){
            .status = h->status,
            .reason = h->reason,
            .headers = h->fields,
            .header_count = h->field_count,
            .raw = h->raw,
            .interim = h->status < 200 && h->status != 101,
            .hint = "",
            .us = clock_mono_us() - c->began_us,
        };
        relayed_emit(c, &ev);
    }
    if (h->status >= 200)
        note_answer(c, h);
}

/* A head of the server's has come. True if more may follow now. */
static bool begin_answer(struct relay_conn *c, struct http1_reader *in)
{
    struct relay *r = c->relay;
    const struct http1_head *h = &in->head;
    bool opens = h->status == 101 && c->upgrade;
    struct err e;

    report_answer(c, h);
    if (h->status == 101 && !c->upgrade) {
        relayed_refuse(c, 502, "the server switched protocols (101), which was not asked for");
        return false;
    }
    if (!opens && http1_body_init(&in->body, h, c->head_only, &e) < 0) {
        relayed_refuse(c, 502, e.text);
        return false;
    }
    if (head_relay_response(h, &relay_leg_client(c)->out) < 0) {
        relayed_break(c);
        return false;
    }
    if (h->status < 200 && !opens) {
        http1_reader_next(in);
        return true;
    }
    c->answering = true;
    if (r->hooks.answer)
        r->hooks.answer(r->ctx, c, h->status, h);
    if (opens)
        relayed_ws_open(c, h);
    return true;
}

static bool take_answer(struct relay_conn *c)
{
    struct http1_reader *in = &relay_leg_server(c)->http;
    struct err e;
    int r;

    if (in->bytes.len == 0)
        return false;
    if (!c->busy) { /* nothing was asked: the server is about to hang up, or speaks no HTTP */
        buf_reset(&in->bytes);
        relay_leg_finish(relay_leg_client(c));
        return false;
    }
    r = http1_reader_head(in, &e);
    if (r < 0 && e.code == EXIT_OTHER)
        relayed_break(c);
    else if (r < 0)
        relayed_refuse(c, 502, e.text);
    return r > 0 && begin_answer(c, in);
}

static bool step_answer(struct relay_conn *c)
{
    struct http1_reader *up = &relay_leg_client(c)->http, *down = &relay_leg_server(c)->http;
    struct err e;
    int r;

    if (!c->answering)
        return take_answer(c);
    r = pass_body(relay_leg_server(c), &e);
    if (r < 0) {
        relayed_reset(c);
        return false;
    }
    if (!down->body.done || !up->body.done)
        return r > 0;
    http1_reader_next(up);
    http1_reader_next(down);
    c->busy = c->answering = false;
    c->answered = true;
    return true;
}

/* The client's FIN follows what it sent before. Requests that wait for their turn are not sent yet,
 * nor are frames that came early. */
static void pass_end(struct relay_conn *c)
{
    struct relay_leg *client = relay_leg_client(c), *server = relay_leg_server(c);
    bool wait = c->busy && client->http.body.done && client->http.bytes.len > 0;

    if (!client->ended || c->dial || wait || (c->busy && c->upgrade))
        return;
    if (server->link && !server->fin_due)
        relay_leg_finish(server);
    else if (!server->link)
        relayed_end(c);
}

void relayed_http_step(struct relay_conn *c)
{
    bool moved = true;

    while (c->state == CONN_HTTP && moved) {
        moved = step_request(c);
        if (c->state == CONN_HTTP)
            moved = step_answer(c) || moved;
    }
    if (c->state == CONN_HTTP)
        pass_end(c);
}

/* --- ends ---------------------------------------------------------------------------------------
 */

void relayed_http_ended(struct relay_leg *l)
{
    struct relay_conn *c = l->conn;
    bool waiting = c->busy && !c->answering;

    if (l->side == LEG_SERVER && waiting)
        relayed_refuse(c, 502,
                       (l->link->ended & LINK_GOT_RST)
                           ? "the server reset the connection before it answered"
                           : "the server closed the connection before it answered");
    else if (l->side == LEG_SERVER)
        relay_leg_finish(relay_leg_client(c));
    else
        pass_end(c);
}

void relayed_http_timeout(struct relay_conn *c)
{
    if (relay_leg_client(c)->http.bytes.len > 0)
        relayed_refuse(c, 408, "the request's head did not come whole in time");
    else
        relayed_end(c);
}

#include "channel/channel_eio.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/decimal.h"
#include "base/json_scan.h"
#include "base/utf8.h"
#include "channel/eio_private.h"

#define QUEUE_MAX ((size_t)64 << 20)

struct queued {
    size_t len;
    enum opcode type;
};

/* --- targets ---------------------------------------------------------------------------------- */

char *eio_target(const struct eio *c, const char *transport)
{
    const char *target = c->config->common.handshake.url->target;
    const char *at = strstr(target, "transport=");
    size_t before = at ? (size_t)(at - target) : strlen(target);
    const char *after = at ? at + strcspn(at, "&") : "";
    /* what the server answers before the version is known must not be in protocol 3's binary form
     */
    bool b64 = c->version != 4 && strcmp(transport, "polling") == 0;
    struct buf out;
    char *text = NULL;

    buf_init(&out, SIZE_MAX);
    if (buf_printf(&out, "%.*stransport=%s%s%s%s%s", (int)before, target, transport, after,
                   b64 ? "&b64=1" : "", c->sid ? "&sid=" : "", c->sid ? c->sid : "") == 0)
        text = strdup((const char *)buf_data(&out));
    buf_clear(&out);
    return text;
}

/* --- what is sent ------------------------------------------------------------------------------
 */

bool eio_next_queued(struct eio *c, enum opcode *type, struct slice *packet)
{
    struct queued head;

    if (c->queue.len == 0)
        return false;
    memcpy(&head, buf_data(&c->queue), sizeof head);
    *type = head.type;
    *packet = slice_make(buf_data(&c->queue) + sizeof head, head.len);
    return true;
}

static void drop_queued(struct eio *c, struct slice packet)
{
    buf_consume(&c->queue, sizeof(struct queued) + packet.len);
}

static int queue(struct eio *c, enum opcode type, struct slice packet)
{
    const struct queued head = {.len = packet.len, .type = type};
    uint8_t *at = buf_reserve(&c->queue, sizeof head + packet.len);

    if (!at)
        return SEND_FAILED;
    memcpy(at, &head, sizeof head);
    if (packet.len)
        memcpy(at + sizeof head, packet.data, packet.len);
    buf_filled(&c->queue, sizeof head + packet.len);
    c->r.ch.activity.pending = c->queue.len + c->posting.len;
    c->overfull = c->overfull || c->r.ch.activity.pending >= CHANNEL_FULL;
    return 0;
}

/* A packet is in a body. Those that wait for an upgrade are reported by the WebSocket. */
static void report_sent(struct eio *c, enum opcode type, struct slice packet)
{
    struct event ev = receiver_event(&c->r, EVENT_MESSAGE);

    c->r.totals.messages_out++;
    c->r.totals.payload_out += packet.len;
    if (!bus_wants_sent(c->r.ch.up.bus))
        return;
    ev.dir = DIR_OUT;
    ev.message = (struct event_message){
        .type = type,
        .data = packet,
        .final = true,
        .fragments = 1,
        .wire = packet.len,
        .total = packet.len,
    };
    receiver_emit(&c->r, &ev);
}

/* As many packets as the server takes in one body. */
static int fill_body(struct eio *c)
{
    struct slice packet;
    enum opcode type;

    buf_reset(&c->posting);
    while (eio_next_queued(c, &type, &packet)) {
        if (c->posting.len > 0 && c->max_payload > 0 &&
            c->posting.len + eio_payload_room(packet) > c->max_payload)
            break;
        if (eio_payload_put(&c->posting, c->version, type, packet) != 0)
            return -1;
        report_sent(c, type, packet);
        drop_queued(c, packet);
    }
    return 0;
}

static void post(struct eio *c)
{
    const struct handshake_header fields[] = {
        {.name = "Accept", .value = "*/*"},
        {.name = "Content-Type", .value = "text/plain;charset=UTF-8"},
        {.name = "Cookie", .value = c->cookies},
    };
    struct http_request request = {.method = "POST",
                                   .target = c->target,
                                   .fields = c->post_fields,
                                   .field_count = c->cookies ? 3 : 2};
    struct err e;
    int rc;

    memcpy(c->post_fields, fields, sizeof fields);
    c->r.ch.activity.last_out_us = clock_mono_us();
    rc = fill_body(c);
    request.body = buf_slice(&c->posting);
    if (rc != 0)
        err_nomem(&e, STAGE_IO, "sending a packet");
    else
        rc = http_start(c->post, &request, &e);
    if (rc != 0)
        receiver_fail(&c->r, &e);
}

static void leave(struct eio *c)
{
    c->leaving = false;
    c->base->close(&c->r.ch, c->code, slice_str(""), 0);
}

void eio_flush(struct eio *c)
{
    if (receiver_over(&c->r) || !c->r.ch.opened_us || http_busy(c->post))
        return;
    if (c->queue.len > 0 && c->state != EIO_PAUSING)
        post(c);
    else if (c->queue.len == 0 && c->leaving)
        leave(c);
}

static void on_posted(void *ctx, const struct http_result *result)
{
    struct eio *c = ctx;
    struct err e;

    if (receiver_over(&c->r))
        return;
    buf_reset(&c->posting);
    c->r.ch.activity.pending = c->queue.len;
    if (result->error.code != EXIT_OK && result->status == 0) {
        receiver_lose(&c->r, result, true);
        return;
    }
    if (result->status != 200) {
        err_set(&e, EXIT_LOST, STAGE_IO, 0, "the server answered a POST of packets with %d",
                result->status);
        receiver_fail(&c->r, &e);
        return;
    }
    if (c->overfull && c->r.ch.activity.pending < CHANNEL_FULL / 2) {
        c->overfull = false;
        layer_drained(&c->r.source);
    }
    eio_flush(c);
    eio_upgrade_check(c);
}

/* From the layers: a packet. Parts cannot be sent as such. */
static int send_packet(struct receiver *r, const struct outgoing *out)
{
    struct eio *c = (struct eio *)r;

    if (out->kind != OUTGOING_MESSAGE || !out->first || !out->final || !c->r.ch.opened_us)
        return SEND_CLOSED;
    if (queue(c, out->opcode, out->data) != 0)
        return SEND_FAILED;
    eio_flush(c);
    return 0;
}

/* --- asking ----------------------------------------------------------------------------------- */

static int ask(struct eio *c, struct err *e)
{
    struct http_request request = {
        .max_body = c->config->common.max_message,
        .hold = c->r.ch.opened_us > 0,
    };

    free(c->target);
    c->target = eio_target(c, "polling");
    if (!c->target)
        return err_nomem(e, STAGE_CONNECT, "asking for packets");
    c->cookie_field = (struct handshake_header){.name = "Cookie", .value = c->cookies};
    request.fields = &c->cookie_field;
    request.field_count = c->cookies ? 1 : 0;
    request.target = c->target;
    c->status = 0;
    return http_start(c->r.http, &request, e);
}

void eio_ask(struct eio *c)
{
    struct err e;

    if (receiver_over(&c->r) || http_busy(c->r.http) || c->giving || c->r.paused ||
        (c->state != EIO_POLLING && c->state != EIO_PROBING))
        return;
    if (ask(c, &e) < 0)
        receiver_fail(&c->r, &e);
}

static int eio_open(struct receiver *r, struct err *e)
{
    return ask((struct eio *)r, e);
}

/* --- packets ---------------------------------------------------------------------------------- */

/* A token of the open packet. */
static bool pick(struct slice json, const char *pointer, struct slice *token)
{
    return json_pointer_get(json, pointer, token) == 1;
}

/* What the channel needs of the open packet. -1 with *e. */
static int take_open(struct eio *c, struct slice packet, struct err *e)
{
    struct slice json = slice_make(packet.data + 1, packet.len - (packet.len > 0)), token;
    bool good = packet.len > 1 && packet.data[0] == '0' && pick(json, "/sid", &token) &&
                token.len > 2 && token.data[0] == '"' &&
                json_plain_run(token.data + 1, token.len - 2) == token.len - 2;

    if (!good)
        return err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                       "the answer does not begin with an open packet of Engine.IO");
    c->sid = strndup((const char *)token.data + 1, token.len - 2);
    free(c->target);
    c->target = c->sid ? eio_target(c, "polling") : NULL;
    if (!c->target)
        return err_nomem(e, STAGE_CONNECT, "connecting");
    c->can_upgrade = pick(json, "/upgrades", &token) &&
                     memmem(token.data, token.len, "\"websocket\"", strlen("\"websocket\""));
    if (pick(json, "/maxPayload", &token))
        decimal_read(token, UINT64_MAX, &c->max_payload);
    return 0;
}

/* The first packet opens the channel. */
static void give_one(struct eio *c, enum opcode type, struct slice packet)
{
    struct err e;

    if (!c->r.ch.opened_us) {
        if (take_open(c, packet, &e) != 0) {
            receiver_fail(&c->r, &e);
            return;
        }
        receiver_opened(&c->r);
        if (receiver_over(&c->r))
            return;
    }
    c->r.ch.activity.last_in_us = clock_mono_us();
    receiver_packet(&c->r, type, packet, NULL, NULL);
    if (type == OPCODE_TEXT && slice_is(packet, "1") && !receiver_over(&c->r))
        receiver_end(&c->r, CLOSE_BY_PEER, CLOSE_HOW_CLOSE_FRAME, CLOSE_NO_STATUS, true);
}

static void forget_answer(struct eio *c)
{
    c->giving = false;
    eio_payload_end(&c->payload);
    buf_reset(&c->body);
    buf_trim(&c->body, 64 * 1024);
}

static void give(struct eio *c)
{
    struct slice packet;
    enum opcode type;
    struct err e;
    int rc = 1;

    while (!c->r.paused && !receiver_over(&c->r) &&
           (rc = eio_payload_next(&c->payload, &type, &packet)) > 0)
        give_one(c, type, packet);
    if (c->r.paused && !receiver_over(&c->r))
        return;
    forget_answer(c);
    if (receiver_over(&c->r))
        return;
    if (rc < 0) {
        err_set(&e, c->r.ch.opened_us ? EXIT_PROTOCOL : EXIT_UPGRADE, STAGE_PROTOCOL, 0,
                "the body of a poll is not a payload of Engine.IO");
        receiver_fail(&c->r, &e);
        return;
    }
    if (c->state == EIO_POLLING && c->can_upgrade && !c->config->polling_only)
        eio_upgrade_begin(c);
    eio_ask(c);
    eio_flush(c);
    eio_upgrade_check(c);
}

/* What a balancer sets to lead the client back to the same server. */
static void keep_cookie(struct eio *c, struct slice value)
{
    const uint8_t *end = memchr(value.data, ';', value.len);
    int len = (int)(end ? end - value.data : (ptrdiff_t)value.len);
    const char *user = c->config->common.handshake.cookie;
    const char *before = c->cookies ? c->cookies : user ? user : "";
    struct buf all;

    buf_init(&all, SIZE_MAX);
    if (buf_printf(&all, "%s%s%.*s", before, before[0] ? "; " : "", len, value.data) == 0 &&
        buf_append(&all, "", 1) == 0) {
        char *cookies = strdup((const char *)buf_data(&all));

        if (cookies) {
            free(c->cookies);
            c->cookies = cookies;
            c->r.ch.has_cookies = true;
        }
    }
    buf_clear(&all);
}

static void on_head(void *ctx, const struct http1_head *head, const struct url *url)
{
    struct eio *c = ctx;

    (void)url;
    c->status = head->status;
    for (size_t i = 0; !c->r.ch.opened_us && i < head->field_count; i++) {
        if (slice_is_nocase(head->fields[i].name, "Set-Cookie") && head->fields[i].value.len > 0)
            keep_cookie(c, head->fields[i].value);
    }
}

static void on_body(void *ctx, struct slice piece)
{
    struct eio *c = ctx;

    if (buf_append(&c->body, piece.data, piece.len) < 0)
        c->too_much = true;
}

static void refused(struct eio *c)
{
    struct err e;

    if (!c->r.ch.opened_us) {
        err_set(&e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0, "the server answered the handshake with %d",
                c->status);
        receiver_refused(&c->r, c->status, &e);
        return;
    }
    err_set(&e, EXIT_LOST, STAGE_IO, 0, "the server answered a poll with %d", c->status);
    receiver_fail(&c->r, &e);
}

static void on_done(void *ctx, const struct http_result *result)
{
    struct eio *c = ctx;
    struct err e;

    if (c->status != 0 && c->status != 200) {
        refused(c);
    } else if (result->error.code != EXIT_OK && !c->r.ch.opened_us) {
        receiver_fail(&c->r, &result->error);
    } else if (result->error.code != EXIT_OK) {
        receiver_lose(&c->r, result, true);
    } else if (c->too_much) {
        err_nomem(&e, STAGE_IO, "reading an answer");
        receiver_fail(&c->r, &e);
    } else {
        if (c->version == 0)
            c->version = eio_payload_version(buf_slice(&c->body));
        eio_payload_begin(&c->payload, c->version, buf_slice(&c->body));
        c->giving = true;
        give(c);
    }
}

static void pause_packets(struct receiver *r, bool paused)
{
    struct eio *c = (struct eio *)r;

    if (c->r.paused == paused)
        return;
    c->r.paused = paused;
    http_pause(c->r.http, paused);
    if (paused)
        return;
    if (c->giving)
        give(c);
    else
        eio_ask(c);
}

static void clear(struct receiver *r)
{
    struct eio *c = (struct eio *)r;

    channel_free(c->ws);
    http_free(c->post);
    eio_payload_end(&c->payload);
    buf_clear(&c->body);
    buf_clear(&c->queue);
    buf_clear(&c->posting);
    free(c->sid);
    free(c->target);
    free(c->ws_target);
    free(c->cookies);
}

/* --- the channel: polling, or the WebSocket after the upgrade ----------------------------------
 */

static struct eio *of(struct channel *ch)
{
    return (struct eio *)ch;
}

static int ch_open(struct channel *ch, struct err *e)
{
    return of(ch)->base->open(ch, e);
}

static int ch_send(struct channel *ch, enum opcode type, struct slice data, bool first, bool final)
{
    struct eio *c = of(ch);

    return c->state == EIO_UPGRADED ? channel_send(c->ws, type, data, first, final)
                                    : c->base->send(ch, type, data, first, final);
}

static int ch_send_all(struct channel *ch, enum opcode type, const struct slice *messages,
                       size_t count, size_t *sent)
{
    struct eio *c = of(ch);
    int rc = 0;

    if (c->state == EIO_UPGRADED)
        return channel_send_all(c->ws, type, messages, count, sent);
    for (*sent = 0; *sent < count && rc == 0; *sent += rc == 0)
        rc = c->base->send(ch, type, messages[*sent], true, true);
    return rc;
}

static int ch_frame(struct channel *ch, const struct frame_spec *spec, struct slice payload)
{
    struct eio *c = of(ch);

    return c->state == EIO_UPGRADED ? channel_frame(c->ws, spec, payload) : SEND_CLOSED;
}

static int ch_ping(struct channel *ch, enum opcode opcode, struct slice data)
{
    struct eio *c = of(ch);

    return c->state == EIO_UPGRADED ? channel_ping(c->ws, opcode, data) : SEND_CLOSED;
}

/* The packet `close` follows what waits. */
static void ch_close(struct channel *ch, uint16_t code, struct slice reason, uint64_t timeout_us)
{
    struct eio *c = of(ch);

    if (c->state == EIO_UPGRADED) {
        channel_close(c->ws, code, reason, timeout_us);
        return;
    }
    c->code = code;
    if (!ch->opened_us || receiver_over(&c->r) || c->leaving ||
        queue(c, OPCODE_TEXT, slice_str("1")) != 0) {
        c->base->close(ch, code, reason, timeout_us);
        return;
    }
    c->leaving = true;
    eio_flush(c);
}

static void ch_abort(struct channel *ch, enum close_how how)
{
    struct eio *c = of(ch);

    if (c->state == EIO_UPGRADED)
        channel_abort(c->ws, how);
    else
        c->base->abort(ch, how);
}

static void ch_pause(struct channel *ch, bool paused)
{
    struct eio *c = of(ch);

    if (c->ws)
        channel_pause(c->ws, paused);
    if (c->state != EIO_UPGRADED)
        c->base->pause(ch, paused);
}

static struct totals ch_totals(const struct channel *ch)
{
    const struct eio *c = (const struct eio *)ch;
    struct totals totals = c->base->totals(ch);
    struct http_totals sent = http_totals(c->post);
    struct totals ws = c->ws ? channel_totals(c->ws) : (struct totals){0};

    totals.wire_in += sent.stream_down + ws.wire_in;
    totals.wire_out += sent.stream_up + ws.wire_out;
    totals.messages_in += ws.messages_in;
    totals.messages_out += ws.messages_out;
    totals.payload_in += ws.payload_in;
    totals.payload_out += ws.payload_out;
    totals.violations += ws.violations;
    return totals;
}

static bool ch_tcp_stats(const struct channel *ch, struct tcp_stats *stats)
{
    const struct eio *c = (const struct eio *)ch;

    return c->state == EIO_UPGRADED ? channel_tcp_stats(c->ws, stats)
                                    : c->base->tcp_stats(ch, stats);
}

static void ch_free(struct channel *ch)
{
    of(ch)->base->free(ch);
}

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

static const struct receiver_kind kind = {
    .channel = CHANNEL_POLL,
    .size = sizeof(struct eio),
    .open = eio_open,
    .pause = pause_packets,
    .clear = clear,
    .send = send_packet,
};

/* The client that sends, like the one that asks. */
static struct http *new_post(struct eio *c, uv_loop_t *loop, const struct channel_up *up)
{
    static const struct http_hooks hooks = {.report = receiver_report, .done = on_posted};
    const struct receiver_config *r = &c->config->common;
    const struct http_config http = {
        .identity = &r->handshake,
        .dial = &r->dial,
        .fault = up->fault,
        .timeout_us = r->connect_timeout_us,
        .no_keepalive = r->no_keepalive,
    };

    return http_new(loop, &http, &c->r.shared->http, up->bus, &hooks, c);
}

struct channel *channel_eio_new(uv_loop_t *loop, const struct channel_eio_config *config,
                                struct channel_shared *shared, const struct channel_up *up)
{
    static const struct http_hooks hooks = {
        .report = receiver_report, .head = on_head, .body = on_body, .done = on_done};
    struct receiver *r = receiver_new(&kind, loop, &config->common, shared, &hooks, up);
    struct eio *c = (struct eio *)r;

    if (!c)
        return NULL;
    c->config = config;
    c->base = r->ch.ops;
    r->ch.ops = &ops;
    buf_init(&c->body, SIZE_MAX / 2);
    buf_init(&c->queue, QUEUE_MAX);
    buf_init(&c->posting, SIZE_MAX / 2);
    eio_payload_begin(&c->payload, 4, slice_str(""));
    c->post = new_post(c, loop, up);
    if (!c->post) {
        c->base->free(&r->ch);
        return NULL;
    }
    return &r->ch;
}

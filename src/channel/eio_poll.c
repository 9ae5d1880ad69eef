/*
 * eio_poll: the held GET, the packets of its answers, and the next one. The first packet opens the
 * channel.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/decimal.h"
#include "base/json_scan.h"
#include "channel/eio_private.h"

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

int eio_open(struct receiver *r, struct err *e)
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

    if (buf_append_slice(&c->body, piece) < 0)
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

void eio_pause(struct receiver *r, bool paused)
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

const struct http_hooks eio_poll_hooks = {
    .report = receiver_report, .head = on_head, .body = on_body, .done = on_done};

#include "channel/channel_eio.h"

#include <stdlib.h>

#include "channel/eio_private.h"

#define QUEUE_MAX ((size_t)64 << 20)

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
        eio_queue(c, OPCODE_TEXT, slice_str("1")) != 0) {
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
    free(c->post_target);
    free(c->ws_target);
    free(c->cookies);
}

static const struct receiver_kind kind = {
    .channel = CHANNEL_POLL,
    .size = sizeof(struct eio),
    .open = eio_open,
    .pause = eio_pause,
    .clear = clear,
    .send = eio_send,
};

struct channel *channel_eio_new(uv_loop_t *loop, const struct channel_eio_config *config,
                                struct channel_shared *shared, const struct channel_up *up)
{
    struct receiver *r = receiver_new(&kind, loop, &config->common, shared, &eio_poll_hooks, up);
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
    c->post = eio_new_post(c, loop, up);
    if (!c->post) {
        c->base->free(&r->ch);
        return NULL;
    }
    return &r->ch;
}

/*
 * eio_send: packets that are sent wait until the POST before them is answered; the next one then
 * takes as many as the server allows in one body.
 */
#include <stdlib.h>

#include "channel/eio_private.h"

struct queued {
    size_t len;
    enum opcode type;
};

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

void eio_drop_queued(struct eio *c, struct slice packet)
{
    buf_consume(&c->queue, sizeof(struct queued) + packet.len);
}

int eio_queue(struct eio *c, enum opcode type, struct slice packet)
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
        eio_drop_queued(c, packet);
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
    struct http_request request = {
        .method = "POST", .fields = c->post_fields, .field_count = c->cookies ? 3 : 2};
    struct err e;
    int rc;

    memcpy(c->post_fields, fields, sizeof fields);
    c->r.ch.activity.last_out_us = clock_mono_us();
    rc = fill_body(c);
    request.body = buf_slice(&c->posting);
    /* Polls, which change theirs, go on while this one is under way. */
    free(c->post_target);
    c->post_target = eio_target(c, "polling");
    request.target = c->post_target;
    rc = c->post_target ? rc : -1;
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

/* Parts cannot be sent as such. */
int eio_send(struct receiver *r, const struct outgoing *out)
{
    struct eio *c = (struct eio *)r;

    if (out->kind != OUTGOING_MESSAGE || !out->first || !out->final || !c->r.ch.opened_us)
        return SEND_CLOSED;
    if (eio_queue(c, out->opcode, out->data) != 0)
        return SEND_FAILED;
    eio_flush(c);
    return 0;
}

/* The client that sends, like the one that asks. */
struct http *eio_new_post(struct eio *c, uv_loop_t *loop, const struct channel_up *up)
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

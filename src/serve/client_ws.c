/*
 * client_ws: messages between a peer and the service of its path.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "serve/client.h"

/* A small block at rest, as there may be thousands of clients. */
#define READ_BLOCK (16 * 1024)
/* How long a client may take to close after everything was sent. */
#define LINGER_US 1000000

static struct client *above(struct layer *l)
{
    return (struct client *)((char *)l - offsetof(struct client, layer));
}

/* --- what is sent -------------------------------------------------------------------------------
 */

void client_put(struct client *c, const struct outgoing *out)
{
    if (layer_send(&c->layer, out) != SEND_FAILED)
        return;
    c->broken = true; /* ended in a separate turn, not within a call of the service */
    client_again(c);
}

static bool may_send(const struct client *c)
{
    return c->state == CLIENT_OPEN && !peer_close_sent(c->peer) && !c->broken;
}

static void pass_on(struct client *c, enum opcode type, struct slice data, bool first, bool final)
{
    client_put(c, &(struct outgoing){.kind = OUTGOING_MESSAGE,
                                     .opcode = type,
                                     .data = data,
                                     .first = first,
                                     .final = final});
}

/* What precedes each message in c->aside. */
struct aside {
    enum opcode type;
    size_t len;
};

static void send_asides(struct client *c)
{
    struct buf waiting = c->aside; /* sending may end the client */
    struct aside aside;

    buf_init(&c->aside, CLIENT_ASIDE_MAX);
    while (waiting.len > 0 && may_send(c)) {
        memcpy(&aside, buf_data(&waiting), sizeof aside);
        buf_consume(&waiting, sizeof aside);
        pass_on(c, aside.type, slice_make(buf_data(&waiting), aside.len), true, true);
        buf_consume(&waiting, aside.len);
    }
    buf_clear(&waiting);
}

void client_send(struct client *c, enum opcode type, struct slice data, bool first, bool final)
{
    if (!may_send(c))
        return;
    c->within = !final;
    pass_on(c, type, data, first, final);
    if (final && c->aside.len > 0)
        send_asides(c);
}

bool client_send_aside(struct client *c, enum opcode type, struct slice data)
{
    const struct aside aside = {type, data.len};

    if (!may_send(c) || client_pending(c) > CLIENT_FULL)
        return false;
    if (!c->within) {
        pass_on(c, type, data, true, true);
        return !c->broken;
    }
    /* No other frame may come between those of a message (RFC 6455, section 5.4). */
    return data.len <= CLIENT_ASIDE_MAX &&
           buf_reserve(&c->aside, sizeof aside + data.len) != NULL &&
           buf_append(&c->aside, &aside, sizeof aside) == 0 &&
           buf_append_slice(&c->aside, data) == 0;
}

/* --- what came ----------------------------------------------------------------------------------
 */

/* With what is in it; decoders see a client's directions. */
static void emit_message(struct client *c, struct event *ev)
{
    decode_emit(c->decode, c->host->bus, ev, ev->dir == DIR_IN ? DIR_OUT : DIR_IN);
    if (c->decode && !decode_is_on(c->decode)) {
        decode_free(c->decode);
        c->decode = NULL;
    }
}

static void on_event(struct layer *l, struct event *ev)
{
    struct client *c = above(l);

    if (ev->kind == EVENT_CLOSE) {
        client_ended(c, ev);
        return;
    }
    if (ev->kind == EVENT_MESSAGE)
        emit_message(c, ev);
    else
        client_emit(c, ev);
    if (ev->kind == EVENT_MESSAGE && ev->dir == DIR_IN && c->state == CLIENT_OPEN &&
        !peer_close_sent(c->peer))
        c->service->message(c, &ev->message);
}

static void on_drained(struct layer *l)
{
    struct client *c = above(l);

    if (may_send(c) && c->service->drained)
        c->service->drained(c);
}

/* --- the beginning ------------------------------------------------------------------------------
 */

int client_layers_init(struct client *c)
{
    static const struct layer_ops ops = {.event = on_event, .drained = on_drained};
    const struct layer_fault_config fault = {.fault = c->fault,
                                             .channel = c->channel,
                                             .number = c->number,
                                             .start_us = c->host->start_us};

    c->layer.ops = &ops;
    return layer_fault_new(&c->layer_fault, c->host->loop, &fault);
}

int client_ws_init(struct client *c, const struct deflate_params *deflate)
{
    struct client_host *host = c->host;
    const struct peer_config config = {
        .conn = {.role = WSCONN_SERVER,
                 .deflate = *deflate,
                 .max_message = c->service->max_message,
                 .read_block = READ_BLOCK,
                 .spares = &host->supplies->spares,
                 .want_frames = client_wants(c, EVENT_FRAME)},
        .rng = &host->supplies->rng,
        .lead = buf_slice(&c->out),
        .rest = buf_slice(&c->in.bytes),
        .bus = host->bus,
        .activity = &c->activity,
        .number = c->number,
        .start_us = host->start_us,
        .opened_us = clock_mono_us(),
        .close_timeout = LINGER_US,
        .tls = host->tls != NULL,
        .paced = true,
    };
    struct err e;

    if (client_layers_init(c) < 0)
        return -1;
    pump_free(c->pump);
    c->pump = NULL;
    c->peer = peer_new(host->loop, c->link, &config, &c->layer, &e);
    if (!c->peer) {
        layer_fault_free(c->layer_fault);
        c->layer_fault = NULL;
        return -1;
    }
    layer_fault_put(c->layer_fault, c->layer.below);
    c->link = NULL;
    c->opened_us = config.opened_us;
    return 0;
}

/* Without memory, messages are shown as they are. */
static void begin_decoding(struct client *c, const struct http1_head *head, const char *subprotocol)
{
    const struct decode_spec *spec = c->host->decode;
    char *target;

    if (!spec || spec->none || !client_wants(c, EVENT_DECODED))
        return;
    target = strndup((const char *)head->target.data, head->target.len);
    c->decode = target ? decode_new(spec, false) : NULL;
    if (c->decode) {
        const struct decode_opening opening = {target, subprotocol ? subprotocol : ""};

        decode_opened(c->decode, &opening, clock_mono_us() - c->host->start_us);
    }
    free(target);
}

void client_ws_open(struct client *c, const struct http1_head *head, const char *subprotocol)
{
    begin_decoding(c, head, subprotocol);
    timer_stop(c->timer);
    c->state = CLIENT_OPEN;
    c->host->open++;
    buf_clear(&c->out);
    if (c->host->paused)
        layer_pause(&c->layer, true);
    if (c->service->opened)
        c->service->opened(c);
    layer_fault_opened(c->layer_fault);
    peer_start(c->peer);
    http1_reader_clear(&c->in);
}

/*
 * eio_upgrade: from polling to a WebSocket with the same sid: `2probe` goes out, `3probe` comes
 * back, the requests under way end (the server answers the held one with `6`), and after `5` the
 * WebSocket carries everything.
 */
#include <stdio.h>

#include "channel/eio_private.h"

static void note(struct eio *c, const char *text)
{
    struct event ev = receiver_event(&c->r, EVENT_NOTE);

    ev.note = text;
    channel_report(&c->r.ch, &ev);
}

/* Polling goes on. */
static void give_up(struct eio *c, const char *why)
{
    char text[640];

    c->state = EIO_POLLING;
    c->can_upgrade = false;
    snprintf(text, sizeof text, "no upgrade, the connection stays with polling: %s", why);
    note(c, text);
    eio_ask(c);
    eio_flush(c);
}

static void take_over(struct eio *c)
{
    struct slice packet;
    enum opcode type;

    c->state = EIO_UPGRADED;
    c->r.ch.kind = CHANNEL_WS;
    if (channel_send(c->ws, OPCODE_TEXT, slice_str("5"), true, true) != 0)
        return; /* its end is reported by itself */
    while (eio_next_queued(c, &type, &packet) && channel_send(c->ws, type, packet, true, true) == 0)
        eio_drop_queued(c, packet);
    if (c->leaving)
        channel_close(c->ws, c->code, slice_str(""), c->config->ws.close_timeout_us);
}

void eio_upgrade_check(struct eio *c)
{
    if (c->state == EIO_PAUSING && !http_busy(c->r.http) && !http_busy(c->post) && !c->giving &&
        !receiver_over(&c->r))
        take_over(c);
}

static void probed(struct eio *c, const struct event *ev)
{
    if (!slice_is(ev->message.data, "3probe"))
        return;
    c->state = EIO_PAUSING;
    eio_upgrade_check(c);
}

/* After the upgrade the events of the WebSocket are the channel's. */
static void pass_on(struct eio *c, struct event *ev)
{
    c->r.ch.activity = c->ws->activity;
    c->r.ch.for_good = c->ws->for_good;
    channel_report(&c->r.ch, ev);
}

static struct eio *of_over_ws(struct layer *l)
{
    return (struct eio *)((char *)l - offsetof(struct eio, over_ws));
}

static void on_event(struct layer *l, struct event *ev)
{
    struct eio *c = of_over_ws(l);
    char why[256];

    if (c->state == EIO_UPGRADED) {
        pass_on(c, ev);
        return;
    }
    if (receiver_over(&c->r))
        return;
    switch (ev->kind) {
    case EVENT_OPEN:
        if (channel_send(c->ws, OPCODE_TEXT, slice_str("2probe"), true, true) != 0)
            give_up(c, "the probe could not be sent");
        break;
    case EVENT_MESSAGE:
        probed(c, ev);
        break;
    case EVENT_ERROR:
        give_up(c, ev->error->text);
        break;
    case EVENT_CLOSE:
        snprintf(why, sizeof why, "the WebSocket was closed (%u) before it answered the probe",
                 ev->close.code);
        give_up(c, why);
        break;
    default:
        channel_report(&c->r.ch, ev);
        break;
    }
}

static void on_drained(struct layer *l)
{
    struct eio *c = of_over_ws(l);

    if (c->state == EIO_UPGRADED)
        layer_drained(&c->r.source);
}

void eio_upgrade_begin(struct eio *c)
{
    static const struct layer_ops ops = {.event = on_event, .drained = on_drained};
    struct channel_up up = c->r.ch.up;
    struct err e;

    c->can_upgrade = false;
    c->ws_target = eio_target(c, "websocket");
    c->ws_url = *c->config->common.handshake.url;
    c->ws_url.target = c->ws_target;
    c->ws_config = c->config->ws;
    c->ws_config.handshake.url = &c->ws_url;
    c->ws_config.began_us = 0;
    if (c->cookies)
        c->ws_config.handshake.cookie = c->cookies;
    c->over_ws.ops = &ops;
    up.user = &c->over_ws;
    if (c->ws_target)
        c->ws = channel_ws_new(c->r.ch.loop, &c->ws_config, c->r.shared, &up);
    c->state = EIO_PROBING;
    if (!c->ws)
        give_up(c, "out of memory");
    else if (channel_open(c->ws, &e) < 0)
        give_up(c, e.text);
}

/*
 * leg_channel: the one place where a channel is made, of the leg's kind; and the state of the books
 * for channels that only receive.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/trace.h"
#include "session/session_private.h"

static char *on_target(void *ctx, const char *target)
{
    const struct leg *leg = ctx;

    return account_fill_target(leg->s->account, target);
}

static int on_known(void *ctx, struct slice item)
{
    const struct leg *leg = ctx;
    int known = account_known(leg->s->account, item);

    if (known != KNOWN_OLDER)
        return known;
    /* Older than the first that was seen: perhaps the stream was joined with the newest; after
     * falling back it is not new. */
    return leg == &leg->s->main ? -1 : 1;
}

/* Streams whose events have the numbers as identities go on from there; others are as they are. */
static char *on_last_id(void *ctx)
{
    const struct leg *leg = ctx;
    char *last;

    if (!leg->s->config.account.seq)
        return NULL;
    last = account_fill_target(leg->s->account, "{last}");
    if (last && !last[0]) {
        free(last);
        return NULL;
    }
    return last;
}

/* As a WebSocket would be opened, by this attempt. */
static struct receiver_config receiver_config(const struct leg *leg)
{
    const struct channel_ws_config *ws = &leg->attempt.ws;

    return (struct receiver_config){
        .handshake = ws->handshake,
        .dial = ws->dial,
        .max_message = leg->s->config.max_answer,
        .connect_timeout_us = ws->connect_timeout_us,
        .began_us = ws->began_us,
        .follow = ws->follow,
        .max_redirects = ws->max_redirects,
        .no_keepalive = leg->s->config.poll.common.no_keepalive,
    };
}

static struct channel *poll_new(struct leg *leg, const struct channel_up *up)
{
    struct session *s = leg->s;

    leg->poll = s->config.poll;
    leg->poll.common = receiver_config(leg);
    leg->poll.items = s->config.items;
    leg->poll.seq = s->config.account.seq;
    leg->poll.ctx = leg;
    leg->poll.target = on_target;
    leg->poll.known = on_known;
    return channel_poll_new(s->loop, &leg->poll, s->shared, up);
}

static struct channel *sse_new(struct leg *leg, const struct channel_up *up)
{
    struct session *s = leg->s;

    leg->sse = (struct channel_sse_config){
        .common = receiver_config(leg),
        .ctx = leg,
        .target = on_target,
        .last_id = leg == &s->main ? NULL : on_last_id,
    };
    return channel_sse_new(s->loop, &leg->sse, s->shared, up);
}

/* How Engine.IO is to be carried, if that is not a WebSocket from the beginning. */
static const char *polled_transport(const struct leg *leg)
{
    const struct session *s = leg->s;
    const char *transport =
        leg == &s->main && session_speaks(s) ? decode_transport(s->config.decode) : NULL;

    return transport && strcmp(transport, "websocket") != 0 ? transport : NULL;
}

static struct channel *eio_new(struct leg *leg, const char *transport, const struct channel_up *up)
{
    leg->eio = (struct channel_eio_config){
        .common = receiver_config(leg),
        .ws = leg->attempt.ws,
        .polling_only = strcmp(transport, "polling") == 0,
    };
    return channel_eio_new(leg->s->loop, &leg->eio, leg->s->shared, up);
}

static struct channel *new_channel(struct leg *leg, const struct channel_up *up)
{
    const char *transport = polled_transport(leg);

    switch (leg->kind) {
    case CHANNEL_WS:
        if (transport)
            return eio_new(leg, transport, up);
        return channel_ws_new(leg->s->loop, &leg->attempt.ws, leg->s->shared, up);
    case CHANNEL_SSE:
        return sse_new(leg, up);
    case CHANNEL_POLL:
        return poll_new(leg, up);
    }
    return NULL;
}

static void on_drained(struct layer *l)
{
    const struct leg *leg = (const struct leg *)l;

    if (leg == &leg->s->main) /* nothing is sent on the other */
        session_drained(leg->s);
}

/* What is to go wrong this time. 0, or -1: memory. */
static int take_faults(struct leg *leg, struct channel_up *up)
{
    struct faults *faults = leg->s->config.faults;

    if (!faults)
        return 0;
    fault_conn_free(leg->fault, clock_mono_us());
    leg->fault = fault_conn_new(faults, up->conn, clock_mono_us());
    up->fault = leg->fault;
    return leg->fault ? 0 : -1;
}

int leg_start_channel(struct leg *leg, struct err *e)
{
    static const struct layer_ops ops = {.event = leg_on_event, .drained = on_drained};
    struct session *s = leg->s;
    struct channel_up up = {
        .user = &leg->layer,
        .bus = s->bus,
        .start_us = s->config.start_us,
        .conn = (uint32_t)s->totals.connections + 1,
    };

    leg->refusal_hint[0] = '\0';
    leg->status = 0;
    leg->has_retry_after = false;
    leg->settled = false;
    leg->drop = false;
    leg->layer.ops = &ops;
    if (take_faults(leg, &up) < 0)
        return err_nomem(e, STAGE_CONNECT, "connecting");
    leg->channel = new_channel(leg, &up);
    if (!leg->channel)
        return err_nomem(e, STAGE_CONNECT, "connecting");
    TRACE("leg", (int)up.conn, "%s opens //%s:%u%s", leg_name(leg),
          leg->attempt.ws.handshake.url->host, leg->attempt.ws.handshake.url->port,
          leg->attempt.ws.handshake.url->target);
    if (channel_open(leg->channel, e) < 0)
        return -1;
    channel_pause(leg->channel, s->paused);
    return 0;
}

/*
 * session_channel: the one place where a channel is made, of the kind the session uses now.
 */
#include "base/clock.h"
#include "base/trace.h"
#include "session/session_private.h"

static struct channel *new_channel(struct session *s, const struct channel_up *up)
{
    switch (s->kind) {
    case CHANNEL_WS:
        return channel_ws_new(s->loop, &s->attempt.ws, s->shared, up);
    case CHANNEL_SSE:
        return session_sse_new(s, up);
    case CHANNEL_POLL:
        return session_poll_new(s, up);
    }
    return NULL;
}

/* What is to go wrong this time. 0, or -1: memory. */
static int take_faults(struct session *s, struct channel_up *up)
{
    if (!s->config.faults)
        return 0;
    fault_conn_free(s->fault, clock_mono_us());
    s->fault = fault_conn_new(s->config.faults, up->conn, clock_mono_us());
    up->fault = s->fault;
    return s->fault ? 0 : -1;
}

int session_start_channel(struct session *s, struct err *e)
{
    struct channel_up up = {
        .emit = session_on_event,
        .drained = session_on_drained,
        .ctx = s,
        .bus = s->bus,
        .start_us = s->config.start_us,
        .conn = (uint32_t)s->totals.connections + 1,
    };

    s->refusal_hint[0] = '\0';
    s->status = 0;
    s->has_retry_after = false;
    s->settled = false;
    if (take_faults(s, &up) < 0)
        return err_nomem(e, STAGE_CONNECT, "connecting");
    s->channel = new_channel(s, &up);
    if (!s->channel)
        return err_nomem(e, STAGE_CONNECT, "connecting");
    TRACE("leg", (int)up.conn, "socket opens //%s:%u%s", s->attempt.ws.handshake.url->host,
          s->attempt.ws.handshake.url->port, s->attempt.ws.handshake.url->target);
    if (channel_open(s->channel, e) < 0)
        return -1;
    channel_pause(s->channel, s->paused);
    return 0;
}

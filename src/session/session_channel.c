/*
 * session_channel: the one place where a channel is made, of the kind the session uses now.
 */
#include "session/session_internal.h"

static struct channel *new_channel(struct session *s, const struct channel_up *up)
{
    switch (s->kind) {
    case CHANNEL_WS:
        return channel_ws_new(s->loop, &s->attempt.ws, s->shared, up);
    default:
        return NULL; /* no option names it */
    }
}

int session_start_channel(struct session *s, struct err *e)
{
    const struct channel_up up = {
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
    err_clear(&s->redirect_error);
    s->channel = new_channel(s, &up);
    if (!s->channel)
        return err_nomem(e, STAGE_CONNECT, "connecting");
    if (channel_open(s->channel, e) < 0)
        return -1;
    channel_pause(s->channel, s->paused);
    return 0;
}

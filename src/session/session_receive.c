/*
 * session_receive: the channels that only receive: what they are opened with, and what the books
 * tell them.
 */
#include "channel/channel_poll.h"
#include "channel/channel_sse.h"
#include "session/session_private.h"

static char *on_target(void *ctx, const char *target)
{
    const struct session *s = ctx;

    return account_fill_target(s->account, target);
}

static int on_known(void *ctx, struct slice item)
{
    struct session *s = ctx;

    int known = account_known(s->account, item);

    return known == KNOWN_OLDER ? -1 : known; /* the stream was joined with the newest, perhaps */
}

struct receiver_config session_receiver(const struct session *s, const struct attempt *attempt)
{
    const struct channel_ws_config *ws = &attempt->ws;

    return (struct receiver_config){
        .handshake = ws->handshake,
        .dial = ws->dial,
        .max_message = s->config.max_answer,
        .connect_timeout_us = ws->connect_timeout_us,
        .began_us = ws->began_us,
        .follow = ws->follow,
        .max_redirects = ws->max_redirects,
        .no_keepalive = s->config.poll.common.no_keepalive,
    };
}

struct channel *session_poll_new(struct session *s, const struct channel_up *up)
{
    s->poll = s->config.poll;
    s->poll.common = session_receiver(s, &s->attempt);
    s->poll.items = s->config.items;
    s->poll.seq = s->config.account.seq;
    s->poll.ctx = s;
    s->poll.target = on_target;
    s->poll.known = on_known;
    return channel_poll_new(s->loop, &s->poll, s->shared, up);
}

struct channel *session_sse_new(struct session *s, const struct channel_up *up)
{
    s->sse = (struct channel_sse_config){
        .common = session_receiver(s, &s->attempt),
        .ctx = s,
        .target = on_target,
    };
    return channel_sse_new(s->loop, &s->sse, s->shared, up);
}

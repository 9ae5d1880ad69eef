/* fallback_channel: the channel that stands in for the socket, attempt by attempt. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/trace.h"
#include "session/fallback_private.h"

struct event fallback_event(const struct fallback *f, enum event_kind kind)
{
    struct event ev = session_event(f->s, kind);

    ev.channel = f->config->kind;
    return ev;
}

static void settle(struct fallback *f)
{
    struct totals last;

    if (!f->channel)
        return;
    last = channel_totals(f->channel);
    totals_add(&f->totals, &last);
    channel_free(f->channel);
    f->channel = NULL;
    fault_conn_free(f->fault, clock_mono_us());
    f->fault = NULL;
}

/* Both channels may have a message. True if this one is not to go up. */
static bool is_surplus(struct fallback *f, const struct event_message *m)
{
    struct session *s = f->s;

    if (!f->active || s->discard)
        return true;
    if (!s->account)
        return s->state == SESSION_OPEN;
    if (m->part <= 1)
        f->drop = account_known(s->account, m->data) > 0;
    return f->drop;
}

static void on_message(struct fallback *f, struct event *ev)
{
    if (is_surplus(f, &ev->message))
        return;
    if (f->s->account)
        account_message(f->s->account, ev);
    bus_emit(f->s->bus, ev);
}

static void on_opened(struct fallback *f, struct event *ev)
{
    struct session *s = f->s;

    f->open = true;
    s->totals.connections++;
    if (s->channel && s->state == SESSION_CONNECTING)
        s->channel->up.conn++; /* an attempt under way is now at the one behind this */
    if (s->account)
        account_opened(s->account);
    bus_emit(s->bus, ev);
}

static void on_closed(struct fallback *f, struct event *ev)
{
    const struct retry_failure failure = {
        .close = &ev->close,
        .has_retry_after = f->channel->retry_us > 0,
        .retry_after_us = f->channel->retry_us,
    };

    f->open = false;
    bus_emit(f->s->bus, ev);
    if (f->s->account && f->s->state != SESSION_OPEN)
        account_closed(f->s->account);
    if (f->active)
        fallback_failed(f, &failure, f->channel->for_good);
}

static void on_error(struct fallback *f, struct event *ev)
{
    const struct retry_failure failure = {.error = ev->error, .status = f->status};

    f->error = *ev->error; /* reported with what follows from it */
    if (f->channel->ended && f->active)
        fallback_failed(f, &failure, f->channel->for_good);
}

static void check_covered(struct fallback *f, const struct event *ev)
{
    uint64_t now = clock_mono_us();

    if (f->socket_us && ev->poll.status < 400 && now - ev->poll.us >= f->socket_us)
        f->covered = true;
}

static void on_event(void *ctx, struct event *ev)
{
    struct fallback *f = ctx;

    switch (ev->kind) {
    case EVENT_MESSAGE:
        on_message(f, ev);
        break;
    case EVENT_OPEN:
        on_opened(f, ev);
        break;
    case EVENT_CLOSE:
        on_closed(f, ev);
        break;
    case EVENT_ERROR:
        on_error(f, ev);
        break;
    case EVENT_RESPONSE:
        if (!ev->response.interim)
            f->status = ev->response.status;
        bus_emit(f->s->bus, ev);
        break;
    case EVENT_POLL:
        check_covered(f, ev);
        bus_emit(f->s->bus, ev);
        break;
    default:
        bus_emit(f->s->bus, ev);
        break;
    }
}

static void on_drained(void *ctx)
{
    (void)ctx; /* nothing is sent */
}

/* What is older than the stream was when it was joined is no news to who falls back. */
static int on_known(void *ctx, struct slice item)
{
    struct fallback *f = ctx;

    return account_known(f->s->account, item);
}

static char *on_target(void *ctx, const char *target)
{
    struct fallback *f = ctx;

    return account_fill_target(f->s->account, target);
}

/* Streams whose events have the numbers as identities go on from there; others are as they are. */
static char *on_last_id(void *ctx)
{
    struct fallback *f = ctx;
    char *last;

    if (!f->s->config.account.seq)
        return NULL;
    last = account_fill_target(f->s->account, "{last}");
    if (last && !last[0]) {
        free(last);
        return NULL;
    }
    return last;
}

static struct channel *new_channel(struct fallback *f, const struct channel_up *up)
{
    struct session *s = f->s;

    if (f->config->kind == CHANNEL_SSE) {
        f->sse = (struct channel_sse_config){.common = session_receiver(s, &f->attempt),
                                             .ctx = f,
                                             .target = on_target,
                                             .last_id = on_last_id};
        return channel_sse_new(s->loop, &f->sse, s->shared, up);
    }
    f->poll = s->config.poll;
    f->poll.common = session_receiver(s, &f->attempt);
    f->poll.items = s->config.items;
    f->poll.seq = s->config.account.seq;
    f->poll.ctx = f;
    f->poll.target = on_target;
    f->poll.known = on_known;
    return channel_poll_new(s->loop, &f->poll, s->shared, up);
}

/* --- an attempt ------------------------------------------------------------------------------- */

static int open_channel(struct fallback *f, struct err *e)
{
    struct session *s = f->s;
    struct channel_up up = {
        .emit = on_event,
        .drained = on_drained,
        .ctx = f,
        .bus = s->bus,
        .start_us = s->config.start_us,
        .conn = (uint32_t)s->totals.connections + 1,
    };

    f->status = 0;
    f->drop = false;
    if (s->config.faults) {
        f->fault = fault_conn_new(s->config.faults, up.conn, clock_mono_us());
        up.fault = f->fault;
        if (!f->fault)
            return err_nomem(e, STAGE_CONNECT, "falling back");
    }
    f->channel = new_channel(f, &up);
    if (!f->channel)
        return err_nomem(e, STAGE_CONNECT, "falling back");
    TRACE("leg", (int)up.conn, "fallback opens //%s:%u%s", f->config->url->host,
          f->config->url->port, f->config->url->target);
    if (channel_open(f->channel, e) < 0)
        return -1;
    channel_pause(f->channel, s->paused);
    return 0;
}

/* What was meant for the socket's server stays there. -1: memory. */
static int withhold_from_other(struct fallback *f)
{
    struct attempt *a = &f->attempt;
    char text[sizeof a->withheld.names + 64];

    a->ws.handshake.subprotocol_count = 0; /* a request has none */
    if (attempt_withhold(a, f->s->config.ws.handshake.url) < 0)
        return -1;
    if (a->withheld.names[0] && !f->told_withheld) {
        snprintf(text, sizeof text, "the fallback has another origin; not sent there: %s",
                 a->withheld.names);
        session_note(f->s, text);
        f->told_withheld = true;
    }
    return 0;
}

static void fail_early(struct fallback *f, const struct err *e)
{
    const struct retry_failure failure = {.error = e};

    f->error = *e;
    if (f->active)
        fallback_failed(f, &failure, false);
}

static void go_on(struct fallback *f)
{
    struct err e;

    if (withhold_from_other(f) < 0) {
        err_nomem(&e, STAGE_CONNECT, "falling back");
        fail_early(f, &e);
    } else if (open_channel(f, &e) < 0) {
        fail_early(f, &e);
    }
}

static void on_headers(void *ctx, char *text, const struct err *why)
{
    struct fallback *f = ctx;
    struct err e = *why;

    f->command = NULL;
    if (!text || attempt_headers(&f->attempt, text, &e) < 0)
        fail_early(f, &e);
    else
        go_on(f);
}

void fallback_start(struct fallback *f)
{
    struct session *s = f->s;
    struct err e;

    settle(f);
    f->base = s->config.ws;
    f->base.handshake.url = f->config->url;
    attempt_begin(&f->attempt, &f->base, clock_mono_us());
    if (!s->config.header_cmd) {
        go_on(f);
        return;
    }
    f->command = header_cmd_start(s->loop, s->config.header_cmd, s->config.ws.connect_timeout_us,
                                  on_headers, f, &e);
    if (!f->command)
        fail_early(f, &e);
}

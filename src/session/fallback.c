#include "session/fallback.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "channel/redirect.h"
#include "session/session_internal.h"

/* How long the socket, though up, may have to wait for a last poll. */
#define COVER_MAX_US 30000000
#define COVER_MS     50

#define BECAUSE_MAX 256

enum { TIMER_TRY, TIMER_BACK, TIMER_COUNT };

struct fallback {
    struct session *s;
    const struct fallback_config *config;
    unsigned failed; /* attempts at the socket, in a row */
    bool active;     /* on the stage */
    bool broken;     /* it failed for good */

    struct channel_ws_config base; /* who asks, and where */
    struct handshake_header *kept; /* owned: the headers that may go there */
    struct attempt attempt;
    struct header_cmd *command;
    struct fault_conn *fault;
    struct channel_poll_config poll;
    struct channel_sse_config sse;
    struct channel *channel;
    bool open;
    bool drop; /* the rest of a message in parts */
    int status;
    struct err error; /* told before the end of an open channel */
    struct retry_policy policy;
    struct totals totals; /* of channels that are gone */

    uint64_t socket_us; /* the socket has been open since; 0: it is not */
    bool covered;       /* what came before that was asked for since */

    uv_timer_t timers[TIMER_COUNT];
    unsigned handles;
};

static struct event fallback_event(const struct fallback *f, enum event_kind kind)
{
    struct event ev = session_event(f->s, kind);

    ev.channel = f->config->kind;
    return ev;
}

static const char *name_of(enum event_channel kind)
{
    return kind == CHANNEL_POLL ? "poll" : kind == CHANNEL_SSE ? "sse" : "ws";
}

static void tell_change(struct fallback *f, enum event_channel from, enum event_channel to,
                        const char *because)
{
    struct event ev = session_event(f->s, EVENT_FALLBACK);

    ev.channel = to;
    ev.fallback = (struct event_fallback){name_of(from), name_of(to), because};
    bus_emit(f->s->bus, &ev);
}

/* --- the channel ------------------------------------------------------------------------------ */

static void start(struct fallback *f);
static void fail(struct fallback *f, const struct retry_failure *failure, bool for_good);

static void on_try(uv_timer_t *timer)
{
    struct fallback *f = timer->data;

    if (f->active)
        start(f);
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
        fail(f, &failure, f->channel->for_good);
}

static void on_error(struct fallback *f, struct event *ev)
{
    const struct retry_failure failure = {.error = &ev->error, .status = f->status};

    f->error = ev->error;
    bus_emit(f->s->bus, ev);
    if (f->channel->ended && f->active)
        fail(f, &failure, f->channel->for_good);
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
    if (channel_open(f->channel, e) < 0)
        return -1;
    channel_pause(f->channel, s->paused);
    return 0;
}

/* What was meant for the socket's server stays there. -1: memory. */
static int withhold(struct fallback *f)
{
    struct handshake_config *hs = &f->attempt.ws.handshake;

    if (redirect_same_origin(hs->url, f->s->config.ws.handshake.url))
        return 0;
    free(f->kept);
    f->kept = calloc(hs->header_count ? hs->header_count : 1, sizeof *f->kept);
    if (!f->kept)
        return -1;
    redirect_strip(hs, f->kept);
    return 0;
}

static void fail_early(struct fallback *f, const struct err *e)
{
    const struct retry_failure failure = {.error = e};
    struct event ev = fallback_event(f, EVENT_ERROR);

    ev.error = *e;
    f->error = *e;
    bus_emit(f->s->bus, &ev);
    if (f->active)
        fail(f, &failure, false);
}

static void go_on(struct fallback *f)
{
    struct err e;

    if (withhold(f) < 0) {
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

static void start(struct fallback *f)
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

/* --- on and off the stage --------------------------------------------------------------------- */

static void begin(struct fallback *f, const char *because)
{
    f->active = true;
    f->covered = false;
    f->error.code = EXIT_OK;
    retry_policy_init(&f->policy, &f->s->config.retry);
    tell_change(f, CHANNEL_WS, f->config->kind, because);
    if (f->active)
        uv_timer_start(&f->timers[TIMER_TRY], on_try, 0, 0); /* out of whatever told of it */
}

/* Nothing more comes of it. Its channel says so itself, and goes with the next one. */
static void leave(struct fallback *f)
{
    f->active = false;
    header_cmd_cancel(f->command);
    f->command = NULL;
    for (int i = 0; i < TIMER_COUNT; i++)
        uv_timer_stop(&f->timers[i]);
    if (f->channel && !f->channel->ended)
        channel_close(f->channel, CLOSE_NORMAL, slice_str(""), 0);
}

/* The fallback can't be had either. */
static void give_up(struct fallback *f, const char *because)
{
    char text[sizeof f->error.text + 64];

    f->broken = true;
    leave(f);
    snprintf(text, sizeof text, "the fallback failed: %s", because);
    tell_change(f, f->config->kind, CHANNEL_WS, text);
    session_carried_no_more(f->s);
}

static void fail(struct fallback *f, const struct retry_failure *failure, bool for_good)
{
    struct retry_decision d;
    struct event ev;

    if (for_good) {
        give_up(f, f->error.code != EXIT_OK ? f->error.text : "it ended for good");
        return;
    }
    retry_policy_decide(&f->policy, failure, clock_mono_us(), session_random(), &d);
    if (!d.will) {
        give_up(f, d.because);
        return;
    }
    ev = fallback_event(f, EVENT_RETRY);
    ev.conn = (uint32_t)f->s->totals.connections + 1;
    ev.retry = (struct event_retry){d.attempt, d.delay_us, d.because, true};
    bus_emit(f->s->bus, &ev);
    if (f->active)
        uv_timer_start(&f->timers[TIMER_TRY], on_try, (d.delay_us + 999) / 1000, 0);
}

/* The socket has been up long enough. What the last poll before it could not know must have been
 * asked for once more, or it would be lost. */
static void on_back(uv_timer_t *timer)
{
    struct fallback *f = timer->data;
    uint64_t up = clock_mono_us() - f->socket_us;
    char because[96];

    if (!f->active || !f->socket_us)
        return;
    if (f->config->kind == CHANNEL_POLL && f->s->account && f->open && !f->covered &&
        up < f->config->stable_us + COVER_MAX_US) {
        uv_timer_start(timer, on_back, COVER_MS, 0);
        return;
    }
    snprintf(because, sizeof because, "the socket has been up for %.1f s", (double)up / 1e6);
    f->failed = 0;
    tell_change(f, f->config->kind, CHANNEL_WS, because);
    leave(f);
}

void fallback_socket_failed(struct fallback *f, bool stable, const char *because)
{
    char text[BECAUSE_MAX];

    if (!f)
        return;
    f->socket_us = 0;
    uv_timer_stop(&f->timers[TIMER_BACK]);
    f->failed = stable ? 0 : f->failed + 1;
    if (f->active || f->broken || f->failed < f->config->after)
        return;
    snprintf(text, sizeof text, "%u failed %s in a row, the last: %s", f->failed,
             f->failed == 1 ? "attempt" : "attempts", because);
    begin(f, text);
}

void fallback_socket_opened(struct fallback *f)
{
    if (!f)
        return;
    f->socket_us = clock_mono_us();
    f->covered = false;
    if (f->active)
        uv_timer_start(&f->timers[TIMER_BACK], on_back, (f->config->stable_us + 999) / 1000, 0);
}

bool fallback_carries(struct fallback *f, const char *because)
{
    if (!f || f->broken)
        return false;
    f->socket_us = 0;
    uv_timer_stop(&f->timers[TIMER_BACK]);
    if (!f->active)
        begin(f, because);
    return f->active;
}

void fallback_stop(struct fallback *f)
{
    if (!f)
        return;
    leave(f);
    f->broken = true;
}

void fallback_pause(struct fallback *f, bool paused)
{
    if (f && f->channel && !f->channel->ended)
        channel_pause(f->channel, paused);
}

bool fallback_leave(struct fallback *f)
{
    if (!f || !f->active)
        return false;
    f->failed = 0;
    tell_change(f, f->config->kind, CHANNEL_WS, "it was asked for");
    leave(f);
    return true;
}

bool fallback_is_active(const struct fallback *f)
{
    return f && f->active;
}

bool fallback_is_open(const struct fallback *f)
{
    return f && f->active && f->open;
}

enum event_channel fallback_kind(const struct fallback *f)
{
    return f->config->kind;
}

uint64_t fallback_last_in_us(const struct fallback *f)
{
    return f && f->channel ? f->channel->last_in_us : 0;
}

struct totals fallback_totals(const struct fallback *f)
{
    struct totals sum = {0}, live;

    if (!f)
        return sum;
    sum = f->totals;
    if (f->channel) {
        live = channel_totals(f->channel);
        totals_add(&sum, &live);
    }
    return sum;
}

/* --- life ------------------------------------------------------------------------------------- */

static void timer_closed(uv_handle_t *handle)
{
    struct fallback *f = handle->data;

    if (--f->handles == 0)
        free(f);
}

struct fallback *fallback_new(struct session *s)
{
    struct fallback *f = calloc(1, sizeof *f);

    if (!f)
        return NULL;
    f->s = s;
    f->config = &s->config.fallback;
    for (int i = 0; i < TIMER_COUNT; i++) {
        uv_timer_init(s->loop, &f->timers[i]);
        f->timers[i].data = f;
        f->handles++;
    }
    return f;
}

void fallback_free(struct fallback *f)
{
    if (!f)
        return;
    f->active = false;
    header_cmd_cancel(f->command);
    f->command = NULL;
    channel_free(f->channel);
    f->channel = NULL;
    fault_conn_free(f->fault, clock_mono_us());
    attempt_clear(&f->attempt);
    free(f->kept);
    for (int i = 0; i < TIMER_COUNT; i++)
        uv_close((uv_handle_t *)&f->timers[i], timer_closed);
}

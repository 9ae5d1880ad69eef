#include "session/fallback.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/trace.h"
#include "session/session_private.h"

/* How long the socket, though up, may have to wait for a last poll. */
#define COVER_MAX_US 30000000
#define COVER_US     50000

#define BECAUSE_MAX 256

struct fallback {
    struct leg leg;
    const struct fallback_config *config;
    unsigned failed; /* attempts at the socket, in a row */
    bool active;
    bool broken;                     /* it failed for good */
    struct timer *back;              /* how long the socket has to be up */
    uint64_t socket_us;              /* the socket has been open since; 0: it is not */
    bool covered;                    /* what came before that was asked for since */
    uint64_t quiet;                  /* attempts at the socket that failed and were not reported, */
    char quiet_because[BECAUSE_MAX]; /* and why the last */
};

static void tell_change(struct fallback *f, enum event_channel from, enum event_channel to,
                        const char *because)
{
    struct event ev = session_event(f->leg.s, EVENT_FALLBACK);

    ev.channel = to;
    ev.fallback = (struct event_fallback){channel_name(from), channel_name(to), because};
    bus_emit(f->leg.s->bus, &ev);
}

void fallback_count_quiet(struct fallback *f, const char *because)
{
    f->quiet++;
    snprintf(f->quiet_because, sizeof f->quiet_because, "%s", because);
}

bool fallback_tell_quiet(struct fallback *f)
{
    struct event ev;

    if (!f || f->quiet == 0)
        return false;
    ev = session_event(f->leg.s, EVENT_RETRY);
    ev.conn = (uint32_t)f->leg.s->totals.connections + 1;
    ev.retry = (struct event_retry){
        .attempt = f->leg.s->main.policy.failures,
        .because = f->quiet_because,
        .will = true,
        .count = f->quiet,
    };
    f->quiet = 0;
    bus_emit(f->leg.s->bus, &ev);
    return true;
}

static void begin(struct fallback *f, const char *because)
{
    TRACE("leg", (int)f->leg.s->totals.connections, "fallback takes over: %s", because);
    f->active = true;
    f->covered = false;
    retry_policy_init(&f->leg.policy, &f->leg.s->config.retry);
    if (!leg_is_over(&f->leg))
        leg_abort(&f->leg); /* it left a moment ago */
    leg_wait(&f->leg, 0);   /* outside the report of its end */
    tell_change(f, CHANNEL_WS, f->config->kind, because);
}

/* It ends. Its channel reports the end. */
static void leave(struct fallback *f)
{
    if (f->active)
        TRACE("leg", (int)f->leg.s->totals.connections, "fallback leaves");
    f->active = false;
    timer_stop(f->back);
    fallback_tell_quiet(f);
    leg_close(&f->leg, CLOSE_NORMAL, slice_str(""), 0);
}

void fallback_over(struct fallback *f, const char *because)
{
    struct leg *leg = &f->leg;
    char text[sizeof leg->failure.text + 64];

    if (leg->leaving)
        return;
    if (leg->outcome != EXIT_OK && !leg->failure_shown)
        because = leg->failure.text;
    snprintf(text, sizeof text, "the fallback failed: %s", because ? because : "it ended for good");
    f->broken = true;
    leave(f);
    tell_change(f, f->config->kind, CHANNEL_WS, text);
}

/* The socket has been up long enough. Updates after the last poll before it must be requested once
 * more, or they would be lost. */
static void on_back(void *ctx)
{
    struct fallback *f = ctx;
    uint64_t up = clock_mono_us() - f->socket_us;
    char because[96];

    if (!f->active || !f->socket_us)
        return;
    if (f->config->kind == CHANNEL_POLL && f->leg.s->account && fallback_is_open(f) &&
        !f->covered && up < f->config->stable_us + COVER_MAX_US) {
        timer_start(f->back, COVER_US, on_back);
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
    timer_stop(f->back);
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
        timer_start(f->back, f->config->stable_us, on_back);
}

bool fallback_carries(struct fallback *f, const char *because)
{
    if (!f || f->broken)
        return false;
    f->socket_us = 0;
    timer_stop(f->back);
    fallback_tell_quiet(f);
    if (!f->active)
        begin(f, because);
    return f->active;
}

void fallback_polled(struct fallback *f, const struct event_poll *poll)
{
    if (f->socket_us && poll->status < 400 && clock_mono_us() - poll->us >= f->socket_us)
        f->covered = true;
}

void fallback_stop(struct fallback *f)
{
    if (f)
        leave(f);
}

void fallback_abort(struct fallback *f)
{
    if (!f)
        return;
    f->active = false;
    timer_stop(f->back);
    leg_abort(&f->leg);
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
    return f && f->active && f->leg.state == SESSION_OPEN;
}

struct leg *fallback_leg(struct fallback *f)
{
    return f ? &f->leg : NULL;
}

struct fallback *fallback_new(struct session *s)
{
    struct fallback *f = calloc(1, sizeof *f);

    if (!f)
        return NULL;
    f->config = &s->config.fallback;
    f->back = timer_new(s->loop, f);
    if (f->back && leg_init(&f->leg, s, f->config->kind, f->config->url) == 0)
        return f;
    fallback_free(f);
    return NULL;
}

void fallback_free(struct fallback *f)
{
    if (!f)
        return;
    leg_clear(&f->leg);
    timer_free(f->back);
    free(f);
}

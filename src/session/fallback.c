#include "session/fallback.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/trace.h"
#include "session/fallback_private.h"

/* How long the socket, though up, may have to wait for a last poll. */
#define COVER_MAX_US 30000000
#define COVER_MS     50

#define BECAUSE_MAX 256

static void tell_change(struct fallback *f, enum event_channel from, enum event_channel to,
                        const char *because)
{
    struct event ev = session_event(f->s, EVENT_FALLBACK);

    ev.channel = to;
    ev.fallback = (struct event_fallback){channel_name(from), channel_name(to), because};
    bus_emit(f->s->bus, &ev);
}

static void on_try(uv_timer_t *timer)
{
    struct fallback *f = timer->data;

    if (f->active)
        fallback_start(f);
}

static void begin(struct fallback *f, const char *because)
{
    TRACE("leg", (int)f->s->totals.connections, "fallback takes over: %s", because);
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
    TRACE("leg", (int)f->s->totals.connections, "fallback leaves");
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

void fallback_failed(struct fallback *f, const struct retry_failure *failure, bool for_good)
{
    struct retry_decision d;
    struct event ev;

    TRACE("leg", (int)f->s->totals.connections, "fallback failed%s: %s",
          for_good ? " for good" : "", f->error.code != EXIT_OK ? f->error.text : "it ended");
    if (for_good) {
        give_up(f, f->error.code != EXIT_OK ? f->error.text : "it ended for good");
        return;
    }
    retry_policy_decide(&f->policy, failure, clock_mono_us(), session_random(), &d);
    if (!d.will) {
        give_up(f, f->error.code != EXIT_OK ? f->error.text : d.because);
        return;
    }
    ev = fallback_event(f, EVENT_RETRY);
    ev.conn = (uint32_t)f->s->totals.connections + 1;
    ev.retry = (struct event_retry){
        .attempt = d.attempt,
        .delay_us = d.delay_us,
        .because = d.because,
        .will = true,
        .error = f->error.code != EXIT_OK ? &f->error : NULL,
    };
    bus_emit(f->s->bus, &ev);
    f->error.code = EXIT_OK;
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
    return f && f->channel ? f->channel->activity.last_in_us : 0;
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
    for (int i = 0; i < TIMER_COUNT; i++)
        uv_close((uv_handle_t *)&f->timers[i], timer_closed);
}

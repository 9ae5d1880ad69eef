#include "session/leg.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/trace.h"
#include "session/session_private.h"

const char *leg_name(const struct leg *leg)
{
    return leg == &leg->s->main ? "socket" : "fallback";
}

void leg_enter(struct leg *leg, enum session_state state)
{
    bool main = leg == &leg->s->main;
    static const char *const names[] = {"idle",    "connecting", "open",
                                        "closing", "waiting",    "ended"};

    TRACE(main ? "session" : "leg", (int)leg->s->totals.connections, "%s%s, was %s",
          main ? "" : "fallback ", names[state], names[leg->state]);
    leg->state = state;
}

/* What was meant for the session's server stays there. */
static int withhold_from_other(struct leg *leg, struct err *e)
{
    struct attempt *a = &leg->attempt;
    char text[sizeof a->withheld.names + 64];

    if (attempt_withhold(a, leg->s->config.ws.handshake.url) < 0)
        return err_nomem(e, STAGE_CONNECT, "connecting");
    if (a->withheld.names[0] && !leg->withheld_reported) {
        snprintf(text, sizeof text, "the fallback has another origin; not sent there: %s",
                 a->withheld.names);
        session_note(leg->s, text);
        leg->withheld_reported = true;
    }
    return 0;
}

static int go_on(struct leg *leg, struct err *e)
{
    if (withhold_from_other(leg, e) < 0)
        return -1;
    return leg->negotiation ? negotiation_start(leg->negotiation, e) : leg_start_channel(leg, e);
}

static void on_negotiated(struct leg *leg, const struct err *why)
{
    struct err e;

    if (why)
        e = *why;
    if (why || leg_start_channel(leg, &e) < 0)
        session_attempt_failed(leg, &e);
}

/* --header-cmd has ended. */
static void on_headers(void *ctx, char *text, const struct err *why)
{
    struct leg *leg = ctx;
    struct err e = *why;

    leg->command = NULL;
    if (!text || attempt_headers(&leg->attempt, text, &e) < 0 || go_on(leg, &e) < 0)
        session_attempt_failed(leg, &e);
}

int leg_open(struct leg *leg, struct err *e)
{
    struct session *s = leg->s;

    leg_settle(leg);
    channel_free(leg->channel);
    leg->channel = NULL;
    leg_enter(leg, SESSION_CONNECTING);
    leg->leaving = false;
    leg->outcome = EXIT_OK;
    attempt_begin(&leg->attempt, &leg->base, clock_mono_us());
    if (leg == &s->main && session_resume_url(s, e) < 0)
        return -1;
    if (!s->config.header_cmd)
        return go_on(leg, e);
    leg->command = header_cmd_start(s->loop, s->config.header_cmd, s->config.ws.connect_timeout_us,
                                    on_headers, leg, e);
    return leg->command ? 0 : -1;
}

static void on_due(void *ctx)
{
    struct leg *leg = ctx;
    struct err e;

    if (leg->state != SESSION_WAITING)
        return;
    if (leg == &leg->s->main)
        scorecard_attempt(&leg->s->card, clock_mono_us() - leg->waiting_us);
    if (leg_open(leg, &e) < 0)
        session_attempt_failed(leg, &e);
}

void leg_wait(struct leg *leg, uint64_t us)
{
    uint64_t now = clock_mono_us();

    if (leg->state != SESSION_WAITING)
        leg->waiting_us = now;
    leg_enter(leg, SESSION_WAITING);
    leg->leaving = false;
    leg->due_us = now + us;
    /* The loop's idea of now may be old, and the wait would be that much too short. */
    uv_update_time(leg->s->loop);
    timer_start(leg->timer, us, on_due);
}

/* --- the end ---------------------------------------------------------------------------------- */

bool leg_is_over(const struct leg *leg)
{
    return leg->state == SESSION_IDLE || leg->state == SESSION_ENDED;
}

/* If there is no channel to cancel. True if it was so. */
static bool give_up(struct leg *leg)
{
    leg->leaving = true;
    if (leg->state != SESSION_WAITING &&
        (leg->state != SESSION_CONNECTING || (leg->channel && !leg->channel->activity.ended)))
        return leg_is_over(leg);
    header_cmd_cancel(leg->command);
    leg->command = NULL;
    negotiation_cancel(leg->negotiation);
    timer_stop(leg->timer);
    leg_enter(leg, SESSION_ENDED);
    return true;
}

void leg_close(struct leg *leg, uint16_t code, struct slice reason, uint64_t timeout_us)
{
    if (give_up(leg))
        return;
    if (leg->state == SESSION_OPEN)
        leg_enter(leg, SESSION_CLOSING);
    channel_close(leg->channel, code, reason, timeout_us);
}

void leg_abort(struct leg *leg)
{
    if (!give_up(leg))
        channel_abort(leg->channel, CLOSE_HOW_FIN);
}

void leg_pause(struct leg *leg, bool paused)
{
    if (leg->channel && !leg->channel->activity.ended)
        channel_pause(leg->channel, paused);
}

/* --- sums ------------------------------------------------------------------------------------- */

void leg_settle(struct leg *leg)
{
    struct totals last;

    timer_stop(leg->timer);
    if (!leg->channel || leg->settled)
        return;
    last = channel_totals(leg->channel);
    totals_add(&leg->totals, &last);
    leg->last_in_us = leg->channel->activity.last_in_us;
    leg->settled = true;
}

struct totals leg_totals(const struct leg *leg)
{
    struct totals sum = leg->totals, live;

    if (leg->channel && !leg->settled) {
        live = channel_totals(leg->channel);
        totals_add(&sum, &live);
    }
    return sum;
}

uint64_t leg_last_in_us(const struct leg *leg)
{
    return leg->channel ? leg->channel->activity.last_in_us : leg->last_in_us;
}

/* --- life ------------------------------------------------------------------------------------- */

int leg_init(struct leg *leg, struct session *s, enum event_channel kind, const struct url *url)
{
    leg->s = s;
    leg->kind = kind;
    leg->base = s->config.ws;
    if (url) {
        leg->base.handshake.url = url;
        leg->base.handshake.subprotocol_count = 0; /* a request has none */
    }
    retry_policy_init(&leg->policy, &s->config.retry);
    leg->timer = timer_new(s->loop, leg);
    if (leg == &s->main && s->config.decode && decode_negotiates(s->config.decode)) {
        leg->negotiation = negotiation_new(leg, on_negotiated);
        if (!leg->negotiation)
            return -1;
    }
    return leg->timer ? 0 : -1;
}

void leg_clear(struct leg *leg)
{
    header_cmd_cancel(leg->command);
    channel_free(leg->channel);
    negotiation_free(leg->negotiation);
    fault_conn_free(leg->fault, clock_mono_us());
    attempt_clear(&leg->attempt);
    timer_free(leg->timer);
    *leg = (struct leg){0};
}

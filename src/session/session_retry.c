/*
 * session_retry: what comes after a connection was lost or an attempt failed: a wait and another
 * attempt, or the end.
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/trace.h"
#include "session/session_private.h"

/* What was missed is told when nothing is missing, but not before a replay had that long. */
#define SETTLED_US 1000000

double session_random(void)
{
    uint32_t n;

    if (uv_random(NULL, NULL, &n, sizeof n, 0, NULL) != 0)
        return 0.5;
    return (double)n / 4294967296.0;
}

static void tell(struct session *s, const struct retry_decision *d)
{
    struct event ev = session_event(s, EVENT_RETRY);

    ev.conn = (uint32_t)s->totals.connections + 1;
    ev.retry = (struct event_retry){
        .attempt = d->attempt,
        .delay_us = d->delay_us,
        .because = d->because,
        .will = d->will,
        .error = d->will && !s->failure_shown ? &s->failure : NULL,
    };
    bus_emit(s->bus, &ev);
}

static void on_due(uv_timer_t *timer)
{
    struct session *s = timer->data;

    if (s->state != SESSION_WAITING)
        return;
    scorecard_attempt(&s->card, clock_mono_us() - s->waiting_us);
    session_attempt(s);
}

static void wait_for(struct session *s, uint64_t delay_us)
{
    s->due_us = clock_mono_us() + delay_us;
    /* The loop's idea of now may be old, and the wait would be that much too short. */
    uv_update_time(s->loop);
    uv_timer_start(&s->pulse, on_due, (delay_us + 999) / 1000, 0);
}

static void note_outage(struct session *s, const struct event_close *close)
{
    struct totals t = {0};

    scorecard_lost(&s->card, close, clock_mono_us());
    if (s->account)
        account_totals(s->account, &t);
    s->missed = t.missed;
    s->recovered = t.recovered;
}

/* What no other channel changes: a mistake, or a server that is not the one it says it is. */
static bool is_hopeless(const struct retry_failure *f)
{
    return f->error && (f->error->code == EXIT_USAGE || f->error->code == EXIT_CERT);
}

void session_over(struct session *s, const struct retry_failure *failure)
{
    struct retry_decision decision;

    session_settle(s);
    session_card_tell(s);
    if (!s->config.retry.enabled || s->asked != ASKED_NOT || (s->channel && s->channel->for_good)) {
        session_ended(s);
        return;
    }
    session_enter(s, SESSION_WAITING);
    retry_policy_decide(&s->policy, failure, clock_mono_us(), session_random(), &decision);
    tell(s, &decision);
    if (s->state != SESSION_WAITING)
        return; /* whoever was told has ended it */
    if (!decision.will) {
        if (is_hopeless(failure) || !fallback_carries(s->fallback, decision.because))
            session_ended(s);
        else
            s->due_us = 0;
        return;
    }
    fallback_socket_failed(
        s->fallback, failure->close && failure->close->uptime_us >= s->config.retry.stable_after_us,
        decision.because);
    if (failure->close)
        note_outage(s, failure->close);
    s->retries++;
    s->waiting_us = clock_mono_us();
    wait_for(s, decision.delay_us);
    if (s->hooks.drained && !session_full(s))
        s->hooks.drained(s->hooks.ctx); /* what is sent now waits for the connection to come */
}

void session_carried_no_more(struct session *s)
{
    if (s->state == SESSION_WAITING && s->due_us == 0)
        session_ended(s);
}

void session_failed(struct session *s, const struct err *e)
{
    TRACE("leg", (int)s->totals.connections + 1, "socket failed: %s", e->text);
    s->failure = *e;
    s->failure_shown = false;
    s->outcome = e->code;
}

void session_attempt_failed(struct session *s, const struct err *e)
{
    const struct retry_failure failure = {.error = e};

    session_failed(s, e);
    session_over(s, &failure);
}

bool session_retries(const struct session *s)
{
    return s->config.retry.enabled;
}

void session_retry_now(struct session *s)
{
    if (s->state != SESSION_WAITING)
        return;
    retry_policy_reset(&s->policy);
    wait_for(s, 0);
}

uint64_t session_retry_wait_us(const struct session *s)
{
    uint64_t now = clock_mono_us();

    return s->state == SESSION_WAITING && s->due_us > now ? s->due_us - now : 0;
}

/* What the books say beyond what they said before the outage. */
static void missed_since(const struct session *s, uint64_t *missed, uint64_t *recovered, bool *open)
{
    struct totals t = {0};

    if (s->account)
        account_totals(s->account, &t);
    *missed = t.missed - s->missed;
    *recovered = t.recovered - s->recovered;
    *open = t.missed > t.recovered + t.lost;
}

void session_card_tell(struct session *s)
{
    char text[SCORECARD_TEXT];
    uint64_t missed, recovered;
    bool open;

    if (!s->card.open)
        return;
    missed_since(s, &missed, &recovered, &open);
    scorecard_tell(&s->card, text, s->account != NULL, missed, recovered);
    session_note(s, text);
}

void session_card_back(struct session *s, struct event_open *open)
{
    uint64_t since = s->card.since_us;

    if (!scorecard_back(&s->card, clock_mono_us()))
        return;
    open->attempts = (uint32_t)s->card.attempts;
    open->outage_us = s->card.back_us > since ? s->card.back_us - since : 0;
}

void session_card_check(struct session *s)
{
    uint64_t missed, recovered;
    bool open;

    if (s->account && clock_mono_us() - s->card.back_us < SETTLED_US)
        return;
    missed_since(s, &missed, &recovered, &open);
    if (!open)
        session_card_tell(s);
}

void session_connected_from(struct session *s, const char *local)
{
    const char *port = strrchr(local, ':');
    size_t len = port ? (size_t)(port - local) : 0;
    char text[2 * SESSION_ADDRESS + 80];

    if (len == 0 || len >= sizeof s->source)
        return; /* a unix socket has none */
    if (s->source[0] && (strlen(s->source) != len || memcmp(s->source, local, len) != 0)) {
        snprintf(text, sizeof text,
                 "the source address is now %.*s, it was %s: the network has changed", (int)len,
                 local, s->source);
        session_note(s, text);
    }
    memcpy(s->source, local, len);
    s->source[len] = '\0';
}

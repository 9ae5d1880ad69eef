/*
 * session_retry: after a connection was lost or an attempt failed: a wait and another attempt, or
 * the end.
 */

#include "base/clock.h"
#include "base/span.h"
#include "base/trace.h"
#include "session/session_private.h"

/* Missed messages are reported when nothing is missing, but not before a replay had this much time.
 */
#define SETTLED_US 1000000

/* From 0 to below 1; without random bytes, the middle will do. */
static double draw(void)
{
    uint32_t n;

    if (uv_random(NULL, NULL, &n, sizeof n, 0, NULL) != 0)
        return 0.5;
    return (double)n / 4294967296.0;
}

static void tell(const struct leg *leg, const struct retry_decision *d)
{
    struct event ev = leg_event(leg, EVENT_RETRY);

    ev.conn = (uint32_t)leg->s->totals.connections + 1;
    ev.retry = (struct event_retry){
        .attempt = d->attempt,
        .delay_us = d->delay_us,
        .because = d->because,
        .will = d->will,
        .error = d->will && leg->outcome != EXIT_OK && !leg->failure_shown ? &leg->failure : NULL,
    };
    bus_emit(leg->s->bus, &ev);
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

/* What no other channel changes: a mistake, or a server that is not who it claims to be. */
static bool is_hopeless(const struct retry_failure *f)
{
    return f->error && (f->error->code == EXIT_USAGE || f->error->code == EXIT_CERT);
}

/* No further attempt on this leg. because: why not; NULL: it was asked to end, or ended for good.
 */
static void end_leg(struct leg *leg, const struct retry_failure *failure, const char *because)
{
    struct session *s = leg->s;

    leg_enter(leg, SESSION_ENDED);
    if (leg != &s->main)
        fallback_over(s->fallback, because);
    else if (!because || is_hopeless(failure) || !fallback_carries(s->fallback, because))
        fallback_stop(s->fallback);
    session_check_over(s);
}

/* The socket is tried again. */
static void note_retry(struct session *s, const struct retry_failure *failure,
                       const struct retry_decision *d, bool quiet)
{
    if (quiet)
        fallback_count_quiet(s->fallback, d->because);
    fallback_socket_failed(
        s->fallback, failure->close && failure->close->uptime_us >= s->config.retry.stable_after_us,
        d->because);
    if (failure->close)
        note_outage(s, failure->close);
    s->retries++;
}

void session_over(struct leg *leg, const struct retry_failure *failure)
{
    struct session *s = leg->s;
    bool quiet = failure->error && leg_is_quiet(leg);
    struct retry_decision d;

    leg_settle(leg);
    if (leg == &s->main)
        session_card_tell(s);
    if (!s->config.retry.enabled || leg->leaving || (leg->channel && leg->channel->for_good)) {
        end_leg(leg, failure, NULL);
        return;
    }
    leg_enter(leg, SESSION_WAITING);
    leg->waiting_us = clock_mono_us();
    retry_policy_decide(&leg->policy, failure, leg->waiting_us, draw(), &d);
    if (d.will ? !quiet : leg == &s->main)
        tell(leg, &d);
    if (leg->state != SESSION_WAITING)
        return; /* the receiver of the report has ended it */
    if (!d.will) {
        end_leg(leg, failure, d.because);
        return;
    }
    leg_wait(leg, d.delay_us);
    if (leg != &s->main)
        return;
    session_decode_findings(s);
    note_retry(s, failure, &d, quiet);
    if (s->hooks.drained && !session_full(s))
        s->hooks.drained(s->hooks.ctx); /* what is sent now waits for the connection to come */
}

void session_failed(struct leg *leg, const struct err *e)
{
    TRACE("leg", (int)leg->s->totals.connections + 1, "%s failed: %s", leg_name(leg), e->text);
    leg->failure = *e;
    leg->failure_shown = false;
    leg->outcome = e->code;
}

void session_attempt_failed(struct leg *leg, const struct err *e)
{
    const struct retry_failure failure = {.error = e};

    session_failed(leg, e);
    session_over(leg, &failure);
}

bool session_retries(const struct session *s)
{
    return s->config.retry.enabled;
}

void session_retry_now(struct session *s)
{
    if (session_state(s) != SESSION_WAITING)
        return;
    fallback_tell_quiet(s->fallback);
    retry_policy_reset(&s->main.policy);
    leg_wait(&s->main, 0);
}

uint64_t session_retry_wait_us(const struct session *s)
{
    uint64_t now = clock_mono_us();

    return s->main.state == SESSION_WAITING ? span_between(now, s->main.due_us) : 0;
}

/* The books minus their state before the outage. */
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
    open->outage_us = span_between(since, s->card.back_us);
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

/*
 * leg_event: events from the channel of a leg: counted, checked, given a hint, and passed on.
 */
#include "base/clock.h"
#include "event/stamp.h"
#include "http/redirect.h"
#include "proto/http_date.h"
#include "session/session_private.h"

/* While the fallback delivers, failed attempts after this many in a row are only counted. */
#define QUIET_AFTER 3

void leg_stamp(const struct leg *leg, struct event *ev)
{
    const struct session *s = leg->s;

    ev->channel = leg->kind;
    ev->conn = (uint32_t)s->totals.connections + (leg->state == SESSION_CONNECTING ? 1 : 0);
    event_stamp(ev, s->config.start_us);
}

struct event leg_event(const struct leg *leg, enum event_kind kind)
{
    struct event ev = {.kind = kind};

    leg_stamp(leg, &ev);
    return ev;
}

bool leg_is_quiet(const struct leg *leg)
{
    return leg == &leg->s->main && leg->policy.failures >= QUIET_AFTER &&
           fallback_is_open(leg->s->fallback);
}

static void opened(struct leg *leg, struct event *ev)
{
    struct session *s = leg->s;
    const struct leg *other = session_other(leg);

    if (leg == &s->main && fallback_tell_quiet(s->fallback))
        leg_stamp(leg, ev); /* after that */
    s->totals.connections++;
    leg_enter(leg, SESSION_OPEN);
    if (other && other->state == SESSION_CONNECTING && other->channel)
        other->channel->up.conn++; /* its attempt is now at the connection after this */
    if (leg == &s->main)
        session_opening(s, &ev->open);
    bus_emit(s->bus, ev);
    if (s->account)
        account_opened(s->account);
    leg_remark(leg, ev);
    if (leg == &s->main)
        session_opened(s);
}

static void closed(struct leg *leg, struct event *ev)
{
    struct session *s = leg->s;
    const struct leg *other = session_other(leg);
    struct postmortem_context context = leg_evidence(leg);
    char hint[POSTMORTEM_HINT];
    bool named; /* by the protocol above the messages */
    enum exit_code outcome = outcome_of_close(&ev->close, s->asked);
    const struct retry_failure failure = {
        .close = &ev->close,
        .has_retry_after = leg->channel->retry_us > 0,
        .retry_after_us = leg->channel->retry_us,
    };

    named = leg == &s->main && session_decode_hint(s, &ev->close, hint, sizeof hint);
    if (leg == &s->main)
        session_closed(s, &ev->close);
    if (!named)
        postmortem_close(hint, &ev->close, &context);
    if (leg->kind == CHANNEL_WS || !ev->close.hint[0])
        ev->close.hint = hint;
    bus_emit(s->bus, ev);
    if (leg != &s->main)
        fallback_tell_quiet(s->fallback);
    if (s->account && (!other || other->state != SESSION_OPEN))
        account_closed(s->account);
    if (leg->outcome == EXIT_OK && outcome != EXIT_OK) {
        failure_of_close(&leg->failure, &ev->close, leg->kind, outcome, leg->evidence.violation);
        leg->failure_shown = true;
        leg->outcome = outcome;
    }
    session_over(leg, &failure);
}

static void failed(struct leg *leg, const struct event *ev)
{
    struct postmortem_context context = leg_evidence(leg);
    struct err e = *ev->error;
    const struct retry_failure failure = {
        .error = &e,
        .status = leg->status ? leg->status : e.status,
        .has_retry_after = leg->has_retry_after,
        .retry_after_us = leg->retry_after_us,
    };
    char hint[POSTMORTEM_HINT];

    if (leg == &leg->s->main && leg->s->asked == ASKED_ENOUGH)
        session_too_late(leg->s, &e);
    postmortem_error(hint, &e, &context);
    if (!e.hint[0])
        err_hint(&e, "%s", leg->refusal_hint[0] ? leg->refusal_hint : hint);
    session_failed(leg, &e);
    if (leg->channel->activity.ended)
        session_over(leg, &failure);
}

static void find_retry_after(struct leg *leg, const struct event_response *response)
{
    for (size_t i = 0; i < response->header_count && !leg->has_retry_after; i++) {
        if (slice_is_nocase(response->headers[i].name, "Retry-After"))
            leg->has_retry_after = http_retry_after(
                response->headers[i].value, clock_wall_us() / 1000000, &leg->retry_after_us);
    }
}

static void responded(struct leg *leg, struct event_response *response)
{
    struct postmortem_context context = leg_evidence(leg);

    if (response->interim || response->followed) {
        response->hint = "";
        return;
    }
    leg->status = response->status;
    find_retry_after(leg, response);
    /* A request without an upgrade may be answered with 200, and follows its redirects itself. */
    if (leg->channel->kind != CHANNEL_WS && response->status < 400)
        return;
    postmortem_response(leg->refusal_hint, response, &context);
    /* The error that follows explains why this one is not followed. */
    if (leg->kind == CHANNEL_WS && leg->attempt.ws.follow && redirect_status(response->status))
        leg->refusal_hint[0] = '\0';
    response->hint = leg->refusal_hint;
}

/* A refusal that is only counted. */
static bool is_withheld(const struct leg *leg, const struct event *ev)
{
    return ev->kind == EVENT_RESPONSE && !ev->response.interim && !ev->response.followed &&
           ev->response.status != 101 && leg_is_quiet(leg);
}

/* Everything but messages, which pass through leg_on_event by the million: the stack space of the
 * rare kinds would cost each of them. */
static __attribute__((noinline)) void on_rare_event(struct leg *leg, struct event *ev)
{
    struct session *s = leg->s;

    switch (ev->kind) {
    case EVENT_RESPONSE:
        responded(leg, &ev->response);
        break;
    case EVENT_PONG:
        if (ev->dir == DIR_IN)
            session_ponged(s, &ev->control);
        break;
    case EVENT_PING:
        if (ev->dir == DIR_OUT)
            liveness_sent(&s->liveness, ev->control.data, clock_mono_us());
        break;
    case EVENT_POLL:
        if (leg != &s->main)
            fallback_polled(s->fallback, &ev->poll);
        break;
    case EVENT_OPEN:
        leg_observe(leg, ev);
        opened(leg, ev);
        return;
    case EVENT_CLOSE:
        leg_observe(leg, ev);
        closed(leg, ev);
        return;
    case EVENT_ERROR:
        failed(leg, ev);
        return;
    default:
        break;
    }
    ev->secret = ev->dir == DIR_OUT && session_sends_secret(s) &&
                 (ev->kind == EVENT_FRAME || ev->kind == EVENT_BYTES);
    leg_observe(leg, ev);
    if (is_withheld(leg, ev))
        return;
    bus_emit(s->bus, ev);
    leg_remark(leg, ev);
}

/* Both legs may have a message. True if this one is not to go up. */
static __attribute__((noinline)) bool is_surplus(struct leg *leg, const struct event_message *m)
{
    struct session *s = leg->s;

    if (leg == &s->main) {
        if (!fallback_is_active(s->fallback))
            return false;
        if (m->part <= 1)
            leg->drop = s->account && account_known(s->account, m->data) == 1;
        return leg->drop;
    }
    if (!fallback_is_active(s->fallback))
        return true;
    if (!s->account)
        return s->main.state == SESSION_OPEN;
    if (m->part <= 1)
        leg->drop = account_known(s->account, m->data) > 0;
    return leg->drop;
}

static void on_message_in(struct leg *leg, struct event *ev)
{
    struct session *s = leg->s;
    bool first;

    if (s->discard || (s->fallback && is_surplus(leg, &ev->message)))
        return;
    first = leg->evidence.message_at_us == 0;
    leg->evidence.message_at_us = ev->at_us;
    if (s->account)
        account_message(s->account, ev);
    if (s->decoding && leg == &s->main)
        session_decode_message(s, ev);
    else
        bus_emit(s->bus, ev);
    if (first && leg->kind == CHANNEL_WS && !(s->stack && decode_name(s->stack)))
        leg_greeted(leg, &ev->message);
    if (s->account && s->card.open)
        session_card_check(s);
}

void leg_on_event(struct layer *l, struct event *ev)
{
    struct leg *leg = (struct leg *)l;

    if (ev->kind != EVENT_MESSAGE)
        on_rare_event(leg, ev);
    else if (ev->dir != DIR_IN && leg->s->decoding)
        session_decode_message(leg->s, ev);
    else if (ev->dir != DIR_IN)
        bus_emit(leg->s->bus, ev);
    else
        on_message_in(leg, ev);
}

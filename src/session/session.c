#include "base/trace.h"
#include "session/session_private.h"

#include <stdlib.h>

#include "base/clock.h"
#include "http/redirect.h"
#include "proto/http_date.h"

void session_stamp(const struct session *s, struct event *ev)
{
    ev->channel = s->kind;
    ev->conn = (uint32_t)s->totals.connections + (s->state == SESSION_CONNECTING ? 1 : 0);
    ev->time_us = clock_wall_us();
    ev->at_us = clock_mono_us() - s->config.start_us;
}

struct event session_event(const struct session *s, enum event_kind kind)
{
    struct event ev = {.kind = kind};

    session_stamp(s, &ev);
    return ev;
}

static void on_pulse(uv_timer_t *timer);

/* Liveness: ask what is due and set the timer for the next question. */
static void pulse(struct session *s)
{
    uint64_t now = clock_mono_us();
    uint64_t wait;
    enum liveness_action action;

    while ((action = liveness_due(&s->liveness, s->channel->activity.last_in_us, now, &wait)) ==
           LIVENESS_PING) {
        char text[24];
        size_t len = liveness_payload(&s->liveness, text);

        if (session_ping(s, OPCODE_PING, slice_make(text, len)) == SEND_FAILED) {
            session_sending_failed(s);
            return;
        }
    }
    if (action == LIVENESS_LOST && s->paused) {
        /* Nothing is being read, so nothing is known: a sign of life may lie in the socket. */
        s->liveness.overdue_from_us = now;
        uv_timer_start(&s->pulse, on_pulse, s->config.ping_timeout_us / 1000 + 1, 0);
    } else if (action == LIVENESS_LOST) {
        channel_abort(s->channel, CLOSE_HOW_PING_TIMEOUT);
    } else if (wait != UINT64_MAX) {
        uv_timer_start(&s->pulse, on_pulse, wait / 1000 + 1, 0);
    }
}

void session_enter(struct session *s, enum session_state state)
{
    static const char *const names[] = {"idle",    "connecting", "open",
                                        "closing", "waiting",    "ended"};

    TRACE("session", (int)s->totals.connections, "%s, was %s", names[state], names[s->state]);
    s->state = state;
}

static void on_pulse(uv_timer_t *timer)
{
    struct session *s = timer->data;

    if (s->state == SESSION_OPEN && s->kind == CHANNEL_WS)
        pulse(s);
}

static void opened(struct session *s, struct event *ev)
{
    uint64_t now = clock_mono_us();

    s->totals.connections++;
    session_enter(s, SESSION_OPEN);
    session_card_back(s, &ev->open);
    liveness_init(&s->liveness, s->config.ping_interval_us, s->config.ping_timeout_us, now);
    bus_emit(s->bus, ev);
    if (s->account)
        account_opened(s->account);
    fallback_socket_opened(s->fallback);
    session_remark(s, ev);
    if (s->config.ping_interval_us && s->kind == CHANNEL_WS)
        pulse(s);
    if (s->card.open && !s->account)
        session_card_tell(s);
    session_queue_opened(s);
    if (s->hooks.opened)
        s->hooks.opened(s->hooks.ctx);
    session_catchup_start(s);
}

void session_settle(struct session *s)
{
    struct totals last;

    uv_timer_stop(&s->pulse);
    if (!s->channel || s->settled)
        return;
    last = channel_totals(s->channel);
    totals_add(&s->totals, &last);
    s->last_in_us = s->channel->activity.last_in_us;
    s->settled = true;
}

void session_ended(struct session *s)
{
    session_settle(s);
    session_enter(s, SESSION_ENDED);
    fallback_stop(s->fallback);
    session_catchup_stop(s);
    if (s->account)
        account_finish(s->account);
    session_card_tell(s);
    session_queue_ended(s);
    if (!s->failure_shown)
        session_report_failure(s);
    if (s->hooks.ended)
        s->hooks.ended(s->hooks.ctx);
}

static void closed(struct session *s, struct event *ev)
{
    struct postmortem_context context = session_evidence(s);
    char hint[POSTMORTEM_HINT];
    enum exit_code outcome = outcome_of_close(&ev->close, s->asked);
    const struct retry_failure failure = {
        .close = &ev->close,
        .has_retry_after = s->channel->retry_us > 0,
        .retry_after_us = s->channel->retry_us,
    };

    session_queue_lost(s, &ev->close);
    postmortem_close(hint, &ev->close, &context);
    if (s->kind == CHANNEL_WS || !ev->close.hint[0])
        ev->close.hint = hint;
    bus_emit(s->bus, ev);
    if (s->account)
        account_closed(s->account);
    if (!ev->close.clean)
        rtt_lost(&s->rtt, liveness_unanswered(&s->liveness));
    else
        rtt_lost(&s->rtt, s->liveness.forgotten);
    s->liveness.forgotten = 0;
    if (s->outcome == EXIT_OK && outcome != EXIT_OK) {
        failure_of_close(&s->failure, &ev->close, s->kind, outcome, s->evidence.violation);
        s->failure_shown = true;
        s->outcome = outcome;
    }
    session_over(s, &failure);
}

static void failed(struct session *s, struct event *ev)
{
    struct postmortem_context context = session_evidence(s);
    struct err e = *ev->error;
    const struct retry_failure failure = {
        .error = &e,
        .status = s->status ? s->status : e.status,
        .has_retry_after = s->has_retry_after,
        .retry_after_us = s->retry_after_us,
    };
    char hint[POSTMORTEM_HINT];

    if (session_gave_up_well(s)) {
        session_ended(s);
        return;
    }
    if (s->asked == ASKED_ENOUGH)
        session_too_late(s, &e);
    postmortem_error(hint, &e, &context);
    if (!e.hint[0])
        err_hint(&e, "%s", s->refusal_hint[0] ? s->refusal_hint : hint);
    session_failed(s, &e);
    if (s->channel->ended)
        session_over(s, &failure);
}

static void find_retry_after(struct session *s, const struct event_response *response)
{
    for (size_t i = 0; i < response->header_count && !s->has_retry_after; i++) {
        if (slice_is_nocase(response->headers[i].name, "Retry-After"))
            s->has_retry_after = http_retry_after(response->headers[i].value,
                                                  clock_wall_us() / 1000000, &s->retry_after_us);
    }
}

static void responded(struct session *s, struct event *ev)
{
    struct postmortem_context context = session_evidence(s);

    if (ev->response.interim || ev->response.followed) {
        ev->response.hint = "";
        return;
    }
    s->status = ev->response.status;
    find_retry_after(s, &ev->response);
    /* What is no upgrade may well be 200, and follows its redirects itself. */
    if (s->kind != CHANNEL_WS && ev->response.status < 400)
        return;
    postmortem_response(s->refusal_hint, &ev->response, &context);
    /* The error that follows says why this one is not followed. */
    if (s->config.ws.follow && redirect_status(ev->response.status))
        s->refusal_hint[0] = '\0';
    ev->response.hint = s->refusal_hint;
}

static void ponged(struct session *s, struct event_control *pong)
{
    pong->matched = liveness_pong(&s->liveness, pong->data, clock_mono_us(), &pong->rtt_us);
    if (pong->matched)
        rtt_add(&s->rtt, pong->rtt_us);
}

/* Everything but messages, which pass through session_on_event by the million: what the rare kinds
 * need on the stack would cost each of them. */
static __attribute__((noinline)) void on_rare_event(struct session *s, struct event *ev)
{
    switch (ev->kind) {
    case EVENT_RESPONSE:
        responded(s, ev);
        break;
    case EVENT_PONG:
        if (ev->dir == DIR_IN)
            ponged(s, &ev->control);
        break;
    case EVENT_PING:
        if (ev->dir == DIR_OUT)
            liveness_sent(&s->liveness, ev->control.data, clock_mono_us());
        break;
    case EVENT_OPEN:
        session_observe(s, ev);
        opened(s, ev);
        return;
    case EVENT_CLOSE:
        session_observe(s, ev);
        closed(s, ev);
        return;
    case EVENT_ERROR:
        failed(s, ev);
        return;
    default:
        break;
    }
    session_observe(s, ev);
    bus_emit(s->bus, ev);
    session_remark(s, ev);
    if (ev->kind == EVENT_CONNECT)
        session_connected_from(s, ev->connect.local);
}

/* The fallback is still there, and may have been first. */
static __attribute__((noinline)) bool is_surplus(struct session *s, const struct event_message *m)
{
    if (m->part <= 1)
        s->drop = s->account && account_known(s->account, m->data) == 1;
    return s->drop;
}

static void on_message_in(struct session *s, struct event *ev)
{
    bool first;

    if (s->discard || (fallback_is_active(s->fallback) && is_surplus(s, &ev->message)))
        return;
    first = s->evidence.message_at_us == 0;
    s->evidence.message_at_us = ev->at_us;
    if (s->account)
        account_message(s->account, ev);
    bus_emit(s->bus, ev);
    if (first && s->kind == CHANNEL_WS)
        session_greeted(s, &ev->message);
    if (s->account && s->card.open)
        session_card_check(s);
}

void session_on_event(void *ctx, struct event *ev)
{
    struct session *s = ctx;

    if (ev->kind != EVENT_MESSAGE)
        on_rare_event(s, ev);
    else if (ev->dir != DIR_IN)
        bus_emit(s->bus, ev);
    else
        on_message_in(s, ev);
}

static void pulse_closed(uv_handle_t *handle)
{
    struct session *s = handle->data;

    channel_shared_free(s->shared);
    attempt_clear(&s->attempt);
    session_account_clear(s);
    session_queue_clear(s);
    free(s);
}

static int fallback_init(struct session *s, struct err *e)
{
    if (!s->config.fallback.url || s->kind != CHANNEL_WS)
        return 0;
    s->fallback = fallback_new(s);
    return s->fallback ? 0 : err_nomem(e, STAGE_IO, "starting");
}

struct session *session_new(uv_loop_t *loop, const struct session_config *config,
                            const struct bus *bus, const struct session_hooks *hooks, struct err *e)
{
    struct session *s = calloc(1, sizeof *s);

    if (!s) {
        err_nomem(e, STAGE_IO, "starting");
        return NULL;
    }
    s->loop = loop;
    s->config = *config;
    s->kind = config->channel;
    retry_policy_init(&s->policy, &config->retry);
    s->bus = bus;
    s->hooks = *hooks;
    s->shared = channel_shared_new(s->config.supplies, &s->config.ws.dial.tls,
                                   s->config.ws.handshake.url->scheme == URL_WSS, e);
    if (!s->shared || session_account_init(s, e) < 0 || session_catchup_init(s, e) < 0 ||
        session_queue_init(s, e) < 0 || fallback_init(s, e) < 0) {
        session_catchup_free(s);
        session_account_clear(s);
        session_queue_clear(s);
        channel_shared_free(s->shared);
        free(s);
        return NULL;
    }
    uv_timer_init(loop, &s->pulse);
    s->pulse.data = s;
    return s;
}

void session_free(struct session *s)
{
    if (!s || s->freed)
        return;
    s->freed = true;
    header_cmd_cancel(s->command);
    s->command = NULL;
    channel_free(s->channel);
    s->channel = NULL;
    fallback_free(s->fallback);
    s->fallback = NULL;
    session_catchup_free(s);
    fault_conn_free(s->fault, clock_mono_us());
    s->fault = NULL;
    uv_close((uv_handle_t *)&s->pulse, pulse_closed);
}

int session_frame(struct session *s, const struct frame_spec *spec, struct slice payload)
{
    return s->state == SESSION_OPEN ? channel_frame(s->channel, spec, payload) : SEND_CLOSED;
}

int session_ping(struct session *s, enum opcode opcode, struct slice data)
{
    return s->state == SESSION_OPEN ? channel_ping(s->channel, opcode, data) : SEND_CLOSED;
}

void session_close(struct session *s, uint16_t code, const char *reason, uint64_t timeout_us,
                   enum outcome_asked asked)
{
    if (s->state == SESSION_IDLE || s->state == SESSION_ENDED)
        return;
    if (asked > s->asked)
        s->asked = asked;
    if (session_gave_up_between(s))
        return;
    if (s->state == SESSION_OPEN)
        session_enter(s, SESSION_CLOSING);
    channel_close(s->channel, code, slice_str(reason),
                  timeout_us ? timeout_us : s->config.ws.close_timeout_us);
}

void session_abort(struct session *s)
{
    if (s->asked == ASKED_NOT)
        s->asked = ASKED_CLOSE;
    if (s->state != SESSION_IDLE && s->state != SESSION_ENDED && !session_gave_up_between(s))
        channel_abort(s->channel, CLOSE_HOW_FIN);
}

void session_pause(struct session *s, bool paused)
{
    s->paused = paused;
    if (s->channel)
        channel_pause(s->channel, paused);
    fallback_pause(s->fallback, paused);
}

void session_discard(struct session *s)
{
    s->discard = true;
}

enum session_state session_state(const struct session *s)
{
    return s->state;
}

enum event_channel session_kind(const struct session *s)
{
    return s->kind;
}

bool session_has_fallback(const struct session *s)
{
    return s->fallback != NULL;
}

bool session_fallback(const struct session *s, enum event_channel *kind)
{
    if (!fallback_is_active(s->fallback))
        return false;
    *kind = fallback_kind(s->fallback);
    return true;
}

bool session_fallback_leave(struct session *s)
{
    if (!fallback_leave(s->fallback))
        return false;
    session_carried_no_more(s);
    return true;
}

uint64_t session_last_in_us(const struct session *s)
{
    uint64_t last = s->channel ? s->channel->activity.last_in_us : s->last_in_us;
    uint64_t other = fallback_last_in_us(s->fallback);

    return last > other ? last : other;
}

enum exit_code session_outcome(const struct session *s)
{
    if (s->outcome == EXIT_OK && s->account && account_failed(s->account))
        return EXIT_EXPECT;
    return s->outcome;
}

struct totals session_totals(const struct session *s)
{
    struct totals totals = s->totals, more;

    if (s->channel && !s->channel->ended) {
        struct totals live = channel_totals(s->channel);

        totals_add(&totals, &live);
    }
    more = fallback_totals(s->fallback);
    totals_add(&totals, &more);
    totals_add(&totals, &s->caught_up);
    if (s->account)
        account_totals(s->account, &totals);
    return totals;
}

struct faults *session_faults(const struct session *s)
{
    return s->config.faults;
}

bool session_tcp_stats(const struct session *s, struct tcp_stats *stats)
{
    return s->channel && channel_tcp_stats(s->channel, stats);
}

uint64_t session_since_start_us(const struct session *s, uint64_t now_us)
{
    return now_us - s->config.start_us;
}

void session_report_error(struct session *s, const struct err *e)
{
    struct event ev = session_event(s, EVENT_ERROR);
    struct err complete = *e;

    s->reported = true;
    failure_complete(&complete);
    ev.error = &complete;
    bus_emit(s->bus, &ev);
}

void session_report_failure(struct session *s)
{
    struct err e = s->failure;

    if (s->reported || session_outcome(s) == EXIT_OK)
        return;
    if (s->outcome == EXIT_OK)
        failure_of_loss(&e, session_totals(s).lost);
    session_report_error(s, &e);
}

void session_note(struct session *s, const char *text)
{
    struct event ev = session_event(s, EVENT_NOTE);

    ev.note = text;
    bus_emit(s->bus, &ev);
}

struct event_rtt session_rtt(const struct session *s)
{
    struct event_rtt sums = rtt_sums(&s->rtt);

    sums.lost += s->liveness.forgotten;
    return sums;
}

void session_summary(struct session *s, enum exit_code exit)
{
    struct event ev = session_event(s, EVENT_SUMMARY);

    ev.summary = (struct event_summary){
        .totals = session_totals(s),
        .duration_us = ev.at_us,
        .seed = s->config.seed,
        .exit = exit,
        .retries = s->retries,
        .rtt = session_rtt(s),
        .outages = scorecard_sums(&s->card, clock_mono_us()),
    };
    session_queue_sums(s, &ev.summary.delivery);
    bus_emit(s->bus, &ev);
}

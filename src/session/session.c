#include "session/session_private.h"

#include <stdlib.h>

#include "base/clock.h"

struct event session_event(const struct session *s, enum event_kind kind)
{
    return leg_event(&s->main, kind);
}

struct leg *session_other(const struct leg *leg)
{
    struct session *s = leg->s;

    return leg == &s->main ? fallback_leg(s->fallback) : &s->main;
}

static void on_pulse(void *ctx);

/* Liveness: ask what is due and set the timer for the next question. */
static void pulse(struct session *s)
{
    uint64_t now = clock_mono_us();
    uint64_t wait;
    enum liveness_action action;

    while ((action = liveness_due(&s->liveness, s->main.channel->activity.last_in_us, now,
                                  &wait)) == LIVENESS_PING) {
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
        timer_start(s->main.timer, s->config.ping_timeout_us, on_pulse);
    } else if (action == LIVENESS_LOST) {
        channel_abort(s->main.channel, CLOSE_HOW_PING_TIMEOUT);
    } else if (wait != UINT64_MAX) {
        timer_start(s->main.timer, wait, on_pulse);
    }
}

/* Polling has no pings: they begin with the upgrade. */
static void pulse_or_wait(struct session *s)
{
    if (s->main.channel->kind == CHANNEL_WS)
        pulse(s);
    else
        timer_start(s->main.timer, s->config.ping_interval_us, on_pulse);
}

static void on_pulse(void *ctx)
{
    struct leg *leg = ctx;

    if (leg->state == SESSION_OPEN && leg->kind == CHANNEL_WS)
        pulse_or_wait(leg->s);
}

void session_opening(struct session *s, struct event_open *open)
{
    session_card_back(s, open);
    session_decode_opened(s, open);
    liveness_init(&s->liveness, s->config.ping_interval_us, s->config.ping_timeout_us,
                  clock_mono_us());
}

void session_opened(struct session *s)
{
    fallback_socket_opened(s->fallback);
    if (s->config.ping_interval_us && s->main.kind == CHANNEL_WS)
        pulse_or_wait(s);
    if (s->card.open && !s->account)
        session_card_tell(s);
    session_decode_begin(s);
    if (!s->held_back)
        session_ready(s);
}

void session_ready(struct session *s)
{
    session_queue_opened(s);
    if (s->hooks.opened)
        s->hooks.opened(s->hooks.ctx);
    session_catchup_start(s);
}

void session_closed(struct session *s, struct event_close *close)
{
    session_decode_closed(s, close);
    session_queue_lost(s, close);
    rtt_lost(&s->rtt, close->clean ? s->liveness.forgotten : liveness_unanswered(&s->liveness));
    s->liveness.forgotten = 0;
}

void session_ponged(struct session *s, struct event_control *pong)
{
    pong->matched = liveness_pong(&s->liveness, pong->data, clock_mono_us(), &pong->rtt_us);
    if (pong->matched)
        rtt_add(&s->rtt, pong->rtt_us);
}

void session_check_over(struct session *s)
{
    const struct leg *other = fallback_leg(s->fallback);

    if (s->over || !leg_is_over(&s->main) || (other && !leg_is_over(other)))
        return;
    s->over = true;
    if (s->well)
        s->main.outcome = EXIT_OK;
    session_catchup_stop(s);
    if (s->account)
        account_finish(s->account);
    session_card_tell(s);
    session_queue_ended(s);
    if (!s->main.failure_shown)
        session_report_failure(s);
    if (s->hooks.ended)
        s->hooks.ended(s->hooks.ctx);
}

/* --- life -------------------------------------------------------------------------------------
 */

static int fallback_init(struct session *s, struct err *e)
{
    if (!s->config.fallback.url || s->main.kind != CHANNEL_WS)
        return 0;
    s->fallback = fallback_new(s);
    return s->fallback ? 0 : err_nomem(e, STAGE_IO, "starting");
}

static int init(struct session *s, struct err *e)
{
    s->shared = channel_shared_new(s->config.supplies, &s->config.ws.dial.tls,
                                   s->config.ws.handshake.url->scheme == URL_WSS, e);
    if (!s->shared)
        return -1;
    if (session_decode_init(s, e) < 0)
        return -1;
    if (leg_init(&s->main, s, s->config.channel, NULL) < 0)
        return err_nomem(e, STAGE_IO, "starting");
    return session_account_init(s, e) < 0 || session_catchup_init(s, e) < 0 ||
                   session_queue_init(s, e) < 0 || fallback_init(s, e) < 0
               ? -1
               : 0;
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
    s->bus = bus;
    s->hooks = *hooks;
    if (init(s, e) == 0)
        return s;
    session_free(s);
    return NULL;
}

void session_free(struct session *s)
{
    if (!s)
        return;
    leg_clear(&s->main);
    fallback_free(s->fallback);
    session_catchup_free(s);
    session_account_clear(s);
    session_decode_clear(s);
    session_queue_clear(s);
    channel_shared_free(s->shared);
    free(s);
}

int session_open(struct session *s)
{
    struct err e;

    s->asked = ASKED_NOT;
    s->well = s->over = s->reported = false;
    err_clear(&s->main.failure);
    retry_policy_reset(&s->main.policy);
    if (leg_open(&s->main, &e) == 0)
        return 0;
    session_report_error(s, &e);
    s->main.outcome = e.code;
    leg_enter(&s->main, SESSION_ENDED);
    s->over = true;
    return -1;
}

/* --- down ---------------------------------------------------------------------------------------
 */

int session_frame(struct session *s, const struct frame_spec *spec, struct slice payload)
{
    return s->main.state == SESSION_OPEN ? channel_frame(s->main.channel, spec, payload)
                                         : SEND_CLOSED;
}

int session_ping(struct session *s, enum opcode opcode, struct slice data)
{
    return s->main.state == SESSION_OPEN ? channel_ping(s->main.channel, opcode, data)
                                         : SEND_CLOSED;
}

void session_too_late(const struct session *s, struct err *e)
{
    if (e->code != EXIT_OTHER)
        return;
    if (s->main.failure.code != EXIT_OK)
        *e = s->main.failure;
    else
        err_set(e, EXIT_TIMEOUT, STAGE_CONNECT, 0,
                "no connection was open when the time of --for was over");
}

/* The session is asked to end. False: there is nothing to end. */
static bool ask(struct session *s, enum outcome_asked asked)
{
    if (s->over || s->main.state == SESSION_IDLE)
        return false;
    fallback_tell_quiet(s->fallback);
    if (asked > s->asked)
        s->asked = asked;
    if (s->main.state != SESSION_OPEN && s->main.state != SESSION_CLOSING)
        s->well = s->well || fallback_is_open(s->fallback) ||
                  (s->asked == ASKED_ENOUGH && s->totals.connections > 0);
    return true;
}

/* No channel was there to report the end of the socket's leg, which was in that state. */
static void gave_up(struct session *s, enum session_state was)
{
    struct err e;

    if (was == SESSION_WAITING) {
        session_note(s, "no further attempt is made");
    } else if (was == SESSION_CONNECTING && !s->well) {
        err_set(&e, EXIT_OTHER, STAGE_CONNECT, 0, "given up before the connection was open");
        if (s->asked == ASKED_ENOUGH)
            session_too_late(s, &e);
        session_failed(&s->main, &e);
    }
}

void session_close(struct session *s, uint16_t code, const char *reason, uint64_t timeout_us,
                   enum outcome_asked asked)
{
    enum session_state was = session_state(s);

    if (!ask(s, asked))
        return;
    session_decode_leave(s);
    leg_close(&s->main, code, slice_str(reason),
              timeout_us ? timeout_us : s->config.ws.close_timeout_us);
    if (leg_is_over(&s->main))
        gave_up(s, was);
    fallback_stop(s->fallback);
    session_check_over(s);
}

void session_abort(struct session *s)
{
    enum session_state was = session_state(s);

    if (!ask(s, s->asked == ASKED_NOT ? ASKED_CLOSE : s->asked))
        return;
    fallback_abort(s->fallback);
    leg_abort(&s->main);
    if (!s->over && leg_is_over(&s->main))
        gave_up(s, was);
    session_check_over(s);
}

void session_pause(struct session *s, bool paused)
{
    struct leg *other = fallback_leg(s->fallback);

    s->paused = paused;
    leg_pause(&s->main, paused);
    if (other)
        leg_pause(other, paused);
}

void session_discard(struct session *s)
{
    s->discard = true;
}

enum session_state session_state(const struct session *s)
{
    if (s->over || s->main.state != SESSION_ENDED)
        return s->main.state;
    return s->main.leaving ? SESSION_CLOSING : SESSION_WAITING; /* the fallback is there */
}

enum event_channel session_kind(const struct session *s)
{
    return s->main.kind;
}

bool session_has_fallback(const struct session *s)
{
    return s->fallback != NULL;
}

bool session_fallback(const struct session *s, enum event_channel *kind)
{
    if (!fallback_is_active(s->fallback))
        return false;
    *kind = fallback_leg(s->fallback)->kind;
    return true;
}

bool session_fallback_leave(struct session *s)
{
    if (!fallback_leave(s->fallback))
        return false;
    session_check_over(s);
    return true;
}

uint64_t session_last_in_us(const struct session *s)
{
    const struct leg *leg = fallback_leg(s->fallback);
    uint64_t last = leg_last_in_us(&s->main), other = leg ? leg_last_in_us(leg) : 0;

    return last > other ? last : other;
}

enum exit_code session_outcome(const struct session *s)
{
    if (s->main.outcome == EXIT_OK && s->account && account_failed(s->account))
        return EXIT_EXPECT;
    return s->main.outcome;
}

struct totals session_totals(const struct session *s)
{
    const struct leg *leg = fallback_leg(s->fallback);
    struct totals totals = s->totals, more = leg_totals(&s->main);

    totals_add(&totals, &more);
    if (leg) {
        more = leg_totals(leg);
        totals_add(&totals, &more);
    }
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
    const struct leg *leg = fallback_is_open(s->fallback) && s->main.state != SESSION_OPEN
                                ? fallback_leg(s->fallback)
                                : &s->main;

    return leg->channel && channel_tcp_stats(leg->channel, stats);
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
    struct err e = s->main.failure;

    if (s->reported || session_outcome(s) == EXIT_OK)
        return;
    if (s->main.outcome == EXIT_OK)
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
    struct event ev;

    session_decode_findings(s);
    ev = session_event(s, EVENT_SUMMARY);
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

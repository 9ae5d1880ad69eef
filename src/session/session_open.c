/*
 * session_open: an attempt: the headers of --header-cmd, and a channel.
 */
#include "base/clock.h"
#include "session/session_private.h"

/* --header-cmd has ended. */
static void on_headers(void *ctx, char *text, const struct err *why)
{
    struct session *s = ctx;
    struct err e = *why;

    s->command = NULL;
    if (!text || attempt_headers(&s->attempt, text, &e) < 0 || session_start_channel(s, &e) < 0)
        session_attempt_failed(s, &e);
}

/* Begin an attempt. 0, or -1 with *e: it has failed already. */
static int begin(struct session *s, struct err *e)
{
    channel_free(s->channel);
    s->channel = NULL;
    session_enter(s, SESSION_CONNECTING);
    s->outcome = EXIT_OK;
    attempt_begin(&s->attempt, &s->config.ws, clock_mono_us());
    if (session_resume_url(s, e) < 0)
        return -1;
    if (!s->config.header_cmd)
        return session_start_channel(s, e);
    s->command = header_cmd_start(s->loop, s->config.header_cmd, s->config.ws.connect_timeout_us,
                                  on_headers, s, e);
    return s->command ? 0 : -1;
}

void session_attempt(struct session *s)
{
    struct err e;

    if (begin(s, &e) < 0)
        session_attempt_failed(s, &e);
}

int session_open(struct session *s)
{
    struct err e;

    s->asked = ASKED_NOT;
    s->reported = false;
    err_clear(&s->failure);
    retry_policy_reset(&s->policy);
    if (begin(s, &e) == 0)
        return 0;
    session_report_error(s, &e);
    s->outcome = e.code;
    session_enter(s, SESSION_ENDED);
    return -1;
}

bool session_gave_up_well(struct session *s)
{
    if ((s->asked != ASKED_ENOUGH || s->totals.connections == 0) &&
        (s->asked == ASKED_NOT || !fallback_is_open(s->fallback)))
        return false;
    s->outcome = EXIT_OK;
    return true;
}

void session_too_late(const struct session *s, struct err *e)
{
    if (e->code != EXIT_OTHER)
        return;
    if (s->failure.code != EXIT_OK)
        *e = s->failure;
    else
        err_set(e, EXIT_TIMEOUT, STAGE_CONNECT, 0,
                "no connection was open when the time of --for was over");
}

bool session_gave_up_between(struct session *s)
{
    struct err e;

    if (s->state == SESSION_WAITING) {
        (void)session_gave_up_well(s);
        session_note(s, "no further attempt is made");
        session_ended(s); /* else with the code of the last failure */
        return true;
    }
    if (s->state != SESSION_CONNECTING || (s->channel && !s->channel->ended))
        return false;
    header_cmd_cancel(s->command);
    s->command = NULL;
    uv_timer_stop(&s->pulse);
    if (session_gave_up_well(s)) {
        session_ended(s);
        return true;
    }
    err_set(&e, EXIT_OTHER, STAGE_CONNECT, 0, "given up before the connection was open");
    if (s->asked == ASKED_ENOUGH)
        session_too_late(s, &e);
    session_attempt_failed(s, &e);
    return true;
}

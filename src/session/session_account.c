/*
 * session_account: the books of a session: their reports are passed up, and what they need is
 * requested.
 */
#include <stdlib.h>

#include "session/session_private.h"

static void on_report(void *ctx, struct event *ev)
{
    struct session *s = ctx;
    uint64_t at_us = ev->at_us;
    int64_t time_us = ev->time_us;

    leg_stamp(&s->main, ev);
    if (at_us) {
        ev->at_us = at_us;
        ev->time_us = time_us;
    }
    bus_emit(s->bus, ev);
}

int session_account_init(struct session *s, struct err *e)
{
    if (!account_wanted(&s->config.account))
        return 0;
    s->account = account_new(&s->config.account, on_report, s);
    return s->account ? 0 : err_nomem(e, STAGE_IO, "starting");
}

void session_account_clear(struct session *s)
{
    account_free(s->account);
    s->account = NULL;
    if (s->resuming)
        url_clear(&s->resume_url);
    s->resuming = false;
}

void session_resume(struct session *s)
{
    struct slice text;

    int r = s->account ? account_resume(s->account, &text) : 0;

    if (r > 0)
        session_send_first(s, text);
    else if (r < 0)
        session_note(s, "--resume: nothing was sent: out of memory, or it became too long");
}

int session_resume_url(struct session *s, struct err *e)
{
    struct url url;
    char *target;

    if (!s->account || !s->config.account.resume_query)
        return 0;
    if (url_copy(&url, s->config.ws.handshake.url) < 0)
        return err_nomem(e, STAGE_CONNECT, "connecting");
    target = account_resume_target(s->account, url.target);
    if (!target) {
        url_clear(&url);
        return err_set(e, EXIT_OTHER, STAGE_CONNECT, 0,
                       "the URL with what --resume-query adds became too long");
    }
    free(url.target);
    url.target = target;
    if (s->resuming)
        url_clear(&s->resume_url);
    s->resume_url = url;
    s->resuming = true;
    s->main.attempt.ws.handshake.url = &s->resume_url;
    return 0;
}

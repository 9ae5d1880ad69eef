/*
 * session_evidence: gathers what a post-mortem needs, and tells what is worth a word while all is
 * well.
 */
#include <stdio.h>

#include "session/session_private.h"

struct postmortem_context session_evidence(const struct session *s)
{
    const struct handshake_config *hs = s->channel ? s->channel->asked : &s->attempt.ws.handshake;
    const struct evidence *seen = &s->evidence;
    struct event now = {.kind = EVENT_NOTE};
    uint64_t last = seen->message_at_us ? seen->message_at_us : seen->opened_at_us;

    session_stamp(s, &now);
    return (struct postmortem_context){
        .secure = hs->url->scheme == URL_WSS,
        .deflate = seen->deflate[0] ? seen->deflate : NULL,
        .deflate_broken = seen->deflate_broken,
        .http = s->kind != CHANNEL_WS,
        .messages_in = s->channel ? channel_totals(s->channel).messages_in : 0,
        .message_age_us = now.at_us - last,
        .last_sent = seen->last_sent,
        .queued = session_pending(s),
        .ping_interval_us = s->config.ping_interval_us,
        .rtt_us = seen->rtt_us,
        .subprotocols_offered = hs->subprotocol_count > 0,
        .subprotocol_agreed = seen->subprotocol_agreed,
        .credentials_sent = hs->authorization != NULL || hs->cookie != NULL,
        .cookies_sent = hs->cookie != NULL,
        .backend = seen->backend.text,
        .socketio = strstr(hs->url->target, "EIO=") != NULL,
        .endings = &seen->endings,
        .fault = s->fault ? fault_conn_last(s->fault) : NULL,
    };
}

static void note_open(struct session *s, const struct event *ev)
{
    struct evidence *seen = &s->evidence;

    snprintf(seen->deflate, sizeof seen->deflate, "%s", ev->open.extensions);
    seen->subprotocol_agreed = ev->open.subprotocol[0] != '\0';
    seen->deflate_broken = false;
    seen->violation[0] = '\0';
    seen->message_at_us = 0;
    seen->opened_at_us = ev->at_us;
    seen->rtt_us = 0;
}

void session_observe(struct session *s, const struct event *ev)
{
    struct evidence *seen = &s->evidence;

    switch (ev->kind) {
    case EVENT_RESPONSE:
        if (ev->response.status == 101) {
            seen->before = seen->backend;
            backend_read(&seen->backend, &ev->response);
        }
        break;
    case EVENT_OPEN:
        note_open(s, ev);
        break;
    case EVENT_PONG:
        if (ev->control.matched)
            seen->rtt_us = ev->control.rtt_us;
        break;
    case EVENT_VIOLATION:
        seen->deflate_broken = strstr(ev->violation.rule, "7692") != NULL;
        if (ev->violation.fatal)
            snprintf(seen->violation, sizeof seen->violation, "%s (%s)", ev->violation.message,
                     ev->violation.rule);
        break;
    case EVENT_CLOSE:
        endings_add(&seen->endings, &ev->close,
                    s->channel ? channel_totals(s->channel).frames_in : 0);
        break;
    default:
        break;
    }
}

void session_greeted(struct session *s, const struct event_message *m)
{
    char hint[POSTMORTEM_HINT];

    postmortem_greeting(hint, m->data);
    if (hint[0])
        session_note(s, hint);
}

void session_remark(struct session *s, const struct event *ev)
{
    char hint[POSTMORTEM_HINT] = "";
    char how[2 * BACKEND_TEXT];

    if (ev->kind == EVENT_CONNECT)
        postmortem_connect(hint, &ev->connect);
    else if (ev->kind == EVENT_OPEN &&
             backend_changed(how, &s->evidence.before, &s->evidence.backend))
        snprintf(hint, sizeof hint, "another server answers now: %.290s", how);
    if (hint[0])
        session_note(s, hint);
}

/*
 * leg_evidence: gathers what a post-mortem needs, and reports what is remarkable while all is well.
 */
#include <stdio.h>

#include "session/session_private.h"

struct postmortem_context leg_evidence(const struct leg *leg)
{
    const struct session *s = leg->s;
    const struct handshake_config *hs =
        leg->channel ? leg->channel->asked : &leg->attempt.ws.handshake;
    const struct evidence *seen = &leg->evidence;
    struct event now = {.kind = EVENT_NOTE};
    uint64_t last = seen->message_at_us ? seen->message_at_us : seen->opened_at_us;

    leg_stamp(leg, &now);
    return (struct postmortem_context){
        .secure = hs->url->scheme == URL_WSS,
        .deflate = seen->deflate[0] ? seen->deflate : NULL,
        .deflate_broken = seen->deflate_broken,
        .http = leg->kind != CHANNEL_WS,
        .messages_in = leg->channel ? channel_totals(leg->channel).messages_in : 0,
        .message_age_us = now.at_us - last,
        .last_sent = seen->last_sent,
        .queued = leg == &s->main ? session_pending(s) : 0,
        .ping_interval_us = s->config.ping_interval_us,
        .rtt_us = seen->rtt_us,
        .subprotocols_offered = hs->subprotocol_count > 0,
        .subprotocol_agreed = seen->subprotocol_agreed,
        .credentials_sent = hs->authorization != NULL || hs->cookie != NULL,
        .cookies_sent = hs->cookie != NULL || (leg->channel && leg->channel->has_cookies),
        .backend = seen->backend.text,
        .socketio = strstr(hs->url->target, "EIO=") != NULL,
        .endings = &seen->endings,
        .fault = leg->fault ? fault_conn_last(leg->fault) : NULL,
    };
}

static void note_open(struct leg *leg, const struct event *ev)
{
    struct evidence *seen = &leg->evidence;

    snprintf(seen->deflate, sizeof seen->deflate, "%s", ev->open.extensions);
    seen->subprotocol_agreed = ev->open.subprotocol[0] != '\0';
    seen->deflate_broken = false;
    seen->violation[0] = '\0';
    seen->message_at_us = 0;
    seen->opened_at_us = ev->at_us;
    seen->rtt_us = 0;
}

void leg_observe(struct leg *leg, const struct event *ev)
{
    struct evidence *seen = &leg->evidence;

    switch (ev->kind) {
    case EVENT_RESPONSE:
        if (ev->response.status == 101) {
            seen->before = seen->backend;
            backend_read(&seen->backend, &ev->response);
        }
        break;
    case EVENT_OPEN:
        note_open(leg, ev);
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
                    leg->channel ? channel_totals(leg->channel).frames_in : 0);
        break;
    default:
        break;
    }
}

void leg_greeted(struct leg *leg, const struct event_message *m)
{
    char hint[POSTMORTEM_HINT];

    postmortem_greeting(hint, m->data);
    if (hint[0])
        session_note(leg->s, hint);
}

/* Connected, from "ADDRESS:PORT" of this end: reports if it differs from that of the last one. */
static void remark_source(struct leg *leg, const char *local)
{
    const char *port = strrchr(local, ':');
    size_t len = port ? (size_t)(port - local) : 0;
    char text[2 * LEG_ADDRESS + 80];

    if (len == 0 || len >= sizeof leg->source)
        return; /* a unix socket has none */
    if (leg->source[0] && (strlen(leg->source) != len || memcmp(leg->source, local, len) != 0)) {
        snprintf(text, sizeof text,
                 "the source address is now %.*s, it was %s: the network has changed", (int)len,
                 local, leg->source);
        session_note(leg->s, text);
    }
    memcpy(leg->source, local, len);
    leg->source[len] = '\0';
}

void leg_remark(struct leg *leg, const struct event *ev)
{
    char hint[POSTMORTEM_HINT] = "";
    char how[2 * BACKEND_TEXT];

    if (ev->kind == EVENT_CONNECT)
        postmortem_connect(hint, &ev->connect);
    else if (ev->kind == EVENT_OPEN &&
             backend_changed(how, &leg->evidence.before, &leg->evidence.backend))
        snprintf(hint, sizeof hint, "another server answers now: %.290s", how);
    if (hint[0])
        session_note(leg->s, hint);
    if (ev->kind == EVENT_CONNECT)
        remark_source(leg, ev->connect.local);
}

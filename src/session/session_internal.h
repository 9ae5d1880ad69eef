/*
 * session_internal: what the files of a session share: session (events up, commands down),
 * session_open (an attempt, until its channel speaks for itself) and session_channel (which channel
 * that is).
 */
#ifndef SESSION_SESSION_INTERNAL_H
#define SESSION_SESSION_INTERNAL_H

#include "session/attempt.h"
#include "session/evidence.h"
#include "session/header_cmd.h"
#include "session/liveness.h"
#include "session/postmortem.h"
#include "session/session.h"

struct session {
    uv_loop_t *loop;
    struct session_config config;
    const struct bus *bus;
    struct session_hooks hooks;
    struct channel_shared *shared;

    struct attempt attempt;
    struct header_cmd *command; /* its --header-cmd while that runs */
    struct err redirect_error;  /* why its last redirect was not followed; code EXIT_OK: none */
    enum event_channel kind;    /* of the channels that are opened now: config.channel at first */
    struct channel *channel;
    enum session_state state;
    enum outcome_asked asked;
    enum exit_code outcome;
    bool paused;
    bool discard;
    struct liveness liveness;
    struct account *account; /* NULL: no books are kept */
    struct url resume_url;   /* owned: the attempt's, where account asked for more, if resuming */
    bool resuming;
    struct totals totals; /* of connections that have ended */
    struct evidence evidence;
    uint64_t last_in_us;
    char refusal_hint[POSTMORTEM_HINT]; /* of the response that refused the upgrade */

    uv_timer_t pulse; /* for liveness; before the opening: the way to the next turn of the loop */
    bool freed;
};

/* session.c */
channel_emit_fn session_on_event;
void session_on_drained(void *ctx);
/* The conversation is over: counters, and the hook. */
void session_ended(struct session *s);

/* The header of an event of the session's own. */
void session_stamp(const struct session *s, struct event *ev);

/* session_account.c */
int session_account_init(struct session *s, struct err *e);
void session_account_clear(struct session *s);
/* The attempt's URL becomes the one that --resume-query asks for. 0, or -1 with *e. */
int session_resume_url(struct session *s, struct err *e);
/* Send what --resume asks for. */
void session_resume(struct session *s);

/* session_evidence.c */
/* What is known for a post-mortem. */
struct postmortem_context session_evidence(const struct session *s);
/* Remember what an event tells, before it goes up. */
void session_observe(struct session *s, const struct event *ev);
/* Say what deserves a word although nothing failed, once the event has gone up. */
void session_remark(struct session *s, const struct event *ev);

/* session_channel.c */
/* Open a channel for what the attempt has come to. -1 with *e; s->channel may be there all the
 * same, for the next attempt or session_free to drop. */
int session_start_channel(struct session *s, struct err *e);

/* session_open.c */
/* A redirect is to be followed, but not before the channel is off the stack. */
void session_follow_soon(struct session *s);
/* Before the opening, when no channel is there to be told to give up: do that. True if it was so.
 */
bool session_gave_up_between(struct session *s);

#endif

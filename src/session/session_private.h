/*
 * session_private: what the files of a session share: session (events up, commands down),
 * session_open (an attempt, until its channel speaks for itself), session_channel (which channel
 * that is), session_retry (what comes after a loss) and session_queue (what is to be sent).
 */
#ifndef SESSION_SESSION_PRIVATE_H
#define SESSION_SESSION_PRIVATE_H

#include "channel/channel_sse.h"
#include "session/attempt.h"
#include "session/books/rtt.h"
#include "session/books/scorecard.h"
#include "session/diagnose/evidence.h"
#include "session/diagnose/failure.h"
#include "session/diagnose/postmortem.h"
#include "session/header_cmd.h"
#include "session/liveness.h"
#include "session/outbox.h"
#include "session/retry_policy.h"
#include "session/session.h"

/* Room for a numeric address in brackets with its zone. */
#define SESSION_ADDRESS 80

struct session {
    uv_loop_t *loop;
    struct session_config config;
    const struct bus *bus;
    struct session_hooks hooks;
    struct channel_shared *shared;

    struct attempt attempt;
    struct header_cmd *command; /* its --header-cmd while that runs */
    enum event_channel kind;    /* of the channels that are opened now: config.channel at first */
    struct channel *channel;
    struct fault_conn *fault;        /* what is to go wrong with it; NULL without faults */
    struct channel_poll_config poll; /* what the channel was opened with, if it is of that kind */
    struct channel_sse_config sse;
    struct fallback *fallback; /* NULL: there is none */
    bool drop;                 /* the rest of a message that the fallback had first */
    enum session_state state;
    enum outcome_asked asked;
    enum exit_code outcome;
    struct err failure; /* the last one; it is what `outcome` is about, if that is not EXIT_OK */
    bool failure_shown; /* it was a connection's end, which is an event of its own */
    bool reported;      /* an error, since session_open */
    bool paused;
    bool discard;
    struct liveness liveness;
    struct account *account; /* NULL: no books are kept */
    struct url resume_url;   /* owned: the attempt's, where account asked for more, if resuming */
    bool resuming;
    struct catchup *catchup; /* NULL: not asked for */
    struct totals caught_up; /* what it brought */
    struct totals totals;    /* of connections that have ended */
    bool settled;            /* the present channel is counted among them */

    struct retry_policy policy;
    uint64_t due_us;  /* SESSION_WAITING: when the next attempt begins (clock_mono_us) */
    uint64_t retries; /* attempts that were made or waited for after a failure */
    int status;       /* of the response in this attempt; 0: none came */
    bool has_retry_after;
    uint64_t retry_after_us;
    uint64_t waiting_us; /* SESSION_WAITING: since when */
    struct scorecard card;
    uint64_t missed, recovered; /* before the last outage */
    struct rtt rtt;
    struct outbox *outbox;        /* NULL: nothing is kept beyond a connection */
    bool within;                  /* a message in parts was begun on this connection, */
    bool cut;                     /* or on one that is lost: its further parts go nowhere */
    char source[SESSION_ADDRESS]; /* of the last connection; "" before one */

    struct evidence evidence;
    uint64_t last_in_us;
    char refusal_hint[POSTMORTEM_HINT]; /* of the response that refused the upgrade */

    uv_timer_t pulse; /* open: for liveness; waiting: the wait; before: the way to the loop's next
                         turn */
    bool freed;
};

/* session.c */
channel_emit_fn session_on_event;
void session_on_drained(void *ctx);
/* Every change of its state. */
void session_enter(struct session *s, enum session_state state);
/* An event of the session itself, zeroed but for its header. */
struct event session_event(const struct session *s, enum event_kind kind);
/* Count what the channel came to; once. */
void session_settle(struct session *s);
/* The conversation is over: the hook. */
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

/* session_catchup.c */
int session_catchup_init(struct session *s, struct err *e);
void session_catchup_free(struct session *s);
/* A connection is open again: fetch what was missed. */
void session_catchup_start(struct session *s);
/* No more connection will come: what is under way is given up. */
void session_catchup_stop(struct session *s);

/* session_evidence.c */
/* What is known for a post-mortem. */
struct postmortem_context session_evidence(const struct session *s);
/* Remember what an event tells, before it goes up. */
void session_observe(struct session *s, const struct event *ev);
/* The first message of a WebSocket came in, and has gone up: likewise. */
void session_greeted(struct session *s, const struct event_message *m);
/* Say what deserves a word although nothing failed, once the event has gone up. */
void session_remark(struct session *s, const struct event *ev);

/* session_channel.c */
/* Open a channel for what the attempt has come to. -1 with *e; s->channel may be there all the
 * same, for the next attempt or session_free to drop. */
int session_start_channel(struct session *s, struct err *e);

/* session_receive.c */
/* What a channel that only receives is opened with: as a WebSocket would be, by that attempt. */
struct receiver_config session_receiver(const struct session *s, const struct attempt *attempt);
/* A channel that polls or streams, with what the attempt has come to. NULL: memory. */
struct channel *session_poll_new(struct session *s, const struct channel_up *up);
struct channel *session_sse_new(struct session *s, const struct channel_up *up);

/* session_open.c */
/* Begin another attempt, in a turn of the loop of its own; a failure is told and decided on. */
void session_attempt(struct session *s);
/* Before the opening, when no channel is there to be told to give up: do that. True if it was so.
 */
bool session_gave_up_between(struct session *s);
/* It was asked to end while no connection was open: is that a success, because one was open before,
 * or the fallback is? The outcome becomes EXIT_OK then. */
bool session_gave_up_well(struct session *s);
/* --for is over, and there never was a connection: *e becomes the failure of an earlier attempt if
 * there was one, else that time ran out. An error of another cause stays as it is. */
void session_too_late(const struct session *s, struct err *e);

/* session_queue.c */
int session_queue_init(struct session *s, struct err *e);
void session_queue_clear(struct session *s);
/* Send before all that waits; not again if it is lost. A failure is reported and ends the session.
 */
void session_send_first(struct session *s, struct slice text);
/* What the session sends by itself could not be queued: another connection would not help. */
void session_sending_failed(struct session *s);
/* A connection is open: what is due at each opening goes out, then what waited. */
void session_queue_opened(struct session *s);
/* It is gone: what becomes of the messages it was given is put into *close. */
void session_queue_lost(struct session *s, struct event_close *close);
/* No further connection comes: tell what was never sent. */
void session_queue_ended(struct session *s);
void session_queue_sums(const struct session *s, struct event_delivery *d);

/* session_retry.c */
/* A connection was lost or an attempt failed, and it was told: wait for another attempt, or end. */
void session_over(struct session *s, const struct retry_failure *failure);
/* From 0 to below 1; where there is no randomness, the middle is as good. */
double session_random(void);
/* The fallback has failed: if nothing else is tried, the session is over. */
void session_carried_no_more(struct session *s);
/* Connected, from "ADDRESS:PORT" of this end: says so if it is not where the last one came from. */
void session_connected_from(struct session *s, const char *local);
/* How outages went: a connection is open (into *open); a message came in while the last outage is
 * to be told; it is told now at the latest. */
void session_card_back(struct session *s, struct event_open *open);
void session_card_check(struct session *s);
void session_card_tell(struct session *s);
/* An attempt failed. It is reported with what follows: another attempt, or the end. */
void session_failed(struct session *s, const struct err *e);
/* The attempt ended without a channel that could say so: tell, and the same. */
void session_attempt_failed(struct session *s, const struct err *e);

#endif

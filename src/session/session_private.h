/*
 * session_private: shared by the files of a session: session (commands down), leg (an attempt,
 * until its channel reports itself), leg_channel (which channel that is), leg_event (events up),
 * session_retry (after a loss), fallback (which leg delivers) and session_queue (what is to be
 * sent).
 */
#ifndef SESSION_SESSION_PRIVATE_H
#define SESSION_SESSION_PRIVATE_H

#include "session/books/rtt.h"
#include "session/books/scorecard.h"
#include "session/diagnose/failure.h"
#include "session/leg.h"
#include "session/liveness.h"
#include "session/outbox.h"

struct session {
    uv_loop_t *loop;
    struct session_config config;
    const struct bus *bus;
    struct session_hooks hooks;
    struct channel_shared *shared;

    struct leg main;           /* the socket, or what was asked for in its place */
    struct fallback *fallback; /* NULL: there is none */
    enum outcome_asked asked;
    bool well;     /* it was asked to end while no socket was open, and that is a success */
    bool over;     /* `ended` was called */
    bool reported; /* an error, since session_open */
    bool paused;
    bool discard;
    struct liveness liveness;
    struct account *account; /* NULL: no books are kept */
    struct url resume_url;   /* owned: the attempt's, where account asked for more, if resuming */
    bool resuming;
    struct catchup *catchup; /* NULL: not asked for */
    struct totals totals;    /* the connections of both legs, and what catching up brought */

    uint64_t retries; /* attempts that were made or waited for after a failure */
    struct scorecard card;
    uint64_t missed, recovered; /* before the last outage */
    struct rtt rtt;
    struct outbox *outbox;         /* NULL: nothing is kept beyond a connection */
    struct decode_stack *stack;    /* NULL: nothing is decoded */
    struct decode_stack *decoding; /* the same while messages of this connection are; NULL: not */
    struct timer *decode_timer;
    struct url decode_url; /* owned: the one that was asked for, as the protocol needs it */
    const char *offered[DECODE_OFFERS_MAX]; /* subprotocols, if none was asked for */
    bool named;                             /* the recognised protocol was reported */
    bool held_back;       /* the protocol's handshake is under way: the user's messages wait, */
    uint64_t ready_by_us; /* and it is given up then */
    bool findings_told;   /* those of the last connection */
    unsigned watched;     /* its messages that no view shows as what they are, see WATCHED */
    bool within;          /* a message in parts was begun on this connection, */
    bool cut;             /* or on one that is lost: its further parts go nowhere */
};

/* session.c */
/* The leg that is not this one; NULL: there is none. */
struct leg *session_other(const struct leg *leg);
/* The socket is open: what is to be added to the event; and all that follows from it. */
void session_opening(struct session *s, struct event_open *open);
void session_opened(struct session *s);
/* The user's messages may be sent: at once, or when the protocol above them is ready. */
void session_ready(struct session *s);
/* It is lost: what that means for what was sent, before the event is passed up. */
void session_closed(struct session *s, struct event_close *close);
void session_ponged(struct session *s, struct event_control *pong);
void session_drained(struct session *s);
/* If nothing is under way on either leg, the conversation is over: the hook. */
void session_check_over(struct session *s);
/* An event of the session itself, zeroed but for its header. */
struct event session_event(const struct session *s, enum event_kind kind);
/* --for is over, and there never was a connection: *e becomes the failure of an earlier attempt if
 * there was one, else that time ran out. An error of another cause stays as it is. */
void session_too_late(const struct session *s, struct err *e);

/* leg_event.c */
/* Its failed attempts are only counted now. */
bool leg_is_quiet(const struct leg *leg);

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
/* No further connection: an attempt in progress is cancelled. */
void session_catchup_stop(struct session *s);

/* session_queue.c */
int session_queue_init(struct session *s, struct err *e);
void session_queue_clear(struct session *s);
/* Send before all that waits; not again if it is lost. With a protocol that is spoken, the text is
 * in its typed form. A failure is reported and ends the session. */
void session_send_first(struct session *s, struct slice text);
/* What the session sends by itself could not be queued: another connection would not help. */
void session_sending_failed(struct session *s);
/* A connection is open: send what is due at each opening, then what waited. */
void session_queue_opened(struct session *s);
/* It is gone: the fate of its messages is put into *close. */
void session_queue_lost(struct session *s, struct event_close *close);
/* No further connection: report what was never sent. */
void session_queue_ended(struct session *s);
void session_queue_sums(const struct session *s, struct event_delivery *d);

/* session_decode.c */
int session_decode_init(struct session *s, struct err *e);
void session_decode_clear(struct session *s);
/* A connection is open: before its event goes up, and after it. */
void session_decode_opened(struct session *s, const struct event_open *open);
void session_decode_begin(struct session *s);
/* session_send_first, with a protocol that is spoken. */
void session_decode_send(struct session *s, struct slice line);
/* A message, in either direction, goes up with what is in it. */
void session_decode_message(struct session *s, struct event *ev);
/* The user ends the connection: what the protocol sends before. */
void session_decode_leave(struct session *s);
/* The protocol's own name of a close code, and what to do. False: it has none. */
bool session_decode_hint(const struct session *s, const struct event_close *close, char *hint,
                         size_t room);
void session_decode_closed(struct session *s, const struct event_close *close);
/* What goes out now holds the user's credentials: the protocol's handshake. */
bool session_sends_secret(const struct session *s);
/* What there is to say about the last connection, once. */
void session_decode_findings(struct session *s);

/* session_retry.c */
/* A connection was lost or an attempt failed, and this was reported: wait for another attempt, or
 * end. */
void session_over(struct leg *leg, const struct retry_failure *failure);
/* How outages went: a connection is open (into *open); a message came in before the last outage was
 * reported; it is reported now at the latest. */
void session_card_back(struct session *s, struct event_open *open);
void session_card_check(struct session *s);
void session_card_tell(struct session *s);
/* An attempt failed. It is reported with what follows: another attempt, or the end. */
void session_failed(struct leg *leg, const struct err *e);
/* The attempt ended without a channel to report it: report it, and the same. */
void session_attempt_failed(struct leg *leg, const struct err *e);

#endif

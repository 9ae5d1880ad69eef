/*
 * leg: one way of a session to its messages: attempt after attempt at one URL, each with the
 * headers of --header-cmd, its faults, a channel, and the evidence of how it ended. A session has
 * two legs, the socket and its fallback, and whatever acts on one acts on the other. For the files
 * of the session.
 */
#ifndef SESSION_LEG_H
#define SESSION_LEG_H

#include "channel/channel_eio.h"
#include "channel/channel_sse.h"
#include "net/timer.h"
#include "session/attempt.h"
#include "session/diagnose/evidence.h"
#include "session/diagnose/postmortem.h"
#include "session/header_cmd.h"
#include "session/negotiation.h"
#include "session/retry_policy.h"
#include "session/session.h"

/* Room for a numeric address in brackets with its zone. */
#define LEG_ADDRESS 80

struct leg {
    struct layer layer; /* upon those of its channel */
    struct session *s;
    enum event_channel kind;       /* of its channels */
    struct channel_ws_config base; /* what each attempt begins with */
    enum session_state state;
    bool leaving;        /* it was asked to end: no further attempt is made */
    struct timer *timer; /* open: for liveness; waiting: the wait */

    struct attempt attempt;
    struct header_cmd *command;      /* its --header-cmd while that runs */
    struct negotiation *negotiation; /* before each attempt; NULL: none is wanted */
    bool withheld_reported;          /* what another origin is not sent */
    struct fault_conn *fault;        /* what is to go wrong with the channel; NULL without faults */
    struct channel *channel;
    struct channel_poll_config poll; /* what the channel was opened with, if it is of that kind */
    struct channel_sse_config sse;
    struct channel_eio_config eio;
    bool settled; /* the channel is counted in totals */
    bool drop;    /* the rest of a message in parts that the other leg had first */
    int status;   /* of the response in this attempt; 0: none */
    bool has_retry_after;
    uint64_t retry_after_us;
    char refusal_hint[POSTMORTEM_HINT]; /* of that response */

    enum exit_code outcome; /* of this attempt and its connection */
    struct err failure; /* the last one; it is what `outcome` is about, if that is not EXIT_OK */
    bool failure_shown; /* it was the end of a connection, which is a separate event */
    struct evidence evidence;
    char source[LEG_ADDRESS]; /* of the last connection; "" before one */

    struct retry_policy policy;
    uint64_t due_us;      /* waiting: when the next attempt begins (clock_mono_us), */
    uint64_t waiting_us;  /* and since when */
    struct totals totals; /* of connections that have ended */
    uint64_t last_in_us;
};

/* *leg is zeroed. url: borrowed, where to; NULL: the session's own. -1: memory. */
int leg_init(struct leg *leg, struct session *s, enum event_channel kind, const struct url *url);
/* Drops the connection at once. Of a leg that leg_init never saw, too, if it is zeroed. */
void leg_clear(struct leg *leg);

/* --- leg.c: attempts -------------------------------------------------------------------------- */

/* Begin an attempt. 0, or -1 with *e: it has failed already. */
int leg_open(struct leg *leg, struct err *e);
/* Begin one after this time, instead of the one that was due. */
void leg_wait(struct leg *leg, uint64_t us);
/* For traces: "socket" or "fallback". */
const char *leg_name(const struct leg *leg);
/* Every change of its state. */
void leg_enter(struct leg *leg, enum session_state state);

/* End it: politely, as session_close does; or at once. Between attempts, and before there is a
 * channel, that is done when this returns; else its end is reported as an event. */
void leg_close(struct leg *leg, uint16_t code, struct slice reason, uint64_t timeout_us);
void leg_abort(struct leg *leg);
/* Nothing is under way. */
bool leg_is_over(const struct leg *leg);

void leg_pause(struct leg *leg, bool paused);
/* Add the totals of the channel; once. */
void leg_settle(struct leg *leg);
struct totals leg_totals(const struct leg *leg);
/* When a byte last came in (clock_mono_us); 0: never. */
uint64_t leg_last_in_us(const struct leg *leg);

/* --- leg_channel.c ---------------------------------------------------------------------------- */

/* Open a channel for the state of the attempt. -1 with *e; leg->channel may exist nevertheless; the
 * next attempt or leg_clear drops it. */
int leg_start_channel(struct leg *leg, struct err *e);

/* --- leg_event.c: up from the channel --------------------------------------------------------- */

/* The operation of its layer. */
void leg_on_event(struct layer *l, struct event *ev);
/* An event about the leg, zeroed but for its header; and the header alone. */
struct event leg_event(const struct leg *leg, enum event_kind kind);
void leg_stamp(const struct leg *leg, struct event *ev);

/* --- leg_evidence.c --------------------------------------------------------------------------- */

/* What is known for a post-mortem. */
struct postmortem_context leg_evidence(const struct leg *leg);
/* Remember what an event contains, before it is passed up. */
void leg_observe(struct leg *leg, const struct event *ev);
/* The same for the first message of a WebSocket, after it was passed up. */
void leg_greeted(struct leg *leg, const struct event_message *m);
/* Report what is remarkable although nothing failed, once the event was passed up. */
void leg_remark(struct leg *leg, const struct event *ev);

#endif

/*
 * reconcile: what was missed. From the number and the identity in each message follow the holes,
 * what was recovered, what is lost and what came twice. Pure: no clock, no I/O; memory is bounded.
 *
 * Numbers are exact to 2^64-1. The first number of a stream is its baseline: nothing below it is
 * missed. A stream's name (epoch) that changes begins another one: what was missing of the old one
 * is lost, and the next number is a new baseline.
 *
 * A requested replay that passed a hole without filling it suggests a loss; after RECONCILE_ASKS of
 * those the hole is lost. (One alone may have been cut short, or out of order.)
 */
#ifndef SESSION_BOOKS_RECONCILE_H
#define SESSION_BOOKS_RECONCILE_H

#include "event/event.h"
#include "session/books/holes.h"
#include "session/books/id_set.h"

#define RECONCILE_ASKS 3
/* An epoch of more bytes is identified by these and its length. */
#define RECONCILE_EPOCH_MAX 256

/* EVENT_GAP, EVENT_RECOVERED or EVENT_LOST; both numbers included. */
typedef void reconcile_tell_fn(void *ctx, enum event_kind kind, uint64_t from, uint64_t to);

struct reconcile_totals {
    uint64_t missed, recovered, lost; /* missed = recovered + lost + what is open; each stops at
                                         2^64-1 rather than wrap around */
    uint64_t duplicates;
    uint64_t epochs; /* streams with a number or a name */
};

struct reconcile {
    reconcile_tell_fn *tell;
    void *ctx;
    struct reconcile_totals totals;

    bool has_last;
    uint64_t base, last; /* the first and the highest number of this stream */
    struct holes open;
    struct holes given_up; /* reported as lost: if they arrive nevertheless, they were not seen */
    bool in_run;
    uint64_t run_from, run_to; /* recovered, and not yet reported */

    struct id_set *ids; /* NULL: no identities */

    bool has_epoch;
    size_t epoch_len; /* all of it, epoch holds the beginning */
    uint8_t epoch[RECONCILE_EPOCH_MAX];

    bool first_of_connection; /* no number has come on this connection */
    bool asked;               /* a replay of what is above ask_point was requested on it */
    uint64_t ask_point;
    uint64_t passed_to; /* the highest number that came out of turn on it */
};

/* The label of a message. */
struct reconcile_message {
    bool has_seq, has_id, has_epoch, has_from;
    uint64_t seq;
    uint64_t from; /* the message stands for all numbers from this one to seq */
    struct slice id, epoch;
};

/* with_ids: keep identities, in memory of about 3 MiB; seed: as id_set_new. 0, or -1: memory. */
int reconcile_init(struct reconcile *r, bool with_ids, uint64_t seed, reconcile_tell_fn *tell,
                   void *ctx);
void reconcile_clear(struct reconcile *r);

/* A message came. True if it was seen before; totals.duplicates has it then. */
bool reconcile_message(struct reconcile *r, const struct reconcile_message *m);

/* A message fetched after an outage: is it to be passed on? False if it was seen before, or is
 * older than the stream was when it was joined. If true, it is recorded as by reconcile_message;
 * without numbers, it is recorded as missed and recovered. */
bool reconcile_fetched(struct reconcile *r, const struct reconcile_message *m);

/* Was such a message seen? 1 yes, 0 no, -1: unknown (no number, no identity), KNOWN_OLDER: not, but
 * it is older than the stream was when it was joined. Nothing changes. */
#define KNOWN_OLDER 2
int reconcile_known(const struct reconcile *r, const struct reconcile_message *m);

/* The server is known to have sent numbers up to this one: those not received are missing. */
void reconcile_behind(struct reconcile *r, uint64_t highest);

/* A connection is open; it ended. */
void reconcile_opened(struct reconcile *r);
void reconcile_closed(struct reconcile *r);

/* Up to where nothing is missing that is worth asking for: false before a first number. */
bool reconcile_point(const struct reconcile *r, uint64_t *point);
/* What is above a point was requested, on this connection. */
void reconcile_asked(struct reconcile *r, uint64_t point);

/* Nothing more will be received: what is missing is lost. */
void reconcile_finish(struct reconcile *r);

#endif

/*
 * scorecard: the course of an outage: how long it took to notice, the attempts and waits, when the
 * connection was back, what was missed; and the totals of all outages. Pure.
 */
#ifndef SESSION_BOOKS_SCORECARD_H
#define SESSION_BOOKS_SCORECARD_H

#include "event/event.h"

#define SCORECARD_TEXT  256
#define SCORECARD_WAITS 6 /* that are shown one by one */

struct scorecard {
    bool down;            /* a connection was lost, and none has followed yet */
    bool open;            /* the last outage is over, and not yet reported */
    enum close_how how;   /* how it was lost, */
    uint64_t since_us;    /* the last sign of life before, */
    uint64_t detected_us; /* and how long after that it was noticed */
    uint64_t attempts;
    uint64_t waits_us[SCORECARD_WAITS];
    uint64_t wait_count, waited_us;
    uint64_t back_us; /* when it was over */
    /* Of those that are over: */
    uint64_t outages, down_us, longest_us;
};

/* A connection was lost at now_us. */
void scorecard_lost(struct scorecard *c, const struct event_close *close, uint64_t now_us);
/* An attempt begins after such a wait. */
void scorecard_attempt(struct scorecard *c, uint64_t wait_us);
/* A connection is open. True if that ended an outage. */
bool scorecard_back(struct scorecard *c, uint64_t now_us);

/* The last outage as a line, without its end; with `accounted` also what was missed and recovered.
 * It is then reported. */
void scorecard_tell(struct scorecard *c, char text[SCORECARD_TEXT], bool accounted, uint64_t missed,
                    uint64_t recovered);

/* All outages, one that lasts at now_us included. */
struct event_outages scorecard_sums(const struct scorecard *c, uint64_t now_us);

#endif

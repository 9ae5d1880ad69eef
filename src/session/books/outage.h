/*
 * outage: what the user sees of missed messages: one line when the books are settled, and one
 * before if that takes long, instead of a line for each event. Pure.
 */
#ifndef SESSION_BOOKS_OUTAGE_H
#define SESSION_BOOKS_OUTAGE_H

#include "event/event.h"

/* Ranges of lost numbers that are named. */
#define OUTAGE_NAMED 8

struct outage {
    bool hopeless; /* nothing is configured that would recover missing messages: report at once */
    bool open;     /* something was missed since the last one was settled */
    bool reported; /* all of it was reported */
    uint64_t next_us; /* no word before this */
    struct event_missed sums;
    struct event_range named[OUTAGE_NAMED];
};

/* EVENT_GAP, EVENT_RECOVERED or EVENT_LOST happened. */
void outage_note(struct outage *o, enum event_kind kind, const struct event_range *range,
                 uint64_t now_us);
void outage_duplicate(struct outage *o);

/* Something was missed a while ago and not yet reported. */
bool outage_due(const struct outage *o, uint64_t now_us);

/* The sums; they point into *o. Afterwards they are reported; a settled outage is over. */
void outage_event(const struct outage *o, bool settled, struct event_missed *event);
void outage_reported(struct outage *o, bool settled, uint64_t now_us);

#endif

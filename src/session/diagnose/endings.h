/*
 * endings: how the last connections of a session ended, and what they have in common: a drop after
 * the same silence each time, or at the same age. Pure.
 */
#ifndef SESSION_DIAGNOSE_ENDINGS_H
#define SESSION_DIAGNOSE_ENDINGS_H

#include "event/event.h"

/* This many consecutive endings make a pattern. */
#define ENDINGS_ROW 3

struct ending {
    bool counts; /* the peer or the network ended it, and not in good order */
    uint64_t uptime_us, idle_in_us, idle_out_us;
    uint64_t frames_in; /* of all kinds */
};

/* All zero: none yet. */
struct endings {
    unsigned count;                  /* endings so far, at most ENDINGS_ROW */
    struct ending last[ENDINGS_ROW]; /* the latest first */
};

void endings_add(struct endings *h, const struct event_close *close, uint64_t frames_in);

enum pattern_kind {
    PATTERN_NONE,
    PATTERN_IDLE, /* dropped after the same silence */
    PATTERN_AGE   /* cut at the same age while data flowed */
};

struct endings_pattern {
    enum pattern_kind kind;
    uint64_t us;  /* the silence, or the age: the shortest of them, on a whole second if near one */
    bool in, out; /* PATTERN_IDLE: nothing came in, nothing went out for that time */
};

struct endings_pattern endings_pattern(const struct endings *h);

#endif

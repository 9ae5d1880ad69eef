/*
 * control_events: the latest events as numbered lines of JSON, for GET /events. Bounded: the oldest
 * are dropped.
 */
#ifndef VERB_PROXY_CONTROL_EVENTS_H
#define VERB_PROXY_CONTROL_EVENTS_H

#include "base/slice.h"

#define CONTROL_EVENTS_MAX   16384
#define CONTROL_EVENTS_BYTES ((size_t)8 << 20)

struct control_events {
    struct slice *lines; /* of CONTROL_EVENTS_MAX: event n is at n modulo that */
    uint64_t first;      /* the number of the oldest one that is kept, from 1 */
    uint64_t next;       /* the number of the next one that comes */
    size_t bytes;
};

/* 0 or -1 (memory). */
int control_events_init(struct control_events *e);
void control_events_clear(struct control_events *e);

/* Keep a JSON object and the newline after it, with "n", its number, as its first member. The line,
 * borrowed until the next one is added; empty: it is too long, or memory ran out, and its number is
 * left out. */
struct slice control_events_add(struct control_events *e, struct slice line);
/* The first event that is kept after number n: its line and *n, its own number. Empty: none. */
struct slice control_events_after(const struct control_events *e, uint64_t *n);

#endif

/*
 * backlog: the latest messages, kept so that they can be shown again and searched. At most
 * BACKLOG_MESSAGES and BACKLOG_BYTES of them: the oldest make room. Of a message over BACKLOG_ONE
 * its beginning is kept. Pure but for memory.
 */
#ifndef SINK_BACKLOG_H
#define SINK_BACKLOG_H

#include "event/event.h"

#define BACKLOG_MESSAGES 10000
#define BACKLOG_BYTES    ((size_t)32 << 20)
#define BACKLOG_ONE      ((size_t)8 << 20)

struct backlog_item;

struct backlog {
    struct backlog_item *items; /* a ring; NULL before the first message */
    uint64_t first, end;        /* numbers of the oldest, and of the next to come */
    size_t bytes;
};

/* A zeroed struct is an empty backlog. */
void backlog_clear(struct backlog *b);

/* Keep an EVENT_MESSAGE. A part is added to the message that it continues. The number of the
 * message; or UINT64_MAX: out of memory, and it is not kept. */
uint64_t backlog_add(struct backlog *b, const struct event *ev);
/* Mark a message that is there; and ask whether it is marked, which ends that. */
void backlog_mark(struct backlog *b, uint64_t number);
bool backlog_take_mark(struct backlog *b, uint64_t number);
/* The message of that number as an event, which borrows until the next call of backlog_add: its
 * data is followed by a NUL. *beyond: bytes of the message after those kept. False if it is not
 * there (any longer). */
bool backlog_get(const struct backlog *b, uint64_t number, struct event *ev, uint64_t *beyond);

#endif

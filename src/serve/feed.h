/*
 * feed: one sequence of numbered updates on one clock, as text. Pure: the time is passed in.
 *
 * Update N (from 1) is due N/rate seconds after the start, with a burst of B together with those
 * that make its B full, and always reads the same: so nothing has to be stored to repeat one, and
 * no tick that comes late makes the sequence drift.
 */
#ifndef SERVE_FEED_H
#define SERVE_FEED_H

#include "base/buf.h"

#define FEED_PAGE_S    5       /* a poll without a number gets the updates of this many seconds, */
#define FEED_PAGE_MAX  1000    /* at most this many, at least the latest */
#define FEED_KEPT      65536   /* how many of the latest updates are repeated on request */
#define FEED_RATE_MAX  1000000 /* updates a second */
#define FEED_BURST_MAX 8192    /* at once: a client must be able to take them before it is slow */
#define FEED_LINE      160     /* no update is longer, in bytes */
#define FEED_CACHE     1024 /* updates whose text is cached, because all clients want the same ones */

struct feed_line {
    uint64_t id;
    uint8_t len;
    char text[FEED_LINE];
};

struct feed {
    uint64_t per_million_s; /* updates in a million seconds, above 0: exact for decimal rates */
    uint64_t burst;         /* this many at once, every burst/rate seconds; from 1 */
    int64_t start_us;       /* monotonic; below 0: before this machine was started */
    int64_t wall_us;        /* the wall clock at that moment */
    const char *node;       /* in each update: who sends it; borrowed; NULL: nobody in particular */
    struct buf scratch;
    struct feed_line *cache;
};

/* The rate is in updates a second, to six decimals. 0, or -1 (memory; nothing to clear). */
int feed_init(struct feed *f, double rate, uint64_t burst, int64_t start_us, int64_t wall_us);
void feed_clear(struct feed *f);
/* Start, rate or burst have changed: no text is kept. */
void feed_forget(struct feed *f);

/* The latest update that is due; 0: none yet. */
uint64_t feed_latest(const struct feed *f, uint64_t now_us);
/* When the update is due, on the monotonic clock. UINT64_MAX: not in this life. */
uint64_t feed_due_us(const struct feed *f, uint64_t id);
/* The first update that is still repeated when `latest` is the last. */
uint64_t feed_oldest(uint64_t latest);
/* The update to begin with for a client that has seen `since`: the one after it, but not before the
 * oldest kept, and not beyond the next one due (such a number is from an earlier run of the
 * server). */
uint64_t feed_after(uint64_t since, uint64_t latest);

/* {"id":17,"time":"2026-01-02T03:04:05.678901Z","value":103.27}, with "node":NAME at the end if
 * there is one. time is when it was due. Borrowed until FEED_CACHE other updates were asked for. */
struct slice feed_text(struct feed *f, uint64_t id);
/* Its length in bytes, without making it. */
size_t feed_text_len(const struct feed *f, uint64_t id);

/* Updates first to last; empty if last is below first. */
struct feed_range {
    uint64_t first, last;
};

/* What came after `since`, if it is not from another server's life. */
struct feed_range feed_since(uint64_t since, uint64_t latest);
/* The latest `count`, as far as they are kept. */
struct feed_range feed_last(uint64_t count, uint64_t latest);
/* How many a poll without parameters gets. */
uint64_t feed_page(const struct feed *f);

/* Read {"since":N}. 0, or -1 if it is anything else (*since unchanged). */
int feed_request(struct slice text, uint64_t *since);

#endif

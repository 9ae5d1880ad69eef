/*
 * sieve: which messages are shown: /grep and /pause. It keeps the latest messages (sink/backlog),
 * and counts each as shown, hidden, left out of a flood, or held. Pure but for memory.
 */
#ifndef TERM_SIEVE_H
#define TERM_SIEVE_H

#include "base/pattern.h"
#include "sink/backlog.h"

/* Of a message, seen from the client. */
enum sieve_way { SIEVE_IN, SIEVE_OUT, SIEVE_WAYS };

struct sieve_filter {
    struct pattern pattern; /* not given: there is none */
    bool invert;            /* those that match are hidden */
};

struct sieve_counts {
    uint64_t shown, filtered, sampled, held; /* held: while it is paused, not yet shown */
    uint64_t lost;                           /* held, and then dropped for newer ones */
};

struct sieve {
    struct backlog kept;
    struct sieve_filter filters[SIEVE_WAYS];
    struct sieve_counts counts;
    bool paused;
    uint64_t paused_at; /* the number of the first message that came then */
};

enum sieve_verdict { SIEVE_SHOW, SIEVE_FILTERED, SIEVE_HELD };

/* A zeroed struct shows everything. */
void sieve_clear(struct sieve *s);

/* A message: it is kept, and counted unless the verdict is SIEVE_SHOW: then by one of the next
 * two. */
enum sieve_verdict sieve_message(struct sieve *s, const struct event *ev);
void sieve_shown(struct sieve *s);
void sieve_sampled(struct sieve *s);

/* Would the filters show it? A NUL follows its data. */
bool sieve_fits(const struct sieve *s, const struct event *ev);
/* From now on these are shown of that way: of `expression`, a POSIX ERE. -1 with *e, nothing is
 * changed then. */
int sieve_filter(struct sieve *s, enum sieve_way way, struct slice expression, bool invert,
                 struct err *e);
void sieve_unfilter(struct sieve *s, enum sieve_way way);
bool sieve_filters(const struct sieve *s);

void sieve_pause(struct sieve *s);
/* No longer paused; each message that was held is shown, and those that were dropped meanwhile are
 * returned. */
uint64_t sieve_resume(struct sieve *s,
                      void (*show)(void *ctx, const struct event *ev, uint64_t beyond), void *ctx);

enum sieve_way sieve_way(const struct event *ev);

#endif

/*
 * holes: the numbers that are missing, as ranges: sorted, apart from each other, and never more
 * than HOLES_MAX of them, so that a day of traffic takes no more memory than a minute. Pure.
 */
#ifndef SESSION_BOOKS_HOLES_H
#define SESSION_BOOKS_HOLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOLES_MAX 1024

struct hole {
    uint64_t from, to; /* both included */
    unsigned passed;   /* replays that asked for it and went past it; kept for the caller */
};

/* All zero is empty. */
struct holes {
    size_t count;
    struct hole list[HOLES_MAX + 1]; /* the last place is for the moment before holes_overflow */
};

/* Add a range above all that are there, or below them. */
void holes_add(struct holes *h, struct hole hole);

/* n is no longer missing. False if it was in no hole; else the hole shrinks, disappears or splits.
 */
bool holes_fill(struct holes *h, uint64_t n);

bool holes_have(const struct holes *h, uint64_t n);

/* Is any number of the range (both included) missing? */
bool holes_touch(const struct holes *h, uint64_t from, uint64_t to);
/* The numbers of the range are no longer missing: takes the lowest of them out that are in one
 * hole. False: there are none. */
bool holes_take(struct holes *h, uint64_t from, uint64_t to, struct hole *taken);

/* Due after holes_add, holes_fill and holes_take: true if there is one too many; the lowest is
 * taken out then.
 */
bool holes_overflow(struct holes *h, struct hole *lowest);

/* Take out the one at an index. */
struct hole holes_remove(struct holes *h, size_t index);

static inline uint64_t hole_count(const struct hole *hole)
{
    return hole->to - hole->from + 1; /* never all 2^64: one number at least was seen */
}

#endif

/*
 * seen: the latest hashes, and how often each was added.
 */
#ifndef GRADE_SEEN_H
#define GRADE_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seen {
    uint64_t *ring; /* the oldest first, from `oldest` on */
    uint32_t *next; /* in its bucket; SEEN_NONE ends it */
    uint32_t *buckets;
    uint32_t size, room; /* a power of two; allocated */
    uint32_t oldest, count;
    uint64_t forgotten; /* to make room for new ones */
};

/* size: a power of two. Nothing is allocated before the first hash. */
void seen_init(struct seen *s, uint32_t size);
void seen_clear(struct seen *s);

/* How many there are of a hash. */
unsigned seen_times(const struct seen *s, uint64_t hash);
/* Add one, and forget the oldest if there is no room. False: memory. */
bool seen_add(struct seen *s, uint64_t hash);
/* Take one of them out. False: there is none. */
bool seen_take(struct seen *s, uint64_t hash);

#endif

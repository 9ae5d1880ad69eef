/*
 * arena: memory that is taken in pieces and given back all at once.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_block;

/* Zero-initialise to begin. */
struct arena {
    struct arena_block *blocks;
};

/* Zeroed bytes, fit for any type; NULL: memory. */
void *arena_alloc(struct arena *a, size_t n);
/* A copy with a NUL behind it; NULL: memory. */
char *arena_copy(struct arena *a, const void *text, size_t len);
void arena_free(struct arena *a);

#endif

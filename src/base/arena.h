/*
 * arena: memory that is allocated in pieces and freed all at once.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena_block;

/* Zero-initialise to begin. */
struct arena {
    struct arena_block *blocks;
    bool failed; /* memory ran out, for an allocation since arena_reset */
};

/* Zeroed bytes, aligned for any type; NULL: out of memory. */
void *arena_alloc(struct arena *a, size_t n);
/* A copy with a NUL after it; NULL: out of memory. */
char *arena_copy(struct arena *a, const void *text, size_t len);
void arena_free(struct arena *a);
/* The same, but a block stays for what is allocated next. */
void arena_reset(struct arena *a);

#endif

#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 4096

struct arena_block {
    struct arena_block *next;
    size_t used, size;
    max_align_t bytes[];
};

void *arena_alloc(struct arena *a, size_t n)
{
    struct arena_block *block = a->blocks;
    size_t rounded;
    void *taken;

    if (n > SIZE_MAX / 2) {
        a->failed = true;
        return NULL;
    }
    rounded = (n + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
    if (!block || block->size - block->used < rounded) {
        size_t size = rounded > BLOCK ? rounded : BLOCK;

        block = calloc(1, sizeof *block + size);
        if (!block) {
            a->failed = true;
            return NULL;
        }
        block->size = size;
        block->next = a->blocks;
        a->blocks = block;
    }
    taken = (char *)block->bytes + block->used;
    block->used += rounded;
    return taken;
}

char *arena_copy(struct arena *a, const void *text, size_t len)
{
    char *copy = len < SIZE_MAX ? arena_alloc(a, len + 1) : NULL;

    if (copy && len > 0)
        memcpy(copy, text, len);
    return copy;
}

void arena_free(struct arena *a)
{
    while (a->blocks) {
        struct arena_block *block = a->blocks;

        a->blocks = block->next;
        free(block);
    }
}

void arena_reset(struct arena *a)
{
    struct arena_block *block;

    a->failed = false;
    while ((block = a->blocks) && (block->next || block->size > BLOCK)) {
        a->blocks = block->next;
        free(block);
    }
    if (block) {
        memset(block->bytes, 0, block->used);
        block->used = 0;
    }
}

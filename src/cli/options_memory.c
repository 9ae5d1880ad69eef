#include "cli/options_private.h"

#include <stdlib.h>
#include <string.h>

struct memory_block {
    struct memory_block *next;
    size_t size; /* bytes after this header */
    _Alignas(max_align_t) unsigned char data[];
};

void *options_alloc(struct options_memory *m, size_t n)
{
    struct memory_block *block;

    if (n > SIZE_MAX - sizeof *block || !(block = calloc(1, sizeof *block + n)))
        return NULL;
    block->size = n;
    block->next = m->blocks;
    m->blocks = block;
    return block->data;
}

char *options_copy(struct options_memory *m, const void *text, size_t len)
{
    char *copy = options_alloc(m, len + 1);

    if (copy && len)
        memcpy(copy, text, len);
    return copy;
}

void *options_list_room(struct options_memory *m, const void *list, size_t count, size_t each)
{
    void *bigger;

    /* Room is always a power of two from 4 up, so the count alone shows when it is used up. */
    if (count != 0 && (count < 4 || (count & (count - 1)) != 0))
        return (void *)(uintptr_t)list;
    bigger = options_alloc(m, (count ? 2 * count : 4) * each);
    if (bigger && count)
        memcpy(bigger, list, count * each);
    return bigger;
}

void options_memory_free(struct options_memory *m)
{
    struct memory_block *next;

    if (!m)
        return;
    for (struct memory_block *block = m->blocks; block; block = next) {
        next = block->next;
        explicit_bzero(block->data, block->size);
        free(block);
    }
    free(m);
}

#include "proto/zlib_memory.h"

#include <stdlib.h>

/* zlib itself multiplies the two, as unsigned. */
static void *give(void *ctx, unsigned count, unsigned size)
{
    (void)ctx;
    return calloc(count, size);
}

static void take(void *ctx, void *memory)
{
    (void)ctx;
    free(memory);
}

void zlib_memory(z_stream *z)
{
    z->zalloc = give;
    z->zfree = take;
}

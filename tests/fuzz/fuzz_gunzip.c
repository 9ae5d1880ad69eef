/*
 * Any bytes as gzip and as deflate: byte by byte they give what they give whole, and never more
 * than the bound.
 */
#include <assert.h>

#include "base/buf.h"
#include "proto/gunzip.h"

#define MADE_MAX 100000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static long run(enum gunzip_kind kind, struct slice bytes, size_t step, struct buf *out,
                bool *whole)
{
    struct gunzip *g = gunzip_new(kind, MADE_MAX);
    uint8_t room[1000];
    long made = 0;

    assert(g);
    for (size_t i = 0; i < bytes.len && made == 0; i += step) {
        gunzip_feed(g, bytes.data + i, bytes.len - i < step ? bytes.len - i : step);
        while ((made = gunzip_read(g, room, sizeof room)) > 0)
            assert(buf_append(out, room, (size_t)made) == 0);
    }
    assert(out->len <= MADE_MAX);
    *whole = gunzip_complete(g);
    assert(made == 0 || !*whole);
    gunzip_free(g);
    return made;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (int kind = GUNZIP_GZIP; kind <= GUNZIP_DEFLATE; kind++) {
        struct buf whole, bytes;
        bool whole_complete, bytes_complete;
        long a, b;

        buf_init(&whole, SIZE_MAX / 2);
        buf_init(&bytes, SIZE_MAX / 2);
        a = run((enum gunzip_kind)kind, slice_make(data, size), size ? size : 1, &whole,
                &whole_complete);
        b = run((enum gunzip_kind)kind, slice_make(data, size), 1, &bytes, &bytes_complete);
        /* What fails at the bound may be bad in the same piece: either may be told. */
        assert((a < 0) == (b < 0) && whole_complete == bytes_complete);
        assert(a < 0 || slice_equal(buf_slice(&whole), buf_slice(&bytes)));
        buf_clear(&whole);
        buf_clear(&bytes);
    }
    return 0;
}

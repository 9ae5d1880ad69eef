/*
 * deflate: arbitrary bytes inflate to the same output however they are cut, and what the deflater
 * makes of them inflates to what they were.
 */
#include <stdlib.h>

#include "proto/deflate.h"

#define REQUIRE(condition) \
    do {                   \
        if (!(condition))  \
            abort();       \
    } while (0)

#define OUTPUT_MAX (1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Inflate one message until it ends, fails or has grown to the bound. */
static long inflate_message(struct inflater *i, const uint8_t *data, size_t size, size_t step,
                            size_t room, struct buf *out)
{
    uint8_t piece[4096];
    size_t at = 0, n;
    long got;

    do {
        n = size - at < step ? size - at : step;
        inflater_feed(i, data + at, n, at + n == size);
        while ((got = inflater_read(i, piece, room)) > 0) {
            REQUIRE((size_t)got <= room);
            REQUIRE(inflater_left(i) <= n);
            if (buf_append(out, piece, (size_t)got) < 0)
                return 1;
        }
        at += n;
    } while (got == 0 && at < size);
    return got;
}

static void inflate_twice(const uint8_t *data, size_t size, size_t step, bool reset)
{
    struct inflater *a = inflater_new(0, reset), *b = inflater_new(0, reset);
    struct buf whole, pieces;
    long result, other;

    REQUIRE(a && b);
    buf_init(&whole, OUTPUT_MAX);
    buf_init(&pieces, OUTPUT_MAX);
    for (int message = 0; message < 2; message++) {
        buf_reset(&whole);
        buf_reset(&pieces);
        result = inflate_message(a, data, size, size + 1, 4096, &whole);
        other = inflate_message(b, data, size, step, step, &pieces);
        if (result == 1 || other == 1)
            break;
        REQUIRE(result == other);
        REQUIRE(slice_equal(buf_slice(&whole), buf_slice(&pieces)));
    }
    buf_clear(&whole);
    buf_clear(&pieces);
    inflater_free(a);
    inflater_free(b);
}

static void round_trip(const uint8_t *data, size_t size, size_t step, unsigned bits, bool reset,
                       int level)
{
    struct deflater *d = deflater_new(bits, reset, level);
    struct inflater *i = inflater_new(bits, reset);
    struct buf packed, out;
    size_t at, n;

    REQUIRE(d && i);
    buf_init(&packed, 1 << 30);
    buf_init(&out, 1 << 30);
    for (int message = 0; message < 2; message++) {
        buf_reset(&packed);
        buf_reset(&out);
        at = 0;
        do {
            n = size - at < step ? size - at : step;
            REQUIRE(deflater_write(d, data + at, n, at + n == size, &packed) == 0);
            at += n;
        } while (at < size);
        REQUIRE(inflate_message(i, buf_data(&packed), packed.len, step, 4096, &out) == 0);
        REQUIRE(slice_equal(buf_slice(&out), slice_make(data, size)));
    }
    buf_clear(&packed);
    buf_clear(&out);
    deflater_free(d);
    inflater_free(i);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool reset;

    if (size < 2)
        return 0;
    reset = data[0] & 1;
    inflate_twice(data + 2, size - 2, (size_t)data[1] + 1, reset);
    round_trip(data + 2, size - 2, (size_t)data[1] + 1, 8 + (data[0] >> 1 & 7), reset,
               (data[0] >> 4) % 10);
    return 0;
}

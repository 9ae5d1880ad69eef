/* gzip and deflate, whole and in pieces. The bytes are what gzip and Python's zlib write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "alloc.h"
#include "base/buf.h"
#include "proto/gunzip.h"

#define HELLO "hello, hello, hello\n"

static const uint8_t gz[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03,
                             0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0xd7, 0x51, 0xc8, 0x40, 0xa2,
                             0xb8, 0x00, 0xe7, 0x42, 0x6e, 0x52, 0x14, 0x00, 0x00, 0x00};
static const uint8_t zl[] = {0x78, 0xda, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0xd7, 0x51,
                             0xc8, 0x40, 0xa2, 0xb8, 0x00, 0x4b, 0x07, 0x06, 0xdf};
static const uint8_t raw[] = {0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0xd7,
                              0x51, 0xc8, 0x40, 0xa2, 0xb8, 0x00};
/* 100,000 zeros */
static const uint8_t bomb[] = {
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xed, 0xc1, 0x31, 0x01, 0x00,
    0x00, 0x00, 0xc2, 0xa0, 0xf5, 0x4f, 0x6d, 0x0d, 0x0f, 0xa0, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x80, 0x57, 0x03, 0x7d, 0x95, 0x11, 0xd4, 0xa0, 0x86, 0x01, 0x00};

/* Feed a piece; what comes out goes behind *out. The last result. */
static long feed(struct gunzip *g, const uint8_t *bytes, size_t n, size_t room, struct buf *out)
{
    uint8_t space[4096];
    long made;

    gunzip_feed(g, bytes, n);
    while ((made = gunzip_read(g, space, room)) > 0)
        assert_int_equal(buf_append(out, space, (size_t)made), 0);
    return made;
}

static void check(enum gunzip_kind kind, struct slice bytes, const char *want)
{
    struct buf out;

    for (size_t step = 1; step <= bytes.len; step++) {
        struct gunzip *g = gunzip_new(kind, 0);

        buf_init(&out, 1 << 20);
        assert_true(gunzip_complete(g));
        for (size_t i = 0; i < bytes.len; i += step) {
            size_t n = bytes.len - i < step ? bytes.len - i : step;

            assert_int_equal(feed(g, bytes.data + i, n, step % 2 ? 1 : 4096, &out), 0);
            if (i + n < 10)
                assert_false(gunzip_complete(g));
        }
        assert_true(gunzip_complete(g));
        assert_true(slice_is(buf_slice(&out), want));
        buf_clear(&out);
        gunzip_free(g);
    }
}

static void gunzip_reads_gzip(void **state)
{
    (void)state;
    check(GUNZIP_GZIP, slice_make(gz, sizeof gz), HELLO);
}

static void gunzip_reads_deflate_with_and_without_its_header(void **state)
{
    (void)state;
    check(GUNZIP_DEFLATE, slice_make(zl, sizeof zl), HELLO);
    check(GUNZIP_DEFLATE, slice_make(raw, sizeof raw), HELLO);
}

static void gunzip_reads_members_in_sequence_and_zeros(void **state)
{
    uint8_t two[2 * sizeof gz + 5] = {0};

    (void)state;
    memcpy(two, gz, sizeof gz);
    memcpy(two + sizeof gz, gz, sizeof gz);
    check(GUNZIP_GZIP, slice_make(two, sizeof two), HELLO HELLO);
}

static void gunzip_refuses_what_is_none(void **state)
{
    struct buf out;
    struct gunzip *g = gunzip_new(GUNZIP_GZIP, 0);
    uint8_t broken[sizeof gz];

    (void)state;
    buf_init(&out, 1 << 20);
    assert_int_equal(feed(g, (const uint8_t *)"<html>", 6, 100, &out), GUNZIP_BAD);
    assert_true(gunzip_error(g)[0] != '\0');
    assert_int_equal(feed(g, gz, sizeof gz, 100, &out), GUNZIP_BAD);
    gunzip_free(g);

    memcpy(broken, gz, sizeof gz);
    broken[sizeof gz - 6] ^= 1; /* of the checksum */
    g = gunzip_new(GUNZIP_GZIP, 0);
    assert_int_equal(feed(g, broken, sizeof broken, 100, &out), GUNZIP_BAD);
    assert_false(gunzip_complete(g));
    gunzip_free(g);

    g = gunzip_new(GUNZIP_GZIP, 0);
    assert_int_equal(feed(g, gz, sizeof gz, 100, &out), 0);
    assert_int_equal(feed(g, (const uint8_t *)"x", 1, 100, &out), 0);
    assert_int_equal(feed(g, (const uint8_t *)"yz", 2, 100, &out), GUNZIP_BAD);
    gunzip_free(g);

    g = gunzip_new(GUNZIP_DEFLATE, 0);
    assert_int_equal(feed(g, zl, sizeof zl, 100, &out), 0);
    assert_int_equal(feed(g, zl, sizeof zl, 100, &out), GUNZIP_BAD);
    gunzip_free(g);
    buf_clear(&out);
}

static void gunzip_knows_that_the_end_is_missing(void **state)
{
    (void)state;
    for (size_t n = 1; n < sizeof gz; n++) {
        struct gunzip *g = gunzip_new(GUNZIP_GZIP, 0);
        struct buf out;

        buf_init(&out, 1 << 20);
        assert_int_equal(feed(g, gz, n, 100, &out), 0);
        assert_false(gunzip_complete(g));
        gunzip_free(g);
        buf_clear(&out);
    }
}

static void gunzip_stops_a_bomb_at_its_bound(void **state)
{
    struct buf out;
    struct gunzip *g = gunzip_new(GUNZIP_GZIP, 99999);

    (void)state;
    buf_init(&out, 1 << 20);
    assert_int_equal(feed(g, bomb, sizeof bomb, 4096, &out), GUNZIP_TOO_BIG);
    assert_true(out.len <= 99999);
    gunzip_free(g);
    buf_reset(&out);
    g = gunzip_new(GUNZIP_GZIP, 100000);
    assert_int_equal(feed(g, bomb, sizeof bomb, 4096, &out), 0);
    assert_int_equal(out.len, 100000);
    assert_true(gunzip_complete(g));
    gunzip_free(g);
    buf_clear(&out);
}

static void run_short_of_memory(void)
{
    struct gunzip *g = gunzip_new(GUNZIP_GZIP, 0);
    uint8_t out[64];
    long made;

    if (!g)
        return;
    gunzip_feed(g, gz, sizeof gz);
    made = gunzip_read(g, out, sizeof out);
    assert_true(made == GUNZIP_NOMEM || made == (long)strlen(HELLO));
    gunzip_free(g);
}

static void gunzip_survives_each_failed_allocation(void **state)
{
    (void)state;
    ALLOC_EACH(run_short_of_memory());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gunzip_reads_gzip),
        cmocka_unit_test(gunzip_reads_deflate_with_and_without_its_header),
        cmocka_unit_test(gunzip_reads_members_in_sequence_and_zeros),
        cmocka_unit_test(gunzip_refuses_what_is_none),
        cmocka_unit_test(gunzip_knows_that_the_end_is_missing),
        cmocka_unit_test(gunzip_stops_a_bomb_at_its_bound),
        cmocka_unit_test(gunzip_survives_each_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

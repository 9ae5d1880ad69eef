#include "proto_wsconn_kit.h"

#include "alloc.h"
#include "proto/deflate.h"

/* Inflate a message fed in pieces of `step` bytes and read `room` bytes at a time. */
static long inflate_message(struct inflater *i, struct slice in, size_t step, size_t room,
                            struct buf *out)
{
    uint8_t piece[1024];
    size_t at = 0;
    long got;

    do {
        size_t n = in.len - at < step ? in.len - at : step;

        inflater_feed(i, in.data + at, n, at + n == in.len);
        while ((got = inflater_read(i, piece, room)) > 0)
            if (buf_append(out, piece, (size_t)got) < 0)
                return -3;
        at += n;
    } while (got == 0 && at < in.len);
    return got;
}

static void expect_inflated(struct inflater *i, struct slice in, size_t step, size_t room,
                            struct slice expected)
{
    struct buf out;

    buf_init(&out, 1 << 20);
    assert_int_equal(inflate_message(i, in, step, room, &out), 0);
    assert_int_equal(out.len, expected.len);
    if (expected.len > 0)
        assert_memory_equal(buf_data(&out), expected.data, expected.len);
    buf_clear(&out);
}

/* RFC 7692, sections 7.2.3.1 to 7.2.3.6 */
static const struct slice hellos[] = {
    BYTES("\xF2\x48\xCD\xC9\xC9\x07\x00"),
    BYTES("\x00\x05\x00\xFA\xFF\x48\x65\x6C\x6C\x6F\x00"), /* a stored block */
    BYTES("\xF3\x48\xCD\xC9\xC9\x07\x00\x00"),             /* BFINAL, closed as the RFC says */
    BYTES("\xF3\x48\xCD\xC9\xC9\x07\x00"),                 /* BFINAL, not closed */
    BYTES("\xF2\x48\x05\x00\x00\x00\xFF\xFF\xCA\xC9\xC9\x07\x00"), /* two blocks */
};

static void inflater_reads_the_examples_of_the_rfc_in_pieces_of_any_size(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof hellos / sizeof *hellos; k++)
        for (size_t step = 1; step <= hellos[k].len; step++)
            for (size_t room = 1; room <= 6; room++) {
                struct inflater *i = inflater_new(0, false);

                assert_non_null(i);
                /* One after the other in a context, empty messages between. */
                for (size_t j = 0; j < sizeof hellos / sizeof *hellos; j++) {
                    size_t other = (k + j) % (sizeof hellos / sizeof *hellos);

                    expect_inflated(i, hellos[other], step, room, BYTES("Hello"));
                    expect_inflated(i, BYTES("\x00"), step, room, BYTES(""));
                    expect_inflated(i, BYTES("\x02\x00"), step, room, BYTES(""));
                }
                inflater_free(i);
            }
}

static void inflater_keeps_the_window_between_messages(void **state)
{
    struct inflater *i = inflater_new(15, false);

    (void)state;
    expect_inflated(i, hellos[0], 3, 100, BYTES("Hello"));
    expect_inflated(i, BYTES("\xF2\x00\x11\x00\x00"), 1, 2, BYTES("Hello"));
    inflater_free(i);
}

static void inflater_keeps_the_window_after_a_final_block(void **state)
{
    struct inflater *i = inflater_new(15, false);

    (void)state;
    expect_inflated(i, hellos[3], 3, 100, BYTES("Hello"));
    expect_inflated(i, BYTES("\xF2\x00\x11\x00\x00"), 1, 100, BYTES("Hello"));
    /* Final block, then one that refers to it, in one message. */
    expect_inflated(i, BYTES("\xF3\x48\xCD\xC9\xC9\x07\x00\xF2\x00\x11\x00\x00"), 2, 100,
                    BYTES("HelloHello"));
    inflater_free(i);
}

static void inflater_forgets_the_window_where_no_takeover_was_agreed(void **state)
{
    struct inflater *i = inflater_new(15, true);
    struct buf out;

    (void)state;
    buf_init(&out, 100);
    expect_inflated(i, hellos[0], 100, 100, BYTES("Hello"));
    expect_inflated(i, hellos[0], 100, 100, BYTES("Hello"));
    assert_int_equal(inflate_message(i, BYTES("\xF2\x00\x11\x00\x00"), 100, 100, &out), -1);
    assert_string_equal(inflater_error(i), "invalid distance too far back");
    buf_clear(&out);
    inflater_free(i);
}

/* Compress text with a window of `made` bits and inflate it where `agreed` bits were agreed. */
static bool exceeds(unsigned made, unsigned agreed, bool reset)
{
    struct deflater *d = deflater_new(made, reset, 9);
    struct inflater *i = inflater_new(agreed, reset);
    struct buf packed, out;
    uint8_t text[1400];
    uint32_t x = 1;
    bool told = false;

    for (size_t k = 0; k < sizeof text / 2; k++) {
        x = x * 1664525 + 1013904223;
        text[k] = text[k + sizeof text / 2] = (uint8_t)(x >> 24);
    }
    buf_init(&packed, 1 << 16);
    buf_init(&out, 1 << 16);
    for (int turn = 0; turn < 3; turn++) {
        buf_reset(&packed);
        assert_int_equal(deflater_write(d, text, sizeof text, true, &packed), 0);
        buf_reset(&out);
        assert_int_equal(inflate_message(i, buf_slice(&packed), 100, 700, &out), 0);
        assert_int_equal(out.len, sizeof text);
        assert_memory_equal(buf_data(&out), text, sizeof text);
        if (inflater_exceeded(i)) {
            assert_false(told); /* once */
            told = true;
        }
    }
    deflater_free(d);
    inflater_free(i);
    buf_clear(&packed);
    buf_clear(&out);
    return told;
}

static void inflater_notes_data_that_exceeds_the_agreed_window(void **state)
{
    (void)state;
    for (int reset = 0; reset < 2; reset++) {
        assert_true(exceeds(15, 9, reset));
        assert_true(exceeds(11, 8, reset));
        assert_false(exceeds(9, 9, reset));
        assert_false(exceeds(10, 11, reset));
        assert_false(exceeds(15, 15, reset));
        assert_false(exceeds(15, 0, reset));
    }
}

static void inflater_rejects_bad_data_and_stays_so(void **state)
{
    static const struct slice bad[] = {
        BYTES("\x06"),             /* a reserved block type */
        BYTES("\x00\x05\x00\x00"), /* lengths of a stored block that differ */
        BYTES("\xF2\x48\xCD"),     /* ends inside a block */
        BYTES("\xF2\x48\xCD\xC9\xC9\x07\x00\x00\x00\xFF\xFF"), /* the tail was not cut off */
    };
    uint8_t out[16];

    (void)state;
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        struct inflater *i = inflater_new(0, false);
        struct buf sink;

        buf_init(&sink, 100);
        assert_int_equal(inflate_message(i, bad[k], 1, 16, &sink), -1);
        assert_non_null(inflater_error(i));
        inflater_feed(i, hellos[0].data, hellos[0].len, true);
        assert_int_equal(inflater_read(i, out, sizeof out), -1);
        buf_clear(&sink);
        inflater_free(i);
    }
}

static void inflater_left_counts_what_is_not_used(void **state)
{
    struct inflater *i = inflater_new(0, false);
    struct slice stored = hellos[1];
    uint8_t copy[16], out[2];

    (void)state;
    inflater_feed(i, stored.data, stored.len, true);
    assert_int_equal(inflater_left(i), stored.len);
    assert_int_equal(inflater_read(i, out, 2), 2);
    assert_in_range(inflater_left(i), 1, stored.len - 7);
    /* The rest may be fed from elsewhere. */
    stored.data += stored.len - inflater_left(i);
    stored.len = inflater_left(i);
    memcpy(copy, stored.data, stored.len);
    inflater_feed(i, copy, stored.len, true);
    assert_int_equal(inflater_read(i, out, 2), 2);
    assert_memory_equal(out, "ll", 2);
    assert_int_equal(inflater_read(i, out, 2), 1);
    assert_int_equal(inflater_read(i, out, 2), 0);
    assert_int_equal(inflater_left(i), 0);
    inflater_free(i);
}

static void deflater_writes_what_the_rfc_shows(void **state)
{
    struct deflater *d = deflater_new(0, false, 9);
    struct buf out;

    (void)state;
    buf_init(&out, 100);
    assert_int_equal(deflater_write(d, (const uint8_t *)"Hello", 5, true, &out), 0);
    assert_true(slice_equal(buf_slice(&out), hellos[0]));
    buf_reset(&out);
    assert_int_equal(deflater_write(d, (const uint8_t *)"Hello", 5, true, &out), 0);
    assert_true(slice_equal(buf_slice(&out), BYTES("\xF2\x00\x11\x00\x00")));
    buf_reset(&out);
    assert_int_equal(deflater_write(d, NULL, 0, true, &out), 0);
    assert_true(slice_equal(buf_slice(&out), BYTES("\x00")));
    buf_clear(&out);
    deflater_free(d);
}

static void deflater_with_a_window_of_8_writes_stored_blocks(void **state)
{
    struct deflater *d = deflater_new(8, false, -1);
    struct buf out;

    (void)state;
    buf_init(&out, 100);
    assert_int_equal(deflater_write(d, (const uint8_t *)"Hello", 5, true, &out), 0);
    assert_true(slice_equal(buf_slice(&out), hellos[1]));
    buf_clear(&out);
    deflater_free(d);
}

static void deflated_pieces_inflate_to_what_they_were(void **state)
{
    static uint8_t text[200000];
    const size_t cuts[] = {0, 1, 1000, 70000, 70000, 200000, 200000};
    struct buf packed, out;
    uint32_t x = 1;

    (void)state;
    for (size_t k = 0; k < sizeof text; k++) {
        x = x * 1664525 + 1013904223;
        text[k] = (uint8_t)(k < 100000 ? x >> 30 : x >> 24);
    }
    buf_init(&packed, 1 << 20);
    buf_init(&out, 1 << 20);
    for (unsigned bits = 8; bits <= 15; bits++)
        for (int reset = 0; reset < 2; reset++)
            for (int level = -1; level < 10; level += 5) {
                struct deflater *d = deflater_new(bits, reset, level);
                struct inflater *i = inflater_new(bits, reset);

                for (int message = 0; message < 2; message++) {
                    buf_reset(&packed);
                    buf_reset(&out);
                    for (size_t k = 0; k + 1 < sizeof cuts / sizeof *cuts; k++)
                        assert_int_equal(deflater_write(d, text + cuts[k], cuts[k + 1] - cuts[k],
                                                        k + 2 == sizeof cuts / sizeof *cuts,
                                                        &packed),
                                         0);
                    assert_int_equal(inflate_message(i, buf_slice(&packed), 4000, 1024, &out), 0);
                    assert_int_equal(out.len, sizeof text);
                    assert_memory_equal(buf_data(&out), text, sizeof text);
                }
                deflater_free(d);
                inflater_free(i);
            }
    buf_clear(&packed);
    buf_clear(&out);
}

static void deflater_stops_at_the_bound_of_the_buffer(void **state)
{
    struct deflater *d = deflater_new(0, false, -1);
    struct buf out;

    (void)state;
    buf_init(&out, 10);
    assert_int_equal(deflater_write(d, (const uint8_t *)"Hello", 5, true, &out), -1);
    buf_clear(&out);
    deflater_free(d);
}

static void try_all(void)
{
    struct deflater *d = deflater_new(0, false, -1);
    struct inflater *i = inflater_new(0, false);
    struct buf packed, out;
    long got;

    buf_init(&packed, 1 << 16);
    buf_init(&out, 1 << 16);
    if (d && i && deflater_write(d, (const uint8_t *)"Hello", 5, true, &packed) == 0) {
        got = inflate_message(i, buf_slice(&packed), 2, 100, &out);
        assert_true(got == 0 || got == -2 || got == -3);
        if (got == 0)
            assert_int_equal(out.len, 5);
    }
    buf_clear(&packed);
    buf_clear(&out);
    deflater_free(d);
    inflater_free(i);
}

static void each_allocation_may_fail(void **state)
{
    (void)state;
    ALLOC_EACH(try_all());
    inflater_free(NULL);
    deflater_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inflater_reads_the_examples_of_the_rfc_in_pieces_of_any_size),
        cmocka_unit_test(inflater_keeps_the_window_between_messages),
        cmocka_unit_test(inflater_keeps_the_window_after_a_final_block),
        cmocka_unit_test(inflater_forgets_the_window_where_no_takeover_was_agreed),
        cmocka_unit_test(inflater_notes_data_that_exceeds_the_agreed_window),
        cmocka_unit_test(inflater_rejects_bad_data_and_stays_so),
        cmocka_unit_test(inflater_left_counts_what_is_not_used),
        cmocka_unit_test(deflater_writes_what_the_rfc_shows),
        cmocka_unit_test(deflater_with_a_window_of_8_writes_stored_blocks),
        cmocka_unit_test(deflated_pieces_inflate_to_what_they_were),
        cmocka_unit_test(deflater_stops_at_the_bound_of_the_buffer),
        cmocka_unit_test(each_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

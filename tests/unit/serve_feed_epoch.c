/* The start that several feeds share, and the clock that it is on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "serve/feed_epoch.h"

static void epoch_is_three_numbers(void **state)
{
    const struct feed_epoch epoch = {1767323045000000, 10500000, 7};
    struct feed_epoch got;
    char text[FEED_EPOCH_TEXT];

    (void)state;
    feed_epoch_write(text, &epoch);
    assert_string_equal(text, "1767323045000000 10500000 7");
    assert_int_equal(feed_epoch_read(slice_str(text), &got), 0);
    assert_int_equal(feed_epoch_compare(&epoch, &got), 0);
}

static void epoch_is_refused_beyond_its_bounds(void **state)
{
    static const char *const wrong[] = {
        "",
        "1767323045000000",
        "1767323045000000 10000000",
        "1767323045000000 10000000 ",
        "1767323045000000 10000000 1 ",
        "1767323045000000 10000000 1 2",
        " 1767323045000000 10000000 1",
        "1767323045000000  10000000 1",
        "-5 10000000 1",
        "9223372036854775807 10000000 1",
        "1767323045000000 0 1",
        "1767323045000000 1000000000001 1",
        "1767323045000000 10000000 0",
        "1767323045000000 10000000 8193",
        "1767323045000000 1e7 1",
    };
    struct feed_epoch got = {.burst = 99};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        if (feed_epoch_read(slice_str(wrong[i]), &got) == 0)
            fail_msg("%s", wrong[i]);
    }
    assert_int_equal(got.burst, 99);
}

/* Whatever the order in which servers look, they agree on one. */
static void epoch_that_is_earlier_applies(void **state)
{
    const struct feed_epoch a = {100, 10, 1}, later = {101, 1, 1}, slower = {100, 9, 5},
                            smaller = {100, 9, 4};

    (void)state;
    assert_true(feed_epoch_compare(&a, &later) < 0);
    assert_true(feed_epoch_compare(&later, &a) > 0);
    assert_true(feed_epoch_compare(&slower, &a) < 0);
    assert_true(feed_epoch_compare(&smaller, &slower) < 0);
    assert_true(feed_epoch_compare(&slower, &smaller) > 0);
}

static void clock_keeps_the_most_exact_sample(void **state)
{
    struct feed_clock c = {0};

    (void)state;
    assert_int_equal(feed_clock_sample(&c, 1000, 1200, 5000000), FEED_CLOCK_SET);
    assert_int_equal(c.offset_us, 5000000 - 1100);
    assert_int_equal(c.error_us, 100);
    /* A slow answer says less. */
    assert_int_equal(feed_clock_sample(&c, 2000, 3000, 5001900), FEED_CLOCK_KEPT);
    assert_int_equal(c.offset_us, 5000000 - 1100);
    assert_int_equal(feed_clock_sample(&c, 4000, 4020, 5002910), FEED_CLOCK_SET);
    assert_int_equal(c.offset_us, 5002910 - 4010);
    /* Clocks drift, so that an old sample is worth less than a new one. */
    assert_int_equal(feed_clock_sample(&c, 60000000, 60001000, 64999400), FEED_CLOCK_SET);
    assert_int_equal(c.error_us, 500);
}

static void clock_that_was_set_is_found(void **state)
{
    struct feed_clock c = {0};

    (void)state;
    (void)feed_clock_sample(&c, 1000, 1200, 5000000);
    assert_int_equal(feed_clock_sample(&c, 1001000, 1901000, 3606450000), FEED_CLOCK_JUMPED);
    assert_int_equal(c.offset_us, 3606450000 - 1451000);
    assert_int_equal(feed_clock_sample(&c, 2001000, 2001200, 5000000), FEED_CLOCK_JUMPED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(epoch_is_three_numbers),
        cmocka_unit_test(epoch_is_refused_beyond_its_bounds),
        cmocka_unit_test(epoch_that_is_earlier_applies),
        cmocka_unit_test(clock_keeps_the_most_exact_sample),
        cmocka_unit_test(clock_that_was_set_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

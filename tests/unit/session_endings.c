#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "session/diagnose/endings.h"

#define MS 1000u

static void add(struct endings *h, enum close_how how, uint64_t up_ms, uint64_t in_ms,
                uint64_t out_ms, uint64_t frames)
{
    const struct event_close close = {
        .by = how == CLOSE_HOW_RST ? CLOSE_BY_NETWORK : CLOSE_BY_PEER,
        .how = how,
        .code = how == CLOSE_HOW_CLOSE_FRAME ? 1001 : CLOSE_ABNORMAL,
        .uptime_us = up_ms * MS,
        .idle_in_us = in_ms * MS,
        .idle_out_us = out_ms * MS,
    };

    endings_add(h, &close, frames);
}

static void endings_fewer_than_three_are_no_pattern(void **state)
{
    struct endings h = {0};

    (void)state;
    assert_int_equal(endings_pattern(&h).kind, PATTERN_NONE);
    for (int i = 0; i < 2; i++) {
        add(&h, CLOSE_HOW_FIN, 5100, 5020, 5090, 1);
        assert_int_equal(endings_pattern(&h).kind, PATTERN_NONE);
    }
    add(&h, CLOSE_HOW_FIN, 5100, 5020, 5090, 1);
    assert_int_equal(endings_pattern(&h).kind, PATTERN_IDLE);
}

static void endings_same_silence_is_an_idle_timeout(void **state)
{
    struct endings h = {0};
    struct endings_pattern p;

    (void)state;
    add(&h, CLOSE_HOW_FIN, 12000, 5010, 5100, 9);
    add(&h, CLOSE_HOW_RST, 5100, 5040, 5090, 0);
    add(&h, CLOSE_HOW_TLS, 80000, 5060, 5070, 500);
    p = endings_pattern(&h);
    assert_int_equal(p.kind, PATTERN_IDLE);
    assert_int_equal(p.us, 5000000);
    assert_true(p.in && p.out);
}

static void endings_silence_of_one_side_is_reported(void **state)
{
    struct endings h = {0};
    struct endings_pattern p;

    (void)state;
    add(&h, CLOSE_HOW_FIN, 9000, 2020, 100, 2);
    add(&h, CLOSE_HOW_FIN, 8000, 2010, 1500, 2);
    add(&h, CLOSE_HOW_FIN, 4000, 2050, 900, 2);
    p = endings_pattern(&h);
    assert_int_equal(p.kind, PATTERN_IDLE);
    assert_true(p.in && !p.out);
    assert_int_equal(p.us, 2000000);
}

static void endings_different_silences_are_no_pattern(void **state)
{
    struct endings h = {0};

    (void)state;
    add(&h, CLOSE_HOW_FIN, 5100, 5020, 5090, 1);
    add(&h, CLOSE_HOW_FIN, 9100, 9020, 9090, 1);
    add(&h, CLOSE_HOW_FIN, 5100, 5020, 5090, 1);
    assert_int_equal(endings_pattern(&h).kind, PATTERN_NONE);
}

static void endings_short_silences_are_no_pattern(void **state)
{
    struct endings h = {0};

    (void)state;
    for (int i = 0; i < 3; i++)
        add(&h, CLOSE_HOW_FIN, 300, 200, 250, 0);
    assert_int_equal(endings_pattern(&h).kind, PATTERN_NONE);
}

static void endings_same_age_with_data_is_a_lifetime(void **state)
{
    struct endings h = {0};
    struct endings_pattern p;

    (void)state;
    add(&h, CLOSE_HOW_FIN, 30010, 90, 30010, 300);
    add(&h, CLOSE_HOW_RST, 30110, 12, 30010, 301);
    add(&h, CLOSE_HOW_FIN, 30050, 50, 30010, 150000); /* a burst just before */
    p = endings_pattern(&h);
    assert_int_equal(p.kind, PATTERN_AGE);
    assert_int_equal(p.us, 30000000);
}

/* Every 2 s a message, cut at 30 s: the silence at the end is the same each time, and harmless. */
static void endings_steady_traffic_differs_from_an_idle_timeout(void **state)
{
    struct endings h = {0};

    (void)state;
    for (int i = 0; i < 3; i++)
        add(&h, CLOSE_HOW_FIN, 29900, 1900, 29900, 14);
    assert_int_equal(endings_pattern(&h).kind, PATTERN_AGE);
}

static void endings_a_burst_and_then_silence_is_an_idle_timeout(void **state)
{
    struct endings h = {0};

    (void)state;
    for (int i = 0; i < 3; i++)
        add(&h, CLOSE_HOW_FIN, 5400, 5020, 5300, 20);
    assert_int_equal(endings_pattern(&h).kind, PATTERN_IDLE);
}

static void endings_in_good_order_or_our_own_break_the_row(void **state)
{
    struct endings h = {0};
    struct event_close close = {.by = CLOSE_BY_PEER,
                                .how = CLOSE_HOW_CLOSE_FRAME,
                                .code = 1000,
                                .uptime_us = 5100000,
                                .idle_in_us = 5000000,
                                .idle_out_us = 5000000};

    (void)state;
    for (int i = 0; i < 3; i++)
        add(&h, CLOSE_HOW_CLOSE_FRAME, 5100, 5000, 5000, 1);
    assert_int_equal(endings_pattern(&h).kind, PATTERN_IDLE);
    endings_add(&h, &close, 1);
    assert_int_equal(endings_pattern(&h).kind, PATTERN_NONE);
    for (int i = 0; i < 3; i++)
        add(&h, CLOSE_HOW_FIN, 5100, 5000, 5000, 1);
    assert_int_equal(endings_pattern(&h).kind, PATTERN_IDLE);
    close.by = CLOSE_BY_LOCAL;
    close.how = CLOSE_HOW_FIN;
    endings_add(&h, &close, 1);
    assert_int_equal(endings_pattern(&h).kind, PATTERN_NONE);
    for (int i = 0; i < 3; i++)
        add(&h, CLOSE_HOW_FAULT, 5100, 5000, 5000, 1);
    assert_int_equal(endings_pattern(&h).kind, PATTERN_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(endings_fewer_than_three_are_no_pattern),
        cmocka_unit_test(endings_same_silence_is_an_idle_timeout),
        cmocka_unit_test(endings_silence_of_one_side_is_reported),
        cmocka_unit_test(endings_different_silences_are_no_pattern),
        cmocka_unit_test(endings_short_silences_are_no_pattern),
        cmocka_unit_test(endings_same_age_with_data_is_a_lifetime),
        cmocka_unit_test(endings_steady_traffic_differs_from_an_idle_timeout),
        cmocka_unit_test(endings_a_burst_and_then_silence_is_an_idle_timeout),
        cmocka_unit_test(endings_in_good_order_or_our_own_break_the_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/fault_lane.h"
#include "net/link.h"

#define MS 1000u

static int set_up(void **state)
{
    struct fault_lane *l = malloc(sizeof *l);

    assert_non_null(l);
    fault_lane_init(l);
    *state = l;
    return 0;
}

static int tear_down(void **state)
{
    fault_lane_clear(*state);
    free(*state);
    return 0;
}

static void put(struct fault_lane *l, const char *text, uint64_t due_us)
{
    fault_lane_put(l, (const uint8_t *)text, strlen(text), due_us);
}

/* What can be taken at that time, at most `n` bytes; the wait must be this. */
static void takes(struct fault_lane *l, size_t n, uint64_t now_us, const char *text, uint64_t wait)
{
    uint8_t bytes[64];
    uint64_t wait_us = 77;
    struct err e;
    ssize_t got = fault_lane_take(l, bytes, n, now_us, &e, &wait_us);

    assert_int_equal(got, *text ? (ssize_t)strlen(text) : LINK_AGAIN);
    assert_memory_equal(bytes, text, strlen(text));
    assert_int_equal(wait_us, wait);
}

static void fault_lane_gives_bytes_when_their_time_has_come(void **state)
{
    struct fault_lane *l = *state;

    put(l, "abc", 100 * MS);
    put(l, "def", 130 * MS);
    assert_false(fault_lane_is_due(l, 99 * MS));
    takes(l, 64, 99 * MS, "", 1 * MS);
    assert_true(fault_lane_is_due(l, 100 * MS));
    takes(l, 64, 100 * MS, "abc", 30 * MS);
    takes(l, 64, 131 * MS, "def", 0);
    assert_true(fault_lane_empty(l));
    takes(l, 64, 200 * MS, "", 0);
}

static void fault_lane_gives_as_much_as_there_is_room_for(void **state)
{
    struct fault_lane *l = *state;

    put(l, "abc", 1);
    put(l, "def", 2);
    takes(l, 2, 2, "ab", 0);
    takes(l, 3, 2, "cde", 0);
    takes(l, 3, 2, "f", 0);
}

/* However the jitter falls, this is a stream. */
static void fault_lane_never_changes_the_order(void **state)
{
    struct fault_lane *l = *state;

    put(l, "slow", 90 * MS);
    put(l, "fast", 10 * MS);
    takes(l, 64, 50 * MS, "", 40 * MS);
    takes(l, 64, 90 * MS, "slowfast", 0);
}

static void fault_lane_keeps_all_when_there_are_more_times_than_places(void **state)
{
    struct fault_lane *l = *state;
    uint64_t wait;

    for (unsigned i = 0; i < 2 * FAULT_LANE_CHUNKS; i++)
        put(l, "x", i * MS);
    assert_int_equal(fault_lane_due(l, UINT64_MAX / 2, &wait).len, 2 * FAULT_LANE_CHUNKS);
    assert_int_equal(fault_lane_due(l, 10 * MS, &wait).len, 11);
}

static void fault_lane_reports_the_end_after_the_bytes_and_late_too(void **state)
{
    struct fault_lane *l = *state;
    const struct err broken = {.code = EXIT_LOST, .text = "broke"};
    uint8_t bytes[8];
    struct err e;
    uint64_t wait;

    put(l, "abc", 100 * MS);
    fault_lane_put_end(l, LINK_FAILED, &broken, 50 * MS);
    assert_false(fault_lane_empty(l));
    takes(l, 64, 99 * MS, "", 1 * MS);
    takes(l, 64, 100 * MS, "abc", 0);
    assert_true(fault_lane_is_due(l, 100 * MS));
    assert_int_equal(fault_lane_take(l, bytes, sizeof bytes, 100 * MS, &e, &wait), LINK_FAILED);
    assert_string_equal(e.text, "broke");
}

static void fault_lane_end_alone_is_waited_for(void **state)
{
    struct fault_lane *l = *state;
    uint8_t bytes[8];
    struct err e;
    uint64_t wait;

    fault_lane_put_end(l, 0, NULL, 30 * MS);
    assert_int_equal(fault_lane_take(l, bytes, sizeof bytes, 10 * MS, &e, &wait), LINK_AGAIN);
    assert_int_equal(wait, 20 * MS);
    assert_int_equal(fault_lane_take(l, bytes, sizeof bytes, 30 * MS, &e, &wait), 0);
}

/* Let as much pass as is allowed, from `now` on, whenever the lane says; how long n bytes take. */
static uint64_t pass(struct fault_lane *l, const struct fault_spec *rate,
                     const struct fault_spec *slice, size_t n, uint64_t now)
{
    uint64_t begun = now, wait;
    unsigned turns = 0;

    while (n > 0) {
        size_t some = fault_lane_allowed(l, rate, slice, n, now, &wait);

        assert_true(turns++ < 100000);
        assert_true(some <= n);
        if (some == 0) {
            assert_true(wait > 0);
            assert_false(fault_lane_open(l, now));
            now += wait;
            assert_true(fault_lane_open(l, now));
            continue;
        }
        fault_lane_passed(l, slice, some, now);
        n -= some;
    }
    return now - begun;
}

static void fault_lane_without_limits_lets_all_pass(void **state)
{
    assert_int_equal(pass(*state, NULL, NULL, 1 << 20, 5), 0);
}

static void fault_lane_rate_is_kept_from_the_first_byte_on(void **state)
{
    const struct fault_spec rate = {.kind = FAULT_RATE, .bytes = 10000};
    uint64_t took = pass(*state, &rate, NULL, 20000, 12345);

    /* Two seconds, less what may be owed at the end. */
    assert_in_range(took, 1980 * MS, 2050 * MS);
}

static void fault_lane_rate_does_not_save_up_for_long(void **state)
{
    struct fault_lane *l = *state;
    const struct fault_spec rate = {.kind = FAULT_RATE, .bytes = 10000};

    pass(l, &rate, NULL, 100, 0);
    /* An hour of silence is worth a tenth of a second. */
    assert_in_range(pass(l, &rate, NULL, 11000, 3600 * 1000 * (uint64_t)MS), 980 * MS, 1050 * MS);
}

static void fault_lane_slow_rate_still_moves(void **state)
{
    const struct fault_spec rate = {.kind = FAULT_RATE, .bytes = 1};

    assert_in_range(pass(*state, &rate, NULL, 3, 7), 2900 * MS, 3100 * MS);
}

static void fault_lane_slices_wait_between(void **state)
{
    struct fault_lane *l = *state;
    const struct fault_spec slice = {.kind = FAULT_SLICE, .bytes = 3, .us = 20 * MS};
    uint64_t wait;

    assert_int_equal(fault_lane_allowed(l, NULL, &slice, 10, 0, &wait), 3);
    fault_lane_passed(l, &slice, 3, 0);
    assert_int_equal(fault_lane_allowed(l, NULL, &slice, 7, 5 * MS, &wait), 0);
    assert_int_equal(wait, 15 * MS);
    assert_int_equal(pass(l, NULL, &slice, 7, 5 * MS), (15 + 40) * MS);
}

static void fault_lane_slices_without_delay_are_only_short(void **state)
{
    const struct fault_spec slice = {.kind = FAULT_SLICE, .bytes = 1};

    assert_int_equal(pass(*state, NULL, &slice, 1000, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        T(fault_lane_gives_bytes_when_their_time_has_come),
        T(fault_lane_gives_as_much_as_there_is_room_for),
        T(fault_lane_never_changes_the_order),
        T(fault_lane_keeps_all_when_there_are_more_times_than_places),
        T(fault_lane_reports_the_end_after_the_bytes_and_late_too),
        T(fault_lane_end_alone_is_waited_for),
        T(fault_lane_without_limits_lets_all_pass),
        T(fault_lane_rate_is_kept_from_the_first_byte_on),
        T(fault_lane_rate_does_not_save_up_for_long),
        T(fault_lane_slow_rate_still_moves),
        T(fault_lane_slices_wait_between),
        T(fault_lane_slices_without_delay_are_only_short),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

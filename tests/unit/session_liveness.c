#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "session/liveness.h"

#define SECOND 1000000u

static void liveness_without_an_interval_never_asks_again(void **state)
{
    struct liveness l;
    uint64_t wait;

    (void)state;
    liveness_init(&l, 0, 0, 100);
    assert_int_equal(liveness_due(&l, 100, 100 + 3600ull * SECOND, &wait), LIVENESS_WAIT);
    assert_true(wait == UINT64_MAX);
}

static void liveness_pings_once_each_interval(void **state)
{
    struct liveness l;
    uint64_t wait;

    (void)state;
    liveness_init(&l, 10 * SECOND, 0, 0);
    assert_int_equal(liveness_due(&l, 0, 4 * SECOND, &wait), LIVENESS_WAIT);
    assert_int_equal(wait, 6 * SECOND);
    assert_int_equal(liveness_due(&l, 0, 10 * SECOND, &wait), LIVENESS_PING);
    assert_int_equal(liveness_due(&l, 0, 10 * SECOND, &wait), LIVENESS_WAIT);
    assert_int_equal(wait, 10 * SECOND);
}

static void liveness_silence_after_a_ping_is_lost_at_the_timeout(void **state)
{
    struct liveness l;
    uint64_t wait;

    (void)state;
    liveness_init(&l, 10 * SECOND, 3 * SECOND, 1);
    assert_int_equal(liveness_due(&l, 1, 10 * SECOND + 1, &wait), LIVENESS_PING);
    assert_int_equal(liveness_due(&l, 1, 10 * SECOND + 1, &wait), LIVENESS_WAIT);
    assert_int_equal(wait, 3 * SECOND);
    assert_int_equal(liveness_due(&l, 1, 13 * SECOND, &wait), LIVENESS_WAIT);
    assert_int_equal(wait, 1);
    assert_int_equal(liveness_due(&l, 1, 13 * SECOND + 1, &wait), LIVENESS_LOST);
}

static void liveness_any_byte_after_the_ping_counts_as_life(void **state)
{
    struct liveness l;
    uint64_t wait;

    (void)state;
    liveness_init(&l, 10 * SECOND, 3 * SECOND, 0);
    assert_int_equal(liveness_due(&l, 0, 10 * SECOND, &wait), LIVENESS_PING);
    assert_int_equal(liveness_due(&l, 11 * SECOND, 14 * SECOND, &wait), LIVENESS_WAIT);
    assert_int_equal(wait, 6 * SECOND);
}

static void liveness_a_second_ping_does_not_put_off_the_end(void **state)
{
    struct liveness l;
    uint64_t wait;

    (void)state;
    liveness_init(&l, SECOND, 5 * SECOND, 1);
    for (unsigned i = 1; i <= 5; i++)
        assert_int_equal(liveness_due(&l, 1, i * SECOND + 1, &wait), LIVENESS_PING);
    assert_int_equal(liveness_due(&l, 1, 6 * SECOND + 1, &wait), LIVENESS_LOST);
}

static void liveness_pong_gives_the_round_trip_of_its_own_ping(void **state)
{
    struct liveness l;
    uint64_t rtt = 0;

    (void)state;
    liveness_init(&l, 0, 0, 0);
    liveness_sent(&l, slice_str("one"), 100);
    liveness_sent(&l, slice_str("two"), 200);
    assert_false(liveness_pong(&l, slice_str("three"), 250, &rtt));
    assert_true(liveness_pong(&l, slice_str("one"), 300, &rtt));
    assert_int_equal(rtt, 200);
    assert_true(liveness_pong(&l, slice_str("two"), 450, &rtt));
    assert_int_equal(rtt, 250);
    assert_false(liveness_pong(&l, slice_str("two"), 460, &rtt));
}

static void liveness_pong_to_a_later_ping_answers_the_earlier_ones(void **state)
{
    struct liveness l;
    uint64_t rtt;

    (void)state;
    liveness_init(&l, 0, 0, 0);
    liveness_sent(&l, slice_str(""), 100);
    liveness_sent(&l, slice_str("b"), 200);
    assert_true(liveness_pong(&l, slice_str("b"), 300, &rtt));
    assert_false(liveness_pong(&l, slice_str(""), 310, &rtt));
}

static void liveness_forgets_only_the_oldest_of_many_pings(void **state)
{
    struct liveness l;
    char text[24];
    uint64_t rtt;

    (void)state;
    liveness_init(&l, 0, 0, 0);
    for (unsigned i = 0; i <= LIVENESS_PINGS; i++) {
        size_t len = liveness_payload(&l, text);

        liveness_sent(&l, slice_make(text, len), i);
    }
    assert_false(liveness_pong(&l, slice_str("1"), 100, &rtt));
    assert_true(liveness_pong(&l, slice_str("2"), 101, &rtt));
    assert_int_equal(rtt, 100);
}

static void liveness_unanswered_counts_the_forgotten_and_the_waiting(void **state)
{
    struct liveness l;
    uint64_t rtt;

    (void)state;
    liveness_init(&l, 0, 0, 0);
    assert_int_equal(liveness_unanswered(&l), 0);
    for (unsigned i = 0; i < LIVENESS_PINGS + 3; i++)
        liveness_sent(&l, slice_str("same"), i);
    assert_int_equal(liveness_unanswered(&l), LIVENESS_PINGS + 3);
    assert_true(liveness_pong(&l, slice_str("same"), 100, &rtt));
    assert_int_equal(liveness_unanswered(&l), 3);
    assert_int_equal(l.forgotten, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(liveness_without_an_interval_never_asks_again),
        cmocka_unit_test(liveness_pings_once_each_interval),
        cmocka_unit_test(liveness_silence_after_a_ping_is_lost_at_the_timeout),
        cmocka_unit_test(liveness_any_byte_after_the_ping_counts_as_life),
        cmocka_unit_test(liveness_a_second_ping_does_not_put_off_the_end),
        cmocka_unit_test(liveness_pong_gives_the_round_trip_of_its_own_ping),
        cmocka_unit_test(liveness_pong_to_a_later_ping_answers_the_earlier_ones),
        cmocka_unit_test(liveness_forgets_only_the_oldest_of_many_pings),
        cmocka_unit_test(liveness_unanswered_counts_the_forgotten_and_the_waiting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

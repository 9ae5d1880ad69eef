#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "session/books/scorecard.h"

#define MS UINT64_C(1000)

static void lose(struct scorecard *c, enum close_how how, uint64_t idle_ms, uint64_t now_ms)
{
    const struct event_close close = {.how = how, .idle_in_us = idle_ms * MS};

    scorecard_lost(c, &close, now_ms * MS);
}

static void scorecard_reports_an_outage_that_pings_found(void **state)
{
    struct scorecard c = {0};
    char text[SCORECARD_TEXT];

    (void)state;
    lose(&c, CLOSE_HOW_PING_TIMEOUT, 12100, 100000);
    scorecard_attempt(&c, 1200 * MS);
    scorecard_attempt(&c, 1700 * MS);
    scorecard_attempt(&c, 4400 * MS);
    assert_true(scorecard_back(&c, 107700 * MS));
    scorecard_tell(&c, text, true, 14, 14);
    assert_string_equal(text, "detected in 12.1 s (ping timeout) · 3 attempts · waited 1.2, 1.7, "
                              "4.4 s · back after 19.8 s · missed 14, recovered 14");
}

static void scorecard_takes_silence_before_a_reset_for_nothing(void **state)
{
    struct scorecard c = {0};
    char text[SCORECARD_TEXT];

    (void)state;
    lose(&c, CLOSE_HOW_RST, 3600000, 4000000);
    scorecard_attempt(&c, 60 * MS);
    assert_true(scorecard_back(&c, 4000080 * MS));
    scorecard_tell(&c, text, false, 0, 0);
    assert_string_equal(text,
                        "detected at once (RST) · 1 attempt · waited 0.06 s · back after 0.08 s");
}

static void scorecard_sums_up_the_waits_beyond_the_first(void **state)
{
    struct scorecard c = {0};
    char text[SCORECARD_TEXT];

    (void)state;
    lose(&c, CLOSE_HOW_FIN, 0, 0);
    for (int i = 0; i < 9; i++)
        scorecard_attempt(&c, 1000 * MS);
    assert_true(scorecard_back(&c, 9100 * MS));
    scorecard_tell(&c, text, false, 0, 0);
    assert_string_equal(text, "detected at once (FIN) · 9 attempts · waited 1.0, 1.0, 1.0, 1.0, "
                              "1.0, 1.0 s and 3 more times, 9.0 s in all · back after 9.1 s");
}

static void scorecard_fits_whatever_happens(void **state)
{
    struct scorecard c = {0};
    char text[SCORECARD_TEXT];

    (void)state;
    lose(&c, CLOSE_HOW_PING_TIMEOUT, UINT64_MAX / MS / 2, UINT64_MAX / MS / 2);
    for (int i = 0; i < 1000; i++)
        scorecard_attempt(&c, UINT64_C(1000000000000000));
    assert_true(scorecard_back(&c, UINT64_MAX));
    scorecard_tell(&c, text, true, UINT64_MAX, UINT64_MAX);
    assert_true(strlen(text) < sizeof text);
}

static void scorecard_knows_no_outage_before_a_connection(void **state)
{
    struct scorecard c = {0};

    (void)state;
    scorecard_attempt(&c, 1000 * MS);
    assert_false(scorecard_back(&c, 2000 * MS));
    assert_false(c.open);
    assert_int_equal(scorecard_sums(&c, 3000 * MS).count, 0);
}

static void scorecard_sums_count_the_outage_that_lasts(void **state)
{
    struct scorecard c = {0};
    struct event_outages sums;

    (void)state;
    lose(&c, CLOSE_HOW_FIN, 0, 1000);
    assert_true(scorecard_back(&c, 3000 * MS));
    assert_true(c.open);
    lose(&c, CLOSE_HOW_RST, 0, 10000);
    assert_false(c.open);
    sums = scorecard_sums(&c, 15000 * MS);
    assert_int_equal(sums.count, 2);
    assert_int_equal(sums.down_us, 7000 * MS);
    assert_int_equal(sums.longest_us, 5000 * MS);
    assert_true(scorecard_back(&c, 11000 * MS));
    sums = scorecard_sums(&c, 20000 * MS);
    assert_int_equal(sums.down_us, 3000 * MS);
    assert_int_equal(sums.longest_us, 2000 * MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scorecard_reports_an_outage_that_pings_found),
        cmocka_unit_test(scorecard_takes_silence_before_a_reset_for_nothing),
        cmocka_unit_test(scorecard_sums_up_the_waits_beyond_the_first),
        cmocka_unit_test(scorecard_fits_whatever_happens),
        cmocka_unit_test(scorecard_knows_no_outage_before_a_connection),
        cmocka_unit_test(scorecard_sums_count_the_outage_that_lasts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

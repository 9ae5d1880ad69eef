/* The feed: numbers, times, what is repeated, and requests for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "alloc.h"
#include "serve/feed.h"

#define START 5000000u
/* 2026-01-02T03:04:05Z */
#define WALL INT64_C(1767323045000000)

static struct feed make_bursts(double rate, uint64_t burst)
{
    struct feed f;

    assert_int_equal(feed_init(&f, rate, burst, START, WALL), 0);
    return f;
}

static struct feed make(double rate)
{
    return make_bursts(rate, 1);
}

static void assert_text(struct slice got, const char *want)
{
    assert_int_equal(got.len, strlen(want));
    assert_memory_equal(got.data, want, got.len);
}

static void feed_has_no_update_before_the_first_is_due(void **state)
{
    struct feed f = make(10);

    (void)state;
    assert_int_equal(feed_latest(&f, 0), 0);
    assert_int_equal(feed_latest(&f, START), 0);
    assert_int_equal(feed_latest(&f, START + 99999), 0);
    assert_int_equal(feed_latest(&f, START + 100000), 1);
    feed_clear(&f);
}

static void feed_counts_from_the_start_so_that_nothing_drifts(void **state)
{
    static const double rates[] = {0.01, 0.3, 1, 3, 7, 10, 999, 48000, 100000, 1000000};

    (void)state;
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        struct feed f = make(rates[i]);
        uint64_t day = START + UINT64_C(86400000000);

        assert_int_equal(feed_latest(&f, day), (uint64_t)(rates[i] * 86400 + 1e-9));
        for (uint64_t id = 1; id < 2000; id++) {
            uint64_t due = feed_due_us(&f, id);

            assert_true(feed_latest(&f, due) >= id);
            assert_true(feed_latest(&f, due - 1) < id);
        }
        feed_clear(&f);
    }
}

static void feed_due_goes_up_with_the_number(void **state)
{
    struct feed f = make(3);

    (void)state;
    assert_int_equal(feed_due_us(&f, 1), START + 333334);
    assert_int_equal(feed_due_us(&f, 2), START + 666667);
    assert_int_equal(feed_due_us(&f, 3), START + 1000000);
    assert_true(feed_due_us(&f, UINT64_MAX) == UINT64_MAX);
    feed_clear(&f);
}

static void feed_bursts_come_together_and_as_often_as_the_rate_has_it(void **state)
{
    static const double rates[] = {0.3, 7, 10, 1000};
    struct feed f = make_bursts(10, 5);

    (void)state;
    assert_int_equal(feed_latest(&f, START + 499999), 0);
    assert_int_equal(feed_latest(&f, START + 500000), 5);
    assert_int_equal(feed_latest(&f, START + 999999), 5);
    assert_int_equal(feed_latest(&f, START + 1000000), 10);
    assert_int_equal(feed_due_us(&f, 1), START + 500000);
    assert_int_equal(feed_due_us(&f, 5), START + 500000);
    assert_int_equal(feed_due_us(&f, 6), START + 1000000);
    assert_text(feed_text(&f, 1), "{\"id\":1,\"time\":\"2026-01-02T03:04:05.500000Z\","
                                  "\"value\":97.11}");
    feed_clear(&f);
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        f = make_bursts(rates[i], 7);
        for (uint64_t id = 1; id < 2000; id++) {
            uint64_t due = feed_due_us(&f, id), end = (id + 6) / 7 * 7;

            assert_int_equal(feed_latest(&f, due), end);
            assert_int_equal(feed_latest(&f, due - 1), end - 7);
        }
        feed_clear(&f);
    }
    f = make_bursts(10, 8192);
    assert_true(feed_due_us(&f, UINT64_MAX) == UINT64_MAX);
    feed_clear(&f);
}

static void feed_text_len_is_the_length_of_the_text(void **state)
{
    struct feed f = make(10);

    (void)state;
    for (uint64_t id = 1; id < 5000; id++)
        assert_int_equal(feed_text_len(&f, id), feed_text(&f, id).len);
    for (uint64_t id = 9; id < UINT64_MAX / 10; id = id * 10 + 9) {
        assert_int_equal(feed_text_len(&f, id), feed_text(&f, id).len);
        assert_int_equal(feed_text_len(&f, id + 1), feed_text(&f, id + 1).len);
    }
    assert_int_equal(feed_text_len(&f, UINT64_MAX), feed_text(&f, UINT64_MAX).len);
    feed_clear(&f);
    f = make(10);
    f.node = "node-with_the.longest_name_there1";
    assert_int_equal(feed_text_len(&f, UINT64_MAX), feed_text(&f, UINT64_MAX).len);
    assert_int_equal(feed_text_len(&f, 7), feed_text(&f, 7).len);
    feed_clear(&f);
}

/* The feed of several servers has one start, which may be before this machine's. */
static void feed_may_begin_before_the_clock(void **state)
{
    struct feed f;

    (void)state;
    assert_int_equal(feed_init(&f, 10, 1, -5000000, WALL), 0);
    assert_int_equal(feed_latest(&f, 0), 50);
    assert_int_equal(feed_latest(&f, 99999), 50);
    assert_int_equal(feed_latest(&f, 100000), 51);
    assert_int_equal(feed_due_us(&f, 51), 100000);
    assert_int_equal(feed_due_us(&f, 50), 0);
    assert_int_equal(feed_due_us(&f, 7), 0);
    feed_clear(&f);
}

static void feed_names_its_node(void **state)
{
    struct feed f = make(10);
    struct slice text;

    (void)state;
    f.node = "a";
    text = feed_text(&f, 1);
    assert_true(text.len > 20 && memcmp(text.data + text.len - 12, ",\"node\":\"a\"}", 12) == 0);
    feed_clear(&f);
}

static void assert_range(struct feed_range r, uint64_t first, uint64_t last)
{
    assert_int_equal(r.first, first);
    assert_int_equal(r.last, last);
}

static void feed_since_is_what_came_after(void **state)
{
    (void)state;
    assert_range(feed_since(7, 10), 8, 10);
    assert_range(feed_since(0, 10), 1, 10);
    assert_range(feed_since(10, 10), 11, 10);
    assert_range(feed_since(0, 0), 1, 0);
    assert_range(feed_since(0, FEED_KEPT + 5), 6, FEED_KEPT + 5);
}

static void feed_last_is_no_more_than_there_was_and_is_kept(void **state)
{
    (void)state;
    assert_range(feed_last(1, 10), 10, 10);
    assert_range(feed_last(3, 10), 8, 10);
    assert_range(feed_last(10, 10), 1, 10);
    assert_range(feed_last(11, 10), 1, 10);
    assert_range(feed_last(UINT64_MAX, 10), 1, 10);
    assert_range(feed_last(1, 0), 1, 0);
    assert_range(feed_last(UINT64_MAX, FEED_KEPT + 5), 6, FEED_KEPT + 5);
    assert_range(feed_last(FEED_KEPT - 1, FEED_KEPT + 5), 7, FEED_KEPT + 5);
}

static void feed_page_is_of_seconds_and_bounded(void **state)
{
    static const struct {
        double rate;
        uint64_t page;
    } cases[] = {{0.01, 1}, {0.2, 1}, {5, 25}, {10, 50}, {200, 1000}, {1000000, 1000}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct feed f = make(cases[i].rate);

        assert_int_equal(feed_page(&f), cases[i].page);
        feed_clear(&f);
    }
}

static void feed_text_is_json_with_number_due_time_and_value(void **state)
{
    struct feed f = make(10);

    (void)state;
    assert_text(feed_text(&f, 1), "{\"id\":1,\"time\":\"2026-01-02T03:04:05.100000Z\","
                                  "\"value\":97.11}");
    assert_text(feed_text(&f, 600), "{\"id\":600,\"time\":\"2026-01-02T03:05:05.000000Z\","
                                    "\"value\":102.87}");
    feed_clear(&f);
}

static void feed_text_is_the_same_whenever_it_is_asked_for(void **state)
{
    struct feed f = make(1000);
    char first[FEED_LINE];
    struct slice text = feed_text(&f, 5);
    size_t len = text.len;

    (void)state;
    memcpy(first, text.data, len);
    for (uint64_t id = 6; id < 5 + 3 * FEED_CACHE; id++)
        feed_text(&f, id);
    text = feed_text(&f, 5);
    assert_int_equal(text.len, len);
    assert_memory_equal(text.data, first, len);
    feed_clear(&f);
}

static void feed_text_holds_the_largest_number(void **state)
{
    struct feed f = make(1000000);
    struct slice text = feed_text(&f, UINT64_MAX);

    (void)state;
    assert_true(text.len < FEED_LINE);
    assert_memory_equal(text.data, "{\"id\":18446744073709551615,", 27);
    assert_int_equal(text.data[text.len - 1], '}');
    feed_clear(&f);
}

static void feed_after_begins_after_what_was_seen(void **state)
{
    (void)state;
    assert_int_equal(feed_after(0, 10), 1);
    assert_int_equal(feed_after(7, 10), 8);
    assert_int_equal(feed_after(9, 10), 10);
    assert_int_equal(feed_after(10, 10), 11);
    assert_int_equal(feed_after(0, 0), 1);
}

static void feed_after_begins_with_the_oldest_kept_where_more_is_asked_for(void **state)
{
    uint64_t latest = UINT64_C(10000000000);

    (void)state;
    assert_int_equal(feed_oldest(latest), latest - FEED_KEPT + 1);
    assert_int_equal(feed_after(0, latest), latest - FEED_KEPT + 1);
    assert_int_equal(feed_after(latest - FEED_KEPT, latest), latest - FEED_KEPT + 1);
    assert_int_equal(feed_after(latest - FEED_KEPT + 1, latest), latest - FEED_KEPT + 2);
    assert_int_equal(feed_oldest(FEED_KEPT), 1);
    assert_int_equal(feed_oldest(FEED_KEPT + 1), 2);
    assert_int_equal(feed_oldest(0), 1);
}

static void feed_after_takes_a_number_from_the_future_as_the_latest(void **state)
{
    (void)state;
    assert_int_equal(feed_after(11, 10), 11);
    assert_int_equal(feed_after(UINT64_MAX, 10), 11);
}

static void feed_request_reads_a_whole_number(void **state)
{
    static const struct {
        const char *text;
        uint64_t since;
    } good[] = {
        {"{\"since\":17}", 17},
        {"{\"since\":0}", 0},
        {" { \"a\" : [1], \"since\" : 18446744073709551615 } ", UINT64_MAX},
        {"{\"\\u0073ince\":5}", 5},
    };
    uint64_t since;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(feed_request(slice_str(good[i].text), &since), 0);
        assert_int_equal(since, good[i].since);
    }
}

static void feed_request_refuses_everything_else_and_leaves_the_number(void **state)
{
    static const char *const bad[] = {
        "",
        "17",
        "since",
        "{}",
        "[17]",
        "{\"since\":-1}",
        "{\"since\":1.5}",
        "{\"since\":1e3}",
        "{\"since\":\"17\"}",
        "{\"since\":null}",
        "{\"since\":18446744073709551616}",
        "{\"since\":17",
        "{\"since\":17}}",
        "{\"Since\":17}",
    };
    uint64_t since = 42;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(feed_request(slice_str(bad[i]), &since), -1);
        assert_int_equal(since, 42);
    }
}

static void try_init(void)
{
    struct feed f;

    if (feed_init(&f, 10, 1, START, WALL) == 0) {
        assert_true(feed_text(&f, 1).len > 0);
        feed_clear(&f);
    }
}

static void feed_survives_every_failed_allocation(void **state)
{
    (void)state;
    ALLOC_EACH(try_init());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(feed_has_no_update_before_the_first_is_due),
        cmocka_unit_test(feed_counts_from_the_start_so_that_nothing_drifts),
        cmocka_unit_test(feed_due_goes_up_with_the_number),
        cmocka_unit_test(feed_bursts_come_together_and_as_often_as_the_rate_has_it),
        cmocka_unit_test(feed_text_len_is_the_length_of_the_text),
        cmocka_unit_test(feed_may_begin_before_the_clock),
        cmocka_unit_test(feed_names_its_node),
        cmocka_unit_test(feed_since_is_what_came_after),
        cmocka_unit_test(feed_last_is_no_more_than_there_was_and_is_kept),
        cmocka_unit_test(feed_page_is_of_seconds_and_bounded),
        cmocka_unit_test(feed_text_is_json_with_number_due_time_and_value),
        cmocka_unit_test(feed_text_is_the_same_whenever_it_is_asked_for),
        cmocka_unit_test(feed_text_holds_the_largest_number),
        cmocka_unit_test(feed_after_begins_after_what_was_seen),
        cmocka_unit_test(feed_after_begins_with_the_oldest_kept_where_more_is_asked_for),
        cmocka_unit_test(feed_after_takes_a_number_from_the_future_as_the_latest),
        cmocka_unit_test(feed_request_reads_a_whole_number),
        cmocka_unit_test(feed_request_refuses_everything_else_and_leaves_the_number),
        cmocka_unit_test(feed_survives_every_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

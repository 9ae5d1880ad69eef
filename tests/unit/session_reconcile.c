#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "alloc.h"

#include <inttypes.h>
#include <stdio.h>

#include "session/books/reconcile.h"

/* What was told, as "gap 4-6, recovered 4-6". */
static char told[4096];
static struct reconcile r;

static void on_tell(void *ctx, enum event_kind kind, uint64_t from, uint64_t to)
{
    size_t n = strlen(told);

    assert_ptr_equal(ctx, &r);
    assert_true(from <= to);
    snprintf(told + n, sizeof told - n, "%s%s %" PRIu64 "-%" PRIu64, n ? ", " : "",
             event_name(kind), from, to);
}

static int fresh(void **state)
{
    (void)state;
    told[0] = '\0';
    assert_int_equal(reconcile_init(&r, false, 0, on_tell, &r), 0);
    reconcile_opened(&r);
    return 0;
}

static int fresh_with_ids(void **state)
{
    (void)state;
    told[0] = '\0';
    assert_int_equal(reconcile_init(&r, true, 42, on_tell, &r), 0);
    reconcile_opened(&r);
    return 0;
}

static int done(void **state)
{
    (void)state;
    reconcile_clear(&r);
    return 0;
}

static bool number(uint64_t n)
{
    return reconcile_message(&r, &(struct reconcile_message){.has_seq = true, .seq = n});
}

static bool identity(const char *id)
{
    return reconcile_message(&r, &(struct reconcile_message){.has_id = true, .id = slice_str(id)});
}

static bool both(uint64_t n, const char *id)
{
    return reconcile_message(&r,
                             &(struct reconcile_message){
                                 .has_seq = true, .seq = n, .has_id = true, .id = slice_str(id)});
}

static bool in_epoch(const char *epoch, uint64_t n)
{
    return reconcile_message(
        &r, &(struct reconcile_message){
                .has_seq = true, .seq = n, .has_epoch = true, .epoch = slice_str(epoch)});
}

static bool range(uint64_t from, uint64_t to)
{
    return reconcile_message(&r, &(struct reconcile_message){
                                     .has_seq = true, .seq = to, .has_from = true, .from = from});
}

/* What was told since the last time. */
static void expect(const char *words)
{
    assert_string_equal(told, words);
    told[0] = '\0';
}

static void numbers(uint64_t from, uint64_t to)
{
    for (uint64_t n = from; n <= to; n++)
        assert_false(number(n));
}

static void reconnect(bool asks)
{
    uint64_t point;

    reconcile_closed(&r);
    reconcile_opened(&r);
    if (asks && reconcile_point(&r, &point))
        reconcile_asked(&r, point);
}

static void assert_balanced(void)
{
    uint64_t open = 0;

    for (size_t i = 0; i < r.open.count; i++)
        open += hole_count(&r.open.list[i]);
    assert_true(r.totals.missed == r.totals.recovered + r.totals.lost + open);
}

static void reconcile_is_silent_without_a_gap(void **state)
{
    (void)state;
    numbers(5, 300);
    reconcile_finish(&r);
    expect("");
    assert_int_equal(r.totals.missed, 0);
    assert_int_equal(r.totals.duplicates, 0);
    assert_int_equal(r.totals.epochs, 1);
}

static void reconcile_takes_the_first_number_as_baseline(void **state)
{
    (void)state;
    assert_false(number(1000000));
    expect("");
    assert_false(number(1000001));
    reconcile_finish(&r);
    expect("");
}

static void reconcile_reports_one_gap_for_each_hole(void **state)
{
    (void)state;
    numbers(1, 3);
    assert_false(number(7));
    expect("gap 4-6");
    assert_false(number(8));
    assert_false(number(10));
    expect("gap 9-9");
    reconcile_finish(&r);
    expect("lost 4-6, lost 9-9");
    assert_int_equal(r.totals.missed, 4);
    assert_int_equal(r.totals.lost, 4);
}

static void reconcile_reports_a_whole_recovery_at_once(void **state)
{
    (void)state;
    numbers(1, 3);
    number(7);
    told[0] = '\0';
    assert_false(number(4));
    expect("");
    assert_false(number(8)); /* live ones between do not cut the run */
    assert_false(number(5));
    assert_false(number(6));
    expect("recovered 4-6");
    reconcile_finish(&r);
    expect("");
    assert_int_equal(r.totals.recovered, 3);
}

static void reconcile_reports_recovery_newest_first(void **state)
{
    (void)state;
    numbers(1, 3);
    number(7);
    told[0] = '\0';
    assert_false(number(6));
    assert_false(number(5));
    assert_false(number(4));
    expect("recovered 4-6");
}

static void reconcile_reports_consecutive_runs_and_what_is_between(void **state)
{
    (void)state;
    numbers(100, 117);
    number(132);
    expect("gap 118-131");
    numbers(118, 124);
    expect("");
    numbers(127, 131);
    expect("recovered 118-124, recovered 127-131");
    reconcile_finish(&r);
    expect("lost 125-126");
    assert_int_equal(r.totals.missed, 14);
    assert_int_equal(r.totals.recovered, 12);
    assert_int_equal(r.totals.lost, 2);
}

static void reconcile_reports_a_run_that_the_connection_cut(void **state)
{
    (void)state;
    numbers(1, 3);
    number(10);
    numbers(4, 5);
    expect("gap 4-9");
    reconcile_closed(&r);
    expect("recovered 4-5");
}

static void reconcile_knows_duplicates(void **state)
{
    (void)state;
    numbers(1, 3);
    assert_true(number(3));
    assert_true(number(1));
    assert_true(number(1));
    assert_false(number(4));
    expect("");
    assert_int_equal(r.totals.duplicates, 3);
}

static void reconcile_knows_a_recovered_number_that_comes_again(void **state)
{
    (void)state;
    numbers(1, 3);
    number(6);
    assert_false(number(5));
    assert_true(number(5));
    assert_false(number(4));
    assert_true(number(4));
    assert_int_equal(r.totals.duplicates, 2);
    assert_int_equal(r.totals.recovered, 2);
}

static void reconcile_is_exact_at_the_end_of_64_bits(void **state)
{
    (void)state;
    assert_false(number(UINT64_MAX - 2));
    assert_false(number(UINT64_MAX));
    expect("gap 18446744073709551614-18446744073709551614");
    assert_true(number(UINT64_MAX));
    assert_false(number(UINT64_MAX - 1));
    expect("recovered 18446744073709551614-18446744073709551614");
    assert_balanced();
}

static void reconcile_distinguishes_2_53_from_its_neighbours(void **state)
{
    (void)state;
    assert_false(number(UINT64_C(9007199254740992)));
    assert_false(number(UINT64_C(9007199254740993)));
    assert_true(number(UINT64_C(9007199254740993)));
    expect("");
}

static void reconcile_survives_the_widest_gap(void **state)
{
    (void)state;
    number(0);
    number(UINT64_MAX);
    expect("gap 1-18446744073709551614");
    assert_false(number(UINT64_C(1) << 63));
    assert_balanced();
    reconcile_finish(&r);
    assert_balanced();
    assert_int_equal(r.totals.recovered, 1);
    assert_true(r.totals.lost == UINT64_MAX - 2);
}

static void reconcile_sums_stop_rather_than_wrap(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        char name[2] = {(char)('a' + i), '\0'};

        in_epoch(name, 0);
        in_epoch(name, UINT64_MAX);
    }
    reconcile_finish(&r);
    assert_true(r.totals.missed == UINT64_MAX);
    assert_true(r.totals.lost == UINT64_MAX);
}

static void reconcile_counts_nothing_older_than_the_stream_was_joined(void **state)
{
    (void)state;
    numbers(500, 505);
    assert_false(number(450)); /* a replay of history, never missed */
    assert_false(number(499));
    assert_true(number(500));
    assert_false(number(506));
    expect("");
}

static void reconcile_new_epoch_loses_what_was_missing(void **state)
{
    (void)state;
    assert_false(in_epoch("a", 10));
    assert_false(in_epoch("a", 13));
    expect("gap 11-12");
    assert_false(in_epoch("b", 1));
    expect("lost 11-12");
    assert_false(in_epoch("b", 2));
    assert_false(in_epoch("b", 10)); /* seen in "a" only */
    expect("gap 3-9");
    assert_int_equal(r.totals.epochs, 2);
}

static void reconcile_same_epoch_changes_nothing(void **state)
{
    (void)state;
    in_epoch("a", 1);
    assert_false(number(2)); /* one without it belongs to the stream that is there */
    assert_true(in_epoch("a", 2));
    expect("");
    assert_int_equal(r.totals.epochs, 1);
}

static void reconcile_distinguishes_long_epochs_by_length(void **state)
{
    char longer[400];

    (void)state;
    memset(longer, 'x', sizeof longer);
    longer[399] = '\0';
    in_epoch(longer, 5);
    assert_true(in_epoch(longer, 5));
    longer[398] = '\0';
    assert_false(in_epoch(longer, 5));
    assert_int_equal(r.totals.epochs, 2);
}

static void reconcile_takes_a_range_as_all_its_numbers(void **state)
{
    (void)state;
    assert_false(range(100, 110));
    assert_false(range(111, 120));
    expect("");
    assert_false(range(115, 130)); /* they overlap */
    expect("");
    assert_false(range(141, 150));
    expect("gap 131-140");
    assert_true(range(111, 120));
    expect("");
    assert_false(range(125, 133)); /* the beginning of the hole */
    expect("recovered 131-133");
    assert_false(range(137, 138)); /* its middle */
    expect("recovered 137-138");
    assert_false(range(130, 160)); /* what was left, and more */
    expect("recovered 134-136, recovered 139-140");
    assert_false(number(161));
    assert_int_equal(r.totals.missed, 10);
    assert_int_equal(r.totals.recovered, 10);
    assert_int_equal(r.totals.duplicates, 1);
    assert_balanced();
}

static void reconcile_range_fills_the_widest_hole_at_once(void **state)
{
    (void)state;
    number(1);
    number(UINT64_MAX);
    expect("gap 2-18446744073709551614");
    assert_false(range(3, UINT64_MAX));
    expect("recovered 3-18446744073709551614");
    assert_false(range(0, 2));
    expect("recovered 2-2");
}

static void reconcile_server_that_counts_from_one_again_is_another_stream(void **state)
{
    (void)state;
    numbers(500, 505);
    reconnect(true);
    assert_false(number(1));
    assert_false(number(2));
    assert_false(number(505)); /* not seen in this one */
    expect("gap 3-504");
    assert_int_equal(r.totals.epochs, 2);
}

static void reconcile_point_is_the_last_number(void **state)
{
    uint64_t point;

    (void)state;
    assert_false(reconcile_point(&r, &point));
    numbers(1, 118);
    assert_true(reconcile_point(&r, &point));
    assert_int_equal(point, 118);
}

static void reconcile_point_is_below_what_may_still_come(void **state)
{
    uint64_t point;

    (void)state;
    numbers(1, 3);
    numbers(10, 12);
    numbers(4, 5); /* the replay was cut */
    reconcile_closed(&r);
    assert_true(reconcile_point(&r, &point));
    assert_int_equal(point, 5);
}

static void reconcile_gives_a_hole_up_after_three_replays_went_past(void **state)
{
    (void)state;
    numbers(1, 3);
    number(5);
    expect("gap 4-4");
    for (int i = 0; i < RECONCILE_ASKS; i++) {
        expect("");
        reconnect(true);
        assert_true(number(5));
    }
    reconcile_closed(&r);
    expect("lost 4-4");
    assert_int_equal(r.totals.lost, 1);
}

static void reconcile_does_not_blame_a_replay_that_did_not_get_so_far(void **state)
{
    (void)state;
    numbers(1, 3);
    number(9);
    for (int i = 0; i < 10; i++)
        reconnect(true); /* cut before anything came */
    reconcile_closed(&r);
    expect("gap 4-8");
    numbers(4, 8);
    expect("recovered 4-8");
}

static void reconcile_without_a_replay_nothing_is_certain(void **state)
{
    (void)state;
    numbers(1, 3);
    number(5);
    for (int i = 0; i < 10; i++) {
        reconnect(false);
        assert_true(number(5));
    }
    expect("gap 4-4");
    reconcile_finish(&r);
    expect("lost 4-4");
}

static void reconcile_lost_number_that_comes_is_no_duplicate(void **state)
{
    (void)state;
    numbers(1, 3);
    number(6);
    reconcile_finish(&r);
    expect("gap 4-5, lost 4-5");
    assert_false(number(4));
    assert_true(number(4));
    expect("");
}

static void reconcile_behind_opens_one_hole_for_what_is_fetched(void **state)
{
    (void)state;
    reconcile_behind(&r, 50); /* nothing to compare with yet */
    expect("");
    numbers(1, 10);
    reconcile_behind(&r, 7);
    expect("");
    reconcile_behind(&r, 14);
    expect("gap 11-14");
    assert_false(number(11));
    assert_false(number(12));
    assert_false(number(14));
    assert_true(number(10));
    reconcile_finish(&r);
    expect("recovered 11-12, recovered 14-14, lost 13-13");
}

static bool fetched(uint64_t n)
{
    return reconcile_fetched(&r, &(struct reconcile_message){.has_seq = true, .seq = n});
}

static void reconcile_fetched_leaves_out_what_was_seen_and_counts_no_duplicate(void **state)
{
    (void)state;
    numbers(10, 12);
    reconcile_behind(&r, 15);
    assert_false(fetched(9)); /* before the stream was joined */
    assert_false(fetched(10));
    assert_false(fetched(12));
    assert_true(fetched(13));
    assert_false(fetched(13));
    assert_true(fetched(14));
    assert_true(fetched(15));
    assert_true(number(15)); /* the live one after it */
    assert_false(number(16));
    expect("gap 13-15, recovered 13-15");
    assert_int_equal(r.totals.duplicates, 1);
    assert_balanced();
}

static void reconcile_fetched_by_identity_alone_counts_as_missed_and_recovered(void **state)
{
    const struct reconcile_message b = {.has_id = true, .id = slice_str("b")};

    (void)state;
    identity("a");
    assert_false(
        reconcile_fetched(&r, &(struct reconcile_message){.has_id = true, .id = slice_str("a")}));
    assert_true(reconcile_fetched(&r, &b));
    assert_false(reconcile_fetched(&r, &b));
    assert_true(identity("b"));
    assert_int_equal(r.totals.missed, 1);
    assert_int_equal(r.totals.recovered, 1);
    assert_int_equal(r.totals.duplicates, 1);
}

static void reconcile_fetched_of_another_epoch_is_another_stream(void **state)
{
    struct reconcile_message m = {
        .has_seq = true, .seq = 1, .has_epoch = true, .epoch = slice_str("b")};

    (void)state;
    in_epoch("a", 1);
    in_epoch("a", 2);
    assert_true(reconcile_fetched(&r, &m));
    assert_false(reconcile_fetched(&r, &m));
    assert_int_equal(r.totals.epochs, 2);
}

static void reconcile_bounds_the_holes_and_loses_the_oldest(void **state)
{
    uint64_t n = 1;

    (void)state;
    number(n);
    for (size_t i = 0; i < HOLES_MAX; i++)
        number(n += 2);
    assert_null(strstr(told, "lost"));
    told[0] = '\0';
    number(n += 2);
    assert_non_null(strstr(told, "lost 2-2"));
    assert_int_equal(r.totals.lost, 1);
    assert_int_equal(r.open.count, HOLES_MAX);
    assert_balanced();
    assert_false(number(2)); /* it was never seen */
}

static void reconcile_bounds_holes_that_are_split(void **state)
{
    uint64_t n = 1;

    (void)state;
    number(n);
    for (size_t i = 0; i < HOLES_MAX; i++)
        number(n += 4);
    assert_false(number(n - 2)); /* the last hole is two now */
    assert_int_equal(r.open.count, HOLES_MAX);
    assert_balanced();
    assert_int_equal(r.totals.lost, 3);
}

static void reconcile_a_million_numbers_in_any_order_balance(void **state)
{
    uint64_t x = 12345, top = 1000;

    (void)state;
    number(top);
    for (int i = 0; i < 1000000; i++) {
        x = x * UINT64_C(6364136223846793005) + 1442695040888963407u;
        if (x >> 62)
            top += 1 + (x >> 40) % 3;
        told[0] = '\0';
        number(x >> 62 ? top : top - (x >> 33) % 900);
    }
    assert_balanced();
    reconcile_finish(&r);
    assert_int_equal(r.open.count, 0);
    assert_balanced();
}

static void reconcile_knows_identities_that_come_again(void **state)
{
    (void)state;
    assert_false(identity("a"));
    assert_false(identity("b"));
    assert_true(identity("a"));
    assert_false(identity(""));
    assert_true(identity(""));
    assert_int_equal(r.totals.duplicates, 2);
    expect("");
}

static void reconcile_identity_counts_under_a_new_number(void **state)
{
    (void)state;
    assert_false(both(1, "a"));
    assert_true(both(2, "a"));
    assert_false(both(3, "b"));
    expect("");
}

static void reconcile_new_identity_under_an_old_number_is_a_new_stream(void **state)
{
    (void)state;
    both(1, "a");
    both(2, "b");
    both(4, "c");
    expect("gap 3-3");
    assert_false(both(1, "d"));
    expect("lost 3-3");
    assert_false(both(2, "e"));
    assert_true(both(1, "d"));
    assert_int_equal(r.totals.epochs, 2);
}

static int known(uint64_t n)
{
    return reconcile_known(&r, &(struct reconcile_message){.has_seq = true, .seq = n});
}

static void reconcile_known_reports_what_was_seen_and_changes_nothing(void **state)
{
    struct reconcile_message nothing = {0};

    (void)state;
    assert_int_equal(reconcile_known(&r, &nothing), -1);
    assert_int_equal(known(7), 0);
    numbers(10, 12);
    number(20);
    expect("gap 13-19");
    assert_int_equal(known(9), KNOWN_OLDER);
    assert_int_equal(known(10), 1);
    assert_int_equal(known(20), 1);
    assert_int_equal(known(21), 0);
    assert_int_equal(known(13), 0);
    reconcile_finish(&r);
    expect("lost 13-19");
    assert_int_equal(known(13), 0); /* given up is not seen */
    assert_int_equal(reconcile_known(&r, &(struct reconcile_message){.has_seq = true,
                                                                     .seq = 10,
                                                                     .has_epoch = true,
                                                                     .epoch = slice_str("b")}),
                     0);
    assert_false(r.has_epoch);
    assert_true(r.totals.duplicates == 0 && r.last == 20);
    expect("");
}

static void reconcile_known_goes_by_identity(void **state)
{
    const struct reconcile_message a = {.has_id = true, .id = slice_str("a")};
    const struct reconcile_message b = {.has_id = true, .id = slice_str("b")};

    (void)state;
    assert_int_equal(reconcile_known(&r, &a), 0);
    assert_false(identity("a"));
    assert_int_equal(reconcile_known(&r, &a), 1);
    assert_int_equal(reconcile_known(&r, &b), 0);
    assert_int_equal(reconcile_known(&r, &b), 0);
}

static void reconcile_init_fails_without_memory(void **state)
{
    struct reconcile other;

    (void)state;
    alloc_fail_at(1);
    assert_int_equal(reconcile_init(&other, true, 0, on_tell, &other), -1);
    assert_true(alloc_struck());
    reconcile_clear(&other);
}

#define TEST(name)     cmocka_unit_test_setup_teardown(name, fresh, done)
#define TEST_IDS(name) cmocka_unit_test_setup_teardown(name, fresh_with_ids, done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reconcile_is_silent_without_a_gap),
        TEST(reconcile_takes_the_first_number_as_baseline),
        TEST(reconcile_reports_one_gap_for_each_hole),
        TEST(reconcile_reports_a_whole_recovery_at_once),
        TEST(reconcile_reports_recovery_newest_first),
        TEST(reconcile_reports_consecutive_runs_and_what_is_between),
        TEST(reconcile_reports_a_run_that_the_connection_cut),
        TEST(reconcile_knows_duplicates),
        TEST(reconcile_knows_a_recovered_number_that_comes_again),
        TEST(reconcile_is_exact_at_the_end_of_64_bits),
        TEST(reconcile_distinguishes_2_53_from_its_neighbours),
        TEST(reconcile_survives_the_widest_gap),
        TEST(reconcile_sums_stop_rather_than_wrap),
        TEST(reconcile_counts_nothing_older_than_the_stream_was_joined),
        TEST(reconcile_new_epoch_loses_what_was_missing),
        TEST(reconcile_same_epoch_changes_nothing),
        TEST(reconcile_distinguishes_long_epochs_by_length),
        TEST(reconcile_takes_a_range_as_all_its_numbers),
        TEST(reconcile_range_fills_the_widest_hole_at_once),
        TEST(reconcile_server_that_counts_from_one_again_is_another_stream),
        TEST(reconcile_point_is_the_last_number),
        TEST(reconcile_point_is_below_what_may_still_come),
        TEST(reconcile_gives_a_hole_up_after_three_replays_went_past),
        TEST(reconcile_does_not_blame_a_replay_that_did_not_get_so_far),
        TEST(reconcile_without_a_replay_nothing_is_certain),
        TEST(reconcile_lost_number_that_comes_is_no_duplicate),
        TEST(reconcile_behind_opens_one_hole_for_what_is_fetched),
        TEST(reconcile_fetched_leaves_out_what_was_seen_and_counts_no_duplicate),
        TEST_IDS(reconcile_fetched_by_identity_alone_counts_as_missed_and_recovered),
        TEST(reconcile_fetched_of_another_epoch_is_another_stream),
        TEST(reconcile_bounds_the_holes_and_loses_the_oldest),
        TEST(reconcile_bounds_holes_that_are_split),
        TEST(reconcile_a_million_numbers_in_any_order_balance),
        TEST_IDS(reconcile_knows_identities_that_come_again),
        TEST_IDS(reconcile_identity_counts_under_a_new_number),
        TEST_IDS(reconcile_new_identity_under_an_old_number_is_a_new_stream),
        TEST(reconcile_known_reports_what_was_seen_and_changes_nothing),
        TEST_IDS(reconcile_known_goes_by_identity),
        cmocka_unit_test(reconcile_init_fails_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

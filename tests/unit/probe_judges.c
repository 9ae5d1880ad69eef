#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "probe/sizes.h"
#include "probe/slow.h"
#include "probe/timers.h"
#include "probe/way.h"

#define S UINT64_C(1000000)

static struct probe_report report;
static struct probe_timers timers;
static struct probe_answer nginx = {.status = 101, .who = "Server: nginx/1.22.1"};

static void clear(void)
{
    memset(&report, 0, sizeof report);
    memset(&timers, 0, sizeof timers);
    timers.idle_us = 60 * S;
}

/* A connection that ended at that time without a Close; 0: it stayed open. */
static struct probe_lane *lane(enum probe_habit habit, uint64_t at_us)
{
    struct probe_lane *l = &timers.lanes[timers.lane_count++];

    *l = (struct probe_lane){.habit = habit, .opened = true, .ended = at_us > 0, .at_us = at_us};
    return l;
}

static void late(uint64_t after_us, bool answered)
{
    struct probe_lane *l = lane(HABIT_LATE, 0);

    l->after_us = after_us;
    l->asked = true;
    l->answered = answered;
}

static void says(enum probe_stage stage, enum probe_status status, const char *words)
{
    for (size_t i = 0; i < report.count; i++) {
        if (report.checks[i].stage == stage && report.checks[i].status == status &&
            strstr(report.checks[i].message, words))
            return;
    }
    print_error("no such check: %s; the first is: %s\n", words, report.checks[0].message);
    fail();
}

static void judge(void)
{
    probe_judge_idle(&report, &timers, &nginx);
    probe_judge_lifetime(&report, &timers, &nginx);
}

static void a_timer_that_any_traffic_resets_is_an_idle_timer(void **state)
{
    (void)state;
    clear();
    lane(HABIT_SILENT, 60 * S + 200000);
    lane(HABIT_PINGING, 0);
    lane(HABIT_UP, 0);
    judge();
    says(PROBE_IDLE, PROBE_WARN, "idle timer of 60.2 s");
    says(PROBE_IDLE, PROBE_WARN, "probably nginx (Server: nginx/1.22.1)");
    says(PROBE_IDLE, PROBE_WARN, "frames of the client reset it");
    says(PROBE_IDLE, PROBE_WARN, "matches nginx's proxy_read_timeout");
    assert_int_equal(report.count, 1);
}

static void a_timer_that_only_one_side_resets_has_a_direction(void **state)
{
    (void)state;
    clear();
    lane(HABIT_SILENT, 4 * S);
    lane(HABIT_PINGING, 0);
    lane(HABIT_UP, 4 * S + 100000);
    judge();
    says(PROBE_IDLE, PROBE_WARN, "only what the server sends resets it");

    clear();
    lane(HABIT_SILENT, 4 * S)->last_in_us = 3 * S;
    lane(HABIT_PINGING, 0);
    lane(HABIT_UP, 0);
    judge();
    says(PROBE_IDLE, PROBE_WARN, "only what the client sends resets it");
}

static void an_end_whatever_is_sent_is_a_lifetime(void **state)
{
    (void)state;
    clear();
    lane(HABIT_SILENT, 30 * S);
    lane(HABIT_PINGING, 30 * S + 100000);
    lane(HABIT_UP, 30 * S);
    judge();
    says(PROBE_IDLE, PROBE_INFO, "no idle timer was found");
    says(PROBE_LIFETIME, PROBE_WARN, "lifetime limit of 30.1 s");
    says(PROBE_LIFETIME, PROBE_WARN, "matches a Google Cloud HTTP(S) load balancer");

    clear();
    lane(HABIT_SILENT, 0);
    lane(HABIT_PINGING, 10 * S);
    judge();
    says(PROBE_LIFETIME, PROBE_WARN, "a silent one does not");
}

static void both_limits_may_be_there(void **state)
{
    (void)state;
    clear();
    lane(HABIT_SILENT, 10 * S);
    lane(HABIT_PINGING, 40 * S);
    lane(HABIT_UP, 40 * S);
    judge();
    says(PROBE_IDLE, PROBE_WARN, "idle timer of 10.0 s");
    says(PROBE_LIFETIME, PROBE_WARN, "lifetime limit of 40.0 s");
}

static void a_ping_that_nothing_answers_shows_a_silent_drop(void **state)
{
    uint64_t from, to;

    (void)state;
    clear();
    lane(HABIT_SILENT, 0);
    lane(HABIT_PINGING, 0);
    lane(HABIT_UP, 0);
    late(20 * S, false);
    late(5 * S, true);
    late(15 * S, false);
    late(10 * S, true);
    assert_true(probe_silent_drop(&timers, &from, &to));
    assert_int_equal(from, 10 * S);
    assert_int_equal(to, 15 * S);
    judge();
    says(PROBE_IDLE, PROBE_WARN,
         "idle for 10.0 s still works, one that is idle for 15.0 s is dead");
}

static void nothing_ends_and_nothing_is_found(void **state)
{
    (void)state;
    clear();
    timers.lifetime_us = 60 * S;
    lane(HABIT_SILENT, 0);
    lane(HABIT_PINGING, 0);
    lane(HABIT_UP, 0);
    late(30 * S, true);
    judge();
    says(PROBE_IDLE, PROBE_OK, "stays open for 60.0 s");
    says(PROBE_LIFETIME, PROBE_OK, "stays open for 60.0 s");
}

static void a_value_is_said_to_match_only_what_is_near(void **state)
{
    char text[300] = "";

    (void)state;
    probe_matches(text, sizeof text, LIMIT_IDLE, 50 * S);
    assert_string_equal(text, "");
    probe_matches(text, sizeof text, LIMIT_LIFETIME, 301 * S);
    assert_non_null(strstr(text, "; matches Cloud Run"));
}

/* Of a feed, 20 s after reading stopped, unless s differs. */
static void slow(struct probe_slow s)
{
    clear();
    if (s.source == SOURCE_NONE)
        s.source = SOURCE_FEED;
    s.stopped_us = 20 * S;
    probe_judge_slow(&report, &s);
}

static void a_cut_of_a_stopped_reader_is_no_finding(void **state)
{
    (void)state;
    slow((struct probe_slow){.cut = true,
                             .cut_us = 3 * S,
                             .got_close = true,
                             .code = 1013,
                             .reason = "too slow",
                             .woken = true,
                             .came = 1 << 20});
    says(PROBE_SLOW, PROBE_OK, "cut after 3.0 s with Close 1013 try again later: \"too slow\"");
    says(PROBE_SLOW, PROBE_OK, "1.0 MiB waited for it; a second connection is not affected");
    assert_int_equal(report.figures.slow_kept, 1 << 20);
    assert_int_equal(report.figures.slow_cut_us, 3 * S);

    slow((struct probe_slow){.cut = true,
                             .within = true,
                             .cut_us = 20 * S,
                             .how = "FIN",
                             .due = 3 << 20,
                             .taken = 1 << 20});
    says(PROBE_SLOW, PROBE_OK,
         "cut within 20.0 s without a Close: FIN; at most 2.0 MiB waited for it");
}

static void what_a_stopped_reader_is_kept_has_a_limit(void **state)
{
    (void)state;
    slow((struct probe_slow){.woken = true, .came = PROBE_SLOW_MOST});
    says(PROBE_SLOW, PROBE_WARN, "no limit: 32.0 MiB are kept");
    slow((struct probe_slow){.due = 5000, .taken = 5000, .woken = true});
    says(PROBE_SLOW, PROBE_OK, "too little to reach a limit");
    slow((struct probe_slow){
        .due = PROBE_SLOW_MOST, .woken = true, .came = 1 << 20, .left_out = 900, .messages = 1000});
    says(PROBE_SLOW, PROBE_OK, "900 of 1000 messages were left out");
    slow((struct probe_slow){.source = SOURCE_ECHO, .full = true, .due = 2 << 20});
    says(PROBE_SLOW, PROBE_OK, "takes 2.0 MiB from a connection that does not read, then no more");
}

static void others_suffer_if_they_go_on_without_the_stopped_reader(void **state)
{
    (void)state;
    assert_true(probe_slow_is_stalled(&(struct probe_slow){.wait_before_us = 100000}, 3 * S));
    assert_false(probe_slow_is_stalled(&(struct probe_slow){.wait_before_us = S}, 7 * S));
    slow((struct probe_slow){.stalled = true, .resumed = true, .wait_us = 2 * S});
    says(PROBE_SLOW, PROBE_WARN, "others suffer");
    slow((struct probe_slow){.stalled = true, .wait_us = 2 * S});
    says(PROBE_SLOW, PROBE_INFO, "it may have had nothing to send");
    slow((struct probe_slow){.source = SOURCE_ECHO, .stalled = true, .wait_us = 2 * S});
    says(PROBE_SLOW, PROBE_WARN, "nor within 3 s after the first was ended");
    slow((struct probe_slow){.others_ended = true});
    says(PROBE_SLOW, PROBE_WARN, "a second connection was ended");
}

static void the_verdict_is_about_the_first_failure(void **state)
{
    struct probe_verdict v;

    (void)state;
    clear();
    probe_conclude(&v, &report, "ws://h/", NULL);
    assert_string_equal(v.text, "nothing is wrong between here and the application at ws://h/");
    assert_int_equal(v.code, EXIT_OK);
    probe_add(&report, PROBE_TCP, PROBE_WARN, "one is dead");
    probe_conclude(&v, &report, "ws://h/", NULL);
    assert_string_equal(v.text, "the WebSocket works, with a warning: tcp: one is dead");
    probe_add_fail(&report, PROBE_PATH, EXIT_UPGRADE, "no 101");
    probe_add_fail(&report, PROBE_AUTH, EXIT_PEER_ERROR, "no rights");
    probe_conclude(&v, &report, "ws://h/", "interrupted");
    assert_string_equal(v.text,
                        "interrupted; the WebSocket does not open: path: no 101 (and 2 more "
                        "findings)");
    assert_int_equal(v.code, EXIT_UPGRADE);
}

static void a_report_that_is_full_replaces_its_last_check(void **state)
{
    (void)state;
    clear();
    for (int i = 0; i <= PROBE_CHECKS_MAX; i++)
        probe_add(&report, PROBE_TCP, PROBE_OK, "%d", i);
    assert_int_equal(report.count, PROBE_CHECKS_MAX);
    assert_string_equal(report.checks[PROBE_CHECKS_MAX - 1].message, "64");
}

static void evidence_that_does_not_fit_is_cut(void **state)
{
    struct probe_check *check;

    (void)state;
    clear();
    check = probe_add(&report, PROBE_TCP, PROBE_OK, "x");
    for (int i = 0; i < 200; i++)
        probe_evidence(check, "0123456789");
    assert_true(strlen(check->evidence) < sizeof check->evidence);
    assert_memory_equal(check->evidence, "0123456789\n0123456789", 21);
}

static void a_certificate_is_judged_by_the_days_it_has_left(void **state)
{
    struct probe_tls tls = {.version = "TLSv1.3", .has_expiry = true, .us = 1000};
    const int64_t day = INT64_C(86400000000);

    (void)state;
    clear();
    tls.expires_us = 14 * day + 1;
    assert_true(probe_judge_tls(&report, &tls));
    says(PROBE_TLS, PROBE_OK, "certificate valid for 14 days");
    assert_int_equal(probe_count(&report, PROBE_WARN), 0);
    clear();
    tls.expires_us = 14 * day - 1;
    assert_true(probe_judge_tls(&report, &tls));
    says(PROBE_TLS, PROBE_WARN, "valid for only 13 days");
}

/* How a server with that limit answers; the sizes that were tried. */
static unsigned search_with_limit(struct probe_search *s, uint64_t limit)
{
    unsigned tries = 0;
    uint64_t size;

    *s = (struct probe_search){.passed = 0};
    while ((size = probe_search_next(s)) > 0) {
        tries++;
        assert_true(tries < 64 && size <= PROBE_SIZE_MOST);
        if (size <= limit)
            probe_search_passed(s, size);
        else
            probe_search_failed(s, size, 1009, "Close 1009");
    }
    return tries;
}

static void a_search_finds_powers_of_two_exactly_and_others_nearly(void **state)
{
    struct probe_search s;

    (void)state;
    assert_int_equal(search_with_limit(&s, UINT64_MAX), 15);
    assert_int_equal(s.passed, PROBE_SIZE_MOST);
    assert_int_equal(s.failed, 0);
    search_with_limit(&s, 1 << 20);
    assert_int_equal(s.passed, 1 << 20);
    assert_int_equal(s.failed, (1 << 20) + 1);
    search_with_limit(&s, 1000);
    assert_int_equal(s.passed, 0);
    assert_int_equal(s.failed, PROBE_SIZE_LEAST);
    for (uint64_t limit = 1024; limit < PROBE_SIZE_MOST; limit += 70001) {
        search_with_limit(&s, limit);
        assert_true(s.passed <= limit && s.failed > limit);
        assert_true(s.failed - s.passed <= s.passed / 128 + 1);
    }
}

static void sizes_are_reported_with_what_ended_the_larger_one(void **state)
{
    struct probe_search frames, messages;

    (void)state;
    clear();
    search_with_limit(&frames, 65536);
    search_with_limit(&messages, UINT64_MAX);
    probe_judge_sizes(&report, &frames, &messages);
    says(PROBE_SIZES, PROBE_INFO,
         "messages in one frame of 65536 bytes get through, of 65537 do not: Close 1009");
    says(PROBE_SIZES, PROBE_OK, "messages in frames of 4096 bytes of 16777216 bytes get through");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_timer_that_any_traffic_resets_is_an_idle_timer),
        cmocka_unit_test(a_timer_that_only_one_side_resets_has_a_direction),
        cmocka_unit_test(an_end_whatever_is_sent_is_a_lifetime),
        cmocka_unit_test(both_limits_may_be_there),
        cmocka_unit_test(a_ping_that_nothing_answers_shows_a_silent_drop),
        cmocka_unit_test(nothing_ends_and_nothing_is_found),
        cmocka_unit_test(a_value_is_said_to_match_only_what_is_near),
        cmocka_unit_test(a_cut_of_a_stopped_reader_is_no_finding),
        cmocka_unit_test(what_a_stopped_reader_is_kept_has_a_limit),
        cmocka_unit_test(others_suffer_if_they_go_on_without_the_stopped_reader),
        cmocka_unit_test(a_search_finds_powers_of_two_exactly_and_others_nearly),
        cmocka_unit_test(sizes_are_reported_with_what_ended_the_larger_one),
        cmocka_unit_test(the_verdict_is_about_the_first_failure),
        cmocka_unit_test(a_report_that_is_full_replaces_its_last_check),
        cmocka_unit_test(evidence_that_does_not_fit_is_cut),
        cmocka_unit_test(a_certificate_is_judged_by_the_days_it_has_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

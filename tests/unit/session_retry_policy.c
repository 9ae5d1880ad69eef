#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "session/retry_policy.h"

#define SECOND UINT64_C(1000000)

/* A virtual clock: each failure happens when the wait before it is over. */
struct world {
    struct retry_policy policy;
    struct retry_decision last;
    uint64_t now_us;
};

static struct world world_of(const char *preset)
{
    struct retry_config config = {.enabled = true, .stable_after_us = 5 * SECOND};
    struct world w = {.now_us = 1000 * SECOND};

    assert_true(backoff_preset(preset, &config.plan));
    retry_policy_init(&w.policy, &config);
    return w;
}

static bool fails(struct world *w, const struct retry_failure *failure)
{
    retry_policy_decide(&w->policy, failure, w->now_us, 0.5, &w->last);
    w->now_us += w->last.delay_us;
    return w->last.will;
}

static bool closes(struct world *w, enum close_how how, uint16_t code, uint64_t uptime_us)
{
    const struct event_close close = {.how = how, .code = code, .uptime_us = uptime_us};
    const struct retry_failure failure = {.close = &close};

    return fails(w, &failure);
}

static bool errs(struct world *w, enum exit_code code, int status)
{
    struct err e;
    const struct retry_failure failure = {.error = &e, .status = status};

    err_set(&e, code, STAGE_CONNECT, code == EXIT_CONNECT ? ECONNREFUSED : 0, "it failed");
    return fails(w, &failure);
}

static void retry_policy_decide_follows_the_list_of_close_codes(void **state)
{
    static const uint16_t final[] = {1000, 1002, 1003, 1007, 1008, 1009, 1010, 1015};
    static const uint16_t other[] = {1001, 1005, 1006, 1011, 1012, 1013, 1014, 3000, 4000, 4999};

    (void)state;
    for (size_t i = 0; i < sizeof final / sizeof *final; i++) {
        struct world w = world_of("default");

        assert_false(closes(&w, CLOSE_HOW_CLOSE_FRAME, final[i], 0));
        assert_non_null(strstr(w.last.because, "that code is not retried"));
    }
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        struct world w = world_of("default");

        assert_true(closes(&w, CLOSE_HOW_CLOSE_FRAME, other[i], 0));
    }
}

static void retry_policy_decide_retries_a_lost_connection(void **state)
{
    static const enum close_how hows[] = {CLOSE_HOW_FIN,          CLOSE_HOW_RST, CLOSE_HOW_TIMEOUT,
                                          CLOSE_HOW_PING_TIMEOUT, CLOSE_HOW_TLS, CLOSE_HOW_FAULT};

    (void)state;
    for (size_t i = 0; i < sizeof hows / sizeof *hows; i++) {
        struct world w = world_of("default");

        assert_true(closes(&w, hows[i], 1006, 0));
        assert_true(w.last.because[0] != '\0');
    }
}

static void retry_policy_decide_does_not_retry_a_peer_that_broke_the_protocol(void **state)
{
    struct world w = world_of("default");

    (void)state;
    assert_false(closes(&w, CLOSE_HOW_VIOLATION, 1002, 0));
    assert_string_equal(w.last.because, "close 1002, protocol error; that code is not retried");
}

static void retry_policy_decide_follows_the_list_of_statuses(void **state)
{
    static const int final[] = {400, 401, 403, 404, 407, 410, 426, 499};
    static const int other[] = {0, 101, 200, 302, 408, 425, 429, 500, 502, 503, 504};

    (void)state;
    for (size_t i = 0; i < sizeof final / sizeof *final; i++) {
        struct world w = world_of("default");

        assert_false(errs(&w, EXIT_UPGRADE, final[i]));
        assert_non_null(strstr(w.last.because, "that status is not retried"));
    }
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        struct world w = world_of("default");

        assert_true(errs(&w, EXIT_UPGRADE, other[i]));
    }
}

static void retry_policy_decide_follows_the_kind_of_error(void **state)
{
    static const enum exit_code retried[] = {EXIT_RESOLVE, EXIT_CONNECT, EXIT_TIMEOUT, EXIT_TLS,
                                             EXIT_HANGUP,  EXIT_PROXY,   EXIT_OTHER};
    struct world w = world_of("default");

    (void)state;
    for (size_t i = 0; i < sizeof retried / sizeof *retried; i++)
        assert_true(errs(&w, retried[i], 0));
    assert_false(errs(&w, EXIT_CERT, 0));
    assert_non_null(strstr(w.last.because, "certificate errors are not retried"));
    assert_false(errs(&w, EXIT_USAGE, 0));
    assert_false(errs(&w, EXIT_PROXY, 407));
    assert_true(errs(&w, EXIT_PROXY, 502));
}

static void retry_policy_decide_obeys_the_lists_given(void **state)
{
    struct world w = world_of("default");

    (void)state;
    assert_int_equal(ranges_parse(&w.policy.config.on, "1000,404", 100, 4999), 0);
    assert_int_equal(ranges_parse(&w.policy.config.not_on, "4000-4099,503", 100, 4999), 0);
    assert_true(closes(&w, CLOSE_HOW_CLOSE_FRAME, 1000, 0));
    assert_true(errs(&w, EXIT_UPGRADE, 404));
    assert_false(closes(&w, CLOSE_HOW_CLOSE_FRAME, 4042, 0));
    assert_true(closes(&w, CLOSE_HOW_CLOSE_FRAME, 4100, 0));
    assert_false(errs(&w, EXIT_UPGRADE, 503));
    assert_false(errs(&w, EXIT_UPGRADE, 403));
}

static void retry_policy_decide_never_retries_a_certificate_however_it_is_asked(void **state)
{
    struct world w = world_of("default");

    (void)state;
    assert_int_equal(ranges_parse(&w.policy.config.on, "100-4999", 100, 4999), 0);
    assert_false(errs(&w, EXIT_CERT, 0));
}

static void retry_policy_decide_counts_failures_in_a_row(void **state)
{
    struct world w = world_of("default");

    (void)state;
    w.policy.config.plan.tries = 3;
    for (uint32_t i = 1; i <= 3; i++) {
        assert_true(errs(&w, EXIT_CONNECT, 0));
        assert_int_equal(w.last.attempt, i);
    }
    assert_false(errs(&w, EXIT_CONNECT, 0));
    assert_string_equal(w.last.because,
                        "not connected (Connection refused); 3 retries in a row failed");
}

static void retry_policy_decide_grows_the_delays_and_resets_after_a_stable_connection(void **state)
{
    struct world w = world_of("default");

    (void)state;
    assert_true(errs(&w, EXIT_CONNECT, 0));
    assert_int_equal(w.last.delay_us, 250000);
    assert_true(closes(&w, CLOSE_HOW_RST, 1006, 5 * SECOND - 1)); /* not stable yet */
    assert_int_equal(w.last.delay_us, 500000);
    assert_int_equal(w.last.attempt, 2);
    assert_true(closes(&w, CLOSE_HOW_RST, 1006, 5 * SECOND));
    assert_int_equal(w.last.delay_us, 250000);
    assert_int_equal(w.last.attempt, 1);
}

static void retry_policy_decide_draws_anew_after_a_stable_connection(void **state)
{
    struct world w = world_of("reconnecting-websocket");
    const struct event_close close = {.how = CLOSE_HOW_RST, .code = 1006, .uptime_us = 6 * SECOND};
    const struct retry_failure failure = {.close = &close};

    (void)state;
    retry_policy_decide(&w.policy, &failure, w.now_us, 0, &w.last);
    assert_int_equal(w.last.delay_us, SECOND);
    retry_policy_decide(&w.policy, &failure, w.now_us, 0.5, &w.last);
    assert_int_equal(w.last.delay_us, 3 * SECOND);
}

static void retry_policy_decide_stops_at_the_end_of_a_preset(void **state)
{
    struct world w = world_of("signalr");

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_true(errs(&w, EXIT_CONNECT, 0));
    assert_int_equal(w.now_us, (1000 + 42) * SECOND);
    assert_false(errs(&w, EXIT_CONNECT, 0));
    w = world_of("graphql-ws");
    for (int i = 0; i < 5; i++)
        assert_true(errs(&w, EXIT_CONNECT, 0));
    assert_false(errs(&w, EXIT_CONNECT, 0));
}

static void retry_policy_decide_begins_nothing_after_the_longest_time(void **state)
{
    struct world w = world_of("phoenix");

    (void)state;
    w.policy.config.max_time_us = SECOND;
    for (int i = 0; i < 6; i++) /* 10 + 50 + 100 + 150 + 200 + 250 = 760 ms */
        assert_true(errs(&w, EXIT_CONNECT, 0));
    assert_false(errs(&w, EXIT_CONNECT, 0)); /* and 500 more */
    assert_non_null(strstr(w.last.because, "--retry-max-time"));
    assert_int_equal(w.now_us, 1000 * SECOND + 760000); /* not even waited for */
}

static void retry_policy_decide_comes_no_sooner_than_the_server_says(void **state)
{
    struct world w = world_of("default");
    struct err e;
    struct retry_failure failure = {
        .error = &e, .status = 503, .has_retry_after = true, .retry_after_us = 2 * SECOND};

    (void)state;
    err_set(&e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0, "503");
    for (int i = 0; i < 3; i++) {
        assert_true(fails(&w, &failure));
        assert_int_equal(w.last.delay_us, 2 * SECOND);
    }
    failure.retry_after_us = 0; /* does not undo the back-off */
    assert_true(fails(&w, &failure));
    assert_int_equal(w.last.delay_us, 2 * SECOND);
    assert_string_equal(w.last.because, "status 503");
    w.policy.config.max_time_us = 3600 * SECOND;
    failure.retry_after_us = 24 * 3600 * SECOND;
    assert_false(fails(&w, &failure));
}

static void retry_policy_reset_begins_the_row_anew(void **state)
{
    struct world w = world_of("default");

    (void)state;
    w.policy.config.plan.tries = 1;
    assert_true(errs(&w, EXIT_CONNECT, 0));
    retry_policy_reset(&w.policy);
    assert_true(errs(&w, EXIT_CONNECT, 0));
    assert_int_equal(w.last.attempt, 1);
    assert_int_equal(w.last.delay_us, 250000);
}

static void retry_policy_decide_without_reconnecting_never_does(void **state)
{
    struct world w = world_of("default");

    (void)state;
    w.policy.config.enabled = false;
    assert_false(errs(&w, EXIT_CONNECT, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(retry_policy_decide_follows_the_list_of_close_codes),
        cmocka_unit_test(retry_policy_decide_retries_a_lost_connection),
        cmocka_unit_test(retry_policy_decide_does_not_retry_a_peer_that_broke_the_protocol),
        cmocka_unit_test(retry_policy_decide_follows_the_list_of_statuses),
        cmocka_unit_test(retry_policy_decide_follows_the_kind_of_error),
        cmocka_unit_test(retry_policy_decide_obeys_the_lists_given),
        cmocka_unit_test(retry_policy_decide_never_retries_a_certificate_however_it_is_asked),
        cmocka_unit_test(retry_policy_decide_counts_failures_in_a_row),
        cmocka_unit_test(retry_policy_decide_grows_the_delays_and_resets_after_a_stable_connection),
        cmocka_unit_test(retry_policy_decide_draws_anew_after_a_stable_connection),
        cmocka_unit_test(retry_policy_decide_stops_at_the_end_of_a_preset),
        cmocka_unit_test(retry_policy_decide_begins_nothing_after_the_longest_time),
        cmocka_unit_test(retry_policy_decide_comes_no_sooner_than_the_server_says),
        cmocka_unit_test(retry_policy_reset_begins_the_row_anew),
        cmocka_unit_test(retry_policy_decide_without_reconnecting_never_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

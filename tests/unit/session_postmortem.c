#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "session/postmortem.h"

#define SECOND 1000000u

static void assert_has(const char *hint, const char *words)
{
    if (!strstr(hint, words))
        fail_msg("\"%s\" does not say \"%s\"", hint, words);
}

static struct event_close lost_after_idle(uint64_t idle_us)
{
    return (struct event_close){
        .by = CLOSE_BY_PEER,
        .how = CLOSE_HOW_FIN,
        .code = CLOSE_ABNORMAL,
        .uptime_us = idle_us + SECOND,
        .idle_in_us = idle_us,
        .idle_out_us = idle_us + SECOND / 2,
    };
}

static void postmortem_names_the_idle_timeout_and_its_cure(void **state)
{
    static const unsigned limits[] = {60, 100, 240, 350, 600};
    struct postmortem_context context = {.messages_in = 3};
    char hint[POSTMORTEM_HINT];

    (void)state;
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        struct event_close close = lost_after_idle(limits[i] * (uint64_t)SECOND + 30000);
        char words[32];

        snprintf(words, sizeof words, "idle for %u s", limits[i]);
        postmortem_close(hint, &close, &context);
        assert_has(hint, words);
        assert_has(hint, "--ping-interval 25");
    }
}

static void postmortem_is_silent_where_the_evidence_carries_nothing(void **state)
{
    struct postmortem_context context = {.messages_in = 3};
    struct event_close close = lost_after_idle(17 * SECOND);
    char hint[POSTMORTEM_HINT];

    (void)state;
    postmortem_close(hint, &close, &context);
    assert_string_equal(hint, "");
    close = (struct event_close){
        .by = CLOSE_BY_PEER, .how = CLOSE_HOW_CLOSE_FRAME, .code = 1000, .uptime_us = 9 * SECOND};
    postmortem_close(hint, &close, &context);
    assert_string_equal(hint, "");
    close = (struct event_close){.by = CLOSE_BY_LOCAL, .how = CLOSE_HOW_CLOSE_FRAME, .code = 1000};
    postmortem_close(hint, &close, &context);
    assert_string_equal(hint, "");
}

static void postmortem_does_not_offer_pings_that_are_sent_already(void **state)
{
    struct postmortem_context context = {.messages_in = 3, .ping_interval_us = 25 * SECOND};
    struct event_close close = lost_after_idle(60 * SECOND);
    char hint[POSTMORTEM_HINT];

    (void)state;
    postmortem_close(hint, &close, &context);
    assert_null(strstr(hint, "--ping-interval"));
}

static void postmortem_tells_codes_that_have_a_usual_cause(void **state)
{
    struct postmortem_context context = {.last_sent = 70000, .deflate = true};
    struct event_close close = {.by = CLOSE_BY_PEER, .how = CLOSE_HOW_CLOSE_FRAME};
    char hint[POSTMORTEM_HINT];

    (void)state;
    close.code = 1008;
    close.uptime_us = SECOND / 4;
    postmortem_close(hint, &close, &context);
    assert_has(hint, "250 ms after the opening");
    assert_has(hint, "credentials");
    close.code = 1009;
    postmortem_close(hint, &close, &context);
    assert_has(hint, "70000 bytes");
    close.code = 1012;
    postmortem_close(hint, &close, &context);
    assert_has(hint, "restart");
    close.code = 1002;
    postmortem_close(hint, &close, &context);
    assert_has(hint, "--no-compress");
}

static void postmortem_tells_a_frame_that_was_cut(void **state)
{
    struct postmortem_context context = {0};
    struct event_close close = lost_after_idle(SECOND);
    char hint[POSTMORTEM_HINT];

    (void)state;
    close.cut_have = 5;
    close.cut_want = 10;
    postmortem_close(hint, &close, &context);
    assert_has(hint, "middle of a frame");
}

static void hint_for(char *hint, int status, const char *name, const char *value, const char *body)
{
    const struct field field = {slice_str(name), slice_str(value)};
    const struct event_response response = {
        .status = status, .headers = &field, .header_count = 1, .body = slice_str(body)};
    const struct postmortem_context context = {0};

    postmortem_response(hint, &response, &context);
}

static void postmortem_explains_refused_upgrades(void **state)
{
    char hint[POSTMORTEM_HINT];

    (void)state;
    hint_for(hint, 101, "Server", "x", "");
    assert_string_equal(hint, "");
    hint_for(hint, 426, "Server", "nginx/1.22", "");
    assert_has(hint, "Server: nginx/1.22");
    assert_has(hint, "Upgrade");
    hint_for(hint, 503, "Retry-After", "7", "");
    assert_has(hint, "Retry-After: 7");
    hint_for(hint, 401, "WWW-Authenticate", "Basic", "");
    assert_has(hint, "--bearer");
    hint_for(hint, 301, "Location", "https://example.com/ws", "");
    assert_has(hint, "https://example.com/ws");
    hint_for(hint, 400, "Server", "nginx", "The plain HTTP request was sent to HTTPS port");
    assert_has(hint, "wss://");
    hint_for(hint, 400, "Server", "x", "{\"code\":1,\"message\":\"Session ID unknown\"}");
    assert_has(hint, "sticky");
    hint_for(hint, 418, "Server", "teapot", "");
    assert_string_equal(hint, "");
}

static void postmortem_offers_tls_when_a_plain_port_hangs_up(void **state)
{
    struct postmortem_context context = {0};
    struct err e;
    char hint[POSTMORTEM_HINT];

    (void)state;
    err_set(&e, EXIT_HANGUP, STAGE_HANDSHAKE, 0, "the server hung up");
    postmortem_error(hint, &e, &context);
    assert_has(hint, "wss://");
    context.secure = true;
    postmortem_error(hint, &e, &context);
    assert_null(strstr(hint, "wss://"));
    err_set(&e, EXIT_CONNECT, STAGE_CONNECT, 0, "refused");
    postmortem_error(hint, &e, &context);
    assert_string_equal(hint, "");
}

static void postmortem_of_a_bound_names_the_options_that_set_it(void **state)
{
    struct postmortem_context context = {0};
    struct event_close close = {.by = CLOSE_BY_LOCAL, .how = CLOSE_HOW_VIOLATION, .code = 1009};
    char hint[POSTMORTEM_HINT];

    (void)state;
    postmortem_close(hint, &close, &context);
    assert_has(hint, "--max-message");
    close.code = 1002;
    postmortem_close(hint, &close, &context);
    assert_has(hint, "--lenient");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(postmortem_names_the_idle_timeout_and_its_cure),
        cmocka_unit_test(postmortem_is_silent_where_the_evidence_carries_nothing),
        cmocka_unit_test(postmortem_does_not_offer_pings_that_are_sent_already),
        cmocka_unit_test(postmortem_tells_codes_that_have_a_usual_cause),
        cmocka_unit_test(postmortem_tells_a_frame_that_was_cut),
        cmocka_unit_test(postmortem_explains_refused_upgrades),
        cmocka_unit_test(postmortem_offers_tls_when_a_plain_port_hangs_up),
        cmocka_unit_test(postmortem_of_a_bound_names_the_options_that_set_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

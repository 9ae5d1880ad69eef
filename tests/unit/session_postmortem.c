#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "session/diagnose/postmortem.h"

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
    static const unsigned limits[] = {60, 75, 100, 240, 350, 600};
    struct postmortem_context context = {.backend = "", .messages_in = 3};
    char hint[POSTMORTEM_HINT];

    (void)state;
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        struct event_close close = lost_after_idle(limits[i] * (uint64_t)SECOND + 30000);
        char words[80];

        snprintf(words, sizeof words,
                 "silent for %u s before the disconnect: probably an idle timeout", limits[i]);
        postmortem_close(hint, &close, &context);
        assert_has(hint, words);
        assert_has(hint, "--ping-interval 25");
    }
}

static void postmortem_is_silent_where_the_evidence_carries_nothing(void **state)
{
    struct postmortem_context context = {.backend = "", .messages_in = 3};
    struct event_close close = lost_after_idle(17 * SECOND + SECOND / 2);
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
    struct postmortem_context context = {
        .backend = "", .messages_in = 3, .ping_interval_us = 25 * SECOND};
    struct event_close close = lost_after_idle(60 * SECOND);
    char hint[POSTMORTEM_HINT];

    (void)state;
    postmortem_close(hint, &close, &context);
    assert_null(strstr(hint, "--ping-interval"));
}

static void postmortem_reports_codes_that_have_a_usual_cause(void **state)
{
    struct postmortem_context context = {
        .last_sent = 70000, .deflate = "permessage-deflate", .backend = ""};
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

static void postmortem_reports_what_to_do_for_codes_of_applications(void **state)
{
    struct postmortem_context context = {.backend = "", .subprotocol_agreed = true};
    struct event_close close = {
        .by = CLOSE_BY_PEER, .how = CLOSE_HOW_CLOSE_FRAME, .uptime_us = 3 * SECOND};
    char hint[POSTMORTEM_HINT];

    (void)state;
    close.code = 4001;
    postmortem_close(hint, &close, &context);
    assert_has(hint, "--bearer");
    close.code = 4406;
    postmortem_close(hint, &close, &context);
    assert_has(hint, "-s graphql-transport-ws");
    close.code = 4408;
    postmortem_close(hint, &close, &context);
    assert_has(hint, "--on-connect");
    close.code = 1000;
    close.reason = slice_str("Idle timeout");
    close.idle_in_us = close.idle_out_us = 5 * SECOND + 20000;
    postmortem_close(hint, &close, &context);
    assert_has(hint, "silent for 5 s before the disconnect");
    assert_has(hint, "--ping-interval 2");
}

static void postmortem_of_tls_that_failed_speaks_of_the_bytes(void **state)
{
    struct postmortem_context context = {.backend = "", .secure = true};
    struct event_close close = {.by = CLOSE_BY_NETWORK, .how = CLOSE_HOW_TLS};
    char hint[POSTMORTEM_HINT];

    (void)state;
    postmortem_close(hint, &close, &context);
    assert_has(hint, "changed or lost on the way");
}

static void postmortem_knows_socket_io(void **state)
{
    char hint[POSTMORTEM_HINT];

    (void)state;
    postmortem_greeting(hint, slice_str("0{\"sid\":\"x\",\"pingInterval\":25000}"));
    assert_has(hint, "send 40");
    postmortem_greeting(hint, slice_str("0{\"si"));
    assert_string_equal(hint, "");
    postmortem_greeting(hint, slice_str("{\"sid\":1}"));
    assert_string_equal(hint, "");
}

static void postmortem_reports_a_frame_that_was_cut(void **state)
{
    struct postmortem_context context = {.backend = ""};
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
    const struct postmortem_context context = {.backend = ""};

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
    assert_has(hint, "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; "
                     "proxy_set_header Connection \"upgrade\";");
    hint_for(hint, 426, "Server", "x", "");
    assert_null(strstr(hint, "proxy"));
    hint_for(hint, 404, "Server", "x", "");
    assert_null(strstr(hint, "proxy"));
    hint_for(hint, 404, "Via", "1.1 varnish", "");
    assert_has(hint, "the proxy in front");
    hint_for(hint, 429, "Retry-After", "30", "");
    assert_has(hint, "Retry-After: 30");
    hint_for(hint, 400, "Server", "x", "{\"code\":0,\"message\":\"Transport unknown\"}");
    assert_has(hint, "--as socket.io");
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

static void postmortem_names_each_refusal_of_engine_io(void **state)
{
    static const char *const cases[][2] = {
        {"{\"code\":0,\"message\":\"Transport unknown\"}", "no transport"},
        {"Transport unknown", "no transport"},
        {"{\"code\":1,\"message\":\"Session ID unknown\"}", "sticky"},
        {"{\"code\":2,\"message\":\"Bad handshake method\"}", "begins with a GET"},
        {"{\"code\":3,\"message\":\"Bad request\"}", "without its Upgrade header, which x dropped"},
        {"{\"code\":4,\"message\":\"Forbidden\"}", "allowRequest"},
        {"{\"code\":5,\"message\":\"Unsupported protocol version\"}", "EIO=3"},
        {"Unsupported protocol version", "EIO=3"},
        {"Bad request", "Upgrade"}, /* any server may answer this */
    };
    char hint[POSTMORTEM_HINT];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hint_for(hint, 400, "Server", "x", cases[i][0]);
        assert_has(hint, cases[i][1]);
    }
    assert_null(strstr(hint, "Socket.IO"));
}

static void postmortem_offers_tls_when_a_plain_port_hangs_up(void **state)
{
    struct postmortem_context context = {.backend = ""};
    struct err e;
    char hint[POSTMORTEM_HINT];

    (void)state;
    err_set(&e, EXIT_HANGUP, STAGE_HANDSHAKE, 0, "the server hung up");
    postmortem_error(hint, &e, &context);
    assert_has(hint, "wss://");
    assert_has(hint, "--as socket.io");
    assert_null(strstr(hint, "proxy"));
    context.secure = true;
    postmortem_error(hint, &e, &context);
    assert_null(strstr(hint, "wss://"));
    err_set(&e, EXIT_TIMEOUT, STAGE_CONNECT, 0, "timed out");
    postmortem_error(hint, &e, &context);
    assert_has(hint, "firewall");
    assert_has(hint, "VPN");
    err_set(&e, EXIT_CONNECT, STAGE_CONNECT, 0, "refused");
    postmortem_error(hint, &e, &context);
    assert_string_equal(hint, "");
}

static void postmortem_of_a_bound_names_the_options_that_set_it(void **state)
{
    struct postmortem_context context = {.backend = ""};
    struct event_close close = {.by = CLOSE_BY_LOCAL, .how = CLOSE_HOW_VIOLATION, .code = 1009};
    char hint[POSTMORTEM_HINT];

    (void)state;
    postmortem_close(hint, &close, &context);
    assert_has(hint, "--max-message");
    close.code = 1002;
    postmortem_close(hint, &close, &context);
    assert_has(hint, "--lenient");
}

static void assert_lacks(const char *hint, const char *words)
{
    if (strstr(hint, words))
        fail_msg("\"%s\" says \"%s\"", hint, words);
}

static struct endings three_times(uint64_t uptime_us, uint64_t idle_us, uint64_t frames)
{
    const struct event_close close = {.by = CLOSE_BY_PEER,
                                      .how = CLOSE_HOW_FIN,
                                      .code = CLOSE_ABNORMAL,
                                      .uptime_us = uptime_us,
                                      .idle_in_us = idle_us,
                                      .idle_out_us = idle_us};
    struct endings endings = {0};

    for (int i = 0; i < ENDINGS_ROW; i++)
        endings_add(&endings, &close, frames);
    return endings;
}

static void postmortem_names_an_idle_timeout_that_struck_three_times(void **state)
{
    static const struct {
        unsigned ms;
        const char *limit, *cure;
    } cases[] = {{5020, "an idle timeout of 5 s ", "--ping-interval 2 "},
                 {2040, "an idle timeout of 2 s ", "--ping-interval 1 "},
                 {1010, "an idle timeout of 1 s ", "--ping-interval 0.5 "},
                 {7400, "an idle timeout of 7.4 s ", "--ping-interval 3 "},
                 {60100, "nginx (proxy_read_timeout)", "--ping-interval 25 "},
                 {3600100, "an idle timeout of 3600 s", "--ping-interval 25 "}};
    char hint[POSTMORTEM_HINT];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct endings endings =
            three_times(cases[i].ms * UINT64_C(1000) + 1000, cases[i].ms * UINT64_C(1000), 1);
        struct postmortem_context context = {.backend = "", .endings = &endings};
        struct event_close close = lost_after_idle(cases[i].ms * UINT64_C(1000));

        postmortem_close(hint, &close, &context);
        assert_has(hint, "the last 3 connections");
        assert_has(hint, cases[i].limit);
        assert_has(hint, cases[i].cure);
        context.ping_interval_us = cases[i].ms * UINT64_C(500); /* that cannot be the cure */
        postmortem_close(hint, &close, &context);
        assert_lacks(hint, "the last 3");
    }
}

static void postmortem_names_a_lifetime_that_ended_three_times(void **state)
{
    struct endings endings = three_times(30 * (uint64_t)SECOND + 20000, 80000, 300);
    struct postmortem_context context = {.backend = "", .endings = &endings, .messages_in = 300};
    struct event_close close = lost_after_idle(80000);
    char hint[POSTMORTEM_HINT];

    (void)state;
    postmortem_close(hint, &close, &context);
    assert_has(hint, "at an age of 30 s while data flowed");
    assert_has(hint, "-r");
}

static void postmortem_offers_a_subprotocol_where_one_is_missing(void **state)
{
    struct postmortem_context context = {.backend = ""};
    struct event_close close = {.by = CLOSE_BY_PEER,
                                .how = CLOSE_HOW_CLOSE_FRAME,
                                .code = 1002,
                                .reason = slice_str("Missing SubProtocol"),
                                .uptime_us = 2000};
    char hint[POSTMORTEM_HINT];

    (void)state;
    postmortem_close(hint, &close, &context);
    assert_has(hint, "none was offered: -s");
    close.code = 4406;
    close.reason = slice_str("");
    context.subprotocols_offered = true;
    postmortem_close(hint, &close, &context);
    assert_has(hint, "selected none");
    context.subprotocol_agreed = true;
    postmortem_close(hint, &close, &context);
    assert_lacks(hint, "-s NAME");

    context = (struct postmortem_context){.backend = "", .subprotocols_offered = true};
    close = lost_after_idle(1000);
    close.uptime_us = 1000;
    postmortem_close(hint, &close, &context);
    assert_has(hint, "none of the subprotocols");
    context.subprotocols_offered = false;
    postmortem_close(hint, &close, &context);
    assert_has(hint, "-s NAME");
    context.subprotocol_agreed = true;
    context.messages_in = 1; /* it spoke: no hang-up at the door */
    postmortem_close(hint, &close, &context);
    assert_string_equal(hint, "");
}

static void postmortem_of_a_restart_names_the_backend(void **state)
{
    struct postmortem_context context = {.backend = "X-Served-By: a1"};
    struct event_close close = {.by = CLOSE_BY_PEER,
                                .how = CLOSE_HOW_CLOSE_FRAME,
                                .code = 1001,
                                .uptime_us = 90 * (uint64_t)SECOND};
    char hint[POSTMORTEM_HINT];

    (void)state;
    postmortem_close(hint, &close, &context);
    assert_has(hint, "going away");
    assert_has(hint, "X-Served-By: a1");
}

static void postmortem_of_a_forgotten_flow_wants_silence_and_a_fresh_write(void **state)
{
    struct postmortem_context context = {.backend = "", .messages_in = 3};
    struct event_close close = {.by = CLOSE_BY_NETWORK,
                                .how = CLOSE_HOW_RST,
                                .code = CLOSE_ABNORMAL,
                                .uptime_us = 900 * (uint64_t)SECOND,
                                .idle_in_us = 420 * (uint64_t)SECOND,
                                .idle_out_us = 40000};
    char hint[POSTMORTEM_HINT];

    (void)state;
    postmortem_close(hint, &close, &context);
    assert_has(hint, "first write after 420 s");
    close.idle_out_us = 30 * (uint64_t)SECOND;
    postmortem_close(hint, &close, &context);
    assert_lacks(hint, "first write");
    close.idle_out_us = 40000;
    close.idle_in_us = SECOND;
    postmortem_close(hint, &close, &context);
    assert_string_equal(hint, "");
}

static void postmortem_reports_half_open_from_hung(void **state)
{
    struct postmortem_context context = {.backend = "", .ping_interval_us = SECOND};
    struct event_close close = {.by = CLOSE_BY_NETWORK,
                                .how = CLOSE_HOW_PING_TIMEOUT,
                                .code = CLOSE_ABNORMAL,
                                .idle_in_us = 12 * SECOND,
                                .has_tcp = true,
                                .unacked_bytes = 14,
                                .retransmits = 3};
    char hint[POSTMORTEM_HINT];

    (void)state;
    postmortem_close(hint, &close, &context);
    assert_has(hint, "half open");
    assert_has(hint, "14 bytes");
    assert_has(hint, "3 retransmits");
    assert_has(hint, "12.0 s ago");
    close.unacked_bytes = 0;
    postmortem_close(hint, &close, &context);
    assert_has(hint, "does not answer pings");
    assert_lacks(hint, "half open");
    close.has_tcp = false;
    postmortem_close(hint, &close, &context);
    assert_has(hint, "half open");
}

static void postmortem_blames_the_fault_that_was_asked_for(void **state)
{
    struct postmortem_context context = {
        .backend = "", .ping_interval_us = SECOND, .fault = "blackhole"};
    struct event_close close = {.by = CLOSE_BY_NETWORK,
                                .how = CLOSE_HOW_PING_TIMEOUT,
                                .code = CLOSE_ABNORMAL,
                                .idle_in_us = SECOND,
                                .has_tcp = true};
    char hint[POSTMORTEM_HINT];

    (void)state;
    postmortem_close(hint, &close, &context);
    assert_has(hint, "the fault blackhole");
    assert_lacks(hint, "does not answer");
    close.how = CLOSE_HOW_RST;
    postmortem_close(hint, &close, &context);
    assert_lacks(hint, "blackhole");
}

static void postmortem_reports_a_reader_that_does_not_read(void **state)
{
    struct postmortem_context context = {.backend = "", .queued = 300000};
    struct event_close close = {.by = CLOSE_BY_NETWORK,
                                .how = CLOSE_HOW_TIMEOUT,
                                .code = CLOSE_ABNORMAL,
                                .has_tcp = true,
                                .unacked_bytes = 2000000};
    char hint[POSTMORTEM_HINT];

    (void)state;
    postmortem_close(hint, &close, &context);
    assert_has(hint, "does not read");
    assert_has(hint, "2000000 bytes");
    assert_has(hint, "300000 more");
    close.retransmits = 9;
    postmortem_close(hint, &close, &context);
    assert_lacks(hint, "does not read");
    assert_has(hint, "is gone");
    close.by = CLOSE_BY_LOCAL;
    close.retransmits = 0;
    postmortem_close(hint, &close, &context);
    assert_has(hint, "does not read");
    close.unacked_bytes = 0;
    postmortem_close(hint, &close, &context);
    assert_has(hint, "--close-timeout");
}

static void postmortem_reports_a_subscription_that_went_quiet(void **state)
{
    struct postmortem_context context = {.backend = "",
                                         .messages_in = 100,
                                         .message_age_us = 120 * (uint64_t)SECOND,
                                         .rtt_us = 12000};
    struct event_close close = {.by = CLOSE_BY_LOCAL,
                                .how = CLOSE_HOW_CLOSE_FRAME,
                                .code = 1000,
                                .uptime_us = 220 * (uint64_t)SECOND,
                                .has_pong = true,
                                .last_pong_us = SECOND};
    char hint[POSTMORTEM_HINT];

    (void)state;
    postmortem_close(hint, &close, &context);
    assert_has(hint, "subscription");
    assert_has(hint, "no message came for 120 s");
    context.rtt_us = 0; /* no pong: nothing tells that it was alive */
    postmortem_close(hint, &close, &context);
    assert_string_equal(hint, "");
    context.rtt_us = 12000;
    context.message_age_us = 5 * SECOND;
    postmortem_close(hint, &close, &context);
    assert_string_equal(hint, "");
    context.message_age_us = 40 * (uint64_t)SECOND; /* messages are as rare as that */
    context.messages_in = 5;
    postmortem_close(hint, &close, &context);
    assert_string_equal(hint, "");
}

static void postmortem_blames_compression_where_its_rules_broke(void **state)
{
    struct postmortem_context context = {
        .backend = "", .deflate = "permessage-deflate; x=1", .deflate_broken = true};
    struct event_close close = {.by = CLOSE_BY_LOCAL, .how = CLOSE_HOW_VIOLATION, .code = 1007};
    char hint[POSTMORTEM_HINT];

    (void)state;
    postmortem_close(hint, &close, &context);
    assert_has(hint, "--no-compress");
    assert_has(hint, "permessage-deflate; x=1");
    context.deflate_broken = false;
    postmortem_close(hint, &close, &context);
    assert_lacks(hint, "--no-compress");
}

static void postmortem_says_nothing_of_a_fault_that_was_asked_for(void **state)
{
    struct endings endings = three_times(5020000, 5000000, 1);
    struct postmortem_context context = {.backend = "", .endings = &endings};
    struct event_close close = lost_after_idle(60 * (uint64_t)SECOND);
    char hint[POSTMORTEM_HINT];

    (void)state;
    close.how = CLOSE_HOW_FAULT;
    postmortem_close(hint, &close, &context);
    assert_string_equal(hint, "");
}

static void postmortem_reports_a_dead_ipv6(void **state)
{
    struct connect_attempt attempts[] = {{"2001:db8::1", 255000, 125}, {"192.0.2.1", 3000, 0}};
    struct event_connect connect = {
        .address = "192.0.2.1", .us = 258000, .attempts = attempts, .attempt_count = 2};
    char hint[POSTMORTEM_HINT];

    (void)state;
    postmortem_connect(hint, &connect);
    assert_has(hint, "2001:db8::1 did not answer within 255 ms");
    assert_has(hint, "-4");
    attempts[0].us = 400; /* refused at once: no time was lost */
    postmortem_connect(hint, &connect);
    assert_string_equal(hint, "");
    attempts[0] = (struct connect_attempt){"192.0.2.7", 255000, 125};
    postmortem_connect(hint, &connect);
    assert_string_equal(hint, "");
    attempts[0] = (struct connect_attempt){"2001:db8::1", 255000, 125};
    connect.address = "2001:db8::2";
    postmortem_connect(hint, &connect);
    assert_string_equal(hint, "");
}

static void postmortem_reads_what_a_refusal_says(void **state)
{
    struct postmortem_context context = {.backend = ""};
    struct event_response response = {.status = 400, .body = slice_str("Session ID unknown")};
    char hint[POSTMORTEM_HINT];

    (void)state;
    postmortem_response(hint, &response, &context);
    assert_has(hint, "no cookie was sent");
    context.cookies_sent = true;
    postmortem_response(hint, &response, &context);
    assert_has(hint, "did not lead back");
    response.body = slice_str("You're speaking plain HTTP to an SSL-enabled server port.");
    postmortem_response(hint, &response, &context);
    assert_has(hint, "wss://");
    response.body = slice_str("Client sent an HTTP request to an HTTPS server.\n");
    postmortem_response(hint, &response, &context);
    assert_has(hint, "wss://");
    response.body = slice_str("No valid Subprotocol");
    postmortem_response(hint, &response, &context);
    assert_has(hint, "-s NAME");
    response.status = 501;
    response.body = slice_str("");
    postmortem_response(hint, &response, &context);
    assert_has(hint, "-s NAME");
    context.subprotocols_offered = true;
    postmortem_response(hint, &response, &context);
    assert_has(hint, "(-s)");
    response.status = 400;
    response.body = slice_str("Bad Request");
    postmortem_response(hint, &response, &context);
    assert_lacks(hint, "-s");
    assert_lacks(hint, "wss");
}

static void postmortem_of_a_poll_speaks_of_no_websocket(void **state)
{
    static const int silent[] = {400, 501};
    struct postmortem_context context = {.backend = "", .http = true};
    struct event_response response = {.status = 404};
    char hint[POSTMORTEM_HINT];

    (void)state;
    postmortem_response(hint, &response, &context);
    assert_has(hint, "nothing at this path");
    assert_lacks(hint, "WebSocket");
    response.status = 426;
    postmortem_response(hint, &response, &context);
    assert_has(hint, "without --poll or --sse");
    for (size_t i = 0; i < sizeof silent / sizeof *silent; i++) {
        response.status = silent[i];
        response.body = slice_str("No valid Subprotocol");
        postmortem_response(hint, &response, &context);
        assert_string_equal(hint, "");
    }
    response.status = 400;
    response.body = slice_str("Client sent an HTTP request to an HTTPS server.\n");
    postmortem_response(hint, &response, &context);
    assert_has(hint, "https://");
    response.status = 401;
    response.body = slice_str("");
    postmortem_response(hint, &response, &context);
    assert_has(hint, "--bearer");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(postmortem_names_an_idle_timeout_that_struck_three_times),
        cmocka_unit_test(postmortem_names_a_lifetime_that_ended_three_times),
        cmocka_unit_test(postmortem_offers_a_subprotocol_where_one_is_missing),
        cmocka_unit_test(postmortem_of_a_restart_names_the_backend),
        cmocka_unit_test(postmortem_of_a_forgotten_flow_wants_silence_and_a_fresh_write),
        cmocka_unit_test(postmortem_reports_half_open_from_hung),
        cmocka_unit_test(postmortem_blames_the_fault_that_was_asked_for),
        cmocka_unit_test(postmortem_reports_a_reader_that_does_not_read),
        cmocka_unit_test(postmortem_reports_a_subscription_that_went_quiet),
        cmocka_unit_test(postmortem_blames_compression_where_its_rules_broke),
        cmocka_unit_test(postmortem_says_nothing_of_a_fault_that_was_asked_for),
        cmocka_unit_test(postmortem_reports_a_dead_ipv6),
        cmocka_unit_test(postmortem_reads_what_a_refusal_says),
        cmocka_unit_test(postmortem_of_a_poll_speaks_of_no_websocket),
        cmocka_unit_test(postmortem_names_the_idle_timeout_and_its_cure),
        cmocka_unit_test(postmortem_is_silent_where_the_evidence_carries_nothing),
        cmocka_unit_test(postmortem_does_not_offer_pings_that_are_sent_already),
        cmocka_unit_test(postmortem_reports_codes_that_have_a_usual_cause),
        cmocka_unit_test(postmortem_reports_what_to_do_for_codes_of_applications),
        cmocka_unit_test(postmortem_of_tls_that_failed_speaks_of_the_bytes),
        cmocka_unit_test(postmortem_knows_socket_io),
        cmocka_unit_test(postmortem_names_each_refusal_of_engine_io),
        cmocka_unit_test(postmortem_reports_a_frame_that_was_cut),
        cmocka_unit_test(postmortem_explains_refused_upgrades),
        cmocka_unit_test(postmortem_offers_tls_when_a_plain_port_hangs_up),
        cmocka_unit_test(postmortem_of_a_bound_names_the_options_that_set_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

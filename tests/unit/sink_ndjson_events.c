#include "sink_ndjson.h"

#include <errno.h>

static void ndjson_stages_have_their_fields(void **state)
{
    const char *addresses[] = {"::1", "127.0.0.1"};
    const struct connect_attempt attempts[] = {{"::1", 1500, ECONNREFUSED}, {"127.0.0.1", 250, 0}};
    struct event ev = make(EVENT_RESOLVE);
    const cJSON *list;
    cJSON *json;

    (void)state;
    ev.resolve = (struct event_resolve){"localhost", addresses, 2, 12345};
    json = parse_all(&ev);
    check_text(json, "host", "localhost");
    check_number(json, "ms", 12.345);
    list = cJSON_GetObjectItemCaseSensitive(json, "addresses");
    assert_int_equal(cJSON_GetArraySize(list), 2);
    assert_string_equal(cJSON_GetArrayItem(list, 1)->valuestring, "127.0.0.1");
    cJSON_Delete(json);

    ev = make(EVENT_CONNECT);
    ev.connect = (struct event_connect){"127.0.0.1", 8080, "127.0.0.1:4000", 250, attempts, 2};
    json = parse_all(&ev);
    check_text(json, "address", "127.0.0.1");
    check_number(json, "port", 8080);
    check_text(json, "local", "127.0.0.1:4000");
    list = cJSON_GetObjectItemCaseSensitive(json, "attempts");
    assert_int_equal(cJSON_GetArraySize(list), 2);
    check_text(cJSON_GetArrayItem(list, 0), "error", "Connection refused");
    check_null(cJSON_GetArrayItem(list, 1), "error");
    check_number(cJSON_GetArrayItem(list, 1), "ms", 0.25);
    cJSON_Delete(json);

    ev = make(EVENT_PROXY);
    ev.proxy = (struct event_proxy){"socks5h", "10.0.0.1:1080", 0, 7};
    json = parse_all(&ev);
    check_text(json, "kind", "socks5h");
    check_text(json, "address", "10.0.0.1:1080");
    check_number(json, "status", 0);
    check_number(json, "ms", 0.007);
    cJSON_Delete(json);

    ev = make(EVENT_TLS);
    ev.tls = (struct event_tls){.version = "TLSv1.3",
                                .cipher = "TLS_AES",
                                .alpn = "http/1.1",
                                .resumed = true,
                                .subject = "CN=\xE4",
                                .issuer = "CN=ca",
                                .not_after = "2026-01-02T03:04:05Z",
                                .us = 1000};
    json = parse_all(&ev);
    check_text(json, "version", "TLSv1.3");
    check_text(json, "cipher", "TLS_AES");
    check_text(json, "alpn", "http/1.1");
    check_bool(json, "resumed", true);
    check_bool(json, "verified", false);
    check_text(json, "subject", "CN=\xC3\xA4");
    check_text(json, "issuer", "CN=ca");
    check_text(json, "not_after", "2026-01-02T03:04:05Z");
    cJSON_Delete(json);

    ev = make(EVENT_OPEN);
    ev.open = (struct event_open){.url = "ws://h/?token=abc",
                                  .subprotocol = "chat",
                                  .extensions = "",
                                  .subprotocol_missed = false,
                                  .us = 1};
    json = parse_all(&ev);
    check_text(json, "url", "ws://h/?token=\xE2\x80\xB9redacted, 3 bytes\xE2\x80\xBA");
    check_text(json, "subprotocol", "chat");
    check_text(json, "extensions", "");
    check_number(json, "ms", 0.001);
    cJSON_Delete(json);
}

static const char *header_value(const cJSON *json, int i)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(json, "headers");

    return cJSON_GetArrayItem(cJSON_GetArrayItem(list, i), 1)->valuestring;
}

static void ndjson_headers_are_redacted_unless_asked_for(void **state)
{
    struct field headers[3];
    struct ndjson_config config = ALL_JSON;
    struct event ev = make(EVENT_REQUEST);
    cJSON *json;

    (void)state;
    headers[0] = (struct field){slice_str("Host"), slice_str("h\xE9")};
    headers[1] = (struct field){slice_str("authorization"), slice_str("Bearer x")};
    headers[2] = (struct field){slice_str("Referer"), slice_str("http://a/?key=1")};
    ev.request = (struct event_request){
        .method = "GET", .target = slice_str("/?sig=12"), .headers = headers, .header_count = 3};
    json = parse(&config, &ev);
    check_text(json, "method", "GET");
    check_text(json, "target", "/?sig=\xE2\x80\xB9redacted, 2 bytes\xE2\x80\xBA");
    assert_string_equal(header_value(json, 0), "h\xC3\xA9");
    assert_string_equal(header_value(json, 1), "\xE2\x80\xB9redacted, 8 bytes\xE2\x80\xBA");
    assert_string_equal(header_value(json, 2),
                        "http://a/?key=\xE2\x80\xB9redacted, 1 byte\xE2\x80\xBA");
    cJSON_Delete(json);

    config.show_secrets = true;
    json = parse(&config, &ev);
    check_text(json, "target", "/?sig=12");
    assert_string_equal(header_value(json, 1), "Bearer x");
    cJSON_Delete(json);
}

static void ndjson_refused_response_has_body_and_hint(void **state)
{
    struct event ev = make(EVENT_RESPONSE);
    cJSON *json;

    (void)state;
    ev.response = (struct event_response){.status = 101, .reason = slice_str("Go"), .hint = ""};
    json = parse_all(&ev);
    check_number(json, "status", 101);
    check_text(json, "reason", "Go");
    check_absent(json, "body");
    check_absent(json, "hint");
    cJSON_Delete(json);

    ev.response.status = 403;
    ev.response.body = slice_str("no\xE2\x82");
    ev.response.body_cut = true;
    ev.response.hint = "log in";
    json = parse_all(&ev);
    check_text(json, "body", "no"); /* the character that was cut goes */
    check_bool(json, "body_cut", true);
    check_text(json, "hint", "log in");
    cJSON_Delete(json);

    ev.response.body_cut = false;
    json = parse_all(&ev);
    check_text(json, "base64", "bm/igg==");
    check_absent(json, "body");
    cJSON_Delete(json);
}

static void ndjson_close_reports_everything_known(void **state)
{
    struct event ev = make(EVENT_CLOSE);
    cJSON *json;

    (void)state;
    ev.close = (struct event_close){.by = CLOSE_BY_NETWORK,
                                    .how = CLOSE_HOW_PING_TIMEOUT,
                                    .code = CLOSE_ABNORMAL,
                                    .reason = slice_str("r"),
                                    .uptime_us = 60200000,
                                    .idle_in_us = 1500,
                                    .idle_out_us = 2500,
                                    .has_pong = true,
                                    .last_pong_us = 3500,
                                    .errnum = ETIMEDOUT,
                                    .got_close_notify = true,
                                    .cut_have = 5,
                                    .cut_want = 10,
                                    .has_tcp = true,
                                    .unacked_bytes = 77,
                                    .retransmits = 3,
                                    .hint = "try"};
    json = parse_all(&ev);
    check_text(json, "by", "network");
    check_text(json, "how", "ping-timeout");
    check_number(json, "code", 1006);
    check_text(json, "reason", "r");
    check_bool(json, "clean", false);
    check_number(json, "uptime_ms", 60200);
    check_number(json, "idle_in_ms", 1.5);
    check_number(json, "idle_out_ms", 2.5);
    check_number(json, "last_pong_ms", 3.5);
    check_text(json, "hint", "try");
    check_number(json, "errno", ETIMEDOUT);
    check_bool(json, "got_close_notify", true);
    check_bool(json, "got_fin", false);
    check_bool(json, "got_rst", false);
    check_number(json, "cut_have", 5);
    check_number(json, "cut_want", 10);
    check_number(json, "unacked_bytes", 77);
    check_number(json, "retransmits", 3);
    cJSON_Delete(json);

    ev.close.has_pong = false;
    ev.close.has_tcp = false;
    json = parse_all(&ev);
    check_null(json, "last_pong_ms");
    check_absent(json, "unacked_bytes");
    cJSON_Delete(json);
}

static void ndjson_violation_retry_and_accounting(void **state)
{
    const struct err why = {
        .code = EXIT_CONNECT, .stage = STAGE_CONNECT, .text = "refused", .hint = "look"};
    struct event ev = make(EVENT_VIOLATION);
    cJSON *json;

    (void)state;
    ev.violation = (struct event_violation){"RFC 6455, section 5.1", "masked", 99, 1002, true};
    json = parse_all(&ev);
    check_text(json, "rule", "RFC 6455, section 5.1");
    check_text(json, "message", "masked");
    check_number(json, "offset", 99);
    cJSON_Delete(json);

    ev = make(EVENT_RETRY);
    ev.retry = (struct event_retry){4, 500000, "lost", true, NULL, 0};
    json = parse_all(&ev);
    check_number(json, "attempt", 4);
    check_number(json, "delay_ms", 500);
    check_text(json, "because", "lost");
    check_bool(json, "will", true);
    check_absent(json, "message");
    check_absent(json, "count");
    cJSON_Delete(json);
    ev.retry.count = 297;
    json = parse_all(&ev);
    check_number(json, "count", 297);
    cJSON_Delete(json);
    ev.retry.count = 0;
    ev.retry.error = &why;
    json = parse_all(&ev);
    check_number(json, "code", EXIT_CONNECT);
    check_text(json, "stage", "connect");
    check_text(json, "message", "refused");
    check_text(json, "hint", "look");
    cJSON_Delete(json);

    ev = make(EVENT_DUPLICATE);
    ev.duplicate = (struct event_duplicate){.id = slice_str("abc")};
    json = parse_all(&ev);
    check_text(json, "id", "abc");
    check_absent(json, "seq");
    cJSON_Delete(json);

    ev = make(EVENT_FAULT);
    ev.fault = (struct event_fault){"rst", "armed", "30s", ""};
    json = parse_all(&ev);
    check_text(json, "kind", "rst");
    check_text(json, "phase", "armed");
    check_text(json, "trigger", "30s");
    check_text(json, "args", "");
    cJSON_Delete(json);

    ev = make(EVENT_POLL);
    ev.poll = (struct event_poll){304, 5, 1, 100, 200, 3000};
    json = parse_all(&ev);
    check_number(json, "status", 304);
    check_number(json, "items", 5);
    check_number(json, "fresh", 1);
    check_number(json, "bytes_up", 100);
    check_number(json, "bytes_down", 200);
    check_number(json, "ms", 3);
    cJSON_Delete(json);

    ev = make(EVENT_FALLBACK);
    ev.fallback = (struct event_fallback){"ws", "poll", "three failures"};
    json = parse_all(&ev);
    check_text(json, "from", "ws");
    check_text(json, "to", "poll");
    check_text(json, "because", "three failures");
    cJSON_Delete(json);
}

static void ndjson_sequence_numbers_are_exact_to_64_bits(void **state)
{
    static const enum event_kind kinds[] = {EVENT_GAP, EVENT_RECOVERED, EVENT_LOST};
    const struct ndjson_config config = ALL_JSON;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct event ev = make(kinds[i]);
        char *line;

        ev.range = (struct event_range){9007199254740993u, UINT64_MAX, 7};
        line = line_of(&config, &ev);
        assert_non_null(
            strstr(line, "\"from\":9007199254740993,\"to\":18446744073709551615,\"count\":7}"));
        free(line);
    }
}

static void ndjson_error_and_summary(void **state)
{
    struct event ev = make(EVENT_ERROR);
    cJSON *json;

    (void)state;
    ev.error = &(const struct err){.code = EXIT_CONNECT,
                                   .stage = STAGE_CONNECT,
                                   .errnum = ECONNREFUSED,
                                   .at = -1,
                                   .text = "not connected",
                                   .hint = "try"};
    json = parse_all(&ev);
    check_number(json, "code", 7);
    check_text(json, "stage", "connect");
    check_number(json, "errno", ECONNREFUSED);
    check_text(json, "message", "not connected");
    check_text(json, "hint", "try");
    cJSON_Delete(json);

    ev = make(EVENT_SUMMARY);
    ev.summary = (struct event_summary){
        .totals = {.connections = 1,
                   .messages_in = 2,
                   .messages_out = 3,
                   .payload_in = 4,
                   .payload_out = 5,
                   .frames_in = 6,
                   .frames_out = 7,
                   .wire_in = 8,
                   .wire_out = 9,
                   .pings_in = 10,
                   .pings_out = 11,
                   .pongs_in = 12,
                   .pongs_out = 13,
                   .violations = 14},
        .retries = 15,
        .outages = {16, 17000, 18000},
        .delivery = {19, 20, 21, 22},
        .rtt = {23, 24, 25000, 26000, 27000},
        .duration_us = 1500,
        .seed = 42,
        .exit = EXIT_LOST,
    };
    json = parse_all(&ev);
    check_number(json, "connections", 1);
    check_number(json, "messages_in", 2);
    check_number(json, "messages_out", 3);
    check_number(json, "bytes_in", 4);
    check_number(json, "bytes_out", 5);
    check_number(json, "frames_in", 6);
    check_number(json, "frames_out", 7);
    check_number(json, "wire_in", 8);
    check_number(json, "wire_out", 9);
    check_number(json, "pings_in", 10);
    check_number(json, "pings_out", 11);
    check_number(json, "pongs_in", 12);
    check_number(json, "pongs_out", 13);
    check_number(json, "violations", 14);
    check_number(json, "retries", 15);
    check_number(json, "outages", 16);
    check_number(json, "outage_ms", 17);
    check_number(json, "longest_outage_ms", 18);
    check_number(json, "queued", 19);
    check_number(json, "sent_again", 20);
    check_number(json, "unacknowledged", 21);
    check_number(json, "unsent", 22);
    check_number(json, "rtt_count", 23);
    check_number(json, "rtt_lost", 24);
    check_number(json, "rtt_min_ms", 25);
    check_number(json, "rtt_median_ms", 26);
    check_number(json, "rtt_p99_ms", 27);
    check_number(json, "duration_ms", 1.5);
    check_number(json, "seed", 42);
    check_number(json, "exit", 56);
    cJSON_Delete(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ndjson_stages_have_their_fields),
        cmocka_unit_test(ndjson_headers_are_redacted_unless_asked_for),
        cmocka_unit_test(ndjson_refused_response_has_body_and_hint),
        cmocka_unit_test(ndjson_close_reports_everything_known),
        cmocka_unit_test(ndjson_violation_retry_and_accounting),
        cmocka_unit_test(ndjson_sequence_numbers_are_exact_to_64_bits),
        cmocka_unit_test(ndjson_error_and_summary),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "sink_human.h"

#include <errno.h>

#include "alloc.h"

static void human_shows_resolve_from_v_on(void **state)
{
    const char *addresses[] = {"2001:db8::1", "192.0.2.1"};
    struct event ev = make(EVENT_RESOLVE);

    (void)state;
    ev.resolve = (struct event_resolve){"example.com", addresses, 2, 12345};
    check_from(1, &ev, "· resolved example.com to 2001:db8::1, 192.0.2.1 · 12.3 ms\n");
}

static void human_shows_connect_with_all_attempts(void **state)
{
    const struct connect_attempt attempts[] = {{"2001:db8::1", 250000, ENETUNREACH},
                                               {"2001:db8::2", 41000, ECANCELED},
                                               {"192.0.2.1", 20100, 0}};
    struct event ev = make(EVENT_CONNECT);

    (void)state;
    ev.connect = (struct event_connect){"192.0.2.1", 443, "10.0.0.2:4000", 20100, attempts, 3};
    check_from(1, &ev,
               "· connected to 192.0.2.1:443 from 10.0.0.2:4000 · 20.1 ms\n"
               "  2001:db8::1 failed after 250 ms: Network is unreachable\n"
               "  2001:db8::2 given up after 41.0 ms: another one was faster\n"
               "  192.0.2.1 connected in 20.1 ms\n");
    ev.connect = (struct event_connect){"2001:db8::1", 443, "", 1000000, attempts + 2, 1};
    check(LEVEL(1), &ev, "· connected to [2001:db8::1]:443 · 1.0 s\n");
    ev.connect = (struct event_connect){"/run/x.sock", 0, "", 51, NULL, 0};
    check(LEVEL(1), &ev, "· connected to /run/x.sock · 0.05 ms\n");
}

static void human_shows_proxy_and_tls_from_v_on(void **state)
{
    struct event ev = make(EVENT_PROXY);

    (void)state;
    ev.proxy = (struct event_proxy){"http", "10.0.0.1:3128", 200, 5100};
    check_from(1, &ev, "· http proxy 10.0.0.1:3128 answered 200 · 5.1 ms\n");

    ev = make(EVENT_TLS);
    ev.tls = (struct event_tls){.version = "TLSv1.3",
                                .cipher = "TLS_AES_256_GCM_SHA384",
                                .alpn = "http/1.1",
                                .verified = true,
                                .subject = "CN=example.com",
                                .issuer = "CN=Test CA",
                                .not_after = "2027-01-02T03:04:05Z",
                                .us = 23000};
    check_from(1, &ev,
               "· TLSv1.3 TLS_AES_256_GCM_SHA384 · ALPN http/1.1 · verified · 23.0 ms\n"
               "  subject   CN=example.com\n"
               "  issuer    CN=Test CA\n"
               "  not after 2027-01-02T03:04:05Z\n");
    ev.tls.verified = false;
    ev.tls.resumed = true;
    ev.tls.alpn = "";
    ev.tls.issuer = "";
    check(LEVEL(1), &ev,
          "· TLSv1.3 TLS_AES_256_GCM_SHA384 · no ALPN · NOT VERIFIED · resumed · 23.0 ms\n"
          "  subject   CN=example.com\n"
          "  not after 2027-01-02T03:04:05Z\n");
}

static void human_disarms_certificate_names(void **state)
{
    struct event ev = make(EVENT_TLS);

    (void)state;
    ev.tls = (struct event_tls){.version = "TLSv1.3",
                                .cipher = "C",
                                .alpn = "",
                                .verified = true,
                                .subject = "CN=\x1B]52;c;eA==\x07\xC2\x9B",
                                .issuer = ""};
    check(LEVEL(1), &ev,
          "· TLSv1.3 C · no ALPN · verified · 0.00 ms\n"
          "  subject   CN=\\e]52;c;eA==\\x07\\u{009B}\n");
}

static void human_shows_open_at_the_default_level(void **state)
{
    struct event ev = make(EVENT_OPEN);

    (void)state;
    ev.open = (struct event_open){.url = "wss://example.com/?key=1",
                                  .subprotocol = "",
                                  .extensions = "",
                                  .subprotocol_missed = false,
                                  .us = 45300};
    check_from(0, &ev, "● opened wss://example.com/?key=‹redacted, 1 byte› · 45.3 ms\n");
    check((struct view_config){.show_secrets = true}, &ev,
          "* opened wss://example.com/?key=1 - 45.3 ms\n");
    ev.open = (struct event_open){.url = "ws://h/",
                                  .subprotocol = "chat\x07",
                                  .extensions = "permessage-deflate",
                                  .subprotocol_missed = true,
                                  .us = 999400};
    ev.conn = 2;
    check(DEFAULT, &ev,
          "● opened again ws://h/ · subprotocol chat\\x07 · permessage-deflate · 999 ms\n"
          "  the server selected none of the subprotocols offered\n");
}

static void human_shows_violations(void **state)
{
    struct event ev = make(EVENT_VIOLATION);

    (void)state;
    ev.violation =
        (struct event_violation){"RFC 6455, section 5.1", "a masked frame came", 1234, 1002, true};
    check_from(0, &ev,
               "! protocol violation: a masked frame came (RFC 6455, section 5.1; byte 1234 of the "
               "stream)\n");
    ev.violation.fatal = false;
    check(DEFAULT, &ev,
          "! protocol violation: a masked frame came (RFC 6455, section 5.1; byte 1234 of the "
          "stream) · carried on\n");
}

static void human_shows_reconnects(void **state)
{
    struct event ev = make(EVENT_RETRY);

    (void)state;
    ev.retry = (struct event_retry){2, 1300000, "connection lost", true, NULL, 0};
    check_from(0, &ev, "· reconnecting in 1.3 s, attempt 2: connection lost\n");
    ev.retry.delay_us = 0;
    check(DEFAULT, &ev, "· reconnecting now, attempt 2: connection lost\n");
    ev.retry.will = false;
    check(DEFAULT, &ev, "✕ not reconnecting: connection lost\n");
    ev.retry = (struct event_retry){300, 0, "not connected", true, NULL, 297};
    check_from(0, &ev, "· 297 more attempts failed meanwhile, the last: not connected\n");
    ev.retry.count = 1;
    check(DEFAULT, &ev, "· 1 more attempt failed meanwhile, the last: not connected\n");
}

static void human_shows_with_a_retry_why_the_attempt_failed(void **state)
{
    const struct err why = {.text = "refused", .hint = "try another port"};
    struct event ev = make(EVENT_RETRY);

    (void)state;
    ev.retry = (struct event_retry){2, 1300000, "not connected", true, &why, 0};
    check_from(0, &ev,
               "! refused\n  hint: try another port\n"
               "· reconnecting in 1.3 s, attempt 2: not connected\n");
}

static void human_shows_what_was_missed(void **state)
{
    struct event ev = make(EVENT_GAP);

    (void)state;
    ev.range = (struct event_range){5, 9, 5};
    check_from(1, &ev, "! gap: 5 messages · numbers 5 to 9\n");
    ev.kind = EVENT_LOST;
    check_from(1, &ev, "! lost: 5 messages · numbers 5 to 9\n");
    ev.kind = EVENT_RECOVERED;
    ev.range = (struct event_range){UINT64_MAX, UINT64_MAX, 1};
    check_from(1, &ev, "· recovered: 1 message · number 18446744073709551615\n");
    ev.kind = EVENT_DUPLICATE;
    ev.duplicate = (struct event_duplicate){true, 7, {NULL, 0}};
    check_from(1, &ev, "· duplicate: number 7\n");
    ev.duplicate = (struct event_duplicate){.id = slice_str("\x1Bid")};
    check_from(1, &ev, "· duplicate: id \\eid\n");
}

static void human_sums_up_an_outage(void **state)
{
    const struct event_range lost[] = {{125, 126, 2}, {130, 130, 1}};
    struct event ev = make(EVENT_MISSED);

    (void)state;
    ev.missed = (struct event_missed){.from = 118, .to = 131, .missed = 14};
    check_from(0, &ev, "! missed 118–131 (14)\n");
    ev.missed.recovered = 3;
    check_from(0, &ev, "! missed 118–131 (14): 3 recovered so far\n");
    ev.missed.recovered = 14;
    ev.missed.settled = true;
    check_from(0, &ev, "· missed 118–131 (14): 14 recovered\n");
    ev.missed.recovered = 11;
    ev.missed.lost = 3;
    ev.missed.named = lost;
    ev.missed.named_count = 2;
    ev.missed.duplicates = 1;
    check_from(0, &ev, "! missed 118–131 (14): 11 recovered, 3 lost: 125–126 130 · 1 duplicate\n");
    check((struct view_config){0}, &ev,
          "! missed 118-131 (14): 11 recovered, 3 lost: 125-126 130 - 1 duplicate\n");
    ev.missed.recovered = 0;
    ev.missed.more_lost = true;
    ev.missed.to = 200;
    check_from(0, &ev, "! missed 14 between 118 and 200: 3 lost: 125–126 130 … · 1 duplicate\n");
    ev.missed = (struct event_missed){.from = 7,
                                      .to = 7,
                                      .missed = 1,
                                      .settled = true,
                                      .lost = 1,
                                      .named = &lost[1],
                                      .named_count = 1};
    check_from(0, &ev, "! missed 7 (1): 1 lost: 130\n");
}

static void human_shows_faults_polls_fallbacks_and_notes(void **state)
{
    struct event ev = make(EVENT_FAULT);

    (void)state;
    ev.fault = (struct event_fault){"latency", "armed", "30s", "200ms,50ms"};
    check_from(0, &ev, "! fault armed: latency 200ms,50ms @30s\n");
    ev.fault = (struct event_fault){"rst", "begin", "", NULL};
    check_from(0, &ev, "! fault begin: rst\n");
    ev = make(EVENT_POLL);
    ev.channel = CHANNEL_POLL;
    ev.poll = (struct event_poll){200, 3, 1, 400, 13000, 4300};
    check_from(1, &ev,
               "· [poll] answered 200: 3 items, 1 fresh · up 400 bytes, down 12.7 KiB · 4.3 ms\n");
    ev = make(EVENT_FALLBACK);
    ev.fallback = (struct event_fallback){"ws", "poll", "3 failures in a row"};
    check_from(0, &ev, "! falling back from ws to poll: 3 failures in a row\n");
    ev = make(EVENT_NOTE);
    ev.note = "stdout is blocked";
    check_from(0, &ev, "· stdout is blocked\n");
}

static void human_shows_errors_at_every_level(void **state)
{
    struct event ev = make(EVENT_ERROR);

    (void)state;
    ev.error = &(const struct err){.code = EXIT_CONNECT,
                                   .stage = STAGE_CONNECT,
                                   .at = -1,
                                   .text = "not connected: \x1B[2J",
                                   .hint = "try -4"};
    check(LEVEL(-1), &ev, "wscope: not connected: \\e[2J (hint: try -4)\n");
    for (int level = 0; level <= 3; level++)
        check(LEVEL(level), &ev, "wscope: not connected: \\e[2J\n  hint: try -4\n");
}

static void human_shows_the_hint_after_the_error(void **state)
{
    struct view_config config = {.utf8 = true, .report = true};
    struct event evs[3] = {closing(CLOSE_BY_PEER, CLOSE_HOW_FIN, 1006), make(EVENT_ERROR),
                           make(EVENT_SUMMARY)};

    (void)state;
    evs[0].close.hint = "look";
    evs[1].error = &(const struct err){.text = "lost", .hint = "look"};
    check_events(config, evs, 3,
                 "✕ connection lost: the peer ended the stream (FIN), no Close frame" TIMES
                 "wscope: lost\n  hint: look\n");
    evs[1] = make(EVENT_RETRY); /* no error comes */
    evs[1].retry = (struct event_retry){1, 0, "lost", true, NULL, 0};
    check_events(config, evs, 3,
                 "✕ connection lost: the peer ended the stream (FIN), no Close frame" TIMES
                 "  hint: look\n· reconnecting now, attempt 1: lost\n");
    evs[1] = make(EVENT_SUMMARY);
    check_events(config, evs, 2,
                 "✕ connection lost: the peer ended the stream (FIN), no Close frame" TIMES
                 "  hint: look\n");
    evs[0] = refusal();
    evs[1] = make(EVENT_ERROR);
    evs[1].error = &(const struct err){.text = "refused", .hint = "no healthy backend; try later"};
    check_events(DEFAULT, evs, 2,
                 "< HTTP/1.1 503 Unavailable\n< Server: nginx\n<\n  <html>\n  no backend \\e[2J\n"
                 "  </html>\nwscope: refused\n  hint: no healthy backend; try later\n");
}

static void human_shows_the_summary_from_v_on(void **state)
{
    struct event ev = make(EVENT_SUMMARY);

    (void)state;
    ev.summary.totals = (struct totals){.connections = 1,
                                        .messages_in = 3,
                                        .messages_out = 1,
                                        .payload_in = 2048,
                                        .payload_out = 1,
                                        .wire_in = 1048576,
                                        .wire_out = 7};
    ev.summary.duration_us = 12300000;
    ev.summary.seed = 42;
    check_from(1, &ev,
               "· 1 connection in 12.3 s · in 3 messages, 2.0 KiB (1.0 MiB on the wire) · out 1 "
               "message, 1 byte (7 bytes on the wire) · seed 42 · exit 0\n");
}

static void human_summary_reports_outages_deliveries_and_round_trips(void **state)
{
    struct event ev = make(EVENT_SUMMARY);

    (void)state;
    ev.summary.totals.connections = 3;
    ev.summary.duration_us = 60000000;
    ev.summary.retries = 5;
    ev.summary.outages = (struct event_outages){2, 21300000, 19800000};
    ev.summary.delivery = (struct event_delivery){7, 4, 2, 1};
    ev.summary.rtt = (struct event_rtt){99, 1, 900, 1500, 30000};
    check_from(1, &ev,
               "· 3 connections in 60.0 s · in 0 messages, 0 bytes (0 bytes on the wire) · out 0 "
               "messages, 0 bytes (0 bytes on the wire) · 2 outages, down 21.3 s, longest 19.8 s · "
               "5 retries · 7 queued while offline · 4 sent again · 2 maybe not arrived · 1 never "
               "sent · round trips min 0.90 ms, median 1.5 ms, p99 30.0 ms, 1 lost of 100 · seed 0 "
               "· exit 0\n");
}

static void human_note_has_dots_of_its_own_where_there_is_no_utf8(void **state)
{
    struct event ev = make(EVENT_NOTE);

    (void)state;
    ev.note = "detected at once (RST) · 1 attempt";
    check((struct view_config){0}, &ev, "- detected at once (RST) - 1 attempt\n");
    check(DEFAULT, &ev, "· detected at once (RST) · 1 attempt\n");
}

static void human_timestamps(void **state)
{
    struct event evs[2] = {make(EVENT_NOTE), make(EVENT_NOTE)};

    (void)state;
    setenv("TZ", "UTC", 1);
    evs[0].note = "one";
    evs[0].time_us = 1767323045678901;
    evs[1].note = "two";
    evs[1].time_us = 1767323045679901;
    evs[1].at_us += 2001000;
    check_events((struct view_config){.stamps = STAMPS_ABS}, evs, 2,
                 "03:04:05.678 - one\n03:04:05.679 - two\n");
    check_events((struct view_config){.stamps = STAMPS_REL}, evs, 2,
                 "    1.234 - one\n    3.235 - two\n");
    check_events((struct view_config){.stamps = STAMPS_DELTA}, evs, 2,
                 "+   0.000 - one\n+   2.001 - two\n");
}

static void human_timestamps_indent_the_lines_below(void **state)
{
    struct event ev = message(OPCODE_TEXT, "a\nb", 3);
    struct event evs[2] = {refusal(), make(EVENT_ERROR)};
    struct view_config config = repl(80);

    (void)state;
    config.stamps = STAMPS_REL;
    check(config, &ev, "    1.234 ← a\n            b\n");
    evs[0].response.body = slice_make(NULL, 0);
    evs[1].error = &(const struct err){.text = "refused", .hint = "try later"};
    check_events(config, evs, 2,
                 "    1.234 < HTTP/1.1 503 Unavailable\n"
                 "          < Server: nginx\n"
                 "          <\n"
                 "    1.234 wscope: refused\n"
                 "            hint: try later\n");
}

static void human_colours_are_restrained_and_always_ended(void **state)
{
    struct view_config config = {.utf8 = true, .color = true};
    struct event ev = make(EVENT_OPEN);

    (void)state;
    ev.open = (struct event_open){.url = "ws://h/",
                                  .subprotocol = "",
                                  .extensions = "",
                                  .subprotocol_missed = false,
                                  .us = 1000};
    check(config, &ev, "\x1b[32m●\x1b[0m \x1b[32mopened\x1b[0m ws://h/\x1b[2m · \x1b[0m1.0 ms\n");
    ev = make(EVENT_ERROR);
    ev.error = &(const struct err){.text = "gone", .hint = "look"};
    check(config, &ev, "\x1b[31mwscope:\x1b[0m gone\n  \x1b[2mhint: \x1b[0mlook\n");
    ev = make(EVENT_VIOLATION);
    ev.violation = (struct event_violation){"R", "m", 1, 1002, true};
    check(config, &ev,
          "\x1b[33m!\x1b[0m \x1b[33mprotocol violation\x1b[0m: m\x1b[2m (R; byte 1 of the "
          "stream)\x1b[0m\n");
    ev = closing(CLOSE_BY_NETWORK, CLOSE_HOW_RST, 1006);
    check(
        config, &ev,
        "\x1b[31m✕\x1b[0m \x1b[31mconnection lost\x1b[0m: reset by the peer (RST), no Close "
        "frame\x1b[2m · \x1b[0mup 12.3 s\x1b[2m · \x1b[0mlast received 0.2 s ago, last sent 1.0 s "
        "ago\n");
}

static void human_ascii_shows_nothing_beyond_ascii(void **state)
{
    struct event ev = message(OPCODE_TEXT, "\xC3\xBC\xE2\x82\xAC", 5);
    struct view_config config = {.messages = true};

    (void)state;
    check(config, &ev, "< \\u{00FC}\\u{20AC}\n");
}

static void human_reports_an_error_even_without_memory(void **state)
{
    struct event ev = make(EVENT_ERROR);
    struct view_config config = DEFAULT;

    (void)state;
    ev.error = &(const struct err){.text = "out of memory \x1B", .hint = "close something"};
    for (unsigned long n = 1;; n++) {
        struct capture c;
        struct sink *sink;
        bool struck;

        capture_open(&c);
        /* The queue of `out` has its memory before it gets scarce. */
        out_put(&c.out, "=", 1);
        alloc_fail_at(n);
        sink = human_new(&c.out, &config);
        if (sink)
            capture_emit(sink, &ev);
        struck = alloc_struck();
        capture_take(&c);
        if (sink && struck)
            assert_string_equal(c.text, "=wscope: out of memory ?\n");
        if (sink)
            sink->free(sink);
        capture_close(&c);
        if (!struck)
            break;
    }
}

static void human_survives_each_failing_allocation(void **state)
{
    struct event evs[4] = {request(), refusal(), message(OPCODE_TEXT, "{\"a\":[1,2]}", 11),
                           message(OPCODE_BINARY, "\1\2\3", 3)};
    struct view_config config = repl(8);

    (void)state;
    config.include = true;
    ALLOC_EACH({
        struct out out;
        struct sink *sink;

        out_init(&out, -1, 1 << 20);
        sink = human_new(&out, &config);
        for (size_t i = 0; sink && i < 4; i++)
            capture_emit(sink, &evs[i]);
        if (sink)
            sink->free(sink);
        out_clear(&out);
    });
}

static void human_log_of_a_server_names_the_connection_on_each_line(void **state)
{
    const struct view_config log = {.utf8 = true, .numbered = true};
    struct event ev = {.kind = EVENT_OPEN,
                       .conn = 12,
                       .open = {.url = "ws://h/", .subprotocol = "", .extensions = "", .us = 2100}};

    (void)state;
    check(log, &ev, "● #12 opened ws://h/ · 2.1 ms\n");
}

static void human_begins_each_line_with_its_own_mark_and_number(void **state)
{
    struct event evs[5];

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        evs[i] = make(EVENT_MESSAGE);
        evs[i].leg = LEG_CLIENT;
        evs[i].client = i < 3 ? 7 : 12;
        evs[i].message = (struct event_message){
            .type = OPCODE_TEXT, .data = slice_str("hi"), .final = true, .total = 2};
    }
    evs[2].leg = LEG_SERVER;
    evs[4].channel = CHANNEL_SSE;
    check_events(
        (struct view_config){.utf8 = true, .numbered = true, .relay = true, .messages = true}, evs,
        5, "#7 ↑ hi\n#7 ↑ hi\n#7 ↓ hi\n#12 ↑ hi\n#12 ↑ [sse] hi\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(human_log_of_a_server_names_the_connection_on_each_line),
        cmocka_unit_test(human_shows_resolve_from_v_on),
        cmocka_unit_test(human_shows_connect_with_all_attempts),
        cmocka_unit_test(human_shows_proxy_and_tls_from_v_on),
        cmocka_unit_test(human_disarms_certificate_names),
        cmocka_unit_test(human_shows_open_at_the_default_level),
        cmocka_unit_test(human_shows_violations),
        cmocka_unit_test(human_shows_reconnects),
        cmocka_unit_test(human_shows_with_a_retry_why_the_attempt_failed),
        cmocka_unit_test(human_shows_what_was_missed),
        cmocka_unit_test(human_sums_up_an_outage),
        cmocka_unit_test(human_shows_faults_polls_fallbacks_and_notes),
        cmocka_unit_test(human_shows_errors_at_every_level),
        cmocka_unit_test(human_shows_the_hint_after_the_error),
        cmocka_unit_test(human_shows_the_summary_from_v_on),
        cmocka_unit_test(human_summary_reports_outages_deliveries_and_round_trips),
        cmocka_unit_test(human_note_has_dots_of_its_own_where_there_is_no_utf8),
        cmocka_unit_test(human_timestamps),
        cmocka_unit_test(human_timestamps_indent_the_lines_below),
        cmocka_unit_test(human_colours_are_restrained_and_always_ended),
        cmocka_unit_test(human_ascii_shows_nothing_beyond_ascii),
        cmocka_unit_test(human_reports_an_error_even_without_memory),
        cmocka_unit_test(human_survives_each_failing_allocation),
        cmocka_unit_test(human_begins_each_line_with_its_own_mark_and_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

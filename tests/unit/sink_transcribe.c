#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "alloc.h"
#include "sink/transcribe.h"
#include "sink/transcribe_head.h"
#include "sink/transcribe_line.h"
#include "sink_capture.h"

#define SECOND 1000000u
#define BEGAN  1767323045678901

static void check_line(const char *text, const char *want)
{
    struct buf out;

    buf_init(&out, 4096);
    assert_true(transcribe_line_holds(slice_str(text)));
    assert_int_equal(transcribe_line(&out, "send", slice_str(text), ""), 0);
    assert_int_equal(buf_append(&out, "", 1), 0);
    assert_string_equal((const char *)buf_data(&out), want);
    buf_clear(&out);
}

static void line_is_read_as_it_was_meant(void **state)
{
    (void)state;
    check_line("hello world", "send hello world\n");
    check_line("# no comment", "send # no comment\n");
    check_line("{\"a\":{\"b\":{}}}", "send {\"a\":{\"b\":{}}}\n");
    check_line("{{name}} {{{", "send \\{{name}} \\{{{\n");
    check_line("", "send <<END\nEND\n");
    check_line(" two blanks ", "send <<END\n two blanks \nEND\n");
    check_line("goes on\\", "send <<END\ngoes on\\\nEND\n");
    check_line("cat <<EOF", "send <<END\ncat <<EOF\nEND\n");
    check_line("/regex/", "send <<END\n/regex/\nEND\n");
    check_line("ready within 5", "send <<END\nready within 5\nEND\n");
    check_line("stays within", "send <<END\nstays within\nEND\n");
    check_line("a\nEND\n  END2 \nb\n", "send <<END3\na\nEND\n  END2 \nb\n\nEND3\n");
    check_line("a\n{{b", "send <<END\na\n\\{{b\nEND\n");
}

static void line_does_not_hold_what_no_script_can(void **state)
{
    (void)state;
    assert_false(transcribe_line_holds(slice_str("a\r\nb")));
    assert_false(transcribe_line_holds(slice_str("\x1b[2J")));
    assert_false(transcribe_line_holds(slice_str("\xff")));
    assert_false(transcribe_line_holds(slice_str("\xe2\x80\xae")));
    assert_false(transcribe_line_holds(slice_make("a\0b", 3)));
    assert_true(transcribe_line_holds(slice_str("tab\t gr\xc3\xbc\xc3\x9f")));
}

static void line_has_its_time_limit_before_a_here_text(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    assert_int_equal(transcribe_line(&out, "expect text", slice_str("a"), " within 9"), 0);
    assert_int_equal(transcribe_line(&out, "expect text", slice_str("a\nb"), " within 9"), 0);
    assert_int_equal(transcribe_line(&out, "expect pong", (struct slice){NULL, 0}, " within 9"), 0);
    assert_int_equal(buf_append(&out, "", 1), 0);
    assert_string_equal((const char *)buf_data(&out), "expect text a within 9\n"
                                                      "expect text within 9 <<END\na\nb\nEND\n"
                                                      "expect pong within 9\n");
    buf_clear(&out);
}

static void head_leaves_secrets_out_and_names_them(void **state)
{
    static const char *const options[] = {
        "--header=Authorization: Bearer abc",
        "--header=X-Room: lobby",
        "--header=Cookie:",
        "--header=@headers.txt",
        "--header=X-Api-Key: abc",
        "--bearer=abc",
        "--bearer=env:TOKEN",
        "--user=me:abc",
        "--cookie=@cookies",
        "--pass=abc",
        "--header-cmd=echo abc",
        "--proxy=http://me:abc@proxy:3128",
        "--resume-query=since={last}&api_key=abc",
        "--reconnect",
        "--retry-delay=0.1",
        "--resume={\"op\":\"resume\",\"from\":{last}}",
        "-4",
    };
    struct buf out;
    const char *text;

    (void)state;
    buf_init(&out, 65536);
    assert_int_equal(transcribe_head(&out, "wss://me:abc@h:1/p?room=1&token=abc&x=2", options,
                                     sizeof options / sizeof *options, BEGAN),
                     0);
    assert_int_equal(buf_append(&out, "", 1), 0);
    text = (const char *)buf_data(&out);
    assert_null(strstr(text, "abc"));
    assert_non_null(strstr(text, "# A session recorded by wscope on 2026-01-0"));
    assert_string_equal(strstr(text, "\n\n") + 2,
                        "# left out: user and password (of the URL)\n"
                        "# left out: token (of the URL)\n"
                        "url wss://h:1/p?room=1&token=&x=2\n"
                        "# left out: Authorization\n"
                        "header X-Room: lobby\n"
                        "header Cookie:\n"
                        "option header @headers.txt\n"
                        "# left out: X-Api-Key\n"
                        "# left out: Authorization\n"
                        "option bearer env:TOKEN\n"
                        "# left out: Authorization\n"
                        "option cookie @cookies\n"
                        "# left out: pass phrase\n"
                        "# left out: header command\n"
                        "# left out: user and password (of --proxy)\n"
                        "option proxy http://proxy:3128\n"
                        "# left out: api_key (of --resume-query)\n"
                        "option resume-query since={last}&api_key=\n"
                        "option reconnect\n"
                        "option retry-delay 0.1\n"
                        "option resume {\"op\":\"resume\",\"from\":{last}}\n"
                        "option 4\n"
                        "\ntest the recorded session\n");
    buf_clear(&out);
}

static struct capture c;
static struct transcribe *r;

static void begin(void)
{
    capture_open(&c);
    r = transcribe_new(&c.out);
    assert_non_null(r);
}

static void emit(struct event ev)
{
    capture_emit(transcribe_sink(r), &ev);
}

static void came(const char *text, uint64_t at_us)
{
    emit((struct event){.kind = EVENT_MESSAGE,
                        .at_us = at_us,
                        .message = {.type = OPCODE_TEXT,
                                    .data = slice_str(text),
                                    .final = true,
                                    .fragments = 1,
                                    .total = strlen(text)}});
}

static void opened(uint64_t at_us)
{
    emit((struct event){.kind = EVENT_OPEN, .at_us = at_us, .open = {.subprotocol = ""}});
}

static void closed(enum close_by by, uint16_t code, uint64_t at_us)
{
    emit((struct event){
        .kind = EVENT_CLOSE,
        .at_us = at_us,
        .close = {.by = by,
                  .how = code == CLOSE_ABNORMAL ? CLOSE_HOW_RST : CLOSE_HOW_CLOSE_FRAME,
                  .code = code,
                  .reason = slice_str(by == CLOSE_BY_PEER ? "bye" : "")}});
}

static void check_recorded(const char *want)
{
    transcribe_end(r);
    assert_string_equal(capture_take(&c), want);
    transcribe_sink(r)->free(transcribe_sink(r));
    capture_close(&c);
}

static void session_becomes_lines_and_expectations(void **state)
{
    const struct event subprotocol = {.kind = EVENT_OPEN, .open = {.subprotocol = "chat"}};
    const struct event pong = {.kind = EVENT_PONG, .control = {.matched = true}};
    const struct event unasked = {.kind = EVENT_PONG};
    const struct event binary = {
        .kind = EVENT_MESSAGE,
        .message = {
            .type = OPCODE_BINARY, .data = slice_make("\0\xff", 2), .final = true, .total = 2}};

    (void)state;
    begin();
    emit(subprotocol);
    transcribe_sent(r, OPCODE_TEXT, slice_str("{\"op\":\"hi\"}"), 1);
    came("{\"op\":\"hi\"}", 2);
    came("[1]", 3);
    transcribe_command(r, "send", "plain", 4);
    came("plain", 4 * SECOND + 4);
    transcribe_sent(r, OPCODE_BINARY, slice_make("\0\xff", 2), 5 * SECOND);
    emit(binary);
    transcribe_command(r, "ping", "", 5 * SECOND);
    emit(unasked);
    emit(pong);
    transcribe_command(r, "frame", "op=text rsv=4 text=\"x y\"", 5 * SECOND);
    closed(CLOSE_BY_LOCAL, 1002, 5 * SECOND);
    check_recorded("expect open subprotocol chat\n"
                   "send {\"op\":\"hi\"}\n"
                   "expect json {\"op\":\"hi\"}\n"
                   "expect text [1]\n"
                   "send plain\n"
                   "expect text plain within 13\n"
                   "binary 00ff\n"
                   "expect binary 00ff\n"
                   "ping\n"
                   "expect pong\n"
                   "frame op=text rsv=4 text=\"x y\"\n"
                   "close\n"
                   "expect close 1002\n");
}

static void closing_is_written_once_for_any_caller(void **state)
{
    (void)state;
    begin();
    opened(0);
    transcribe_command(r, "close", "1001 going home", 0);
    closed(CLOSE_BY_LOCAL, 1001, 0);
    check_recorded("expect open\nclose 1001 going home\nexpect close 1001\n");
    begin();
    opened(0);
    closed(CLOSE_BY_LOCAL, 1000, 0);
    check_recorded("expect open\nclose\nexpect close 1000\n");
    begin();
    opened(0);
    closed(CLOSE_BY_PEER, 1011, 0);
    check_recorded("expect open\nexpect close 1011 bye\n");
}

static void reconnecting_by_itself_is_one_expectation(void **state)
{
    const struct event retry = {.kind = EVENT_RETRY, .retry = {.will = true}};
    const struct event refused = {.kind = EVENT_RESPONSE, .response = {.status = 503}};
    const struct err e = {.stage = STAGE_CONNECT};
    const struct event failed = {.kind = EVENT_ERROR, .error = &e};

    (void)state;
    begin();
    opened(0);
    closed(CLOSE_BY_NETWORK, CLOSE_ABNORMAL, 0);
    emit(retry);
    emit(failed);
    emit(retry);
    emit(refused);
    emit(retry);
    opened(3 * SECOND);
    came("again", 3 * SECOND);
    closed(CLOSE_BY_NETWORK, CLOSE_ABNORMAL, 3 * SECOND);
    check_recorded("expect open\nexpect reconnect within 11\nexpect text again\n"
                   "expect close 1006\n");
}

static void another_connection_begins_after_the_end_of_the_first(void **state)
{
    (void)state;
    begin();
    opened(0);
    transcribe_command(r, "connect", "ws://u:p@other/", 0);
    closed(CLOSE_BY_LOCAL, 1000, 0);
    opened(0);
    transcribe_command(r, "reconnect", "", 0);
    closed(CLOSE_BY_LOCAL, 1000, 0);
    opened(0);
    check_recorded("expect open\nclose\nexpect close 1000\n"
                   "# left out: user and password (of the URL)\nconnect ws://other/\n"
                   "expect open\nreconnect\nexpect close 1000\nexpect open\n");
}

static void failed_attempts_are_expected(void **state)
{
    const struct event refused = {.kind = EVENT_RESPONSE, .response = {.status = 403}};
    const struct err e_upgrade = {.stage = STAGE_HANDSHAKE};
    const struct event upgrade = {.kind = EVENT_ERROR, .error = &e_upgrade};
    const struct err e = {.stage = STAGE_CONNECT};
    const struct event failed = {.kind = EVENT_ERROR, .error = &e};

    (void)state;
    begin();
    emit(refused);
    emit(upgrade);
    transcribe_command(r, "connect", "", 0);
    emit(failed);
    check_recorded("expect status 403\nconnect\nexpect error connect\n");
}

static void what_no_script_can_hold_is_digits_or_a_remark(void **state)
{
    char *large = calloc(1, RECORD_SCRIPT_TEXT + 2);
    const struct event parts = {.kind = EVENT_MESSAGE,
                                .message = {.type = OPCODE_TEXT,
                                            .data = slice_str("x"),
                                            .part = 2,
                                            .final = true,
                                            .total = 2000000}};
    const struct event fragments = {
        .kind = EVENT_MESSAGE,
        .message = {.type = OPCODE_TEXT, .data = slice_str("\x1b"), .final = true, .fragments = 2}};

    (void)state;
    assert_non_null(large);
    memset(large, 'x', RECORD_SCRIPT_TEXT + 1);
    begin();
    transcribe_sent(r, OPCODE_TEXT, slice_str("a\r\nb"), 0);
    came("a\r\nb", 0);
    emit(fragments);
    emit(parts);
    came(large, 0);
    transcribe_sent(r, OPCODE_BINARY, slice_make(large, RECORD_SCRIPT_BINARY + 1), 0);
    transcribe_command(r, "fragment", "2 a\x1b[2J", 0);
    check_recorded(
        "frame op=text hex=610d0a62\n"
        "expect frame op=text hex=610d0a62\n"
        "# not recorded: a text of 1 bytes, because a script cannot contain it\n"
        "# not recorded: a text of 2000000 bytes, because it is long\n"
        "# not recorded: a text of 65537 bytes, because it is long\n"
        "# not recorded: a binary message that was sent of 16385 bytes, because it is long\n"
        "# not recorded: fragment\n");
    free(large);
}

static void run_whole(const char *url)
{
    static const char *const options[] = {"--proxy=http://u:p@h/", "--header=A: b",
                                          "--resume-query=a=b"};

    r = transcribe_new(&c.out);
    if (!r)
        return;
    transcribe_begin(r, url, options, 3, BEGAN);
    opened(0);
    transcribe_sent(r, OPCODE_TEXT, slice_str("a\nb"), 0);
    came("{}", 0);
    transcribe_command(r, "connect", "ws://x/?token=1", 0);
    closed(CLOSE_BY_LOCAL, 1000, 0);
    transcribe_end(r);
    transcribe_sink(r)->free(transcribe_sink(r));
}

static void want_of_memory_is_an_error_of_the_file(void **state)
{
    char *want;

    (void)state;
    capture_open(&c);
    run_whole("ws://h/?key=1");
    want = strdup(capture_take(&c));
    capture_close(&c);
    for (unsigned long n = 1;; n++) {
        bool struck;

        capture_open(&c);
        alloc_fail_at(n);
        run_whole("ws://h/?key=1");
        struck = alloc_struck();
        if (r && !c.out.error)
            assert_string_equal(capture_take(&c), want);
        capture_close(&c);
        if (!struck)
            break;
    }
    free(want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_is_read_as_it_was_meant),
        cmocka_unit_test(line_does_not_hold_what_no_script_can),
        cmocka_unit_test(line_has_its_time_limit_before_a_here_text),
        cmocka_unit_test(head_leaves_secrets_out_and_names_them),
        cmocka_unit_test(session_becomes_lines_and_expectations),
        cmocka_unit_test(closing_is_written_once_for_any_caller),
        cmocka_unit_test(reconnecting_by_itself_is_one_expectation),
        cmocka_unit_test(another_connection_begins_after_the_end_of_the_first),
        cmocka_unit_test(failed_attempts_are_expected),
        cmocka_unit_test(what_no_script_can_hold_is_digits_or_a_remark),
        cmocka_unit_test(want_of_memory_is_an_error_of_the_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

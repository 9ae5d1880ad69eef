#include "sink_human.h"

static struct event frame(uint8_t opcode, const void *payload, size_t n)
{
    struct event ev = make(EVENT_FRAME);

    ev.frame = (struct event_frame){.opcode = opcode,
                                    .fin = true,
                                    .length = n,
                                    .wire = n + 2,
                                    .wire_length = n,
                                    .payload = slice_make(payload, n)};
    return ev;
}

static void human_shows_frames_from_vv_on(void **state)
{
    struct event ev = frame(1, "Hello", 5);

    (void)state;
    check_from(2, &ev, "← text   FIN      no mask        5 bytes, wire 7  Hello\n");
    ev.dir = DIR_OUT;
    ev.frame.masked = true;
    memcpy(ev.frame.key, "\x37\xfa\x21\x3d", 4);
    ev.frame.wire = 11;
    check(LEVEL(2), &ev, "→ text   FIN      mask 37fa213d  5 bytes, wire 11  Hello\n");
    check((struct view_config){.level = 2}, &ev,
          "> text   FIN      mask 37fa213d  5 bytes, wire 11  Hello\n");
}

static void human_frame_shows_every_bit(void **state)
{
    struct event ev = frame(0, "", 0);

    (void)state;
    ev.frame.fin = false;
    ev.frame.rsv = 5;
    check(LEVEL(2), &ev, "← cont   --- RSV13 no mask        0 bytes, wire 2\n");
    ev = frame(11, "x", 1);
    ev.frame.rsv = 4;
    ev.frame.length = 1;
    ev.frame.wire_length = 3;
    ev.frame.wire = 5;
    check(LEVEL(2), &ev, "← op 11  FIN RSV1 no mask        1 byte, compressed 3, wire 5  x\n");
}

static void human_frame_decodes_a_close(void **state)
{
    struct event ev = frame(8,
                            "\x03\xE8"
                            "bye\x1B",
                            6);

    (void)state;
    check(LEVEL(2), &ev,
          "← close  FIN      no mask        6 bytes, wire 8  1000 normal closure \"bye\\e\"\n");
}

static void human_frame_dumps_binary_and_reports_the_cut(void **state)
{
    struct event ev = frame(2, "\0\1\2abc", 6);

    (void)state;
    ev.frame.length = 5006;
    ev.frame.wire_length = 5006;
    ev.frame.wire = 5010;
    ev.frame.cut = true;
    check(LEVEL(2), &ev,
          "← binary FIN      no mask        5006 bytes, wire 5010\n"
          "  00000000  00 01 02 61 62 63                                 |...abc|\n"
          "  … 4.9 KiB more, not shown\n");
}

static void human_frame_puts_long_text_below(void **state)
{
    const char *text = "0123456789012345678901234567890123456789012345678901234567890123456789";
    struct event ev = frame(1, text, 70);

    (void)state;
    check(LEVEL(2), &ev,
          "← text   FIN      no mask        70 bytes, wire 72\n"
          "  0123456789012345678901234567890123456789012345678901234567890123456789\n");
}

static void human_dumps_raw_bytes_at_vvv(void **state)
{
    struct event ev = make(EVENT_BYTES);

    (void)state;
    ev.bytes = (struct event_bytes){4096, slice_str("\x81\x02hi")};
    check_from(3, &ev,
               "← 4 bytes from byte 4096 of the stream\n"
               "  00001000  81 02 68 69                                       |..hi|\n");
}

static void human_pings_shows_ping_and_pong_alone(void **state)
{
    struct event ev = make(EVENT_PING);
    struct view_config config = {.utf8 = true, .pings = true};

    (void)state;
    ev.dir = DIR_OUT;
    ev.control.data = slice_str("a\x1B");
    check(DEFAULT, &ev, "");
    check(config, &ev, "→ ping \"a\\e\"\n");
    ev.kind = EVENT_PONG;
    ev.dir = DIR_IN;
    check(config, &ev, "← pong \"a\\e\" · unsolicited\n");
    ev.control =
        (struct event_control){.data = slice_make(NULL, 0), .matched = true, .rtt_us = 1300};
    check(config, &ev, "← pong · round trip 1.3 ms\n");
}

static void human_pings_are_not_shown_twice_among_frames(void **state)
{
    struct event ev = make(EVENT_PONG);
    struct view_config config = {.utf8 = true, .pings = true, .level = 2};

    (void)state;
    ev.control = (struct event_control){.data = slice_str("x"), .matched = true, .rtt_us = 1300};
    check(config, &ev, "· round trip 1.3 ms\n");
    ev.kind = EVENT_PING;
    check(config, &ev, "");
}

static void human_shows_messages_only_if_asked(void **state)
{
    struct event ev = message(OPCODE_TEXT, "{\"a\":1}", 7);

    (void)state;
    check(LEVEL(3), &ev, "");
    check(repl(80), &ev, "← {\"a\":1}\n");
    check(repl(9), &ev, "← {\"a\":1}\n");
    check(repl(8), &ev, "← {\n    \"a\": 1\n  }\n");
    ev.dir = DIR_OUT;
    check(repl(80), &ev, "→ {\"a\":1}\n");
}

static void human_disarms_messages(void **state)
{
    struct event ev = message(OPCODE_TEXT, "\x1B]52;c;eA==\x07\xC2\x9B\xE2\x80\xAE\x7F", 18);

    (void)state;
    check(repl(80), &ev, "← \\e]52;c;eA==\\x07\\u{009B}\\u{202E}\\x7f\n");
}

/* No line of a message can pass for one of the view's own. */
static void human_indents_the_lines_of_a_message(void **state)
{
    struct event ev = message(OPCODE_TEXT, "one\r\n● opened\n", 16);

    (void)state;
    check(repl(80), &ev, "← one\\r\n  ● opened\\n\n");
    ev = message(OPCODE_TEXT, "", 0);
    check(repl(80), &ev, "← (empty)\n");
}

static void human_dumps_binary_messages(void **state)
{
    struct event ev = message(OPCODE_BINARY, "\1Hi", 3);

    (void)state;
    check(repl(80), &ev,
          "← binary, 3 bytes\n"
          "  00000000  01 48 69                                          |.Hi|\n");
    check(repl(60), &ev,
          "← binary, 3 bytes\n"
          "  00000000  01 48 69                 |.Hi|\n");
}

static void human_flags_and_shortens_parts(void **state)
{
    char data[1100];
    char want[1200];
    struct event ev;

    (void)state;
    memset(data, 'a', sizeof data);
    ev = message(OPCODE_TEXT, data, sizeof data);
    ev.message.part = 3;
    ev.message.final = false;
    ev.message.total = 3 << 20;
    snprintf(want, sizeof want,
             "← part 3, 1.1 KiB of 3.0 MiB so far\n  %.1024s\n  … 76 bytes more, not shown\n",
             data);
    check(repl(80), &ev, want);
    ev.message.data = slice_str("end");
    ev.message.final = true;
    check(repl(80), &ev, "← part 3 (last), 3 bytes of 3.0 MiB\n  end\n");
}

static void human_sse_messages_have_name_and_id(void **state)
{
    struct event ev = message(OPCODE_TEXT, "x", 1);

    (void)state;
    ev.channel = CHANNEL_SSE;
    ev.message.sse_name = "tick";
    ev.message.sse_id = "7";
    check(repl(80), &ev, "← [sse] tick id 7 x\n");
}

/* Plain lines are copied to the output at once; what is between them is composed, and a write is
 * due now and then: neither may change the order or a byte. */
static void human_shows_a_flood_in_order(void **state)
{
    static const struct {
        const char *data, *shown;
    } samples[] = {
        {"a tick of the price of something", "a tick of the price of something"},
        {"short", "short"},
        {"a line with a control at its end\x1B", "a line with a control at its end\\e"},
        {"caf\xC3\xA9", "caf\xC3\xA9"},
        {"two\nlines", "two\n  lines"},
        {"", "(empty)"},
    };
    const struct view_config config = {.utf8 = true, .messages = true};
    struct capture c;
    struct sink *sink;
    const char *at;
    char want[128];

    (void)state;
    capture_open(&c);
    sink = human_new(&c.out, &config);
    for (int i = 0; i < 20000; i++) {
        const char *data = samples[i * 7 % 6].data;
        struct event ev = message(OPCODE_TEXT, data, strlen(data));

        ev.dir = i % 5 == 0 ? DIR_OUT : DIR_IN;
        sink->event(sink, &ev);
    }
    at = capture_take(&c);
    for (int i = 0; i < 20000; i++) {
        int n = snprintf(want, sizeof want, "%s %s\n", i % 5 == 0 ? "→" : "←",
                         samples[i * 7 % 6].shown);

        if (strncmp(at, want, (size_t)n) != 0)
            fail_msg("line %d is not %s", i, want);
        at += n;
    }
    assert_string_equal(at, "");
    sink->free(sink);
    capture_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(human_shows_frames_from_vv_on),
        cmocka_unit_test(human_frame_shows_every_bit),
        cmocka_unit_test(human_frame_decodes_a_close),
        cmocka_unit_test(human_frame_dumps_binary_and_reports_the_cut),
        cmocka_unit_test(human_frame_puts_long_text_below),
        cmocka_unit_test(human_dumps_raw_bytes_at_vvv),
        cmocka_unit_test(human_pings_shows_ping_and_pong_alone),
        cmocka_unit_test(human_pings_are_not_shown_twice_among_frames),
        cmocka_unit_test(human_shows_messages_only_if_asked),
        cmocka_unit_test(human_disarms_messages),
        cmocka_unit_test(human_shows_a_flood_in_order),
        cmocka_unit_test(human_indents_the_lines_of_a_message),
        cmocka_unit_test(human_dumps_binary_messages),
        cmocka_unit_test(human_flags_and_shortens_parts),
        cmocka_unit_test(human_sse_messages_have_name_and_id),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

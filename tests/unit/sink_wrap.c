/* sink/wrap and human_fold: lines for the width of the terminal, and not too many. */
#include "sink_human.h"

#include <stdio.h>

#include "sink/hexdump.h"
#include "sink/wrap.h"

static void check_wrap(int columns, const char *text, const char *want)
{
    struct buf out;

    buf_init(&out, 1 << 16);
    assert_int_equal(wrap_text(&out, slice_str(text), columns), 0);
    assert_int_equal(buf_append(&out, "", 1), 0);
    assert_string_equal((const char *)buf_data(&out), want);
    buf_clear(&out);
}

static void lines_break_at_blanks_and_continue_indented(void **state)
{
    (void)state;
    check_wrap(12, "one two three four\n", "one two\n  three four\n");
    check_wrap(12, "  one two three\n", "  one two\n    three\n");
    check_wrap(7, "abcdefg hi\n", "abcdefg\n  hi\n");
    check_wrap(40, "short\n\nlines\n", "short\n\nlines\n");
}

static void a_word_that_is_longer_than_a_line_is_not_broken(void **state)
{
    (void)state;
    check_wrap(10, "a abcdefghijklmnop b\n", "a abcdefghijklmnop b\n");
}

static void colours_take_no_columns_and_wide_characters_two(void **state)
{
    (void)state;
    check_wrap(9, "\x1b[31mone two\x1b[0m x\n", "\x1b[31mone two\x1b[0m x\n");
    check_wrap(8, "漢字 漢字\n", "漢字\n  漢字\n");
    assert_int_equal(wrap_width(slice_str("\x1b[31m漢字\x1b[0m")), 4);
}

static struct event text_message(const char *text)
{
    struct event ev = make(EVENT_MESSAGE);

    ev.message =
        (struct event_message){.type = OPCODE_TEXT, .data = slice_str(text), .final = true};
    return ev;
}

static void messages_are_folded_with_the_number_of_lines_left_out(void **state)
{
    struct view_config config = {.utf8 = true, .messages = true, .fold = 3};
    struct event ev = text_message("1\n2\n3\n4\n5");

    (void)state;
    check(config, &ev, "← 1\n  2\n  3\n  … 2 more lines: /last\n");
    config.fold = 4; /* one more is not worth a line that says so */
    check(config, &ev, "← 1\n  2\n  3\n  4\n  5\n");
    config.fold = 0;
    check(config, &ev, "← 1\n  2\n  3\n  4\n  5\n");
}

static void one_long_line_is_folded_by_its_bytes(void **state)
{
    struct view_config config = {.utf8 = true, .messages = true, .fold = 2};
    struct capture c;
    struct sink *sink;
    char text[5001];
    struct event ev;

    (void)state;
    memset(text, 'x', 5000);
    text[5000] = '\0';
    ev = text_message(text);
    capture_open(&c);
    sink = human_new(&c.out, &config);
    capture_emit(sink, &ev);
    assert_non_null(strstr(capture_take(&c), "xxx\n  … 4.1 KiB more: /last\n"));
    sink->free(sink);
    capture_close(&c);
}

static void a_dump_fits_40_columns(void **state)
{
    struct buf out;

    (void)state;
    assert_int_equal(hexdump_per_line(40, 2), 4);
    assert_int_equal(hexdump_per_line(79, 2), 8);
    assert_int_equal(hexdump_per_line(80, 2), 16);
    buf_init(&out, 4096);
    assert_int_equal(hexdump(&out, slice_str("hello!"), 0, 2, 4), 0);
    assert_true(slice_is(buf_slice(&out), "  00000000  68 65 6c 6c  |hell|\n"
                                          "  00000004  6f 21        |o!|\n"));
    buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_break_at_blanks_and_continue_indented),
        cmocka_unit_test(a_word_that_is_longer_than_a_line_is_not_broken),
        cmocka_unit_test(colours_take_no_columns_and_wide_characters_two),
        cmocka_unit_test(messages_are_folded_with_the_number_of_lines_left_out),
        cmocka_unit_test(one_long_line_is_folded_by_its_bytes),
        cmocka_unit_test(a_dump_fits_40_columns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

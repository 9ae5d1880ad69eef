#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "alloc.h"
#include "sink/elide.h"
#include "sink_human.h"

/* 24 characters, of 18 bytes. */
#define B24 "SGVsbG8gd29ybGQhIEFnYWlu"
#define M18 "‹base64, 18 bytes›"

static void check_elided(const char *text, const char *want)
{
    struct buf out;

    buf_init(&out, 1 << 20);
    assert_int_equal(buf_append_str(&out, "x"), 0);
    assert_int_equal(elide_json(&out, slice_str(text), 20, true), 1);
    assert_int_equal(buf_append(&out, "", 1), 0);
    assert_string_equal((const char *)buf_data(&out) + 1, want);
    buf_clear(&out);
}

static void check_kept(const char *text, uint64_t longest)
{
    struct buf out;

    buf_init(&out, 1 << 20);
    assert_int_equal(elide_json(&out, slice_str(text), longest, true), 0);
    assert_int_equal(out.len, 0);
    buf_clear(&out);
}

static void elide_shortens_strings_of_base64(void **state)
{
    (void)state;
    check_elided("\"" B24 "\"", "\"" M18 "\"");
    check_elided("{\"a\":\"" B24 "\",\"b\":1}", "{\"a\":\"" M18 "\",\"b\":1}");
    check_elided(" [ {\"a\" : [\"" B24 "\" , \"x\", \"" B24 "\"]} ] ",
                 " [ {\"a\" : [\"" M18 "\" , \"x\", \"" M18 "\"]} ] ");
}

static void elide_reckons_the_size_with_and_without_padding(void **state)
{
    (void)state;
    check_elided("[\"" B24 "QQ==\"]", "[\"‹base64, 19 bytes›\"]");
    check_elided("[\"" B24 "QQ\"]", "[\"‹base64, 19 bytes›\"]");
    check_elided("[\"" B24 "QUI=\"]", "[\"‹base64, 20 bytes›\"]");
    check_elided("[\"" B24 "QUI\"]", "[\"‹base64, 20 bytes›\"]");
    check_kept("[\"" B24 "Q\"]", 20);
    check_kept("[\"" B24 "QQ=\"]", 20);
    check_kept("[\"" B24 "Q===\"]", 20);
    check_kept("[\"" B24 "QQ==QUJD\"]", 20);
}

static void elide_knows_both_alphabets_and_their_escapes(void **state)
{
    (void)state;
    check_elided("[\"" B24 "+/+/\"]", "[\"‹base64, 21 bytes›\"]");
    check_elided("[\"" B24 "-_-_\"]", "[\"‹base64, 21 bytes›\"]");
    check_elided("[\"" B24 "+\\/\\u002B\\u002f\"]", "[\"‹base64, 21 bytes›\"]");
    check_elided("[\"" B24 "QQ\\u003d\\u003D\"]", "[\"‹base64, 19 bytes›\"]");
    check_kept("[\"" B24 "+/-_\"]", 20);
    check_kept("[\"" B24 "\\n" B24 "\"]", 20);
    check_kept("[\"" B24 "\\u0100abc\"]", 20);
    check_kept("[\"" B24 "\\\\abc\"]", 20);
    check_kept("[\"" B24 "\xC3\xA9gh\"]", 20);
}

static void elide_keeps_the_prefix_of_a_data_url(void **state)
{
    (void)state;
    check_elided("{\"i\":\"data:image/png;base64," B24 "\"}",
                 "{\"i\":\"data:image/png;base64," M18 "\"}");
    check_elided("[\"data:image\\/png;base64," B24 "\"]", "[\"data:image\\/png;base64," M18 "\"]");
    check_elided("[\"data:;base64,aaaaaaaaaaaaaaaaaaaaaaaa\"]", "[\"data:;base64," M18 "\"]");
    check_kept("[\"data:text/plain," B24 "\"]", 20);
    check_kept("[\"data:base64," B24 "\"]", 20);
    check_kept("[\"data:image/png;base64,\"]", 20);
    check_kept("[\"data:image/png;base64,SGVs\"]", 20);
}

static void elide_leaves_what_is_not_base64(void **state)
{
    (void)state;
    check_kept("{\"" B24 "\":1}", 20);
    check_kept("[\"Words with blanks are no base64 at all\"]", 20);
    check_kept("[\"0123456789abcdef0123456789abcdef\"]", 20);
    check_kept("[\"0123456789ABCDEF0123456789ABCDEF\"]", 20);
    check_kept("[\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"]", 20);
    check_kept("[\"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc\"]", 20);
    check_kept("[\"https://example.com/A/long/path/of/things\"]", 20);
    check_kept(B24 B24, 20);
    check_kept("[\"" B24 "\"", 20);
    check_kept("[\"" B24 "\"] x", 20);
    check_kept("", 20);
}

static void elide_counts_characters(void **state)
{
    (void)state;
    check_kept("[\"" B24 "\"]", 24);
    check_kept("[\"" B24 "\\/\\/\\/\\/\"]", 28);
    check_kept("[\"" B24 "\"]", 0);
    check_kept("[\"" B24 "\"]", UINT64_MAX);
    check_kept("[\"SGVsbG8h\"]", 1); /* the marker is longer */
}

static void elide_marks_in_ascii_and_in_larger_units(void **state)
{
    char text[22000];
    struct buf out;

    (void)state;
    text[0] = '"';
    for (size_t i = 1; i < 21849; i++)
        text[i] = "QUJD"[(i - 1) % 4];
    text[21849] = '"';
    buf_init(&out, 1 << 20);
    assert_int_equal(elide_json(&out, slice_make(text, 21850), 256, false), 1);
    assert_true(slice_is(buf_slice(&out), "\"<base64, 16.0 KiB>\""));
    buf_clear(&out);
}

static void elide_leaves_out_unchanged_without_memory(void **state)
{
    struct buf out;

    (void)state;
    for (size_t max = 1; max < 24; max++) {
        buf_init(&out, max);
        assert_int_equal(buf_append_str(&out, "x"), 0);
        assert_int_equal(elide_json(&out, slice_str("[\"" B24 "\"]"), 20, true), -1);
        assert_int_equal(out.len, 1);
        buf_clear(&out);
    }
}

static void elide_is_for_views_that_ask_for_it(void **state)
{
    struct event ev = make(EVENT_MESSAGE);
    struct view_config config = {.utf8 = true, .messages = true, .elide = 20};

    (void)state;
    ev.dir = DIR_IN;
    ev.message.type = OPCODE_TEXT;
    ev.message.final = true;
    ev.message.data = slice_str("{\"a\":\"" B24 "\"}");
    check(config, &ev, "← {\"a\":\"" M18 "\"}\n");
    config.pretty = true;
    check(config, &ev, "← {\"a\":\"" M18 "\"}\n");
    config.pretty = config.utf8 = false;
    check(config, &ev, "< {\"a\":\"<base64, 18 bytes>\"}\n");
    config.elide = 0;
    check(config, &ev, "< {\"a\":\"" B24 "\"}\n");
    ev.message.part = 1;
    config.elide = 20;
    ev.message.total = ev.message.data.len;
    check(config, &ev, "< part 1 (last), 32 bytes of 32 bytes\n  {\"a\":\"" B24 "\"}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elide_shortens_strings_of_base64),
        cmocka_unit_test(elide_reckons_the_size_with_and_without_padding),
        cmocka_unit_test(elide_knows_both_alphabets_and_their_escapes),
        cmocka_unit_test(elide_keeps_the_prefix_of_a_data_url),
        cmocka_unit_test(elide_leaves_what_is_not_base64),
        cmocka_unit_test(elide_counts_characters),
        cmocka_unit_test(elide_marks_in_ascii_and_in_larger_units),
        cmocka_unit_test(elide_leaves_out_unchanged_without_memory),
        cmocka_unit_test(elide_is_for_views_that_ask_for_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

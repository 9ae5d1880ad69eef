#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "alloc.h"
#include "base/utf8.h"
#include "sink/term_safe.h"

static void check_bytes(const void *bytes, size_t n, int flags, const char *want)
{
    struct buf out;

    buf_init(&out, 1 << 20);
    assert_int_equal(term_safe(&out, slice_make(bytes, n), flags), 0);
    assert_int_equal(out.len, strlen(want));
    assert_memory_equal(out.len ? (const char *)buf_data(&out) : "", want, out.len);
    buf_clear(&out);
}

#define CHECK(literal, flags, want) check_bytes(literal, sizeof(literal) - 1, flags, want)

static void term_safe_leaves_plain_text_as_it_is(void **state)
{
    (void)state;
    CHECK("", 0, "");
    CHECK("plain text, longer than eight bytes ~}|{`^_]\\[", 0,
          "plain text, longer than eight bytes ~}|{`^_]\\[");
    CHECK("Gr\xC3\xBC\xC3\x9F"
          "e \xE2\x82\xAC \xE6\xB1\x89 \xF0\x9F\x98\x80",
          0,
          "Gr\xC3\xBC\xC3\x9F"
          "e \xE2\x82\xAC \xE6\xB1\x89 \xF0\x9F\x98\x80");
}

static void term_safe_keeps_a_backslash_and_a_tab(void **state)
{
    (void)state;
    CHECK("C:\\new\tx", 0, "C:\\new\tx");
}

static void term_safe_escapes_each_c0_control_and_del(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 0x20; c++) {
        const uint8_t byte = (uint8_t)c;
        char hex[8];
        const char *want = hex;

        if (c == '\t')
            continue;
        snprintf(hex, sizeof hex, "\\x%02x", c);
        if (c == 0)
            want = "\\0";
        else if (c == '\n')
            want = "\\n";
        else if (c == '\r')
            want = "\\r";
        else if (c == 0x1B)
            want = "\\e";
        check_bytes(&byte, 1, 0, want);
    }
    CHECK("\x7F", 0, "\\x7f");
}

/* Word-wise scanning must see a bad byte at every offset of a word. */
static void term_safe_finds_a_control_at_every_offset(void **state)
{
    (void)state;
    for (size_t at = 0; at < 40; at++) {
        static const char *const bad[] = {"\x1B", "\x7F", "\x80", "\xFF", "\x1F"};
        static const char *const shown[] = {"\\e", "\\x7f", "\\x80", "\\xff", "\\x1f"};

        for (size_t k = 0; k < 5; k++) {
            char in[41], want[64];

            memset(in, '~', sizeof in);
            in[at] = bad[k][0];
            memset(want, '~', sizeof want);
            memcpy(want + at, shown[k], strlen(shown[k]));
            want[40 + strlen(shown[k])] = '\0';
            check_bytes(in, sizeof in, 0, want);
        }
    }
}

static void term_safe_keeps_newlines_only_if_asked(void **state)
{
    (void)state;
    CHECK("a\r\nb", 0, "a\\r\\nb");
    CHECK("a\r\nb", TERM_SAFE_NEWLINES, "a\\r\nb");
}

static void term_safe_disarms_osc_52(void **state)
{
    (void)state;
    CHECK("\x1B]52;c;cm0gLXJmIC8=\x07", 0, "\\e]52;c;cm0gLXJmIC8=\\x07");
}

static void term_safe_disarms_csi(void **state)
{
    (void)state;
    CHECK("\x1B[2J\x1B[1;1H", 0, "\\e[2J\\e[1;1H");
}

static void term_safe_disarms_c1_as_raw_bytes(void **state)
{
    (void)state;
    CHECK("\x9B"
          "2J\x9D"
          "0;t\x9C",
          0, "\\x9b2J\\x9d0;t\\x9c");
}

static void term_safe_disarms_c1_as_utf8(void **state)
{
    (void)state;
    CHECK("\xC2\x9B"
          "2J\xC2\x85",
          0, "\\u{009B}2J\\u{0085}");
    CHECK("\xC2\xA0", 0, "\xC2\xA0");
}

static void term_safe_disarms_bidi_controls(void **state)
{
    (void)state;
    CHECK("\xE2\x80\xAE"
          "evil",
          0, "\\u{202E}evil");
    CHECK("\xE2\x81\xA6\xE2\x81\xA9", 0, "\\u{2066}\\u{2069}");
    CHECK("\xE2\x80\x8E\xE2\x80\x8F\xD8\x9C", 0, "\\u{200E}\\u{200F}\\u{061C}");
}

static void term_safe_shows_line_separators_and_hidden_characters(void **state)
{
    (void)state;
    CHECK("\xE2\x80\xA8\xE2\x80\xA9", 0, "\\u{2028}\\u{2029}");
    CHECK("a\xE2\x80\x8B"
          "b\xEF\xBB\xBF",
          0, "a\\u{200B}b\\u{FEFF}");
    CHECK("\xF3\xA0\x81\x81", 0, "\\u{E0041}");
}

static void term_safe_keeps_joiners_that_emoji_and_scripts_need(void **state)
{
    (void)state;
    CHECK("\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x94\xAC", 0,
          "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x94\xAC");
}

static void term_safe_shows_invalid_utf8_byte_by_byte(void **state)
{
    (void)state;
    CHECK("a\xC3", 0, "a\\xc3");
    CHECK("\xE2\x82z", 0, "\\xe2\\x82z");
    CHECK("\xC0\xAF", 0, "\\xc0\\xaf");
    CHECK("\xED\xA0\x80", 0, "\\xed\\xa0\\x80");
    CHECK("\xF4\x90\x80\x80", 0, "\\xf4\\x90\\x80\\x80");
}

static void term_safe_escapes_all_beyond_ascii_if_asked(void **state)
{
    (void)state;
    CHECK("\xC3\xBC\xF0\x9F\x98\x80", TERM_SAFE_ASCII, "\\u{00FC}\\u{1F600}");
}

static void term_safe_output_stays_as_it_is_the_second_time(void **state)
{
    struct buf once, twice;

    (void)state;
    buf_init(&once, 1 << 20);
    buf_init(&twice, 1 << 20);
    for (unsigned code = 0; code < 0x10000; code++) {
        const uint8_t bytes[2] = {(uint8_t)(code >> 8), (uint8_t)code};

        buf_reset(&once);
        buf_reset(&twice);
        assert_int_equal(term_safe(&once, slice_make(bytes, 2), 0), 0);
        assert_int_equal(term_safe(&twice, buf_slice(&once), 0), 0);
        assert_true(slice_equal(buf_slice(&once), buf_slice(&twice)));
        assert_true(utf8_valid(buf_data(&once), once.len));
    }
    buf_clear(&once);
    buf_clear(&twice);
}

static void term_safe_reports_memory_and_keeps_what_fitted(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 6);
    assert_int_equal(term_safe(&out, slice_str("abcd\x1B\x1B"), 0), -1);
    assert_int_equal(out.len, 6);
    buf_clear(&out);
    ALLOC_EACH({
        struct buf b;

        buf_init(&b, 1 << 16);
        (void)term_safe(&b, slice_str("text \x1B with \xC2\x9B escapes"), 0);
        buf_clear(&b);
    });
}

static void term_hidden_knows_the_edges_of_its_ranges(void **state)
{
    (void)state;
    assert_false(term_hidden(0x7E));
    assert_true(term_hidden(0x80));
    assert_true(term_hidden(0x9F));
    assert_false(term_hidden(0xA0));
    assert_true(term_hidden(0x202A));
    assert_false(term_hidden(0x202F));
    assert_true(term_hidden(0xE0001));
    assert_false(term_hidden(0x1F600));
    assert_false(term_hidden(0x10FFFF));
}

static void term_width_counts_columns(void **state)
{
    (void)state;
    assert_int_equal(term_width(slice_make(NULL, 0)), 0);
    assert_int_equal(term_width(slice_str("hello")), 5);
    assert_int_equal(term_width(slice_str("a\tb")), 9);
    assert_int_equal(term_width(slice_str("\xE6\xB1\x89\xE5\xAD\x97")), 4);
    assert_int_equal(term_width(slice_str("e\xCC\x81")), 1);
    assert_int_equal(term_width(slice_str("\xF0\x9F\x98\x80")), 2);
    assert_int_equal(term_width(slice_str("\xE2\x86\x92 \xC2\xB7")), 3);
}

static void term_is_plain_judges_every_byte_at_every_place(void **state)
{
    uint8_t text[70];

    (void)state;
    memset(text, 'a', sizeof text);
    for (size_t n = 1; n <= sizeof text; n++) {
        for (size_t at = 0; at < n; at++) {
            for (unsigned byte = 0; byte < 256; byte++) {
                text[at] = (uint8_t)byte;
                if (term_is_plain(slice_make(text, n)) != (byte >= 0x20 && byte < 0x7F))
                    fail_msg("0x%02X at %zu of %zu", byte, at, n);
            }
            text[at] = 'a';
        }
    }
    assert_true(term_is_plain(slice_make(NULL, 0)));
}

/* The byte after the copy is nobody's. */
static void check_copy(const uint8_t *text, size_t n)
{
    uint8_t copy[201];
    struct slice from = slice_make(text, n);

    memset(copy, '#', sizeof copy);
    if (term_copy_plain(copy, from) != term_is_plain(from))
        fail_msg("%zu bytes are judged otherwise when they are copied", n);
    assert_memory_equal(copy, text, n);
    assert_int_equal(copy[n], '#');
}

static void term_copy_plain_copies_and_judges_alike(void **state)
{
    static const uint8_t edges[] = {0x00, 0x1F, 0x20, 0x7E, 0x7F, 0x80, 0x9F, 0xFF};
    uint8_t text[200];

    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)(0x20 + i % 95);
    for (size_t n = 0; n <= sizeof text; n++) {
        check_copy(text, n);
        for (size_t at = 0; at < n; at++) {
            uint8_t was = text[at];

            for (size_t i = 0; i < sizeof edges; i++) {
                text[at] = edges[i];
                check_copy(text, n);
            }
            text[at] = was;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(term_safe_leaves_plain_text_as_it_is),
        cmocka_unit_test(term_safe_keeps_a_backslash_and_a_tab),
        cmocka_unit_test(term_safe_escapes_each_c0_control_and_del),
        cmocka_unit_test(term_safe_finds_a_control_at_every_offset),
        cmocka_unit_test(term_safe_keeps_newlines_only_if_asked),
        cmocka_unit_test(term_safe_disarms_osc_52),
        cmocka_unit_test(term_safe_disarms_csi),
        cmocka_unit_test(term_safe_disarms_c1_as_raw_bytes),
        cmocka_unit_test(term_safe_disarms_c1_as_utf8),
        cmocka_unit_test(term_safe_disarms_bidi_controls),
        cmocka_unit_test(term_safe_shows_line_separators_and_hidden_characters),
        cmocka_unit_test(term_safe_keeps_joiners_that_emoji_and_scripts_need),
        cmocka_unit_test(term_safe_shows_invalid_utf8_byte_by_byte),
        cmocka_unit_test(term_safe_escapes_all_beyond_ascii_if_asked),
        cmocka_unit_test(term_safe_output_stays_as_it_is_the_second_time),
        cmocka_unit_test(term_safe_reports_memory_and_keeps_what_fitted),
        cmocka_unit_test(term_hidden_knows_the_edges_of_its_ranges),
        cmocka_unit_test(term_width_counts_columns),
        cmocka_unit_test(term_is_plain_judges_every_byte_at_every_place),
        cmocka_unit_test(term_copy_plain_copies_and_judges_alike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

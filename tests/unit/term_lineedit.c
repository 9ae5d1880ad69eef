/* The parts of line editing that need no terminal: rows, text, thinning. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "alloc.h"
#include "term/layout.h"
#include "term/thin.h"
#include "term/wide.h"

/* C libraries may come without the locale, as those of other architectures do. */
static void need_utf8(void)
{
    if (MB_CUR_MAX == 1)
        skip();
}

static void expect(int columns, const wchar_t *text, int row, int column)
{
    struct layout whole = {0, 0}, single = {0, 0};
    size_t n = wcslen(text);

    layout_put(&whole, columns, text, n);
    assert_int_equal(whole.row, row);
    assert_int_equal(whole.column, column);
    for (size_t i = 0; i < n; i++)
        layout_put(&single, columns, text + i, 1);
    assert_int_equal(single.row, row);
    assert_int_equal(single.column, column);
}

static void layout_wraps_at_the_last_column(void **state)
{
    (void)state;
    expect(10, L"", 0, 0);
    expect(10, L"123456789", 0, 9);
    expect(10, L"1234567890", 1, 0);
    expect(10, L"12345678901", 1, 1);
    expect(40, L"wss://host/> 0123456789012345678901234567890", 1, 4);
}

static void layout_moves_wide_characters_whole(void **state)
{
    (void)state;
    need_utf8();
    expect(10, L"12345678\u6F22", 1, 0);
    expect(10, L"123456789\u6F22", 1, 2);
    expect(10, L"\u6F22\u6F22\u6F22\u6F22\u6F22", 1, 0);
    expect(10, L"123456789\U0001F600", 1, 2);
    expect(1, L"\u6F22\u6F22", 2, 0);
}

static void layout_gives_no_column_to_combining_marks(void **state)
{
    (void)state;
    need_utf8();
    expect(10, L"a\u0301b", 0, 2);
}

static void layout_shows_controls_with_a_caret(void **state)
{
    (void)state;
    need_utf8();
    expect(10, L"a\x01", 0, 3);
    expect(10, L"123456789\x7F", 1, 1);
    expect(10, L"\x85", 0, 2);
}

static void layout_spells_out_what_can_not_be_printed(void **state)
{
    (void)state;
    expect(80, L"\uFFFF", 0, 7);
    expect(80, L"\U0010FFFF", 0, 8);
}

static void layout_stops_tabs_at_multiples_of_eight(void **state)
{
    (void)state;
    expect(80, L"\t", 0, 8);
    expect(80, L"1234567\tx", 0, 9);
    expect(80, L"12345678\t", 0, 16);
    expect(10, L"123456789\t", 1, 0);
}

static void layout_begins_a_row_at_a_newline(void **state)
{
    (void)state;
    expect(80, L"one\ntwo", 1, 3);
    expect(80, L"\n\n", 2, 0);
    expect(10, L"1234567890\nx", 2, 1);
}

static void layout_accepts_terminals_without_a_width(void **state)
{
    (void)state;
    expect(0, L"ab", 2, 0);
}

static void wide_turns_utf8_into_characters_and_back(void **state)
{
    const char *text = "a\xC3\xA4\xE6\xBC\xA2\xF0\x9F\x98\x80\n";
    const wchar_t expected[] = L"a\u00E4\u6F22\U0001F600\n";
    struct buf wide, utf8;

    (void)state;
    buf_init(&wide, 1000);
    buf_init(&utf8, 1000);
    assert_int_equal(wide_from_utf8(&wide, slice_str(text)), 0);
    assert_int_equal(wide_count(&wide), 5);
    assert_memory_equal(buf_data(&wide), expected, 5 * sizeof(wchar_t));
    assert_int_equal(wide_to_utf8(&utf8, expected, 5), 0);
    assert_true(slice_is(buf_slice(&utf8), text));
    buf_clear(&wide);
    buf_clear(&utf8);
}

static void wide_replaces_what_is_no_character(void **state)
{
    const wchar_t lone[] = {0xD800, 0x7FFFFFFF};
    struct buf wide, utf8;

    (void)state;
    buf_init(&wide, 1000);
    buf_init(&utf8, 1000);
    assert_int_equal(wide_from_utf8(&wide, slice_make("x\xFF\0y", 4)), 0);
    assert_memory_equal(buf_data(&wide), L"x\uFFFDy", 3 * sizeof(wchar_t));
    assert_int_equal(wide_to_utf8(&utf8, lone, 2), 0);
    assert_true(slice_is(buf_slice(&utf8), "\xEF\xBF\xBD\xEF\xBF\xBD"));
    buf_clear(&wide);
    buf_clear(&utf8);
}

static void wide_survives_want_of_memory(void **state)
{
    (void)state;
    ALLOC_EACH({
        struct buf wide;

        buf_init(&wide, 1000);
        wide_from_utf8(&wide, slice_str("some text"));
        buf_clear(&wide);
    });
}

static unsigned shown(struct thin *t, uint64_t from_us, unsigned count, uint64_t step_us)
{
    unsigned n = 0;

    for (unsigned i = 0; i < count; i++)
        n += thin_shows(t, from_us + i * step_us);
    return n;
}

static void thin_shows_all_up_to_its_rate(void **state)
{
    struct thin t;

    (void)state;
    thin_init(&t, 1000);
    assert_int_equal(shown(&t, 1000, 500, 20000), 500);
    assert_int_equal(thin_hidden(&t), 0);
}

static void thin_shows_a_burst_after_silence(void **state)
{
    struct thin t;

    (void)state;
    thin_init(&t, 0);
    assert_int_equal(shown(&t, 5000000, 60, 0), 50);
    assert_int_equal(thin_hidden(&t), 10);
    assert_int_equal(thin_hidden(&t), 0);
}

static void thin_shows_a_sample_of_a_flood(void **state)
{
    struct thin t;
    unsigned n;

    (void)state;
    thin_init(&t, 0);
    shown(&t, 0, 2000, 500); /* the first second uses up what was saved */
    thin_hidden(&t);
    n = shown(&t, 1000000, 2000, 500);
    assert_in_range(n, 49, 51);
    assert_int_equal(thin_hidden(&t), 2000 - n);
}

static void thin_accepts_a_clock_that_goes_back(void **state)
{
    struct thin t;

    (void)state;
    thin_init(&t, 1000000);
    assert_true(thin_shows(&t, 500));
    assert_int_equal(shown(&t, 0, 100, 0), 49);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layout_wraps_at_the_last_column),
        cmocka_unit_test(layout_moves_wide_characters_whole),
        cmocka_unit_test(layout_gives_no_column_to_combining_marks),
        cmocka_unit_test(layout_shows_controls_with_a_caret),
        cmocka_unit_test(layout_spells_out_what_can_not_be_printed),
        cmocka_unit_test(layout_stops_tabs_at_multiples_of_eight),
        cmocka_unit_test(layout_begins_a_row_at_a_newline),
        cmocka_unit_test(layout_accepts_terminals_without_a_width),
        cmocka_unit_test(wide_turns_utf8_into_characters_and_back),
        cmocka_unit_test(wide_replaces_what_is_no_character),
        cmocka_unit_test(wide_survives_want_of_memory),
        cmocka_unit_test(thin_shows_all_up_to_its_rate),
        cmocka_unit_test(thin_shows_a_burst_after_silence),
        cmocka_unit_test(thin_shows_a_sample_of_a_flood),
        cmocka_unit_test(thin_accepts_a_clock_that_goes_back),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}

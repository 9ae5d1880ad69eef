#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/ascii.h"
#include "base/decimal.h"

struct row {
    const char *text;
    uint64_t most;
    bool good;
    uint64_t number;
};

static void decimal_read_takes_digits_up_to_the_most(void **state)
{
    static const struct row rows[] = {
        {"0", 0, true, 0},
        {"1", 0, false, 0},
        {"7", 6, false, 0},
        {"65535", 65535, true, 65535},
        {"65536", 65535, false, 0},
        {"007", 10, true, 7},
        {"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
        {"18446744073709551616", UINT64_MAX, false, 0},
        {"99999999999999999999999", UINT64_MAX, false, 0},
        {"000000000000000000000000000001", UINT64_MAX, true, 1},
        {"", 10, false, 0},
        {"-1", 10, false, 0},
        {"+1", 10, false, 0},
        {" 1", 10, false, 0},
        {"1 ", 10, false, 0},
        {"1x", 10, false, 0},
        {"99", 1, false, 0},
        {"0x1", 99, false, 0},
        {"1.0", 99, false, 0},
        {"1e3", 9999, false, 0},
        {"a", 99, false, 0},
        {"/", 99, false, 0},
        {":", 99, false, 0},
        {"\xB1", 99, false, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t number = 4711;

        assert_int_equal(decimal_read(slice_str(rows[i].text), rows[i].most, &number),
                         rows[i].good);
        assert_true(number == (rows[i].good ? rows[i].number : 4711));
    }
    assert_false(decimal_read(slice_make(NULL, 0), 1, &(uint64_t){0}));
}

static void decimal_take_leaves_what_follows(void **state)
{
    struct slice text = slice_str("443:80");
    const char *at = "12-x";
    uint64_t number = 0;

    (void)state;
    assert_true(decimal_take(&text, 65535, &number));
    assert_int_equal(number, 443);
    assert_true(slice_is(text, ":80"));
    assert_false(decimal_take(&text, 65535, &number));
    assert_true(slice_is(text, ":80"));
    assert_int_equal(number, 443);

    assert_false(decimal_take_str(&at, 11, &number));
    assert_string_equal(at, "12-x");
    assert_true(decimal_take_str(&at, 12, &number));
    assert_string_equal(at, "-x");
    assert_int_equal(number, 12);
}

static void decimal_take_fixed_takes_neither_more_nor_less(void **state)
{
    struct slice text = slice_str("199411x6");
    int number = 0;

    (void)state;
    assert_true(decimal_take_fixed(&text, 4, &number));
    assert_int_equal(number, 1994);
    assert_true(decimal_take_fixed(&text, 2, &number));
    assert_int_equal(number, 11);
    assert_false(decimal_take_fixed(&text, 1, &number));
    assert_true(slice_is(text, "x6"));
    text = slice_str("6");
    assert_false(decimal_take_fixed(&text, 2, &number));
    assert_int_equal(number, 11);
}

static void decimal_span_counts_digits_at_the_front(void **state)
{
    (void)state;
    assert_int_equal(decimal_span(slice_str("12.5")), 2);
    assert_int_equal(decimal_span(slice_str("x")), 0);
    assert_int_equal(decimal_span(slice_make(NULL, 0)), 0);
}

static void decimal_millionths_has_no_exponent(void **state)
{
    (void)state;
    assert_string_equal(decimal_millionths(0).text, "0");
    assert_string_equal(decimal_millionths(1).text, "0.000001");
    assert_string_equal(decimal_millionths(250000).text, "0.25");
    assert_string_equal(decimal_millionths(10000000).text, "10");
    assert_string_equal(decimal_millionths(1000000000001).text, "1000000.000001");
    assert_string_equal(decimal_millionths(UINT64_MAX).text, "18446744073709.551615");
}

/* Of each byte, as a char and as what it is unsigned. */
static void classes_hold_ascii_alone(void **state)
{
    (void)state;
    for (int c = -128; c < 256; c++) {
        bool digit = c >= '0' && c <= '9';
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

        assert_int_equal(is_digit(c), digit);
        assert_int_equal(is_letter(c), letter);
        assert_int_equal(is_letter_or_digit(c), letter || digit);
        assert_int_equal(hex_value(c), digit                  ? c - '0'
                                       : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                       : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                              : -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimal_read_takes_digits_up_to_the_most),
        cmocka_unit_test(decimal_take_leaves_what_follows),
        cmocka_unit_test(decimal_take_fixed_takes_neither_more_nor_less),
        cmocka_unit_test(decimal_span_counts_digits_at_the_front),
        cmocka_unit_test(decimal_millionths_has_no_exponent),
        cmocka_unit_test(classes_hold_ascii_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/ranges.h"

static void ranges_parse_takes_numbers_and_ranges(void **state)
{
    struct ranges r = {0};

    (void)state;
    assert_int_equal(ranges_parse(&r, "1001,4000-4099,503", 100, 4999), 0);
    assert_int_equal(ranges_parse(&r, "3000-3000", 100, 4999), 0); /* adds */
    assert_int_equal(r.count, 4);
    assert_true(ranges_contain(&r, 1001));
    assert_true(ranges_contain(&r, 4000));
    assert_true(ranges_contain(&r, 4099));
    assert_true(ranges_contain(&r, 3000));
    assert_false(ranges_contain(&r, 1000));
    assert_false(ranges_contain(&r, 1002));
    assert_false(ranges_contain(&r, 3999));
    assert_false(ranges_contain(&r, 4100));
}

struct row {
    const char *text;
    size_t column;
};

static void ranges_parse_names_the_column_that_is_wrong(void **state)
{
    static const struct row rows[] = {
        {"", 1},
        {",", 1},
        {"1001,", 6},
        {"1001,,1002", 6},
        {"x", 1},
        {"1001 ", 5},
        {"1001;1002", 5},
        {"99", 1},
        {"5000", 1},
        {"1001,99", 6},
        {"1001-", 6},
        {"1001-x", 6},
        {"4099-4000", 1},
        {"1-2-3", 1},
        {"1001-1002-3", 10},
        {"-5", 1},
        {"99999999999999999999999", 1},
        {"1001-18446744073709552616", 6},
    };
    struct ranges r = {.count = 1, .list = {{7, 7}}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(ranges_parse(&r, rows[i].text, 100, 4999), rows[i].column);
        assert_int_equal(r.count, 1); /* a failure changes nothing */
    }
}

static void ranges_parse_refuses_one_too_many(void **state)
{
    char text[RANGES_MAX * 4 + 8] = "";
    struct ranges r = {0};

    (void)state;
    for (int i = 0; i < RANGES_MAX; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%d", i ? "," : "", 100 + i);
    assert_int_equal(ranges_parse(&r, text, 100, 4999), 0);
    assert_int_equal(r.count, RANGES_MAX);
    assert_int_equal(ranges_parse(&r, "900", 100, 4999), 1);
    assert_int_equal(r.count, RANGES_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_parse_takes_numbers_and_ranges),
        cmocka_unit_test(ranges_parse_names_the_column_that_is_wrong),
        cmocka_unit_test(ranges_parse_refuses_one_too_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

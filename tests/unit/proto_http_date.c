#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/http_date.h"

#define NOW INT64_C(1700000000) /* 2023-11-14 22:13:20 */

static void http_date_parse_takes_the_three_forms(void **state)
{
    static const char *const same[] = {
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    };
    int64_t s;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_true(http_date_parse(slice_str(same[i]), NOW, &s));
        assert_int_equal(s, 784111777);
    }
}

struct row {
    const char *text;
    int64_t seconds;
};

static void http_date_parse_knows_the_calendar(void **state)
{
    static const struct row rows[] = {
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
        {"Thu, 29 Feb 2024 23:59:59 GMT", 1709251199},
        {"Fri, 01 Mar 2024 00:00:00 GMT", 1709251200},
        {"Tue, 29 Feb 2000 12:00:00 GMT", 951825600},
        {"Sat, 31 Dec 2016 23:59:60 GMT", 1483228800}, /* a leap second */
        {"Mon, 01 Mar 2100 00:00:00 GMT", 4107542400}, /* 2100 has no 29 February */
        {"Wednesday, 01-Jan-25 00:00:00 GMT", 1735689600},
        {"Wednesday, 01-Jan-74 00:00:00 GMT", 126230400}, /* 51 years ahead: the past */
        {"Mon, 01 Jan 1900 00:00:00 GMT", -2208988800},
        {"Tue Nov 14 22:13:20 2023", NOW},
    };
    int64_t s;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_true(http_date_parse(slice_str(rows[i].text), NOW, &s));
        assert_int_equal(s, rows[i].seconds);
    }
}

static void http_date_parse_refuses_what_is_none(void **state)
{
    static const char *const bad[] = {
        "",
        "Sun",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun, 32 Jan 1994 08:49:37 GMT",
        "Sun, 29 Feb 2023 08:49:37 GMT",
        "Sun, 29 Feb 2100 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT",
        "Sun, 06 Noc 1994 08:49:37 GMT",
        "Son, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-xx 08:49:37 GMT",
        "Sun Nov  6 08:49:37 94",
        "1994-11-06T08:49:37Z",
    };
    int64_t s;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(http_date_parse(slice_str(bad[i]), NOW, &s));
}

/* No byte behind the text is looked at: each is cut in memory of its own. */
static void http_date_parse_stops_at_the_end(void **state)
{
    static const char *const whole[] = {
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    };
    int64_t s;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        for (size_t len = 0; len < strlen(whole[i]); len++) {
            uint8_t *copy = malloc(len + !len);

            memcpy(copy, whole[i], len);
            assert_false(http_date_parse(slice_make(copy, len), NOW, &s));
            free(copy);
        }
    }
}

static void http_retry_after_takes_seconds_and_dates(void **state)
{
    uint64_t us;

    (void)state;
    assert_true(http_retry_after(slice_str("2"), NOW, &us));
    assert_int_equal(us, 2000000);
    assert_true(http_retry_after(slice_str("0"), NOW, &us));
    assert_int_equal(us, 0);
    assert_true(http_retry_after(slice_str("Tue, 14 Nov 2023 22:13:50 GMT"), NOW, &us));
    assert_int_equal(us, 30000000);
    assert_true(http_retry_after(slice_str("Tue, 14 Nov 2023 22:13:00 GMT"), NOW, &us));
    assert_int_equal(us, 0);
    assert_true(http_retry_after(slice_str("99999999999999999999999999"), NOW, &us));
    assert_int_equal(us, HTTP_RETRY_AFTER_MAX_S * UINT64_C(1000000));
    assert_true(http_retry_after(slice_str("Tue, 14 Nov 9999 22:13:50 GMT"), NOW, &us));
    assert_int_equal(us, HTTP_RETRY_AFTER_MAX_S * UINT64_C(1000000));
    assert_false(http_retry_after(slice_str(""), NOW, &us));
    assert_false(http_retry_after(slice_str(NULL), NOW, &us));
    assert_false(http_retry_after(slice_str("-1"), NOW, &us));
    assert_false(http_retry_after(slice_str("2.5"), NOW, &us));
    assert_false(http_retry_after(slice_str("soon"), NOW, &us));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http_date_parse_takes_the_three_forms),
        cmocka_unit_test(http_date_parse_knows_the_calendar),
        cmocka_unit_test(http_date_parse_refuses_what_is_none),
        cmocka_unit_test(http_date_parse_stops_at_the_end),
        cmocka_unit_test(http_retry_after_takes_seconds_and_dates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "measure/moment.h"
#include "measure/offset.h"
#include "measure/units.h"

static void reads(const char *token, int64_t us, uint64_t resolution_us)
{
    struct moment moment;

    assert_int_equal(moment_parse(slice_str(token), &moment), 0);
    assert_true(moment.us == us);
    assert_true(moment.resolution_us == resolution_us);
}

static void refuses(const char *token)
{
    struct moment moment = {1, 2};

    assert_int_equal(moment_parse(slice_str(token), &moment), -1);
    assert_true(moment.us == 1);
}

static void moment_reads_rfc_3339(void **state)
{
    (void)state;
    reads("\"1970-01-01T00:00:00Z\"", 0, 1000000);
    reads("\"1985-04-12T23:20:50.52Z\"", 482196050520000, 10000);
    reads("\"1996-12-19T16:39:57-08:00\"", 851042397000000, 1000000);
    reads("\"1937-01-01T12:00:27.87+00:20\"", -1041337172130000, 10000);
    reads("\"2024-02-29 12:00:00.123456789z\"", 1709208000123456, 1);
    refuses("\"2024-13-01T00:00:00Z\"");
    refuses("\"2024-01-01T00:00:00\"");
    refuses("\"2024-01-01\"");
    refuses("\"2024-01-01T24:00:00Z\"");
    refuses("\"2024-01-01T00:00:00.Z\"");
}

static void moment_distinguishes_seconds_from_milliseconds_by_their_size(void **state)
{
    (void)state;
    reads("1790000000", 1790000000000000, 1000000);
    reads("1790000000.25", 1790000000250000, 10000);
    reads("1790000000123", 1790000000123000, 1000);
    reads("\"1790000000123\"", 1790000000123000, 1000);
    reads("1790000000123.5", 1790000000123500, 100);
    reads("1790000000123456", 1790000000123456, 1);
    reads("1790000000123456789", 1790000000123456, 1);
    refuses("-5");
    refuses("1e9");
    refuses("\"\"");
    refuses("");
    refuses(NULL);
    refuses("\"");
    refuses("true");
    refuses("99999999999999999999999");
}

static void offset_is_none_while_everything_allows_it(void **state)
{
    struct offset_estimate e;
    struct offset o;

    (void)state;
    offset_init(&o);
    assert_int_equal(offset_estimate(&o).basis, OFFSET_NONE);
    offset_update(&o, 5000000, 5200000); /* 200 ms on the way, or another clock: who knows */
    offset_date(&o, 5000000, 5100000, 5101000);
    e = offset_estimate(&o);
    assert_int_equal(e.basis, OFFSET_SAME);
    assert_int_equal(e.us, 0);
    assert_true(e.bounded && e.low_us == -101000 && e.high_us == 950000);
}

static void offset_takes_what_the_dates_say_of_another_clock(void **state)
{
    struct offset_estimate e;
    struct offset o;

    (void)state;
    offset_init(&o);
    /* The server is 90 s ahead; asked at many phases of its second. */
    for (int64_t t = 0; t < 10000000; t += 130000)
        offset_date(&o, (t + 90000000) / 1000000 * 1000000, t, t + 2000);
    e = offset_estimate(&o);
    assert_int_equal(e.basis, OFFSET_DATES);
    assert_true(e.us > 89900000 && e.us <= 90000000);
    assert_true(e.low_us <= 90000000 && e.high_us >= 90000000);
    /* An answer out of a cache changes nothing. */
    offset_date(&o, 5000000, 20000000, 20001000);
    assert_int_equal(offset_estimate(&o).us, e.us);
}

static void offset_without_dates_takes_the_quickest_as_quick(void **state)
{
    struct offset_estimate e;
    struct offset o;

    (void)state;
    offset_init(&o);
    offset_update(&o, 1000000, 601400000);
    offset_update(&o, 2000000, 602100000);
    e = offset_estimate(&o);
    assert_int_equal(e.basis, OFFSET_QUICKEST);
    assert_true(e.us == -600100000);
    offset_init(&o);
    offset_update(&o, 1500000, 1000000); /* from the future: the server's clock is ahead */
    assert_true(offset_estimate(&o).us == 500000);
}

static void units_show_three_digits(void **state)
{
    (void)state;
    assert_string_equal(units_span(0, 0).text, "0 us");
    assert_string_equal(units_span(-0.4, 1).text, "0 µs");
    assert_string_equal(units_span(85, 0).text, "85 us");
    assert_string_equal(units_span(8200, 0).text, "8.20 ms");
    assert_string_equal(units_span(999600, 0).text, "1.00 s");
    assert_string_equal(units_span(41.26e6, 0).text, "41.3 s");
    assert_string_equal(units_span(1000e6, 0).text, "17 min");
    assert_string_equal(units_span(3e12, 0).text, "34.7 days");
    assert_string_equal(units_bytes(17).text, "17 B");
    assert_string_equal(units_bytes(17.25).text, "17.2 B");
    assert_string_equal(units_bytes(1536).text, "1.50 KiB");
    assert_string_equal(units_bytes(5e9).text, "4.66 GiB");
    assert_string_equal(units_number(0.0312).text, "0.031");
    assert_string_equal(units_number(4.2).text, "4.20");
    assert_string_equal(units_number(9999).text, "9999");
    assert_string_equal(units_number(1234567).text, "1 234 567");
    assert_string_equal(units_number(100000.4).text, "100 000");
    assert_string_equal(units_share(1, 3).text, "33 %");
    assert_string_equal(units_share(999, 1000).text, "99 %");
    assert_string_equal(units_share(1, 100000).text, "0.1 %");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moment_reads_rfc_3339),
        cmocka_unit_test(moment_distinguishes_seconds_from_milliseconds_by_their_size),
        cmocka_unit_test(offset_is_none_while_everything_allows_it),
        cmocka_unit_test(offset_takes_what_the_dates_say_of_another_clock),
        cmocka_unit_test(offset_without_dates_takes_the_quickest_as_quick),
        cmocka_unit_test(units_show_three_digits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

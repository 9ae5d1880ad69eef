#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "session/books/rtt.h"

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static void assert_near(uint64_t got, uint64_t exact)
{
    assert_in_range(got, exact - exact / 50, exact + exact / 50 + 1);
}

static void rtt_sums_of_none_are_zero(void **state)
{
    struct rtt *r = calloc(1, sizeof *r);
    struct event_rtt sums;

    (void)state;
    rtt_lost(r, 3);
    sums = rtt_sums(r);
    assert_int_equal(sums.count, 0);
    assert_int_equal(sums.lost, 3);
    assert_int_equal(sums.p99_us, 0);
    free(r);
}

static void rtt_sums_of_one_are_exact(void **state)
{
    static const uint64_t values[] = {0, 1, 31, 32, 33, 999, 12345, 3599999999u, 1u << 31};

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct rtt *r = calloc(1, sizeof *r);
        struct event_rtt sums;

        rtt_add(r, values[i]);
        sums = rtt_sums(r);
        assert_int_equal(sums.count, 1);
        assert_int_equal(sums.min_us, values[i]);
        assert_int_equal(sums.median_us, values[i]);
        assert_int_equal(sums.p99_us, values[i]);
        free(r);
    }
}

static void rtt_sums_are_within_two_percent(void **state)
{
    enum { COUNT = 10000 };
    struct rtt *r = calloc(1, sizeof *r);
    uint64_t *values = calloc(COUNT, sizeof *values), seed = 1;
    struct event_rtt sums;

    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        values[i] = (seed >> 33) >> (i % 20); /* from microseconds to half an hour */
        rtt_add(r, values[i]);
    }
    qsort(values, COUNT, sizeof *values, by_size);
    sums = rtt_sums(r);
    assert_int_equal(sums.count, COUNT);
    assert_int_equal(sums.min_us, values[0]);
    assert_near(sums.median_us, values[COUNT / 2 - 1]);
    assert_near(sums.p99_us, values[COUNT * 99 / 100 - 1]);
    free(values);
    free(r);
}

static void rtt_add_takes_any_value(void **state)
{
    struct rtt *r = calloc(1, sizeof *r);
    struct event_rtt sums;

    (void)state;
    rtt_add(r, UINT64_MAX);
    for (unsigned shift = 0; shift < 64; shift++)
        rtt_add(r, UINT64_C(1) << shift);
    sums = rtt_sums(r);
    assert_int_equal(sums.min_us, 1);
    assert_true(sums.p99_us >= sums.median_us);
    free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rtt_sums_of_none_are_zero),
        cmocka_unit_test(rtt_sums_of_one_are_exact),
        cmocka_unit_test(rtt_sums_are_within_two_percent),
        cmocka_unit_test(rtt_add_takes_any_value),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "measure/sketch.h"
#include "measure/trace.h"

static void sketch_of_nothing_is_zero(void **state)
{
    static struct sketch s;

    (void)state;
    sketch_init(&s);
    assert_int_equal(sketch_percentile(&s, 50), 0);
    assert_int_equal(s.count, 0);
}

static void sketch_is_exact_for_small_values_and_extremes(void **state)
{
    static struct sketch s;

    (void)state;
    sketch_init(&s);
    for (int i = 1; i <= 100; i++)
        sketch_add(&s, i % 50);
    assert_int_equal(sketch_percentile(&s, 50), 24);
    assert_int_equal(sketch_percentile(&s, 0), 0);
    sketch_add(&s, 123456789);
    assert_int_equal(s.max, 123456789);
    assert_int_equal(sketch_percentile(&s, 100), 123456789);
}

static void sketch_percentiles_are_within_one_percent_at_every_size(void **state)
{
    static struct sketch s;

    (void)state;
    for (int64_t unit = 1; unit < INT64_C(1) << 30; unit *= 7) {
        sketch_init(&s);
        for (int64_t i = 1; i <= 1000; i++)
            sketch_add(&s, i * unit);
        for (unsigned q = 1; q < 100; q++) {
            double exact = (double)(q * 10 * unit);

            assert_true((double)sketch_percentile(&s, q) >= exact * 0.99);
            assert_true((double)sketch_percentile(&s, q) <= exact * 1.01);
        }
    }
}

static void sketch_orders_negative_values_before_the_others(void **state)
{
    static struct sketch s;

    (void)state;
    sketch_init(&s);
    sketch_add(&s, -5000);
    sketch_add(&s, -10);
    sketch_add(&s, 0);
    sketch_add(&s, 20);
    sketch_add(&s, 9000);
    assert_int_equal(sketch_percentile(&s, 20), -5000);
    assert_int_equal(sketch_percentile(&s, 40), -10);
    assert_int_equal(sketch_percentile(&s, 60), 0);
    assert_int_equal(sketch_percentile(&s, 80), 20);
    assert_int_equal(sketch_percentile(&s, 100), 9000);
}

static void sketch_counts_what_is_between(void **state)
{
    static struct sketch s;

    (void)state;
    sketch_init(&s);
    for (int i = 0; i < 10; i++)
        sketch_add(&s, i * 1000 + 100);
    assert_int_equal(sketch_between(&s, 0, 5000), 5);
    assert_int_equal(sketch_between(&s, INT64_MIN, INT64_MAX), 10);
    assert_int_equal(sketch_between(&s, -1000, 0), 0);
}

static void sketch_takes_absurd_values_as_the_largest(void **state)
{
    static struct sketch s;

    (void)state;
    sketch_init(&s);
    sketch_add(&s, INT64_MAX);
    sketch_add(&s, INT64_MIN);
    assert_int_equal(s.count, 2);
    assert_true(s.min == -s.max && s.max == (INT64_C(1) << 40) - 1);
    assert_int_equal(sketch_percentile(&s, 99), s.max);
}

static void trace_keeps_steps_and_merges_what_comes_together(void **state)
{
    static struct trace t;

    (void)state;
    trace_init(&t);
    for (uint64_t i = 1; i <= 10; i++)
        trace_add(&t, 2000000 + i, i); /* one answer with ten updates */
    trace_add(&t, 4000000, 20);
    assert_int_equal(t.count, 2);
    assert_int_equal(t.points[0].value, 10);
    assert_int_equal(t.points[1].at_us, 4000000);
}

static void trace_stays_within_its_points_and_ends_with_the_last_value(void **state)
{
    static struct trace t;

    (void)state;
    trace_init(&t);
    for (uint64_t i = 1; i <= 1000000; i++)
        trace_add(&t, i * 1500, i);
    assert_true(t.count <= TRACE_POINTS && t.count > TRACE_POINTS / 4);
    assert_int_equal(t.points[t.count - 1].value, 1000000);
    for (size_t i = 1; i < t.count; i++)
        assert_true(t.points[i].at_us > t.points[i - 1].at_us &&
                    t.points[i].value > t.points[i - 1].value);
    trace_add(&t, 5, 7); /* a time that goes back */
    assert_int_equal(t.points[t.count - 1].value, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sketch_of_nothing_is_zero),
        cmocka_unit_test(sketch_is_exact_for_small_values_and_extremes),
        cmocka_unit_test(sketch_percentiles_are_within_one_percent_at_every_size),
        cmocka_unit_test(sketch_orders_negative_values_before_the_others),
        cmocka_unit_test(sketch_counts_what_is_between),
        cmocka_unit_test(sketch_takes_absurd_values_as_the_largest),
        cmocka_unit_test(trace_keeps_steps_and_merges_what_comes_together),
        cmocka_unit_test(trace_stays_within_its_points_and_ends_with_the_last_value),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

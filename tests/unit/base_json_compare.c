/* JSON values compared as they stand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "alloc.h"
#include "base/json_compare.h"

static int order(const char *a, const char *b)
{
    int forth = json_number_compare(slice_str(a), slice_str(b));
    int back = json_number_compare(slice_str(b), slice_str(a));

    assert_int_equal((forth > 0) - (forth < 0), (back < 0) - (back > 0));
    return (forth > 0) - (forth < 0);
}

static void numbers_are_compared_digit_by_digit(void **state)
{
    (void)state;
    assert_int_equal(order("9007199254740993", "9007199254740992"), 1);
    assert_int_equal(order("18446744073709551615", "18446744073709551616"), -1);
    assert_int_equal(order("1", "1.0"), 0);
    assert_int_equal(order("1e2", "100"), 0);
    assert_int_equal(order("100e-2", "1"), 0);
    assert_int_equal(order("0.001", "1E-3"), 0);
    assert_int_equal(order("0.0010", "0.00101"), -1);
    assert_int_equal(order("0.1e1", "1"), 0);
    assert_int_equal(order("-0", "0"), 0);
    assert_int_equal(order("0e9", "0.000"), 0);
    assert_int_equal(order("-1", "0"), -1);
    assert_int_equal(order("-2", "-1"), -1);
    assert_int_equal(order("-10", "-9"), -1);
    assert_int_equal(order("-1", "1"), -1);
    assert_int_equal(order("0", "1e-999"), -1);
    assert_int_equal(order("1e400", "1e399"), 1);
    assert_int_equal(order("1e99999999999999999999", "1e400"), 1);
    assert_int_equal(order("1e-99999999999999999999", "1e-400"), -1);
    assert_int_equal(order("10.5", "10.50000"), 0);
    assert_int_equal(order("12345678901234567890.123456789", "12345678901234567890.123456788"), 1);
}

static void integers_are_known_however_written(void **state)
{
    (void)state;
    assert_true(json_is_integer(slice_str("0")));
    assert_true(json_is_integer(slice_str("-17")));
    assert_true(json_is_integer(slice_str("1.000")));
    assert_true(json_is_integer(slice_str("15e1")));
    assert_true(json_is_integer(slice_str("1.5e1")));
    assert_true(json_is_integer(slice_str("100e-2")));
    assert_false(json_is_integer(slice_str("1.5")));
    assert_false(json_is_integer(slice_str("15e-1")));
    assert_false(json_is_integer(slice_str("1e-1")));
}

static bool equal(const char *a, const char *b)
{
    bool same = json_equal(slice_str(a), slice_str(b));

    assert_int_equal(same, json_equal(slice_str(b), slice_str(a)));
    return same;
}

static void values_are_equal_whatever_the_order_of_members(void **state)
{
    (void)state;
    assert_true(equal("{\"a\":1,\"b\":[true,null]}", "{ \"b\" : [ true , null ] , \"a\" : 1.0 }"));
    assert_false(equal("{\"a\":1}", "{\"a\":1,\"b\":2}"));
    assert_false(equal("[1,2]", "[2,1]"));
    assert_false(equal("[1,2]", "[1,2,3]"));
    assert_false(equal("1", "\"1\""));
    assert_false(equal("null", "false"));
    assert_true(equal("\"\\u00fc\"", "\"ü\""));
    assert_true(equal("{\"\\u0061\":1}", "{\"a\":1}"));
    assert_false(equal("\"a\\u0000b\"", "\"a\\u0000c\""));
    assert_true(equal("{}", "{ }"));
    assert_false(equal("{}", "[]"));
}

static void a_pattern_names_what_must_be_there(void **state)
{
    struct slice at, found;
    struct slice value =
        slice_str("{\"op\":\"pong\",\"n\":{\"x\":1,\"y\":2},\"l\":[{\"a\":1,\"b\":2},3]}");

    (void)state;
    assert_true(json_includes(value, slice_str("{}"), &at, &found));
    assert_true(json_includes(value, slice_str("{\"n\":{\"y\":2}}"), &at, &found));
    assert_true(json_includes(value, slice_str("{\"l\":[{\"b\":2},3]}"), &at, &found));
    assert_false(json_includes(value, slice_str("{\"l\":[{\"b\":2}]}"), &at, &found));
    assert_false(json_includes(value, slice_str("{\"op\":\"ping\"}"), &at, &found));
    assert_true(slice_is(at, "\"ping\""));
    assert_true(slice_is(found, "\"pong\""));
    assert_false(json_includes(value, slice_str("{\"n\":{\"z\":0}}"), &at, &found));
    assert_true(slice_is(at, "\"z\":0"));
    assert_int_equal(found.len, 0);
}

static void the_first_value_of_a_text_is_found(void **state)
{
    (void)state;
    assert_int_equal(json_value_length(slice_str("12 /b")), 2);
    assert_int_equal(json_value_length(slice_str(" {\"a\":[1]} x")), 10);
    assert_int_equal(json_value_length(slice_str("\"a b\" c")), 5);
    assert_int_equal(json_value_length(slice_str("nope")), 0);
    assert_int_equal(json_value_length(slice_str("{\"a\"")), 0);
    assert_int_equal(json_value_length(slice_str("")), 0);
}

static void want_of_memory_is_no_equality(void **state)
{
    bool same = true;

    (void)state;
    alloc_fail_at(1);
    same = json_equal(slice_str("\"\\u0061\""), slice_str("\"a\""));
    assert_true(alloc_struck());
    assert_false(same);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_compared_digit_by_digit),
        cmocka_unit_test(integers_are_known_however_written),
        cmocka_unit_test(values_are_equal_whatever_the_order_of_members),
        cmocka_unit_test(a_pattern_names_what_must_be_there),
        cmocka_unit_test(the_first_value_of_a_text_is_found),
        cmocka_unit_test(want_of_memory_is_no_equality),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

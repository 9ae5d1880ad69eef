#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "alloc.h"
#include "base/mask.h"

static void check(const struct mask *m, const char *text, bool cut, const char *expected)
{
    struct buf out;

    buf_init(&out, 65536);
    assert_int_equal(mask_apply(m, &out, slice_str(text), cut), 0);
    assert_int_equal(buf_append(&out, "", 1), 0);
    assert_string_equal((const char *)buf_data(&out), expected);
    buf_clear(&out);
}

static void mask_hides_each_text_wherever_it_stands(void **state)
{
    struct mask m = {0};

    (void)state;
    assert_int_equal(mask_add(&m, "hush", "{a}"), 0);
    assert_int_equal(mask_add(&m, "hush-hush", "{b}"), 0);
    check(&m, "", false, "");
    check(&m, "nothing", false, "nothing");
    check(&m, "hush", false, "{a}");
    check(&m, "hushhush hush-hush.", false, "{a}{a} {b}.");
    check(&m, "hus", false, "hus");
    mask_clear(&m);
    check(&m, "hush", false, "hush");
}

static void mask_leaves_what_is_too_short_to_be_a_secret(void **state)
{
    struct mask m = {0};

    (void)state;
    assert_int_equal(mask_add(&m, "", "{a}"), 0);
    assert_int_equal(mask_add(&m, "abc", "{b}"), 0);
    check(&m, "abcabc", false, "abcabc");
    mask_clear(&m);
}

static void mask_takes_the_first_of_two_names_for_the_same(void **state)
{
    struct mask m = {0};

    (void)state;
    assert_int_equal(mask_add(&m, "same", "{a}"), 0);
    assert_int_equal(mask_add(&m, "same", "{b}"), 0);
    assert_int_equal(m.count, 1);
    check(&m, "same", false, "{a}");
    mask_clear(&m);
}

static void mask_hides_what_a_cut_left_of_one(void **state)
{
    struct mask m = {0};

    (void)state;
    assert_int_equal(mask_add(&m, "0123456789abcdefghij", "{a}"), 0);
    check(&m, "x 0123456789abc y", false, "x {a} y"); /* a quotation that was cut */
    check(&m, "x 0123456789a y", false, "x 0123456789a y");
    check(&m, "x 01234567", true, "x {a}");
    check(&m, "x 01234567", false, "x 01234567");
    check(&m, "x 012", true, "x 012");
    mask_clear(&m);
}

static void mask_hides_no_half_character(void **state)
{
    struct mask m = {0};

    (void)state;
    assert_int_equal(mask_add(&m, "012345678901\xC3\xBC-and-more", "{a}"), 0);
    check(&m, "012345678901\xC3\xA4.", false, "{a}.");
    mask_clear(&m);
}

static void mask_survives_each_allocation_that_fails(void **state)
{
    (void)state;
    ALLOC_EACH({
        struct mask m = {0};
        struct buf out;

        buf_init(&out, 65536);
        if (mask_add(&m, "hush", "{a}") == 0 &&
            mask_apply(&m, &out, slice_str("a hush"), false) == 0)
            assert_memory_equal(buf_data(&out), "a {a}", 5);
        buf_clear(&out);
        mask_clear(&m);
    });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mask_hides_each_text_wherever_it_stands),
        cmocka_unit_test(mask_leaves_what_is_too_short_to_be_a_secret),
        cmocka_unit_test(mask_takes_the_first_of_two_names_for_the_same),
        cmocka_unit_test(mask_hides_what_a_cut_left_of_one),
        cmocka_unit_test(mask_hides_no_half_character),
        cmocka_unit_test(mask_survives_each_allocation_that_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

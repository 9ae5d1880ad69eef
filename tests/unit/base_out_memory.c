#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "alloc.h"
#include "base/out.h"

static void out_memory_keeps_what_is_put_until_it_is_taken(void **state)
{
    struct out o;

    (void)state;
    out_init_memory(&o, 10);
    assert_int_equal(out_put(&o, "one ", 4), 0);
    assert_int_equal(out_put(&o, "two", 3), 0);
    assert_int_equal(out_flush(&o), 1);
    assert_int_equal(out_queued(&o), 7);
    assert_true(slice_is(out_kept(&o), "one two"));
    out_take(&o, 4);
    assert_true(slice_is(out_kept(&o), "two"));
    out_take(&o, 3);
    assert_int_equal(out_queued(&o), 0);
    assert_int_equal(out_flush(&o), 0);
    out_clear(&o);
}

static void out_memory_is_full_from_its_limit_on(void **state)
{
    struct out o;

    (void)state;
    out_init_memory(&o, 5);
    out_put(&o, "1234", 4);
    assert_false(out_full(&o));
    out_put(&o, "5", 1);
    assert_true(out_full(&o));
    out_take(&o, 1);
    assert_false(out_full(&o));
    out_clear(&o);
}

static void out_memory_takes_pieces_of_any_size(void **state)
{
    static const uint8_t piece[3 * OUT_BLOCK];
    struct out o;

    (void)state;
    out_init_memory(&o, 5);
    assert_int_equal(out_put(&o, NULL, 0), 0);
    assert_int_equal(out_put(&o, piece, sizeof piece), 0);
    assert_int_equal(out_queued(&o), sizeof piece);
    out_clear(&o);
}

static void out_memory_reports_want_of_memory(void **state)
{
    (void)state;
    ALLOC_EACH({
        struct out o;

        out_init_memory(&o, 5);
        assert_true(out_put(&o, "text", 4) == 0 || o.error != 0);
        out_clear(&o);
    });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(out_memory_keeps_what_is_put_until_it_is_taken),
        cmocka_unit_test(out_memory_is_full_from_its_limit_on),
        cmocka_unit_test(out_memory_takes_pieces_of_any_size),
        cmocka_unit_test(out_memory_reports_want_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

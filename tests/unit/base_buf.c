#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "alloc.h"
#include "base/buf.h"

static void assert_content(const struct buf *b, const char *text)
{
    assert_int_equal(b->len, strlen(text));
    assert_true(slice_is(buf_slice(b), text));
}

static void buf_init_allocates_nothing(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 10);
    assert_null(b.data);
    assert_null(buf_data(&b));
    assert_null(buf_slice(&b).data);
    assert_int_equal(b.cap, 0);
    buf_clear(&b);
}

static void buf_append_keeps_order_while_the_front_is_consumed(void **state)
{
    struct buf b;
    uint8_t put = 0;
    uint8_t taken = 0;
    size_t total = 0;

    (void)state;
    buf_init(&b, 4096);
    while (total < 200000) {
        for (size_t i = 0; i < 1 + total % 61 && b.len < 3000; i++, put++)
            assert_int_equal(buf_append(&b, &put, 1), 0);
        for (size_t i = 0; i < 1 + total % 59 && b.len > 0; i++, taken++) {
            assert_int_equal(buf_data(&b)[0], taken);
            buf_consume(&b, 1);
        }
        total += 31;
    }
    assert_true(b.cap <= 4096);
    buf_clear(&b);
}

static void buf_append_beyond_max_changes_nothing(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 5);
    assert_int_equal(buf_append_str(&b, "abc"), 0);
    assert_int_equal(buf_append_str(&b, "def"), -1);
    assert_content(&b, "abc");
    assert_null(buf_reserve(&b, 3));
    assert_null(buf_reserve(&b, SIZE_MAX));
    assert_int_equal(buf_append_str(&b, "de"), 0);
    assert_content(&b, "abcde");
    assert_int_equal(buf_append_str(&b, "f"), -1);
    buf_consume(&b, 2);
    assert_int_equal(buf_append_str(&b, "fg"), 0);
    assert_content(&b, "cdefg");
    assert_true(b.cap <= 5);
    buf_clear(&b);
}

static void buf_append_of_nothing_allocates_nothing(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 5);
    assert_int_equal(buf_append(&b, NULL, 0), 0);
    assert_null(b.data);
}

static void buf_reserve_of_nothing_gives_a_place(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 0);
    assert_non_null(buf_reserve(&b, 0));
    assert_null(buf_reserve(&b, 1));
    buf_clear(&b);
}

static void buf_reserve_refuses_what_no_memory_can_hold(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, SIZE_MAX);
    assert_int_equal(buf_append_str(&b, "x"), 0);
    assert_null(buf_reserve(&b, SIZE_MAX - 1));
    assert_null(buf_reserve(&b, SIZE_MAX));
    assert_content(&b, "x");
    buf_clear(&b);
}

static void buf_reserve_moves_the_content_rather_than_grow(void **state)
{
    struct buf b;
    size_t cap;

    (void)state;
    buf_init(&b, 1 << 20);
    assert_non_null(buf_reserve(&b, 100));
    cap = b.cap;
    memset(buf_data(&b), 'a', cap);
    buf_filled(&b, cap);
    buf_consume(&b, cap - 1);
    assert_non_null(buf_reserve(&b, cap - 1));
    assert_int_equal(b.cap, cap);
    assert_content(&b, "a");
    buf_clear(&b);
}

static void buf_printf_fills_exactly_to_max(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 10);
    assert_int_equal(buf_printf(&b, "%d", 12345), 0);
    assert_int_equal(buf_printf(&b, "%s", "abcdef"), -1);
    assert_content(&b, "12345");
    assert_int_equal(buf_printf(&b, "%s", "abcde"), 0);
    assert_content(&b, "12345abcde");
    assert_int_equal(buf_printf(&b, "%s", ""), 0);
    assert_int_equal(buf_printf(&b, "x"), -1);
    assert_content(&b, "12345abcde");
    buf_clear(&b);
}

static void buf_printf_grows_and_works_after_consumed_bytes(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 100000);
    assert_int_equal(buf_printf(&b, "%s", "ab"), 0);
    buf_consume(&b, 1);
    assert_int_equal(buf_printf(&b, "%05000d|", 7), 0);
    assert_int_equal(b.len, 5002);
    assert_memory_equal(buf_data(&b), "b0000", 5);
    assert_memory_equal(buf_data(&b) + b.len - 2, "7|", 2);
    buf_clear(&b);
}

static void buf_consume_of_all_starts_over(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 100);
    assert_int_equal(buf_append_str(&b, "abc"), 0);
    buf_consume(&b, 3);
    assert_int_equal(b.start, 0);
    assert_content(&b, "");
    buf_clear(&b);
}

static void buf_trim_frees_only_an_empty_and_large_buffer(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 1 << 20);
    assert_non_null(buf_reserve(&b, 5000));
    assert_int_equal(buf_append_str(&b, "x"), 0);
    buf_trim(&b, 100);
    assert_content(&b, "x");
    buf_consume(&b, 1);
    buf_trim(&b, 5000);
    assert_non_null(b.data);
    buf_trim(&b, 4999);
    assert_null(b.data);
    assert_int_equal(b.max, 1 << 20);
    assert_int_equal(buf_append_str(&b, "y"), 0);
    assert_content(&b, "y");
    buf_clear(&b);
}

/* Each call either does all of its work or leaves the content as it was. */
static void append_or_keep(void)
{
    struct buf b;
    size_t before;

    buf_init(&b, 1 << 20);
    for (int i = 0; i < 6; i++) {
        before = b.len;
        if (buf_printf(&b, "%0300d", i) < 0)
            assert_int_equal(b.len, before);
        else
            assert_int_equal(b.len, before + 300);
        before = b.len;
        if (buf_append(&b, "0123456789", 10) < 0)
            assert_int_equal(b.len, before);
        else
            assert_memory_equal(buf_data(&b) + before, "0123456789", 10);
    }
    buf_clear(&b);
}

static void buf_without_memory_keeps_its_content(void **state)
{
    (void)state;
    ALLOC_EACH(append_or_keep());
}

static void buf_leave_keeps_the_larger_memory_for_the_next(void **state)
{
    struct spare spare = {0};
    struct buf a, b;
    const uint8_t *memory;

    (void)state;
    buf_init(&a, 1 << 20);
    buf_init(&b, 1 << 20);
    assert_int_equal(buf_append(&a, "content", 7), 0);
    buf_leave(&a, &spare, 1 << 20);
    assert_null(spare.data); /* in use */
    assert_non_null(buf_reserve(&b, 4096));
    memory = buf_data(&b);
    buf_leave(&b, &spare, 1 << 20);
    assert_null(buf_data(&b));
    buf_reset(&a);
    buf_leave(&a, &spare, 1 << 20);
    assert_ptr_equal(spare.data, memory);
    buf_take(&a, &spare);
    assert_null(spare.data);
    assert_ptr_equal(buf_data(&a), memory);
    assert_int_equal(buf_append(&a, "content", 7), 0);
    assert_ptr_equal(buf_data(&a), memory);
    buf_reset(&a);
    buf_leave(&a, &spare, 4095);
    assert_null(spare.data); /* more than is to be kept */
    buf_clear(&a);
    buf_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buf_leave_keeps_the_larger_memory_for_the_next),
        cmocka_unit_test(buf_init_allocates_nothing),
        cmocka_unit_test(buf_append_keeps_order_while_the_front_is_consumed),
        cmocka_unit_test(buf_append_beyond_max_changes_nothing),
        cmocka_unit_test(buf_append_of_nothing_allocates_nothing),
        cmocka_unit_test(buf_reserve_of_nothing_gives_a_place),
        cmocka_unit_test(buf_reserve_refuses_what_no_memory_can_hold),
        cmocka_unit_test(buf_reserve_moves_the_content_rather_than_grow),
        cmocka_unit_test(buf_printf_fills_exactly_to_max),
        cmocka_unit_test(buf_printf_grows_and_works_after_consumed_bytes),
        cmocka_unit_test(buf_consume_of_all_starts_over),
        cmocka_unit_test(buf_trim_frees_only_an_empty_and_large_buffer),
        cmocka_unit_test(buf_without_memory_keeps_its_content),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The room across servers: what is written to Redis, what was received, what waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "alloc.h"
#include "serve/chat_books.h"
#include "serve/chat_queue.h"

#define A "00112233445566aa"
#define B "00112233445566bb"

/* --- the envelope -------------------------------------------------------------------------------
 */

static void envelope_is_a_line_and_the_message(void **state)
{
    const struct chat_envelope x = {.instance = A,
                                    .number = 17,
                                    .time_us = 1767323045000000,
                                    .kind = CHAT_BINARY,
                                    .node = "web-1",
                                    .payload = slice_make("a\n\0b", 4)};
    static const char want[] = "wscope-chat " A " 17 1767323045000000 binary web-1\na\n\0b";
    struct chat_envelope got;
    struct buf out;

    (void)state;
    buf_init(&out, 2 * sizeof want);
    assert_int_equal(chat_envelope_write(&out, &x), 0);
    assert_true(slice_equal(buf_slice(&out), slice_make(want, sizeof want - 1)));
    assert_true(chat_envelope_read(buf_slice(&out), &got));
    assert_string_equal(got.instance, A);
    assert_int_equal(got.number, 17);
    assert_int_equal(got.time_us, 1767323045000000);
    assert_int_equal(got.kind, CHAT_BINARY);
    assert_string_equal(got.node, "web-1");
    assert_true(slice_equal(got.payload, x.payload));
    /* What has no room is not begun. */
    assert_int_equal(chat_envelope_write(&out, &x), 0);
    assert_int_equal(chat_envelope_write(&out, &x), -1);
    assert_int_equal(out.len, 2 * (sizeof want - 1));
    buf_clear(&out);
}

static void envelope_may_be_empty_and_without_a_name(void **state)
{
    struct chat_envelope got;

    (void)state;
    assert_true(chat_envelope_read(slice_str("wscope-chat " A " 1 5 text -\n"), &got));
    assert_int_equal(got.payload.len, 0);
    assert_string_equal(got.node, "");
    assert_true(chat_envelope_read(slice_str("wscope-chat " A " 1 5 last -\n"), &got));
    assert_int_equal(got.kind, CHAT_LAST);
}

static void envelope_is_not_what_others_publish(void **state)
{
    static const char *const others[] = {
        "",
        "\n",
        "{\"wscope\":\"n\"}",
        "wscope-chat",
        "wscope-chat\n",
        "wscope-chat " A " 1 5 text -",
        "wscope-chat " A " 1 5 text \n",
        "wscope-chat " A " 1 5 text - \n",
        "wscope-chat " A " 1 5 text - x\n",
        "wscope-chat  " A " 1 5 text -\n",
        "wscope-chat " A " 1 5 word -\n",
        "wscope-chat " A " -1 5 text -\n",
        "wscope-chat " A " 1 x text -\n",
        "wscope-chat " A " 9999999999999999999 5 text -\n",
        "wscope-chat " A "0 1 5 text -\n",
        "wscope-chat 00112233445566AA 1 5 text -\n",
        "wscope-chat 0011223344556\033[a 1 5 text -\n",
        "wscope-chat " A " 1 5 text a\"b\n",
        "wscope-chat " A " 1 5 text 123456789012345678901234567890123\n",
        "WSCOPE-chat " A " 1 5 text -\n",
    };
    struct chat_envelope got;

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (chat_envelope_read(slice_str(others[i]), &got))
            fail_msg("%s", others[i]);
    }
}

/* --- the books ----------------------------------------------------------------------------------
 */

static void expect(struct chat_books *b, const char *instance, uint64_t number, int is_new,
                   uint64_t missed)
{
    uint64_t got;

    assert_int_equal(chat_books_message(b, instance, number, &got), is_new);
    assert_int_equal(got, missed);
}

static void books_find_what_is_double_and_what_is_missing(void **state)
{
    struct chat_books b = {.open = true};
    uint64_t missed;

    (void)state;
    expect(&b, A, 1, 1, 0);
    expect(&b, A, 2, 1, 0);
    expect(&b, A, 2, 0, 0);
    expect(&b, A, 1, 0, 0);
    expect(&b, A, 6, 1, 3);
    expect(&b, A, 5, 0, 0);
    expect(&b, B, 3, 1, 2); /* it began while nobody listened */
    assert_int_equal(chat_books_last(&b, A, 6, &missed), 0);
    assert_int_equal(missed, 0);
    assert_int_equal(chat_books_last(&b, A, 8, &missed), 0);
    assert_int_equal(missed, 2);
    expect(&b, A, 9, 1, 0);
    assert_int_equal(chat_books_last(&b, "00112233445566cc", 4, &missed), 0);
    assert_int_equal(missed, 4);
    chat_books_clear(&b);
}

static void books_expect_nothing_of_before(void **state)
{
    struct chat_books b = {0};

    (void)state;
    assert_int_equal(chat_books_begin(&b, A, 10), 0);
    assert_int_equal(chat_books_begin(&b, A, 7), 0);
    b.open = true;
    expect(&b, A, 9, 0, 0);
    expect(&b, A, 11, 1, 0);
    chat_books_clear(&b);
}

static void books_are_bounded(void **state)
{
    struct chat_books b = {.open = true};
    char name[CHAT_INSTANCE];

    (void)state;
    for (unsigned i = 0; i < 3 * CHAT_SERVERS_MAX; i++) {
        snprintf(name, sizeof name, "%016x", i);
        expect(&b, name, 1, 1, 0);
        expect(&b, "ffffffffffffffff", i + 1, 1, 0); /* one that is always there */
    }
    assert_int_equal(b.count, CHAT_SERVERS_MAX);
    /* One that was forgotten is not said to have lost everything. */
    expect(&b, "0000000000000001", 500, 1, 0);
    chat_books_clear(&b);
}

static void books_survive_each_failing_allocation(void **state)
{
    (void)state;
    ALLOC_EACH({
        struct chat_books b = {.open = true};
        uint64_t missed;
        char name[CHAT_INSTANCE];

        for (unsigned i = 0; i < 20; i++) {
            snprintf(name, sizeof name, "%016x", i);
            assert_true(chat_books_message(&b, name, 1, &missed) != 0);
        }
        chat_books_clear(&b);
    });
}

/* --- the queue ----------------------------------------------------------------------------------
 */

static void queue_keeps_the_order_and_the_numbers(void **state)
{
    struct chat_queue q;
    struct chat_queued m;
    size_t at = 0;

    (void)state;
    chat_queue_init(&q);
    assert_false(chat_queue_next(&q, &at, &m));
    assert_true(chat_queue_add(&q, 100, CHAT_TEXT, slice_str("one")));
    assert_true(chat_queue_add(&q, 200, CHAT_BINARY, slice_make(NULL, 0)));
    assert_true(chat_queue_add(&q, 300, CHAT_TEXT, slice_str("three")));
    chat_queue_drop(&q);
    assert_int_equal(q.count, 2);
    assert_true(chat_queue_next(&q, &at, &m));
    assert_int_equal(m.number, 2);
    assert_int_equal(m.at_us, 200);
    assert_int_equal(m.kind, CHAT_BINARY);
    assert_int_equal(m.payload.len, 0);
    assert_true(chat_queue_next(&q, &at, &m));
    assert_int_equal(m.number, 3);
    assert_true(slice_is(m.payload, "three"));
    assert_false(chat_queue_next(&q, &at, &m));
    chat_queue_clear(&q);
}

static void queue_is_bounded_in_messages_and_bytes(void **state)
{
    static uint8_t big[65536];
    struct chat_queue q;
    unsigned added = 0;

    (void)state;
    chat_queue_init(&q);
    while (chat_queue_add(&q, 1, CHAT_TEXT, slice_str("x")))
        added++;
    assert_int_equal(added, CHAT_QUEUE_MAX);
    assert_int_equal(q.number,
                     CHAT_QUEUE_MAX + 1); /* its number shows the others that it is missing */
    chat_queue_clear(&q);
    for (added = 0; chat_queue_add(&q, 1, CHAT_BINARY, slice_make(big, sizeof big)); added++)
        ;
    assert_int_equal(added, CHAT_QUEUE_BYTES / sizeof big - 1);
    chat_queue_clear(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(envelope_is_a_line_and_the_message),
        cmocka_unit_test(envelope_may_be_empty_and_without_a_name),
        cmocka_unit_test(envelope_is_not_what_others_publish),
        cmocka_unit_test(books_find_what_is_double_and_what_is_missing),
        cmocka_unit_test(books_expect_nothing_of_before),
        cmocka_unit_test(books_are_bounded),
        cmocka_unit_test(books_survive_each_failing_allocation),
        cmocka_unit_test(queue_keeps_the_order_and_the_numbers),
        cmocka_unit_test(queue_is_bounded_in_messages_and_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alloc.h"
#include "session/outbox.h"

#define M 1000 /* bytes a message takes in the stream of these tests */

static void put(struct outbox *o, const char *text)
{
    assert_int_equal(outbox_put(o, OPCODE_TEXT, slice_str(text)), 0);
}

/* Give the first that waits to a connection. */
static void give(struct outbox *o, const char *text, uint64_t end)
{
    enum opcode type;
    struct slice data;

    assert_true(outbox_next(o, &type, &data));
    assert_int_equal(type, OPCODE_TEXT);
    assert_true(slice_is(data, text));
    outbox_given(o, end);
}

static void sent(struct outbox *o, const char *text, uint64_t end)
{
    outbox_sent(o, OPCODE_TEXT, slice_str(text), true, end);
}

static void assert_nothing_waits(struct outbox *o)
{
    enum opcode type;
    struct slice data;

    assert_false(outbox_next(o, &type, &data));
    assert_int_equal(o->waiting, 0);
    assert_int_equal(o->waiting_bytes, 0);
}

static void outbox_gives_back_in_order_what_was_put(void **state)
{
    struct outbox o;

    (void)state;
    outbox_init(&o, 100);
    put(&o, "one");
    put(&o, "");
    put(&o, "three");
    assert_int_equal(o.waiting_bytes, 8);
    give(&o, "one", M);
    give(&o, "", 2 * M);
    put(&o, "four");
    give(&o, "three", 3 * M);
    give(&o, "four", 4 * M);
    assert_nothing_waits(&o);
    assert_int_equal(o.queued, 4);
    outbox_clear(&o);
}

static void outbox_put_keeps_to_the_limit(void **state)
{
    struct outbox o;

    (void)state;
    outbox_init(&o, 10);
    assert_false(outbox_has_room(&o, 11));
    assert_true(outbox_has_room(&o, 10));
    put(&o, "123456");
    assert_int_equal(outbox_put(&o, OPCODE_TEXT, slice_str("12345")), -1);
    put(&o, "1234");
    assert_int_equal(outbox_put(&o, OPCODE_TEXT, slice_str("1")), -1);
    assert_int_equal(o.waiting, 2);
    assert_int_equal(o.queued, 2);
    outbox_clear(&o);
    outbox_init(&o, 0);
    assert_false(outbox_has_room(&o, 0));
    assert_int_equal(outbox_put(&o, OPCODE_TEXT, slice_str("")), -1);
    outbox_clear(&o);
}

static void outbox_lost_sends_again_what_did_not_leave_whole(void **state)
{
    struct outbox_loss loss;
    struct outbox o;

    (void)state;
    outbox_init(&o, 100);
    sent(&o, "arrived", M);
    sent(&o, "on its way", 2 * M);
    sent(&o, "half gone", 3 * M);
    sent(&o, "not begun", 4 * M);
    loss = outbox_lost(&o, 3 * M - 1, M);
    assert_int_equal(loss.unacknowledged, 1);
    assert_int_equal(loss.again, 2);
    put(&o, "later");
    give(&o, "half gone", M);
    give(&o, "not begun", 2 * M);
    give(&o, "later", 3 * M);
    assert_nothing_waits(&o);
    assert_int_equal(o.again, 2);
    assert_int_equal(o.unacknowledged, 1);
    assert_int_equal(o.queued, 1);
    outbox_clear(&o);
}

static void outbox_lost_keeps_the_order_of_those_that_waited(void **state)
{
    struct outbox o;

    (void)state;
    outbox_init(&o, 100);
    put(&o, "a");
    put(&o, "b");
    put(&o, "c");
    give(&o, "a", M);
    give(&o, "b", 2 * M);
    assert_int_equal(outbox_lost(&o, M, M).again, 1);
    give(&o, "b", M);
    assert_int_equal(outbox_lost(&o, 0, 0).again, 1);
    give(&o, "b", M);
    give(&o, "c", 2 * M);
    assert_nothing_waits(&o);
    outbox_clear(&o);
}

static void outbox_lost_loses_and_doubles_nothing_wherever_the_stream_is_cut(void **state)
{
    static const char *const texts[] = {"0", "11", "222", "3333", "44444"};

    (void)state;
    for (uint64_t written = 0; written <= 5 * M; written += M / 2) {
        for (uint64_t arrived = 0; arrived <= written; arrived += M / 2) {
            struct outbox_loss loss;
            struct outbox o;
            uint64_t in_doubt = written / M - arrived / M;

            outbox_init(&o, 100);
            for (uint64_t i = 0; i < 5; i++)
                sent(&o, texts[i], (i + 1) * M);
            loss = outbox_lost(&o, written, arrived);
            assert_int_equal(loss.unacknowledged, in_doubt);
            assert_int_equal(arrived / M + loss.unacknowledged + loss.again, 5);
            for (uint64_t i = written / M; i < 5; i++)
                give(&o, texts[i], (i + 1) * M);
            assert_nothing_waits(&o);
            outbox_clear(&o);
        }
    }
}

static void outbox_sent_counts_a_message_of_which_no_copy_is_kept(void **state)
{
    struct outbox_loss loss;
    struct outbox o;

    (void)state;
    outbox_init(&o, 100);
    sent(&o, "small", M);
    outbox_sent(&o, OPCODE_BINARY, slice_str(""), false, 3 * M);
    sent(&o, "behind", 4 * M);
    outbox_written(&o, M);
    outbox_written(&o, 4 * M);
    outbox_arrived(&o, M);
    loss = outbox_lost(&o, 4 * M, M);
    assert_int_equal(loss.unacknowledged, 2);
    assert_int_equal(loss.again, 0);
    outbox_clear(&o);
}

static void outbox_written_keeps_no_copy_of_what_is_gone(void **state)
{
    char text[1000];
    struct outbox o;

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    outbox_init(&o, 100);
    for (uint64_t i = 1; i <= 100000; i++) {
        sent(&o, text, i * M);
        outbox_written(&o, (i - (i > 3 ? 3 : i)) * M);
        if (outbox_crowded(&o))
            outbox_arrived(&o, (i - (i > 10 ? 10 : i)) * M);
        assert_true(o.kept.len <= 4 * 1100);
    }
    assert_true(o.kept.cap <= 64 * 1024);
    assert_int_equal(outbox_lost(&o, 99997 * M, 99990 * M).unacknowledged, 7);
    outbox_clear(&o);
}

static void outbox_merge_never_counts_too_few(void **state)
{
    struct outbox o;
    uint64_t all = 0;

    (void)state;
    outbox_init(&o, 100);
    for (uint64_t i = 1; i <= 10000; i++) {
        outbox_sent(&o, OPCODE_TEXT, slice_str(""), false, i * M);
        if (outbox_crowded(&o))
            outbox_merge(&o);
        assert_true(o.run_count <= OUTBOX_RUNS);
    }
    for (size_t i = 0; i < o.run_count; i++)
        all += o.runs[i].count;
    assert_int_equal(all, 10000);
    all = outbox_lost(&o, 10000 * M, 5000 * M).unacknowledged;
    assert_in_range(all, 5000, 5000 + 10000 / (OUTBOX_RUNS / 8));
    outbox_clear(&o);
}

static void outbox_without_memory_refuses_and_counts(void **state)
{
    (void)state;
    for (unsigned long n = 1;; n++) {
        struct outbox o;
        int put_rc;
        bool failed;

        outbox_init(&o, 1000000);
        alloc_fail_at(n);
        put_rc = outbox_put(&o, OPCODE_TEXT, slice_str("text"));
        if (put_rc == 0)
            outbox_given(&o, M);
        outbox_sent(&o, OPCODE_TEXT, slice_str("text"), true, 2 * M);
        failed = alloc_struck();
        if (put_rc < 0)
            assert_int_equal(o.queued, 0);
        /* Without a copy it is in doubt, never forgotten. */
        {
            struct outbox_loss loss = outbox_lost(&o, 0, 0);

            assert_int_equal(loss.again + loss.unacknowledged, put_rc == 0 ? 2 : 1);
        }
        outbox_clear(&o);
        if (!failed)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outbox_gives_back_in_order_what_was_put),
        cmocka_unit_test(outbox_put_keeps_to_the_limit),
        cmocka_unit_test(outbox_lost_sends_again_what_did_not_leave_whole),
        cmocka_unit_test(outbox_lost_keeps_the_order_of_those_that_waited),
        cmocka_unit_test(outbox_lost_loses_and_doubles_nothing_wherever_the_stream_is_cut),
        cmocka_unit_test(outbox_sent_counts_a_message_of_which_no_copy_is_kept),
        cmocka_unit_test(outbox_written_keeps_no_copy_of_what_is_gone),
        cmocka_unit_test(outbox_merge_never_counts_too_few),
        cmocka_unit_test(outbox_without_memory_refuses_and_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

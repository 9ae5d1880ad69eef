/* sink/backlog, and what term/sieve makes of it: messages are kept, bounded, counted and held. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alloc.h"
#include "term/sieve.h"

static struct event message(const char *text, enum event_dir dir)
{
    return (struct event){
        .kind = EVENT_MESSAGE,
        .dir = dir,
        .conn = 1,
        .message = {.type = OPCODE_TEXT, .data = slice_str(text), .final = true},
    };
}

static void check_kept(const struct backlog *b, uint64_t number, const char *want)
{
    struct event ev;
    uint64_t beyond;

    assert_true(backlog_get(b, number, &ev, &beyond));
    assert_string_equal((const char *)ev.message.data.data, want);
    assert_int_equal(ev.message.data.len, strlen(want));
    assert_int_equal(beyond, 0);
}

static void backlog_keeps_messages_with_what_belongs_to_them(void **state)
{
    struct backlog b = {0};
    struct event ev = message("hello", DIR_IN), kept;
    uint64_t beyond;

    (void)state;
    ev.message.sse_name = "tick";
    ev.message.sse_id = "7";
    ev.client = 3;
    assert_int_equal(backlog_add(&b, &ev), 0);
    assert_true(backlog_get(&b, 0, &kept, &beyond));
    assert_string_equal(kept.message.sse_name, "tick");
    assert_string_equal(kept.message.sse_id, "7");
    assert_int_equal(kept.client, 3);
    check_kept(&b, 0, "hello");
    assert_false(backlog_get(&b, 1, &kept, &beyond));
    backlog_clear(&b);
}

static void backlog_is_bounded_in_messages(void **state)
{
    struct backlog b = {0};
    struct event ev;
    uint64_t beyond;
    char text[32];

    (void)state;
    for (unsigned i = 0; i < BACKLOG_MESSAGES + 5; i++) {
        snprintf(text, sizeof text, "message %u", i);
        ev = message(text, DIR_IN);
        assert_int_equal(backlog_add(&b, &ev), i);
    }
    assert_int_equal(b.first, 5);
    assert_false(backlog_get(&b, 4, &ev, &beyond));
    check_kept(&b, 5, "message 5");
    check_kept(&b, BACKLOG_MESSAGES + 4, text);
    backlog_clear(&b);
    assert_int_equal(b.bytes, 0);
}

static void backlog_is_bounded_in_bytes_and_cuts_what_is_larger_than_one_may_be(void **state)
{
    struct backlog b = {0};
    char *text = calloc(1, BACKLOG_ONE + 100);
    struct event ev, kept;
    uint64_t beyond;

    (void)state;
    assert_non_null(text);
    memset(text, 'x', BACKLOG_ONE + 99);
    ev = message(text, DIR_IN);
    for (int i = 0; i < 20; i++) {
        backlog_add(&b, &ev);
        assert_true(b.bytes <= BACKLOG_BYTES);
    }
    assert_true(backlog_get(&b, 19, &kept, &beyond));
    assert_int_equal(kept.message.data.len, BACKLOG_ONE);
    assert_int_equal(beyond, 99);
    backlog_clear(&b);
    free(text);
}

static struct event part(const char *text, uint32_t number, uint64_t total, bool final,
                         uint32_t conn)
{
    struct event ev = message(text, DIR_IN);

    ev.conn = conn;
    ev.message.part = number;
    ev.message.total = total;
    ev.message.final = final;
    return ev;
}

static void parts_become_one_message_though_others_come_between(void **state)
{
    struct backlog b = {0};
    struct event evs[] = {part("one ", 1, 4, false, 1), part("A", 1, 1, false, 2),
                          part("two ", 2, 8, false, 1), part("B", 2, 2, true, 2),
                          part("three", 3, 13, true, 1)};

    (void)state;
    for (size_t i = 0; i < sizeof evs / sizeof *evs; i++)
        assert_int_not_equal(backlog_add(&b, &evs[i]), UINT64_MAX);
    assert_int_equal(b.end, 2);
    check_kept(&b, 0, "one two three");
    check_kept(&b, 1, "AB");
    backlog_clear(&b);
}

static void keep_some(void)
{
    struct backlog b = {0};
    struct event a = message("a", DIR_IN);
    struct event p = part("x", 1, 1, false, 1);
    struct event q = part("y", 2, 2, true, 1);

    backlog_add(&b, &a);
    backlog_add(&b, &p);
    backlog_add(&b, &q);
    backlog_clear(&b);
}

static void backlog_survives_want_of_memory(void **state)
{
    (void)state;
    ALLOC_EACH(keep_some());
}

struct shown {
    char text[256];
};

static void show(void *ctx, const struct event *ev, uint64_t beyond)
{
    struct shown *s = ctx;

    (void)beyond;
    strcat(s->text, (const char *)ev->message.data.data);
    strcat(s->text, ";");
}

static enum sieve_verdict sift(struct sieve *s, const char *text, enum event_dir dir)
{
    struct event ev = message(text, dir);
    enum sieve_verdict verdict = sieve_message(s, &ev);

    if (verdict == SIEVE_SHOW)
        sieve_shown(s);
    return verdict;
}

static void sieve_filters_each_way_and_counts(void **state)
{
    struct sieve s = {0};
    struct err e;

    (void)state;
    assert_int_equal(sieve_filter(&s, SIEVE_IN, slice_str("^a/b[0-9]$"), false, &e), 0);
    assert_int_equal(sift(&s, "a/b1", DIR_IN), SIEVE_SHOW);
    assert_int_equal(sift(&s, "nothing", DIR_IN), SIEVE_FILTERED);
    assert_int_equal(sift(&s, "nothing", DIR_OUT), SIEVE_SHOW);
    assert_int_equal(sieve_filter(&s, SIEVE_OUT, slice_str("x"), true, &e), 0);
    assert_int_equal(sift(&s, "xyz", DIR_OUT), SIEVE_FILTERED);
    assert_int_equal(sift(&s, "abc", DIR_OUT), SIEVE_SHOW);
    assert_int_equal(sieve_filter(&s, SIEVE_OUT, slice_str("("), false, &e), -1);
    assert_int_equal(sift(&s, "xyz", DIR_OUT), SIEVE_FILTERED); /* as it was */
    assert_int_equal(s.counts.shown, 3);
    assert_int_equal(s.counts.filtered, 3);
    sieve_clear(&s);
}

static void what_is_held_is_shown_once_though_the_filter_changed(void **state)
{
    struct sieve s = {0};
    struct shown shown = {""};
    struct err e;

    (void)state;
    sift(&s, "before", DIR_IN);
    sieve_filter(&s, SIEVE_IN, slice_str("[13]"), false, &e);
    sieve_pause(&s);
    assert_int_equal(sift(&s, "1", DIR_IN), SIEVE_HELD);
    assert_int_equal(sift(&s, "2", DIR_IN), SIEVE_FILTERED);
    assert_int_equal(sift(&s, "3", DIR_IN), SIEVE_HELD);
    assert_int_equal(s.counts.held, 2);
    sieve_unfilter(&s, SIEVE_IN);
    assert_int_equal(sieve_resume(&s, show, &shown), 0);
    assert_string_equal(shown.text, "1;3;");
    assert_int_equal(s.counts.shown, 3);
    assert_int_equal(s.counts.filtered, 1);
    assert_int_equal(s.counts.held, 0);
    assert_int_equal(sift(&s, "4", DIR_IN), SIEVE_SHOW);
    sieve_clear(&s);
}

static void count_only(void *ctx, const struct event *ev, uint64_t beyond)
{
    (void)ev;
    (void)beyond;
    (*(uint64_t *)ctx)++;
}

static void what_was_held_too_long_is_counted_as_lost(void **state)
{
    struct sieve s = {0};
    uint64_t shown = 0;

    (void)state;
    sieve_pause(&s);
    for (int i = 0; i < BACKLOG_MESSAGES + 70; i++)
        sift(&s, "m", DIR_IN);
    assert_int_equal(sieve_resume(&s, count_only, &shown), 70);
    assert_int_equal(shown, BACKLOG_MESSAGES);
    assert_int_equal(s.counts.shown + s.counts.lost, BACKLOG_MESSAGES + 70);
    sieve_clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(backlog_keeps_messages_with_what_belongs_to_them),
        cmocka_unit_test(backlog_is_bounded_in_messages),
        cmocka_unit_test(backlog_is_bounded_in_bytes_and_cuts_what_is_larger_than_one_may_be),
        cmocka_unit_test(parts_become_one_message_though_others_come_between),
        cmocka_unit_test(backlog_survives_want_of_memory),
        cmocka_unit_test(sieve_filters_each_way_and_counts),
        cmocka_unit_test(what_is_held_is_shown_once_though_the_filter_changed),
        cmocka_unit_test(what_was_held_too_long_is_counted_as_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

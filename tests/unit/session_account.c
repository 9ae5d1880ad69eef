#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "alloc.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "session/books/account.h"

/* What was reported, a line each. */
static char told[8192];
static uint64_t clock_us;

static void add(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void add(const char *format, ...)
{
    size_t n = strlen(told);
    va_list list;

    va_start(list, format);
    vsnprintf(told + n, sizeof told - n, format, list);
    va_end(list);
}

static void on_emit(void *ctx, struct event *ev)
{
    (void)ctx;
    switch (ev->kind) {
    case EVENT_DUPLICATE:
        if (ev->duplicate.has_seq)
            add("duplicate %" PRIu64 "\n", ev->duplicate.seq);
        else
            add("duplicate id %.*s\n", (int)ev->duplicate.id.len,
                (const char *)ev->duplicate.id.data);
        break;
    case EVENT_MISSED:
        add("%s %" PRIu64 "-%" PRIu64 " %" PRIu64 ": %" PRIu64 " recovered %" PRIu64 " lost",
            ev->missed.settled ? "settled" : "missed", ev->missed.from, ev->missed.to,
            ev->missed.missed, ev->missed.recovered, ev->missed.lost);
        for (size_t i = 0; i < ev->missed.named_count; i++)
            add(" %" PRIu64 "-%" PRIu64, ev->missed.named[i].from, ev->missed.named[i].to);
        add("%s, %" PRIu64 " duplicates\n", ev->missed.more_lost ? " more" : "",
            ev->missed.duplicates);
        break;
    case EVENT_NOTE:
        add("note\n");
        break;
    default:
        add("%s %" PRIu64 "-%" PRIu64 "\n", event_name(ev->kind), ev->range.from, ev->range.to);
    }
}

static struct account *make(struct account_config config)
{
    struct account *a = account_new(&config, on_emit, NULL);

    assert_non_null(a);
    told[0] = '\0';
    clock_us = 1000000;
    account_opened(a);
    return a;
}

static bool message(struct account *a, const char *text)
{
    struct event ev = {.kind = EVENT_MESSAGE, .at_us = clock_us};

    ev.message = (struct event_message){
        .type = OPCODE_TEXT, .data = slice_str(text), .final = true, .total = strlen(text)};
    account_message(a, &ev);
    return ev.message.again;
}

static bool number(struct account *a, uint64_t n)
{
    char text[48];

    snprintf(text, sizeof text, "{\"id\":%" PRIu64 ",\"v\":1}", n);
    return message(a, text);
}

static void expect(const char *words)
{
    assert_string_equal(told, words);
    told[0] = '\0';
}

static void reconnect(struct account *a)
{
    account_closed(a);
    account_opened(a);
}

static const struct account_config numbers = {.seq = "/id", .resume = "{\"since\":{last}}"};

static void account_is_wanted_with_a_pointer_alone(void **state)
{
    (void)state;
    assert_false(account_wanted(&(struct account_config){.fail_on_loss = true}));
    assert_true(account_wanted(&(struct account_config){.seq = ""}));
    assert_true(account_wanted(&(struct account_config){.id = "/a"}));
    assert_true(account_wanted(&(struct account_config){.epoch = "/a"}));
}

static void account_reads_exact_numbers_in_any_spelling_of_json(void **state)
{
    struct account *a = make((struct account_config){.seq = "/a/0"});

    (void)state;
    assert_false(message(a, "{\"a\":[18446744073709551613]}"));
    assert_false(message(a, " {\"x\":{}, \"\\u0061\" : [ \"18446744073709551615\" ] } "));
    expect(
        "gap 18446744073709551614-18446744073709551614\n"
        "missed 18446744073709551614-18446744073709551614 1: 0 recovered 0 lost, 0 duplicates\n");
    account_free(a);
}

static void account_passes_over_what_is_no_number(void **state)
{
    static const char *const others[] = {"",
                                         "hello",
                                         "{\"id\":1.0}",
                                         "{\"id\":1e3}",
                                         "{\"id\":-1}",
                                         "{\"id\":\"\"}",
                                         "{\"id\":\"1x\"}",
                                         "{\"id\":null}",
                                         "{\"id\":[1]}",
                                         "{\"other\":1}",
                                         "[1,2]",
                                         "{\"id\":18446744073709551616}"};
    struct account *a = make(numbers);

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_false(message(a, others[i]));
    account_finish(a);
    expect("note\n");
    account_finish(a);
    expect("");
    account_free(a);
}

static void account_settles_an_outage_in_one_word(void **state)
{
    struct account *a = make(numbers);

    (void)state;
    for (uint64_t n = 100; n <= 117; n++)
        number(a, n);
    reconnect(a);
    assert_false(number(a, 132));
    expect("gap 118-131\n");
    for (uint64_t n = 118; n <= 131; n++)
        if (n != 125 && n != 126)
            assert_false(number(a, n));
    assert_true(number(a, 132));
    expect("recovered 118-124\nrecovered 127-131\nduplicate 132\n");
    number(a, 133);
    expect("");
    reconnect(a);
    expect("missed 118-131 14: 12 recovered 0 lost, 1 duplicates\n");
    account_closed(a);
    account_finish(a);
    expect("lost 125-126\n"
           "settled 118-131 14: 12 recovered 2 lost 125-126, 1 duplicates\n");
    account_free(a);
}

static void account_waits_for_the_replay_to_pass_into_what_is_new(void **state)
{
    struct account *a = make(numbers);

    (void)state;
    number(a, 1);
    reconnect(a);
    number(a, 4);
    number(a, 2);
    number(a, 3);
    assert_true(number(a, 4));
    expect("gap 2-3\nrecovered 2-3\nduplicate 4\n");
    number(a, 5);
    expect("settled 2-3 2: 2 recovered 0 lost, 1 duplicates\n");
    account_finish(a);
    expect("");
    account_free(a);
}

static void account_says_a_word_when_recovery_takes_long(void **state)
{
    struct account *a = make(numbers);

    (void)state;
    number(a, 1);
    number(a, 4);
    expect("gap 2-3\n");
    clock_us += 1000000;
    number(a, 5);
    expect("missed 2-3 2: 0 recovered 0 lost, 0 duplicates\n");
    clock_us += 5000000;
    number(a, 6);
    expect("");
    account_free(a);
}

static void account_says_it_at_once_where_nothing_can_come_back_but_not_each_time(void **state)
{
    struct account *a = make((struct account_config){.seq = "/id"});

    (void)state;
    number(a, 1);
    number(a, 4);
    expect("gap 2-3\nmissed 2-3 2: 0 recovered 0 lost, 0 duplicates\n");
    number(a, 6);
    expect("gap 5-5\n");
    clock_us += 1000000;
    number(a, 7);
    expect("missed 2-5 3: 0 recovered 0 lost, 0 duplicates\n");
    account_free(a);
}

static void account_names_a_bounded_number_of_lost(void **state)
{
    struct account *a = make(numbers);

    (void)state;
    for (uint64_t n = 1; n < 23; n += 2)
        number(a, n);
    told[0] = '\0';
    account_finish(a);
    assert_non_null(strstr(told, "lost 20-20\nsettled 2-20 10: 0 recovered 10 lost 2-2 4-4 6-6 8-8 "
                                 "10-10 12-12 14-14 16-16 more, 0 duplicates\n"));
    account_free(a);
}

static void account_resumes_from_the_last_number_after_a_reconnect_only(void **state)
{
    struct account *a = make(numbers);
    struct slice text;

    (void)state;
    assert_int_equal(account_resume(a, &text), 0); /* the first opening */
    reconnect(a);
    assert_int_equal(account_resume(a, &text), 0); /* no number yet */
    number(a, 118);
    assert_int_equal(account_resume(a, &text), 1);
    assert_true(slice_is(text, "{\"since\":118}"));
    account_free(a);
}

static void account_resumes_from_the_last_identity(void **state)
{
    struct account *a = make((struct account_config){.id = "/k", .resume = "after {last} {id}"});
    struct slice text;

    (void)state;
    assert_false(message(a, "{\"k\":\"a\"}"));
    assert_false(message(a, "{\"k\":7}"));
    assert_true(message(a, "{\"k\":\"a\"}")); /* an older one that came again */
    expect("duplicate id a\n");
    reconnect(a);
    assert_int_equal(account_resume(a, &text), 1);
    assert_true(slice_is(text, "after 7 7"));
    account_free(a);
}

static void check_target(struct account *a, const char *target, const char *want)
{
    char *got = account_resume_target(a, target);

    assert_non_null(got);
    assert_string_equal(got, want);
    free(got);
}

static void account_adds_to_the_query_of_a_reconnect(void **state)
{
    struct account_config config = {.seq = "/id", .resume_query = "since={last}"};
    struct account *a = account_new(&config, on_emit, NULL);

    (void)state;
    check_target(a, "/feed", "/feed"); /* the first attempt */
    account_opened(a);
    account_closed(a);
    check_target(a, "/feed", "/feed?since=");
    account_opened(a);
    number(a, 9);
    account_closed(a);
    check_target(a, "/feed", "/feed?since=9");
    check_target(a, "/feed?a=b", "/feed?a=b&since=9");
    account_free(a);
}

static void account_fills_in_the_epoch(void **state)
{
    struct account *a =
        make((struct account_config){.seq = "/n", .epoch = "/e", .resume = "[\"{epoch}\",{last}]"});
    struct slice text;

    (void)state;
    message(a, "{\"n\":5,\"e\":\"x\\\"y\"}");
    reconnect(a);
    assert_int_equal(account_resume(a, &text), 1);
    assert_true(slice_is(text, "[\"x\\\"y\",5]"));
    account_free(a);
}

static void account_reads_a_message_in_parts_by_its_first(void **state)
{
    struct account *a = make(numbers);
    struct event ev = {.kind = EVENT_MESSAGE};

    (void)state;
    number(a, 5);
    ev.message = (struct event_message){.data = slice_str("{\"id\":5,\"text\":\"abc"), .part = 1};
    account_message(a, &ev);
    assert_true(ev.message.again);
    ev.message.part = 2;
    ev.message.again = false;
    account_message(a, &ev);
    assert_true(ev.message.again);
    assert_false(number(a, 6));
    /* Its digits may go on in the next part. */
    ev.message = (struct event_message){.data = slice_str("{\"id\":6"), .part = 1};
    account_message(a, &ev);
    assert_false(ev.message.again);
    account_free(a);
}

static void account_warns_once_of_numbers_that_began_anew(void **state)
{
    struct account *a = make(numbers);

    (void)state;
    for (uint64_t n = 1; n <= 100; n++)
        number(a, n);
    reconnect(a);
    for (uint64_t n = 1; n <= 9; n++)
        assert_true(number(a, n));
    assert_null(strstr(told, "note"));
    number(a, 10);
    assert_non_null(strstr(told, "note"));
    told[0] = '\0';
    number(a, 11);
    reconnect(a);
    for (uint64_t n = 1; n <= 20; n++)
        number(a, n);
    assert_null(strstr(told, "note"));
    account_free(a);
}

static void account_replay_that_was_asked_for_is_no_new_beginning(void **state)
{
    struct account *a = make(numbers);
    struct slice text;

    (void)state;
    number(a, 1);
    for (uint64_t n = 50; n <= 100; n++)
        number(a, n);
    reconnect(a);
    assert_int_equal(account_resume(a, &text), 1);
    assert_true(slice_is(text, "{\"since\":1}"));
    for (uint64_t n = 50; n <= 100; n++)
        assert_true(number(a, n));
    assert_null(strstr(told, "note"));
    account_free(a);
}

static bool fetched(struct account *a, const char *text)
{
    struct event ev = {.kind = EVENT_MESSAGE, .at_us = clock_us};

    ev.message = (struct event_message){.data = slice_str(text), .final = true};
    return account_fetched(a, &ev);
}

static void account_catches_up_with_one_hole_for_all(void **state)
{
    static const char *const items[] = {"{\"id\":3}", "{\"id\":4}", "{\"id\":5}", "{\"id\":7}"};
    struct account *a = make((struct account_config){.seq = "/id", .catches_up = true});
    char *target;

    (void)state;
    assert_int_equal(account_catchup(a, "/since?n={last}", &target), 0); /* the first connection */
    number(a, 3);
    reconnect(a);
    assert_int_equal(account_catchup(a, "/since?n={last}", &target), 1);
    assert_non_null(target);
    assert_string_equal(target, "/since?n=3");
    free(target);
    for (int i = 0; i < 4; i++)
        account_expect(a, slice_str(items[i]));
    account_expected(a);
    assert_false(fetched(a, items[0]));
    for (int i = 1; i < 4; i++)
        assert_true(fetched(a, items[i]));
    expect("gap 4-7\nrecovered 4-5\n");
    account_finish(a);
    expect("recovered 7-7\nlost 6-6\nsettled 4-7 4: 3 recovered 1 lost 6-6, 0 duplicates\n");
    account_free(a);
}

static void account_fails_on_loss_alone(void **state)
{
    struct account *a = make((struct account_config){.seq = "/id", .fail_on_loss = true});
    struct totals totals = {0};

    (void)state;
    number(a, 1);
    number(a, 3);
    assert_false(account_failed(a));
    account_finish(a);
    assert_true(account_failed(a));
    account_totals(a, &totals);
    assert_int_equal(totals.missed, 1);
    assert_int_equal(totals.lost, 1);
    account_free(a);
}

static void account_new_fails_cleanly_at_any_allocation(void **state)
{
    struct account_config config = {.seq = "/id", .id = "/k"};

    (void)state;
    ALLOC_EACH(account_free(account_new(&config, on_emit, NULL)));
}

static void account_distinguishes_a_lack_of_memory_from_nothing_to_ask_for(void **state)
{
    struct account *a = make((struct account_config){.seq = "/id", .resume = "from {last}"});
    struct slice text;
    char *target = NULL;

    (void)state;
    number(a, 3);
    reconnect(a);
    alloc_fail_at(1);
    assert_int_equal(account_resume(a, &text), -1);
    assert_true(alloc_struck());
    alloc_fail_at(1);
    assert_int_equal(account_catchup(a, "/since?n={last}", &target), -1);
    assert_true(alloc_struck());
    assert_null(target);
    account_free(a);
}

static void run_all(const struct account_config *config)
{
    struct account *a = account_new(config, on_emit, NULL);
    struct slice text;

    if (a) {
        account_opened(a);
        message(a, "{\"id\":1,\"k\":\"a\",\"e\":\"x\"}");
        message(a, "{\"id\":2,\"k\":\"b\",\"e\":\"y\"}");
        reconnect(a);
        account_resume(a, &text);
        free(account_resume_target(a, "/feed"));
        account_finish(a);
    }
    account_free(a);
}

static void account_survives_any_allocation_that_fails(void **state)
{
    struct account_config config = {.seq = "/id",
                                    .id = "/k",
                                    .epoch = "/e",
                                    .resume = "{last}{id}{epoch}",
                                    .resume_query = "{last}"};

    (void)state;
    ALLOC_EACH(run_all(&config));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(account_is_wanted_with_a_pointer_alone),
        cmocka_unit_test(account_reads_exact_numbers_in_any_spelling_of_json),
        cmocka_unit_test(account_passes_over_what_is_no_number),
        cmocka_unit_test(account_settles_an_outage_in_one_word),
        cmocka_unit_test(account_waits_for_the_replay_to_pass_into_what_is_new),
        cmocka_unit_test(account_says_a_word_when_recovery_takes_long),
        cmocka_unit_test(account_says_it_at_once_where_nothing_can_come_back_but_not_each_time),
        cmocka_unit_test(account_names_a_bounded_number_of_lost),
        cmocka_unit_test(account_resumes_from_the_last_number_after_a_reconnect_only),
        cmocka_unit_test(account_resumes_from_the_last_identity),
        cmocka_unit_test(account_adds_to_the_query_of_a_reconnect),
        cmocka_unit_test(account_fills_in_the_epoch),
        cmocka_unit_test(account_reads_a_message_in_parts_by_its_first),
        cmocka_unit_test(account_warns_once_of_numbers_that_began_anew),
        cmocka_unit_test(account_replay_that_was_asked_for_is_no_new_beginning),
        cmocka_unit_test(account_catches_up_with_one_hole_for_all),
        cmocka_unit_test(account_fails_on_loss_alone),
        cmocka_unit_test(account_new_fails_cleanly_at_any_allocation),
        cmocka_unit_test(account_distinguishes_a_lack_of_memory_from_nothing_to_ask_for),
        cmocka_unit_test(account_survives_any_allocation_that_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

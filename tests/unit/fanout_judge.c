#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "fanout_kit.h"

static void expect_fault(struct service s, const char *word)
{
    for (uint32_t dice = 1; dice <= 3; dice++) {
        s.dice = dice * 7919;
        assert_int_equal(play(s), 0);
        if (word && (report->fault_count != 1 ||
                     strcmp(fanout_fault_word(report->faults[0].kind), word) != 0))
            print_error("planted %d, named %d, way %d, redis %d: wanted %s, %zu faults: %s\n",
                        s.planted, s.named, s.way, s.redis, word, report->fault_count,
                        report->verdict);
        if (!word && report->fault_count > 0)
            print_error("planted %d, named %d, way %d: wanted none: %s\n", s.planted, s.named,
                        s.way, report->verdict);
        assert_int_equal(report->fault_count, word ? 1 : 0);
        if (word)
            assert_string_equal(fanout_fault_word(report->faults[0].kind), word);
        clear();
    }
}

static void judge_names_one_fault(void **state)
{
    static const struct {
        enum planted planted;
        const char *word;
    } cases[] = {
        {PLANT_NONE, NULL},           {PLANT_NO_BUS, "no-bus"},
        {PLANT_DEAF, "deaf"},         {PLANT_MUTE, "mute"},
        {PLANT_DOUBLE, "double"},     {PLANT_DOUBLE_OF_ONE, "double"},
        {PLANT_DOUBLE_OWN, "double"}, {PLANT_ISOLATED, "isolated"},
        {PLANT_LATE, "late"},         {PLANT_LATE_NODE, "late"},
        {PLANT_LOSS, "loss"},         {PLANT_NOBODY, "nothing-delivered"},
        {PLANT_NO_ECHO, "no-echo"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int named = 0; named < 2; named++)
            for (uint32_t connections = 6; connections <= 48; connections *= 2) {
                struct service s = usual;

                s.planted = cases[i].planted;
                s.named = named;
                s.connections = connections;
                expect_fault(s, cases[i].word);
            }
}

/* Few connections, a single one on a node, one round, no message to the sender itself. */
static void judge_needs_little(void **state)
{
    static const struct {
        enum planted planted;
        const char *word;
    } cases[] = {{PLANT_NONE, NULL},   {PLANT_NO_BUS, "no-bus"},       {PLANT_DEAF, "deaf"},
                 {PLANT_MUTE, "mute"}, {PLANT_ISOLATED, "isolated"},   {PLANT_DOUBLE, "double"},
                 {PLANT_LATE, "late"}, {PLANT_DOUBLE_OF_ONE, "double"}};
    struct service s = usual;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (s.nodes = 3; s.nodes <= 5; s.nodes++)
            for (s.connections = s.nodes; s.connections <= 2 * s.nodes; s.connections += 2)
                for (s.rounds = 1; s.rounds <= 3; s.rounds += 2)
                    for (int variant = 0; variant < 4; variant++) {
                        s.planted = cases[i].planted;
                        s.named = variant & 1;
                        s.expect = variant & 2 ? FANOUT_OTHERS : FANOUT_ALL;
                        /* With one connection a node, others of the node receive nothing. */
                        if (s.planted == PLANT_NO_BUS && s.connections == s.nodes)
                            s.expect = FANOUT_ALL;
                        expect_fault(s, cases[i].word);
                    }
}

static void judge_takes_chance_for_no_pattern(void **state)
{
    struct service s = usual;

    (void)state;
    s.planted = PLANT_LOSS;
    s.rounds = 1;
    for (s.connections = 12; s.connections <= 24; s.connections += 3)
        for (int named = 0; named < 2; named++) {
            s.named = named;
            expect_fault(s, "loss");
        }
}

static void judge_tells_a_connection_from_a_node(void **state)
{
    struct service s = usual;

    (void)state;
    s.planted = PLANT_DEAF_CONNECTION;
    s.connections = 9;
    expect_fault(s, "deaf-connections");
    assert_int_equal(play(s), 0);
    assert_non_null(strstr(report->verdict, "Connection 6 received nothing"));
    clear();
}

static void judge_names_the_node(void **state)
{
    struct service s = usual;

    (void)state;
    s.planted = PLANT_DEAF;
    assert_int_equal(play(s), 0);
    assert_int_equal(report->faults[0].node, BAD);
    assert_non_null(strstr(report->verdict, "Node n3 does not subscribe"));
    s.named = false;
    assert_int_equal(play(s), 0);
    assert_int_equal(report->node_count, 2);
    assert_non_null(strstr(report->verdict, "Island 2 (connections 3 and 6) does not subscribe"));
    clear();
}

static void judge_uses_what_redis_showed(void **state)
{
    struct service s = usual;

    (void)state;
    s.redis = true;
    expect_fault(s, NULL);
    s.planted = PLANT_NO_BUS;
    expect_fault(s, "not-delivered");
    s.nothing_published = true;
    expect_fault(s, "never-published");
    s.planted = PLANT_NOBODY;
    expect_fault(s, "never-published");
    s.planted = PLANT_MUTE;
    expect_fault(s, "mute");
    s.planted = PLANT_ISOLATED;
    expect_fault(s, "never-published");
    s.nothing_published = false;
    expect_fault(s, "isolated");
    s.prefix = true;
    expect_fault(s, "wrong-channel");
    s.named = false;
    expect_fault(s, "wrong-channel");
    s.prefix = false;
    s.planted = PLANT_MUTE;
    expect_fault(s, "not-delivered");
    s.planted = PLANT_NOBODY;
    expect_fault(s, "not-delivered");
    s.planted = PLANT_DOUBLE_OF_ONE;
    s.named = true;
    assert_int_equal(play(s), 0);
    assert_non_null(strstr(report->verdict, "from node n3 arrive twice; they are published"));
    clear();
}

static void judge_of_two_nodes_needs_redis(void **state)
{
    struct service s = usual;

    (void)state;
    s.nodes = 2;
    s.planted = PLANT_NO_BUS;
    expect_fault(s, "no-bus");
    for (int named = 0; named < 2; named++) {
        s = usual;
        s.named = named;
        s.planted = PLANT_NONE;
        s.nodes = 1;
        expect_fault(s, NULL);
    }
}

static void judge_messages_from_outside(void **state)
{
    static const struct {
        enum planted planted;
        const char *word;
    } cases[] = {{PLANT_NONE, NULL},      {PLANT_NO_BUS, "no-bus"},
                 {PLANT_MUTE, "mute"},    {PLANT_DEAF, "deaf"},
                 {PLANT_LOSS, "loss"},    {PLANT_NOBODY, "nothing-delivered"},
                 {PLANT_DOUBLE, "double"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int named = 0; named < 2; named++) {
            struct service s = usual;

            s.way = FANOUT_BY_HTTP;
            s.planted = cases[i].planted;
            s.named = named;
            s.connections = 12;
            expect_fault(s, cases[i].word);
            assert_int_equal(play(s), 0);
            assert_string_equal(report->outside, "http");
            assert_int_equal(report->rows, 1);
        }
    clear();
}

static void judge_knows_what_is_expected(void **state)
{
    struct service s = usual;

    (void)state;
    s.expect = FANOUT_OTHERS;
    expect_fault(s, NULL);
    s.expect = FANOUT_NONE;
    expect_fault(s, "unexpected");
    s.planted = PLANT_NOBODY;
    expect_fault(s, NULL);
    s.planted = PLANT_NONE;
    s.expect = FANOUT_SENDER;
    expect_fault(s, "unexpected");
    s.expect = FANOUT_ISLANDS;
    expect_fault(s, "islands");
    s.planted = PLANT_NO_BUS;
    for (int variant = 0; variant < 4; variant++) {
        s.named = variant & 1;
        s.way = variant & 2 ? FANOUT_BY_COMMAND : FANOUT_BY_CLIENT;
        s.planted = PLANT_NO_BUS;
        expect_fault(s, NULL);
        s.planted = PLANT_NONE;
        expect_fault(s, "islands");
    }
}

static void matrix_adds_up(void **state)
{
    for (int named = 0; named < 2; named++) {
        struct service s = usual;
        struct fanout_cell sum = {0};

        (void)state;
        s.named = named;
        s.planted = PLANT_LOSS;
        s.dice = 5;
        assert_int_equal(play(s), 0);
        for (uint32_t a = 0; a < report->rows; a++)
            for (uint32_t b = 0; b < report->node_count; b++) {
                sum.delivered += fanout_cell(report, a, b)->delivered;
                sum.lost += fanout_cell(report, a, b)->lost;
                assert_in_range(fanout_cell(report, a, b)->p50_us, 5000, 10100);
            }
        assert_int_equal(report->published, 24);
        assert_int_equal(sum.delivered, report->total.delivered);
        assert_int_equal(sum.lost, report->total.lost);
        assert_int_equal(sum.delivered + sum.lost, 24 * 8);
    }
    clear();
}

static void a_look_before_the_first_message_decides_nothing(void **state)
{
    const struct fanout_config config = {.connections = 4, .within_us = 1, .grace_us = 1};
    struct field field = {slice_str("x-node"), slice_str("a")};
    char nonce[NONCE_TEXT];

    (void)state;
    facts = fanout_new(&config);
    for (uint32_t i = 0; i < 4; i++) {
        report = fanout_report_new(facts, i);
        assert_non_null(report);
        assert_string_equal(report->verdict, "No message was published.");
        fanout_report_free(report);
        field.value = slice_str(i % 2 ? "b" : "a");
        assert_int_equal(fanout_opened(facts, i, &field, 1, i), 0);
    }
    assert_int_equal(fanout_publish(facts, 0, 5, nonce), 0);
    report = fanout_report_new(facts, 6);
    assert_int_equal(report->node_count, 2);
    assert_string_equal(report->source, "header x-node");
    assert_string_equal(fanout_node(facts, 1), "b");
    clear();
}

static void what_is_waited_for_follows_the_connections(void **state)
{
    const struct fanout_config config = {
        .connections = 3, .within_us = 10, .grace_us = 1000, .expect = FANOUT_OTHERS};
    char nonce[NONCE_TEXT], other[NONCE_TEXT];

    (void)state;
    facts = fanout_new(&config);
    for (uint32_t i = 0; i < 2; i++)
        assert_int_equal(fanout_opened(facts, i, NULL, 0, 1), 0);
    assert_int_equal(fanout_publish(facts, 0, 5, nonce), 0);
    assert_int_equal(fanout_publish(facts, 1, 5, other), 0);
    assert_int_equal(fanout_waiting(facts), 2);
    assert_int_equal(fanout_message(facts, 1, slice_str(nonce), 6), 0);
    assert_int_equal(fanout_message(facts, 1, slice_str(nonce), 6), 0);
    assert_int_equal(fanout_waiting(facts), 1);
    assert_int_equal(fanout_opened(facts, 2, NULL, 0, 7), 0);
    assert_int_equal(fanout_waiting(facts), 2);
    fanout_closed(facts, 2, 1001, true, 8);
    assert_int_equal(fanout_waiting(facts), 1);
    fanout_unpublish(facts);
    assert_int_equal(fanout_waiting(facts), 0);
    assert_int_equal(fanout_publish(facts, 1, 9, other), 0);
    assert_int_equal(fanout_settle(facts, 500), 1005);
    assert_int_equal(fanout_settle(facts, 1005), 1009);
    assert_int_equal(fanout_waiting(facts), 1);
    assert_int_equal(fanout_settle(facts, 2000), UINT64_MAX);
    assert_int_equal(fanout_waiting(facts), 0);
    clear();
}

static void many_connections_need_no_record_for_each_delivery(void **state)
{
    struct service s = usual;

    (void)state;
    s.connections = 3000;
    s.rounds = 1;
    s.planted = PLANT_DEAF;
    s.named = false;
    assert_int_equal(play(s), 0);
    assert_true(report->stride > 1);
    assert_int_equal(report->fault_count, 1);
    assert_string_equal(fanout_fault_word(report->faults[0].kind), "deaf");
    assert_int_equal(report->published, 3000);
    clear();
}

static void book_survives_failing_allocations(void **state)
{
    struct service s = usual;

    (void)state;
    for (int named = 0; named < 2; named++) {
        s.named = named;
        s.rounds = 1;
        ALLOC_EACH(play(s));
        assert_non_null(report);
    }
    clear();
}

/* What they missed afterwards is not lost, but not all is well either. */
static void judge_names_connections_that_end(void **state)
{
    struct service s = usual;

    (void)state;
    s.connections = 6;
    assert_int_equal(play(s), 0);
    fanout_closed(facts, 1, 1009, true, 100000000);
    fanout_closed(facts, 2, 1006, false, 100000001);
    fanout_report_free(report);
    report = fanout_report_new(facts, 200000000);
    assert_int_equal(report->fault_count, 1);
    assert_int_equal(report->faults[0].kind, FANOUT_FAULT_ENDED);
    assert_string_equal(report->verdict, "2 of 6 connections ended before all messages had come, "
                                         "the first with close code 1009.");
    clear();
}

/* Before the first message, too: all that are left receive it, which are not all. */
static void judge_names_a_connection_that_ends_early(void **state)
{
    const struct fanout_config config = {.connections = 2, .within_us = 1, .grace_us = 2};
    char nonce[NONCE_TEXT];

    (void)state;
    facts = fanout_new(&config);
    assert_non_null(facts);
    for (uint32_t i = 0; i < 2; i++)
        assert_int_equal(fanout_opened(facts, i, NULL, 0, 1), 0);
    fanout_closed(facts, 1, 1006, false, 2);
    assert_int_equal(fanout_publish(facts, 0, 3, nonce), 0);
    assert_int_equal(fanout_message(facts, 0, slice_str(nonce), 4), 0);
    assert_int_equal(look(100), 0);
    assert_int_equal(report->fault_count, 1);
    assert_string_equal(report->verdict, "1 of 2 connections ended before all messages had come, "
                                         "the first with close code 1006.");
    clear();
}

/* The time for it was over, and it came at last. */
static void judge_tells_what_came_too_late_from_what_was_lost(void **state)
{
    struct service s = usual;
    char nonce[NONCE_TEXT];
    uint64_t t = 100000000;

    (void)state;
    s.connections = 6;
    assert_int_equal(play(s), 0);
    assert_int_equal(fanout_publish(facts, 0, t, nonce), 0);
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(fanout_message(facts, i, slice_str(nonce), t + 1000), 0);
    assert_int_equal(fanout_settle(facts, t + 60000000), UINT64_MAX);
    assert_int_equal(look(t + 60000000), 0);
    assert_int_equal(report->total.lost, 1);
    assert_string_equal(fanout_fault_word(report->faults[0].kind), "loss");
    assert_int_equal(fanout_message(facts, 5, slice_str(nonce), t + 61000000), 0);
    assert_int_equal(look(t + 62000000), 0);
    assert_int_equal(report->stragglers, 1);
    assert_int_equal(report->fault_count, 1);
    assert_string_equal(fanout_fault_word(report->faults[0].kind), "late");
    assert_string_equal(report->verdict,
                        "1 delivery came more than 4.00 s after the message was sent.");
    clear();
}

/* The nodes are those that connections were on, open or not. */
static void sticky_is_judged_by_all_that_opened(void **state)
{
    struct service s = usual;

    (void)state;
    s.connections = 6;
    assert_int_equal(play(s), 0);
    for (uint32_t i = 0; i < 6; i++)
        fanout_closed(facts, i, 1009, true, 100000000);
    fanout_report_free(report);
    report = fanout_report_new(facts, 200000000);
    assert_int_equal(report->sticky.plain.nodes, 3);
    clear();
}

/* --- drills -------------------------------------------------------------------------------------
 */

static void open_on(uint32_t conn, const char *node, uint64_t now)
{
    const struct field field = {slice_str("X-Node"), slice_str(node)};

    assert_int_equal(fanout_opened(facts, conn, &field, 1, now), 0);
}

static void drill_is_summed_up_in_a_sentence(void **state)
{
    struct service s = usual;
    uint64_t t = 100000000;

    (void)state;
    s.connections = 6;
    assert_int_equal(play(s), 0);
    assert_int_equal(fanout_drill_begin(facts, t), 0);
    fanout_report_free(report);
    report = fanout_report_new(facts, t);
    assert_non_null(strstr(report->verdict,
                           ". During the drill no connection ended, and no delivery "
                           "was lost."));
    fanout_closed(facts, 0, 1001, true, t + 1000000);
    open_on(0, "n2", t + 2000000);
    fanout_report_free(report);
    report = fanout_report_new(facts, t + 3000000);
    assert_non_null(strstr(report->verdict, ". During the drill 1 of 6 connections ended, it "
                                            "returned, and no delivery was lost."));
    fanout_closed(facts, 3, 1001, true, t + 4000000);
    open_on(3, "n2", t + 5000000);
    fanout_report_free(report);
    report = fanout_report_new(facts, t + 6000000);
    assert_non_null(strstr(report->verdict, ". During the drill 2 of 6 connections ended, all of "
                                            "them returned, and no delivery was lost."));
    clear();
}

static void drill_accounts_for_each_connection(void **state)
{
    struct service s = usual;
    const struct drill_account *a;
    char nonce[NONCE_TEXT];
    uint64_t t = 100000000;

    (void)state;
    s.connections = 6;
    assert_int_equal(play(s), 0);
    assert_int_equal(fanout_drill_begin(facts, t), 0);
    fanout_closed(facts, 0, 1001, true, t + 1000000); /* both of n1 end; one is clean */
    fanout_closed(facts, 3, 1006, false, t + 1000000);
    fanout_closed(facts, 1, 1001, true, t + 1500000); /* n2's first does not return */
    assert_int_equal(fanout_publish(facts, 2, t + 2000000, nonce), 0);
    assert_int_equal(fanout_message(facts, 2, slice_str(nonce), t + 2010000), 0);
    assert_int_equal(fanout_message(facts, 4, slice_str(nonce), t + 2010000), 0);
    assert_int_equal(fanout_message(facts, 5, slice_str(nonce), t + 2010000), 0);
    open_on(0, "n2", t + 3000000);
    open_on(3, "n3", t + 3200000);
    assert_int_equal(fanout_message(facts, 3, slice_str(nonce), t + 4300000), 0); /* late */
    assert_int_equal(fanout_settle(facts, t + 60000000), UINT64_MAX);
    assert_false(fanout_drill_over(facts));
    fanout_drill_end(facts, t + 9000000, 0);
    fanout_settle(facts, t + 9000000);
    fanout_report_free(report);
    report = fanout_report_new(facts, t + 9000000);
    assert_non_null(report);
    assert_int_equal(report->fault_count, 0);
    assert_int_equal(report->drill.connections, 6);
    assert_int_equal(report->drill.unaffected, 3);
    assert_int_equal(report->drill.ended, 3);
    assert_int_equal(report->drill.clean, 2);
    assert_int_equal(report->drill.back, 2);
    assert_int_equal(report->drill.gone, 1);
    assert_int_equal(report->drill.moved, 2);
    assert_int_equal(report->drill.lost, 2);
    assert_int_equal(report->drill.late, 1);
    assert_int_equal(report->drill.peak_per_s, 2);
    assert_int_equal(report->drill.away_max_us, 2200000);
    assert_true(report->drill.even > 1.79 && report->drill.even < 1.81);
    assert_non_null(strstr(report->verdict,
                           ". During the drill 3 of 6 connections ended, 1 did not "
                           "return, and 2 deliveries were lost."));
    a = fanout_account(report, 0);
    assert_int_equal(a->before, 0);
    assert_int_equal(a->after, 1);
    assert_int_equal(a->code, 1001);
    assert_int_equal(a->away_us, 2000000);
    assert_int_equal(a->lost, 1);
    assert_string_equal(drill_word(a), "clean");
    assert_string_equal(drill_word(fanout_account(report, 1)), "gone");
    assert_string_equal(drill_word(fanout_account(report, 3)), "unclean");
    assert_string_equal(drill_word(fanout_account(report, 2)), "unaffected");
    clear();
}

static void drill_keeps_each_gap(void **state)
{
    struct service s = usual;
    const struct drill_account *a;
    uint64_t t = 100000000;

    (void)state;
    assert_int_equal(play(s), 0);
    assert_int_equal(fanout_drill_begin(facts, t), 0);
    for (uint64_t i = 0; i < DRILL_GAPS + 2; i++) {
        fanout_closed(facts, 0, 1001, i != 1, t + 1000 * i);
        if (i < DRILL_GAPS + 1)
            open_on(0, i % 2 ? "n3" : "n2", t + 1000 * i + 100);
    }
    fanout_drill_end(facts, t + 20000, 0);
    assert_int_equal(look(t + 20000), 0);
    a = fanout_account(report, 0);
    assert_int_equal(a->ends, DRILL_GAPS + 2);
    assert_int_equal(drill_gaps(a), DRILL_GAPS);
    assert_int_equal(a->gaps[0].lost_us, t);
    assert_int_equal(a->gaps[0].back_us, t + 100);
    assert_int_equal(a->gaps[0].to, 1);
    assert_int_equal(a->gaps[1].to, 2);
    assert_true(a->gaps[0].clean && !a->gaps[1].clean && !a->clean);
    assert_int_equal(a->gaps[DRILL_GAPS - 1].lost_us, t + 1000 * (DRILL_GAPS - 1));
    assert_int_equal(a->gaps[DRILL_GAPS - 1].back_us, 0);
    clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judge_names_one_fault),
        cmocka_unit_test(judge_needs_little),
        cmocka_unit_test(judge_takes_chance_for_no_pattern),
        cmocka_unit_test(judge_tells_a_connection_from_a_node),
        cmocka_unit_test(judge_names_the_node),
        cmocka_unit_test(judge_uses_what_redis_showed),
        cmocka_unit_test(judge_of_two_nodes_needs_redis),
        cmocka_unit_test(judge_messages_from_outside),
        cmocka_unit_test(judge_knows_what_is_expected),
        cmocka_unit_test(matrix_adds_up),
        cmocka_unit_test(a_look_before_the_first_message_decides_nothing),
        cmocka_unit_test(what_is_waited_for_follows_the_connections),
        cmocka_unit_test(many_connections_need_no_record_for_each_delivery),
        cmocka_unit_test(book_survives_failing_allocations),
        cmocka_unit_test(judge_names_connections_that_end),
        cmocka_unit_test(judge_names_a_connection_that_ends_early),
        cmocka_unit_test(judge_tells_what_came_too_late_from_what_was_lost),
        cmocka_unit_test(sticky_is_judged_by_all_that_opened),
        cmocka_unit_test(drill_is_summed_up_in_a_sentence),
        cmocka_unit_test(drill_accounts_for_each_connection),
        cmocka_unit_test(drill_keeps_each_gap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

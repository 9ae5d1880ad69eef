#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "alloc.h"
#include "measure_kit.h"

static struct kit kit;
static struct figures figures;

static bool near(double value, double wanted, double share)
{
    return value >= wanted * (1 - share) && value <= wanted * (1 + share);
}

static void compare_measures_lag_behind_the_first_to_show_an_update(void **state)
{
    const struct figures_channel *ws, *poll;

    (void)state;
    kit_init(&kit, "/id", NULL);
    kit_add(&kit, CHANNEL_WS, 0, "ws");
    kit_add(&kit, CHANNEL_POLL, 2 * KIT_S, "poll 2 s");
    kit_feed(&kit, 20 * KIT_S, false, false);
    figures_make(&figures, &kit.compare, 20 * KIT_S);
    ws = &figures.channels[0];
    poll = &figures.channels[1];

    assert_int_equal(figures.begin_us, 15 * KIT_MS); /* the poll's first answer */
    assert_int_equal(figures.updates, 100);
    assert_int_equal(ws->updates, 100);
    assert_int_equal(ws->first, 100);
    assert_int_equal(ws->missed, 0);
    assert_int_equal(ws->lag.max_us, 0);
    /* Its last request was at 18.01 s, when 90 had been sent. */
    assert_int_equal(poll->updates, 90);
    assert_int_equal(poll->missed, 0);
    assert_int_equal(poll->outside, 10); /* the next poll was due */
    assert_int_equal(poll->requests, 9);
    assert_int_equal(poll->empty, 0);
    assert_true(near((double)poll->lag.p50_us, 914e3, 0.02));
    assert_true(near((double)poll->lag.max_us, 1914e3, 0.001));
    assert_true(near(poll->requests_per_update, 0.1, 0.001));
    assert_false(figures.by_time);
    comparison_clear(&kit.compare);
}

static void compare_counts_what_was_overwritten_between_polls_as_missed(void **state)
{
    (void)state;
    kit_init(&kit, "/id", NULL);
    kit_add(&kit, CHANNEL_WS, 0, "ws");
    kit_add(&kit, CHANNEL_POLL, 2 * KIT_S, "poll 2 s");
    kit_feed(&kit, 20 * KIT_S, false, true);
    figures_make(&figures, &kit.compare, 20 * KIT_S);
    assert_int_equal(figures.channels[1].updates, 9);
    assert_int_equal(figures.channels[1].missed, 72); /* between the 10th and the 90th */
    assert_int_equal(figures.channels[1].outside, 19);
    assert_int_equal(figures.channels[0].missed, 0);
    comparison_clear(&kit.compare);
}

static void compare_measures_against_the_servers_time(void **state)
{
    const struct figures_channel *ws, *poll;

    (void)state;
    kit_init(&kit, "/id", "/time");
    kit_add(&kit, CHANNEL_WS, 0, "ws");
    kit_add(&kit, CHANNEL_POLL, KIT_S / 2, "poll 0.5 s");
    kit_feed(&kit, 20 * KIT_S, false, false);
    figures_make(&figures, &kit.compare, 20 * KIT_S);
    ws = &figures.channels[0];
    poll = &figures.channels[1];
    assert_true(figures.by_time);
    assert_int_equal(figures.clock.basis, OFFSET_SAME);
    assert_int_equal(figures.time_resolution_us, 1);
    assert_true(near((double)ws->delay.p50_us, 1000, 0.01));
    assert_true(near((double)ws->delay.max_us, 1000, 0.01));
    /* At 10, 510 ... ms it asks, at 100, 300, 500 ... they are sent: 15, 115 ... 415 ms. */
    assert_true(near((double)poll->delay.p50_us, 215e3, 0.02));
    assert_true(near((double)poll->delay.max_us, 415e3, 0.01));
    assert_ptr_equal(figures_lag(&figures, ws), &ws->delay);
    assert_int_equal(figures_between(&figures, &kit.compare, 0, 900, 1100), ws->updates);
    comparison_clear(&kit.compare);
}

static void compare_counts_nothing_before_all_are_up(void **state)
{
    (void)state;
    kit_init(&kit, "/id", NULL);
    kit_add(&kit, CHANNEL_WS, 0, "ws");
    kit_add(&kit, CHANNEL_SSE, 0, "sse");
    kit_open(&kit, 0, 100);
    kit_update(&kit, 0, 200, 1, 0);
    kit_update(&kit, 0, 300, 2, 0);
    kit_open(&kit, 1, 400);
    kit_update(&kit, 1, 500, 2, 0); /* seen before the beginning: does not count */
    kit_update(&kit, 0, 600, 3, 0);
    kit_update(&kit, 1, 900, 3, 0);
    figures_make(&figures, &kit.compare, KIT_S);
    assert_int_equal(figures.begin_us, 400);
    assert_int_equal(figures.updates, 1);
    assert_int_equal(figures.channels[1].updates, 1);
    assert_int_equal(figures.channels[1].lag.p50_us, 300);
    assert_int_equal(figures.channels[0].tally.messages, 3);
    comparison_clear(&kit.compare);
}

static void compare_does_not_wait_for_ever_for_one_that_does_not_come_up(void **state)
{
    struct event ev = kit_event(EVENT_ERROR, 9 * KIT_S);

    (void)state;
    kit_init(&kit, "/id", NULL);
    kit_add(&kit, CHANNEL_WS, 0, "ws");
    kit_add(&kit, CHANNEL_SSE, 0, "sse");
    comparison_tick(&kit.compare, 50 * KIT_S);
    assert_false(kit.compare.counting);
    kit_open(&kit, 0, KIT_S);
    comparison_tick(&kit.compare, 2 * KIT_S);
    assert_false(kit.compare.counting);
    comparison_tick(&kit.compare, KIT_S + COMPARISON_PATIENCE_US);
    assert_true(kit.compare.counting);
    ev.error = &(const struct err){.code = EXIT_CONNECT};
    comparison_event(&kit.compare, 1, &ev, ev.at_us);
    figures_make(&figures, &kit.compare, 10 * KIT_S);
    assert_int_equal(figures.channels[1].state, COMPARISON_FAILED);
    assert_int_equal(figures.channels[1].error->code, EXIT_CONNECT);
    comparison_clear(&kit.compare);
}

static void compare_takes_a_polls_first_answer_for_its_state(void **state)
{
    (void)state;
    kit_init(&kit, "/id", NULL);
    kit_add(&kit, CHANNEL_WS, 0, "ws");
    kit_add(&kit, CHANNEL_POLL, KIT_S, "poll 1 s");
    kit_open(&kit, 0, 100);
    kit_update(&kit, 0, 150, 9, 0);
    for (unsigned n = 1; n <= 9; n++)
        kit_update(&kit, 1, 200, n, 0);
    kit_poll(&kit, 1, 200, 9);
    kit_update(&kit, 0, 500, 10, 0);
    kit_update(&kit, 1, 1200, 10, 0);
    kit_poll(&kit, 1, 1200, 1);
    figures_make(&figures, &kit.compare, KIT_S);
    assert_int_equal(figures.updates, 1);
    assert_int_equal(figures.channels[0].missed, 0);
    assert_int_equal(figures.channels[1].lag.p50_us, 700);
    comparison_clear(&kit.compare);
}

static void compare_counts_duplicates_and_messages_without_identity(void **state)
{
    (void)state;
    kit_init(&kit, "/id", NULL);
    kit_add(&kit, CHANNEL_WS, 0, "ws");
    kit_open(&kit, 0, 1);
    kit_text(&kit, 0, 10, "{\"id\":\"a\\u0062\"}");
    kit_text(&kit, 0, 20, "{\"id\":\"ab\",\"again\":true}"); /* the same text, escaped otherwise */
    kit_text(&kit, 0, 30, "{\"hello\":1}");
    kit_text(&kit, 0, 40, "not JSON");
    figures_make(&figures, &kit.compare, KIT_S);
    assert_int_equal(figures.channels[0].updates, 1);
    assert_int_equal(figures.channels[0].duplicates, 1);
    assert_int_equal(figures.channels[0].strangers, 2);
    comparison_clear(&kit.compare);
}

static void compare_knows_a_message_in_parts_by_all_its_bytes(void **state)
{
    struct event ev = kit_event(EVENT_MESSAGE, 10);

    (void)state;
    kit_init(&kit, NULL, NULL);
    kit_add(&kit, CHANNEL_WS, 0, "ws");
    kit_add(&kit, CHANNEL_SSE, 0, "sse");
    kit_open(&kit, 0, 1);
    kit_open(&kit, 1, 1);
    ev.message = (struct event_message){.type = OPCODE_TEXT, .data = slice_str("ab"), .part = 1};
    comparison_event(&kit.compare, 0, &ev, 10);
    ev.message.data = slice_str("cd");
    ev.message.part = 2;
    ev.message.final = true;
    comparison_event(&kit.compare, 0, &ev, 20);
    kit_text(&kit, 1, 50, "abcd");
    kit_text(&kit, 1, 60, "ab");
    figures_make(&figures, &kit.compare, KIT_S);
    assert_int_equal(figures.updates, 2);
    assert_int_equal(figures.channels[1].updates, 2);
    assert_int_equal(figures.channels[1].lag.max_us, 30);
    assert_int_equal(figures.channels[0].tally.payload, 4);
    comparison_clear(&kit.compare);
}

static void figures_split_bytes_into_parts_that_add_up(void **state)
{
    const struct figures_channel *poll;

    (void)state;
    kit_init(&kit, "/id", NULL);
    kit_add(&kit, CHANNEL_WS, 0, "ws");
    kit_add(&kit, CHANNEL_POLL, KIT_S, "poll 1 s");
    kit_feed(&kit, 10 * KIT_S, false, false);
    kit.carried[1].up += 44; /* TLS */
    kit.carried[1].down += 33;
    figures_make(&figures, &kit.compare, 10 * KIT_S);
    poll = &figures.channels[1];
    assert_int_equal(poll->up.total, 10 * 100 + 44);
    assert_int_equal(poll->up.heads, 10 * 100);
    assert_int_equal(poll->up.around, 44);
    assert_int_equal(poll->down.around, 33);
    assert_int_equal(poll->down.heads, 10 * 150);
    assert_int_equal(poll->down.payload, poll->tally.payload);
    assert_int_equal(poll->down.framing, 45 * 4);
    assert_int_equal(poll->down.total, poll->down.heads + poll->down.payload + poll->down.framing +
                                           poll->down.around);
    assert_int_equal(poll->opening_up, 100);
    assert_int_equal(poll->opening_down, 150);
    comparison_clear(&kit.compare);
}

/* Frames of a server have headers of 2, 4 or 10 bytes (RFC 6455, section 5.2). */
static void payload_of_compressed_messages_is_what_their_frames_carried(void **state)
{
    static const struct {
        uint64_t total, wire;
        uint32_t fragments;
        uint64_t carried;
    } cases[] = {
        {62, 64, 1, 62},    /* as it is */
        {62, 17, 1, 15},    /* compressed */
        {500, 127, 1, 125}, /* the longest with a short header */
        {500, 130, 1, 126}, {70000, 65539, 1, 65535}, {100000, 65546, 1, 65536},
        {62, 65, 1, 62},                    /* made longer by compressing: no more than it is */
        {400, 34, 2, 30},   {62, 0, 0, 62}, /* nobody told */
        {62, 2, 1, 62},
    };
    uint64_t before = 0;

    (void)state;
    kit_init(&kit, "/id", NULL);
    kit_add(&kit, CHANNEL_WS, 0, "ws");
    kit_open(&kit, 0, 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct event ev = kit_event(EVENT_MESSAGE, 1000 + i);
        uint64_t carried;

        ev.message = (struct event_message){.type = OPCODE_TEXT,
                                            .data = slice_str("{}"),
                                            .final = true,
                                            .fragments = cases[i].fragments,
                                            .wire = cases[i].wire,
                                            .total = cases[i].total};
        comparison_event(&kit.compare, 0, &ev, 1000 + i);
        carried = kit.compare.channels[0]->tally.carried;
        assert_int_equal(carried - before, cases[i].carried);
        before = carried;
    }
    comparison_clear(&kit.compare);
}

static void compare_survives_want_of_memory(void **state)
{
    const struct comparison_source source = {.kind = CHANNEL_WS, .label = "ws"};
    const struct comparison_config config = {.carried = kit_carried, .ctx = &kit};
    struct comparison c;

    (void)state;
    ALLOC_EACH({
        if (comparison_init(&c, &config) == 0) {
            comparison_add(&c, &source);
            comparison_clear(&c);
        }
    });
    assert_int_equal(comparison_init(&c, &config), 0);
    for (int i = 0; i < COMPARISON_CHANNELS_MAX; i++)
        assert_int_equal(comparison_add(&c, &source), i);
    assert_int_equal(comparison_add(&c, &source), -1);
    comparison_clear(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compare_measures_lag_behind_the_first_to_show_an_update),
        cmocka_unit_test(compare_counts_what_was_overwritten_between_polls_as_missed),
        cmocka_unit_test(compare_measures_against_the_servers_time),
        cmocka_unit_test(compare_counts_nothing_before_all_are_up),
        cmocka_unit_test(compare_does_not_wait_for_ever_for_one_that_does_not_come_up),
        cmocka_unit_test(compare_takes_a_polls_first_answer_for_its_state),
        cmocka_unit_test(compare_counts_duplicates_and_messages_without_identity),
        cmocka_unit_test(compare_knows_a_message_in_parts_by_all_its_bytes),
        cmocka_unit_test(figures_split_bytes_into_parts_that_add_up),
        cmocka_unit_test(payload_of_compressed_messages_is_what_their_frames_carried),
        cmocka_unit_test(compare_survives_want_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

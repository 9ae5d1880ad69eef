#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "measure_kit.h"

static struct kit kit;
static struct figures figures;
static struct scale scale;
static const uint64_t clients[] = {1, 1000, 100000};

static bool near(double value, double wanted, double share)
{
    return value >= wanted * (1 - share) && value <= wanted * (1 + share);
}

static void judge(uint64_t end_us)
{
    figures_make(&figures, &kit.compare, end_us);
    scale_make(&scale, &figures, clients, 3);
    comparison_clear(&kit.compare);
}

static bool says(const char *text)
{
    if (strstr(scale.verdict, text))
        return true;
    print_message("the verdict is: %s\n", scale.verdict);
    return false;
}

static void scale_multiplies_what_one_client_costs(void **state)
{
    (void)state;
    kit_init(&kit, "/id", NULL);
    kit_add(&kit, CHANNEL_WS, 0, "ws");
    kit_add(&kit, CHANNEL_POLL, 2 * KIT_S, "poll 2 s");
    kit_feed(&kit, 20 * KIT_S, false, false);
    judge(20 * KIT_S);
    assert_int_equal(scale.row_count, 3);
    assert_true(near(scale.rows[0].cells[1].requests_s, 0.5, 0.001));
    assert_true(near(scale.rows[1].cells[1].requests_s, 500, 0.001));
    assert_true(near(scale.rows[2].cells[1].requests_s, 50000, 0.001));
    assert_true(near(scale.rows[2].cells[0].connections, 100000, 0.001));
    assert_true(scale.rows[2].cells[0].requests_s == 0);
    /* Five updates a second, each its payload and four bytes. */
    assert_true(near(scale.rows[1].cells[0].bytes_s,
                     1000 * figures.rate * figures.channels[0].bytes_per_update, 0.001));
}

static void scale_finds_the_interval_that_costs_the_same(void **state)
{
    (void)state;
    kit_init(&kit, "/id", NULL);
    kit_add(&kit, CHANNEL_WS, 0, "ws");
    kit_add(&kit, CHANNEL_POLL, 2 * KIT_S, "poll 2 s");
    kit_feed(&kit, 20 * KIT_S, false, false);
    judge(20 * KIT_S);
    assert_true(scale.pair.known);
    assert_false(scale.pair.overwrites);
    /* 250 bytes of heads a request and 4 an update; 4 an update by push; 8 bytes each 25 s. */
    assert_true(near(scale.pair.per_push - scale.pair.per_item, 4, 0.01));
    assert_true(near(scale.pair.per_request, 250 + 10 * 4, 0.001));
    assert_true(near(scale.pair.same_cost_s, 290.0 / (5 * 4 + 0.32), 0.02));
    assert_true(near(scale.pair.rate_below, 0.32 / 286, 0.02));
}

/* Compression makes a pushed update smaller than what a poll has to carry for it. */
static void scale_says_that_no_interval_is_cheap_enough(void **state)
{
    (void)state;
    kit_init(&kit, "/id", NULL);
    kit_add(&kit, CHANNEL_WS, 0, "ws");
    kit_add(&kit, CHANNEL_POLL, 2 * KIT_S, "poll 2 s");
    kit_feed(&kit, 20 * KIT_S, false, false);
    kit.carried[0].down /= 3;
    kit.carried[0].stream_down /= 3;
    judge(20 * KIT_S);
    assert_true(scale.pair.known && scale.pair.never);
    assert_true(says("Polling would cost more bytes at any interval"));
}

static void scale_prefers_the_cheapest_poll_that_shows_all(void **state)
{
    (void)state;
    kit_init(&kit, "/id", NULL);
    kit_add(&kit, CHANNEL_WS, 0, "ws");
    kit_add(&kit, CHANNEL_POLL, KIT_S / 2, "poll 0.5 s");
    kit_add(&kit, CHANNEL_POLL, 2 * KIT_S, "poll 2 s");
    kit_feed(&kit, 20 * KIT_S, false, false);
    judge(20 * KIT_S);
    assert_int_equal(scale.best_push, 0);
    assert_int_equal(scale.best_poll, 2);
    kit_init(&kit, "/id", NULL);
    kit_add(&kit, CHANNEL_WS, 0, "ws");
    kit_add(&kit, CHANNEL_POLL, KIT_S / 5, "poll 0.2 s");
    kit_add(&kit, CHANNEL_POLL, 2 * KIT_S, "poll 2 s");
    kit_feed(&kit, 20 * KIT_S, false, true);
    judge(20 * KIT_S);
    assert_int_equal(scale.best_poll, 1);
}

static void verdict_follows_from_the_figures(void **state)
{
    (void)state;
    kit_init(&kit, "/id", NULL);
    kit_add(&kit, CHANNEL_WS, 0, "ws");
    kit_add(&kit, CHANNEL_SSE, 0, "sse");
    kit_add(&kit, CHANNEL_POLL, 2 * KIT_S, "poll 2 s");
    kit_feed(&kit, 20 * KIT_S, true, false);
    judge(20 * KIT_S);
    assert_true(says("The WebSocket is the better way here"));
    assert_true(says("by polling every 2 s"));
    assert_true(says("only at one request every 14"));
    assert_true(says("SSE is as quick within 1.00 ms, for as many bytes"));
}

static void verdict_names_what_polling_missed(void **state)
{
    (void)state;
    kit_init(&kit, "/id", NULL);
    kit_add(&kit, CHANNEL_WS, 0, "ws");
    kit_add(&kit, CHANNEL_POLL, 2 * KIT_S, "poll 2 s");
    kit_feed(&kit, 60 * KIT_S, false, true);
    judge(60 * KIT_S);
    assert_true(says("Polling every 2 s never showed 90 % of the updates"));
}

static void verdict_says_when_there_is_too_little_to_tell(void **state)
{
    (void)state;
    kit_init(&kit, "/id", NULL);
    kit_add(&kit, CHANNEL_WS, 0, "ws");
    kit_add(&kit, CHANNEL_POLL, KIT_S, "poll 1 s");
    kit_feed(&kit, 3 * KIT_S, false, false);
    judge(3 * KIT_S);
    assert_false(scale.enough);
    assert_true(says("Too few to tell: 10 updates came by two channels"));
    assert_null(strstr(scale.verdict, "better"));
}

static void verdict_says_when_there_is_nothing_to_compare(void **state)
{
    (void)state;
    kit_init(&kit, "/id", NULL);
    kit_add(&kit, CHANNEL_WS, 0, "ws");
    kit_add(&kit, CHANNEL_SSE, 0, "sse");
    judge(KIT_S);
    assert_true(says("no channel delivered"));

    kit_init(&kit, "/id", NULL);
    kit_add(&kit, CHANNEL_WS, 0, "ws");
    kit_feed(&kit, 20 * KIT_S, false, false);
    judge(20 * KIT_S);
    assert_true(says("Only ws delivered"));
}

static void verdict_asks_for_an_identity_where_nothing_is_shared(void **state)
{
    char text[32];

    (void)state;
    kit_init(&kit, NULL, NULL);
    kit_add(&kit, CHANNEL_WS, 0, "ws");
    kit_add(&kit, CHANNEL_SSE, 0, "sse");
    kit_open(&kit, 0, 1);
    kit_open(&kit, 1, 1);
    for (unsigned n = 0; n < 50; n++) {
        snprintf(text, sizeof text, "[%u]", n);
        kit_text(&kit, 0, 100 * n + 10, text);
        kit_text(&kit, 1, 100 * n + 10, text + 1);
    }
    judge(20 * KIT_S);
    assert_true(says("--id POINTER"));
}

static void verdict_recommends_polling_where_it_is_cheaper(void **state)
{
    (void)state;
    kit_init(&kit, "/id", NULL);
    kit_add(&kit, CHANNEL_WS, 0, "ws");
    kit_add(&kit, CHANNEL_POLL, 20 * KIT_S, "poll 20 s");
    kit_feed(&kit, 61 * KIT_S, false, false);
    /* A socket that pads its updates. */
    kit.carried[0].down += 100000;
    judge(61 * KIT_S);
    assert_true(says("Polling every 20 s took"));
    assert_true(says("poll if that is soon enough"));
}

static void scale_bounds_where_nothing_was_measured(void **state)
{
    (void)state;
    kit_init(&kit, "/id", NULL);
    kit_add(&kit, CHANNEL_WS, 0, "ws");
    judge(0);
    assert_false(scale.rows[0].cells[0].known);
    assert_false(scale.pair.known);
    assert_int_equal(scale.best_push, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scale_multiplies_what_one_client_costs),
        cmocka_unit_test(scale_finds_the_interval_that_costs_the_same),
        cmocka_unit_test(scale_says_that_no_interval_is_cheap_enough),
        cmocka_unit_test(scale_prefers_the_cheapest_poll_that_shows_all),
        cmocka_unit_test(verdict_follows_from_the_figures),
        cmocka_unit_test(verdict_names_what_polling_missed),
        cmocka_unit_test(verdict_says_when_there_is_too_little_to_tell),
        cmocka_unit_test(verdict_says_when_there_is_nothing_to_compare),
        cmocka_unit_test(verdict_asks_for_an_identity_where_nothing_is_shared),
        cmocka_unit_test(verdict_recommends_polling_where_it_is_cheaper),
        cmocka_unit_test(scale_bounds_where_nothing_was_measured),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Many sessions on one loop, against the embedded server on the same loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "app/fleet.h"
#include "base/clock.h"
#include "serve/server.h"

#define TURNS 30000 /* of a millisecond at most: no test takes that many */
#define MANY  200

struct fixture {
    struct app_loop loop;
    struct bus bus;
    struct server_config config;
    struct server *server;
    struct connect_options options;
    struct fault_options fault;
    char url[96];
    struct fleet *fleet;
    unsigned opened, closed, failed, settled, ended;
    size_t begun_when_first_opened;
    size_t messages[MANY];
    char locals[MANY][64]; /* addresses that the connections came from */
};

static void on_event(void *ctx, size_t i, const struct event *ev)
{
    struct fixture *f = ctx;

    if (ev->kind == EVENT_OPEN && f->opened++ == 0)
        f->begun_when_first_opened = fleet_begun_count(f->fleet);
    if (ev->kind == EVENT_CONNECT)
        snprintf(f->locals[i], sizeof f->locals[i], "%s", ev->connect.local);
    f->messages[i] += ev->kind == EVENT_MESSAGE;
    f->closed += ev->kind == EVENT_CLOSE;
    f->failed += ev->kind == EVENT_ERROR;
}

static void on_settled(void *ctx)
{
    struct fixture *f = ctx;

    assert_int_equal(f->ended, 0);
    f->settled++;
}

static void on_ended(void *ctx)
{
    struct fixture *f = ctx;

    f->ended++;
}

static const struct fleet_hooks hooks_of_fixture = {on_event, NULL, on_settled, on_ended, NULL};

static struct fleet_config config_of(struct fixture *f, size_t count)
{
    return (struct fleet_config){
        .connect = &f->options,
        .fault = &f->fault,
        .start_us = clock_mono_us(),
        .count = count,
        .wants = EVENT_BIT(EVENT_OPEN) | EVENT_BIT(EVENT_MESSAGE) | EVENT_BIT(EVENT_CLOSE) |
                 EVENT_BIT(EVENT_ERROR) | EVENT_BIT(EVENT_CONNECT),
    };
}

static void start(struct fixture *f, const struct fleet_config *config)
{
    struct fleet_hooks hooks = hooks_of_fixture;
    struct err e;

    hooks.ctx = f;
    assert_int_equal(fleet_check(config, &e), 0);
    f->fleet = fleet_new(&f->loop, config, &hooks, &e);
    assert_non_null(f->fleet);
    fleet_open(f->fleet);
}

/* Run the loop until a number reaches a value. */
static void until(struct fixture *f, const unsigned *what, unsigned value)
{
    unsigned turns = 0;

    while (*what < value) {
        uv_run(&f->loop.uv, UV_RUN_NOWAIT);
        if (++turns == TURNS)
            fail_msg("%u opened, %u closed, %u settled, %u ended", f->opened, f->closed, f->settled,
                     f->ended);
        usleep(1000);
    }
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct err e;

    assert_int_equal(app_loop_init(&f->loop, &e), 0);
    bus_init(&f->bus);
    f->config = server_config_own(10, MANY + 10, &f->loop.supplies, clock_mono_us());
    f->server = server_new(&f->loop.uv, &f->config, &f->bus, &e);
    assert_non_null(f->server);
    snprintf(f->url, sizeof f->url, "%s/chat", server_url(f->server));
    assert_int_equal(url_parse(&f->options.url, f->url, &e), 0);
    f->options.url_text = f->url;
    f->options.handshake.url = &f->options.url;
    f->options.handshake.user_agent = "test";
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    fleet_stop(f->fleet);
    server_free(f->server);
    app_loop_close(&f->loop, 1);
    fleet_free(f->fleet);
    bus_clear(&f->bus);
    url_clear(&f->options.url);
    free(f);
    return 0;
}

static void all_are_opened_and_closed(void **state)
{
    struct fixture *f = *state;
    struct fleet_config config = config_of(f, MANY);

    start(f, &config);
    until(f, &f->settled, 1);
    assert_int_equal(f->opened, MANY);
    assert_int_equal(fleet_open_count(f->fleet), MANY);
    assert_int_equal(server_open(f->server), MANY);
    fleet_close(f->fleet, 5000000);
    until(f, &f->ended, 1);
    assert_int_equal(f->closed, MANY);
    assert_int_equal(fleet_open_count(f->fleet), 0);
    assert_true(fleet_is_over(f->fleet, MANY - 1));
}

/* More attempts at once than a listening socket queues would be lost, or answered late. */
static void attempts_under_way_are_bounded(void **state)
{
    struct fixture *f = *state;
    struct fleet_config config = config_of(f, MANY);

    start(f, &config);
    until(f, &f->opened, 1);
    assert_in_range(f->begun_when_first_opened, 1, 128);
    until(f, &f->settled, 1);
}

static void each_is_heard_by_all(void **state)
{
    struct fixture *f = *state;
    struct fleet_config config = config_of(f, 5);
    unsigned turns = 0;
    struct err e;

    start(f, &config);
    until(f, &f->settled, 1);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(fleet_say(f->fleet, i, slice_str("hello"), &e), 0);
    for (size_t i = 0; i < 5; i++) {
        while (f->messages[i] < 5 && turns++ < TURNS) {
            uv_run(&f->loop.uv, UV_RUN_NOWAIT);
            usleep(1000);
        }
        assert_int_equal(f->messages[i], 5);
    }
}

/* The first at once, the second after half a second. */
static void a_rate_is_kept(void **state)
{
    struct fixture *f = *state;
    struct fleet_config config = config_of(f, 2);
    uint64_t began = clock_mono_us();

    config.per_second = 2;
    start(f, &config);
    until(f, &f->settled, 1);
    assert_int_equal(f->opened, 2);
    assert_true(clock_mono_us() - began >= 500000);
    assert_int_equal(f->begun_when_first_opened, 1);
}

static void local_addresses_take_turns(void **state)
{
    static const char *const sources[] = {"127.0.0.3", "127.0.0.4"};
    struct fixture *f = *state;
    struct fleet_config config = config_of(f, 4);

    config.sources = sources;
    config.source_count = 2;
    start(f, &config);
    until(f, &f->settled, 1);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(strncmp(f->locals[i], sources[i % 2], strlen(sources[0])), 0);
}

static void a_server_that_is_gone_settles_and_ends_all(void **state)
{
    struct fixture *f = *state;
    struct fleet_config config = config_of(f, 3);

    server_free(f->server);
    f->server = NULL;
    uv_run(&f->loop.uv, UV_RUN_NOWAIT);
    start(f, &config);
    until(f, &f->ended, 1);
    assert_int_equal(f->settled, 1);
    assert_int_equal(f->failed, 3);
    assert_int_equal(f->opened, 0);
    assert_true(fleet_is_over(f->fleet, 0));
}

/* What was not begun is over as well. */
static void closing_early_opens_no_more(void **state)
{
    struct fixture *f = *state;
    struct fleet_config config = config_of(f, 50);

    config.per_second = 0.5;
    start(f, &config);
    until(f, &f->opened, 1);
    fleet_close(f->fleet, 5000000);
    until(f, &f->ended, 1);
    assert_int_equal(f->settled, 1);
    assert_int_equal(f->opened, 1);
}

static void too_many_for_the_ports_are_refused_beforehand(void **state)
{
    struct fixture *f = *state;
    struct fleet_config config = config_of(f, 100000);
    struct err e;

    /* Of descriptors or of ports there are too few, whatever the system. */
    assert_int_equal(fleet_check(&config, &e), -1);
    assert_int_equal(e.code, EXIT_OTHER);
    assert_true(e.hint[0] != '\0');
}

static void no_memory_is_reported(void **state)
{
    struct fixture *f = *state;
    struct fleet_config config = config_of(f, 2);
    struct fleet_hooks hooks = hooks_of_fixture;
    struct err e;

    hooks.ctx = f;
    ALLOC_EACH({
        struct fleet *fleet = fleet_new(&f->loop, &config, &hooks, &e);

        if (!fleet)
            assert_int_equal(e.code, EXIT_OTHER);
        fleet_stop(fleet);
        uv_run(&f->loop.uv, UV_RUN_NOWAIT);
        fleet_free(fleet);
    });
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(all_are_opened_and_closed),   TEST(attempts_under_way_are_bounded),
        TEST(each_is_heard_by_all),        TEST(a_rate_is_kept),
        TEST(local_addresses_take_turns),  TEST(a_server_that_is_gone_settles_and_ends_all),
        TEST(closing_early_opens_no_more), TEST(too_many_for_the_ports_are_refused_beforehand),
        TEST(no_memory_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "session/backoff.h"

/* As near to 1 as a random number gets. */
#define ALMOST 0.999999999

static struct backoff of(const char *name)
{
    struct backoff_plan plan;
    struct backoff b;

    assert_true(backoff_preset(name, &plan));
    backoff_init(&b, &plan);
    return b;
}

static uint64_t delay(struct backoff *b, uint32_t n, double u)
{
    uint64_t us = 0;

    assert_true(backoff_delay(b, n, u, &us));
    return us;
}

/* In seconds, with a µs for rounding. */
#define assert_seconds(us, s) \
    assert_in_range((us), (uint64_t)((s)*1e6) - ((s) > 0), (uint64_t)((s)*1e6) + 1)

struct row {
    const char *preset;
    uint32_t n;
    double low, high; /* seconds */
};

/* PRESETS in the manual, row by row. */
static const struct row rows[] = {
    {"default", 0, 0, 0.5},
    {"default", 1, 0, 1},
    {"default", 5, 0, 16},
    {"default", 6, 0, 30},
    {"default", 4000000000u, 0, 30},
    {"socket.io", 0, 0.5, 1.5},
    {"socket.io", 1, 1, 3},
    {"socket.io", 2, 2, 5},
    {"socket.io", 3, 4, 5},
    {"socket.io", 4, 5, 5},
    {"socket.io", 100, 5, 5},
    {"grpc", 0, 0.8, 1.2},
    {"grpc", 1, 1.28, 1.92},
    {"grpc", 2, 2.048, 3.072},
    {"grpc", 50, 96, 144},
    {"signalr", 0, 0, 0},
    {"signalr", 1, 2, 2},
    {"signalr", 2, 10, 10},
    {"signalr", 3, 30, 30},
    {"phoenix", 0, 0.01, 0.01},
    {"phoenix", 1, 0.05, 0.05},
    {"phoenix", 2, 0.1, 0.1},
    {"phoenix", 3, 0.15, 0.15},
    {"phoenix", 4, 0.2, 0.2},
    {"phoenix", 5, 0.25, 0.25},
    {"phoenix", 6, 0.5, 0.5},
    {"phoenix", 7, 1, 1},
    {"phoenix", 8, 2, 2},
    {"phoenix", 9, 5, 5},
    {"phoenix", 1000, 5, 5},
    {"graphql-ws", 0, 1.3, 4},
    {"graphql-ws", 1, 2.3, 5},
    {"graphql-ws", 4, 16.3, 19},
    {"rfc6455", 0, 0, 5},
    {"rfc6455", 1, 0, 10},
    {"rfc6455", 2, 0, 20},
    {"rfc6455", 3, 0, 30},
};

static void backoff_delay_keeps_to_the_table_of_presets(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct backoff b = of(rows[i].preset);

        assert_seconds(delay(&b, rows[i].n, 0), rows[i].low);
        assert_seconds(delay(&b, rows[i].n, ALMOST), rows[i].high);
    }
}

static void backoff_delay_of_reconnecting_websocket_draws_once(void **state)
{
    struct backoff low = of("reconnecting-websocket");
    struct backoff high = of("reconnecting-websocket");

    (void)state;
    assert_seconds(delay(&low, 0, 0), 1);
    assert_seconds(delay(&low, 1, 0.9), 1.3); /* another number changes nothing */
    assert_seconds(delay(&low, 2, 0.1), 1.69);
    assert_seconds(delay(&low, 30, 0.5), 10);
    assert_seconds(delay(&high, 0, 0.5), 3);
    assert_seconds(delay(&high, 1, 0), 3.9);
    assert_seconds(delay(&high, 5, 0), 10);
}

static void backoff_delay_ends_with_the_list_of_signalr(void **state)
{
    struct backoff b = of("signalr");
    uint64_t us = 77;

    (void)state;
    assert_false(backoff_delay(&b, 4, 0, &us));
    assert_false(backoff_delay(&b, UINT32_MAX, 0, &us));
    assert_int_equal(us, 77);
}

static void backoff_preset_of_graphql_ws_alone_limits_the_tries(void **state)
{
    struct backoff_plan plan;

    (void)state;
    for (size_t i = 0; backoff_preset_name(i); i++) {
        assert_true(backoff_preset(backoff_preset_name(i), &plan));
        if (strcmp(backoff_preset_name(i), "graphql-ws") == 0)
            assert_int_equal(plan.tries, 5);
        else
            assert_int_equal(plan.tries, BACKOFF_NO_LIMIT);
    }
    assert_false(backoff_preset("grcp", &plan));
}

static void backoff_delay_caps_before_the_jitter_by_default_and_after_it_for_socket_io(void **state)
{
    struct backoff grpc = of("grpc"), socket_io = of("socket.io");
    uint64_t a = delay(&grpc, 60, 0.1), b = delay(&grpc, 60, 0.9);

    (void)state;
    assert_true(a != b);
    assert_true(b > grpc.plan.cap_us);
    assert_int_equal(delay(&socket_io, 60, 0.1), delay(&socket_io, 60, 0.9));
}

static void backoff_delay_does_not_overflow(void **state)
{
    struct backoff b = of("default");

    (void)state;
    b.plan.cap_us = UINT64_MAX;
    b.plan.base_us = UINT64_MAX / 2;
    b.plan.factor = 1e9;
    assert_in_range(delay(&b, UINT32_MAX, ALMOST), 1, UINT64_C(1000000000000000));
    b.plan.factor = 1; /* does not grow, and must not be multiplied four thousand million times */
    b.plan.base_us = 7;
    b.plan.jitter = BACKOFF_EXACT;
    assert_int_equal(delay(&b, UINT32_MAX, 0), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(backoff_delay_keeps_to_the_table_of_presets),
        cmocka_unit_test(backoff_delay_of_reconnecting_websocket_draws_once),
        cmocka_unit_test(backoff_delay_ends_with_the_list_of_signalr),
        cmocka_unit_test(backoff_preset_of_graphql_ws_alone_limits_the_tries),
        cmocka_unit_test(
            backoff_delay_caps_before_the_jitter_by_default_and_after_it_for_socket_io),
        cmocka_unit_test(backoff_delay_does_not_overflow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

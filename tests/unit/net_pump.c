/* A link on the event loop, and the timers and watches that need no memory of their owners. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "alloc.h"
#include "net/pump.h"
#include "net/timer.h"
#include "net/watch.h"
#include "net_help.h"

/* An owner that reads and writes what it is asked to. */
struct owner {
    uv_loop_t loop;
    int fds[2];
    struct link *link;
    struct pump *pump;
    bool reads, writes;
    bool frees;     /* the pump, in its next turn */
    unsigned turns; /* that could read, */
    unsigned blind; /* and that could not */
    char got[64];
    size_t got_len;
    size_t most; /* bytes to read in a turn */
};

static void turn(void *ctx, bool readable)
{
    struct owner *o = ctx;
    struct err e;
    ssize_t n;

    if (readable)
        o->turns++;
    else
        o->blind++;
    if (readable && o->reads) {
        n = link_read(o->link, (uint8_t *)o->got + o->got_len, o->most, &e);
        o->got_len += n > 0 ? (size_t)n : 0;
    }
    o->writes = false;
    if (o->frees) {
        pump_free(o->pump);
        o->pump = NULL;
    }
}

static bool reads(const void *ctx)
{
    return ((const struct owner *)ctx)->reads;
}

static bool writes(const void *ctx)
{
    return ((const struct owner *)ctx)->writes;
}

static const struct pump_hooks hooks = {.turn = turn, .reads = reads, .writes = writes};

static int set_up(void **state)
{
    struct owner *o = calloc(1, sizeof *o);
    struct err e;

    assert_non_null(o);
    assert_int_equal(uv_loop_init(&o->loop), 0);
    tcp_pair(o->fds);
    o->link = link_tcp_new(o->fds[0]);
    assert_non_null(o->link);
    o->pump = pump_new(&o->loop, o->link, &hooks, o, &e);
    assert_non_null(o->pump);
    o->reads = true;
    o->most = sizeof o->got;
    *state = o;
    return 0;
}

static int tear_down(void **state)
{
    struct owner *o = *state;

    pump_free(o->pump);
    link_free(o->link);
    close(o->fds[1]);
    uv_run(&o->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&o->loop), 0);
    free(o);
    return 0;
}

static void send_bytes(struct owner *o, const char *text)
{
    assert_int_equal(write(o->fds[1], text, strlen(text)), strlen(text));
    wait_readable(o->fds[0]);
}

static void a_pump_watches_nothing_before_it_is_asked(void **state)
{
    struct owner *o = *state;

    send_bytes(o, "early");
    uv_run(&o->loop, UV_RUN_NOWAIT);
    assert_int_equal(o->turns, 0);
    pump_update(o->pump);
    uv_run(&o->loop, UV_RUN_ONCE);
    assert_int_equal(o->turns, 1);
    assert_memory_equal(o->got, "early", 5);
}

static void a_pump_takes_no_turn_for_what_nobody_wants_to_read(void **state)
{
    struct owner *o = *state;

    o->reads = false;
    pump_update(o->pump);
    send_bytes(o, "later");
    uv_run(&o->loop, UV_RUN_NOWAIT);
    assert_int_equal(o->turns + o->blind, 0);
    o->reads = true;
    pump_update(o->pump);
    uv_run(&o->loop, UV_RUN_ONCE);
    assert_int_equal(o->got_len, 5);
}

static void a_pump_takes_a_turn_when_what_waits_can_be_written(void **state)
{
    struct owner *o = *state;

    o->reads = false;
    o->writes = true;
    pump_update(o->pump);
    uv_run(&o->loop, UV_RUN_ONCE);
    assert_int_equal(o->turns, 1);
    uv_run(&o->loop, UV_RUN_NOWAIT); /* nothing waits any more: it asks no further */
    assert_int_equal(o->turns, 1);
}

static void soon_is_once_before_the_loop_waits_and_does_not_read(void **state)
{
    struct owner *o = *state;

    pump_soon(o->pump);
    pump_soon(o->pump);
    uv_run(&o->loop, UV_RUN_ONCE);
    assert_int_equal(o->blind, 1);
    assert_int_equal(o->turns, 0);
}

/* Bytes that TLS has taken off the socket and not handed on yet can't be polled for. */
static void what_the_link_holds_is_read_without_poll(void **state)
{
    struct owner *o = *state;
    struct link *crumbs = crumb_new(o->link);

    o->link = crumbs;
    pump_relink(o->pump, crumbs);
    pump_update(o->pump);
    send_bytes(o, "a few bytes at a time");
    while (o->got_len < 21)
        uv_run(&o->loop, UV_RUN_ONCE);
    assert_memory_equal(o->got, "a few bytes at a time", 21);
}

static void a_pump_can_be_freed_in_its_own_turn(void **state)
{
    struct owner *o = *state;

    o->frees = true;
    pump_update(o->pump);
    send_bytes(o, "x");
    while (o->pump)
        uv_run(&o->loop, UV_RUN_ONCE);
    send_bytes(o, "y");
    uv_run(&o->loop, UV_RUN_NOWAIT);
    assert_int_equal(o->turns, 1);
}

/* The socket that one pump leaves another one takes over at once, as a dial hands its link over. */
static void a_second_pump_takes_over_at_once(void **state)
{
    struct owner *o = *state;
    struct err e;

    pump_update(o->pump);
    pump_free(o->pump);
    o->pump = pump_new(&o->loop, o->link, &hooks, o, &e);
    assert_non_null(o->pump);
    pump_update(o->pump);
    send_bytes(o, "mine");
    while (o->turns == 0)
        uv_run(&o->loop, UV_RUN_ONCE);
    assert_memory_equal(o->got, "mine", 4);
}

static void a_regular_file_is_refused_with_a_sentence(void **state)
{
    struct owner *o = *state;
    FILE *file = tmpfile();
    struct err e;

    assert_non_null(file);
    assert_null(watch_new(&o->loop, fileno(file), NULL, NULL, &e));
    assert_int_equal(e.code, EXIT_OTHER);
    assert_non_null(strstr(e.text, "can't watch the connection"));
    fclose(file);
}

static void everything_survives_failed_allocations(void **state)
{
    struct owner *o = *state;
    struct link *link = link_tcp_new(o->fds[1]);
    struct err e;

    ALLOC_EACH({
        struct pump *p = pump_new(&o->loop, link, &hooks, o, &e);

        if (!p)
            assert_int_equal(e.code, EXIT_OTHER);
        alloc_fail_at(0);
        pump_free(p);
        uv_run(&o->loop, UV_RUN_NOWAIT);
        if (p)
            break;
    });
    alloc_fail_at(1);
    assert_null(timer_new(&o->loop, o));
    alloc_fail_at(0);
    o->fds[1] = dup(o->fds[1]);
    link_free(link);
}

/* --- timers --- */

struct alarm {
    struct timer *timer;
    unsigned rang, other;
    bool frees;
};

static void ring(void *ctx)
{
    struct alarm *a = ctx;

    a->rang++;
    if (a->frees) {
        timer_free(a->timer);
        a->timer = NULL;
    }
}

static void ring_otherwise(void *ctx)
{
    ((struct alarm *)ctx)->other++;
}

static void a_timer_calls_the_last_function_once(void **state)
{
    struct owner *o = *state;
    struct alarm a = {.timer = timer_new(&o->loop, &a)};

    assert_false(timer_runs(a.timer));
    assert_true(timer_left_us(a.timer) == UINT64_MAX);
    timer_start(a.timer, 3600 * UINT64_C(1000000), ring);
    assert_true(timer_runs(a.timer));
    assert_true(timer_left_us(a.timer) <= 3600 * UINT64_C(1000000));
    timer_start(a.timer, 1, ring_otherwise);
    uv_run(&o->loop, UV_RUN_DEFAULT);
    assert_int_equal(a.rang, 0);
    assert_int_equal(a.other, 1);
    assert_false(timer_runs(a.timer));
    timer_free(a.timer);
}

static void a_stopped_timer_is_silent(void **state)
{
    struct owner *o = *state;
    struct alarm a = {.timer = timer_new(&o->loop, &a)};

    timer_start(a.timer, 0, ring);
    timer_stop(a.timer);
    uv_run(&o->loop, UV_RUN_DEFAULT);
    assert_int_equal(a.rang, 0);
    timer_free(a.timer);
    timer_free(NULL);
}

static void a_timer_can_be_freed_in_its_own_function(void **state)
{
    struct owner *o = *state;
    struct alarm a = {.timer = timer_new(&o->loop, &a), .frees = true};

    timer_start(a.timer, 0, ring);
    uv_run(&o->loop, UV_RUN_DEFAULT);
    assert_int_equal(a.rang, 1);
    assert_null(a.timer);
}

#define WITH_PUMP(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PUMP(a_pump_watches_nothing_before_it_is_asked),
        WITH_PUMP(a_pump_takes_no_turn_for_what_nobody_wants_to_read),
        WITH_PUMP(a_pump_takes_a_turn_when_what_waits_can_be_written),
        WITH_PUMP(soon_is_once_before_the_loop_waits_and_does_not_read),
        WITH_PUMP(what_the_link_holds_is_read_without_poll),
        WITH_PUMP(a_pump_can_be_freed_in_its_own_turn),
        WITH_PUMP(a_second_pump_takes_over_at_once),
        WITH_PUMP(a_regular_file_is_refused_with_a_sentence),
        WITH_PUMP(everything_survives_failed_allocations),
        WITH_PUMP(a_timer_calls_the_last_function_once),
        WITH_PUMP(a_stopped_timer_is_silent),
        WITH_PUMP(a_timer_can_be_freed_in_its_own_function),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

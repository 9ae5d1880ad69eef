#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "event/bus.h"

struct seen {
    struct sink sink;
    unsigned events;
    bool freed;
};

static void see(struct sink *sink, const struct event *ev)
{
    (void)ev;
    ((struct seen *)sink)->events++;
}

static void see_free(struct sink *sink)
{
    ((struct seen *)sink)->freed = true;
}

static void bus_hands_an_event_to_the_sinks_that_want_its_kind(void **state)
{
    struct seen a = {{EVENT_BIT(EVENT_OPEN), see, see_free}, 0, false};
    struct seen b = {{EVENT_BIT(EVENT_OPEN) | EVENT_BIT(EVENT_CLOSE), see, see_free}, 0, false};
    struct event ev = {.kind = EVENT_OPEN};
    struct bus bus;

    (void)state;
    bus_init(&bus);
    assert_int_equal(bus_add(&bus, &a.sink), 0);
    assert_int_equal(bus_add(&bus, &b.sink), 0);
    bus_emit(&bus, &ev);
    ev.kind = EVENT_CLOSE;
    bus_emit(&bus, &ev);
    ev.kind = EVENT_PING;
    bus_emit(&bus, &ev);
    assert_int_equal(a.events, 1);
    assert_int_equal(b.events, 2);
    assert_true(bus_wants(&bus, EVENT_CLOSE));
    assert_false(bus_wants(&bus, EVENT_PING));
    bus_clear(&bus);
    assert_true(a.freed && b.freed);
}

static void bus_keeps_kinds_apart_up_to_the_62nd(void **state)
{
    struct seen sinks[63] = {0};

    (void)state;
    for (unsigned kind = 0; kind < 63; kind++)
        sinks[kind].sink = (struct sink){EVENT_BIT(kind), see, see_free};
    for (unsigned kind = 0; kind < 63; kind++) {
        struct event ev = {.kind = (enum event_kind)kind};
        struct bus bus;

        bus_init(&bus);
        assert_int_equal(bus_add(&bus, &sinks[kind].sink), 0);
        assert_int_equal(bus_add(&bus, &sinks[(kind + 32) % 63].sink), 0);
        bus_emit(&bus, &ev);
        assert_int_equal(sinks[kind].events, 1);
        assert_int_equal(sinks[(kind + 32) % 63].events, kind < 31 ? 0 : 1);
        bus_clear(&bus);
    }
}

static void bus_wants_sent_messages_only_for_sinks_that_look_at_them(void **state)
{
    struct seen none = {{EVENT_BIT(EVENT_OPEN), see, see_free}, 0, false};
    struct seen incoming = {
        {EVENT_BIT(EVENT_MESSAGE) | SINK_INCOMING_ONLY, see, see_free}, 0, false};
    struct seen both = {{EVENT_BIT(EVENT_MESSAGE), see, see_free}, 0, false};
    struct bus bus;

    (void)state;
    bus_init(&bus);
    assert_int_equal(bus_add(&bus, &none.sink), 0);
    assert_int_equal(bus_add(&bus, &incoming.sink), 0);
    assert_true(bus_wants(&bus, EVENT_MESSAGE));
    assert_false(bus_wants_sent(&bus));
    assert_int_equal(bus_add(&bus, &both.sink), 0);
    assert_true(bus_wants_sent(&bus));
    bus_clear(&bus);
    assert_false(bus_wants_sent(&bus));
}

static void bus_add_frees_the_sink_it_has_no_room_for(void **state)
{
    struct seen sinks[BUS_SINKS_MAX + 1];
    struct bus bus;

    (void)state;
    bus_init(&bus);
    assert_int_equal(bus_add(&bus, NULL), -1);
    for (size_t i = 0; i <= BUS_SINKS_MAX; i++) {
        sinks[i] = (struct seen){{EVENT_BIT(EVENT_OPEN), see, see_free}, 0, false};
        assert_int_equal(bus_add(&bus, &sinks[i].sink), i < BUS_SINKS_MAX ? 0 : -1);
    }
    assert_false(sinks[0].freed);
    assert_true(sinks[BUS_SINKS_MAX].freed);
    bus_clear(&bus);
}

static void bus_withholds_kinds_from_one_sink(void **state)
{
    struct seen a = {{EVENT_BIT(EVENT_OPEN) | EVENT_BIT(EVENT_CLOSE), see, see_free}, 0, false};
    struct seen b = {{EVENT_BIT(EVENT_OPEN) | EVENT_BIT(EVENT_CLOSE), see, see_free}, 0, false};
    struct event ev = {.kind = EVENT_OPEN};
    struct bus bus;

    (void)state;
    bus_init(&bus);
    assert_int_equal(bus_add(&bus, &a.sink), 0);
    assert_int_equal(bus_add(&bus, &b.sink), 0);
    bus_withhold(&bus, 0, EVENT_BIT(EVENT_OPEN));
    bus_emit(&bus, &ev);
    assert_int_equal(a.events, 0);
    assert_int_equal(b.events, 1);
    ev.kind = EVENT_CLOSE;
    bus_emit(&bus, &ev);
    assert_int_equal(a.events, 1);
    assert_int_equal(b.events, 2);
    bus_clear(&bus);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bus_hands_an_event_to_the_sinks_that_want_its_kind),
        cmocka_unit_test(bus_keeps_kinds_apart_up_to_the_62nd),
        cmocka_unit_test(bus_wants_sent_messages_only_for_sinks_that_look_at_them),
        cmocka_unit_test(bus_withholds_kinds_from_one_sink),
        cmocka_unit_test(bus_add_frees_the_sink_it_has_no_room_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

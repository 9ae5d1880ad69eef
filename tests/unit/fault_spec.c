#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fault/fault.h"

static struct fault_spec parsed(const char *text)
{
    struct fault_spec f;
    struct err e;

    if (fault_parse(&f, slice_str(text), &e) < 0)
        fail_msg("%s: %s", text, e.text);
    return f;
}

static void fault_parse_reads_a_kind_alone(void **state)
{
    struct fault_spec f = parsed("rst");

    (void)state;
    assert_int_equal(f.kind, FAULT_RST);
    assert_int_equal(f.trigger, FAULT_AT_ONCE);
    assert_int_equal(f.side, FAULT_SIDE_BOTH);
    assert_int_equal(f.count, 0);
}

static void fault_parse_reads_every_part(void **state)
{
    struct fault_spec f = parsed("latency:200ms,50ms,side=in@every:30s+10s*3");

    (void)state;
    assert_int_equal(f.kind, FAULT_LATENCY);
    assert_int_equal(f.us, 200000);
    assert_int_equal(f.jitter_us, 50000);
    assert_int_equal(f.side, FAULT_SIDE_IN);
    assert_int_equal(f.trigger, FAULT_EVERY);
    assert_int_equal(f.at_us, 30000000);
    assert_int_equal(f.duration_us, 10000000);
    assert_int_equal(f.count, 3);
}

static void fault_parse_reads_every_trigger(void **state)
{
    static const struct {
        const char *text;
        enum fault_trigger trigger;
        uint64_t at, n;
    } rows[] = {
        {"rst@30s", FAULT_AFTER, 30000000, 0},
        {"rst@1.5s", FAULT_AFTER, 1500000, 0},
        {"rst@2", FAULT_AFTER, 2000000, 0},
        {"rst@open", FAULT_ON_OPEN, 0, 0},
        {"rst@message:7", FAULT_ON_MESSAGE, 0, 7},
        {"rst@frame:9", FAULT_ON_FRAME, 0, 9},
        {"rst@bytes:64k", FAULT_ON_BYTES, 0, 65536},
        {"rst@connect:2", FAULT_ON_CONNECT, 0, 2},
        {"rst@every:2m", FAULT_EVERY, 120000000, 0},
        {"rst@random:10s..60s", FAULT_RANDOM, 10000000, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fault_spec f = parsed(rows[i].text);

        assert_int_equal(f.trigger, rows[i].trigger);
        assert_int_equal(f.at_us, rows[i].at);
        assert_int_equal(f.n, rows[i].n);
    }
    assert_int_equal(parsed("rst@random:10s..60s").most_us, 60000000);
}

/* Whatever a person can write comes back as they would write it. */
static void fault_print_repeats_what_was_read(void **state)
{
    static const char *const specs[] = {
        "rst",
        "fin@open",
        "half-close@message:3",
        "blackhole@5s+3s",
        "blackhole:side=in",
        "stall-read+2s",
        "stall-write@frame:4",
        "latency:200ms,50ms",
        "latency:1s,side=out",
        "rate:10k",
        "slice:3,20ms",
        "slice:1",
        "truncate:5@message:2",
        "corrupt:1",
        "corrupt:17,side=out",
        "rebind:",
        "rebind:127.0.0.2@30s",
        "rebind:::1",
        "drop-pong",
        "delay-pong:5s",
        "wrong-pong*2",
        "drop-in:0.5",
        "drop-out:1",
        "dup-in:0.25*4",
        "dup-out:0",
        "reorder:0.125",
        "close:1013@message:2",
        "refuse*2",
        "dns-fail@connect:1",
        "dns-slow:3s",
        "status:503,retry-after=2*3",
        "status:429",
        "rst@every:2s",
        "rst@random:10s..60s",
        "rst@bytes:1M",
    };
    char text[FAULT_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        struct fault_spec f;
        struct err e;
        const char *spec = strcmp(specs[i], "rebind:") == 0 ? "rebind" : specs[i];

        if (fault_parse(&f, slice_str(spec), &e) < 0)
            fail_msg("%s: %s", spec, e.text);
        fault_print(&f, text);
        assert_string_equal(text, spec);
    }
}

static void fault_parse_points_at_the_mistake(void **state)
{
    static const struct {
        const char *text;
        long at;
        const char *says;
    } rows[] = {
        {"", 0, "begins with its kind"},
        {"blackhoel", 0, "did you mean \"blackhole\"?"},
        {"nonsense", 0, "no fault \"nonsense\""},
        {"latency", 7, "needs an argument"},
        {"latency:", 8, "takes a time"},
        {"latency:abc", 8, "takes a time"},
        {"latency:1s,2s,3s", 14, "no further argument"},
        {"latency:1s,side=up", 16, "in or out"},
        {"rst:side=in", 4, "no side"},
        {"rst:5", 4, "no argument"},
        {"rate:0", 5, "above 0"},
        {"rate:99999999999999999999", 5, "number of bytes"},
        {"drop-in:1.5", 8, "0 to 1"},
        {"drop-in:-1", 8, "0 to 1"},
        {"close:99", 6, "1000 to 4999"},
        {"status:99", 7, "200 to 599"},
        {"status:503,retry-after=x", 23, "whole seconds"},
        {"rebind:example.org", 7, "local IP address"},
        {"rst@", 4, "no trigger"},
        {"rst@soon", 4, "no trigger"},
        {"rst@message:0", 12, "above 0"},
        {"rst@bytes:x", 10, "a size"},
        {"rst@every:0s", 10, "above 0"},
        {"rst@random:60s..10s", 11, "shorter first"},
        {"rst@random:60s", 11, "two times"},
        {"blackhole+", 10, "duration"},
        {"rst+5s", 3, "happens in a moment"},
        {"rst*0", 4, "above 0"},
        {"rst*3@5s", 5, "wrong place"},
        {"refuse@message:3", 7, "too late"},
        {"rst@99999999999999999h", 4, "no trigger"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fault_spec f = {.kind = FAULT_SLICE}, before = f;
        struct err e;

        if (fault_parse(&f, slice_str(rows[i].text), &e) == 0)
            fail_msg("%s was taken", rows[i].text);
        assert_int_equal(e.code, EXIT_USAGE);
        if (e.at != rows[i].at || !strstr(e.text, rows[i].says))
            fail_msg("%s: at %ld: %s", rows[i].text, e.at, e.text);
        assert_memory_equal(&f, &before, sizeof f);
    }
}

static void fault_parse_next_steps_through_a_list(void **state)
{
    struct slice list = slice_str(" rst@5s ;; drop-in:0.5;latency:x");
    struct fault_spec f;
    struct err e;
    size_t pos = 0;

    (void)state;
    assert_int_equal(fault_parse_next(&f, list, &pos, &e), 1);
    assert_int_equal(f.kind, FAULT_RST);
    assert_int_equal(fault_parse_next(&f, list, &pos, &e), 1);
    assert_int_equal(f.kind, FAULT_DROP_IN);
    assert_int_equal(fault_parse_next(&f, list, &pos, &e), -1);
    assert_int_equal(e.at, 31);
    pos = list.len;
    assert_int_equal(fault_parse_next(&f, list, &pos, &e), 0);
}

static void fault_parse_survives_any_bytes(void **state)
{
    uint32_t seed = 7;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        static const char alphabet[] = "rst:latency@every+*,;=.0123456789smk\x80 ";
        char text[24];
        size_t n;
        struct fault_spec f;
        struct err e;

        seed = seed * 1664525u + 1013904223u;
        n = (seed >> 16) % sizeof text;
        for (size_t i = 0; i < n; i++) {
            seed = seed * 1664525u + 1013904223u;
            text[i] = alphabet[(seed >> 16) % (sizeof alphabet - 1)];
        }
        if (fault_parse(&f, slice_make(text, n), &e) < 0)
            assert_in_range(e.at, 0, n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fault_parse_reads_a_kind_alone),
        cmocka_unit_test(fault_parse_reads_every_part),
        cmocka_unit_test(fault_parse_reads_every_trigger),
        cmocka_unit_test(fault_print_repeats_what_was_read),
        cmocka_unit_test(fault_parse_points_at_the_mistake),
        cmocka_unit_test(fault_parse_next_steps_through_a_list),
        cmocka_unit_test(fault_parse_survives_any_bytes),
    };

    return cmocka_run_group_tests_name("net_fault", tests, NULL, NULL);
}

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
        "drop-out:0.000001",
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
        "close:1012,try again",
        "close:4001,later,leg=server@message:2",
        "offline+30s",
        "offline:silent@10s+3s",
        "offline:path=/a/*,leg=server",
        "rst:leg=client*2",
        "rst:path=/chat/*@5s*2",
        "rst:path=/a/**2",
        "rst:path=/a*7,leg=client",
        "latency:200ms,side=in,path=*,leg=server,share=0.25,only=ws,after=3+10s",
        "status:503,retry-after=2,path=/a?b,only=http",
        "blackhole:path=/a*+5s*2",
        "refuse:share=0.5",
        "refuse:share=0.000001",
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
        {"rst@", 4, "not a trigger"},
        {"rst@soon", 4, "not a trigger"},
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
        {"rst@99999999999999999h", 4, "not a trigger"},
        {"close:1001,", 11, "the reason of a close"},
        {"close:1001,a,b", 13, "no further argument"},
        {"close:1001,\x01", 11, "no control characters"},
        {"close:1001,\xFF", 11, "UTF-8"},
        {"offline:loud", 8, "offline takes silent"},
        {"offline:30s", 8, "the time is +DURATION"},
        {"rst:leg=both", 8, "client, server or redis"},
        {"dns-fail:leg=client", 13, "the way to the server"},
        {"rst:path=", 9, "path= takes a pattern"},
        {"rst:path=chat", 9, "not \"chat\""},
        {"rst:path=/a b", 11, "no such character"},
        {"rst:share=", 10, "share= takes"},
        {"rst:share=1.5", 10, "share= takes"},
        {"rst:share=101%", 10, "0% to 100%"},
        {"rst:only=sse", 9, "ws or http"},
        {"drop-pong:only=http", 15, "acts on WebSockets"},
        {"rst:after=0", 10, "above 0"},
        {"rst:retry-after=2", 4, "no argument"},
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

static void fault_parse_reads_what_a_proxy_has(void **state)
{
    struct fault_spec f = parsed("rst:leg=server,path=/a/*,share=25%,only=http,after=7*2");

    (void)state;
    assert_int_equal(f.leg, FAULT_LEG_SERVER);
    assert_string_equal(f.path, "/a/*");
    assert_true(f.has_share);
    assert_true(f.share == 0.25);
    assert_int_equal(f.only, FAULT_TRAFFIC_HTTP);
    assert_int_equal(f.after, 7);
    assert_int_equal(f.count, 2);
    assert_true(fault_is_random(&f));
    f = parsed("offline:silent+5s");
    assert_true(f.silent);
    assert_int_equal(f.duration_us, 5000000);
    assert_false(fault_is_instant(f.kind));
    f = parsed("close:1012,come back");
    assert_int_equal(f.code, 1012);
    assert_string_equal(f.reason, "come back");
    /* The last * and digits of all are the count, any other * is part of the pattern. */
    f = parsed("rst:path=/v*2");
    assert_string_equal(f.path, "/v");
    assert_int_equal(f.count, 2);
    f = parsed("rst:path=/v*2,leg=client");
    assert_string_equal(f.path, "/v*2");
    assert_int_equal(f.count, 0);
}

static void fault_leg_is_the_clients_unless_it_is_of_the_way_to_a_server(void **state)
{
    static const struct {
        const char *text;
        enum fault_leg leg;
    } rows[] = {
        {"rst", FAULT_LEG_CLIENT},
        {"rst:leg=client", FAULT_LEG_CLIENT},
        {"rst:leg=server", FAULT_LEG_SERVER},
        {"close:1001", FAULT_LEG_CLIENT},
        {"refuse", FAULT_LEG_CLIENT},
        {"dns-fail", FAULT_LEG_SERVER},
        {"dns-slow:1s", FAULT_LEG_SERVER},
        {"rebind", FAULT_LEG_SERVER},
        {"rebind:leg=server", FAULT_LEG_SERVER},
        {"rst:leg=redis", FAULT_LEG_REDIS},
        {"dns-fail:leg=redis", FAULT_LEG_REDIS},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fault_spec f = parsed(rows[i].text);

        assert_int_equal(fault_leg(&f), rows[i].leg);
    }
}

static void fault_parse_next_refuses_what_that_end_has_not(void **state)
{
    static const struct {
        const char *text;
        enum fault_use use;
        long at; /* -1: taken */
        const char *says;
    } rows[] = {
        {"rst;offline+5s", FAULT_USE_CLIENT, 4, "offline is for faults of wscope proxy"},
        {"offline", FAULT_USE_SERVER, 0, "wscope proxy"},
        {"offline", FAULT_USE_PROXY, -1, NULL},
        {"rst:leg=client", FAULT_USE_CLIENT, 4, "leg= is for faults of wscope proxy"},
        {"rate:1k,path=/a", FAULT_USE_SERVER, 8, "path="},
        {"rst:share=1", FAULT_USE_CLIENT, 4, "share="},
        {"rst:only=ws", FAULT_USE_CLIENT, 4, "only="},
        {" rst:after=2", FAULT_USE_CLIENT, 5, "after="},
        {"rst:leg=server,path=/a,share=0,only=ws,after=2", FAULT_USE_PROXY, -1, NULL},
        {"close:1001", FAULT_USE_CLIENT, 0, "close:CODE is a fault of wscope serve"},
        {"close:1001", FAULT_USE_SERVER, -1, NULL},
        {"close:1001,bye", FAULT_USE_PROXY, -1, NULL},
        {"dns-fail", FAULT_USE_SERVER, 0, "dns-fail is a fault of a client"},
        {"rst:leg=redis@every:30s", FAULT_USE_SERVER, -1, NULL},
        {"latency:1s,leg=redis;dns-slow:1s,leg=redis*2", FAULT_USE_SERVER, -1, NULL},
        {"rst:leg=redis", FAULT_USE_PROXY, 4, "wscope serve --pubsub"},
        {"rst:leg=redis", FAULT_USE_CLIENT, 4, "wscope serve --pubsub"},
        {"rst:path=/a,leg=redis", FAULT_USE_SERVER, 4, "path= is for faults of wscope proxy"},
        {"rst;drop-in:1,leg=redis", FAULT_USE_SERVER, 4, "drop-in is not possible"},
        {"status:503,leg=redis", FAULT_USE_SERVER, 0, "status is not possible"},
        {"close:1001,leg=redis", FAULT_USE_SERVER, 0, "close is not possible"},
        {"rst:leg=redis@message:3", FAULT_USE_SERVER, 14, "messages and frames are not counted"},
        {"dns-fail", FAULT_USE_PROXY, -1, NULL},
        {"dns-fail", FAULT_USE_CLIENT, -1, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct slice text = slice_str(rows[i].text);
        struct fault_spec f;
        struct err e;
        size_t pos = 0;
        int r;

        while ((r = fault_parse_next(&f, text, &pos, rows[i].use, &e)) == 1)
            ;
        if (r != (rows[i].at < 0 ? 0 : -1))
            fail_msg("%s: %d", rows[i].text, r);
        if (r < 0 && (e.at != rows[i].at || !strstr(e.text, rows[i].says)))
            fail_msg("%s: at %ld: %s", rows[i].text, e.at, e.text);
    }
}

static void fault_applies_to_what_it_is_confined_to(void **state)
{
    static const struct {
        const char *text;
        struct fault_scope scope;
        bool applies;
    } rows[] = {
        {"rst", {0}, true},
        {"rst:path=/a/*", {.path = "/a/b/c"}, true},
        {"rst:path=/a/*", {.path = "/a"}, false},
        {"rst:path=/a/*", {0}, false},
        {"rst:path=/?", {.path = "/x"}, true},
        {"rst:path=/?", {.path = "/"}, false},
        {"rst:only=ws", {.traffic = FAULT_TRAFFIC_WS}, true},
        {"rst:only=ws", {.traffic = FAULT_TRAFFIC_HTTP}, false},
        {"rst:only=http", {.traffic = FAULT_TRAFFIC_HTTP}, true},
        {"rst:only=http", {0}, false},
        {"rst:share=0.5", {.client = 1, .drawn = 0.49}, true},
        {"rst:share=0.5", {.client = 1, .drawn = 0.5}, false},
        {"rst:share=0.5", {.drawn = 0}, false},
        {"rst:share=0", {.client = 1, .drawn = 0}, false},
        {"rst:share=1", {.client = 1, .drawn = 0.999}, true},
        {"rst:after=2", {.messages = 1}, false},
        {"rst:after=2", {.messages = 2}, true},
        {"rst:path=/a,after=2", {.path = "/b", .messages = 2}, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fault_spec f = parsed(rows[i].text);

        if (fault_applies(&f, &rows[i].scope) != rows[i].applies)
            fail_msg("row %zu: %s", i, rows[i].text);
    }
}

static void fault_glob_takes_bounded_time(void **state)
{
    char text[20001];

    (void)state;
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_false(fault_glob("*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
    assert_true(fault_glob("*a*a*a*a*a*a*a*a*a*a*a*a*", text));
    assert_true(fault_glob("", ""));
    assert_true(fault_glob("**", ""));
    assert_false(fault_glob("?", ""));
    assert_true(fault_glob("/*/b*c", "/a/b/b/bcxc"));
    assert_false(fault_glob("/a", "/ab"));
}

static void fault_parse_next_steps_through_a_list(void **state)
{
    struct slice list = slice_str(" rst@5s ;; drop-in:0.5;latency:x");
    struct fault_spec f;
    struct err e;
    size_t pos = 0;

    (void)state;
    assert_int_equal(fault_parse_next(&f, list, &pos, FAULT_USE_CLIENT, &e), 1);
    assert_int_equal(f.kind, FAULT_RST);
    assert_int_equal(fault_parse_next(&f, list, &pos, FAULT_USE_CLIENT, &e), 1);
    assert_int_equal(f.kind, FAULT_DROP_IN);
    assert_int_equal(fault_parse_next(&f, list, &pos, FAULT_USE_CLIENT, &e), -1);
    assert_int_equal(e.at, 31);
    pos = list.len;
    assert_int_equal(fault_parse_next(&f, list, &pos, FAULT_USE_CLIENT, &e), 0);
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
        cmocka_unit_test(fault_parse_reads_what_a_proxy_has),
        cmocka_unit_test(fault_leg_is_the_clients_unless_it_is_of_the_way_to_a_server),
        cmocka_unit_test(fault_parse_next_refuses_what_that_end_has_not),
        cmocka_unit_test(fault_applies_to_what_it_is_confined_to),
        cmocka_unit_test(fault_glob_takes_bounded_time),
        cmocka_unit_test(fault_parse_next_steps_through_a_list),
        cmocka_unit_test(fault_parse_survives_any_bytes),
    };

    return cmocka_run_group_tests_name("net_fault", tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fault/faults.h"

#define SECOND 1000000u

/* What was reported, a line each: "KIND PHASE @TRIGGER #CONN". */
struct log {
    char text[4096];
    unsigned changes;
};

static void on_report(void *ctx, const struct event_fault *f, uint32_t conn)
{
    struct log *log = ctx;
    size_t n = strlen(log->text);

    snprintf(log->text + n, sizeof log->text - n, "%s %s%s%s%s%s #%u\n", f->kind, f->phase,
             f->args[0] ? " " : "", f->args, f->trigger[0] ? " @" : "", f->trigger, conn);
}

static void on_change(void *ctx)
{
    ((struct log *)ctx)->changes++;
}

static struct faults *armed(struct log *log, uint64_t seed, const char *list)
{
    struct faults *f;
    struct fault_spec spec;
    struct err e;
    size_t pos = 0;
    int r;

    memset(log, 0, sizeof *log);
    f = faults_new(seed, on_report, log);
    assert_non_null(f);
    while ((r = fault_parse_next(&spec, slice_str(list), &pos, FAULT_USE_PROXY, &e)) == 1)
        assert_int_equal(faults_arm(f, &spec, 0), 0);
    assert_int_equal(r, 0);
    return f;
}

static struct fault_conn *connected(struct faults *f, uint32_t conn, uint64_t now)
{
    struct fault_conn *c = fault_conn_new(f, conn, now);

    assert_non_null(c);
    fault_conn_connected(c, now);
    return c;
}

static void faults_at_once_lasting_meets_every_connection(void **state)
{
    struct log log;
    struct faults *f = armed(&log, 1, "latency:200ms");
    struct fault_conn *a = connected(f, 1, 0), *b;

    (void)state;
    assert_non_null(fault_conn_active(a, FAULT_LATENCY, FAULT_SIDE_IN));
    fault_conn_free(a, 5);
    b = connected(f, 2, 10);
    assert_non_null(fault_conn_active(b, FAULT_LATENCY, FAULT_SIDE_OUT));
    assert_null(fault_conn_active(b, FAULT_RATE, FAULT_SIDE_OUT));
    fault_conn_free(b, 20);
    assert_string_equal(log.text,
                        "latency armed 200ms #0\nlatency begin 200ms #1\nlatency end 200ms #1\n"
                        "latency begin 200ms #2\nlatency end 200ms #2\n");
    faults_free(f);
}

static void faults_count_pongs_for_kinds_that_act_on_them(void **state)
{
    static const struct {
        const char *spec;
        enum fault_kind kind;
    } kinds[] = {{"drop-pong*3", FAULT_DROP_PONG},
                 {"delay-pong:1s*3", FAULT_DELAY_PONG},
                 {"wrong-pong*3", FAULT_WRONG_PONG}};

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct log log;
        struct faults *f = armed(&log, 1, kinds[i].spec);
        struct fault_conn *a = connected(f, 1, 0), *b = connected(f, 2, 0), *c;

        /* Three pongs in all, however many connections there are. */
        assert_non_null(fault_conn_pong(a, kinds[i].kind, FAULT_SIDE_IN));
        assert_non_null(fault_conn_pong(b, kinds[i].kind, FAULT_SIDE_OUT));
        assert_non_null(fault_conn_active(a, kinds[i].kind, FAULT_SIDE_IN));
        assert_non_null(fault_conn_pong(b, kinds[i].kind, FAULT_SIDE_OUT));
        assert_null(fault_conn_pong(a, kinds[i].kind, FAULT_SIDE_IN));
        assert_null(fault_conn_active(b, kinds[i].kind, FAULT_SIDE_OUT));
        c = connected(f, 3, 0);
        assert_null(fault_conn_pong(c, kinds[i].kind, FAULT_SIDE_IN));
        fault_conn_free(a, 1);
        fault_conn_free(b, 1);
        fault_conn_free(c, 1);
        assert_non_null(strstr(log.text, "end"));
        faults_free(f);
    }
}

static void faults_at_once_momentary_strikes_once(void **state)
{
    struct log log;
    struct faults *f = armed(&log, 1, "rst");
    struct fault_conn *a = connected(f, 1, 0), *b;

    (void)state;
    assert_non_null(fault_conn_strike(a, FAULT_FAMILY_LINK));
    assert_null(fault_conn_strike(a, FAULT_FAMILY_LINK));
    fault_conn_free(a, 1);
    b = connected(f, 2, 2);
    assert_null(fault_conn_strike(b, FAULT_FAMILY_LINK));
    fault_conn_free(b, 3);
    faults_free(f);
}

static void faults_every_strikes_who_is_there(void **state)
{
    struct log log;
    struct faults *f = armed(&log, 1, "rst@every:2s");
    struct fault_conn *a = connected(f, 1, 0), *b;

    (void)state;
    assert_int_equal(faults_due(f), 2 * SECOND);
    faults_tick(f, 2 * SECOND);
    assert_non_null(fault_conn_strike(a, FAULT_FAMILY_LINK));
    fault_conn_free(a, 2 * SECOND);
    assert_int_equal(faults_due(f), 4 * SECOND);
    faults_tick(f, 4 * SECOND); /* nobody is there */
    b = connected(f, 2, 5 * SECOND);
    assert_null(fault_conn_strike(b, FAULT_FAMILY_LINK));
    faults_tick(f, 9 * SECOND); /* slept through 6 and 8: one blow */
    assert_non_null(fault_conn_strike(b, FAULT_FAMILY_LINK));
    assert_int_equal(faults_due(f), 10 * SECOND);
    fault_conn_free(b, 9 * SECOND);
    faults_free(f);
}

static void faults_after_waits_for_a_connection(void **state)
{
    struct log log;
    struct faults *f = armed(&log, 1, "rst@5s");
    struct fault_conn *a;

    (void)state;
    faults_tick(f, 5 * SECOND);
    assert_true(faults_due(f) == UINT64_MAX);
    a = connected(f, 1, 6 * SECOND);
    assert_non_null(fault_conn_strike(a, FAULT_FAMILY_LINK));
    fault_conn_free(a, 7 * SECOND);
    a = connected(f, 2, 8 * SECOND);
    assert_null(fault_conn_strike(a, FAULT_FAMILY_LINK));
    fault_conn_free(a, 9 * SECOND);
    faults_free(f);
}

static void faults_duration_ends_and_meets_newcomers_until_then(void **state)
{
    struct log log;
    struct faults *f = armed(&log, 1, "blackhole@5s+3s");
    struct fault_conn *a = connected(f, 1, 0), *b;

    (void)state;
    fault_conn_listen(a, FAULT_LISTENER_LINK, on_change, &log);
    faults_tick(f, 5 * SECOND);
    assert_int_equal(log.changes, 1);
    assert_non_null(fault_conn_active(a, FAULT_BLACKHOLE, FAULT_SIDE_IN));
    b = connected(f, 2, 6 * SECOND);
    assert_non_null(fault_conn_active(b, FAULT_BLACKHOLE, FAULT_SIDE_IN));
    assert_int_equal(faults_due(f), 8 * SECOND);
    faults_tick(f, 8 * SECOND);
    assert_int_equal(log.changes, 2);
    assert_null(fault_conn_active(a, FAULT_BLACKHOLE, FAULT_SIDE_IN));
    assert_null(fault_conn_active(b, FAULT_BLACKHOLE, FAULT_SIDE_IN));
    assert_true(faults_due(f) == UINT64_MAX);
    fault_conn_free(a, 9 * SECOND);
    fault_conn_free(b, 9 * SECOND);
    faults_free(f);
}

static void faults_lasting_without_duration_goes_with_its_connection(void **state)
{
    struct log log;
    struct faults *f = armed(&log, 1, "blackhole@5s");
    struct fault_conn *a = connected(f, 1, 0), *b;

    (void)state;
    faults_tick(f, 5 * SECOND);
    assert_true(faults_any_active(f));
    fault_conn_free(a, 6 * SECOND);
    assert_false(faults_any_active(f));
    b = connected(f, 2, 7 * SECOND);
    assert_null(fault_conn_active(b, FAULT_BLACKHOLE, FAULT_SIDE_IN));
    fault_conn_free(b, 8 * SECOND);
    faults_free(f);
}

static void faults_counting_triggers_act_on_each_connection(void **state)
{
    struct log log;
    struct faults *f = armed(&log, 1, "rst@message:3*2");
    (void)state;

    for (uint32_t conn = 1; conn <= 3; conn++) {
        struct fault_conn *c = connected(f, conn, conn);

        fault_conn_opened(c, conn);
        fault_conn_messages(c, 2, conn);
        assert_null(fault_conn_strike(c, FAULT_FAMILY_LINK));
        fault_conn_messages(c, 5, conn); /* several at a time */
        if (conn <= 2)
            assert_non_null(fault_conn_strike(c, FAULT_FAMILY_LINK));
        else
            assert_null(fault_conn_strike(c, FAULT_FAMILY_LINK));
        fault_conn_free(c, conn);
    }
    assert_string_equal(log.text, "rst armed @message:3 #0\nrst begin @message:3 #1\n"
                                  "rst begin @message:3 #2\n");
    faults_free(f);
}

static void faults_bytes_tell_how_many_may_pass(void **state)
{
    struct log log;
    struct faults *f = armed(&log, 1, "fin@bytes:100");
    struct fault_conn *c = connected(f, 1, 0);

    (void)state;
    assert_int_equal(fault_conn_bytes_left(c), 100);
    fault_conn_bytes(c, 60, 1);
    assert_int_equal(fault_conn_bytes_left(c), 40);
    assert_null(fault_conn_strike(c, FAULT_FAMILY_LINK));
    fault_conn_bytes(c, 100, 2);
    assert_int_equal(fault_conn_strike(c, FAULT_FAMILY_LINK)->kind, FAULT_FIN);
    assert_true(fault_conn_bytes_left(c) == UINT64_MAX);
    fault_conn_free(c, 3);
    faults_free(f);
}

static void faults_instead_of_a_connection_meet_attempts(void **state)
{
    struct log log;
    struct faults *f = armed(&log, 1, "status:503,retry-after=2*2;refuse@connect:3");
    (void)state;

    for (uint32_t attempt = 1; attempt <= 4; attempt++) {
        struct fault_conn *c = fault_conn_new(f, 1, attempt);
        const struct fault_spec *status = fault_conn_dial(c, FAULT_STATUS, attempt);
        const struct fault_spec *refuse = fault_conn_dial(c, FAULT_REFUSE, attempt);

        assert_int_equal(status != NULL, attempt <= 2);
        assert_int_equal(refuse != NULL, attempt == 3);
        if (status)
            assert_int_equal(status->retry_after, 2);
        fault_conn_free(c, attempt);
    }
    faults_free(f);
}

static void faults_dialling_kind_in_its_time(void **state)
{
    struct log log;
    struct faults *f = armed(&log, 1, "refuse+10s;dns-fail@20s+5s");
    struct fault_conn *c = fault_conn_new(f, 1, SECOND);

    (void)state;
    assert_non_null(fault_conn_dial(c, FAULT_REFUSE, SECOND));
    assert_null(fault_conn_dial(c, FAULT_DNS_FAIL, SECOND));
    faults_tick(f, 10 * SECOND);
    assert_null(fault_conn_dial(c, FAULT_REFUSE, 11 * SECOND));
    faults_tick(f, 20 * SECOND);
    assert_non_null(fault_conn_dial(c, FAULT_DNS_FAIL, 21 * SECOND));
    faults_tick(f, 25 * SECOND);
    assert_null(fault_conn_dial(c, FAULT_DNS_FAIL, 26 * SECOND));
    fault_conn_free(c, 26 * SECOND);
    faults_free(f);
}

/* Which of 200 messages each of two connections loses. */
static void drops(uint64_t seed, struct log *log)
{
    struct faults *f = armed(log, seed, "drop-in:0.1;reorder:0.05");

    for (uint32_t conn = 1; conn <= 2; conn++) {
        struct fault_conn *c = connected(f, conn, 0);

        for (uint64_t i = 1; i <= 200; i++) {
            fault_conn_chance(c, FAULT_DROP_IN, FAULT_SIDE_IN, i, i);
            fault_conn_chance(c, FAULT_REORDER, FAULT_SIDE_IN, i, i);
        }
        fault_conn_free(c, 300);
    }
    faults_free(f);
}

static void faults_same_seed_same_chances(void **state)
{
    struct log a, b, other;

    (void)state;
    drops(42, &a);
    drops(42, &b);
    drops(43, &other);
    assert_string_equal(a.text, b.text);
    assert_string_not_equal(a.text, other.text);
    assert_non_null(strstr(a.text, "drop-in begin 0.1 @message:"));
    assert_non_null(strstr(a.text, "#2\n"));
}

static void faults_chance_is_bounded_by_its_count(void **state)
{
    struct log log;
    struct faults *f = armed(&log, 1, "drop-in:1*2");
    struct fault_conn *c = connected(f, 1, 0);

    (void)state;
    assert_true(fault_conn_chance(c, FAULT_DROP_IN, FAULT_SIDE_IN, 1, 1));
    assert_true(fault_conn_chance(c, FAULT_DROP_IN, FAULT_SIDE_IN, 2, 1));
    assert_false(fault_conn_chance(c, FAULT_DROP_IN, FAULT_SIDE_IN, 3, 1));
    fault_conn_free(c, 2);
    faults_free(f);
}

static void faults_random_times_stay_in_their_range(void **state)
{
    struct log log;
    struct faults *f = armed(&log, 9, "rst@random:10s..60s");
    uint64_t last = 0;

    (void)state;
    for (int i = 0; i < 100; i++) {
        uint64_t due = faults_due(f);

        assert_in_range(due - last, 10 * SECOND, 60 * SECOND);
        last = due;
        faults_tick(f, due);
    }
    faults_free(f);
}

static void faults_heal_ends_all(void **state)
{
    struct log log;
    struct faults *f = armed(&log, 1, "latency:1s;rst@30s;drop-in:0.5");
    struct fault_conn *c = connected(f, 1, 0);
    bool active;

    (void)state;
    assert_non_null(faults_get(f, 2, &active));
    faults_heal(f, 1);
    assert_null(fault_conn_active(c, FAULT_LATENCY, FAULT_SIDE_IN));
    assert_null(faults_get(f, 0, &active));
    assert_true(faults_due(f) == UINT64_MAX);
    fault_conn_free(c, 2);
    faults_free(f);
}

static void faults_armed_later_strikes_who_is_there(void **state)
{
    struct log log;
    struct faults *f = armed(&log, 1, "");
    struct fault_conn *c = connected(f, 1, 0);
    struct fault_spec spec;
    struct err e;

    (void)state;
    assert_int_equal(fault_parse(&spec, slice_str("rst"), &e), 0);
    assert_int_equal(faults_arm(f, &spec, 5), 0);
    assert_non_null(fault_conn_strike(c, FAULT_FAMILY_LINK));
    fault_conn_free(c, 6);
    faults_free(f);
}

static void faults_take_the_places_of_those_that_are_spent(void **state)
{
    static const char *const past[] = {"rst", "fin*1", "rst@5s", "stall-read+2s", "rst@connect:1"};
    struct log log;
    struct faults *f = armed(&log, 1, "");
    struct fault_spec spec;
    struct err e;
    bool active;

    (void)state;
    for (unsigned i = 0; i < 20 * FAULTS_MAX; i++) {
        uint64_t now = (uint64_t)i * 10 * SECOND;
        struct fault_conn *c = i == 0 ? fault_conn_new(f, 1, now) : connected(f, 1, now);

        assert_int_equal(fault_parse(&spec, slice_str(past[i % (sizeof past / sizeof *past)]), &e),
                         0);
        assert_int_equal(faults_arm(f, &spec, now), 0);
        faults_tick(f, now + 6 * SECOND);
        while (fault_conn_strike(c, FAULT_FAMILY_LINK))
            continue;
        fault_conn_free(c, now + 7 * SECOND);
        log.text[0] = '\0';
    }
    assert_null(faults_get(f, 0, &active));
    assert_int_equal(fault_parse(&spec, slice_str("rst"), &e), 0);
    for (int i = 0; i < FAULTS_MAX; i++)
        assert_int_equal(faults_arm(f, &spec, 7), 0);
    assert_int_equal(faults_arm(f, &spec, 8), -1);
    faults_free(f);
}

static void faults_let_a_connection_that_is_over_alone(void **state)
{
    struct log log;
    struct faults *f = armed(&log, 1, "rst@every:2s;latency:1s;blackhole@3s");
    struct fault_conn *c = connected(f, 1, 0);

    (void)state;
    log.text[0] = '\0';
    fault_conn_over(c, SECOND);
    assert_string_equal(log.text, "latency end 1s #1\n");
    fault_conn_messages(c, 1, SECOND);
    faults_tick(f, 2 * SECOND);
    faults_tick(f, 3 * SECOND);
    assert_string_equal(log.text, "latency end 1s #1\n");
    assert_null(fault_conn_strike(c, FAULT_FAMILY_LINK));
    fault_conn_free(c, 4 * SECOND);
    assert_string_equal(log.text, "latency end 1s #1\n");
    /* What was due once waits for the next. */
    c = connected(f, 2, 5 * SECOND);
    assert_non_null(fault_conn_active(c, FAULT_BLACKHOLE, FAULT_SIDE_IN));
    fault_conn_free(c, 6 * SECOND);
    faults_free(f);
}

static void faults_count_on_while_nothing_is_armed(void **state)
{
    struct log log;
    struct faults *f = armed(&log, 1, "");
    struct fault_conn *c = connected(f, 1, 0);
    struct fault_spec spec;
    struct err e;

    (void)state;
    assert_true(fault_conn_idle(c));
    fault_conn_messages(c, 9, 1);
    assert_int_equal(fault_parse(&spec, slice_str("rst@message:5"), &e), 0);
    assert_int_equal(faults_arm(f, &spec, 2), 0);
    assert_false(fault_conn_idle(c));
    fault_conn_messages(c, 10, 3);
    assert_null(fault_conn_strike(c, FAULT_FAMILY_LINK)); /* the fifth is long past */
    faults_heal(f, 4);
    assert_true(fault_conn_idle(c));
    fault_conn_free(c, 5);
    faults_free(f);
}

static void faults_tell_the_fidelity_where_a_black_hole_is_armed(void **state)
{
    struct log log;
    struct faults *f = armed(&log, 1, "");
    struct fault_spec spec;
    struct err e;

    (void)state;
    faults_fidelity(f, "so and so");
    assert_int_equal(fault_parse(&spec, slice_str("blackhole:side=in@5s"), &e), 0);
    assert_int_equal(faults_arm(f, &spec, 0), 0);
    assert_string_equal(log.text, "blackhole armed side=in, so and so @5s #0\n");
    faults_free(f);
}

/* --- of a proxy ---------------------------------------------------------------------------------
 */

static void scoped(struct fault_conn *c, enum fault_traffic traffic, const char *path,
                   uint64_t client, uint64_t now)
{
    struct fault_scope scope = {.traffic = traffic, .path = path, .client = client};

    assert_int_equal(fault_conn_scope(c, &scope, now), 0);
}

static void faults_of_a_path_begin_when_it_is_known(void **state)
{
    struct log log;
    struct faults *f = armed(&log, 1, "latency:200ms,path=/a/*");
    struct fault_conn *a = connected(f, 1, 0), *b = connected(f, 2, 0);

    (void)state;
    assert_null(fault_conn_active(a, FAULT_LATENCY, FAULT_SIDE_IN));
    scoped(a, FAULT_TRAFFIC_WS, "/a/x", 1, 5);
    scoped(b, FAULT_TRAFFIC_WS, "/b", 2, 5);
    assert_non_null(fault_conn_active(a, FAULT_LATENCY, FAULT_SIDE_IN));
    assert_null(fault_conn_active(b, FAULT_LATENCY, FAULT_SIDE_IN));
    /* The next request of a connection that is kept. */
    scoped(a, FAULT_TRAFFIC_WS, "/b", 1, 10);
    scoped(b, FAULT_TRAFFIC_WS, "/a/", 2, 10);
    assert_null(fault_conn_active(a, FAULT_LATENCY, FAULT_SIDE_IN));
    assert_non_null(fault_conn_active(b, FAULT_LATENCY, FAULT_SIDE_IN));
    fault_conn_free(a, 20);
    fault_conn_free(b, 20);
    faults_free(f);
}

static void faults_of_a_moment_strike_a_connection_once(void **state)
{
    struct log log;
    struct faults *f = armed(&log, 1, "rst:only=ws*9");
    struct fault_conn *c = connected(f, 1, 0);

    (void)state;
    assert_null(fault_conn_strike(c, FAULT_FAMILY_LINK));
    scoped(c, FAULT_TRAFFIC_WS, "/", 1, 5);
    assert_non_null(fault_conn_strike(c, FAULT_FAMILY_LINK));
    fault_conn_messages(c, 1, 6);
    scoped(c, FAULT_TRAFFIC_WS, "/", 1, 7);
    assert_null(fault_conn_strike(c, FAULT_FAMILY_LINK));
    fault_conn_free(c, 20);
    faults_free(f);
}

static void faults_after_messages_begin_then_on_each_connection(void **state)
{
    struct log log;
    struct faults *f = armed(&log, 1, "rate:1k,after=3");
    struct fault_conn *a = connected(f, 1, 0), *b = connected(f, 2, 0);

    (void)state;
    fault_conn_messages(a, 2, 5);
    assert_null(fault_conn_active(a, FAULT_RATE, FAULT_SIDE_IN));
    fault_conn_messages(a, 4, 5);
    assert_non_null(fault_conn_active(a, FAULT_RATE, FAULT_SIDE_IN));
    assert_null(fault_conn_active(b, FAULT_RATE, FAULT_SIDE_IN));
    fault_conn_free(a, 20);
    fault_conn_free(b, 20);
    faults_free(f);
}

static void faults_by_time_meet_only_what_they_are_confined_to(void **state)
{
    struct log log;
    struct faults *f = armed(&log, 1, "rst:path=/a@5s;fin:path=/c@5s");
    struct fault_conn *a = connected(f, 1, 0), *b = connected(f, 2, 0), *c;

    (void)state;
    scoped(a, FAULT_TRAFFIC_WS, "/a", 1, 1);
    scoped(b, FAULT_TRAFFIC_WS, "/b", 2, 1);
    faults_tick(f, 5 * SECOND);
    assert_non_null(fault_conn_strike(a, FAULT_FAMILY_LINK));
    assert_null(fault_conn_strike(b, FAULT_FAMILY_LINK));
    /* The other waits for the next of its own. */
    c = connected(f, 3, 6 * SECOND);
    assert_null(fault_conn_strike(c, FAULT_FAMILY_LINK));
    scoped(c, FAULT_TRAFFIC_WS, "/c", 3, 6 * SECOND);
    assert_non_null(fault_conn_strike(c, FAULT_FAMILY_LINK));
    fault_conn_free(a, 7 * SECOND);
    fault_conn_free(b, 7 * SECOND);
    fault_conn_free(c, 7 * SECOND);
    faults_free(f);
}

/* Which of 200 clients a share meets: *first is the first of them. */
static unsigned shared(uint64_t seed, const char *spec, uint64_t *first)
{
    struct log log;
    struct faults *f = armed(&log, seed, spec);
    unsigned met = 0;

    *first = 0;
    for (uint64_t client = 1; client <= 200; client++) {
        struct fault_conn *c = connected(f, 1, 0), *again = connected(f, 2, 0);
        bool here;

        scoped(c, FAULT_TRAFFIC_WS, "/", client, 0);
        scoped(again, FAULT_TRAFFIC_WS, "/", client, 0);
        here = fault_conn_active(c, FAULT_BLACKHOLE, FAULT_SIDE_IN) != NULL;
        /* Drawn for the client, not for the connection. */
        assert_int_equal(here, fault_conn_active(again, FAULT_BLACKHOLE, FAULT_SIDE_IN) != NULL);
        met += here;
        if (here && !*first)
            *first = client;
        fault_conn_free(c, 0);
        fault_conn_free(again, 0);
        memset(&log, 0, sizeof log);
    }
    faults_free(f);
    return met;
}

static void faults_draw_a_share_once_for_each_client(void **state)
{
    uint64_t first, again;
    unsigned met = shared(7, "blackhole:share=0.25", &first);

    (void)state;
    assert_in_range(met, 25, 75);
    assert_int_equal(shared(7, "blackhole:share=25%", &again), met);
    assert_int_equal(first, again);
    assert_int_equal(shared(7, "blackhole:share=0", &first), 0);
    assert_int_equal(shared(7, "blackhole:share=1", &first), 200);
}

static void faults_offline_meets_all_that_are_and_come_in_its_time(void **state)
{
    struct log log;
    struct faults *f = armed(&log, 1, "offline@message:2+5s");
    struct fault_conn *a = connected(f, 1, 0), *b = connected(f, 2, 0), *c;

    (void)state;
    fault_conn_messages(a, 2, SECOND);
    assert_non_null(fault_conn_active(a, FAULT_OFFLINE, FAULT_SIDE_BOTH));
    assert_non_null(fault_conn_active(b, FAULT_OFFLINE, FAULT_SIDE_BOTH));
    c = connected(f, 3, 3 * SECOND);
    assert_non_null(fault_conn_active(c, FAULT_OFFLINE, FAULT_SIDE_BOTH));
    assert_int_equal(faults_due(f), 6 * SECOND);
    faults_tick(f, 6 * SECOND);
    assert_null(fault_conn_active(c, FAULT_OFFLINE, FAULT_SIDE_BOTH));
    fault_conn_free(c, 6 * SECOND);
    c = connected(f, 4, 6 * SECOND);
    assert_null(fault_conn_active(c, FAULT_OFFLINE, FAULT_SIDE_BOTH));
    fault_conn_free(a, 7 * SECOND);
    fault_conn_free(b, 7 * SECOND);
    fault_conn_free(c, 7 * SECOND);
    faults_free(f);
}

static void faults_offline_without_a_duration_lasts_until_it_is_healed(void **state)
{
    struct log log;
    struct faults *f = armed(&log, 1, "offline@1s");
    struct fault_conn *c;

    (void)state;
    faults_tick(f, SECOND);
    c = connected(f, 1, 1000 * SECOND);
    assert_non_null(fault_conn_active(c, FAULT_OFFLINE, FAULT_SIDE_BOTH));
    assert_non_null(fault_conn_dial(c, FAULT_OFFLINE, 1000 * SECOND));
    faults_heal(f, 1001 * SECOND);
    assert_null(fault_conn_active(c, FAULT_OFFLINE, FAULT_SIDE_BOTH));
    assert_null(fault_conn_dial(c, FAULT_OFFLINE, 1001 * SECOND));
    fault_conn_free(c, 1001 * SECOND);
    faults_free(f);
}

static void faults_offline_counts_times_and_not_connections(void **state)
{
    struct log log;
    struct faults *f = armed(&log, 1, "offline@every:10s+5s*2");
    struct fault_conn *c[4];

    (void)state;
    for (uint32_t i = 0; i < 3; i++)
        c[i] = connected(f, i, 0);
    for (uint64_t now = 10 * SECOND; now <= 20 * SECOND; now += 10 * SECOND) {
        faults_tick(f, now);
        for (int i = 0; i < 3; i++)
            assert_non_null(fault_conn_active(c[i], FAULT_OFFLINE, FAULT_SIDE_BOTH));
        c[3] = connected(f, 9, now + SECOND);
        assert_non_null(fault_conn_active(c[3], FAULT_OFFLINE, FAULT_SIDE_BOTH));
        fault_conn_free(c[3], now + SECOND);
        faults_tick(f, now + 5 * SECOND);
        for (int i = 0; i < 3; i++)
            assert_null(fault_conn_active(c[i], FAULT_OFFLINE, FAULT_SIDE_BOTH));
    }
    faults_tick(f, 30 * SECOND);
    for (int i = 0; i < 3; i++) {
        assert_null(fault_conn_active(c[i], FAULT_OFFLINE, FAULT_SIDE_BOTH));
        fault_conn_free(c[i], 31 * SECOND);
    }
    faults_free(f);
}

static void faults_offline_at_a_connection_meets_the_others(void **state)
{
    struct log log;
    struct faults *f = armed(&log, 1, "offline@connect:2+5s");
    struct fault_conn *a = connected(f, 1, 0), *b, *c;

    (void)state;
    assert_null(fault_conn_active(a, FAULT_OFFLINE, FAULT_SIDE_BOTH));
    b = connected(f, 2, SECOND);
    assert_non_null(fault_conn_active(a, FAULT_OFFLINE, FAULT_SIDE_BOTH));
    assert_non_null(fault_conn_active(b, FAULT_OFFLINE, FAULT_SIDE_BOTH));
    c = connected(f, 3, 2 * SECOND);
    assert_non_null(fault_conn_active(c, FAULT_OFFLINE, FAULT_SIDE_BOTH));
    fault_conn_free(a, 3 * SECOND);
    fault_conn_free(b, 3 * SECOND);
    fault_conn_free(c, 3 * SECOND);
    faults_free(f);
}

static void faults_with_a_scope_close_once_it_is_open(void **state)
{
    struct log log;
    struct faults *f = armed(&log, 1, "close:1012,back soon,path=/a*3");
    struct fault_conn *c = connected(f, 1, 0);
    const struct fault_spec *spec;

    (void)state;
    scoped(c, FAULT_TRAFFIC_WS, "/a", 1, 0);
    assert_null(fault_conn_strike(c, FAULT_FAMILY_WS));
    fault_conn_opened(c, 1);
    spec = fault_conn_strike(c, FAULT_FAMILY_WS);
    assert_non_null(spec);
    assert_string_equal(spec->reason, "back soon");
    assert_null(fault_conn_strike(c, FAULT_FAMILY_WS));
    fault_conn_free(c, 2);
    faults_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_at_once_lasting_meets_every_connection),
        cmocka_unit_test(faults_count_pongs_for_kinds_that_act_on_them),
        cmocka_unit_test(faults_at_once_momentary_strikes_once),
        cmocka_unit_test(faults_every_strikes_who_is_there),
        cmocka_unit_test(faults_after_waits_for_a_connection),
        cmocka_unit_test(faults_duration_ends_and_meets_newcomers_until_then),
        cmocka_unit_test(faults_lasting_without_duration_goes_with_its_connection),
        cmocka_unit_test(faults_counting_triggers_act_on_each_connection),
        cmocka_unit_test(faults_bytes_tell_how_many_may_pass),
        cmocka_unit_test(faults_instead_of_a_connection_meet_attempts),
        cmocka_unit_test(faults_dialling_kind_in_its_time),
        cmocka_unit_test(faults_same_seed_same_chances),
        cmocka_unit_test(faults_chance_is_bounded_by_its_count),
        cmocka_unit_test(faults_random_times_stay_in_their_range),
        cmocka_unit_test(faults_heal_ends_all),
        cmocka_unit_test(faults_armed_later_strikes_who_is_there),
        cmocka_unit_test(faults_take_the_places_of_those_that_are_spent),
        cmocka_unit_test(faults_let_a_connection_that_is_over_alone),
        cmocka_unit_test(faults_count_on_while_nothing_is_armed),
        cmocka_unit_test(faults_tell_the_fidelity_where_a_black_hole_is_armed),
        cmocka_unit_test(faults_of_a_path_begin_when_it_is_known),
        cmocka_unit_test(faults_of_a_moment_strike_a_connection_once),
        cmocka_unit_test(faults_after_messages_begin_then_on_each_connection),
        cmocka_unit_test(faults_by_time_meet_only_what_they_are_confined_to),
        cmocka_unit_test(faults_draw_a_share_once_for_each_client),
        cmocka_unit_test(faults_offline_meets_all_that_are_and_come_in_its_time),
        cmocka_unit_test(faults_offline_without_a_duration_lasts_until_it_is_healed),
        cmocka_unit_test(faults_offline_counts_times_and_not_connections),
        cmocka_unit_test(faults_offline_at_a_connection_meets_the_others),
        cmocka_unit_test(faults_with_a_scope_close_once_it_is_open),
    };

    return cmocka_run_group_tests_name("net_faults", tests, NULL, NULL);
}

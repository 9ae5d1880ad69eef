#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "grade/expect.h"

static struct grade_delay delays[3];
static struct grade_outage outages[2];
static struct grade_fault faults[1];
static struct grade_client_report clients[2];
static struct grade_report report;

/* Two clients: one that is fine, one that has not come back. */
static void set_up(void)
{
    memset(outages, 0, sizeof outages);
    memset(clients, 0, sizeof clients);
    outages[0] = (struct grade_outage){.lost_us = 1000000, .how = GRADE_END_RST};
    outages[0].back_us = 2500000;
    outages[0].attempts = outages[0].delay_count = 2;
    outages[0].delays = delays;
    outages[1] = (struct grade_outage){.lost_us = 2000000, .how = 1012};
    outages[1].back_us = GRADE_UNKNOWN;
    faults[0] = (struct grade_fault){"blackhole", 1000000, 4000000, GRADE_UNKNOWN, 1};
    for (unsigned i = 0; i < 2; i++) {
        clients[i].client = i + 1;
        clients[i].outages = &outages[i];
        clients[i].outage_count = 1;
        clients[i].gave_up_after = clients[i].resubscribed = GRADE_UNKNOWN;
        clients[i].lost = clients[i].recovered = clients[i].duplicates = GRADE_UNKNOWN;
        clients[i].up_lost = clients[i].up_duplicates = GRADE_UNKNOWN;
        clients[i].backoff = (struct backoff_fit){.cap_us = -1, .confidence = -1};
        clients[i].same_credential = clients[i].expired = GRADE_MAYBE;
        clients[i].retry_after = clients[i].resumed_right = GRADE_MAYBE;
    }
    clients[0].faults = faults;
    clients[0].fault_count = 1;
    clients[0].backoff = (struct backoff_fit){
        .kind = BACKOFF_EXPONENTIAL, .jitter = BACKOFF_SPREAD_FULL, .preset = "default"};
    clients[0].lost = 0;
    clients[0].subscriptions = clients[0].resubscribed = 3;
    report = (struct grade_report){.at_us = 9000000, .clients = clients, .client_count = 1};
    report.outages = 1;
    report.peak_returns_per_s = report.spread_us = GRADE_UNKNOWN;
}

/* The reason of the first that fails, or "" . */
static const char *check(const char *list)
{
    static struct grade_verdict verdicts[CRITERIA_MAX];
    struct criteria x;
    struct err e;

    assert_int_equal(grade_expect_parse(&x, list, &e), 0);
    grade_expect_check(&x, &report, verdicts);
    for (size_t i = 0; i < x.count; i++) {
        assert_true(verdicts[i].ok || verdicts[i].reason[0]);
        if (!verdicts[i].ok)
            return verdicts[i].reason;
    }
    return "";
}

static void grade_expect_reads_and_checks_each_kind(void **state)
{
    (void)state;
    set_up();
    assert_string_equal(check("back<3s, back <= 2.5s ,back>=2500ms,back=2.5s,back!=1s"), "");
    assert_string_equal(check("back<2.5s"),
                        "client 1: was back 2.50 s after the loss (outage 1, RST, 2 attempts)");
    assert_string_equal(check("noticed<30s,attempts=2,attempts<3"), "");
    assert_string_equal(check("noticed<3s"), "client 1: noticed fault 1 (blackhole) after 4.00 s");
    assert_string_equal(check("jitter=yes,jitter=full,jitter!=none,backoff=exponential"), "");
    assert_string_equal(check("jitter=none"), "client 1: jitter full, by 2 delays");
    assert_string_equal(check("preset=default,preset!=socket.io"), "");
    assert_string_equal(check("preset=socket.io"), "client 1: preset default, by 2 delays");
    assert_string_equal(check("lost=0,lost==0,double=0,hammer=0,gave_up=no,outages>=1"), "");
    assert_string_equal(check("resubscribed=all,resubscribed>=3"), "");
    clients[0].missing_count = 1;
    clients[0].resubscribed = 2;
    assert_string_equal(check("resubscribed=all"),
                        "client 1: sent 2 of 3 subscriptions again after a reopening");
}

static void grade_expect_fails_what_is_not_known(void **state)
{
    (void)state;
    set_up();
    assert_string_equal(
        check("duplicates=0"),
        "client 1: received an unknown number of messages twice: none had what --seq or --id looks "
        "for");
    clients[0].backoff.preset = NULL;
    assert_string_equal(check("preset=default"), "client 1: waits as no preset does (exponential)");
    clients[0].backoff.kind = BACKOFF_UNKNOWN;
    assert_string_equal(check("preset!=default"),
                        "client 1: preset is not known: 2 delays are too few to tell");
    clients[0].outage_count = 0;
    assert_string_equal(check("back<3s"), "no client lost its connection");
    report.client_count = 0;
    assert_string_equal(check("lost=0"), "no client connected");
}

static void grade_expect_holds_every_client_to_it(void **state)
{
    (void)state;
    set_up();
    report.client_count = 2;
    assert_string_equal(check("back<3600s"),
                        "client 2: did not return in the 7.00 s after the loss "
                        "(outage 1, close 1012, 0 attempts)");
    assert_string_equal(check("back<1s"),
                        "client 1: was back 2.50 s after the loss (outage 1, RST, "
                        "2 attempts) (and 1 more like it)");
    assert_string_equal(check("peak<50/s"), "no two clients returned");
    report.peak_returns_per_s = 60;
    assert_string_equal(check("peak<50/s"), "up to 60 clients returned within a second");
}

static void grade_expect_points_at_mistakes(void **state)
{
    static const struct {
        const char *list;
        long at;
        const char *text, *hint;
    } mistakes[] = {
        {"", -1, "nothing is expected: the list is empty", ""},
        {"lost=0,bakc<3s", 7, "\"bakc\" is nothing that can be expected", "did you mean back?"},
        {"lost=0,zebra<3s", 7, "\"zebra\" is nothing that can be expected", "one of: back "},
        {"back", 4, "back needs a comparison", ""},
        {"back=<3s", 4, "back needs a comparison", ""},
        {"back<", 5, "back is compared with a duration", ""},
        {"back<soon", 5, "back is compared with a duration", ""},
        {"lost=some", 5, "lost is compared with a whole number, not \"some\"", ""},
        {"jitter=maybe", 7, "jitter is compared with one of: yes, no, none, partial, full, not",
         ""},
        {"jitter<full", 0, "jitter can be = or != to \"full\", not <", ""},
        {"preset=socketio", 7, "preset is compared with one of: default, socket.io", ""},
        {"lost=0,,back<3s", 7, "\"\" is nothing that can be expected", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        struct criteria x;
        struct err e;

        assert_int_equal(grade_expect_parse(&x, mistakes[i].list, &e), -1);
        assert_int_equal(e.code, EXIT_USAGE);
        assert_int_equal(strncmp(e.text, mistakes[i].text, strlen(mistakes[i].text)), 0);
        assert_int_equal(strncmp(e.hint, mistakes[i].hint, strlen(mistakes[i].hint)), 0);
        assert_int_equal(e.at, mistakes[i].at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grade_expect_reads_and_checks_each_kind),
        cmocka_unit_test(grade_expect_fails_what_is_not_known),
        cmocka_unit_test(grade_expect_holds_every_client_to_it),
        cmocka_unit_test(grade_expect_points_at_mistakes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

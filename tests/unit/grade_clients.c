#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "grade/expect.h"
#include "grade/findings.h"
#include "grade_kit.h"

static struct kit kit;
static struct grade_report *report;
static struct finding findings[FINDINGS_MAX];
static size_t finding_count;

static const struct grade_client_report *play(enum defect defect)
{
    grade_report_free(report);
    kit_clear(&kit);
    assert_int_equal(kit_init(&kit, defect, NULL), 0);
    kit_play(&kit);
    report = grade_report_new(kit.grade, kit.now_us);
    assert_non_null(report);
    assert_int_equal(report->client_count, 1);
    finding_count = findings_of(report, report->clients, findings);
    for (size_t i = 0; i < finding_count; i++)
        print_message("#   %s: %s\n", findings[i].row, findings[i].text);
    return report->clients;
}

/* Exactly this row has something to say. */
static void assert_only(const char *row)
{
    assert_int_equal(finding_count, 1);
    assert_string_equal(findings[0].row, row);
}

static bool fails(const char *list, char reason[512])
{
    struct grade_verdict verdicts[CRITERIA_MAX];
    struct criteria x;
    struct err e;
    size_t failed;

    assert_int_equal(grade_expect_parse(&x, list, &e), 0);
    failed = grade_expect_check(&x, report, verdicts);
    memcpy(reason, verdicts[0].reason, 512);
    for (size_t i = 0; i < x.count; i++)
        if (!verdicts[i].ok)
            print_message("#   %.*s: %s\n", (int)verdicts[i].name.len,
                          (const char *)verdicts[i].name.data, verdicts[i].reason);
    return failed > 0;
}

#define ALL                                                                                   \
    "back<60s,noticed<30s,lost=0,duplicates=0,double=0,hammer=0,jitter=yes,resubscribed=all," \
    "preset=socket.io,retry_after=obeyed,gave_up=no,resumed=right,up_duplicates=0,up_lost=0," \
    "backoff=exponential,same_credential=yes"

static void grade_finds_nothing_wrong_with_a_correct_client(void **state)
{
    char reason[512];
    const struct grade_client_report *c = play(KIT_NONE);

    (void)state;
    assert_int_equal(finding_count, 0);
    assert_false(fails(ALL, reason));
    assert_int_equal(c->outage_count, 4);
    assert_int_equal(c->fault_count, 4);
    assert_int_equal(c->connections, 5);
    assert_int_equal(c->outages[0].attempts, 5);
    assert_int_equal(c->outages[0].delay_count, 5);
    assert_true(c->outages[0].back_us > 0);
    assert_int_equal(c->faults[3].noticed_us, 9000000);
    assert_int_equal(c->recovered, 12);
    assert_int_equal(c->lost, 0);
    assert_int_equal(c->subscriptions, 3);
    assert_int_equal(c->resubscribed, 3);
    assert_string_equal(c->backoff.preset, "socket.io");
    assert_string_equal(c->resumed_from, c->should_be);
    assert_int_equal(report->outages_over, 4);
    assert_int_equal(report->left_out, 0);
}

static void grade_catches_each_defect_by_its_row_alone(void **state)
{
    static const struct {
        enum defect defect;
        const char *row, *expect;
    } rows[] = {
        {KIT_NO_JITTER, "back-off", "jitter=yes"},
        {KIT_NO_RESUBSCRIPTION, "resubscription", "resubscribed=all"},
        {KIT_WRONG_RESUME, "resume", "resumed=right"},
        {KIT_TWO_SOCKETS, "double connection", "double=0"},
        {KIT_IGNORES_RETRY_AFTER, "hammering", "retry_after=obeyed"},
        {KIT_NEVER_NOTICES, "noticed", "noticed<30s"},
        {KIT_SENDS_TWICE, "accounting", "up_duplicates=0"},
        {KIT_GIVES_UP, "giving up", "back<600s"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char reason[512];

        play(rows[i].defect);
        if (rows[i].defect == KIT_GIVES_UP)
            assert_int_equal(report->clients->gave_up_on, 503);
        assert_true(fails(rows[i].expect, reason));
        if (rows[i].defect == KIT_GIVES_UP) {
            /* What it missed is lost, too. */
            assert_string_equal(findings[0].row, rows[i].row);
            continue;
        }
        assert_only(rows[i].row);
    }
}

static void grade_counts_hammering(void **state)
{
    char reason[512];
    const struct grade_client_report *c = play(KIT_HAMMERS);
    bool found = false;

    (void)state;
    for (size_t i = 0; i < finding_count; i++)
        found = found || strcmp(findings[i].row, "hammering") == 0;
    assert_true(found);
    assert_true(c->hammer >= 9);
    assert_true(fails("hammer=0", reason));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grade_finds_nothing_wrong_with_a_correct_client),
        cmocka_unit_test(grade_catches_each_defect_by_its_row_alone),
        cmocka_unit_test(grade_counts_hammering),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

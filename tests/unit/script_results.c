#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "alloc.h"
#include "script/diagnosis.h"
#include "script/results.h"
#include "sink_capture.h"

#define BEGAN 1767323045678901

typedef struct reporter *reporter_new_fn(struct out *out);

static const struct result_seen seen[] = {
    {.at_us = 12345,
     .conn = "bob",
     .kind = "text",
     .data = {(const uint8_t *)"{\"op\":\"ping\"}", 13},
     .length = 13,
     .verdict = "/op is \"ping\""},
    {.at_us = 20000,
     .conn = "",
     .kind = "binary",
     .data = {(const uint8_t *)"\0\xff", 2},
     .cut = true,
     .length = 5000,
     .verdict = ""},
    {.at_us = 2001000,
     .conn = "",
     .kind = "close",
     .data = {(const uint8_t *)"it's over", 9},
     .length = 9,
     .code = 1011,
     .verdict = ""},
};

static const struct result_conn conns[] = {
    {.conn = "bob",
     .url = "ws://h/",
     .opened = true,
     .closed = true,
     .by = "peer",
     .how = "close-frame",
     .code = 1011,
     .reason = {(const uint8_t *)"it's over", 9},
     .messages_in = 2,
     .messages_out = 1},
    {.conn = "eve", .url = "ws://h/"},
};

static const struct result_failure failure = {
    .place = {"a.wscope", 7, 5},
    .source = "bob: expect json /op == \"pong\"",
    .message = "the connection was closed before the message came",
    .expected = "a JSON message with /op == \"pong\"",
    .hint = "",
    .waited_us = 2000999,
    .within_us = 5000000,
    .seen = seen,
    .seen_count = 3,
    .seen_before = 4,
    .conns = conns,
    .conn_count = 2,
};

static struct result passed(void)
{
    return (struct result){.place = {"a.wscope", 1, 0},
                           .name = "greets",
                           .reason = "",
                           .time_us = BEGAN,
                           .us = 1500,
                           .expectations = 2};
}

static struct result failed(void)
{
    struct result r = passed();

    r.name = "answers #1 \\o/";
    r.status = RESULT_FAILED;
    r.us = 2002000;
    r.failure = &failure;
    return r;
}

static struct result skipped(const char *reason)
{
    struct result r = passed();

    r.status = RESULT_SKIPPED;
    r.reason = reason;
    r.us = 0;
    return r;
}

/* False if there was no memory for a reporter. */
static bool tell(struct capture *c, reporter_new_fn *make, uint64_t files,
                 const struct result *results, size_t count)
{
    struct results_total total = {.us = 2003500};
    struct reporter *r = make(&c->out);

    if (!r)
        return false;
    r->begin(r, count, files, BEGAN);
    for (size_t i = 0; i < count; i++) {
        if (results[i].todo)
            total.todo++;
        else
            *(results[i].status == RESULT_PASSED   ? &total.passed
              : results[i].status == RESULT_FAILED ? &total.failed
                                                   : &total.skipped) += 1;
        r->test(r, &results[i]);
    }
    r->end(r, &total, NULL);
    r->free(r);
    return true;
}

static const char *report(struct capture *c, reporter_new_fn *make, uint64_t files,
                          const struct result *results, size_t count)
{
    assert_true(tell(c, make, files, results, count));
    return capture_take(c);
}

static void check_report(reporter_new_fn *make, uint64_t files, const struct result *results,
                         size_t count, const char *want)
{
    struct capture c;

    capture_open(&c);
    assert_string_equal(report(&c, make, files, results, count), want);
    capture_close(&c);
}

static void tap_has_version_plan_directives_and_counts(void **state)
{
    struct result todo = failed();
    struct result results[] = {passed(), skipped("no server # here"), todo};

    (void)state;
    results[2].name = "later";
    results[2].todo = true;
    results[2].failure = NULL;
    results[2].reason = "issue 12";
    check_report(tap_new, 1, results, 3,
                 "TAP version 13\n1..3\nok 1 - greets\n"
                 "ok 2 - greets # SKIP no server \\# here\n"
                 "not ok 3 - later # TODO issue 12\n"
                 "# 3 tests: 1 passed, 1 skipped, 1 todo in 2.003 s\n");
}

static void tap_names_the_file_where_there_are_several(void **state)
{
    const struct result results[] = {passed()};

    (void)state;
    check_report(tap_new, 2, results, 1,
                 "TAP version 13\n1..1\nok 1 - a.wscope: greets\n# 1 test: 1 passed in 2.003 s\n");
}

static void tap_reports_all_of_a_failure(void **state)
{
    const struct result results[] = {failed()};

    (void)state;
    check_report(tap_new, 1, results, 1,
                 "TAP version 13\n1..1\nnot ok 1 - answers \\#1 \\\\o/\n"
                 "  ---\n"
                 "  message: 'the connection was closed before the message came'\n"
                 "  at: 'a.wscope:7:5'\n"
                 "  line: 'bob: expect json /op == \"pong\"'\n"
                 "  expected: 'a JSON message with /op == \"pong\"'\n"
                 "  waited: 2.000 s\n"
                 "  within: 5.000 s\n"
                 "  came_before: 4\n"
                 "  came:\n"
                 "    - at: 0.012 s\n"
                 "      conn: 'bob'\n"
                 "      kind: text\n"
                 "      length: 13\n"
                 "      text: '{\"op\":\"ping\"}'\n"
                 "      because: '/op is \"ping\"'\n"
                 "    - at: 0.020 s\n"
                 "      kind: binary\n"
                 "      length: 5000\n"
                 "      hex: '00ff'\n"
                 "      shown: the first 2 bytes\n"
                 "    - at: 2.001 s\n"
                 "      kind: close\n"
                 "      code: 1011\n"
                 "      data: 'it''s over'\n"
                 "  connections:\n"
                 "    - conn: 'bob'\n"
                 "      url: 'ws://h/'\n"
                 "      state: closed\n"
                 "      by: 'peer'\n"
                 "      how: 'close-frame'\n"
                 "      code: 1011\n"
                 "      reason: 'it''s over'\n"
                 "      messages_in: 2\n"
                 "      messages_out: 1\n"
                 "    - conn: 'eve'\n"
                 "      url: 'ws://h/'\n"
                 "      state: not open\n"
                 "      messages_in: 0\n"
                 "      messages_out: 0\n"
                 "  ...\n"
                 "# 1 test: 0 passed, 1 failed in 2.003 s\n");
}

static void tap_bails_out(void **state)
{
    const struct results_total total = {.passed = 1, .us = 1000};
    struct capture c;
    struct reporter *r;

    (void)state;
    capture_open(&c);
    r = tap_new(&c.out);
    r->begin(r, 2, 1, BEGAN);
    r->end(r, &total, "interrupted\nok 2 - not so");
    r->free(r);
    assert_string_equal(capture_take(&c), "TAP version 13\n1..2\n"
                                          "Bail out! interrupted\\\\nok 2 - not so\n"
                                          "# 1 test: 1 passed in 0.001 s\n");
    capture_close(&c);
}

static void check_scalar(struct slice bytes, const char *want)
{
    struct buf out;

    buf_init(&out, 4096);
    assert_int_equal(diagnosis_scalar(&out, bytes), 0);
    assert_int_equal(buf_append(&out, "", 1), 0);
    assert_string_equal((const char *)buf_data(&out), want);
    buf_clear(&out);
}

static void diagnosis_quotes_so_that_nothing_escapes_its_line(void **state)
{
    (void)state;
    check_scalar(slice_str(""), "''");
    check_scalar(slice_str("{\"a\": \"gr\xc3\xbc\xc3\x9f\"}"), "'{\"a\": \"gr\xc3\xbc\xc3\x9f\"}'");
    check_scalar(slice_str("it's \\ so"), "'it''s \\ so'");
    check_scalar(slice_str("two\n  ...\nok \"3\" \\"), "\"two\\n  ...\\nok \\\"3\\\" \\\\\"");
    check_scalar(slice_str("\x1b[31m\x7f\t\r"), "\"\\x1b[31m\\x7f\\t\\r\"");
    check_scalar(slice_str("\xe2\x80\xaetxt"), "\"\\u202etxt\"");
    check_scalar(slice_str("\xf3\xa0\x80\xa1"), "\"\\U000e0021\"");
    check_scalar(slice_make("a\0\xff", 3), "\"a\\x00\\xff\"");
}

static void diagnosis_cuts_between_characters_and_says_so(void **state)
{
    static char text[DIAGNOSIS_BYTES + 2];
    struct result_seen s = {.kind = "text", .data = {(const uint8_t *)text, sizeof text}};
    bool cut;

    (void)state;
    for (size_t i = 0; i + 1 < sizeof text; i += 2)
        memcpy(text + i, "\xc3\xbc", 2);
    s.length = sizeof text;
    assert_int_equal(diagnosis_data(&s, &cut).len, DIAGNOSIS_BYTES);
    assert_true(cut);
    s.data.len = 5;
    s.cut = true;
    assert_int_equal(diagnosis_data(&s, &cut).len, 4);
    assert_true(cut);
    s.cut = false; /* then its last byte is what it is */
    assert_int_equal(diagnosis_data(&s, &cut).len, 5);
    assert_false(cut);
}

static void junit_has_a_suite_a_file_and_a_case_a_test(void **state)
{
    struct result results[] = {passed(), passed(), skipped("no <server>")};

    (void)state;
    results[1].place.file = "dir/b";
    results[1].name = "tab\there, esc\x1b & \"quotes\" \xff";
    check_report(junit_new, 2, results, 3,
                 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
                 "  <testsuite name=\"a\" package=\"wscope\" id=\"0\" hostname=\"localhost\""
                 " timestamp=\"2026-01-02T03:04:05\" tests=\"2\" failures=\"0\" errors=\"0\""
                 " skipped=\"1\" time=\"0.001500\">\n    <properties/>\n"
                 "    <testcase classname=\"a\" name=\"greets\" time=\"0.001500\"/>\n"
                 "    <testcase classname=\"a\" name=\"greets\" time=\"0.000000\">\n"
                 "      <skipped message=\"no &lt;server&gt;\"/>\n    </testcase>\n"
                 "    <system-out/>\n    <system-err/>\n  </testsuite>\n"
                 "  <testsuite name=\"dir/b\" package=\"wscope\" id=\"1\" hostname=\"localhost\""
                 " timestamp=\"2026-01-02T03:04:05\" tests=\"1\" failures=\"0\" errors=\"0\""
                 " skipped=\"0\" time=\"0.001500\">\n    <properties/>\n"
                 "    <testcase classname=\"dir/b\" name=\"tab&#9;here, esc\\x1b &amp; "
                 "&quot;quotes&quot; \\xff\" time=\"0.001500\"/>\n"
                 "    <system-out/>\n    <system-err/>\n  </testsuite>\n</testsuites>\n");
}

static void junit_reports_a_failure_and_counts_a_todo_as_skipped(void **state)
{
    struct result results[] = {failed(), failed()};
    struct capture c;
    const char *text;

    (void)state;
    results[1].todo = true;
    results[1].reason = "issue 12";
    capture_open(&c);
    text = report(&c, junit_new, 1, results, 2);
    assert_non_null(strstr(text, "tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"1\""));
    assert_non_null(strstr(text, "<failure type=\"expectation\" message=\"the connection was closed"
                                 " before the message came\">message: 'the connection"));
    assert_non_null(strstr(text, "\n    text: '{\"op\":\"ping\"}'\n"));
    assert_non_null(strstr(text, "<skipped message=\"todo: issue 12\"/>"));
    capture_close(&c);
}

/* The n-th line, as cJSON reads it. */
static cJSON *json_line(const char *text, unsigned n)
{
    while (n-- > 0)
        text = strchr(text, '\n') + 1;
    return cJSON_Parse(text);
}

static const cJSON *at(const cJSON *json, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, key);

    assert_non_null(item);
    return item;
}

static void json_has_plan_tests_and_summary(void **state)
{
    const struct result results[] = {passed(), failed()};
    struct capture c;
    const char *text;
    cJSON *plan, *test, *summary;
    const cJSON *f;

    (void)state;
    capture_open(&c);
    text = report(&c, results_json_new, 1, results, 2);
    plan = json_line(text, 0);
    test = json_line(text, 2);
    summary = json_line(text, 3);
    assert_string_equal(at(plan, "event")->valuestring, "plan");
    assert_int_equal(at(plan, "tests")->valueint, 2);
    assert_true(cJSON_IsNumber(at(plan, "at")) && cJSON_IsNumber(at(test, "at")) &&
                cJSON_IsNumber(at(summary, "at")));
    assert_string_equal(at(test, "event")->valuestring, "test");
    assert_string_equal(at(test, "status")->valuestring, "failed");
    assert_int_equal(at(test, "number")->valueint, 2);
    f = at(test, "failure");
    assert_int_equal(at(f, "line")->valueint, 7);
    assert_int_equal(at(f, "column")->valueint, 5);
    assert_int_equal(at(f, "came_before")->valueint, 4);
    assert_int_equal(cJSON_GetArraySize(at(f, "came")), 3);
    assert_string_equal(at(cJSON_GetArrayItem(at(f, "came"), 0), "text")->valuestring,
                        "{\"op\":\"ping\"}");
    assert_string_equal(at(cJSON_GetArrayItem(at(f, "came"), 1), "base64")->valuestring, "AP8=");
    assert_true(cJSON_IsTrue(at(cJSON_GetArrayItem(at(f, "came"), 1), "cut")));
    assert_int_equal(at(cJSON_GetArrayItem(at(f, "came"), 2), "code")->valueint, 1011);
    assert_string_equal(at(cJSON_GetArrayItem(at(f, "connections"), 1), "state")->valuestring,
                        "not open");
    assert_int_equal(at(summary, "failed")->valueint, 1);
    cJSON_Delete(plan);
    cJSON_Delete(test);
    cJSON_Delete(summary);
    capture_close(&c);
}

/* Without memory a report is either whole, or its out has an error. */
static void check_memory(reporter_new_fn *make)
{
    const struct result results[] = {passed(), failed(), skipped("no server")};
    struct capture whole;
    const char *want;

    capture_open(&whole);
    want = report(&whole, make, 2, results, 3);
    for (unsigned long n = 1;; n++) {
        struct capture c;
        bool told, struck;

        capture_open(&c);
        alloc_fail_at(n);
        told = tell(&c, make, 2, results, 3);
        struck = alloc_struck();
        assert_true(struck || (told && !c.out.error));
        if (told && !c.out.error)
            assert_string_equal(capture_take(&c), want);
        capture_close(&c);
        if (!struck)
            break;
    }
    capture_close(&whole);
}

static void reports_are_whole_or_fail_without_memory(void **state)
{
    (void)state;
    cJSON_InitHooks(ALLOC_HOOKS);
    check_memory(tap_new);
    check_memory(junit_new);
    check_memory(results_json_new);
    cJSON_InitHooks(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tap_has_version_plan_directives_and_counts),
        cmocka_unit_test(tap_names_the_file_where_there_are_several),
        cmocka_unit_test(tap_reports_all_of_a_failure),
        cmocka_unit_test(tap_bails_out),
        cmocka_unit_test(diagnosis_quotes_so_that_nothing_escapes_its_line),
        cmocka_unit_test(diagnosis_cuts_between_characters_and_says_so),
        cmocka_unit_test(junit_has_a_suite_a_file_and_a_case_a_test),
        cmocka_unit_test(junit_reports_a_failure_and_counts_a_todo_as_skipped),
        cmocka_unit_test(json_has_plan_tests_and_summary),
        cmocka_unit_test(reports_are_whole_or_fail_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Scripts: read whole, every mistake with its place, nothing run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "alloc.h"
#include "script/script.h"

static int no_such_option(void *ctx, const char *name, const char *value, struct err *e)
{
    (void)ctx;
    (void)value;
    if (strcmp(name, "bad") != 0)
        return 0;
    return err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "unknown option \"bad\"");
}

static const char *given(void *ctx, const char *name)
{
    (void)ctx;
    return strcmp(name, "given") == 0 ? "1234" : NULL;
}

static const struct script_checks checks = {
    .option = no_such_option, .variable = given, .has_url = true};

static struct script parse(const char *text)
{
    struct script_error error;
    struct script s;

    if (script_parse_text(&s, "t", slice_str(text), &checks, &error) < 0)
        fail_msg("%u:%u: %s", error.place.line, error.place.column, error.err.text);
    return s;
}

static void bad(const char *text, unsigned line, unsigned column, const char *what)
{
    struct script_error error;
    struct script s;

    assert_int_equal(script_parse_text(&s, "t", slice_str(text), &checks, &error), -1);
    assert_int_equal(error.err.code, EXIT_USAGE);
    if (error.place.line != line || error.place.column != column || !strstr(error.err.text, what))
        fail_msg("%s\n%u:%u: %s", text, error.place.line, error.place.column, error.err.text);
    script_clear(&s);
}

#define T "test x\nconnect\n"

static void mistakes_are_reported_with_line_and_column(void **state)
{
    (void)state;
    bad("", 0, 0, "no test in this file");
    bad("# only this\n\n", 0, 0, "no test in this file");
    bad(T "  sned x\n", 3, 3, "did you mean \"send\"?");
    bad("send x\n", 1, 1, "must be inside a test");
    bad(T "  emit\n", 3, 7, "usage: emit NAME");
    bad("test\n", 1, 5, "a test needs a name");
    bad("test x\nsend x\n", 2, 1, "no connection yet");
    bad("test x\nalice: connect\nalcie: send x\n", 3, 1, "did you mean \"alice\"?");
    bad("test x\nsend: connect\n", 2, 1, "is a command");
    bad("test x\nalice:\n", 2, 6, "a command is missing");
    bad("test x\nalice: connect\ntest y\nalice: send x\n", 4, 1, "not connected");
    bad("alice: test x\n", 1, 1, "belongs to no connection");
    bad("alice: url ws://x/\ntest x\n", 1, 1, "for all connections");
    bad(T "send {{no}}\n", 3, 6, "{{no}} has no value");
    bad("set name x\n" T "send {{nmae}}\n", 4, 6, "did you mean {{name}}?");
    bad(T "send {{n}}\n", 3, 6, "no value");
    bad(T "send {{env:WSCOPE_NOT_SET}}\n", 3, 6, "not set in the environment");
    bad("test x\nset a b\ntest y\nconnect\nsend {{a}}\n", 5, 6, "no value");
    bad(T "expect json /a == 1 \\\n   /b = 2\n", 4, 7, "written ==");
    bad(T "expect json \\\n\t/ü \\\n\t/b = 2\n", 5, 2, "one of ==");
    bad(T "send <<END\nabc\n", 3, 6, "the end of this text is missing");
    bad(T "send a\\", 3, 1, "is continued");
    bad(T "repeat 3 {\nsend a\n", 4, 1, "line 3 is not closed");
    bad(T "repeat 3 {\nsend a\ntest y\n", 5, 1, "line 3 is not closed");
    bad(T "repeat 3\n", 3, 9, "begins with \"{\"");
    bad(T "repeat x {\n", 3, 8, "a number from 1");
    bad(T "repeat 0 {\n", 3, 8, "a number from 1");
    bad(T "repeat 2 {\n}\n", 4, 1, "nothing in this block");
    bad(T "}\n", 3, 1, "no block");
    bad(T "any-order {\nsend x\n}\n", 4, 1, "only expectations");
    bad(T "any-order {\nexpect none for 1\n}\n", 4, 8, "after \"any-order\"");
    bad(T "expect text /^\\d+$/\n", 3, 13, "[0-9] is");
    bad(T "expect json /a ~ /\\D/\n", 3, 18, "[^0-9] is");
    bad(T "poll http://x/\n", 3, 1, "interactive session only");
    bad(T "expect json {\"a\":1\n", 3, 19, "not complete");
    bad(T "expect json {a:1}\n", 3, 14, "wrong here");
    bad(T "frame op=foo\n", 3, 7, "op= is");
    bad(T "binary 0g\n", 3, 9, "hexadecimal");
    bad(T "close 99\n", 3, 7, "not a close code");
    bad(T "sleep x\n", 3, 7, "seconds");
    bad(T "reconnect now\n", 3, 11, "nothing may follow");
    bad(T "capture a b\n", 3, 11, "JSON Pointer");
    bad(T "capture 1 /b\n", 3, 9, "usage: capture");
    bad(T "set a\n", 3, 5, "usage: set");
    bad("option bad\ntest x\n", 1, 8, "unknown option");
    bad("option timeout x\ntest x\n", 1, 8, "seconds");
    bad("test x\nskip a\ntodo b\n", 3, 1, "marked \"skip\" already");
    bad("skip a\n", 1, 1, "must be inside a test");
    bad("test x\nsetup\n", 2, 1, "before the first test");
    bad("setup\nsetup\n", 2, 1, "already");
    bad("teardown\nteardown\n", 2, 1, "already");
    bad("include /nowhere/at/all\n", 1, 9, "can't read /nowhere/at/all");
    bad("test x\nsend \xff\n", 2, 6, "not UTF-8");
    bad("test x\nsend \xc3\n", 2, 7, "not UTF-8");
    bad("test x\nsend <<END\n\xff\nEND\n", 2, 1, "text below is not UTF-8");
}

static void a_nul_byte_makes_it_no_script(void **state)
{
    struct script_error error;
    struct script s;

    (void)state;
    assert_int_equal(script_parse_text(&s, "t", slice_make("test x\nsend \0", 13), &checks, &error),
                     -1);
    assert_int_equal(error.place.line, 2);
    script_clear(&s);
}

static void connections_need_somewhere_to_go(void **state)
{
    const struct script_checks nowhere = {0};
    struct script_error error;
    struct script s;

    (void)state;
    assert_int_equal(script_parse_text(&s, "t", slice_str(T), &nowhere, &error), -1);
    assert_int_equal(error.place.line, 2);
    script_clear(&s);
    assert_int_equal(script_parse_text(&s, "t", slice_str("url ws://x/\n" T), &nowhere, &error), 0);
    script_clear(&s);
    assert_int_equal(
        script_parse_text(&s, "t", slice_str("test x\nconnect ws://x/\n"), &nowhere, &error), 0);
    script_clear(&s);
    assert_int_equal(
        script_parse_text(&s, "t", slice_str("test x\nconnect /x\n"), &nowhere, &error), -1);
    assert_int_equal(error.place.column, 9);
    script_clear(&s);
}

static void lines_become_statements(void **state)
{
    struct script s = parse("\xEF\xBB\xBFurl ws://h/\r\n"
                            "# a comment\n"
                            "setup\n"
                            "alice: connect\n"
                            "test the first\n"
                            "todo later\n"
                            "alice: send a \\\n"
                            "   b  \n"
                            "alice: expect text <<END\n"
                            "  one\n"
                            "\n"
                            "END\n"
                            "repeat 2 {\n"
                            "  any-order {\n"
                            "    alice: expect text a\n"
                            "    alice: expect text {{n}}\n"
                            "  }\n"
                            "}\n"
                            "sleep 1\n"
                            "test the second\n"
                            "skip\n"
                            "teardown\n"
                            "bob: send x\n");
    const struct statement *st;

    (void)state;
    assert_int_equal(s.test_count, 2);
    assert_int_equal(s.settings->kind, STATEMENT_URL);
    assert_string_equal(s.settings->args, "ws://h/");
    assert_string_equal(s.setup->conn, "alice");
    assert_string_equal(s.tests->name, "the first");
    assert_true(s.tests->todo);
    assert_string_equal(s.tests->reason, "later");
    assert_int_equal(s.tests->place.line, 5);
    st = s.tests->body;
    assert_string_equal(st->args, "a b");
    assert_string_equal(st->conn, "alice");
    assert_int_equal(st->place.line, 7);
    assert_int_equal(st->place.column, 8);
    st = st->next;
    assert_int_equal(st->kind, STATEMENT_EXPECT);
    assert_string_equal(st->here, "  one\n");
    assert_string_equal(st->args, "text");
    st = st->next;
    assert_int_equal(st->kind, STATEMENT_REPEAT);
    assert_string_equal(st->args, "2");
    assert_int_equal(st->body->kind, STATEMENT_ANY_ORDER);
    assert_non_null(st->body->body->next);
    assert_null(st->body->body->next->next);
    assert_null(st->body->next);
    assert_int_equal(st->next->kind, STATEMENT_SLEEP);
    assert_true(s.tests->next->skip);
    assert_string_equal(s.teardown->conn, "bob");
    assert_false(s.frames);
    script_clear(&s);
}

static void what_is_captured_may_stand_anywhere(void **state)
{
    struct script s = parse(T "expect json /a exists\n"
                              "capture v /a\n"
                              "close {{v}}\n"
                              "frame op={{v}} text={{given}}\n"
                              "binary {{v}}\n"
                              "expect json /a {{v}} 1\n"
                              "expect json /a type {{v}}\n"
                              "expect status {{v}}\n"
                              "sleep {{v}}\n"
                              "fragment {{v}} abc\n"
                              "expect frame op=text\n");

    (void)state;
    assert_true(s.frames);
    script_clear(&s);
    bad(T "expect text a\ncapture v /a/\nexpect jsn {{v}}\n", 5, 8, "did you mean \"json\"?");
}

/* --- variables ----------------------------------------------------------------------------------
 */

static const char *values(void *ctx, const char *name)
{
    (void)ctx;
    if (strcmp(name, "a") == 0)
        return "A";
    return strcmp(name, "env:B-c") == 0 ? "" : NULL;
}

static void filled(const char *text, const char *expected)
{
    char missing[SCRIPT_NAME_MAX];
    struct buf out;

    buf_init(&out, 1000);
    assert_int_equal(script_fill(&out, text, values, NULL, missing), 0);
    if (!slice_is(buf_slice(&out), expected))
        fail_msg("%s: %.*s", text, (int)out.len, (const char *)buf_data(&out));
    buf_clear(&out);
}

static void variables_are_filled_in(void **state)
{
    char missing[SCRIPT_NAME_MAX];
    struct buf out;

    (void)state;
    filled("", "");
    filled("x{{a}}y{{a}}", "xAyA");
    filled("{{env:B-c}}", "");
    filled("\\{{a}} \\\\{{a", "{{a}} \\{{a");
    filled("{{ a }} {{}} {{1}} {{a} }}", "{{ a }} {{}} {{1}} {{a} }}");
    filled("{{{a}}}", "{A}");
    buf_init(&out, 1000);
    assert_int_equal(script_fill(&out, "{{a}}{{nope}}", values, NULL, missing), -1);
    assert_string_equal(missing, "nope");
    buf_clear(&out);
}

static void once(void)
{

    struct script_error error;
    struct script s;

    if (script_parse_text(&s, "t",
                          slice_str("set a b\n" T "send {{a}} <<END\nx\nEND\n"
                                    "repeat 2 {\nexpect json /a == {{a}}\n}\n"),
                          &checks, &error) < 0)
        assert_int_equal(error.err.code, EXIT_OTHER);
    script_clear(&s);
}

static void want_of_memory_is_reported(void **state)
{
    (void)state;
    ALLOC_EACH(once());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_are_reported_with_line_and_column),
        cmocka_unit_test(a_nul_byte_makes_it_no_script),
        cmocka_unit_test(connections_need_somewhere_to_go),
        cmocka_unit_test(lines_become_statements),
        cmocka_unit_test(what_is_captured_may_stand_anywhere),
        cmocka_unit_test(variables_are_filled_in),
        cmocka_unit_test(want_of_memory_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The lines of the config file, taken apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/config.h"

static void check_lines(const char *text, const char *want)
{
    char *copy = strdup(text);
    char got[512] = "";
    struct config_reader r;
    struct config_line line;
    struct err e;
    int status;

    assert_non_null(copy);
    err_clear(&e);
    config_open(&r, copy);
    while ((status = config_next(&r, &line, &e)) > 0) {
        size_t have = strlen(got);

        if (line.profile)
            snprintf(got + have, sizeof got - have, "%zu[%s]", r.number, line.profile);
        else if (line.value)
            snprintf(got + have, sizeof got - have, "%zu(%s)(%s)", r.number, line.key, line.value);
        else
            snprintf(got + have, sizeof got - have, "%zu(%s)", r.number, line.key);
    }
    assert_string_equal(got, want);
    assert_int_equal(status, 0);
    free(copy);
}

static void lines_are_settings_sections_comments_or_empty(void **state)
{
    (void)state;
    check_lines("", "");
    check_lines("\n  \n\t# a = b\n#\n", "");
    check_lines("json", "1(json)");
    check_lines("json\n\npretty\n", "1(json)3(pretty)");
    check_lines("  for =  5 \r\n", "1(for)(5)");
    check_lines("for=5", "1(for)(5)");
    check_lines("send =", "1(send)()");
    check_lines("[profile a]\n[ profile  a b ]\n\t[profile\tc]\n", "1[a]2[a b]3[c]");
    check_lines("\xEF\xBB\xBFjson\n", "1(json)");
}

static void values_are_the_rest_of_the_line(void **state)
{
    (void)state;
    check_lines("send = {\"a\": \"#1\"}  ", "1(send)({\"a\": \"#1\"})");
    check_lines("header = X: a=b # c\n", "1(header)(X: a=b # c)");
    check_lines("send = 'a b'\n", "1(send)('a b')");
    check_lines("send = [profile x]\n", "1(send)([profile x])");
}

static void broken_lines_are_reported_and_can_be_skipped(void **state)
{
    char text[] = "[profile\n[x]\n[profile ]\n[profile x] y\n= 5\n[profiles x]\njson\n";
    struct config_reader r;
    struct config_line line;
    struct err e;

    (void)state;
    config_open(&r, text);
    for (size_t i = 1; i <= 6; i++) {
        err_clear(&e);
        assert_int_equal(config_next(&r, &line, &e), -1);
        assert_int_equal(r.number, i);
        assert_true(e.text[0] && e.hint[0]);
    }
    assert_int_equal(config_next(&r, &line, &e), 1);
    assert_string_equal(line.key, "json");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_settings_sections_comments_or_empty),
        cmocka_unit_test(values_are_the_rest_of_the_line),
        cmocka_unit_test(broken_lines_are_reported_and_can_be_skipped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

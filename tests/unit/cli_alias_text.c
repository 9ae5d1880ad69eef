/* The section [alias] of a config file, read and rewritten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/alias_text.h"

static void check_rewrite(const char *file, const char *name, const char *text, int want,
                          const char *result)
{
    struct buf out;

    buf_init(&out, 4096);
    assert_int_equal(alias_rewrite(slice_str(file), slice_str(name), slice_str(text), &out), want);
    assert_true(slice_is(buf_slice(&out), result));
    buf_clear(&out);
}

static void check_found(const char *file, const char *name, const char *want)
{
    struct slice text;

    assert_int_equal(alias_find(slice_str(file), slice_str(name), &text), want != NULL);
    if (want)
        assert_true(slice_is(text, want));
}

static void only_lines_of_the_section_are_aliases(void **state)
{
    (void)state;
    check_found("", "a", NULL);
    check_found("a = 1\n[profile alias]\na = 2\n", "a", NULL);
    check_found("a = 1\n [ alias ] \r\n\ta = /send x = y \r\n", "a", "/send x = y");
    check_found("\xEF\xBB\xBF[alias]\na=1", "a", "1");
    check_found("[alias]\n#a = 1\na =\n= 2\na\n", "a", NULL);
    check_found("[alias]\na = 1\n[profile x]\na = 2\n", "a", "1");
    check_found("[alias]\na = 1\n[profile x]\n[alias]\na = 2\n", "a", "2");
    check_found("[\n[alias", "a", NULL);
}

static void names_are_letters_digits_and_dashes(void **state)
{
    (void)state;
    assert_true(alias_name_fits(slice_str("Hello-2_x")));
    assert_true(alias_name_fits(slice_str("abcdefghijklmnopqrstuvwx")));
    assert_false(alias_name_fits(slice_str("abcdefghijklmnopqrstuvwxy")));
    assert_false(alias_name_fits(slice_str("")));
    assert_false(alias_name_fits(slice_str("a=b")));
    assert_false(alias_name_fits(slice_make("a", 2)));
}

static void a_definition_changes_one_line_and_keeps_the_rest(void **state)
{
    (void)state;
    check_rewrite("", "a", "1", 1, "[alias]\na = 1\n");
    check_rewrite("json", "a", "1", 1, "json\n\n[alias]\na = 1\n");
    check_rewrite("[alias]\nb = 2 \n\n\n[profile x]\n  json\r\n", "a", "1", 1,
                  "[alias]\nb = 2 \na = 1\n\n\n[profile x]\n  json\r\n");
    check_rewrite("[alias]", "a", "1", 1, "[alias]\na = 1\n");
    check_rewrite("# x\n\n[alias]\n  a=old\r\nb = 2", "a", " new ", 1,
                  "# x\n\n[alias]\na = new\r\nb = 2");
    check_rewrite("[alias]\na = 1\na = 2\n", "a", "3", 1, "[alias]\na = 1\na = 3\n");
    check_rewrite("a = 0\n[alias]\na = 1", "a", "2", 1, "a = 0\n[alias]\na = 2");
}

static void removing_takes_every_line_of_that_name(void **state)
{
    (void)state;
    check_rewrite("a = 0\n[alias]\na = 1\nb = 2\n a = 3", "a", "", 1, "a = 0\n[alias]\nb = 2\n");
    check_rewrite("[alias]\nb = 2\n", "a", "", 0, "[alias]\nb = 2\n");
}

static void a_file_that_grows_too_long_is_refused(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 12);
    assert_int_equal(alias_rewrite(slice_str(""), slice_str("a"), slice_str("1"), &out), -1);
    buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_lines_of_the_section_are_aliases),
        cmocka_unit_test(names_are_letters_digits_and_dashes),
        cmocka_unit_test(a_definition_changes_one_line_and_keeps_the_rest),
        cmocka_unit_test(removing_takes_every_line_of_that_name),
        cmocka_unit_test(a_file_that_grows_too_long_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

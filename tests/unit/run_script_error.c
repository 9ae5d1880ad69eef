/* A mistake in a script is shown with its line and a caret, and drives no terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <stdlib.h>

#include "verb/run/script_error.h"

static const struct script_checks checks = {.has_url = true};

static void prints(const char *name, const char *text, const char *expected)
{
    struct script_error error;
    struct script s;
    struct buf out;

    assert_int_equal(script_parse_text(&s, name, slice_str(text), &checks, &error), -1);
    buf_init(&out, 10000);
    assert_int_equal(script_error_print(&out, &error), 0);
    assert_int_equal(buf_append(&out, "", 1), 0);
    if (!strstr((const char *)buf_data(&out), expected))
        fail_msg("%s\nis not in\n%s", expected, (const char *)buf_data(&out));
    buf_clear(&out);
    script_clear(&s);
}

static void errors_are_printed_with_a_caret(void **state)
{
    (void)state;
    prints("dir/a", "test t\nconnect\n\texpect jsn x\n",
           "wscope: dir/a:3:9: nothing called \"jsn\" can be expected; did you "
           "mean \"json\"?\n"
           "  \texpect jsn x\n"
           "  \t       ^\n"
           "  hint: ");
}

static void escapes_keep_the_caret_below_its_character(void **state)
{
    (void)state;
    /* C libraries may come without the locale, as those of other architectures do. */
    if (MB_CUR_MAX == 1)
        skip();
    prints("a\x1b\xc2\x9b\n", "test t\nconnect\nexpect within\x01\xe2\x80\xae 5 jsn\n",
           "wscope: a\\e\\u{009B}\\n:3:");
    prints("a",
           "test t\nconnect\n\xe2\x80\xae"
           ": expect jsn x\n",
           "  \\u{202E}: expect jsn x\n  ^\n");
    prints("a", "test t\nconnect\nexpect text \xe6\xbc\xa2\x01 within x\n",
           "  expect text \xe6\xbc\xa2\\x01 within x\n"
           "                            ^\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_are_printed_with_a_caret),
        cmocka_unit_test(escapes_keep_the_caret_below_its_character),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}

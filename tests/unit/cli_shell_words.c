/* Words as a POSIX shell makes them. What each text becomes was taken from the standard, and for
 * $'...' from bash's manual. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/shell_words.h"

/* The words of a text, compared with a list that ends with NULL. */
static void check(const char *text, ...)
{
    char *copy = strdup(text), *word = copy;
    struct err e;
    va_list list;
    long count, want = 0;

    assert_non_null(copy);
    err_clear(&e);
    count = shell_words_split(copy, &e);
    if (count < 0)
        fail_msg("%s: %s", text, e.text);
    va_start(list, text);
    for (const char *expected; (expected = va_arg(list, const char *)) != NULL; want++) {
        if (want >= count)
            fail_msg("%s: \"%s\" is missing", text, expected);
        assert_string_equal(word, expected);
        word = shell_words_next(word);
    }
    va_end(list);
    assert_int_equal(count, want);
    free(copy);
}

static void check_wrong(const char *text, const char *sentence)
{
    char *copy = strdup(text);
    struct err e;

    assert_non_null(copy);
    err_clear(&e);
    assert_int_equal(shell_words_split(copy, &e), -1);
    assert_string_equal(e.text, sentence);
    assert_int_equal(e.code, EXIT_USAGE);
    assert_true(e.hint[0] != '\0');
    free(copy);
}

static void curly_quotes_are_quotes(void **state)
{
    (void)state;
    check("\xE2\x80\x98"
          "a b\xE2\x80\x99 c",
          "a b", "c", NULL);
    check("-H\xE2\x80\x9C"
          "A: it's \xE2\x80\x98x\xE2\x80\x99\xE2\x80\x9D",
          "-HA: it's \xE2\x80\x98x\xE2\x80\x99", NULL);
    check("\xE2\x80\x9C\\\"\xE2\x80\x9D\\\nb", "\"b", NULL);
    check("'\xE2\x80\x98 x'", "\xE2\x80\x98 x", NULL);
    check_wrong("a \xE2\x80\x98"
                "b c",
                "a curly quote that begins a quotation is not closed (byte 3 of the command)");
    check_wrong("$\xE2\x80\x99"
                "b\xE2\x80\x99",
                "the quotes of this command were changed to curly ones (byte 1 of the command)");
}

static void words_are_split_at_blanks_and_line_breaks(void **state)
{
    (void)state;
    check("", NULL);
    check(" \t\n", NULL);
    check("a", "a", NULL);
    check("  a\tbc \n d  ", "a", "bc", "d", NULL);
    check("a\r\nb\r\n", "a", "b", NULL);
}

static void a_backslash_continues_a_line_or_quotes_one_character(void **state)
{
    (void)state;
    check("a \\\n  b", "a", "b", NULL);
    check("a \\\r\n  b\\\n", "a", "b", NULL);
    check("a\\\nb", "ab", NULL);
    check("\\\n", NULL);
    check("a\\ b\\'c \\\\ \\$x \\;", "a b'c", "\\", "$x", ";", NULL);
}

static void single_quotes_keep_everything(void **state)
{
    (void)state;
    check("'a b' '' 'c\"\\\n$x`'", "a b", "", "c\"\\\n$x`", NULL);
    check("'it'\\''s'", "it's", NULL);
    check("a'b'c\"d\"e", "abcde", NULL);
}

static void double_quotes_keep_all_but_a_few(void **state)
{
    (void)state;
    check("\"a b\" \"\" \"'\"", "a b", "", "'", NULL);
    check("\"\\$x \\` \\\" \\\\ \\n \\\nz\"", "$x ` \" \\ \\n z", NULL);
    check("\"5 $ or $\"", "5 $ or $", NULL);
    check("\"a;b&c|d<e>f(g)#h^\"", "a;b&c|d<e>f(g)#h^", NULL);
    check("$\"a\"", "a", NULL);
}

static void ansi_c_quotes_know_their_escapes(void **state)
{
    (void)state;
    check("$'a b' $''", "a b", "", NULL);
    check("$'\\a\\b\\e\\E\\f\\n\\r\\t\\v'", "\a\b\033\033\f\n\r\t\v", NULL);
    check("$'\\\\ \\' \\\" \\?'", "\\ ' \" ?", NULL);
    check("$'\\101\\1018\\x41\\x4g\\xe2\\x82\\xac'", "AA8A\004g\xe2\x82\xac", NULL);
    check("$'\\u41\\u00e9\\u20AC\\U0001f600\\u0041b'",
          "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"
          "Ab",
          NULL);
    check("$'\\cA\\c['", "\001\033", NULL);
    check("$'\\q\\x\\u\\xz'", "\\q\\x\\u\\xz", NULL);
    check("x$'y'z", "xyz", NULL);
}

/* Browsers escape each half of a surrogate pair on its own. */
static void surrogate_pairs_are_one_character(void **state)
{
    (void)state;
    check("$'\\ud83d\\ude00'", "\xf0\x9f\x98\x80", NULL);
    check("$'\\uD800\\uDC00\\uDBFF\\uDFFF'", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", NULL);
    check_wrong("$'\\ud83d'",
                "an escape with a backslash is not a character (byte 3 of the command)");
    check_wrong("$'\\ud83d\\u0041'",
                "an escape with a backslash is not a character (byte 3 of the command)");
    check_wrong("$'\\ude00'",
                "an escape with a backslash is not a character (byte 3 of the command)");
}

static void what_is_no_character_is_refused(void **state)
{
    static const char *const texts[] = {"$'\\0'",  "$'\\x00'",       "$'\\u0000'", "$'\\U00110000'",
                                        "$'\\c@'", "$'\\UFFFFFFFF'", "$'\\400'"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        check_wrong(texts[i],
                    "an escape with a backslash is not a character (byte 3 of the command)");
}

static void comments_begin_at_a_word_only(void **state)
{
    (void)state;
    check("a # b\nc", "a", "c", NULL);
    check("#a", NULL);
    check("a#b", "a#b", NULL);
    check("'#'a \\#", "#a", "#", NULL);
}

static void characters_without_meaning_here_stand_for_themselves(void **state)
{
    (void)state;
    check("a=b {x} [y]* ? ! ~ ^ a^b % $ a$", "a=b", "{x}", "[y]*", "?", "!", "~", "^", "a^b", "%",
          "$", "a$", NULL);
}

static void what_only_a_shell_can_do_is_refused(void **state)
{
    (void)state;
    check_wrong("a $HOME", "a $ asks a shell to put in a variable or a result (byte 3 of the "
                           "command)");
    check_wrong("\"${x}\"", "a $ asks a shell to put in a variable or a result (byte 2 of the "
                            "command)");
    check_wrong("a$(b)", "a $ asks a shell to put in a variable or a result (byte 2 of the "
                         "command)");
    check_wrong("`b`", "a ` asks a shell to run a command (byte 1 of the command)");
    check_wrong("\"`b`\"", "a ` asks a shell to run a command (byte 2 of the command)");
    for (const char *at = ";&|<>()"; *at; at++) {
        char text[] = {'a', *at, 'b', '\0'};

        check_wrong(text, "an unquoted ; & | < > ( or ) is for a shell (byte 2 of the command)");
    }
}

static void what_is_cut_off_is_reported(void **state)
{
    (void)state;
    check_wrong("a 'b", "a ' that begins a quotation is not closed (byte 3 of the command)");
    check_wrong("a \"b\\\"", "a \" that begins a quotation is not closed (byte 3 of the command)");
    check_wrong("a $'b\\'", "a $' that begins a quotation is not closed (byte 3 of the command)");
    check_wrong("a $'b\\", "a $' that begins a quotation is not closed (byte 3 of the command)");
    check_wrong("a \\", "the command ends in a backslash (byte 3 of the command)");
}

static void the_quoting_of_cmd_exe_is_recognised(void **state)
{
    (void)state;
    check_wrong("curl ^\"https://h/^\" ^\n  -H ^\"a: b^\"",
                "this command is quoted for cmd.exe, with ^ (byte 6 of the command)");
    check_wrong("curl \"https://h/\" ^\r\n  -H \"a: b\"",
                "this command is quoted for cmd.exe, with ^ (byte 19 of the command)");
}

/* A text cut at any place is split or refused, and never read beyond its end. */
static void any_beginning_of_a_command_is_safe(void **state)
{
    static const char text[] =
        "curl 'a' \"b\\\"\" $'\\u00e9\\x41\\101\\c[\\ud83d\\ude00' \\\n # x\n\\y";

    (void)state;
    for (size_t len = 0; len < sizeof text; len++) {
        char *copy = malloc(len + 1);
        struct err e;
        long count;

        assert_non_null(copy);
        memcpy(copy, text, len);
        copy[len] = '\0';
        err_clear(&e);
        count = shell_words_split(copy, &e);
        assert_true(count >= 0 || e.text[0] != '\0');
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(curly_quotes_are_quotes),
        cmocka_unit_test(words_are_split_at_blanks_and_line_breaks),
        cmocka_unit_test(a_backslash_continues_a_line_or_quotes_one_character),
        cmocka_unit_test(single_quotes_keep_everything),
        cmocka_unit_test(double_quotes_keep_all_but_a_few),
        cmocka_unit_test(ansi_c_quotes_know_their_escapes),
        cmocka_unit_test(surrogate_pairs_are_one_character),
        cmocka_unit_test(what_is_no_character_is_refused),
        cmocka_unit_test(comments_begin_at_a_word_only),
        cmocka_unit_test(characters_without_meaning_here_stand_for_themselves),
        cmocka_unit_test(what_only_a_shell_can_do_is_refused),
        cmocka_unit_test(what_is_cut_off_is_reported),
        cmocka_unit_test(the_quoting_of_cmd_exe_is_recognised),
        cmocka_unit_test(any_beginning_of_a_command_is_safe),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* wscope-script(5) tells every command that a script has and everything that can be expected, each
 * with an example; tests/bats/script_manual.bats runs the examples. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "command/command.h"
#include "script/expect/expect.h"

#define TEXT_MAX (1024 * 1024)

/* The caller frees. */
static char *read_manual(void)
{
    const char *top = getenv("top_srcdir");
    char name[1024];
    char *text = calloc(1, TEXT_MAX);
    FILE *file;

    assert_non_null(text);
    snprintf(name, sizeof name, "%s/man/wscope-script.5", top ? top : ".");
    file = fopen(name, "r");
    if (!file)
        fail_msg("cannot read %s: set top_srcdir", name);
    assert_true(fread(text, 1, TEXT_MAX - 1, file) > 0);
    fclose(file);
    return text;
}

/* Is there an item, a line that begins with ".It MACRO NAME"? */
static bool has_item(const char *manual, const char *macro, const char *name)
{
    char head[64];
    size_t len;

    snprintf(head, sizeof head, "\n.It %s %s", macro, name);
    len = strlen(head);
    for (const char *at = strstr(manual, head); at; at = strstr(at + 1, head)) {
        if (strchr(" \n", at[len]))
            return true;
    }
    return false;
}

/* Call check on each line of the examples that are run; true as soon as it is. */
static bool any_example(char *manual, bool (*check)(const char *line, const void *ctx),
                        const void *ctx)
{
    char *copy = strdup(manual), *rest = copy;
    bool marked = false, inside = false, found = false;

    assert_non_null(copy);
    for (char *line; !found && (line = strsep(&rest, "\n")) != NULL;) {
        if (strncmp(line, ".Ed", 3) == 0)
            inside = false;
        else if (inside)
            found = check(line, ctx);
        else
            inside = marked && strncmp(line, ".Bd -literal", 12) == 0;
        marked = strncmp(line, ".\\\" ", 4) == 0;
    }
    free(copy);
    return found;
}

/* The command of a line, behind the blanks and the name of a connection. */
static const char *command_of(const char *line)
{
    size_t name;

    line += strspn(line, " ");
    name = strspn(line, "abcdefghijklmnopqrstuvwxyz");
    if (name > 0 && line[name] == ':')
        line += name + 1 + strspn(line + name + 1, " ");
    return line;
}

static bool is_command(const char *line, const void *ctx)
{
    const char *name = ctx;
    size_t len = strlen(name);

    line = command_of(line);
    return strncmp(line, name, len) == 0 && strchr(" ", line[len]) != NULL;
}

/* "expect [next] WHAT". */
static bool expects(const char *line, const void *ctx)
{
    const char *what = ctx;
    size_t len = strlen(what);

    line = command_of(line);
    if (strncmp(line, "expect ", 7) != 0)
        return false;
    line += 7;
    if (strncmp(line, "next ", 5) == 0 && strcmp(what, "next") != 0)
        line += 5;
    return strncmp(line, what, len) == 0 && strchr(" ", line[len]) != NULL;
}

static bool has_operator(const char *line, const void *ctx)
{
    char spaced[32];

    snprintf(spaced, sizeof spaced, " %s", (const char *)ctx);
    return strncmp(command_of(line), "expect json /", 13) == 0 && strstr(line, spaced) != NULL;
}

static void manual_describes_every_command_of_scripts_with_an_example(void **state)
{
    char *manual = read_manual();
    size_t count;
    const struct command_row *rows = commands_all(&count);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].where == COMMAND_REPL || rows[i].where == COMMAND_PROMPT)
            continue;
        if (!has_item(manual, "Ic", rows[i].name))
            fail_msg("the manual has no item for %s", rows[i].name);
        if (!any_example(manual, is_command, rows[i].name))
            fail_msg("no example of the manual has %s", rows[i].name);
    }
    free(manual);
}

static void manual_reports_no_other_command(void **state)
{
    char *manual = read_manual();
    static const char item[] = "\n.It Ic ";

    (void)state;
    for (const char *at = strstr(manual, item); at; at = strstr(at + 1, item)) {
        const char *name = at + sizeof item - 1;
        size_t len = strcspn(name, " \n");

        if (!commands_script_find(slice_make(name, len)))
            fail_msg("there is no command %.*s", (int)len, name);
    }
    free(manual);
}

static void manual_reports_every_expectation_with_an_example(void **state)
{
    char *manual = read_manual();
    const char *words = commands_script_find(slice_str("expect"))->words;
    struct slice word;

    (void)state;
    for (unsigned i = 0; (word = setting_word(words, i)).len > 0; i++) {
        char name[32];
        struct expect x;
        struct err e;

        snprintf(name, sizeof name, "%.*s", (int)word.len, (const char *)word.data);
        if (strcmp(name, "next") != 0 && !has_item(manual, "Cm", name))
            fail_msg("the manual has no item for expect %s", name);
        if (!any_example(manual, expects, name))
            fail_msg("no example of the manual has expect %s", name);
        /* And the list is that of the parser. */
        if (expect_parse(&x, name, NULL, &e) < 0)
            assert_null(strstr(e.text, "nothing called"));
        expect_clear(&x);
    }
    free(manual);
}

static void manual_has_every_operator_in_an_example(void **state)
{
    static const char *const operators[] = {"==", "!=", "<",      "<=",      ">",
                                            ">=", "~",  "exists", "missing", "type"};
    char *manual = read_manual();

    (void)state;
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        if (!any_example(manual, has_operator, operators[i]))
            fail_msg("no example of the manual has %s", operators[i]);
    }
    free(manual);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(manual_describes_every_command_of_scripts_with_an_example),
        cmocka_unit_test(manual_reports_no_other_command),
        cmocka_unit_test(manual_reports_every_expectation_with_an_example),
        cmocka_unit_test(manual_has_every_operator_in_an_example),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

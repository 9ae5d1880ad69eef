/* The table of options, the manual and --help know the same options. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "cli/options.h"
#include "cli/verb.h"
#include "fault/fault.h"
#include "verb/verbs.h"

#define TEXT_MAX (1024 * 1024)

/* The caller frees. */
static char *read_source(const char *path)
{
    const char *top = getenv("top_srcdir");
    char name[1024];
    char *text = calloc(1, TEXT_MAX);
    FILE *file;

    assert_non_null(text);
    snprintf(name, sizeof name, "%s/%s", top ? top : ".", path);
    file = fopen(name, "r");
    if (!file)
        fail_msg("cannot read %s: set top_srcdir", name);
    assert_true(fread(text, 1, TEXT_MAX - 1, file) > 0);
    fclose(file);
    return text;
}

static bool is_name_char(char c)
{
    return isalnum((unsigned char)c) || c == '-';
}

static const struct option_row *row_of_name(const char *name, size_t len)
{
    const struct option_row *row;

    for (size_t i = 0; (row = options_nth(&wscope_verbs, i)) != NULL; i++) {
        if (row->name && strlen(row->name) == len && memcmp(row->name, name, len) == 0)
            break;
    }
    return row;
}

static const struct option_row *row_of_letter(char letter)
{
    const struct option_row *row;

    for (size_t i = 0; (row = options_nth(&wscope_verbs, i)) != NULL; i++) {
        if (row->letter == letter)
            break;
    }
    return row;
}

/* True if word stands in the text and is not part of a longer name. */
static bool has_word(const char *text, const char *word)
{
    size_t len = strlen(word);

    for (const char *at = strstr(text, word); at; at = strstr(at + 1, word)) {
        if ((at == text || !is_name_char(at[-1])) && !is_name_char(at[len]))
            return true;
    }
    return false;
}

/* Every "--name" in the text is in the table. */
static void check_no_strange_names(const char *text, const char *where)
{
    for (const char *at = strstr(text, "--"); at; at = strstr(at, "--")) {
        const char *name = at + 2;
        size_t len = 0;

        while (is_name_char(name[len]))
            len++;
        if ((at == text || !is_name_char(at[-1])) && isalpha((unsigned char)name[0]) &&
            !row_of_name(name, len) && strncmp(name, "no-NAME", len) != 0)
            fail_msg("%s knows --%.*s, which is not in the table", where, (int)len, name);
        at = name + len;
    }
}

/* Apply check to each line of the text. */
static void each_line(char *text, void (*check)(const char *line))
{
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        check(line);
}

/* How many subcommands take it. */
static size_t takers(const struct option_row *row)
{
    size_t n = 0;

    for (size_t i = 0; i < wscope_verbs.count; i++)
        n += option_fits(row, wscope_verbs.rows[i]);
    return n;
}

/* The same row, or one of another subcommand that has an option of this name: then a command line
 * is split in the same way for both, for the parser does that before it knows which is meant. */
static bool one_option(const struct option_row *first, const struct option_row *row)
{
    bool named = row->name && first->name && strcmp(row->name, first->name) == 0;

    return first == row || (named && row->sets == 0 && first->sets == 0 && takers(row) == 1 &&
                            first->letter == row->letter && first->arg == row->arg);
}

static void table_names_each_option_once_and_fits_the_help(void **state)
{
    const struct option_row *row;

    (void)state;
    for (size_t i = 0; (row = options_nth(&wscope_verbs, i)) != NULL; i++) {
        assert_true(row->letter || row->name);
        assert_true(!row->letter || one_option(row_of_letter(row->letter), row));
        assert_true(!row->name || one_option(row_of_name(row->name, strlen(row->name)), row));
        assert_true((row->arg == OPTION_FLAG) == (row->metavar == NULL));
        assert_true(strlen(row->help) <= 50);
        assert_null(strpbrk(row->help, "'[]\\"));
        assert_true(takers(row) > 0 && row->set != NULL);
        /* A group's rows stand together. */
        for (size_t j = i + 2; options_nth(&wscope_verbs, j); j++)
            assert_true(strcmp(options_nth(&wscope_verbs, j)->group, row->group) != 0 ||
                        strcmp(options_nth(&wscope_verbs, j - 1)->group, row->group) == 0);
    }
}

/* "Fl Fl name" or "Fl x" as a whole word of an .It line. */
static bool item_has(const char *man, const char *macro)
{
    size_t len = strlen(macro);

    for (const char *at = strstr(man, macro); at; at = strstr(at + 1, macro)) {
        const char *line = at;

        while (line > man && line[-1] != '\n')
            line--;
        if (strncmp(line, ".It Fl ", 7) == 0 && strchr(" \n", at[len]))
            return true;
    }
    return false;
}

/* The page that describes the command: its own if it has options of its own. The caller frees. */
static char *read_page(const struct verb *verb)
{
    char name[64];

    if (!verb || verb->option_count == 0)
        return read_source("man/wscope.1");
    snprintf(name, sizeof name, "man/wscope-%s.1", verb->name);
    return read_source(name);
}

/* The command to which alone the option belongs, or NULL. */
static const struct verb *owner_of(const struct option_row *row)
{
    for (size_t i = 0; i < wscope_verbs.count; i++) {
        const struct verb *verb = wscope_verbs.rows[i];

        for (size_t j = 0; j < verb->option_count; j++) {
            if (&verb->options[j] == row)
                return verb;
        }
    }
    return NULL;
}

static void manual_has_every_option_as_an_item(void **state)
{
    const struct option_row *row;

    (void)state;
    for (size_t i = 0; (row = options_nth(&wscope_verbs, i)) != NULL; i++) {
        char *man = read_page(owner_of(row));
        char macro[64];

        if (row->name) {
            snprintf(macro, sizeof macro, "Fl Fl %s", row->name);
            if (!item_has(man, macro))
                fail_msg("the manual has no item for --%s", row->name);
        }
        if (row->letter) {
            snprintf(macro, sizeof macro, ".It Fl %c", row->letter);
            if (!item_has(man, macro))
                fail_msg("the manual has no item for -%c", row->letter);
        }
        free(man);
    }
}

static void check_macros(const char *line)
{
    for (const char *at = strstr(line, "Fl "); at; at = strstr(at + 1, "Fl ")) {
        const char *name = at + 3;
        size_t len = 0;

        if (line[0] != '.' || strncmp(name, "Fl ", 3) == 0)
            continue;
        while (is_name_char(name[len]))
            len++;
        if (at >= line + 3 && strncmp(at - 3, "Fl ", 3) == 0) {
            if (!row_of_name(name, len))
                fail_msg("the manual speaks of --%.*s", (int)len, name);
            continue;
        }
        for (size_t i = 0; i < len && name[0] != '-'; i++) {
            if (!row_of_letter(name[i]))
                fail_msg("the manual speaks of -%.*s", (int)len, name);
        }
    }
    /* Commands in examples spell options as they are typed. */
    if (strncmp(line, ".Dl ", 4) == 0)
        check_no_strange_names(line, "an example of the manual");
}

/* Lines of a display are not filled: on a terminal of 80 columns, too long a one is broken, and
 * what is copied from there is another command. "." alone at the end of .Dl is taken for
 * punctuation. */
static void check_display(const char *line)
{
    static bool literal;
    size_t len = strlen(line);

    if (strncmp(line, ".Bd -literal", 12) == 0)
        literal = true;
    if (strncmp(line, ".Ed", 3) == 0)
        literal = false;
    if (literal && len > 72)
        fail_msg("too wide for a terminal: %s", line);
    if (strncmp(line, ".Dl ", 4) == 0 && (len > 76 || strcmp(line + len - 2, " .") == 0))
        fail_msg("too wide for a terminal, or it ends in punctuation: %s", line);
}

static void displays_of_the_manuals_can_be_copied(void **state)
{
    static const char *const others[] = {"man/wscope-script.5", "man/wscope-as.7"};
    char *man;

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        man = read_source(others[i]);
        each_line(man, check_display);
        free(man);
    }
    for (size_t i = 0; i < wscope_verbs.count; i++) {
        man = read_page(wscope_verbs.rows[i]);
        each_line(man, check_display);
        free(man);
    }
}

static void manual_speaks_of_no_other_option(void **state)
{
    (void)state;
    for (size_t i = 0; i < wscope_verbs.count; i++) {
        char *man = read_page(wscope_verbs.rows[i]);

        each_line(man, check_macros);
        free(man);
    }
}

/* The name heads an item of the section EVENTS, alone or with others. */
static bool event_described(const char *section, const char *name)
{
    size_t len = strlen(name);

    for (const char *line = strstr(section, "\n.It Cm "); line;
         line = strstr(line + 1, "\n.It Cm ")) {
        const char *end = strchr(line + 1, '\n');

        for (const char *at = line + 8; at < end;
             at += strcspn(at, " ,\n"), at += strspn(at, " ,")) {
            if (strncmp(at, name, len) == 0 && strchr(" ,\n", at[len]))
                return true;
            if (*at == '\n')
                break;
        }
    }
    return false;
}

static void manual_has_every_event_that_can_be_selected(void **state)
{
    char *man = read_source("man/wscope.1");
    char *section = strstr(man, "\n.Sh EVENTS\n"), *end;

    (void)state;
    assert_non_null(section);
    end = strstr(section + 1, "\n.Sh ");
    assert_non_null(end);
    *end = '\0';
    for (int kind = 0; kind < EVENT_NAMED_COUNT; kind++) {
        char option[64];
        char *argv[] = {"wscope", "--json", "--events", option, "ws://h/", NULL};
        struct options o;
        struct err e;

        snprintf(option, sizeof option, "%s", event_name((enum event_kind)kind));
        if (!event_described(section, option))
            fail_msg("EVENTS lacks %s", option);
        assert_int_equal(options_parse(&o, &wscope_verbs, 5, argv, &e), 0);
        options_clear(&o);
    }
    free(man);
}

/* As exit_code.h has them, and no other. */
static void manual_has_every_exit_status(void **state)
{
    static const enum exit_code codes[] = {
        EXIT_OK,         EXIT_OTHER,   EXIT_USAGE,    EXIT_EXPECT, EXIT_RESOLVE, EXIT_CONNECT,
        EXIT_PEER_ERROR, EXIT_UPGRADE, EXIT_TIMEOUT,  EXIT_TLS,    EXIT_HANGUP,  EXIT_LOST,
        EXIT_CERT,       EXIT_TOO_BIG, EXIT_PROTOCOL, EXIT_PROXY};
    char *man = read_source("man/wscope.1");
    char *section = strstr(man, "\n.Sh EXIT STATUS\n");

    (void)state;
    assert_non_null(section);
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        char item[32];

        snprintf(item, sizeof item, "\n.It %d\n", (int)codes[i]);
        if (!strstr(section, item))
            fail_msg("EXIT STATUS lacks %d", (int)codes[i]);
    }
    free(man);
}

static void check_width(const char *line)
{
    if (strlen(line) > 80)
        fail_msg("wider than 80 columns: %s", line);
}

static char *help_text(const struct verb *verb, bool all)
{
    struct buf out;
    char *text;

    buf_init(&out, TEXT_MAX);
    assert_int_equal(options_help(&out, &wscope_verbs, verb, all), 0);
    text = strndup((const char *)buf_data(&out), out.len);
    assert_non_null(text);
    buf_clear(&out);
    return text;
}

static void help_fits_80_columns_and_knows_no_other_option(void **state)
{
    (void)state;
    const struct verbs *verbs = &wscope_verbs;

    for (size_t i = 0; i < 2 * verbs->count; i++) {
        char *text = help_text(i / 2 ? verbs->rows[i / 2] : NULL, i % 2);

        check_no_strange_names(text, "--help");
        each_line(text, check_width);
        free(text);
    }
}

/* The subcommand takes this option, or one of its own that reads the same. */
static bool takes(const struct verb *verb, const struct option_row *row)
{
    for (size_t i = 0; i < verb->option_count; i++) {
        if (strcmp(verb->options[i].help, row->help) == 0)
            return true;
    }
    return option_fits(row, verb);
}

/* A name that begins a line of options: not one in an example. */
static bool lists(const char *help, const struct option_row *row)
{
    return strstr(help, row->help) != NULL;
}

static void help_of_a_command_has_its_options_and_no_others(void **state)
{
    const struct verbs *verbs = &wscope_verbs;
    const struct option_row *row;

    (void)state;
    for (size_t v = 1; v < verbs->count; v++) {
        char *common = help_text(verbs->rows[v], false), *all = help_text(verbs->rows[v], true);

        for (size_t i = 0; verbs->rows[v]->text && (row = options_nth(verbs, i)) != NULL; i++) {
            bool fits = takes(verbs->rows[v], row);

            if (lists(all, row) != fits)
                fail_msg("wscope %s --help=all: %s", verbs->rows[v]->name, row->help);
            if (lists(common, row) && !fits)
                fail_msg("wscope %s --help: %s", verbs->rows[v]->name, row->help);
        }
        free(common);
        free(all);
    }
}

static void the_manual_and_the_help_have_every_command(void **state)
{
    const struct verbs *verbs = &wscope_verbs;
    char *man = read_source("man/wscope.1"), *help = help_text(NULL, false);

    (void)state;
    for (size_t i = 1; i < verbs->count; i++) {
        char text[64];

        snprintf(text, sizeof text, ".It Nm Cm %s", verbs->rows[i]->name);
        if (!strstr(man, text))
            fail_msg("the manual lacks \"%s\"", text);
        snprintf(text, sizeof text, " wscope %s", verbs->rows[i]->name);
        if (!strstr(help, text))
            fail_msg("the help lacks \"%s\"", text);
    }
    free(man);
    free(help);
}

static void help_all_has_every_option_and_help_the_common_ones(void **state)
{
    const struct option_row *row;
    char *common = help_text(NULL, false), *all = help_text(NULL, true);

    (void)state;
    for (size_t i = 0; (row = options_nth(&wscope_verbs, i)) != NULL; i++) {
        assert_non_null(strstr(all, row->help));
        assert_int_equal(strstr(common, row->help) != NULL, row->common);
        if (row->name) {
            char spelling[64];

            snprintf(spelling, sizeof spelling, "--%s", row->name);
            assert_true(has_word(all, spelling));
        }
    }
    free(common);
    free(all);
}

static const char *const completion_files[] = {"completions/wscope.bash", "completions/wscope.fish",
                                               "completions/_wscope"};

/* They ask the program, and need no change when it learns something. */
static void completions_repeat_no_name_of_the_tables(void **state)
{
    const struct option_row *row;

    (void)state;
    for (size_t f = 0; f < 3; f++) {
        char *text = read_source(completion_files[f]);

        for (size_t i = 0; (row = options_nth(&wscope_verbs, i)) != NULL; i++) {
            char spelling[64];

            snprintf(spelling, sizeof spelling, "--%s", row->name ? row->name : "\n");
            if (has_word(text, spelling))
                fail_msg("%s repeats %s", completion_files[f], spelling);
        }
        for (int kind = 0; kind < FAULT_KIND_COUNT; kind++)
            assert_false(has_word(text, fault_kind_name((enum fault_kind)kind)));
        for (size_t i = 1; i < wscope_verbs.count; i++)
            assert_false(has_word(text, wscope_verbs.rows[i]->name));
        free(text);
    }
}

static void each_operand_can_be_completed(void **state)
{
    (void)state;
    for (size_t i = 0; i < wscope_verbs.count; i++)
        assert_int_equal(wscope_verbs.rows[i]->operand != NULL,
                         wscope_verbs.rows[i]->operand_max > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_names_each_option_once_and_fits_the_help),
        cmocka_unit_test(manual_has_every_option_as_an_item),
        cmocka_unit_test(manual_speaks_of_no_other_option),
        cmocka_unit_test(displays_of_the_manuals_can_be_copied),
        cmocka_unit_test(manual_has_every_event_that_can_be_selected),
        cmocka_unit_test(manual_has_every_exit_status),
        cmocka_unit_test(help_fits_80_columns_and_knows_no_other_option),
        cmocka_unit_test(help_of_a_command_has_its_options_and_no_others),
        cmocka_unit_test(the_manual_and_the_help_have_every_command),
        cmocka_unit_test(help_all_has_every_option_and_help_the_common_ones),
        cmocka_unit_test(completions_repeat_no_name_of_the_tables),
        cmocka_unit_test(each_operand_can_be_completed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

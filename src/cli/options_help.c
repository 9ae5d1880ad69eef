#include "cli/options_private.h"

#include <stdio.h>

#define HELP_COLUMN 29 /* where the second column begins */

#define FEW 24 /* options of a command that are all shown */

static const char units[] =
    "\n"
    "SEC is seconds, or has a unit (us, ms, s, m, h); SIZE takes k, M, G (powers of\n"
    "1024); --no-NAME turns off a flag of the config file. Secrets also come from a\n"
    "file (@FILE) or a variable (env:NAME), where ps does not show them.\n";

static const char codes[] =
    "\n"
    "Exit: 0 ok, 2 usage, 3 expectation not met, 6 DNS, 7 connect, 22 upgrade,\n"
    "      28 time, 35 60 TLS, 56 lost\n";

/* "  -H, --header LINE" */
static void spell(char *text, size_t size, const struct option_row *row)
{
    const char *metavar = row->metavar ? row->metavar : "";
    const char *before = row->arg == OPTION_OPTIONAL ? "[=" : row->arg == OPTION_VALUE ? " " : "";
    const char *after = row->arg == OPTION_OPTIONAL ? "]" : "";

    if (!row->name)
        snprintf(text, size, "  -%c%s%s%s", row->letter, before, metavar, after);
    else if (row->letter)
        snprintf(text, size, "  -%c, --%s%s%s%s", row->letter, row->name, before, metavar, after);
    else
        snprintf(text, size, "      --%s%s%s%s", row->name, before, metavar, after);
}

static int print_row(struct buf *out, const struct option_row *row)
{
    char left[64];

    spell(left, sizeof left, row);
    if (strlen(left) + 2 > HELP_COLUMN)
        return buf_printf(out, "%s\n%*s%s\n", left, HELP_COLUMN, "", row->help);
    return buf_printf(out, "%-*s%s\n", HELP_COLUMN, left, row->help);
}

/* "Usage: wscope serve [OPTION]..." of one command, or a line for each. */
static int print_usage(struct buf *out, const struct verbs *verbs, const struct verb *only)
{
    const char *before = "Usage:";

    for (size_t i = 0; i < verbs->count; i++) {
        const struct verb *verb = verbs->rows[i];

        if (only && only != verb)
            continue;
        if (buf_printf(out, "%s wscope%s%s%s%s\n", before, verb->name[0] ? " " : "", verb->name,
                       verb->usage[0] ? " " : "", verb->usage) != 0)
            return -1;
        before = "      ";
    }
    return 0;
}

/* For the command itself, and not only for the connections that it opens. */
static bool is_own(const struct option_row *row, const struct verb *verb)
{
    return option_fits(row, verb) && (row->sets == 0 || (row->sets & verb->sets));
}

/* Of the command, an option of connections included for `run` only on demand: there are too many.
 */
static bool is_shown(const struct option_row *row, const struct verb *verb, bool all)
{
    if (verb && !is_own(row, verb) && !(all && option_fits(row, verb)))
        return false;
    return all || row->common;
}

static size_t own_options(const struct verbs *verbs, const struct verb *verb)
{
    const struct option_row *row;
    size_t own = 0;

    for (size_t i = 0; (row = options_nth(verbs, i)) != NULL; i++)
        own += is_own(row, verb);
    return own;
}

/* With the heading of its group, if that is another one than *group. */
static int print_grouped(struct buf *out, const struct option_row *row, const char **group)
{
    if (strcmp(row->group, *group) != 0) {
        *group = row->group;
        if (buf_printf(out, "\n%s:\n", *group) != 0)
            return -1;
    }
    return print_row(out, row);
}

static bool is_row_of(const struct verb *verb, const struct option_row *row)
{
    for (size_t i = 0; i < verb->option_count; i++) {
        if (&verb->options[i] == row)
            return true;
    }
    return false;
}

/* First those that no other command has, all of them. */
static int print_options(struct buf *out, const struct verbs *verbs, const struct verb *verb,
                         bool all)
{
    const struct option_row *row;
    const char *group = "";
    bool few = verb && own_options(verbs, verb) <= FEW;

    for (size_t i = 0; verb && i < verb->option_count; i++) {
        if (print_grouped(out, &verb->options[i], &group) != 0)
            return -1;
    }
    for (size_t i = 0; (row = options_nth(verbs, i)) != NULL; i++) {
        if ((verb && is_row_of(verb, row)) ||
            (!is_shown(row, verb, all) && !(few && is_own(row, verb))))
            continue;
        if (print_grouped(out, row, &group) != 0)
            return -1;
    }
    return 0;
}

/* Where to find what is not shown. The commands with their own options have their own pages. */
static int print_more(struct buf *out, const struct verbs *verbs, const struct verb *verb, bool all)
{
    const char *name = verb ? verb->name : "";
    char page[64];

    snprintf(page, sizeof page, "man wscope%s%s", verb && verb->option_count > 0 ? "-" : "",
             verb && verb->option_count > 0 ? name : "");
    if (all)
        return buf_printf(out, "\"%s\" describes them all.\n", page);
    if (verb && (verb->sets & OPTIONS_HAND_ON))
        return buf_printf(out,
                          "Connection options apply to all connections of the scripts;\n"
                          "\"wscope run --help=all\" lists them. \"%s\" describes them all.\n",
                          page);
    if (verb && own_options(verbs, verb) <= FEW)
        return buf_printf(out, "\"%s\" describes them all.\n", page);
    if (verb)
        return buf_printf(out,
                          "\"wscope %s --help=all\" lists every option,\n\"%s\" describes them.\n",
                          name, page);
    return buf_append_str(
        out, "\"wscope COMMAND --help\" is about one command, \"wscope --help=all\" lists "
             "every\noption, \"man wscope\" describes them.\n");
}

int options_help(struct buf *out, const struct verbs *verbs, const struct verb *verb, bool all)
{
    const struct verb *about;

    if (verb && !verb->text)
        verb = NULL; /* help on help */
    about = verb ? verb : verbs->rows[0];
    if (print_usage(out, verbs, verb) != 0 || buf_append(out, "\n", 1) != 0 ||
        buf_append_str(out, about->text) != 0 || print_options(out, verbs, verb, all) != 0 ||
        buf_append_str(out, units) != 0 || buf_append_str(out, "\nExamples:\n") != 0 ||
        buf_append_str(out, about->examples) != 0 || buf_append_str(out, codes) != 0)
        return -1;
    return print_more(out, verbs, verb, all);
}

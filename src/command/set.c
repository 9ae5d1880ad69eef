#include "command/set.h"

#include "base/nearest.h"

/* What other programs call a command. */
static struct slice without_alias(struct slice name)
{
    static const struct {
        const char *alias, *name;
    } aliases[] = {{"exit", "quit"}, {"q", "quit"}, {"h", "help"}, {"?", "help"}};

    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++) {
        if (slice_is(name, aliases[i].alias))
            return slice_str(aliases[i].name);
    }
    return name;
}

const struct command_row *command_set_find(const struct command_set *set, struct slice name)
{
    const struct command_row *row;

    name = without_alias(name);
    for (size_t i = 0; (row = set->row(i)) != NULL && !slice_is(name, row->name);)
        i++;
    return row;
}

static bool begins_with(const char *text, struct slice prefix)
{
    return prefix.len > 2 && strlen(text) > prefix.len &&
           memcmp(text, prefix.data, prefix.len) == 0;
}

/* The command that begins with what was typed, or else the nearest. */
const char *command_set_nearest(const struct command_set *set, struct slice name)
{
    const struct command_row *row;
    struct nearest near;

    nearest_begin(&near, (const char *)name.data, name.len);
    for (size_t i = 0; (row = set->row(i)) != NULL; i++) {
        if (begins_with(row->name, name))
            return row->name;
        nearest_offer(&near, row->name);
    }
    return near.word;
}

int command_set_unknown(const struct command_set *set, struct slice name, struct err *e)
{
    const char *nearest = command_set_nearest(set, name);

    err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "unknown command \"/%.*s\"%s%s%s",
            (int)(name.len < 40 ? name.len : 40), (const char *)name.data,
            nearest ? "; did you mean \"/" : "", nearest ? nearest : "", nearest ? "\"?" : "");
    err_hint(e, "%s", set->unknown_hint);
    return -1;
}

int command_row_misused(const struct command_row *row, struct err *e)
{
    err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "usage: /%s%s%s", row->name, row->usage[0] ? " " : "",
            row->usage);
    err_hint(e, "for example %s", row->example);
    return -1;
}

/* --- help ---------------------------------------------------------------------------------------
 */

static int list(const struct command_set *set, struct buf *out)
{
    const struct command_row *row;
    int failed = buf_printf(out, "%s\n", set->help_before);

    for (size_t i = 0; (row = set->row(i)) != NULL; i++) {
        /* The arguments of /frame take a separate line. */
        const char *usage = strlen(row->usage) > 20 ? "..." : row->usage;
        int width = 25 - (int)strlen(row->name);

        failed |=
            buf_printf(out, "  /%s %-*s %s\n", row->name, width > 0 ? width : 0, usage, row->help);
    }
    return failed | buf_printf(out, "%s\n", set->help_after);
}

int command_set_help(const struct command_set *set, const char *args, struct buf *out,
                     struct err *e)
{
    const struct command_row *row;
    const char *name = args[0] == '/' ? args + 1 : args, *nearest;
    int failed;

    if (!args[0]) {
        failed = list(set, out);
    } else if ((row = command_set_find(set, slice_str(name))) != NULL) {
        failed = buf_printf(out, "/%s%s%s\n  %s\n  for example: %s\n", row->name,
                            row->usage[0] ? " " : "", row->usage, row->help, row->example);
    } else {
        nearest = command_set_nearest(set, slice_str(name));
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "there is no command \"%.40s\"%s%s%s", name,
                       nearest ? "; did you mean \"" : "", nearest ? nearest : "",
                       nearest ? "\"?" : "");
    }
    return failed ? err_nomem(e, STAGE_IO, "printing the help") : 0;
}

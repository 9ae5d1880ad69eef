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

/* Lines of a name and what follows, the names in columns. */
static int help_faults(const struct command_set *set, struct buf *out)
{
    int failed = buf_append_str(out, "  KIND[:ARG,...][@TRIGGER][+DURATION][*COUNT]; the kinds:\n");
    const char *trigger;

    for (int kind = 0; kind < FAULT_KIND_COUNT; kind++) {
        char text[FAULT_USAGE];

        if (!fault_kind_fits((enum fault_kind)kind, set->use))
            continue;
        fault_kind_usage((enum fault_kind)kind, text);
        failed |= buf_printf(out, "    %s\n", text);
    }
    failed |= buf_append_str(out, "  the triggers: a time (@5), or\n   ");
    for (unsigned i = 0; (trigger = fault_trigger_name(i)) != NULL; i++) {
        size_t len = strlen(trigger);

        failed |= buf_printf(out, " @%s%s", trigger, trigger[len - 1] == ':' ? "N" : "");
    }
    return failed | buf_append_str(out, "\n");
}

static const char levels[] =
    "  q        messages and errors alone\n"
    "  0        how connections begin and end as well\n"
    "  1        the handshake, addresses, TLS, gaps in numbers, Close codes\n"
    "  2        every frame: opcode, FIN, RSV, mask, lengths\n"
    "  3        every byte that is read and written\n"
    "  include  the heads of the handshake with every header\n"
    "  pings    pings and pongs, with round trips\n"
    "  all      every message of a flood\n"
    "  thin     a sample of it, and how many are not shown\n";

/* What its line cannot say. */
static int help_more(const struct command_set *set, const struct command_row *row, struct buf *out)
{
    if (strcmp(row->name, "show") == 0)
        return buf_append_str(out, levels);
    if (strcmp(row->words, "FAULT") == 0)
        return help_faults(set, out);
    return 0;
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
        failed |= help_more(set, row, out);
    } else {
        nearest = command_set_nearest(set, slice_str(name));
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "there is no command \"%.40s\"%s%s%s", name,
                       nearest ? "; did you mean \"" : "", nearest ? nearest : "",
                       nearest ? "\"?" : "");
    }
    return failed ? err_nomem(e, STAGE_IO, "printing the help") : 0;
}

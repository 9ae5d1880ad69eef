#include "cli/options_private.h"

#include <stdio.h>

#define HELP_COLUMN 29 /* where the second column begins */

static const char head[] =
    "Usage: wscope [OPTION]... URL\n"
    "       wscope compare [OPTION]... [URL] [--poll URL] [--sse URL]\n"
    "       wscope serve [OPTION]... [[HOST:]PORT]\n"
    "       wscope run [OPTION]... FILE...\n"
    "       wscope demo [OPTION]...\n"
    "\n"
    "Open a WebSocket: interactive on a terminal, otherwise a pipe that sends each\n"
    "line of stdin as a message and prints each message received on a line.\n";

static const char tail[] =
    "\n"
    "SEC is seconds, or has a unit (us, ms, s, m, h); SIZE takes k, M, G (powers of\n"
    "1024); --no-NAME turns off a flag of the config file. Secrets also come from a\n"
    "file (@FILE) or a variable (env:NAME), where ps does not show them.\n"
    "\n"
    "Examples:\n"
    "  wscope wss://echo.example.com/            talk to a server\n"
    "  echo '{\"op\":\"time\"}' | wscope -1 api.example.com/ws | jq .\n"
    "                                            one request, one answer\n"
    "  wscope -n -vv --timestamps :8080/feed     watch every frame come in\n"
    "  wscope --bearer env:TOKEN --json -n --for 60 wss://api.example.com/events\n"
    "                                            a minute of events as JSON\n"
    "\n"
    "Exit: 0 ok, 2 usage, 6 DNS, 7 connect, 22 upgrade, 28 time, 35 60 TLS, 56 lost\n";

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

int options_help(struct buf *out, bool all)
{
    size_t count;
    const struct option_row *table = options_table(&count);
    const char *group = "";

    if (buf_append_str(out, head) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (!all && !table[i].common)
            continue;
        if (strcmp(table[i].group, group) != 0) {
            group = table[i].group;
            if (buf_printf(out, "\n%s:\n", group) != 0)
                return -1;
        }
        if (print_row(out, &table[i]) != 0)
            return -1;
    }
    if (buf_append_str(out, tail) != 0)
        return -1;
    return buf_append_str(out, all ? "\"man wscope\" explains them all.\n"
                                   : "\"wscope --help=all\" lists every option, \"man wscope\" "
                                     "explains them.\n");
}

/* Tests that are not run, or may fail. */
#include <stdio.h>

#include "script/script_parse.h"

int parser_mark(struct parser *p, const struct command_row *row)
{
    struct script_test *test = p->test;

    if (p->section != SECTION_TEST || p->depth > 0)
        return parser_fail(p, 0, "\"%s\" must be inside a test", row->name);
    if (test->unmet)
        return 0;
    if (test->skip || test->todo)
        return parser_fail(p, 0, "this test is marked \"%s\" already",
                           test->skip ? "skip" : "todo");
    test->skip = strcmp(row->name, "skip") == 0;
    test->todo = !test->skip;
    test->reason = arena_copy(&p->script->memory, p->args, strlen(p->args));
    return test->reason ? 0 : parser_nomem(p);
}

/* "NAME: WHAT, which --var NAME=VALUE gives" */
static char *tell_unmet(struct parser *p, struct slice name, const char *what)
{
    char text[400];
    int n = (int)name.len;

    if (strncmp((const char *)name.data, "env:", 4) == 0)
        snprintf(text, sizeof text, "needs %.200s%s%.*s in the environment", what,
                 *what ? ": " : "", n - 4, (const char *)name.data + 4);
    else
        snprintf(text, sizeof text, "needs %.200s%s--var %.*s=VALUE", what, *what ? ": " : "", n,
                 (const char *)name.data);
    return arena_copy(&p->script->memory, text, strlen(text));
}

int parser_mark_needs(struct parser *p, const struct command_row *row)
{
    size_t n = strcspn(p->args, " \t");
    size_t prefix = strncmp(p->args, "env:", 4) == 0 ? 4 : 0;
    struct slice name = slice_make(p->args, n);
    char *reason;

    if (p->conn[0] || (p->section != SECTION_TEST && p->section != SECTION_FILE) || p->depth > 0)
        return parser_fail(p, 0, "\"needs\" must be in a test, or before the first section");
    if (n <= prefix || n >= SCRIPT_NAME_MAX ||
        !script_name_valid(slice_make(p->args + prefix, n - prefix)))
        return parser_fail(p, p->args_at, "usage: %s %s", row->name, row->usage);
    if (parser_has_value(p, name))
        return 0;
    reason = tell_unmet(p, name, p->args + n + strspn(p->args + n, " \t"));
    if (!reason)
        return parser_nomem(p);
    if (p->section == SECTION_FILE && !p->unmet) {
        p->unmet = reason;
    } else if (p->section == SECTION_TEST && !p->test->unmet) {
        p->test->skip = p->test->unmet = true;
        p->test->todo = false;
        p->test->reason = reason;
    }
    return parser_define(p, name); /* the lines that use it are read, and not run */
}

/* What can be known of a line before anything is run: whether its variables and its connection are
 * there, and whether its arguments are understood. */
#include <stdio.h>
#include <stdlib.h>

#include "base/codec.h"
#include "base/json_scan.h"
#include "base/nearest.h"
#include "script/expect/expect.h"
#include "script/script_parse.h"

/* --- names --------------------------------------------------------------------------------------
 */

static int name_add(struct parser *p, struct parser_name **list, struct slice name, unsigned scope)
{
    struct parser_name *added = arena_alloc(&p->script->memory, sizeof *added);

    if (!added)
        return parser_nomem(p);
    added->name = arena_copy(&p->script->memory, name.data, name.len);
    if (!added->name)
        return parser_nomem(p);
    added->scope = scope;
    added->next = *list;
    *list = added;
    return 0;
}

static bool in_scope(const struct parser *p, const struct parser_name *n)
{
    return n->scope <= SCOPE_SETUP || n->scope == p->scope || p->scope == SCOPE_ALL;
}

static bool known(const struct parser *p, const struct parser_name *list, const char *name)
{
    for (; list; list = list->next) {
        if (in_scope(p, list) && strcmp(list->name, name) == 0)
            return true;
    }
    return false;
}

static const char *nearest_known(const struct parser *p, const struct parser_name *list,
                                 const char *name)
{
    struct nearest near;

    nearest_begin(&near, name, strlen(name));
    for (; list; list = list->next) {
        if (in_scope(p, list))
            nearest_offer(&near, list->name);
    }
    return near.word;
}

int parser_define(struct parser *p, struct slice name)
{
    return name_add(p, &p->variables, name, p->scope);
}

static bool in_repeat(const struct parser *p)
{
    for (unsigned i = 0; i < p->depth; i++) {
        if (p->blocks[i].statement->kind == STATEMENT_REPEAT)
            return true;
    }
    return false;
}

/* The value of a variable that does not depend on what the script does, or NULL. */
static const char *fixed_value(const struct parser *p, const char *name)
{
    if (strncmp(name, "env:", 4) == 0)
        return getenv(name + 4);
    if (p->checks->variable && !known(p, p->variables, name))
        return p->checks->variable(p->checks->ctx, name);
    return NULL;
}

static bool variable_known(const struct parser *p, const char *name)
{
    return fixed_value(p, name) != NULL || known(p, p->variables, name) ||
           (strcmp(name, "n") == 0 && in_repeat(p));
}

bool parser_has_value(const struct parser *p, struct slice name)
{
    char text[SCRIPT_NAME_MAX];

    if (name.len >= sizeof text)
        return false;
    memcpy(text, name.data, name.len);
    text[name.len] = '\0';
    return variable_known(p, text);
}

static int unknown_variable(struct parser *p, const char *name, size_t at)
{
    const char *nearest = nearest_known(p, p->variables, name);

    if (strncmp(name, "env:", 4) == 0)
        return parser_fail(p, at, "%s is not set in the environment", name + 4);
    if (strcmp(name, "server") == 0) {
        parser_fail(p, at, "{{server}} is the address of --against, which was not given");
        err_hint(&p->error->err, "wscope run --against serve starts a server");
        return -1;
    }
    parser_fail(p, at, "{{%s}} has no value here%s%s%s", name, nearest ? "; did you mean {{" : "",
                nearest ? nearest : "", nearest ? "}}?" : "");
    err_hint(&p->error->err, "set, capture and --var give one; \\{{ is two literal braces");
    return -1;
}

int parser_variables_known(struct parser *p)
{
    char name[SCRIPT_NAME_MAX];
    size_t at = 0, start;

    while (script_next_variable(p->text, &at, name, &start)) {
        if (!variable_known(p, name))
            return unknown_variable(p, name, start);
    }
    at = 0;
    while (p->here && script_next_variable(p->here, &at, name, &start)) {
        if (!variable_known(p, name))
            return unknown_variable(p, name, 0);
    }
    return 0;
}

/* --- connections --------------------------------------------------------------------------------
 */

int parser_connected(struct parser *p)
{
    return name_add(p, &p->connections, slice_str(p->conn), p->scope);
}

int parser_needs_connect(struct parser *p)
{
    const char *nearest;

    /* What a test has connected when teardown runs depends on how far it came. */
    if (p->section == SECTION_TEARDOWN || known(p, p->connections, p->conn))
        return 0;
    if (!p->conn[0]) {
        parser_fail(p, 0, "there is no connection yet");
        err_hint(&p->error->err, "\"connect\" opens one");
        return -1;
    }
    nearest = nearest_known(p, p->connections, p->conn);
    parser_fail(p, 0, "%s is not connected yet%s%s%s", p->conn,
                nearest && *nearest ? "; did you mean \"" : "", nearest && *nearest ? nearest : "",
                nearest && *nearest ? "\"?" : "");
    err_hint(&p->error->err, "\"%s: connect\" opens it", p->conn);
    return -1;
}

int parser_proxy_started(struct parser *p)
{
    return name_add(p, &p->proxies, slice_str(p->conn), p->scope);
}

int parser_needs_proxy(struct parser *p)
{
    if (p->section == SECTION_TEARDOWN || known(p, p->proxies, p->conn))
        return 0;
    parser_fail(p, 0, p->conn[0] ? "no proxy %s is started yet" : "no proxy is started yet%s",
                p->conn);
    err_hint(&p->error->err, "\"%s%sproxy start URL\" starts one", p->conn, p->conn[0] ? ": " : "");
    return -1;
}

bool parser_has_url(const struct parser *p)
{
    return p->checks->has_url || known(p, p->urls, p->conn) || known(p, p->urls, "");
}

void parser_url_given(struct parser *p)
{
    (void)name_add(p, &p->urls, slice_str(p->conn), p->scope);
}

/* --- arguments ----------------------------------------------------------------------------------
 */

/* What a variable may turn out to be. An argument is wrong only if it is with all of these. */
static const char *const samples[] = {"1000", "1", "aa", "text", "string", "<", "ws://h/", "1.5"};
#define SAMPLE_COUNT (sizeof samples / sizeof samples[0])

struct sampling {
    const struct parser *p;
    const char *sample;
    bool used;
};

static const char *sample_value(void *ctx, const char *name)
{
    struct sampling *s = ctx;
    const char *fixed = fixed_value(s->p, name);

    if (fixed)
        return fixed;
    s->used = true;
    return s->sample;
}

int parser_check(struct parser *p, parser_check_fn *check)
{
    size_t at = 0, start;
    char name[SCRIPT_NAME_MAX];
    bool variables = script_next_variable(p->args, &at, name, &start) || strstr(p->args, "\\{{");
    struct err e, first;
    struct buf filled;

    err_clear(&e);
    if (!variables)
        return check(p, p->args, &e) == 0
                   ? 0
                   : parser_fail_with(p, p->args_at + (e.at >= 0 ? (size_t)e.at : 0), &e);
    buf_init(&filled, SCRIPT_FILE_MAX);
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        struct sampling s = {p, samples[i], false};

        buf_reset(&filled);
        if (script_fill(&filled, p->args, sample_value, &s, name) < 0 ||
            buf_append(&filled, "", 1) < 0) {
            buf_clear(&filled);
            return parser_nomem(p);
        }
        if (check(p, (const char *)buf_data(&filled), &e) == 0) {
            buf_clear(&filled);
            return 0;
        }
        if (i == 0)
            first = e;
        if (!s.used)
            break;
    }
    buf_clear(&filled);
    return parser_fail_with(p, p->args_at, &first);
}

int parser_check_url(struct parser *p, const char *args, struct err *e)
{
    if (args[0] == '/' && !p->checks->has_url) {
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "a URL that begins with / needs --against");
        err_hint(e, "a whole one begins with ws:// or wss://");
        return -1;
    }
    if (args[0] == '/' || !p->checks->url)
        return 0;
    return p->checks->url(p->checks->ctx, args, e);
}

static int check_option(struct parser *p, const char *name, const char *value, struct err *e)
{
    if (!p->checks->option)
        return 0;
    return p->checks->option(p->checks->ctx, name, value, e);
}

int parser_check_header(struct parser *p, const char *args, struct err *e)
{
    return check_option(p, "header", args, e);
}

int parser_check_option(struct parser *p, const char *args, struct err *e)
{
    const char *name, *value;
    char *copy = strdup(args);
    uint64_t us;
    int status;

    if (!copy)
        return err_nomem(e, STAGE_USAGE, "reading a script");
    script_option_split(copy, &name, &value);
    if (strcmp(name, "timeout") == 0) {
        status = value && duration_parse(slice_str(value), &us) == 0 && us > 0
                     ? 0
                     : err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                               "\"option timeout\" takes a number of seconds, such as 2.5");
    } else {
        status = check_option(p, name, value, e);
    }
    free(copy);
    return status;
}

int parser_check_capture(struct parser *p, const char *args, struct err *e)
{
    const char *rest = args + strcspn(args, " \t");
    struct pattern pattern;
    int status = 0;

    (void)p;
    rest += strspn(rest, " \t");
    if (!pattern_is_regex(slice_str(rest))) {
        if (rest[0] != '/' || !json_pointer_valid(rest))
            status = err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                             "a JSON Pointer is expected here, such as /user/id, or /REGEX/ "
                             "between "
                             "slashes");
    } else {
        status = pattern_parse(&pattern, slice_str(rest), false, e);
        pattern_clear(&pattern);
    }
    if (status < 0)
        e->at = rest - args;
    return status;
}

int parser_check_seconds(struct parser *p, const char *args, struct err *e)
{
    uint64_t us;

    (void)p;
    if (duration_parse(slice_str(args), &us) == 0)
        return 0;
    return err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                   "\"sleep\" takes a number of seconds, such as 0.5, not \"%.40s\"", args);
}

int parser_check_rounds(struct parser *p, const char *args, struct err *e)
{
    uint64_t n;

    (void)p;
    if (script_rounds(args, &n))
        return 0;
    return err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                   "\"repeat\" takes a number from 1 to %d, not \"%.40s\"", SCRIPT_REPEAT_MAX,
                   args);
}

int parser_check_expect(struct parser *p, const char *args, struct err *e)
{
    struct expect x;
    int status = expect_parse(&x, args, p->here, e);

    if (status == 0 && x.what == EXPECT_FRAME)
        p->script->frames = true;
    if (status == 0 && expect_class(&x) == CAME_DECODED)
        p->script->decoded = true;
    p->of_proxy = status == 0 && expect_of_proxy(&x);
    if (status == 0 && x.what == EXPECT_REPORT && p->checks->report) {
        status = p->checks->report(x.name, e);
        if (status < 0 && e->at >= 0)
            e->at += strstr(args, x.name) - args;
    }
    expect_clear(&x);
    return status;
}

int parser_check_proxy(struct parser *p, const char *args, struct err *e)
{
    return p->here || !p->checks->proxy ? 0 : p->checks->proxy(p->checks->ctx, args, e);
}

int parser_check_command(struct parser *p, const char *args, struct err *e)
{
    size_t n = strcspn(p->text + p->command_at, " \t");
    const struct command_row *row = commands_script_find(slice_make(p->text + p->command_at, n));

    if (p->here)
        args = p->here; /* its variables are filled in later: only what is fixed can be checked */
    if (!row->check || (p->here && strstr(p->here, "{{")))
        return 0;
    return row->check(args, e);
}

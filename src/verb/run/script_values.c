/* Lines that only know and remember: variables, settings of connections, what is captured. */
#include <stdlib.h>

#include "base/codec.h"
#include "base/json_compare.h"
#include "base/json_scan.h"
#include "verb/run/script_private.h"

/* --- variables ----------------------------------------------------------------------------------
 */

static const char *round_of(const struct test_run *t)
{
    for (unsigned i = t->depth; i-- > 0;) {
        if (t->blocks[i].repeat)
            return t->blocks[i].round_text;
    }
    return NULL;
}

static const char *lookup(void *ctx, const char *name)
{
    struct test_run *t = ctx;

    if (strncmp(name, "env:", 4) == 0)
        return secret_env(t, name + 4);
    for (const struct variable *v = t->variables; v; v = v->next) {
        if (v->value && strcmp(v->name, name) == 0)
            return v->value;
    }
    if (strcmp(name, "n") == 0 && round_of(t))
        return round_of(t);
    return script_variable(t->job->run, name);
}

char *test_fill(struct test_run *t, const struct statement *st, const char *text)
{
    char missing[SCRIPT_NAME_MAX], *filled = NULL;
    struct buf out;

    buf_init(&out, SCRIPT_FILE_MAX);
    if (script_fill(&out, text, lookup, t, missing) == 0)
        filled = arena_copy(&t->line, buf_data(&out), out.len);
    if (!filled && missing[0])
        test_fail(t, st, "", "the line that captures it was not reached", "{{%s}} has no value",
                  missing);
    else if (!filled)
        test_fail(t, st, "", "", "out of memory");
    buf_clear(&out);
    return filled;
}

/* The variable of that name, made if it is not there. NULL: memory. */
static struct variable *variable_of(struct test_run *t, const char *name)
{
    struct variable *v = t->variables;

    while (v && strcmp(v->name, name) != 0)
        v = v->next;
    if (v)
        return v;
    v = arena_alloc(&t->memory, sizeof *v);
    if (!v || !(v->name = arena_copy(&t->memory, name, strlen(name))))
        return NULL;
    v->next = t->variables;
    t->variables = v;
    return v;
}

enum line_done test_define(struct test_run *t, const struct statement *st, const char *name,
                           struct slice value)
{
    struct variable *v = variable_of(t, name);
    char *copy = v ? strndup(value.len ? (const char *)value.data : "", value.len) : NULL;

    if (!copy) {
        test_fail(t, st, "", "", "out of memory");
        return LINE_FAILED;
    }
    free(v->value);
    v->value = copy;
    return LINE_DONE;
}

void variables_clear(struct test_run *t)
{
    for (struct variable *v = t->variables; v; v = v->next)
        free(v->value);
    t->variables = NULL;
}

char *line_arguments(struct test_run *t, const struct statement *st)
{
    char *args = test_fill(t, st, st->args), *here, *both;
    size_t n, m;

    if (!args || !st->here)
        return args;
    here = test_fill(t, st, st->here);
    if (!here)
        return NULL;
    n = strlen(args);
    m = strlen(here);
    both = arena_alloc(&t->line, n + m + 2);
    if (!both) {
        test_fail(t, st, "", "", "out of memory");
        return NULL;
    }
    memcpy(both, args, n);
    if (n > 0)
        both[n++] = ' ';
    memcpy(both + n, here, m);
    return both;
}

/* --- lines ------------------------------------------------------------------------------------
 */

enum line_done line_setting(struct test_run *t, const struct statement *st)
{
    struct setting_made *s = arena_alloc(&t->memory, sizeof *s);
    const char *name, *value;
    char *text = line_arguments(t, st), *copy;

    if (!text)
        return LINE_FAILED;
    copy = arena_copy(&t->memory, text, strlen(text));
    if (!s || !copy) {
        test_fail(t, st, "", "", "out of memory");
        return LINE_FAILED;
    }
    *s = (struct setting_made){.kind = st->kind, .conn = st->conn, .text = copy};
    *t->last_setting = s;
    t->last_setting = &s->next;
    if (st->kind != STATEMENT_OPTION)
        return LINE_DONE;
    script_option_split(text, &name, &value);
    if (strcmp(name, "timeout") == 0 &&
        (!value || duration_parse(slice_str(value), &t->timeout_us) < 0)) {
        test_fail(t, st, "", "", "\"option timeout\" takes a number of seconds, not \"%.60s\"",
                  value ? value : "");
        return LINE_FAILED;
    }
    return LINE_DONE;
}

enum line_done line_set(struct test_run *t, const struct statement *st)
{
    char *text = line_arguments(t, st);
    const char *name, *rest;

    if (!text)
        return LINE_FAILED;
    script_pair_split(text, &name, &rest);
    return test_define(t, st, name, slice_str(rest));
}

static void nothing_found(struct test_run *t, const struct statement *st, struct slice text,
                          const char *what)
{
    test_fail(t, st, "", "capture reads the message that matched the last expect",
              "%s is not in the message %.*s%s", what, (int)(text.len < 200 ? text.len : 200),
              (const char *)text.data, text.len > 200 ? "..." : "");
}

/* Strings without their quotes, anything else unchanged. */
static enum line_done capture_value(struct test_run *t, const struct statement *st,
                                    const char *name, struct slice value)
{
    enum line_done done;
    size_t len;
    char *text;

    if (json_kind(value) != JSON_IS_STRING)
        return test_define(t, st, name, value);
    text = json_string_text(value, &len);
    if (!text) {
        test_fail(t, st, "", "", "out of memory");
        return LINE_FAILED;
    }
    done = test_define(t, st, name, slice_make(text, len));
    free(text);
    return done;
}

enum line_done line_capture(struct test_run *t, const struct statement *st)
{
    const struct script_conn *c = conn_find(t, st->conn);
    char *args = line_arguments(t, st);
    struct pattern pattern;
    struct slice text, value;
    const char *name, *what;
    struct err e;
    bool found;

    if (!args)
        return LINE_FAILED;
    script_pair_split(args, &name, &what);
    if (!c || !c->inbox.matched) {
        test_fail(t, st, "", "an \"expect text\" or \"expect json\" before it takes one",
                  "there is no message to capture from");
        return LINE_FAILED;
    }
    text = came_data(c->inbox.matched);
    if (!pattern_is_regex(slice_str(what))) {
        if (json_pointer_get(text, what, &value) == 1)
            return capture_value(t, st, name, value);
        nothing_found(t, st, text, what);
        return LINE_FAILED;
    }
    if (pattern_parse(&pattern, slice_str(what), false, &e) < 0) {
        test_fail(t, st, "", "", "%s", e.text);
        return LINE_FAILED;
    }
    found = pattern_fits(&pattern, text, &value);
    pattern_clear(&pattern);
    if (found)
        return test_define(t, st, name, value);
    nothing_found(t, st, text, what);
    return LINE_FAILED;
}

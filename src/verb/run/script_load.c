/* The scripts, and what they ask of the options. */
#include <fnmatch.h>
#include <stdlib.h>

#include "app/complain.h"
#include "cli/words.h"
#include "verb/run/script_error.h"
#include "verb/run/script_private.h"

/* --- options of a connection --------------------------------------------------------------------
 */

static void put_option(struct words *a, const char *text)
{
    const char *name, *value;
    char *copy = strdup(text);

    if (!copy) {
        a->failed = true;
        return;
    }
    script_option_split(copy, &name, &value);
    if (strcmp(name, "timeout") != 0)
        words_put(a, words_option(name, value));
    free(copy);
}

static struct connection *parse(const struct script_run *run, struct words *a, struct err *e)
{
    if (!a->failed)
        return connection_new(run->app->verbs, (int)a->count, a->items, e);
    err_nomem(e, STAGE_USAGE, "reading options");
    return NULL;
}

static void begin(struct words *a, const struct script_run *run)
{
    const struct given_options *given = &run->app->connect->given;

    *a = (struct words){0};
    words_put(a, strdup("wscope"));
    words_put(a, strdup("--no-config")); /* it was read for the run */
    for (size_t i = 0; i < given->count; i++)
        words_put(a, strdup(given->words[i]));
}

struct connection *script_options(struct script_run *run, const struct setting_made *settings,
                                  const char *conn, const char *url, struct err *e)
{
    struct connection *o;
    struct words a;

    begin(&a, run);
    for (; settings; settings = settings->next) {
        if (settings->conn[0] && strcmp(settings->conn, conn) != 0)
            continue;
        if (settings->kind == STATEMENT_HEADER)
            words_put(&a, words_option("header", settings->text));
        else if (settings->kind == STATEMENT_OPTION)
            put_option(&a, settings->text);
    }
    words_put(&a, strdup("--"));
    words_put(&a, strdup(url));
    o = parse(run, &a, e);
    words_clear(&a);
    return o;
}

/* --- what a script asks before it is run --------------------------------------------------------
 */

static int check_row(const struct script_run *run, const char *name, const char *value,
                     struct err *e)
{
    const struct option_row *row = options_row_named(run->app->verbs, name, strlen(name));
    const char *nearest;

    if (row && !option_is_of_connection(row)) {
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "--%.40s is not an option of a connection", name);
        err_hint(e, "give it on the command line, if \"wscope run\" has it");
        return -1;
    }
    if (!row) {
        nearest = options_nearest_of_connection(name, strlen(name));
        if (!nearest && strlen(name) > 5 && strncmp(name, "time", 4) == 0)
            nearest = "timeout";
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "unknown option \"%.40s\"%s%s%s", name,
                       nearest ? "; did you mean \"" : "", nearest ? nearest : "",
                       nearest ? "\"?" : "");
    }
    if (row->arg == OPTION_VALUE && !value)
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "%s takes a value, %s: %s", row->name,
                       row->metavar, row->help);
    if (row->arg == OPTION_FLAG && value)
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "%s takes no value", row->name);
    return 0;
}

static int check_option(void *ctx, const char *name, const char *value, struct err *e)
{
    if (check_row(ctx, name, value, e) < 0)
        return -1;
    if (option_check(name, value, e) == 0)
        return 0;
    e->at = -1;
    return -1;
}

static int check_url(void *ctx, const char *text, struct err *e)
{
    struct url url;

    (void)ctx;
    if (url_parse(&url, text, e) < 0)
        return -1;
    url_clear(&url);
    return 0;
}

const char *script_variable(struct script_run *run, const char *name)
{
    const struct run_options *given = run->own;
    size_t len = strlen(name);

    for (size_t i = given->var_count; i-- > 0;) {
        if (strncmp(given->vars[i], name, len) == 0 && given->vars[i][len] == '=')
            return given->vars[i] + len + 1;
    }
    return strcmp(name, "server") == 0 && given->against ? run->base : NULL;
}

static const char *variable(void *ctx, const char *name)
{
    return script_variable(ctx, name);
}

static int check_proxy(void *ctx, const char *text, struct err *e)
{
    const struct script_run *run = ctx;

    return proxy_check(text, run->own->against != NULL, e);
}

/* The options of the command line for all connections must be valid by themselves. */
static int check_line(struct script_run *run)
{
    struct connection *o;
    struct words a;
    struct err e;

    begin(&a, run);
    words_put(&a, strdup("ws://localhost/"));
    o = parse(run, &a, &e);
    words_clear(&a);
    connection_free(o);
    if (!o)
        app_fail(run->app, &e);
    return o ? 0 : -1;
}

static bool matches_any(const struct script_run *run, const char *glob)
{
    for (size_t i = 0; i < run->script_count; i++) {
        for (const struct script_test *t = run->scripts[i].tests; t; t = t->next) {
            if (fnmatch(glob, t->name, 0) == 0)
                return true;
        }
    }
    return false;
}

/* A mistake in --only must not look like success: tests that no pattern matches are only skipped.
 */
static int check_only(const struct script_run *run)
{
    const struct run_options *given = run->own;
    struct err e;

    for (size_t i = 0; i < given->only_count; i++) {
        if (matches_any(run, given->only[i]))
            continue;
        err_set(&e, EXIT_USAGE, STAGE_USAGE, 0, "--only: no test matches \"%.200s\"",
                given->only[i]);
        err_hint(&e, "it is compared with the whole name, such as \"%.200s\"; * matches any text",
                 run->scripts[0].tests->name);
        app_fail(run->app, &e);
        return -1;
    }
    return 0;
}

static void fail_memory(struct script_run *run)
{
    struct err e;

    err_nomem(&e, STAGE_USAGE, "reading the scripts");
    app_fail(run->app, &e);
}

int script_load(struct script_run *run)
{
    const struct run_options *given = run->own;
    const struct script_checks checks = {
        .option = check_option,
        .url = check_url,
        .proxy = check_proxy,
        .report = proxy_check_report,
        .variable = variable,
        .has_url = given->against != NULL,
        .ctx = run,
    };
    int status = check_line(run);

    run->scripts = calloc(given->file_count, sizeof *run->scripts);
    if (!run->scripts) {
        fail_memory(run);
        return -1;
    }
    run->script_count = given->file_count;
    for (size_t i = 0; i < given->file_count && status == 0; i++) {
        struct script_error error;
        struct buf text;

        if (script_parse(&run->scripts[i], given->files[i], &checks, &error) == 0) {
            run->test_count += run->scripts[i].test_count;
            continue;
        }
        buf_init(&text, 65536);
        if (script_error_print(&text, &error) == 0)
            complain_lines(buf_slice(&text));
        else
            fail_memory(run);
        buf_clear(&text);
        status = -1;
    }
    return status == 0 ? check_only(run) : -1;
}

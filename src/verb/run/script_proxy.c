/* A proxy of a test: between clients that are not the script's and their server. */
#include <stdio.h>
#include <stdlib.h>

#include "app/proxying_command.h"
#include "base/decimal.h"
#include "base/nearest.h"
#include "cli/connection.h"
#include "grade/expect.h"
#include "script/expect/parse.h"
#include "verb/run/script_private.h"

/* What commands answer is for people. */
#define ANSWER_MAX ((size_t)1 << 20)

struct script_proxy {
    struct sink watch; /* takes returns into the inbox */
    struct script_proxy *next;
    struct test_run *test;
    const char *name;
    struct bus bus;
    struct inbox inbox; /* each return of a client */
    struct connection *options;
    struct listen_options listen;
    struct proxying core;
    struct proxying_who who;
    bool running;
};

/* --- what happens -------------------------------------------------------------------------------
 */

static void on_event(struct sink *sink, const struct event *ev)
{
    struct script_proxy *p = (struct script_proxy *)sink;

    if (ev->kind == EVENT_BACK && !inbox_full(&p->inbox))
        inbox_event(&p->inbox, ev);
    job_kick(p->test->job);
}

static struct script_proxy *find(const struct test_run *t, const char *name)
{
    struct script_proxy *p = t->proxies;

    while (p && strcmp(p->name, name) != 0)
        p = p->next;
    return p;
}

struct script_proxy *proxy_of(const struct test_run *t, const struct inbox *in)
{
    struct script_proxy *p = t->proxies;

    while (p && &p->inbox != in)
        p = p->next;
    return p;
}

struct inbox *proxy_inbox(const struct test_run *t, const char *name)
{
    struct script_proxy *p = find(t, name);

    return p && p->running ? &p->inbox : NULL;
}

/* --- life ---------------------------------------------------------------------------------------
 */

static struct script_proxy *get(struct test_run *t, const char *name, struct err *e)
{
    struct script_proxy *p = find(t, name);

    if (p)
        return p;
    p = calloc(1, sizeof *p);
    if (!p) {
        err_nomem(e, STAGE_IO, "starting the proxy");
        return NULL;
    }
    p->test = t;
    p->name = name;
    p->watch = (struct sink){EVENT_BIT(EVENT_BACK) | EVENT_BIT(EVENT_OPEN) | EVENT_BIT(EVENT_CLOSE),
                             on_event, NULL};
    inbox_init(&p->inbox, SCRIPT_INBOX_COUNT, SCRIPT_INBOX_BYTES);
    bus_init(&p->bus);
    p->next = t->proxies;
    t->proxies = p;
    return p;
}

static void stop(struct script_proxy *p)
{
    proxying_clear(&p->core);
    bus_clear(&p->bus);
    connection_free(p->options);
    p->options = NULL;
    p->running = false;
}

void proxies_free(struct test_run *t)
{
    while (t->proxies) {
        struct script_proxy *p = t->proxies;

        t->proxies = p->next;
        stop(p);
        inbox_clear(&p->inbox);
        free(p);
    }
}

/* --- start --------------------------------------------------------------------------------------
 */

/* "[[HOST:]PORT] URL" in its parts, in `copy`, which is changed. 0, or -1 with *e, whose `at` is an
 * offset in it. */
static int split_start(char *copy, struct listen_options *listen, const char **url, struct err *e)
{
    size_t n = strcspn(copy, " \t"), at = n + strspn(copy + n, " \t"), end;

    *listen = (struct listen_options){.host = "127.0.0.1"};
    if (!copy[0]) {
        err_at(e, 0, "the URL of the server is missing");
        err_hint(e, "for example proxy start :9002 ws://localhost:3000");
        return -1;
    }
    *url = copy[at] ? copy + at : copy;
    end = at + strcspn(copy + at, " \t");
    if (copy[end])
        return err_at(e, end + strspn(copy + end, " \t"), "nothing may follow the URL");
    if (!copy[at])
        return 0;
    copy[n] = '\0';
    if (connection_address(copy, listen, e) == 0)
        return 0;
    e->at = 0;
    return -1;
}

static int start_on(struct script_proxy *p, const char *url, struct err *e)
{
    struct script_run *run = p->test->job->run;
    struct proxying_config config = {.listen = &p->listen};
    const struct proxying_hooks hooks = {NULL, p};

    p->options = script_options(run, p->test->settings, p->name, url, e);
    if (!p->options)
        return -1;
    config.connect = p->options->connect;
    config.fault = p->options->fault;
    inbox_forget(&p->inbox);
    p->who = (struct proxying_who){0};
    bus_add(&p->bus, &p->watch);
    if (proxying_init(&p->core, &run->app->loop, &p->bus, run->app->start_us, &config, &hooks, e) <
        0) {
        stop(p);
        return -1;
    }
    p->running = true;
    return 0;
}

static enum line_done start(struct test_run *t, const struct statement *st, const char *args)
{
    struct err e;
    struct script_proxy *p = get(t, st->conn, &e);
    char *copy = arena_copy(&t->memory, args, strlen(args)), *where;
    const char *url;

    err_clear(&e);
    if (!p || !copy) {
        err_nomem(&e, STAGE_IO, "starting the proxy");
        return test_fail_with(t, st, &e);
    }
    if (p->running) {
        err_set(&e, EXIT_OTHER, STAGE_IO, 0, "there is a proxy already");
        err_hint(&e, "stop it first, or give the other one a name: \"other: proxy start ...\"");
        return test_fail_with(t, st, &e);
    }
    if (split_start(copy, &p->listen, &url, &e) < 0)
        return test_fail_with(t, st, &e);
    where = test_url(t, st, url);
    if (!where)
        err_nomem(&e, STAGE_IO, "starting the proxy");
    if (!where || start_on(p, where, &e) < 0)
        return test_fail_with(t, st, &e);
    return test_define(t, st, st->conn[0] ? st->conn : "proxy",
                       slice_str(relay_url(p->core.relay)));
}

/* --- what else is done to it --------------------------------------------------------------------
 */

static enum line_done use(struct test_run *t, const struct statement *st, struct script_proxy *p,
                          const char *args)
{
    uint64_t n = 0;

    if (args[0] && !decimal_read(slice_str(args), UINT32_MAX, &n)) {
        test_fail(t, st, "", "", "\"proxy use\" takes the number of a client, not \"%.60s\"", args);
        return LINE_FAILED;
    }
    p->who = (struct proxying_who){.client = (uint32_t)n};
    return LINE_DONE;
}

/* Returns from earlier outages must not count for one that begins now. */
static bool disturbs(const char *name)
{
    return strcmp(name, "drop") == 0 || strcmp(name, "offline") == 0;
}

static enum line_done act(struct test_run *t, const struct statement *st, struct script_proxy *p,
                          const struct command_row *row, const char *args)
{
    struct buf said;
    struct err e;
    int r;

    if (row->where == COMMAND_OPEN && !proxying_who_next(&p->core, &p->who, NULL) &&
        test_wait_until(t, st, t->timeout_us))
        return LINE_WAITS;
    if (disturbs(row->name))
        inbox_drop(&p->inbox);
    buf_init(&said, ANSWER_MAX);
    r = proxying_command_run(&p->core, &p->who, row, args, &said, &e);
    buf_clear(&said);
    return r < 0 ? test_fail_with(t, st, &e) : LINE_DONE;
}

enum line_done line_proxy(struct test_run *t, const struct statement *st)
{
    char *text = line_arguments(t, st);
    struct script_proxy *p = find(t, st->conn);
    const struct command_row *row;
    const char *args;
    struct slice name;

    if (!text)
        return LINE_FAILED;
    name = parse_name(text, &args);
    if (slice_is(name, "start"))
        return start(t, st, args);
    if (!p || !p->running) {
        test_fail(t, st, "", "\"proxy start\" starts one", "%s%sthere is no proxy", st->conn,
                  st->conn[0] ? ": " : "");
        return LINE_FAILED;
    }
    if (slice_is(name, "use"))
        return use(t, st, p, args);
    row = proxying_command_find(name);
    if (row)
        return act(t, st, p, row, args);
    stop(p);
    return LINE_DONE;
}

/* --- what is expected ---------------------------------------------------------------------------
 */

bool proxy_report_fits(const struct script_proxy *p, const char *list, char why[EXPECT_WHY])
{
    struct grade_report *r = proxying_report(&p->core);
    struct grade_verdict verdicts[CRITERIA_MAX];
    struct criteria x = {.count = 0};
    size_t failed = 1;
    struct err e;

    snprintf(why, EXPECT_WHY, "there is no memory for the report");
    if (r && grade_expect_parse(&x, list, &e) == 0)
        failed = grade_expect_check(&x, r, verdicts);
    for (size_t i = 0; i < x.count && failed > 0; i++) {
        if (verdicts[i].ok)
            continue;
        snprintf(why, EXPECT_WHY, "%.*s: %.200s", (int)verdicts[i].name.len,
                 (const char *)verdicts[i].name.data, verdicts[i].reason);
        break;
    }
    grade_report_free(r);
    return failed == 0;
}

void proxy_tell_away(const struct script_proxy *p, char why[EXPECT_WHY])
{
    struct grade_report *r = proxying_report(&p->core);
    size_t away = 0;

    for (size_t i = 0; r && i < r->client_count; i++)
        away += !r->clients[i].here && !r->clients[i].left && r->clients[i].outage_count > 0;
    if (!r || r->client_count == 0)
        snprintf(why, EXPECT_WHY, "no client has connected");
    else if (away == 0)
        snprintf(why, EXPECT_WHY, "no client is away");
    else
        snprintf(why, EXPECT_WHY, "%zu client%s still away", away, away == 1 ? " is" : "s are");
    grade_report_free(r);
}

/* --- before anything is run ---------------------------------------------------------------------
 */

static int check_start(const char *args, bool against, struct err *e)
{
    struct listen_options listen;
    const char *given;
    char *copy = strdup(args);
    struct url url;
    int r;

    if (!copy)
        return err_nomem(e, STAGE_USAGE, "reading a script");
    r = split_start(copy, &listen, &given, e);
    if (r == 0 && given[0] == '/' && !against) {
        r = err_at(e, (size_t)(given - copy), "a URL that begins with / needs --against");
    } else if (r == 0 && given[0] != '/') {
        r = url_parse(&url, given, e);
        if (r == 0)
            url_clear(&url);
        else if (e->at >= 0)
            e->at += given - copy;
    }
    free(copy);
    return r;
}

static int check_use(const char *args, struct err *e)
{
    uint64_t n;

    return !args[0] || decimal_read(slice_str(args), UINT32_MAX, &n)
               ? 0
               : err_at(e, 0, "the number of a client is expected here, such as 1");
}

static int unknown(struct slice name, struct err *e)
{
    const struct command_row *row;
    struct nearest near;

    nearest_begin(&near, (const char *)name.data, name.len);
    nearest_offer(&near, "start");
    nearest_offer(&near, "stop");
    nearest_offer(&near, "use");
    for (size_t i = 0; (row = proxying_command_row(i)) != NULL; i++)
        nearest_offer(&near, row->name);
    err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "a proxy cannot \"%.*s\"%s%s%s",
            (int)(name.len < 40 ? name.len : 40), (const char *)name.data,
            near.word ? "; did you mean \"" : "", near.word ? near.word : "",
            near.word ? "\"?" : "");
    err_hint(e, "start, stop, use, inject, drop, offline, fault, heal, rule, hold and release");
    e->at = 0;
    return -1;
}

/* Usage of the prompt, as it is written in a script. */
static void as_step(const struct command_row *row, struct err *e)
{
    if (e->at >= 0 || strncmp(e->text, "usage: /", 8) != 0)
        return;
    err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "usage: proxy %s %s", row->name, row->usage);
    err_hint(e, "for example proxy %s", row->example + 1);
}

int proxy_check(const char *text, bool against, struct err *e)
{
    const char *args;
    struct slice name = parse_name(text, &args);
    const struct command_row *row = proxying_command_find(name);
    int r;

    err_clear(e);
    if (name.len == 0) {
        err_at(e, 0, "usage: proxy start [[HOST:]PORT] URL, or what a started proxy is to do");
        err_hint(e, "start, stop, use, inject, drop, offline, fault, heal, rule, hold and release");
        return -1;
    }
    if (slice_is(name, "start"))
        r = check_start(args, against, e);
    else if (slice_is(name, "stop"))
        r = command_check_nothing(args, e);
    else if (slice_is(name, "use"))
        r = check_use(args, e);
    else if (row)
        r = row->check(args, e);
    else
        return unknown(name, e);
    if (r < 0 && row)
        as_step(row, e);
    if (r < 0)
        e->at = (e->at >= 0 ? e->at : 0) + (args - text);
    return r;
}

int proxy_check_report(const char *list, struct err *e)
{
    struct criteria x = {.count = 0};

    return grade_expect_parse(&x, list, e);
}

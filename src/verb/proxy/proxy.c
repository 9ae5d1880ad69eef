#include "verb/proxy/proxy.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/file_limit.h"
#include "base/clock.h"
#include "net/timer.h"
#include "verb/proxy/proxy_private.h"
#include "verb/proxy/proxy_prompt.h"

/* Descriptors that are not of connections, of which each takes two. */
#define OTHER_FILES 96

static struct event make_event(const struct proxy_front *p, enum event_kind kind)
{
    return (struct event){
        .kind = kind,
        .time_us = clock_wall_us(),
        .at_us = clock_mono_us() - p->app->start_us,
    };
}

static void proxy_note(struct proxy_front *p, const char *text)
{
    struct event ev = make_event(p, EVENT_NOTE);

    ev.note = text;
    bus_emit(&p->views.bus, &ev);
}

/* --- the end ------------------------------------------------------------------------------------
 */

static void summary(struct proxy_front *p)
{
    struct event ev = make_event(p, EVENT_SUMMARY);

    ev.summary = (struct event_summary){
        .totals = relay_totals(p->relay),
        .duration_us = ev.at_us,
        .seed = p->client_rig.seed,
        .exit = p->code,
    };
    bus_emit(&p->views.bus, &ev);
}

static void finish(void *ctx)
{
    struct proxy_front *p = ctx;

    proxy_results(p);
    summary(p);
    p->finished = true;
    if (!p->prompt) /* which ends by itself */
        app_end(p->app);
}

/* In a turn of its own: it may be asked for from within the relay. */
void proxy_end(struct proxy_front *p, enum exit_code code)
{
    if (p->ended)
        return;
    p->ended = true;
    p->code = code;
    if (p->prompt)
        typing_leave(p->prompt->typing);
    timer_start(p->over, 0, finish);
}

static void on_signal(void *ctx, int number)
{
    struct proxy_front *p = ctx;

    if (p->prompt && number == SIGINT)
        typing_interrupt(p->prompt->typing);
    else if (p->ended)
        app_leave(p->app);
    else
        proxy_end(p, (enum exit_code)(128 + number));
}

static void on_for(void *ctx)
{
    proxy_end(ctx, EXIT_OK);
}

static void on_limit(void *ctx, const struct err *e)
{
    struct proxy_front *p = ctx;

    if (p->ended)
        return;
    app_fail(p->app, e);
    proxy_end(p, e->code);
}

/* --- outputs ------------------------------------------------------------------------------------
 */

static void update_pause(struct proxy_front *p)
{
    if (p->relay)
        relay_pause(p->relay, app_full(p->app));
}

static void on_full(void *ctx)
{
    update_pause(ctx);
}

static void on_gone(void *ctx, const struct err *e)
{
    struct proxy_front *p = ctx;

    update_pause(p);
    if (e)
        app_fail(p->app, e);
    if (p->app->view->json || e)
        proxy_end(p, e ? e->code : EXIT_OK);
}

/* Last of the sinks: what the others wrote may be more than should wait. */
static void on_event(struct sink *sink, const struct event *ev)
{
    struct proxy_front *p = (struct proxy_front *)sink;

    if (!p->prompt) {
        output_check(&p->app->out);
        output_check(&p->app->err);
    }
    if (ev->kind == EVENT_FAULT)
        proxy_watch_fault(p, ev);
}

static void watch_free(struct sink *sink)
{
    (void)sink; /* part of struct proxy_front */
}

/* --- the beginning ------------------------------------------------------------------------------
 */

/* Test runners look for this line, whatever else is printed. */
static void announce_control(struct proxy_front *p)
{
    char text[160];

    snprintf(text, sizeof text, "control: %s\n", control_url(p->control));
    out_put(&p->views.err, text, strlen(text));
    out_flush(&p->views.err);
}

/* The bare address on a line of standard output is for scripts, which learn the port that 0 became;
 * the event stream is not to be mixed with it. */
static void announce(struct proxy_front *p)
{
    const char *url = relay_url(p->relay);
    struct out *out = p->app->view->json ? &p->views.err : &p->views.out;
    char *server = url_print(p->app->connect->handshake.url);
    char text[600];

    out_put(out, url, strlen(url));
    out_put(out, "\n", 1);
    out_flush(out);
    snprintf(text, sizeof text, "relaying %s to %.400s", url, server ? server : "the server");
    proxy_note(p, text);
    free(server);
    if (p->control)
        announce_control(p);
}

/* What requests are given on their way. */
static void take_server(struct proxy_front *p)
{
    p->identity = p->app->connect->handshake;
    p->dial = p->app->connect->dial;
    p->dial.tls.cert = p->own->upstream_cert;
    p->dial.tls.key = p->own->upstream_key;
}

static int take_rules(struct proxy_front *p, struct err *e)
{
    for (size_t i = 0; i < p->own->rule_count; i++) {
        struct rule rule;

        if (rule_parse(slice_str(p->own->rules[i]), &rule, e) < 0)
            return -1;
        if (rules_add(&p->rules, &rule) < 0) {
            rule_clear(&rule);
            return err_nomem(e, STAGE_USAGE, "taking the rules");
        }
    }
    return 0;
}

static int make_grade(struct proxy_front *p, struct err *e)
{
    struct grade_config config = p->own->grade;
    const struct account_options *account = &p->app->connect->account;

    config.seq = account->seq;
    config.id = account->id;
    config.epoch = account->epoch;
    if (rng_draw(&p->app->loop.supplies.rng, (uint8_t *)config.seed, sizeof config.seed) < 0)
        return err_set(e, EXIT_OTHER, STAGE_IO, 0, "no random numbers are available");
    p->grade = grade_new(&config);
    return p->grade ? 0 : err_nomem(e, STAGE_IO, "starting the proxy");
}

static int make_control(struct proxy_front *p, struct err *e)
{
    if (!p->own->controlled)
        return 0;
    p->control = control_new(p, &p->own->control, e);
    return p->control ? 0 : -1;
}

static int make_relay(struct proxy_front *p, struct err *e)
{
    const struct app *app = p->app;

    p->config = (struct relay_config){
        .host = app->listen->host,
        .port = app->listen->port,
        .cert = app->listen->cert,
        .key = app->listen->key,
        .identity = &p->identity,
        .dial = &p->dial,
        .keep_host = p->own->keep_host,
        .connect_timeout_us = app->connect->ws.connect_timeout_us,
        .max_clients = file_limit_raise(OTHER_FILES, 2),
        .supplies = &p->app->loop.supplies,
        .client_faults = p->client_rig.faults,
        .server_faults = p->server_rig.faults,
        .rules = &p->rules,
        .start_us = app->start_us,
    };
    p->relay = relay_new(&p->app->loop.uv, &p->config, &p->views.bus, &proxy_hooks, p, e);
    if (p->relay && app->fault->count > 0)
        relay_expect_changes(p->relay);
    return p->relay ? 0 : -1;
}

static int prepare(struct proxy_front *p, struct err *e)
{
    p->watch = (struct sink){p->views.bus.wants | EVENT_BIT(EVENT_FAULT), on_event, watch_free};
    bus_add(&p->views.bus, &p->watch);
    p->over = timer_new(&p->app->loop.uv, p);
    if (!p->over || proxy_act_init(p) < 0)
        return err_nomem(e, STAGE_IO, "starting the proxy");
    if (proxy_open_file(p->own->report, "--report", &p->report_fd, e) < 0 ||
        proxy_open_file(p->own->junit, "--junit", &p->junit_fd, e) < 0)
        return -1;
    take_server(p);
    if (take_rules(p, e) < 0 || make_grade(p, e) < 0 || make_control(p, e) < 0 ||
        fault_rig_init_legs(&p->client_rig, &p->server_rig, &p->app->loop.uv, p->app->fault,
                            &p->views.bus, p->app->start_us, e) < 0)
        return -1;
    return make_relay(p, e);
}

static void run_loop(struct proxy_front *p)
{
    announce(p);
    if (p->app->limits->for_us)
        timer_start(p->over, p->app->limits->for_us, on_for);
    if (p->prompt)
        proxy_prompt_run(p->prompt);
    else
        app_run(p->app);
}

static void clear(struct proxy_front *p)
{
    control_stop(p->control);
    relay_free(p->relay);
    proxy_act_clear(p);
    timer_free(p->over);
    fault_rig_clear(&p->client_rig);
    fault_rig_clear(&p->server_rig);
    app_close(p->app, (int)p->code);
    grade_free(p->grade);
    rules_clear(&p->rules);
    views_clear(&p->views);
    if (p->report_fd >= 0)
        close(p->report_fd);
    if (p->junit_fd >= 0)
        close(p->junit_fd);
}

static int init_app(struct proxy_front *p, struct err *e)
{
    const struct app_hooks hooks = {on_full, on_full, on_gone, on_signal, on_limit, p};

    if (p->prompt)
        return app_init(p->app, NULL, NULL, &hooks, e) < 0 ? -1 : typing_open(p->prompt->typing, e);
    return app_init(p->app, &p->views.out, &p->views.err, &hooks, e);
}

static void run(struct proxy_front *p)
{
    struct err e;

    if (init_app(p, &e) == 0 && prepare(p, &e) == 0)
        run_loop(p);
    else
        p->code = app_fail(p->app, &e);
    if (p->prompt)
        typing_close(p->prompt->typing);
    app_drain(p->app);
    out_drain(&p->views.err, 0);
    clear(p);
}

enum exit_code proxy_run(struct app *app, const void *own)
{
    struct proxy_front p = {.app = app, .own = own, .report_fd = -1, .junit_fd = -1};
    struct proxy_prompt prompt = {.front = NULL};
    bool typing = proxy_prompt_wanted(&p);
    struct err e;

    if (views_init(&p.views, app->view, typing ? VIEWS_REPL : VIEWS_RELAY, &e) < 0)
        return app_fail(app, &e);
    app->bus = &p.views.bus;
    if (!typing || proxy_prompt_init(&prompt, &p, &e) == 0) {
        p.prompt = typing ? &prompt : NULL;
        run(&p);
    } else {
        app->bus = NULL; /* nothing shows its events */
        p.code = app_fail(app, &e);
        views_clear(&p.views);
    }
    proxy_prompt_clear(&prompt);
    return p.code;
}

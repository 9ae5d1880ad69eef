#include "verb/proxy/proxy.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/result_file.h"
#include "base/clock.h"
#include "event/stamp.h"
#include "net/timer.h"
#include "verb/proxy/proxy_private.h"
#include "verb/proxy/proxy_prompt.h"

/* After the last of --outages the run goes on for this long, and for that long at most while
 * something that was missed may still come. */
#define SETTLE_US     1000000u
#define SETTLE_MAX_US 5000000u

static void proxy_note(struct proxy_front *p, const char *text)
{
    struct event ev = event_now(EVENT_NOTE, p->app->start_us);

    ev.note = text;
    bus_emit(&p->views.bus, &ev);
}

/* --- the end ------------------------------------------------------------------------------------
 */

static void summary(struct proxy_front *p)
{
    struct event ev = event_now(EVENT_SUMMARY, p->app->start_us);

    ev.summary = (struct event_summary){
        .totals = relay_totals(p->core.relay),
        .duration_us = ev.at_us,
        .seed = p->core.client_rig.seed,
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
    if (p->core.relay)
        relay_pause(p->core.relay, app_full(p->app));
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

    (void)ev;
    if (!p->prompt) {
        output_check(&p->app->out);
        output_check(&p->app->err);
    }
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
    const char *url = relay_url(p->core.relay);
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

static int make_control(struct proxy_front *p, struct err *e)
{
    if (!p->own->controlled)
        return 0;
    p->control = control_new(p, &p->own->control, e);
    return p->control ? 0 : -1;
}

/* Something that a client missed has not come yet. */
static bool is_missing(const struct proxy_front *p)
{
    struct grade_report *r = proxying_report(&p->core);
    bool missing = false;

    for (size_t i = 0; r && i < r->client_count; i++)
        missing = missing || r->clients[i].lost > 0;
    grade_report_free(r);
    return missing;
}

static void on_settle(void *ctx)
{
    struct proxy_front *p = ctx;
    uint64_t since = clock_mono_us() - p->settles_us;

    if (since >= SETTLE_US && (since >= SETTLE_MAX_US || !is_missing(p))) {
        proxy_end(p, EXIT_OK);
        return;
    }
    if (since < SETTLE_US)
        proxying_heal(&p->core);
    timer_start(p->settle, since < SETTLE_US ? SETTLE_US - since : SETTLE_US / 4, on_settle);
}

/* What the last outage cost is known only a while after the client's return, without faults. */
static void on_back(void *ctx)
{
    struct proxy_front *p = ctx;

    if (!p->own->outages || p->settles_us || grade_outages_over(p->core.grade) < p->own->outages)
        return;
    p->settles_us = clock_mono_us();
    timer_start(p->settle, 0, on_settle);
}

static int make_core(struct proxy_front *p, struct err *e)
{
    const struct proxying_config config = {
        .connect = p->app->connect,
        .listen = p->app->listen,
        .fault = p->app->fault,
        .upstream_cert = p->own->upstream_cert,
        .upstream_key = p->own->upstream_key,
        .keep_host = p->own->keep_host,
        .rules = p->own->rules,
        .rule_count = p->own->rule_count,
        .grade = p->own->grade,
    };
    const struct proxying_hooks hooks = {on_back, p};

    return proxying_init(&p->core, &p->app->loop, &p->views.bus, p->app->start_us, &config, &hooks,
                         e);
}

static int prepare(struct proxy_front *p, struct err *e)
{
    p->watch = (struct sink){p->views.bus.wants, on_event, watch_free};
    bus_add(&p->views.bus, &p->watch);
    p->over = timer_new(&p->app->loop.uv, p);
    p->settle = timer_new(&p->app->loop.uv, p);
    if (!p->over || !p->settle)
        return err_nomem(e, STAGE_IO, "starting the proxy");
    if (result_file_open(p->own->report, "--report", &p->report_fd, e) < 0 ||
        result_file_open(p->own->junit, "--junit", &p->junit_fd, e) < 0)
        return -1;
    return make_control(p, e) < 0 ? -1 : make_core(p, e);
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
    proxying_clear(&p->core);
    timer_free(p->over);
    timer_free(p->settle);
    app_close(p->app, (int)p->code);
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

#include "verb/serve/serve.h"

#include <signal.h>
#include <stdio.h>

#include "app/file_limit.h"
#include "base/decimal.h"
#include "event/stamp.h"
#include "verb/serve/serve_private.h"

/* How long clients may take to answer the Close that a signal sends. */
#define STOP_MS 1000
/* Descriptors that are not clients: the standard ones, the loop's, those of the crowd sent away. */
#define OTHER_FILES 128

void serve_note(struct serve *s, const char *text)
{
    struct event ev = event_now(EVENT_NOTE, s->app->start_us);

    ev.note = text;
    bus_emit(&s->views.bus, &ev);
}

/* --- the end ------------------------------------------------------------------------------------
 */

static void on_stopped(void *ctx)
{
    struct serve *s = ctx;
    struct event ev = event_now(EVENT_SUMMARY, s->app->start_us);

    s->stopped = true;
    ev.summary = (struct event_summary){
        .totals = server_totals(s->server),
        .duration_us = ev.at_us,
        .seed = s->faults.seed,
        .exit = s->code,
    };
    bus_emit(&s->views.bus, &ev);
    if (!s->typing) /* which ends by itself */
        app_end(s->app);
}

/* Twice: everything that is still awaited, including an output that is not being read, is
 * abandoned. */
void serve_stop(struct serve *s)
{
    if (s->typing)
        typing_leave(s->typing);
    if (s->stopped)
        app_leave(s->app);
    else
        server_stop(s->server, STOP_MS, on_stopped, s);
}

static void on_signal(void *ctx, int number)
{
    struct serve *s = ctx;

    if (s->typing && number == SIGINT)
        typing_interrupt(s->typing);
    else
        serve_stop(s);
}

static void on_stop(void *ctx)
{
    serve_stop(ctx);
}

static bool is_stopped(void *ctx)
{
    const struct serve *s = ctx;

    return s->stopped;
}

/* --- outputs ------------------------------------------------------------------------------------
 */

/* Last of the sinks: what the others wrote may be more than should wait. */
static void on_event(struct sink *sink, const struct event *ev)
{
    struct serve *s = (struct serve *)sink;

    (void)ev;
    output_check(&s->app->out);
    output_check(&s->app->err);
}

/* The log is part of the service: where it can't be written, clients wait for its reader. */
static void pause_server(void *ctx, bool paused)
{
    struct serve *s = ctx;

    if (s->server && !s->stopped)
        server_pause(s->server, paused);
}

static void update_pause(void *ctx)
{
    struct serve *s = ctx;

    pause_server(s, app_full(s->app));
}

static void on_output_gone(void *ctx, const struct err *e)
{
    struct serve *s = ctx;

    update_pause(s);
    if (!s->app->view->json)
        return; /* the address alone was there, and it is known by now */
    if (e)
        s->code = app_fail(s->app, e);
    if (s->server && !s->stopped)
        server_stop(s->server, STOP_MS, on_stopped, s);
}

/* --- the beginning ------------------------------------------------------------------------------
 */

static bool is_loopback(const char *text)
{
    struct url url;
    struct err e;
    bool loopback = false;

    if (url_parse(&url, text, &e) == 0) {
        loopback = url_is_loopback(&url);
        url_clear(&url);
    }
    return loopback;
}

/* The bare address on a line of standard output is for scripts, which learn the port that 0 became;
 * the event stream is not to be mixed with it. */
static void announce(struct serve *s)
{
    const char *url = server_url(s->server);
    struct out *out = s->app->view->json ? &s->views.err : &s->views.out;
    char text[512];

    out_put(out, url, strlen(url));
    out_put(out, "\n", 1);
    out_flush(out);
    snprintf(text, sizeof text, "listening on %s", url);
    serve_note(s, text);
    snprintf(text, sizeof text, "try: wscope %s%.200s  sends every message back", url,
             s->own->path ? s->own->path : "/echo");
    serve_note(s, text);
    snprintf(text, sizeof text, "     wscope %s/feed  numbered updates, %s a second", url,
             decimal_millionths((uint64_t)(s->own->rate * 1e6 + 0.5)).text);
    serve_note(s, text);
    snprintf(text, sizeof text, "     http%s/feed.sse, /feed.json  the same for HTTP alone",
             url + 2);
    serve_note(s, text);
    if (s->typing)
        serve_note(s, "type a line to send it to all WebSocket clients; ^D stops the server");
    if (!is_loopback(url))
        serve_note(s,
                   "reachable from other machines: anyone who can reach this address can connect "
                   "(127.0.0.1 keeps the server to this machine)");
}

static int init_app(struct serve *s, struct err *e)
{
    const struct app_hooks hooks = {
        update_pause, update_pause, on_output_gone, on_signal, NULL, s,
    };

    if (s->typing)
        return app_init(s->app, NULL, NULL, &hooks, e) < 0 ? -1 : typing_open(s->typing, e);
    if (app_init(s->app, &s->views.out, &s->views.err, &hooks, e) < 0)
        return -1;
    s->watch = (struct sink){s->views.bus.wants, on_event, NULL};
    return bus_add(&s->views.bus, &s->watch) < 0 ? err_nomem(e, STAGE_IO, "starting") : 0;
}

static int start(struct serve *s, struct server_config *config, struct err *e)
{
    if (init_app(s, e) < 0 || fault_rig_init(&s->faults, &s->app->loop.uv, s->app->fault, false,
                                             &s->views.bus, s->app->start_us, e) < 0)
        return -1;
    if (fault_rig_init_redis(&s->redis_faults, &s->faults, &s->app->loop.uv, s->app->fault, e) < 0)
        return -1;
    s->pubsub.faults = s->redis_faults.faults;
    config->supplies = &s->app->loop.supplies;
    config->faults = s->faults.faults;
    s->server = server_new(&s->app->loop.uv, config, &s->views.bus, e);
    return s->server ? 0 : -1;
}

static enum exit_code run(struct serve *s, struct server_config *config)
{
    struct err e;

    if (start(s, config, &e) < 0)
        return app_fail(s->app, &e);
    announce(s);
    if (s->typing)
        typing_run(s->typing);
    else
        app_run(s->app);
    return s->code;
}

/* From here on it takes a moment, and a signal that comes in it asks for what is being done. */
static void hold_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

static void close_handles(struct serve *s)
{
    hold_signals();
    server_free(s->server);
    fault_rig_clear(&s->faults);
    fault_rig_clear(&s->redis_faults);
    app_settle(s->app);
    app_close(s->app, (int)s->code);
}

static struct server_config server_setup(const struct app *app, const struct serve_options *own)
{
    return (struct server_config){
        .host = app->listen->host,
        .port = app->listen->port,
        .cert = app->listen->cert,
        .key = app->listen->key,
        .rate = own->rate,
        .burst = own->burst,
        .origins = own->origins,
        .origin_count = own->origin_count,
        .path = own->path,
        .node = own->node,
        .decode = &app->connect->decode,
        .max_clients = file_limit_raise(OTHER_FILES, 1),
        .start_us = app->start_us,
    };
}

/* Who names a protocol wants to see its messages. */
static enum views_kind log_kind(const struct app *app)
{
    return app->connect->decode.count > 0 ? VIEWS_TALK : VIEWS_LOG;
}

/* Redis is reached through the proxy that --proxy names, or directly: those of the environment are
 * for HTTP. */
static int pubsub_setup(struct serve *s, struct err *e)
{
    const struct dial_config *dial = &s->app->connect->dial;
    struct pubsub_config *config = &s->pubsub;

    for (size_t i = 0; i < s->app->fault->count && !s->own->pubsub; i++) {
        if (s->app->fault->specs[i].leg == FAULT_LEG_REDIS)
            return err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "--fault: leg=redis needs --pubsub");
    }
    if (!s->own->pubsub)
        return 0;
    if (redis_url_parse(&config->url, s->own->pubsub, e) < 0)
        return -1;
    config->dial = *dial;
    config->dial.tls.cert = s->own->pubsub_cert;
    config->dial.tls.key = s->own->pubsub_key;
    if (!dial->proxy)
        config->dial.proxy = "";
    return 0;
}

enum exit_code serve_run(struct app *app, const void *own)
{
    struct serve s = {.app = app, .own = own, .code = EXIT_OK};
    struct server_config config = server_setup(app, own);
    const struct typing_hooks hooks = {.line = serve_line,
                                       .prompt = serve_prompt,
                                       .complete = serve_complete,
                                       .pause = pause_server,
                                       .stop = on_stop,
                                       .interrupted = on_stop,
                                       .stopped = is_stopped,
                                       .ctx = &s};
    bool typing = typing_wanted(app);
    enum exit_code code;
    struct err e;

    if (pubsub_setup(&s, &e) < 0)
        return app_fail(app, &e);
    config.pubsub = s.own->pubsub ? &s.pubsub : NULL;
    if (views_init(&s.views, app->view, typing ? VIEWS_REPL : log_kind(app), &e) < 0)
        return app_fail(app, &e);
    if (typing && !(s.typing = typing_new(app, &s.views, TYPING_SERVER, &hooks, &e))) {
        views_clear(&s.views);
        return app_fail(app, &e);
    }
    app->bus = &s.views.bus;
    code = run(&s, &config);
    if (s.typing)
        typing_close(s.typing);
    out_drain(&s.views.err, 0);
    out_drain(&s.views.out, 0);
    close_handles(&s);
    views_clear(&s.views);
    typing_free(s.typing);
    redis_url_clear(&s.pubsub.url);
    return code;
}

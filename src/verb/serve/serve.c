#include "verb/serve/serve.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#include "app/complain.h"
#include "app/fault_rig.h"
#include "app/loop.h"
#include "app/output.h"
#include "app/views.h"
#include "base/clock.h"
#include "serve/server.h"
#include "verb/serve/typing.h"

/* How long clients may take to answer the Close that a signal sends. */
#define STOP_MS 1000
/* Descriptors that are not clients: the standard ones, the loop's, those of the crowd sent away. */
#define OTHER_FILES 128
/* More clients than that serve no purpose here, however many files are allowed. */
#define CLIENTS_MAX 65536

struct serve {
    struct sink watch; /* minds the outputs */
    const struct options *options;
    const struct serve_options *own;
    uint64_t start_us;
    struct app_loop loop;
    struct views views;
    struct output out, err;
    struct fault_rig faults;
    struct server *server;
    struct typing *typing; /* NULL: the log is written as it comes, and nothing is read */
    bool stopped;          /* all clients are gone; only outputs remain */
    enum exit_code code;
};

static struct event make_event(const struct serve *s, enum event_kind kind)
{
    return (struct event){
        .kind = kind,
        .time_us = clock_wall_us(),
        .at_us = clock_mono_us() - s->start_us,
    };
}

static void note(void *ctx, const char *text)
{
    struct serve *s = ctx;
    struct event ev = make_event(s, EVENT_NOTE);

    ev.note = text;
    bus_emit(&s->views.bus, &ev);
}

/* --- the end ------------------------------------------------------------------------------------
 */

static void stop_if_written(struct serve *s)
{
    if (s->stopped && !s->typing && out_queued(&s->views.out) == 0 &&
        out_queued(&s->views.err) == 0)
        uv_stop(&s->loop.uv);
}

static void on_stopped(void *ctx)
{
    struct serve *s = ctx;
    struct event ev = make_event(s, EVENT_SUMMARY);

    s->stopped = true;
    ev.summary = (struct event_summary){
        .totals = server_totals(s->server),
        .duration_us = ev.at_us,
        .seed = s->faults.seed,
        .exit = s->code,
    };
    bus_emit(&s->views.bus, &ev);
    stop_if_written(s);
}

/* Twice: whatever is still waited for, an output that nobody reads included, is given up. */
static void stop(void *ctx)
{
    struct serve *s = ctx;

    if (s->typing)
        typing_leave(s->typing);
    if (s->stopped)
        uv_stop(&s->loop.uv);
    else
        server_stop(s->server, STOP_MS, on_stopped, s);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct serve *s = handle->data;

    if (s->typing && number == SIGINT)
        typing_interrupt(s->typing);
    else
        stop(s);
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
    output_check(&s->out);
    output_check(&s->err);
}

static void watch_free(struct sink *sink)
{
    (void)sink; /* part of struct serve */
}

/* The log is part of the service: where it can't be written, clients wait for its reader. */
static void pause_server(void *ctx, bool paused)
{
    struct serve *s = ctx;

    if (s->server && !s->stopped)
        server_pause(s->server, paused);
}

static void update_pause(struct serve *s)
{
    pause_server(s, (s->out.full && !s->out.failed) || (s->err.full && !s->err.failed));
}

static void on_output_full(void *ctx)
{
    update_pause(ctx);
}

static void on_output_written(void *ctx)
{
    update_pause(ctx);
    stop_if_written(ctx);
}

static void on_output_failed(void *ctx, struct output *output)
{
    struct serve *s = ctx;
    struct event ev = make_event(s, EVENT_ERROR);
    int error = output->out->error;
    struct err e;

    update_pause(s);
    stop_if_written(s);
    if (output == &s->err || !s->options->json)
        return; /* the address alone stood there, and it is known by now */
    if (error != EPIPE) {
        err_set(&e, EXIT_OTHER, STAGE_IO, error, "can't write to standard output: %s",
                strerror(error));
        ev.error = &e;
        bus_emit(&s->views.bus, &ev);
        s->code = EXIT_OTHER;
    }
    if (s->server && !s->stopped)
        server_stop(s->server, STOP_MS, on_stopped, s);
}

/* --- the beginning ------------------------------------------------------------------------------
 */

/* Each client is a descriptor, and the usual limit of 1024 is a matter of old programs that use
 * select. Returns how many clients there may be. */
static unsigned raise_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 1024 - OTHER_FILES;
    if (limit.rlim_cur < limit.rlim_max) {
        rlim_t before = limit.rlim_cur;

        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
            limit.rlim_cur = before;
    }
    if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= CLIENTS_MAX + OTHER_FILES)
        return CLIENTS_MAX;
    return limit.rlim_cur > OTHER_FILES ? (unsigned)limit.rlim_cur - OTHER_FILES : 1;
}

/* A response is one line of the log; its head and body are for who asked for them with -v. */
static void leave_out_responses(struct bus *bus)
{
    bus->wants = 0;
    for (unsigned i = 0; i < bus->count; i++) {
        struct sink *sink = bus->sinks[i];

        if (!(sink->wants & EVENT_BIT(EVENT_REQUEST)))
            sink->wants &= ~EVENT_BIT(EVENT_RESPONSE);
        bus->wants |= sink->wants;
    }
}

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
    struct out *out = s->options->json ? &s->views.err : &s->views.out;
    char text[512];

    out_put(out, url, strlen(url));
    out_put(out, "\n", 1);
    out_flush(out);
    snprintf(text, sizeof text, "listening on %s", url);
    note(s, text);
    snprintf(text, sizeof text, "try: wscope %s%.200s  sends every message back", url,
             s->own->path ? s->own->path : "/echo");
    note(s, text);
    snprintf(text, sizeof text, "     wscope %s/feed  numbered updates, %g a second", url,
             s->own->rate);
    note(s, text);
    snprintf(text, sizeof text, "     http%s/feed.sse, /feed.json  the same for HTTP alone",
             url + 2);
    note(s, text);
    if (s->typing)
        note(s, "type a line to send it to all WebSocket clients; ^D stops the server");
    if (!is_loopback(url))
        note(s, "reachable from other machines: whoever can reach this address can connect "
                "(127.0.0.1 keeps the server to this machine)");
}

static void init_outputs(struct serve *s)
{
    const struct output_hooks hooks = {on_output_full, on_output_written, on_output_failed, s};

    output_init(&s->out, &s->loop.uv, &s->views.out, &hooks);
    output_init(&s->err, &s->loop.uv, &s->views.err, &hooks);
    s->watch = (struct sink){s->views.bus.wants, on_event, watch_free};
    bus_add(&s->views.bus, &s->watch);
}

static int init_handles(struct serve *s, struct err *e)
{
    if (app_loop_init(&s->loop, e) < 0)
        return -1;
    if (!s->typing)
        init_outputs(s);
    else if (typing_open(s->typing, &s->loop, e) < 0)
        return -1;
    return app_loop_stop_signals(&s->loop, on_signal, s, e);
}

static enum exit_code run(struct serve *s, struct server_config *config)
{
    struct event ev = make_event(s, EVENT_ERROR);
    struct err e;

    ev.error = &e;
    if (init_handles(s, &e) == 0 && fault_rig_init(&s->faults, &s->loop.uv, s->options, false,
                                                   &s->views.bus, s->start_us, &e) == 0) {
        config->supplies = &s->loop.supplies;
        config->faults = s->faults.faults;
        s->server = server_new(&s->loop.uv, config, &s->views.bus, &e);
    }
    if (!s->server) {
        bus_emit(&s->views.bus, &ev);
        return e.code;
    }
    announce(s);
    if (s->typing)
        typing_run(s->typing, s->server);
    else
        uv_run(&s->loop.uv, UV_RUN_DEFAULT);
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
    if (!s->loop.open)
        return;
    hold_signals();
    server_free(s->server);
    fault_rig_clear(&s->faults);
    if (!s->typing) {
        output_close(&s->out);
        output_close(&s->err);
    }
    app_loop_unsignal(&s->loop);
    uv_run(&s->loop.uv, UV_RUN_DEFAULT);
    app_loop_close(&s->loop, (int)s->code);
}

enum exit_code serve_run(const struct options *o, const void *own, uint64_t start_us)
{
    const struct serve_options *serve = own;
    struct serve s = {.options = o, .own = serve, .start_us = start_us, .code = EXIT_OK};
    struct server_config config = {
        .host = o->listen.host,
        .port = o->listen.port,
        .cert = o->listen.cert,
        .key = o->listen.key,
        .rate = serve->rate,
        .burst = serve->burst,
        .origins = serve->origins,
        .origin_count = serve->origin_count,
        .path = serve->path,
        .max_clients = raise_limit(),
        .start_us = start_us,
    };
    const struct typing_hooks hooks = {note, pause_server, stop, is_stopped, &s};
    bool typing = typing_wanted(o);
    enum exit_code code;
    struct err e;

    if (views_init(&s.views, o, typing ? VIEWS_REPL : VIEWS_NONE, &e) < 0)
        return complain_err(&e);
    if (typing && !(s.typing = typing_new(o, &s.views, &hooks, &e))) {
        views_clear(&s.views);
        return complain_err(&e);
    }
    if (!o->json)
        leave_out_responses(&s.views.bus);
    code = run(&s, &config);
    if (s.typing)
        typing_close(s.typing);
    out_drain(&s.views.err, 0);
    out_drain(&s.views.out, 0);
    close_handles(&s);
    views_clear(&s.views);
    typing_free(s.typing);
    return code;
}

#include "verb/demo/demo.h"

#include <signal.h>
#include <stdio.h>

#include "app/session_setup.h"
#include "verb/connect/repl.h"
#include "verb/demo/demo_private.h"
#include "verb/demo/demo_repl.h"

#define MAX_MESSAGE (64 * 1024 * 1024)

static void on_signal(void *ctx, int number)
{
    struct demo *d = ctx;

    if (number == SIGTERM && !d->failed && !d->finished)
        d->code = EXIT_SIGTERM;
    demo_leave(d);
}

/* No one is watching any longer. */
static void on_output_gone(void *ctx, const struct err *e)
{
    struct demo *d = ctx;

    (void)e;
    d->failed = true;
    d->finished = true;
    app_leave(d->app);
}

/* Everything that can be seen of the tour is to be seen; a message is shown by its frames. */
static int init_views(struct demo *d, struct err *e)
{
    struct view_options shown = *d->app->view;
    struct bus *bus = &d->views.bus;

    if (shown.level >= 0 && shown.level < 2 && !shown.json)
        shown.level = 2;
    shown.include = shown.pings = shown.level >= 0;
    if (views_init(&d->views, &shown, VIEWS_TOUR, e) < 0)
        return -1;
    for (unsigned i = 0; i < bus->count && !shown.json; i++) {
        if (bus->sinks[i]->wants & EVENT_BIT(EVENT_FRAME))
            bus_withhold(bus, i, EVENT_BIT(EVENT_MESSAGE));
    }
    d->watch = (struct sink){EVENT_ALL, demo_take, NULL};
    bus_init(&d->events);
    return bus_add(&d->events, &d->watch) < 0 ? err_nomem(e, STAGE_IO, "starting") : 0;
}

static int init_handles(struct demo *d, struct err *e)
{
    const struct app_hooks hooks = {
        .gone = on_output_gone, .signal = d->on_terminal ? on_signal : NULL, .ctx = d};

    if (app_init(d->app, &d->views.out, &d->views.err, &hooks, e) < 0)
        return -1;
    uv_timer_init(&d->app->loop.uv, &d->next);
    uv_timer_init(&d->app->loop.uv, &d->limit);
    d->next.data = d->limit.data = d;
    return 0;
}

static int start(struct demo *d, const struct server_config *server, struct err *e)
{
    struct session_hooks hooks;
    struct session_config config = session_setup(d->app->connect, d->app->start_us, MAX_MESSAGE);
    char text[128];

    d->server = server_new(&d->app->loop.uv, server, &d->silent, e);
    if (!d->server)
        return -1;
    snprintf(text, sizeof text, "%s/echo", server_url(d->server));
    if (url_parse(&d->url, text, e) < 0)
        return -1;
    config.ws.dial.embedded = server_url(d->server);
    config.supplies = &d->app->loop.supplies;
    config.ws.handshake.url = &d->url;
    config.ws.handshake.deflate.enabled = false; /* short messages would only grow */
    d->session = session_new(&d->app->loop.uv, &config, &d->events, demo_hooks(d, &hooks), e);
    return d->session ? 0 : -1;
}

static void watch_keys(struct demo *d)
{
    const struct demo_keys_hooks hooks = {demo_go_on, demo_leave, d};

    if (d->on_terminal && demo_keys_start(&d->keys, &d->app->loop.uv, &hooks) == 0)
        demo_put_text(d, DEMO_TEXT_KEYS);
}

static void run(struct demo *d, const struct server_config *server)
{
    struct err e;

    if (init_handles(d, &e) < 0 || start(d, server, &e) < 0) {
        d->code = app_fail(d->app, &e);
        return;
    }
    watch_keys(d);
    demo_put_text(d, DEMO_TEXT_BEGIN);
    demo_begin(d);
    app_run(d->app);
}

static void close_handles(struct demo *d)
{
    if (!d->app->loop.open)
        return;
    demo_keys_stop(&d->keys);
    session_free(d->session);
    if (d->dropping)
        demo_drop_clear(&d->drop);
    demo_compare_stop(&d->compare);
    server_free(d->server);
    uv_close((uv_handle_t *)&d->next, NULL);
    uv_close((uv_handle_t *)&d->limit, NULL);
    app_settle(d->app);
    app_close(d->app, (int)d->code);
}

static enum exit_code tour(struct app *app, bool on_terminal)
{
    struct demo d = {.app = app, .on_terminal = on_terminal, .code = EXIT_OK};
    const struct server_config server =
        server_config_own(DEMO_DROP_RATE, 16, &app->loop.supplies, app->start_us);
    struct err e;

    bus_init(&d.silent);
    if (init_views(&d, &e) < 0)
        return app_fail(app, &e);
    app->bus = &d.views.bus;
    run(&d, &server);
    app_drain(app);
    close_handles(&d);
    url_clear(&d.url);
    bus_clear(&d.events);
    app->bus = NULL;
    views_clear(&d.views);
    return d.code;
}

enum exit_code demo_run(struct app *app, const void *own)
{
    enum exit_code code = EXIT_OK;

    (void)own;
    if (!repl_wanted(app))
        return tour(app, false);
    if (app->view->level >= 0)
        code = tour(app, true);
    return code == EXIT_OK ? demo_repl_run(app) : code;
}

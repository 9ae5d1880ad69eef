#include "verb/demo/demo_repl.h"

#include <stdio.h>

#include "serve/server.h"
#include "verb/connect/repl.h"

/* The server's connections have ended with the session; this is for those of others. */
#define STOP_MS 500

static void on_stopped(void *ctx)
{
    *(bool *)ctx = true;
}

static enum exit_code run(struct app *app, struct server *server)
{
    struct connect_options connect = *app->connect;
    enum exit_code code;
    bool stopped = false;
    char url[128];

    snprintf(url, sizeof url, "%s/echo", server_url(server));
    connect.dial.embedded = server_url(server);
    app->connect = &connect;
    code = repl_run_on(app, url);
    server_stop(server, STOP_MS, on_stopped, &stopped);
    while (!stopped)
        uv_run(&app->loop.uv, UV_RUN_ONCE);
    server_free(server);
    return code;
}

enum exit_code demo_repl_run(struct app *app)
{
    const struct server_config config =
        server_config_own(10, 16, &app->loop.supplies, app->start_us);
    const struct app_hooks hooks = {.full = NULL};
    enum exit_code code;
    struct server *server;
    struct bus silent; /* the session shows the client's side */
    struct err e;

    bus_init(&silent);
    if (app_init(app, NULL, NULL, &hooks, &e) < 0)
        return app_fail(app, &e);
    server = server_new(&app->loop.uv, &config, &silent, &e);
    code = server ? run(app, server) : app_fail(app, &e);
    app_settle(app);
    app_close(app, (int)code);
    return code;
}

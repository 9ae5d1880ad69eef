#include "verb/demo/demo_repl.h"

#include <stdio.h>

#include "app/complain.h"
#include "serve/server.h"
#include "verb/connect/repl.h"

/* The server's connections have ended with the session; this is for those of others. */
#define STOP_MS 500

static void on_stopped(void *ctx)
{
    *(bool *)ctx = true;
}

enum exit_code demo_repl_run(const struct options *o, uint64_t start_us)
{
    struct app_loop loop;
    const struct server_config config = {.supplies = &loop.supplies,
                                         .host = "127.0.0.1",
                                         .rate = 10,
                                         .burst = 1,
                                         .max_clients = 16,
                                         .start_us = start_us};
    struct options options = *o;
    enum exit_code code;
    bool stopped = false;
    struct server *server;
    struct bus silent; /* the session shows the client's side */
    char url[128];
    struct err e;

    bus_init(&silent);
    if (app_loop_init(&loop, &e) < 0)
        return complain_err(&e);
    server = server_new(&loop.uv, &config, &silent, &e);
    if (server) {
        snprintf(url, sizeof url, "%s/echo", server_url(server));
        options.dial.embedded = server_url(server);
        code = repl_run_on(&loop, &options, url, start_us);
        server_stop(server, STOP_MS, on_stopped, &stopped);
        while (!stopped)
            uv_run(&loop.uv, UV_RUN_ONCE);
        server_free(server);
    } else {
        complain_err(&e);
        code = e.code;
    }
    uv_run(&loop.uv, UV_RUN_DEFAULT);
    app_loop_close(&loop, (int)code);
    return code;
}

#include "verb/connect/connect_verb.h"

#include <stdlib.h>

#include "app/app.h"
#include "cli/parsing.h"
#include "verb/connect/pipe.h"
#include "verb/connect/repl.h"

static enum exit_code record_needs_repl(struct app *app)
{
    struct err e;

    err_set(&e, EXIT_USAGE, STAGE_USAGE, 0, "%s",
            app->view->record
                ? "--record writes down an interactive session, and this is none"
                : "--save-text writes what an interactive session shows, and this is none");
    err_hint(
        &e,
        "standard input and output have to be terminals, without -n, --json, --echo, --count, --until, --for");
    return app_fail(app, &e);
}

/* libuv starts four threads for its first lookup, which costs more than the lookup does. A pipe's
 * single connection makes one lookup after another. Only the replacement of a connection that fails
 * must not wait for its lookup; and a child must inherit the user's environment. */
static void limit_lookup_threads(const struct connect_options *o)
{
    if (!o->http.fallback_text && !o->ws.header_cmd)
        setenv("UV_THREADPOOL_SIZE", "1", 0);
}

static enum exit_code connect_run(struct app *app, const void *own)
{
    (void)own;
    if (repl_wanted(app))
        return repl_run(app);
    if (app->view->record || app->view->save_text)
        return record_needs_repl(app);
    limit_lookup_threads(app->connect);
    return pipe_run(app);
}

const struct verb connect_verb = {
    .name = "",
    .usage = "[OPTION]... URL",
    .about = "open a connection",
    .text = "Open a WebSocket: interactive on a terminal, otherwise a pipe that sends each\n"
            "line of stdin as a message and prints each message received on a line.\n",
    .examples = "  wscope wss://echo.example.com/            talk to a server\n"
                "  echo '{\"op\":\"time\"}' | wscope -1 api.example.com/ws | jq .\n"
                "                                            one request, one answer\n"
                "  wscope -n -vv --timestamps :8080/feed     watch every frame come in\n"
                "  wscope --bearer env:TOKEN --json -n --for 60 wss://api.example.com/events\n"
                "                                            a minute of events as JSON\n",
    .sets = OPTIONS_DIAL | OPTIONS_MESSAGES | OPTIONS_VIEWS,
    .operand_max = 1,
    .operand = "WS-URL",
    .operands = options_url_operand,
    .run = connect_run,
};

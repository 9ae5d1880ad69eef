#include "verb/proxy/proxy_prompt.h"

#include <stdio.h>

#include "app/aliases.h"
#include "app/settings.h"
#include "app/viewing.h"
#include "verb/proxy/proxy_private.h"

/* A line may be a message that is injected. */
#define LINE_MAX_BYTES ((size_t)1024 * 1024)

#define INJECT "/inject "

/* --- the prompt ---------------------------------------------------------------------------------
 */

static const char *prompt(void *ctx)
{
    struct proxy_prompt *q = ctx;
    const struct proxy_front *p = q->front;
    const char *state = relay_is_offline(p->core.relay) ? " (offline)"
                        : faults_any_active(p->core.client_rig.faults) ||
                                faults_any_active(p->core.server_rig.faults)
                            ? " (fault)"
                            : "";
    struct buf out;

    buf_init(&out, sizeof q->text - 3);
    if (q->who.client)
        buf_printf(&out, "#%lu", (unsigned long)q->who.client);
    else if (p->core.open == 0)
        buf_append_str(&out, "no clients");
    else
        buf_printf(&out, "%u open", p->core.open);
    buf_append_str(&out, state);
    screen_put_state(typing_screen(q->typing), &out, p->app->view->plain);
    snprintf(q->text, sizeof q->text, "%.*s> ", (int)out.len, (const char *)buf_data(&out));
    buf_clear(&out);
    return q->text;
}

static void complete(void *ctx, struct slice before, struct editor_completion *found)
{
    const struct proxy_prompt *q = ctx;
    const struct aliases aliases = {q->front->app->view->config, &proxy_commands};
    struct completion c;
    struct buf names;

    completion_init(&c);
    buf_init(&names, ALIASES_SAID);
    aliases_names(&aliases, &names);
    c.aliases = buf_slice(&names);
    if (command_set_complete(&proxy_commands, &c, before) == 0)
        completion_put(&c, typing_screen(q->typing)->config.columns, found->insert, found->choices,
                       &found->back);
    completion_clear(&c);
    buf_clear(&names);
}

/* --- lines --------------------------------------------------------------------------------------
 */

static void complain(struct proxy_prompt *q, const struct err *e)
{
    char text[sizeof e->text + sizeof e->hint + 32];

    snprintf(text, sizeof text, "%s%s%s", e->text, e->hint[0] ? "\n  hint: " : "", e->hint);
    typing_complain(q->typing, text);
}

static int no_command(struct err *e)
{
    err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "nothing is sent: a command begins with a slash");
    err_hint(e, "/inject up|down TEXT sends a message; /help lists the commands");
    return -1;
}

/* The line, or what the alias in it stands for. */
static int run_line(struct proxy_prompt *q, const char *line, struct err *e)
{
    const struct aliases aliases = {q->front->app->view->config, &proxy_commands};
    struct buf text;
    int r;

    buf_init(&text, 2 * LINE_MAX_BYTES);
    r = aliases_expand(&aliases, line, &text, e);
    if (r > 0 && buf_append(&text, "", 1) < 0)
        r = err_nomem(e, STAGE_IO, "running the alias");
    if (r > 0)
        line = (const char *)buf_data(&text);
    if (r >= 0)
        r = line[0] == '/' ? proxy_command(q, line + 1, e) : no_command(e);
    buf_clear(&text);
    return r;
}

static int take_line(struct proxy_prompt *q, struct slice line, struct err *e)
{
    struct buf text;
    int r;

    if (line.data[0] != '/')
        return no_command(e);
    buf_init(&text, LINE_MAX_BYTES);
    if (buf_append_slice(&text, line) < 0 || buf_append(&text, "", 1) < 0)
        r = err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "the line is longer than 1 MiB");
    else
        r = run_line(q, (const char *)buf_data(&text), e);
    buf_clear(&text);
    return r;
}

static void on_line(void *ctx, struct slice line)
{
    struct proxy_prompt *q = ctx;
    struct err e;

    while (line.len > 0 && line.data[line.len - 1] == ' ')
        line.len--;
    if (line.len == 0)
        return;
    if (take_line(q, line, &e) < 0)
        complain(q, &e);
    if (slice_begins(line, INJECT) && line.len > sizeof INJECT - 1) {
        buf_reset(&q->again);
        buf_append_slice(&q->again, line);
    }
}

/* --- what the commands of the REPL ask of the front
 * -----------------------------------------------
 */

static void say(void *ctx, struct slice text)
{
    struct proxy_prompt *q = ctx;

    screen_say(typing_screen(q->typing), text);
}

static int get(void *ctx, enum setting which)
{
    struct proxy_prompt *q = ctx;

    return settings_get(typing_screen(q->typing), which);
}

static void set(void *ctx, enum setting which, int value)
{
    struct proxy_prompt *q = ctx;

    settings_set(typing_screen(q->typing), which, value);
}

static int view(void *ctx, enum command_view what, const char *args, struct err *e)
{
    struct proxy_prompt *q = ctx;

    return viewing(typing_screen(q->typing), q->front->app->view, what, args, e);
}

static int alias(void *ctx, const char *args, struct err *e)
{
    struct proxy_prompt *q = ctx;
    const struct aliases aliases = {q->front->app->view->config, &proxy_commands};
    struct buf output;
    int r;

    buf_init(&output, ALIASES_SAID);
    r = aliases_command(&aliases, args, &output, e);
    if (output.len > 0)
        say(q, buf_slice(&output));
    buf_clear(&output);
    return r;
}

/* /again repeats the last /inject. */
static int line_again(void *ctx, enum command_typed what, const char *args, struct err *e)
{
    struct proxy_prompt *q = ctx;
    struct buf text;
    int r;

    if (what == COMMAND_LINE_AGAIN && q->again.len == 0)
        return err_set(e, EXIT_OTHER, STAGE_IO, 0, "nothing was injected yet");
    if (what == COMMAND_LINE_AGAIN)
        return take_line(q, buf_slice(&q->again), e);
    buf_init(&text, LINE_MAX_BYTES);
    r = args[0] ? buf_append_str(&text, args) : buf_append_slice(&text, buf_slice(&q->again));
    r = r < 0 ? err_nomem(e, STAGE_IO, "editing the line") : typing_edit(q->typing, &text, e);
    if (r > 0)
        r = take_line(q, buf_slice(&text), e);
    buf_clear(&text);
    return r;
}

/* --- life ---------------------------------------------------------------------------------------
 */

static void on_pause(void *ctx, bool paused)
{
    struct proxy_prompt *q = ctx;

    if (q->front->core.relay)
        relay_pause(q->front->core.relay, paused);
}

static void on_stop(void *ctx)
{
    struct proxy_prompt *q = ctx;

    proxy_end(q->front, EXIT_OK);
}

static void on_interrupted(void *ctx)
{
    struct proxy_prompt *q = ctx;

    proxy_end(q->front, EXIT_SIGINT);
}

static bool is_stopped(void *ctx)
{
    const struct proxy_prompt *q = ctx;

    return q->front->finished;
}

static void on_event(struct sink *sink, const struct event *ev)
{
    struct proxy_prompt *q = (struct proxy_prompt *)sink;

    proxy_heads_event(&q->heads, ev);
}

static void free_nothing(struct sink *sink)
{
    (void)sink; /* part of struct proxy_prompt */
}

bool proxy_prompt_wanted(const struct proxy_front *p)
{
    return typing_wanted(p->app) && !p->own->tap;
}

int proxy_prompt_init(struct proxy_prompt *q, struct proxy_front *p, struct err *e)
{
    const struct command_hooks shared = {.say = say,
                                         .view = view,
                                         .line = line_again,
                                         .alias = alias,
                                         .get = get,
                                         .set = set,
                                         .ctx = q};
    const struct typing_hooks hooks = {.line = on_line,
                                       .prompt = prompt,
                                       .complete = complete,
                                       .pause = on_pause,
                                       .stop = on_stop,
                                       .interrupted = on_interrupted,
                                       .stopped = is_stopped,
                                       .ctx = q};

    q->front = p;
    buf_init(&q->again, LINE_MAX_BYTES);
    q->watch = (struct sink){PROXY_HEADS_WANTS, on_event, free_nothing};
    commands_init(&q->shared, &shared);
    q->typing = typing_new(p->app, &p->views, TYPING_RELAY, &hooks, e);
    if (!q->typing)
        return -1;
    return bus_add(&p->views.bus, &q->watch) < 0 ? err_nomem(e, STAGE_IO, "starting") : 0;
}

void proxy_prompt_run(struct proxy_prompt *q)
{
    app_limit(q->front->app);
    typing_run(q->typing);
}

void proxy_prompt_clear(struct proxy_prompt *q)
{
    if (!q->front)
        return;
    typing_free(q->typing);
    commands_clear(&q->shared);
    proxy_heads_clear(&q->heads);
    buf_clear(&q->again);
}

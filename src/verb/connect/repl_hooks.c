/* What commands ask of the front. */
#include "app/settings.h"
#include "app/viewing.h"
#include "verb/connect/repl_private.h"

static void say(void *ctx, struct slice text)
{
    struct repl *r = ctx;

    screen_say(&r->screen, text);
}

static void replay(void *ctx, const struct event *ev)
{
    struct repl *r = ctx;

    screen_replay(&r->screen, ev);
}

static void tell_withheld(struct repl *r, const struct withheld *w)
{
    char text[sizeof w->names + 160];

    snprintf(text, sizeof text,
             "not sent to this other server: %s; /connect wss://user:pass@host/ sends credentials "
             "of its own\n",
             w->names);
    screen_say(&r->screen, slice_str(text));
}

static int reopen(struct repl *r, const char *url, enum event_channel kind, struct err *e)
{
    struct target *next = NULL;

    if (url || r->commands.anew) {
        next = repl_target(r, url, kind, e);
        if (!next)
            return -1;
        if (url && next->withheld.names[0])
            tell_withheld(r, &next->withheld);
    }
    r->commands.anew = false;
    repl_reopen(r, next);
    return 0;
}

static int connect_to(void *ctx, const char *url, struct err *e)
{
    return reopen(ctx, url, CHANNEL_WS, e);
}

static int poll_from(void *ctx, const char *url, struct err *e)
{
    return reopen(ctx, url, CHANNEL_POLL, e);
}

static int view(void *ctx, enum command_view what, const char *args, struct err *e)
{
    struct repl *r = ctx;

    return viewing(&r->screen, r->app->view, what, args, e);
}

static void quit(void *ctx)
{
    repl_leave(ctx);
}

static int get(void *ctx, enum setting which)
{
    const struct repl *r = ctx;

    return settings_get(&r->screen, which);
}

static void set(void *ctx, enum setting which, int value)
{
    struct repl *r = ctx;

    settings_set(&r->screen, which, value);
}

static bool history(void *ctx, size_t i, struct slice *line)
{
    const struct repl *r = ctx;

    if (i >= r->history->count)
        return false;
    *line = history_line(r->history, i);
    return true;
}

void repl_wake(struct repl *r)
{
    r->screen.mute_own = true; /* a file is not shown while it is sent */
    commands_wake(&r->commands);
    r->screen.mute_own = false;
}

static void on_alarm(uv_timer_t *timer)
{
    repl_wake(timer->data);
}

static void alarm_in(void *ctx, uint64_t us)
{
    struct repl *r = ctx;

    uv_timer_start(&r->timers[REPL_ALARM], on_alarm, (us + 999) / 1000, 0);
}

const struct command_hooks repl_hooks = {
    .say = say,
    .replay = replay,
    .connect = connect_to,
    .poll = poll_from,
    .compare = repl_compare,
    .option = repl_option,
    .view = view,
    .line = repl_line_again,
    .alias = repl_alias,
    .quit = quit,
    .get = get,
    .set = set,
    .history = history,
    .alarm = alarm_in,
};

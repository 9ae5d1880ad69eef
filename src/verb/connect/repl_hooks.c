/* What commands ask of the front. */
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

    if (url) {
        next = target_new(r->app->connect, url, kind, r->app->start_us, REPL_MAX_MESSAGE, e);
        if (!next)
            return -1;
        if (next->withheld.names[0])
            tell_withheld(r, &next->withheld);
    }
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

static void quit(void *ctx)
{
    repl_leave(ctx);
}

static int get(void *ctx, enum setting which)
{
    const struct repl *r = ctx;
    const struct view_config *config = &r->screen.config;

    switch (which) {
    case SETTING_LEVEL:
        return config->level + 1;
    case SETTING_INCLUDE:
        return config->include;
    case SETTING_PINGS:
        return config->pings;
    case SETTING_ALL:
        return r->screen.all;
    case SETTING_TIMESTAMPS:
        return (int)config->stamps;
    case SETTING_PRETTY:
        return config->pretty;
    case SETTING_COLOR:
        return config->color;
    case SETTING_HEX:
        return config->binary == BINARY_HEX;
    case SETTING_SECRETS:
        return config->show_secrets;
    default:
        return 0;
    }
}

static void set(void *ctx, enum setting which, int value)
{
    struct repl *r = ctx;
    struct view_config config = r->screen.config;
    bool on = value == 1;

    switch (which) {
    case SETTING_LEVEL:
        config.level = value - 1;
        break;
    case SETTING_INCLUDE:
        config.include = on;
        break;
    case SETTING_PINGS:
        config.pings = on;
        break;
    case SETTING_ALL:
        r->screen.all = on;
        return;
    case SETTING_TIMESTAMPS:
        config.stamps = (enum view_stamps)value;
        break;
    case SETTING_PRETTY:
        config.pretty = on;
        break;
    case SETTING_COLOR:
        config.color = on;
        break;
    case SETTING_HEX:
        config.binary = on ? BINARY_HEX : BINARY_AUTO;
        break;
    case SETTING_SECRETS:
        config.show_secrets = on;
        break;
    default:
        break;
    }
    screen_configure(&r->screen, &config);
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
    .quit = quit,
    .get = get,
    .set = set,
    .history = history,
    .alarm = alarm_in,
};

#include "command/set.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/span.h"
#include "script/expect/parse.h"

#define ANSWER_MAX 1024

void commands_say(struct commands *c, const char *format, ...)
{
    char text[ANSWER_MAX + 1];
    va_list args;
    size_t n;

    va_start(args, format);
    vsnprintf(text, ANSWER_MAX, format, args);
    va_end(args);
    n = strlen(text);
    if (n == 0 || text[n - 1] != '\n')
        text[n++] = '\n';
    c->hooks.say(c->hooks.ctx, slice_make(text, n));
}

void command_point(struct commands *c, const char *args, long at)
{
    if (at < 0 || at > 60)
        return;
    for (const char *p = args; *p; p++) {
        if (*p < 0x20 || *p > 0x7E)
            return; /* columns are not bytes then */
    }
    commands_say(c, "  %.72s\n  %*s^", args, (int)at, "");
}

int command_needs_open(const struct commands *c, struct err *e)
{
    if (c->session && session_state(c->session) == SESSION_OPEN)
        return 0;
    err_set(e, EXIT_OTHER, STAGE_IO, 0, "there is no open connection");
    err_hint(e, "%s",
             c->session && session_state(c->session) == SESSION_WAITING ? "/reconnect tries at once"
                                                                        : "/connect opens one");
    return -1;
}

/* Messages go over a WebSocket only. */
static int needs_websocket(const struct commands *c, struct err *e)
{
    if (session_kind(c->session) == CHANNEL_WS)
        return 0;
    return err_set(e, EXIT_OTHER, STAGE_IO, 0,
                   "nothing can be sent: %s receives only, it is not a WebSocket",
                   session_kind(c->session) == CHANNEL_POLL ? "polling" : "an event stream");
}

int command_needs_socket(const struct commands *c, struct err *e)
{
    return command_needs_open(c, e) < 0 ? -1 : needs_websocket(c, e);
}

/* There is no connection, but there may be one later: what waits for it? */
static int may_wait(const struct commands *c, struct err *e)
{
    struct session_queued queued = session_queued(c->session);

    if (needs_websocket(c, e) < 0)
        return -1;
    if (queued.limit == 0) {
        err_set(e, EXIT_OTHER, STAGE_IO, 0,
                "there is no open connection, and nothing is kept for the next one");
        err_hint(e, session_retries(c->session)
                        ? "--offline-queue 1M would keep it; /reconnect tries at once"
                        : "it is being opened; with -r messages wait for it");
    } else if (session_full(c->session)) {
        err_set(e, EXIT_OTHER, STAGE_IO, 0,
                "the queue of messages that wait for a connection is full (%zu bytes)",
                queued.bytes);
        err_hint(e, "--offline-queue SIZE sets how much waits; /reconnect tries at once");
    } else {
        return 0;
    }
    return -1;
}

int commands_may_send(const struct commands *c, struct err *e)
{
    enum session_state state = c->session ? session_state(c->session) : SESSION_IDLE;

    if (state == SESSION_WAITING || state == SESSION_CONNECTING)
        return may_wait(c, e);
    if (command_needs_socket(c, e) < 0)
        return -1;
    if (c->transfer.phase == TRANSFER_IDLE)
        return 0;
    err_set(e, EXIT_OTHER, STAGE_IO, 0,
            "%s is still being sent, and messages can't be sent inside one another",
            c->transfer.name);
    err_hint(e, "/stats shows the progress; /close or /reconnect cancels it");
    return -1;
}

int commands_send(struct commands *c, enum opcode type, struct slice data, struct err *e)
{
    struct session_queued before, now;
    int r;

    if (commands_may_send(c, e) < 0)
        return -1;
    before = session_queued(c->session);
    r = session_send(c->session, type, data, true, true);
    if (r == SEND_FAILED)
        return err_nomem(e, STAGE_IO, "sending the message");
    if (r < 0) {
        if (session_state(c->session) == SESSION_OPEN)
            return err_set(e, EXIT_OTHER, STAGE_IO, 0,
                           "the message could not be sent: the connection is closing");
        err_set(e, EXIT_OTHER, STAGE_IO, 0,
                "the message (%zu bytes) does not fit into the queue of those that wait for a "
                "connection (%zu of %zu bytes used)",
                data.len, before.bytes, before.limit);
        err_hint(e, "--offline-queue SIZE sets how much waits; /reconnect tries at once");
        return -1;
    }
    now = session_queued(c->session);
    if (now.messages > before.messages)
        commands_say(c, "queued: %zu %s (%zu bytes) for the next connection", now.messages,
                     now.messages == 1 ? "message waits" : "messages wait", now.bytes);
    return 0;
}

/* --- what happens ------------------------------------------------------------------------------
 */

/* The answer to a /ping is reported here, unless all pongs are shown anyway. */
static void pong_came(struct commands *c, const struct event *ev)
{
    const struct event_control *pong = &ev->control;
    bool shown = c->hooks.get(c->hooks.ctx, SETTING_PINGS) == 1 ||
                 c->hooks.get(c->hooks.ctx, SETTING_LEVEL) >= 3; /* "2": frames are shown */

    if (ev->dir != DIR_IN || !pong->matched)
        return;
    for (unsigned i = 0; i < COMMAND_PINGS; i++) {
        struct command_ping *ping = &c->pings[(c->next_ping + i) % COMMAND_PINGS];

        if (!ping->waiting || !slice_equal(slice_make(ping->data, ping->len), pong->data))
            continue;
        ping->waiting = false;
        if (!shown)
            commands_say(c, "pong after %.1f ms", (double)pong->rtt_us / 1000);
        return;
    }
}

static void connection_over(struct commands *c)
{
    memset(c->pings, 0, sizeof c->pings);
    if (c->transfer.phase == TRANSFER_IDLE)
        return;
    c->transfer_failed = true;
    commands_say(c, "%s was not completely sent: the connection is closed", c->transfer.name);
    transfer_clear(&c->transfer);
}

static void on_event(struct sink *sink, const struct event *ev)
{
    struct commands *c = (struct commands *)sink;
    char text[REACTION_TEXT];

    conninfo_event(&c->conninfo, ev);
    asked_event(c, ev);
    if (reaction_event(&c->reaction, ev, clock_mono_us(), text))
        commands_say(c, "%s", text);
    if (ev->kind == EVENT_PONG)
        pong_came(c, ev);
    else if (ev->kind == EVENT_CLOSE)
        connection_over(c);
}

static void free_nothing(struct sink *sink)
{
    (void)sink; /* part of struct commands */
}

/* --- running ------------------------------------------------------------------------------------
 */

void commands_init(struct commands *c, const struct command_hooks *hooks)
{
    *c = (struct commands){
        .watch = {CONNINFO_WANTS | INBOX_WANTS | EVENT_BIT(EVENT_CLOSE_FRAME), on_event,
                  free_nothing},
        .hooks = *hooks,
    };
    conninfo_init(&c->conninfo);
    transfer_init(&c->transfer);
    asked_init(&c->asked);
}

void commands_clear(struct commands *c)
{
    conninfo_clear(&c->conninfo);
    transfer_clear(&c->transfer);
    asked_clear(&c->asked);
}

int commands_run(struct commands *c, const char *line, struct err *e)
{
    const char *args;
    struct slice name = parse_name(line, &args);
    const struct command_row *row = commands_find(name);

    err_clear(e);
    if (row && row->run != command_expect)
        asked_acted(c);
    return row ? row->run(c, args, e) : command_set_unknown(&commands_repl, name, e);
}

int command_misused(const char *name, struct err *e)
{
    return command_row_misused(commands_find(slice_str(name)), e);
}

/* True if it can go on at once. */
static bool go_on_sending(struct commands *c)
{
    struct err e;

    switch (transfer_step(&c->transfer, c->session, &e)) {
    case TRANSFER_GOES_ON:
        return true;
    case TRANSFER_WAITS:
        return false;
    case TRANSFER_DONE:
        commands_say(c, "%s is sent: %llu bytes", c->transfer.name,
                     (unsigned long long)c->transfer.done);
        return false;
    default:
        c->transfer_failed = true;
        commands_say(c, "%s%s%s", e.text, e.hint[0] ? "\n  hint: " : "", e.hint);
        return false;
    }
}

/* Wake up for what is due first. */
static void set_alarm(struct commands *c, uint64_t now)
{
    uint64_t due = UINT64_MAX;

    if (c->reaction.watching)
        due = c->reaction.since_us + REACTION_US;
    if (c->asked.waiting && c->asked.until_us < due)
        due = c->asked.until_us;
    if (due != UINT64_MAX)
        c->hooks.alarm(c->hooks.ctx, span_between(now, due));
}

void commands_wake(struct commands *c)
{
    bool sending = c->transfer.phase != TRANSFER_IDLE && c->session;
    char text[REACTION_TEXT];
    uint64_t now = clock_mono_us();

    if (sending)
        sending = go_on_sending(c);
    if (reaction_due(&c->reaction, now, text))
        commands_say(c, "%s", text);
    asked_wake(c, now);
    if (sending)
        c->hooks.alarm(c->hooks.ctx, 0);
    else
        set_alarm(c, now);
}

/* The connection as a whole. */
#include "command/command.h"
#include "script/expect/parse.h"

int command_connect(struct commands *c, const char *args, struct err *e)
{
    if (args[0])
        return c->hooks.connect(c->hooks.ctx, args, e);
    if (c->session && session_state(c->session) == SESSION_WAITING) {
        session_retry_now(c->session);
        return 0;
    }
    if (c->session && (session_state(c->session) == SESSION_OPEN ||
                       session_state(c->session) == SESSION_CONNECTING)) {
        err_set(e, EXIT_OTHER, STAGE_IO, 0, "there is a connection already");
        err_hint(e, "/reconnect closes it and opens another");
        return -1;
    }
    return c->hooks.connect(c->hooks.ctx, NULL, e);
}

int command_reconnect(struct commands *c, const char *args, struct err *e)
{
    if (args[0])
        return command_misused("reconnect", e);
    if (c->session && session_state(c->session) == SESSION_WAITING) {
        session_retry_now(c->session);
        return 0;
    }
    return c->hooks.connect(c->hooks.ctx, NULL, e);
}

int command_poll(struct commands *c, const char *args, struct err *e)
{
    if (!args[0])
        return command_misused("poll", e);
    if (!c->hooks.poll)
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "/poll is not possible here");
    return c->hooks.poll(c->hooks.ctx, args, e);
}

int command_fallback(struct commands *c, const char *args, struct err *e)
{
    enum event_channel kind;
    bool off = strcmp(args, "off") == 0;

    if (args[0] && !off)
        return command_misused("fallback", e);
    if (!c->session || !session_has_fallback(c->session)) {
        err_set(e, EXIT_OTHER, STAGE_IO, 0, "there is nothing to fall back to");
        err_hint(e, "start with -r --fallback URL");
        return -1;
    }
    if (off && session_fallback_leave(c->session))
        return 0;
    if (session_fallback(c->session, &kind))
        commands_say(c, "%s while the WebSocket is unavailable; /fallback off waits for it alone\n",
                     kind == CHANNEL_POLL ? "polling" : "receiving events");
    else
        commands_say(c, "no fallback is in use\n");
    return 0;
}

int command_close(struct commands *c, const char *args, struct err *e)
{
    const char *reason;
    uint16_t code;

    if (parse_close(args, &code, &reason, e) < 0)
        return -1;
    if (!c->session || session_state(c->session) == SESSION_IDLE ||
        session_state(c->session) == SESSION_ENDED)
        return command_needs_open(c, e);
    session_close(c->session, code, reason, 0, ASKED_CLOSE);
    return 0;
}

int command_quit(struct commands *c, const char *args, struct err *e)
{
    if (args[0])
        return command_misused("quit", e);
    c->hooks.quit(c->hooks.ctx);
    return 0;
}

int command_check_close(const char *args, struct err *e)
{
    const char *reason;
    uint16_t code;

    return parse_close(args, &code, &reason, e);
}

int command_check_nothing(const char *args, struct err *e)
{
    if (!args[0])
        return 0;
    err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "nothing may follow this");
    e->at = 0;
    return -1;
}

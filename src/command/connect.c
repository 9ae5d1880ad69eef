/* The connection as a whole. */
#include <stdlib.h>

#include "command/command.h"
#include "script/expect/parse.h"

/* It waits for the next attempt of the same connection. */
static bool waits(const struct commands *c)
{
    return !c->anew && c->session && session_state(c->session) == SESSION_WAITING;
}

int command_connect(struct commands *c, const char *args, struct err *e)
{
    if (args[0])
        return c->hooks.connect(c->hooks.ctx, args, e);
    if (waits(c)) {
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
    if (waits(c)) {
        session_retry_now(c->session);
        return 0;
    }
    return c->hooks.connect(c->hooks.ctx, NULL, e);
}

/* The text without the quotes that a shell would have taken away; caller frees. NULL with *e. */
static char *unquoted(const char *text, struct err *e)
{
    size_t len = strlen(text);
    bool quoted = len > 1 && (text[0] == '\'' || text[0] == '"') && text[len - 1] == text[0];
    char *copy = quoted ? strndup(text + 1, len - 2) : strdup(text);

    if (!copy)
        err_nomem(e, STAGE_USAGE, "reading the line");
    return copy;
}

/* value: "" for an option without one. */
static int set_option(struct commands *c, const char *name, const char *value, struct err *e)
{
    char *text;
    int r;

    if (!c->hooks.option)
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "options can't be changed here");
    if (!name)
        return c->hooks.option(c->hooks.ctx, NULL, NULL, e);
    text = unquoted(value, e);
    if (!text)
        return -1;
    r = c->hooks.option(c->hooks.ctx, name, value[0] ? text : NULL, e);
    explicit_bzero(text, strlen(text));
    free(text);
    if (r < 0)
        return -1;
    c->anew = true;
    commands_say(c, "set for later connections to this server; /reconnect uses it now");
    return 0;
}

int command_header(struct commands *c, const char *args, struct err *e)
{
    if (args[0] && !strpbrk(args, ":;") && args[0] != '@')
        return command_misused("header", e);
    return set_option(c, args[0] ? "header" : NULL, args, e);
}

int command_option(struct commands *c, const char *args, struct err *e)
{
    const char *value;
    struct slice word;
    char name[40];

    args += strspn(args, "-"); /* as on the command line */
    word = parse_name(args, &value);
    if (word.len >= sizeof name)
        return command_misused("option", e);
    memcpy(name, word.data, word.len);
    name[word.len] = '\0';
    return set_option(c, name[0] ? name : NULL, value, e);
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

/* What is typed becomes a message or a command. */
#include <signal.h>
#include <stdio.h>

#include "app/aliases.h"
#include "app/edit.h"
#include "base/codec.h"
#include "command/complete.h"
#include "script/expect/parse.h"
#include "verb/connect/repl_private.h"

void repl_say_error(struct repl *r, const struct err *e)
{
    char text[sizeof e->text + sizeof e->hint + 32];

    snprintf(text, sizeof text, "! %s%s%s\n", e->text, e->hint[0] ? "\n  hint: " : "", e->hint);
    screen_say(&r->screen, slice_str(text));
}

/* The digits of --hex and --base64. */
int repl_decode(const struct pipe_options *o, struct slice text, struct buf *bytes, struct err *e)
{
    bool hex = o->input == INPUT_HEX;
    long column = hex ? hex_decode(bytes, text) : base64_decode(bytes, text);

    if (column == 0)
        return 0;
    if (column < 0)
        return err_nomem(e, STAGE_IO, "decoding the message");
    return err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "character %ld is not %s, which --%s asks for",
                   column, hex ? "a pair of hexadecimal digits" : "base64", hex ? "hex" : "base64");
}

/* A line in the typed form of the protocol above the messages. */
static int send_form(struct repl *r, struct slice text, struct err *e)
{
    int status = session_encode(r->session, DECODE_TYPED, text, e);

    if (status == 0)
        asked_acted(&r->commands);
    return status < 0 ? -1 : 0;
}

static int send_typed(struct repl *r, struct slice text, struct err *e)
{
    const struct pipe_options *pipe = r->app->pipe;
    bool coded = pipe->input == INPUT_HEX || pipe->input == INPUT_BASE64;
    enum opcode type = coded || pipe->binary ? OPCODE_BINARY : OPCODE_TEXT;
    struct buf bytes;
    int status = 0;

    if (commands_may_send(&r->commands, e) < 0)
        return -1;
    if (session_speaks(r->session))
        return send_form(r, text, e);
    buf_init(&bytes, (size_t)32 * 1024 * 1024);
    if (coded) {
        status = repl_decode(r->app->pipe, text, &bytes, e);
        text = buf_slice(&bytes);
    }
    if (status == 0 && pipe->eol) {
        if ((bytes.len == 0 && buf_append_slice(&bytes, text) != 0) ||
            buf_append(&bytes, pipe->eol, 1) != 0)
            status = err_nomem(e, STAGE_IO, "sending the message");
        text = buf_slice(&bytes);
    }
    asked_acted(&r->commands);
    if (status == 0)
        status = commands_send(&r->commands, type, text, e);
    if (status == 0)
        repl_transcribe_sent(r, type, text);
    buf_clear(&bytes);
    return status;
}

/* "/name ...": a command; "//text" is the message "/text". A paste of several lines that happens to
 * begin with a slash is a message too, unless a command of that name exists. The words of the
 * protocol above the messages ("/join") are for its encoder. */
static bool is_command(const struct repl *r, const char *line)
{
    const char *args;

    if (line[0] != '/' || line[1] == '/')
        return false;
    if (commands_find(parse_name(line + 1, &args)) == NULL &&
        session_has_command(r->session, slice_make(line, strcspn(line, " "))))
        return false;
    return !strchr(line, '\n') || commands_find(parse_name(line + 1, &args)) != NULL;
}

static int send_line(struct repl *r, struct slice text, bool mute, struct err *e)
{
    int status;

    r->screen.mute_own = mute;
    status = send_typed(r, text, e);
    r->screen.mute_own = false;
    return status;
}

static void run_line(struct repl *r, struct buf *line, bool mute)
{
    const char *text;
    struct err e;
    int status;

    if (line->len == 0 || buf_append(line, "", 1) < 0)
        return;
    text = (const char *)buf_data(line);
    r->commands.session = r->session;
    if (is_command(r, text)) {
        status = commands_run(&r->commands, text + 1, &e);
        if (status == 0)
            repl_transcribe_command(r, text + 1);
    } else {
        size_t skip = text[0] == '/' && text[1] == '/';
        struct slice message = slice_make(text + skip, line->len - 1 - skip);

        status = send_line(r, message, mute, &e);
        buf_reset(&r->again);
        buf_append_slice(&r->again, message);
    }
    if (status < 0)
        repl_say_error(r, &e);
}

/* The words of the protocol and a paste are no aliases, as they are no commands. */
static int expand(struct repl *r, struct buf *line, struct buf *text, struct err *e)
{
    const struct aliases aliases = {r->app->view->config, &commands_repl};

    if (line->len == 0 || buf_append(line, "", 1) < 0)
        return 0;
    line->len--; /* the NUL is not part of it */
    return is_command(r, (const char *)buf_data(line))
               ? aliases_expand(&aliases, (const char *)buf_data(line), text, e)
               : 0;
}

/* What an alias stands for is not on the screen, so it is shown when it is sent. */
static void take_line(struct repl *r, struct buf *line, bool mute)
{
    struct buf text;
    struct err e;
    int expanded;

    buf_init(&text, (size_t)32 << 20);
    expanded = expand(r, line, &text, &e);
    if (expanded < 0)
        repl_say_error(r, &e);
    else if (expanded > 0)
        run_line(r, &text, false);
    else
        run_line(r, line, mute);
    buf_clear(&text);
}

int repl_alias(void *ctx, const char *args, struct err *e)
{
    struct repl *r = ctx;
    const struct aliases aliases = {r->app->view->config, &commands_repl};
    struct buf said;
    int status;

    buf_init(&said, ALIASES_SAID);
    status = aliases_command(&aliases, args, &said, e);
    if (said.len > 0)
        screen_say(&r->screen, buf_slice(&said));
    buf_clear(&said);
    return status;
}

void repl_line(struct repl *r, struct buf *line)
{
    take_line(r, line, true);
}

/* --- /again and /edit ---------------------------------------------------------------------------
 */

/* What was edited is not on the screen, so it is shown when it is sent. */
static int edit(struct repl *r, struct buf *text, struct err *e)
{
    const struct edit_signals signals = {&r->stop, &r->stopping};
    int status;

    r->editing = true;
    status = edit_text(&r->console, r->loop, text, signals, e);
    r->editing = false;
    if (status == 0)
        screen_say(&r->screen, slice_str("nothing is sent\n"));
    else if (status > 0)
        take_line(r, text, false);
    return status < 0 ? -1 : 0;
}

void repl_edit(struct repl *r, struct buf *line)
{
    struct err e;

    if (edit(r, line, &e) < 0)
        repl_say_error(r, &e);
}

int repl_line_again(void *ctx, enum command_typed what, const char *args, struct err *e)
{
    struct repl *r = ctx;
    struct buf text;
    int status;

    if (what == COMMAND_LINE_AGAIN && r->again.len == 0)
        return err_set(e, EXIT_OTHER, STAGE_IO, 0, "no message was typed yet");
    if (what == COMMAND_LINE_AGAIN)
        return send_line(r, buf_slice(&r->again), false, e);
    buf_init(&text, (size_t)32 << 20);
    if (args[0])
        status = buf_append_str(&text, args);
    else
        status = buf_append_slice(&text, buf_slice(&r->again));
    status = status < 0 ? err_nomem(e, STAGE_IO, "editing the line") : edit(r, &text, e);
    buf_clear(&text);
    return status;
}

void repl_complete(void *ctx, struct slice before, struct editor_completion *found)
{
    const struct repl *r = ctx;
    const struct aliases aliases = {r->app->view->config, &commands_repl};
    struct completion c;
    struct buf names;

    completion_init(&c);
    buf_init(&names, ALIASES_SAID);
    aliases_names(&aliases, &names);
    c.aliases = buf_slice(&names);
    if (commands_complete(&c, before) == 0)
        completion_put(&c, r->screen.config.columns, found->insert, found->choices, &found->back);
    completion_clear(&c);
    buf_clear(&names);
}

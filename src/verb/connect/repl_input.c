/* What is typed becomes a message or a command. */
#include <stdio.h>

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
    asked_acted(&r->commands);
    if (status == 0)
        status = commands_send(&r->commands, type, text, e);
    if (status == 0)
        repl_transcribe_sent(r, type, text);
    buf_clear(&bytes);
    return status;
}

/* "/name ...": a command; "//text" is the message "/text". A paste of several lines that happens to
 * begin with a slash is a message too, unless a command of that name exists. */
static bool is_command(const char *line)
{
    const char *args;

    if (line[0] != '/' || line[1] == '/')
        return false;
    return !strchr(line, '\n') || commands_find(parse_name(line + 1, &args)) != NULL;
}

void repl_line(struct repl *r, struct buf *line)
{
    const char *text;
    struct err e;
    int status;

    if (line->len == 0 || buf_append(line, "", 1) < 0)
        return;
    text = (const char *)buf_data(line);
    r->commands.session = r->session;
    if (is_command(text)) {
        status = commands_run(&r->commands, text + 1, &e);
        if (status == 0)
            repl_transcribe_command(r, text + 1);
    } else {
        size_t skip = text[0] == '/' && text[1] == '/';

        r->screen.mute_own = true;
        status = send_typed(r, slice_make(text + skip, line->len - 1 - skip), &e);
        r->screen.mute_own = false;
    }
    if (status < 0)
        repl_say_error(r, &e);
}

void repl_complete(void *ctx, struct slice before, struct editor_completion *found)
{
    const struct repl *r = ctx;
    struct completion c;

    completion_init(&c);
    if (commands_complete(&c, before) == 0)
        completion_put(&c, r->screen.config.columns, found->insert, found->choices, &found->back);
    completion_clear(&c);
}

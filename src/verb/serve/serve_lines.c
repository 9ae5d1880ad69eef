/* What is typed at the server: messages to all, and /quit. */
#include <stdio.h>

#include "base/plural.h"
#include "base/utf8.h"
#include "verb/serve/serve_private.h"

/* Of one message: each client may be slow and keep it waiting. */
#define LINE_MAX_BYTES ((size_t)1024 * 1024)

static void send_line(struct serve *s, struct slice text)
{
    unsigned open = server_open(s->server), taken;
    struct utf8 check = {0};
    char note[128];

    if (utf8_check(&check, text.data, text.len) != text.len || !utf8_complete(&check)) {
        typing_complain(s->typing, "not sent: the line is not UTF-8, which a text message must be");
        return;
    }
    if (text.len > LINE_MAX_BYTES) {
        typing_complain(s->typing, "not sent: the line is longer than 1 MiB");
        return;
    }
    taken = server_broadcast(s->server, OPCODE_TEXT, text);
    snprintf(note, sizeof note, "sent to %u client%s", taken, plural(taken));
    if (open == 0)
        typing_complain(s->typing, "not sent: no WebSocket client is connected");
    else if (taken > 0)
        serve_note(s, note);
    if (taken < open) {
        snprintf(note, sizeof note,
                 "not sent to %u client%s: too much waits to be sent there, or "
                 "the connection is closing",
                 open - taken, plural(open - taken));
        typing_complain(s->typing, note);
    }
}

/* "/quit" is a command; "//text" is the message "/text", and a paste of several lines is a message
 * whatever it begins with. */
void serve_line(void *ctx, struct slice line)
{
    struct serve *s = ctx;
    bool slash = line.len > 0 && line.data[0] == '/';
    bool doubled = slash && line.len > 1 && line.data[1] == '/';

    while (slash && line.data[line.len - 1] == ' ' && !doubled)
        line.len--;
    if (line.len == 0)
        return;
    if (doubled)
        send_line(s, slice_from(line, 1));
    else if (!slash || memchr(line.data, '\n', line.len))
        send_line(s, line);
    else if (slice_is(line, "/quit"))
        serve_stop(s);
    else
        typing_complain(s->typing,
                        "no such command: /quit stops the server, //TEXT sends the message /TEXT");
}

const char *serve_prompt(void *ctx)
{
    struct serve *s = ctx;
    unsigned open = server_open(s->server);

    if (open == 0)
        return "no clients> ";
    snprintf(s->prompt, sizeof s->prompt, "%u client%s> ", open, plural(open));
    return s->prompt;
}

void serve_complete(void *ctx, struct slice before, struct editor_completion *found)
{
    (void)ctx;
    if (before.len > 0 && before.len < 5 && memcmp(before.data, "/quit", before.len) == 0)
        buf_append_str(found->insert, &"/quit"[before.len]);
}

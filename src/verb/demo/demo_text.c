#include "verb/demo/demo_text.h"

#include <string.h>

static const char *const keys[] = {
    "A tour of wscope in nine steps. Enter continues at once, q skips to the prompt.",
    "",
    NULL,
};

static const char *const begin[] = {
    "A server and a client of it, both in this process.",
    "Lines with > and < are the handshake; arrows mark frames that are sent and received.",
    NULL,
};

static const char *const prompt[] = {
    "",
    "Now it is your turn: the prompt is connected to the same server.",
    "Three things to try:",
    "  hello",
    "      a line is a message, and the server sends it back",
    "  /ping",
    "      measures the round trip",
    "  /frame op=text rsv=2 text=hi",
    "      breaks a rule on purpose, so the server closes; /reconnect opens it again",
    "",
    NULL,
};

static const char *const next[] = {
    "",
    "What next:",
    "  wscope serve                         the same server, on port 9001, until ^C",
    "  echo hello | wscope -i :9001/echo    talk to it from another terminal",
    "  wscope -n --count 5 :9001/feed       five of the updates that it sends",
    NULL,
};

static const char *const *const texts[] = {
    [DEMO_TEXT_KEYS] = keys,
    [DEMO_TEXT_BEGIN] = begin,
    [DEMO_TEXT_NEXT] = next,
    [DEMO_TEXT_PROMPT] = prompt,
};

/* How much of the text fits: up to a blank if there is one. */
static size_t fitting(const char *text, size_t len, size_t room)
{
    size_t n = room;

    if (len <= room)
        return len;
    while (n > 0 && text[n] != ' ')
        n--;
    return n > 0 ? n : room;
}

void demo_text_line(struct out *out, const char *text, int columns)
{
    size_t indent = strspn(text, " "), left;
    size_t width = columns > 0 ? (size_t)columns : SIZE_MAX;

    if (indent >= width)
        indent = 0;
    text += indent;
    for (left = strlen(text); left > width - indent;) {
        size_t n = fitting(text, left, width - indent);

        out_put(out, "        ", indent < 8 ? indent : 8);
        out_put(out, text, n);
        out_put(out, "\n", 1);
        n += strspn(text + n, " ");
        text += n;
        left -= n;
    }
    out_put(out, "        ", indent < 8 ? indent : 8);
    out_put(out, text, left);
    out_put(out, "\n", 1);
}

void demo_text_put(struct out *out, enum demo_text which, int columns)
{
    for (const char *const *line = texts[which]; *line; line++)
        demo_text_line(out, *line, columns);
}

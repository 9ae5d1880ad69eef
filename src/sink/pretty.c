#include "sink/pretty.h"

#include "base/json_scan.h"
#include "sink/term_safe.h"

#define STEP 2

/* Deeper levels are not indented further: the lines of a hostile "[[[[..." stay short, and output
 * grows by a constant factor. */
#define INDENT_LEVELS 40

#define STYLE_RESET "\x1b[0m"

static const char *token_style(enum json_token token)
{
    switch (token) {
    case JSON_KEY:
        return "\x1b[36m";
    case JSON_STRING:
        return "\x1b[32m";
    case JSON_NUMBER:
    case JSON_TRUE:
    case JSON_FALSE:
    case JSON_NULL:
        return "\x1b[33m";
    default:
        return NULL;
    }
}

static int put_token(struct buf *out, enum json_token kind, struct slice token, int flags)
{
    const char *style = flags & PRETTY_COLOR ? token_style(kind) : NULL;

    if (style && buf_append_str(out, style) < 0)
        return -1;
    if (term_safe(out, token, flags & PRETTY_ASCII ? TERM_SAFE_ASCII : 0) < 0)
        return -1;
    return style ? buf_append_str(out, STYLE_RESET) : 0;
}

static int put_newline(struct buf *out, int indent, unsigned depth)
{
    size_t blanks = (size_t)indent + STEP * (depth < INDENT_LEVELS ? depth : INDENT_LEVELS);
    uint8_t *to = buf_reserve(out, blanks + 1);

    if (!to)
        return -1;
    to[0] = '\n';
    memset(to + 1, ' ', blanks);
    buf_filled(out, blanks + 1);
    return 0;
}

static bool is_open(enum json_token token)
{
    return token == JSON_OBJECT_OPEN || token == JSON_ARRAY_OPEN;
}

static bool is_close(enum json_token token)
{
    return token == JSON_OBJECT_CLOSE || token == JSON_ARRAY_CLOSE;
}

/* The text between two tokens. Empty objects and arrays stay on one line. */
static int put_gap(struct buf *out, enum json_token before, enum json_token token, unsigned depth,
                   int indent)
{
    if (is_open(before) && !is_close(token))
        return put_newline(out, indent, is_open(token) ? depth - 1 : depth);
    if (is_close(token) && !is_open(before))
        return put_newline(out, indent, depth);
    if (before == JSON_COMMA)
        return put_newline(out, indent, is_open(token) ? depth - 1 : depth);
    return before == JSON_COLON ? buf_append(out, " ", 1) : 0;
}

static int lay_out(struct buf *out, struct slice text, const struct pretty *how)
{
    struct json_scan scan;
    enum json_token before = JSON_END, kind;
    struct slice token;

    json_scan_init(&scan, text);
    while ((kind = json_scan_next(&scan, &token)) > JSON_END) {
        if (put_gap(out, before, kind, scan.depth, how->indent) < 0 ||
            put_token(out, kind, token, how->flags) < 0)
            return -1;
        before = kind;
    }
    return 1;
}

/* The blanks between tokens stay too; there is no line break among them. */
static int as_received(struct buf *out, struct slice text, const struct pretty *how)
{
    struct json_scan scan;
    enum json_token kind;
    struct slice token;
    const uint8_t *at = text.data;

    json_scan_init(&scan, text);
    while ((kind = json_scan_next(&scan, &token)) > JSON_END) {
        if (buf_append(out, at, (size_t)(token.data - at)) < 0 ||
            put_token(out, kind, token, how->flags) < 0)
            return -1;
        at = token.data + token.len;
    }
    return 1;
}

/* 1 if the text is one line that fits, 0 if not, -1: memory. The safe form is measured at the end
 * of out and taken off again. */
static int fits(struct buf *out, struct slice text, const struct pretty *how)
{
    size_t had = out->len;
    int fit = 0;

    /* A column holds at most four bytes of UTF-8, joined and combined characters aside. */
    if (how->columns <= 0 || text.len / 4 > (size_t)how->columns)
        return 0;
    if (term_is_plain(text))
        return text.len <= (size_t)how->columns;
    if (memchr(text.data, '\n', text.len) || memchr(text.data, '\r', text.len))
        return 0;
    if (term_safe(out, text, how->flags & PRETTY_ASCII ? TERM_SAFE_ASCII : 0) < 0)
        fit = -1;
    else
        fit = term_width(slice_make(buf_data(out) + had, out->len - had)) <= how->columns;
    out->len = had;
    return fit;
}

int pretty_json(struct buf *out, struct slice text, const struct pretty *how)
{
    size_t had = out->len;
    int result;

    if (!json_valid(text))
        return 0;
    result = fits(out, text, how);
    if (result >= 0)
        result = result ? as_received(out, text, how) : lay_out(out, text, how);
    if (result < 0)
        out->len = had;
    return result;
}

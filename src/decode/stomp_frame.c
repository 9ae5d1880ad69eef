#include "decode/stomp_frame.h"

#include <stdio.h>

#include "base/decimal.h"

static const char *const commands[] = {
    "CONNECT", "STOMP", "CONNECTED", "SEND",    "SUBSCRIBE",  "UNSUBSCRIBE", "ACK",   "NACK",
    "BEGIN",   "ABORT", "COMMIT",    "RECEIPT", "DISCONNECT", "MESSAGE",     "ERROR",
};

struct reader {
    struct slice bytes;
    size_t pos;
    struct arena *arena;
    const char **wrong;
};

/* What is wrong, with one word of the input. */
static long wrong(struct reader *r, const char *format, struct slice word)
{
    char text[160];
    int n = word.len > 60 ? 60 : (int)word.len;

    snprintf(text, sizeof text, format, n, (const char *)word.data);
    *r->wrong = arena_copy(r->arena, text, strlen(text));
    return *r->wrong ? -1 : -2;
}

/* The next line without its end. 1; 0: it has no end yet. */
static int take_line(struct reader *r, struct slice *line)
{
    const uint8_t *at = r->bytes.data + r->pos;
    const uint8_t *end = memchr(at, '\n', r->bytes.len - r->pos);

    if (!end)
        return 0;
    *line = slice_make(at, (size_t)(end - at));
    r->pos += line->len + 1;
    if (line->len > 0 && line->data[line->len - 1] == '\r')
        line->len--;
    return 1;
}

/* Some command begins with these bytes, or is followed by a carriage return. */
static bool may_be_command(struct slice word)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        size_t n = strlen(commands[i]);

        if (word.len <= n && memcmp(commands[i], word.data, word.len) == 0)
            return true;
        if (word.len == n + 1 && word.data[n] == '\r' && memcmp(commands[i], word.data, n) == 0)
            return true;
    }
    return false;
}

static long read_command(struct reader *r, struct stomp_frame *frame)
{
    struct slice line;

    if (!take_line(r, &line)) {
        line = slice_make(r->bytes.data, r->bytes.len);
        return may_be_command(line)
                   ? 0
                   : wrong(r, "it begins with \"%.*s\", which is not a command", line);
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (slice_is(line, commands[i])) {
            frame->command = commands[i];
            return 1;
        }
    }
    return wrong(r, "\"%.*s\" is not a command", line);
}

/* Version 1.2, section "Value Encoding". 1, -1 or -2. */
static long unescape(struct reader *r, struct slice *value)
{
    uint8_t *text;
    size_t n = 0;

    if (value->len == 0 || !memchr(value->data, '\\', value->len))
        return 1;
    text = arena_alloc(r->arena, value->len);
    if (!text)
        return -2;
    for (size_t i = 0; i < value->len; i++) {
        uint8_t c = value->data[i];

        if (c == '\\') {
            c = i + 1 < value->len ? value->data[++i] : 0;
            c = c == 'n' ? '\n' : c == 'r' ? '\r' : c == 'c' ? ':' : c == '\\' ? '\\' : 0;
            if (c == 0)
                return wrong(r, "the header value \"%.*s\" has an escape that does not exist",
                             *value);
        }
        text[n++] = c;
    }
    *value = slice_make(text, n);
    return 1;
}

static long read_header(struct reader *r, struct stomp_frame *frame, struct slice line,
                        bool escaped)
{
    const uint8_t *colon = line.len ? memchr(line.data, ':', line.len) : NULL;
    struct field f;
    long rc;

    if (!colon)
        return wrong(r, "the header line \"%.*s\" has no colon", line);
    f.name = slice_make(line.data, (size_t)(colon - line.data));
    f.value = slice_make(colon + 1, line.len - f.name.len - 1);
    if (frame->header_count == STOMP_HEADERS_MAX)
        return wrong(r, "it has too many headers, the last one is \"%.*s\"", f.name);
    if (escaped && ((rc = unescape(r, &f.name)) < 0 || (rc = unescape(r, &f.value)) < 0))
        return rc;
    frame->headers[frame->header_count++] = f;
    return 1;
}

/* Up to the empty line. */
static long read_headers(struct reader *r, struct stomp_frame *frame, bool escaped)
{
    struct slice line;
    long rc;

    while (take_line(r, &line)) {
        if (line.len == 0)
            return 1;
        if (memchr(line.data, 0, line.len))
            return wrong(r, "no empty line follows the headers of %.*s", slice_str(frame->command));
        if ((rc = read_header(r, frame, line, escaped)) < 0)
            return rc;
    }
    line = slice_from(r->bytes, r->pos);
    if (line.len > 0 && memchr(line.data, 0, line.len))
        return wrong(r, "no empty line follows the headers of %.*s", slice_str(frame->command));
    if (r->bytes.len > STOMP_HEAD_MAX)
        return wrong(r, "the headers of %.*s are too long", slice_str(frame->command));
    return 0;
}

static long read_body(struct reader *r, struct stomp_frame *frame, size_t *searched)
{
    struct slice length = stomp_header(frame, "content-length");
    size_t left = r->bytes.len - r->pos;
    const uint8_t *at = r->bytes.data + r->pos;
    const uint8_t *end;
    uint64_t n;

    if (length.len > 0) {
        if (!decimal_read(length, UINT32_MAX, &n))
            return wrong(r, "content-length is \"%.*s\"", length);
        if (n >= left)
            return 0;
        if (at[n] != 0)
            return wrong(r, "no NUL follows the %.*s bytes of content-length", length);
    } else {
        size_t skip = *searched > r->pos ? *searched - r->pos : 0;

        end = skip < left ? memchr(at + skip, 0, left - skip) : NULL;
        *searched = r->bytes.len;
        if (!end)
            return 0;
        n = (uint64_t)(end - at);
    }
    frame->body = slice_make(at, (size_t)n);
    r->pos += (size_t)n + 1;
    return (long)r->pos;
}

long stomp_frame_read(struct stomp_frame *frame, struct slice bytes, bool escaped, size_t *searched,
                      struct arena *arena, const char **why)
{
    struct reader r = {.bytes = bytes, .arena = arena, .wrong = why};
    long rc;

    frame->header_count = 0;
    frame->body = slice_str("");
    rc = read_command(&r, frame);
    if (rc > 0) {
        bool connects =
            strcmp(frame->command, "CONNECT") == 0 || strcmp(frame->command, "CONNECTED") == 0;

        rc = read_headers(&r, frame, escaped && !connects);
    }
    return rc > 0 ? read_body(&r, frame, searched) : rc;
}

struct slice stomp_header(const struct stomp_frame *frame, const char *name)
{
    for (size_t i = 0; i < frame->header_count; i++) {
        if (slice_is(frame->headers[i].name, name))
            return frame->headers[i].value;
    }
    return slice_str("");
}

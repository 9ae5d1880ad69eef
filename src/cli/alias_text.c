#include "cli/alias_text.h"

#include <string.h>

#define BLANKS " \t\r\f\v"

bool alias_name_fits(struct slice name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-_";

    for (size_t i = 0; i < name.len; i++) {
        if (!memchr(allowed, name.data[i], sizeof allowed - 1))
            return false;
    }
    return name.len > 0 && name.len <= ALIAS_NAME;
}

static bool is_blank(uint8_t byte)
{
    return memchr(BLANKS, byte, sizeof BLANKS - 1) != NULL;
}

static struct slice trimmed(struct slice s)
{
    while (s.len > 0 && is_blank(s.data[0]))
        s = slice_from(s, 1);
    while (s.len > 0 && is_blank(s.data[s.len - 1]))
        s.len--;
    return s;
}

/* "[alias]", trimmed. */
static bool is_section(struct slice text)
{
    return text.data[text.len - 1] == ']' && slice_is(trimmed(slice_inner(text)), "alias");
}

void alias_open(struct alias_reader *r, struct slice file)
{
    *r = (struct alias_reader){.file = file};
    if (slice_begins(file, "\xEF\xBB\xBF"))
        r->at = 3; /* a byte order mark */
}

/* The line's two parts; false if it has none. */
static bool split(struct slice text, struct alias_line *line)
{
    const uint8_t *equals = memchr(text.data, '=', text.len);

    if (!equals)
        return false;
    line->name = trimmed(slice_make(text.data, (size_t)(equals - text.data)));
    line->text = trimmed(slice_make(equals + 1, text.len - (size_t)(equals - text.data) - 1));
    return alias_name_fits(line->name) && line->text.len > 0;
}

bool alias_next(struct alias_reader *r, struct alias_line *line)
{
    while (r->at < r->file.len) {
        const uint8_t *start = r->file.data + r->at;
        const uint8_t *newline = memchr(start, '\n', r->file.len - r->at);
        size_t len = newline ? (size_t)(newline - start) : r->file.len - r->at;
        struct slice text = trimmed(slice_make(start, len));

        line->from = r->at;
        line->to = r->at += len + (newline != NULL);
        if (text.len == 0)
            continue;
        if (text.data[0] == '[')
            r->inside = text.len > 1 && is_section(text);
        if (!r->inside)
            continue;
        r->after = line->to;
        if (text.data[0] != '[' && text.data[0] != '#' && split(text, line))
            return true;
    }
    return false;
}

bool alias_find(struct slice file, struct slice name, struct slice *text)
{
    struct alias_reader r;
    struct alias_line line;
    bool found = false;

    for (alias_open(&r, file); alias_next(&r, &line);) {
        if (!slice_equal(line.name, name))
            continue;
        *text = line.text;
        found = true;
    }
    return found;
}

static int put_part(struct buf *out, struct slice file, size_t from, size_t to)
{
    return buf_append_slice(out, slice_part(file, from, to - from));
}

static int put_line(struct buf *out, struct slice name, struct slice text)
{
    return buf_append_slice(out, name) | buf_append_str(out, " = ") | buf_append_slice(out, text);
}

static int removed(struct slice file, struct slice name, struct buf *out)
{
    struct alias_reader r;
    struct alias_line line;
    size_t kept = 0;
    int found = 0, failed = 0;

    for (alias_open(&r, file); alias_next(&r, &line);) {
        if (!slice_equal(line.name, name))
            continue;
        failed |= put_part(out, file, kept, line.from);
        kept = line.to;
        found = 1;
    }
    failed |= put_part(out, file, kept, file.len);
    return failed ? -1 : found;
}

/* At the end of the section, or of the file in a new one. */
static int added(struct slice file, struct slice name, struct slice text, size_t after,
                 struct buf *out)
{
    size_t at = after ? after : file.len;
    int failed = put_part(out, file, 0, at);

    if (at > 0 && file.data[at - 1] != '\n')
        failed |= buf_append_str(out, "\n");
    if (!after)
        failed |= buf_append_str(out, file.len ? "\n[alias]\n" : "[alias]\n");
    failed |= put_line(out, name, text) | buf_append_str(out, "\n");
    failed |= put_part(out, file, at, file.len);
    return failed ? -1 : 1;
}

int alias_rewrite(struct slice file, struct slice name, struct slice text, struct buf *out)
{
    struct alias_reader r;
    struct alias_line line, last = {.to = 0};
    size_t end;
    int failed;

    text = trimmed(text);
    if (text.len == 0)
        return removed(file, name, out);
    for (alias_open(&r, file); alias_next(&r, &line);) {
        if (slice_equal(line.name, name))
            last = line;
    }
    if (last.to == 0)
        return added(file, name, text, r.after, out);
    end = last.to;
    while (end > last.from && (file.data[end - 1] == '\n' || file.data[end - 1] == '\r'))
        end--; /* its line ending stays */
    failed = put_part(out, file, 0, last.from) | put_line(out, name, text) |
             put_part(out, file, end, file.len);
    return failed ? -1 : 1;
}

#include "decode/typed.h"

#include "base/blank.h"
#include "base/codec.h"
#include "base/json_scan.h"
#include "base/json_write.h"

/* How long the JSON value at the front is, if a blank or nothing follows it; else 0. */
static size_t value_length(struct slice text)
{
    struct json_scan s;
    struct slice token;
    enum json_token kind;

    json_scan_init(&s, text);
    kind = json_scan_next(&s, &token);
    if (kind <= JSON_END || json_scan_skip(&s, kind) != 0)
        return 0;
    return s.pos == text.len || is_white(text.data[s.pos]) ? s.pos : 0;
}

static size_t word_length(struct slice text)
{
    size_t n = 0;

    while (n < text.len && !is_white(text.data[n]))
        n++;
    return n;
}

static struct slice skip_white(struct slice text)
{
    size_t n = 0;

    while (n < text.len && is_white(text.data[n]))
        n++;
    return slice_from(text, n);
}

bool typed_next(struct slice *line, struct slice *arg, bool *json)
{
    struct slice text = line->len ? skip_white(*line) : *line;
    size_t n;

    if (text.len == 0)
        return false;
    n = value_length(text);
    *json = n > 0;
    if (n == 0)
        n = word_length(text);
    *arg = slice_make(text.data, n);
    *line = slice_from(text, n);
    return true;
}

static int put_hex(struct slice digits, struct buf *out, struct err *e)
{
    struct buf bytes;
    struct json_write w;
    long at;

    buf_init(&bytes, SIZE_MAX);
    at = hex_decode(&bytes, digits);
    if (at > 0) {
        buf_clear(&bytes);
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "'hex:%.*s' has no pair of digits at %ld",
                       (int)digits.len, digits.data, at);
    }
    json_write_init(&w, out);
    json_object_open(&w, NULL);
    json_base64(&w, "base64", buf_slice(&bytes));
    json_object_close(&w);
    buf_clear(&bytes);
    return at < 0 || w.failed ? err_nomem(e, STAGE_IO, "reading a line") : 0;
}

static int put_argument(struct slice arg, bool json, struct buf *out, struct err *e)
{
    struct json_write w;
    int rc = 0;

    if (!json && slice_begins(arg, "hex:"))
        return put_hex(slice_from(arg, 4), out, e);
    json_write_init(&w, out);
    if (json)
        rc = buf_append_slice(out, arg);
    else
        json_text(&w, NULL, arg);
    return rc != 0 || w.failed ? err_nomem(e, STAGE_IO, "reading a line") : 0;
}

int typed_array(struct slice line, struct buf *out, struct err *e)
{
    const char *between = "[";
    struct slice arg;
    bool json;

    for (; typed_next(&line, &arg, &json); between = ",") {
        if (buf_append_str(out, between) != 0)
            return err_nomem(e, STAGE_IO, "reading a line");
        if (put_argument(arg, json, out, e) != 0)
            return -1;
    }
    return buf_append_str(out, between[0] == '[' ? "[]" : "]") == 0
               ? 0
               : err_nomem(e, STAGE_IO, "reading a line");
}

bool typed_file(struct slice *line, struct slice *before, struct slice *path)
{
    const uint8_t *start = line->data;
    struct slice arg;
    bool json;

    while (typed_next(line, &arg, &json)) {
        if (json || arg.len < 2 || arg.data[0] != '@')
            continue;
        *before = slice_make(start, (size_t)(arg.data - start));
        *path = slice_from(arg, 1);
        return true;
    }
    return false;
}

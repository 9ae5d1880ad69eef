#include "sink/elide.h"

#include "base/ascii.h"
#include "base/json_scan.h"
#include "sink/common.h"

/* A string that is no longer than its marker stays. */
#define SHORTEST 20

/* What the characters of a string are. */
struct shape {
    size_t digits; /* base64 digits */
    size_t padding;
    bool standard, url_safe; /* has characters of one alphabet alone */
    bool upper, decimal, beyond_hex;
};

/* The character at *i of a JSON string, which moves past it; -1: not ASCII. Encoders of JSON escape
 * some characters of base64: "\/", "\u002B". */
static int next_char(struct slice s, size_t *i)
{
    const uint8_t *at = s.data + *i;

    if (*at != '\\') {
        ++*i;
        return *at < 0x80 ? *at : -1;
    }
    if (at[1] == '/') {
        *i += 2;
        return '/';
    }
    if (at[1] != 'u' || at[2] != '0' || at[3] != '0')
        return -1;
    *i += 6;
    return hex_value(at[4]) << 4 | hex_value(at[5]);
}

static bool add_char(struct shape *shape, int c)
{
    if (c == '=')
        return ++shape->padding <= 2;
    if (shape->padding > 0)
        return false;
    shape->digits++;
    if (c == '+' || c == '/')
        shape->standard = true;
    else if (c == '-' || c == '_')
        shape->url_safe = true;
    else if (!is_letter_or_digit(c))
        return false;
    shape->decimal |= is_digit(c);
    shape->upper |= c >= 'A' && c <= 'Z';
    shape->beyond_hex |= !is_digit(c) && !(c >= 'A' && c <= 'F');
    return true;
}

static bool has_whole_bytes(const struct shape *shape)
{
    if (shape->padding > 0)
        return (shape->digits + shape->padding) % 4 == 0;
    return shape->digits % 4 != 1;
}

/* Hexadecimal digits and lower-case filler are made of the same characters. */
static bool looks_encoded(const struct shape *shape)
{
    return shape->upper && (shape->beyond_hex || !shape->decimal);
}

/* The length of "data:...;base64," at the front of a string, or 0. */
static size_t prefix_length(struct slice s)
{
    static const char first[] = "data:", last[] = ";base64";
    size_t n = sizeof last - 1;
    const uint8_t *comma;

    if (!slice_begins(s, first))
        return 0;
    comma = memchr(s.data, ',', s.len);
    if (!comma || (size_t)(comma - s.data) < sizeof first - 1 + n ||
        memcmp(comma - n, last, n) != 0)
        return 0;
    return (size_t)(comma - s.data) + 1;
}

/* The bytes that a string (without its quotes) encodes if it is to be shortened, else 0. */
static uint64_t encoded_size(struct slice s, size_t prefix, uint64_t longest)
{
    struct shape shape = {0};

    if (s.len <= longest || s.len - prefix <= SHORTEST)
        return 0;
    for (size_t i = prefix; i < s.len;) {
        int c = next_char(s, &i);

        if (c < 0 || !add_char(&shape, c))
            return 0;
    }
    if (prefix + shape.digits + shape.padding <= longest || (shape.standard && shape.url_safe) ||
        !has_whole_bytes(&shape) || (prefix == 0 && !looks_encoded(&shape)))
        return 0;
    return (uint64_t)shape.digits / 4 * 3 + shape.digits % 4 * 3 / 4;
}

static int put_marker(struct buf *out, uint64_t size, bool utf8)
{
    if (buf_append_str(out, utf8 ? "‹base64, " : "<base64, ") < 0 || common_size(out, size) < 0)
        return -1;
    return buf_append_str(out, utf8 ? "›" : ">");
}

int elide_json(struct buf *out, struct slice text, uint64_t longest, bool utf8)
{
    size_t had = out->len, from = 0;
    struct json_scan scan;
    enum json_token kind;
    struct slice token;

    if (longest == 0 || text.len <= longest || !memchr(text.data, '"', text.len))
        return 0;
    json_scan_init(&scan, text);
    while ((kind = json_scan_next(&scan, &token)) > JSON_END) {
        struct slice s = slice_inner(token);
        size_t prefix;
        uint64_t size;

        if (kind != JSON_STRING || s.len <= longest)
            continue;
        prefix = prefix_length(s);
        size = encoded_size(s, prefix, longest);
        if (size == 0)
            continue;
        if (buf_append(out, text.data + from, (size_t)(s.data + prefix - text.data) - from) < 0 ||
            put_marker(out, size, utf8) < 0) {
            out->len = had;
            return -1;
        }
        from = (size_t)(s.data + s.len - text.data);
    }
    if (kind == JSON_END && from > 0 && buf_append(out, text.data + from, text.len - from) == 0)
        return 1;
    out->len = had;
    return kind == JSON_END && from > 0 ? -1 : 0;
}

struct slice elide_shown(struct buf *scratch, struct slice text, uint64_t longest, bool utf8)
{
    if (longest == 0 || text.len <= longest)
        return text;
    buf_reset(scratch);
    return elide_json(scratch, text, longest, utf8) > 0 ? buf_slice(scratch) : text;
}

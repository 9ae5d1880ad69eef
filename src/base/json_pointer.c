#include "base/json_scan.h"

#include "base/decimal.h"

/* The four digits of a \u escape, known to be digits: letters have bit 6 set and begin at 1. */
static uint32_t read_unit(const uint8_t *digits)
{
    uint32_t value = 0;
    int i;

    for (i = 0; i < 4; i++)
        value = value << 4 | ((digits[i] & 15u) + (digits[i] >> 6) * 9u);
    return value;
}

static size_t put_utf8(uint8_t *out, uint32_t code)
{
    if (code < 0x80) {
        out[0] = (uint8_t)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (uint8_t)(0xC0 | code >> 6);
        out[1] = (uint8_t)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (uint8_t)(0xE0 | code >> 12);
        out[1] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
        out[2] = (uint8_t)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (uint8_t)(0xF0 | code >> 18);
    out[1] = (uint8_t)(0x80 | (code >> 12 & 0x3F));
    out[2] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
    out[3] = (uint8_t)(0x80 | (code & 0x3F));
    return 4;
}

static bool is_surrogate(uint32_t unit)
{
    return (unit & 0xF800) == 0xD800;
}

/* A \u escape at the front of n bytes: its bytes in out, **used how much of it was read. */
static size_t decode_unit(const uint8_t *bytes, size_t n, uint8_t out[4], size_t *used)
{
    uint32_t unit = read_unit(bytes + 2);
    uint32_t low = 0;

    *used = 6;
    if (!is_surrogate(unit))
        return put_utf8(out, unit);
    /* RFC 8259, section 7: a character beyond U+FFFF is a pair, high half first. */
    if (unit < 0xDC00 && n >= 12 && bytes[6] == '\\' && bytes[7] == 'u')
        low = read_unit(bytes + 8);
    if ((low & 0xFC00) != 0xDC00)
        return put_utf8(out, 0xFFFD);
    *used = 12;
    return put_utf8(out, 0x10000 + ((unit & 0x3FF) << 10) + (low & 0x3FF));
}

/* The escape at the front of n bytes of a valid string: its bytes in out, **used its length. */
static size_t decode_escape(const uint8_t *bytes, size_t n, uint8_t out[4], size_t *used)
{
    *used = 2;
    switch (bytes[1]) {
    case 'b':
        out[0] = '\b';
        return 1;
    case 'f':
        out[0] = '\f';
        return 1;
    case 'n':
        out[0] = '\n';
        return 1;
    case 'r':
        out[0] = '\r';
        return 1;
    case 't':
        out[0] = '\t';
        return 1;
    case 'u':
        return decode_unit(bytes, n, out, used);
    default:
        out[0] = bytes[1];
        return 1;
    }
}

static struct slice unquote(struct slice token)
{
    return slice_inner(token);
}

size_t json_string_decode(struct slice token, uint8_t *out)
{
    struct slice text = unquote(token);
    const uint8_t *escape;
    size_t done = 0;
    size_t at = 0;
    size_t run;
    size_t used;

    while (at < text.len) {
        escape = memchr(text.data + at, '\\', text.len - at);
        run = escape ? (size_t)(escape - text.data) - at : text.len - at;
        memcpy(out + done, text.data + at, run);
        done += run;
        at += run;
        if (escape) {
            done += decode_escape(escape, text.len - at, out + done, &used);
            at += used;
        }
    }
    return done;
}

bool json_pointer_valid(const char *pointer)
{
    if (*pointer != '\0' && *pointer != '/')
        return false;
    for (; *pointer; pointer++)
        if (*pointer == '~' && pointer[1] != '0' && pointer[1] != '1')
            return false;
    return true;
}

/* The reference token at the front of a pointer that begins with '/' (RFC 6901, section 3). */
static struct slice first_segment(const char *pointer)
{
    return slice_make(pointer + 1, strcspn(pointer + 1, "/"));
}

/* Take the next character of a segment: "~1" is '/', "~0" is '~' (RFC 6901, section 4). */
static uint8_t take_char(struct slice *segment)
{
    uint8_t c = segment->data[0];
    size_t used = 1;

    if (c == '~') {
        c = segment->data[1] == '0' ? '~' : '/';
        used = 2;
    }
    *segment = slice_make(segment->data + used, segment->len - used);
    return c;
}

/* Both sides decoded while they are compared, so that no memory is needed for either. */
static bool names_equal(struct slice key, struct slice segment)
{
    struct slice name = unquote(key);
    uint8_t bytes[4];
    size_t count;
    size_t used;
    size_t at;
    size_t i;

    if ((name.len == 0 || !memchr(name.data, '\\', name.len)) &&
        (segment.len == 0 || !memchr(segment.data, '~', segment.len)))
        return slice_equal(name, segment);
    for (at = 0; at < name.len; at += used) {
        used = count = 1;
        if (name.data[at] == '\\')
            count = decode_escape(name.data + at, name.len - at, bytes, &used);
        else
            bytes[0] = name.data[at];
        for (i = 0; i < count; i++)
            if (segment.len == 0 || take_char(&segment) != bytes[i])
                return false;
    }
    return segment.len == 0;
}

/* A segment as an array index: no sign, no leading zero (RFC 6901, section 4). "-" is the position
 * after the last element, where there is never a value. */
static bool read_index(struct slice segment, size_t *index)
{
    uint64_t value;

    if ((segment.len > 1 && segment.data[0] == '0') || !decimal_read(segment, SIZE_MAX, &value))
        return false;
    *index = (size_t)value;
    return true;
}

/* Inside an object: go to the value of the member that the segment names. 1 and its first token in
 * *kind and *token, 0: no such member, -1: not JSON. */
static int find_member(struct json_scan *s, struct slice segment, enum json_token *kind,
                       struct slice *token)
{
    struct slice key;
    enum json_token k;

    for (;;) {
        k = json_scan_next(s, &key);
        if (k == JSON_COMMA)
            k = json_scan_next(s, &key);
        if (k == JSON_OBJECT_CLOSE)
            return 0;
        if (k == JSON_ERROR || json_scan_next(s, token) == JSON_ERROR)
            return -1;
        *kind = json_scan_next(s, token);
        if (*kind == JSON_ERROR)
            return -1;
        if (names_equal(key, segment))
            return 1;
        if (json_scan_skip(s, *kind) < 0)
            return -1;
    }
}

/* Inside an array: as find_member. */
static int find_element(struct json_scan *s, struct slice segment, enum json_token *kind,
                        struct slice *token)
{
    size_t index = 0;
    bool named = read_index(segment, &index);

    for (;;) {
        *kind = json_scan_next(s, token);
        if (*kind == JSON_COMMA)
            *kind = json_scan_next(s, token);
        if (*kind == JSON_ERROR)
            return -1;
        if (*kind == JSON_ARRAY_CLOSE)
            return 0;
        if (named && index-- == 0)
            return 1;
        if (json_scan_skip(s, *kind) < 0)
            return -1;
    }
}

int json_pointer_get(struct slice text, const char *pointer, struct slice *value)
{
    bool whole = *pointer == '\0';
    struct json_scan s;
    struct slice segment;
    struct slice token;
    enum json_token kind;
    const uint8_t *begin;
    size_t end;
    int found = 1;

    if (!json_pointer_valid(pointer))
        return 0;
    json_scan_init(&s, text);
    kind = json_scan_next(&s, &token);
    for (; *pointer && found > 0; pointer += 1 + segment.len) {
        segment = first_segment(pointer);
        if (kind == JSON_OBJECT_OPEN)
            found = find_member(&s, segment, &kind, &token);
        else if (kind == JSON_ARRAY_OPEN)
            found = find_element(&s, segment, &kind, &token);
        else
            found = kind == JSON_ERROR ? -1 : 0;
    }
    if (found <= 0)
        return found;

    begin = token.data;
    if (kind == JSON_ERROR || json_scan_skip(&s, kind) < 0)
        return -1;
    end = s.pos;
    /* The text after it may show that it is not a value ("01", "1x"). If the text just ends, it may
     * be the first part of a longer one; of the whole text nothing is omitted. */
    kind = json_scan_next(&s, &token);
    if (whole ? kind != JSON_END : kind == JSON_ERROR && s.pos < text.len)
        return -1;
    *value = slice_make(begin, (size_t)(text.data + end - begin));
    return 1;
}

/*
 * Any bytes: the scan ends, its tokens are slices in order with nothing but blanks between, string
 * tokens decode into no more than their own length, pointers find what the scan finds, and the
 * verdict is that of a reader that descends recursively and shares no code with the scan.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/json_scan.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A plain recursive reader: each function returns where what it reads ends, or NULL. */
struct reader {
    const uint8_t *end;
    unsigned depth;
};

static const uint8_t *read_value(struct reader *r, const uint8_t *p);

static const uint8_t *skip_blanks(const struct reader *r, const uint8_t *p)
{
    while (p < r->end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
        p++;
    return p;
}

static const uint8_t *read_string(const struct reader *r, const uint8_t *p)
{
    const uint8_t *begin = p;

    if (p == r->end || *p++ != '"')
        return NULL;
    while (p < r->end && *p != '"') {
        if (*p < 0x20)
            return NULL;
        if (*p++ != '\\')
            continue;
        if (p == r->end)
            return NULL;
        if (*p == 'u') {
            for (int i = 1; i <= 4; i++) {
                if (p + i >= r->end)
                    return NULL;
                if (!(p[i] >= '0' && p[i] <= '9') &&
                    !((p[i] | 0x20) >= 'a' && (p[i] | 0x20) <= 'f'))
                    return NULL;
            }
            p += 4;
        } else if (*p != '"' && *p != '\\' && *p != '/' && *p != 'b' && *p != 'f' && *p != 'n' &&
                   *p != 'r' && *p != 't') {
            return NULL;
        }
        p++;
    }
    if (p == r->end || !utf8_valid(begin, (size_t)(p - begin)))
        return NULL;
    return p + 1;
}

static const uint8_t *read_digits(const struct reader *r, const uint8_t *p)
{
    const uint8_t *begin = p;

    while (p < r->end && *p >= '0' && *p <= '9')
        p++;
    return p == begin ? NULL : p;
}

static const uint8_t *read_number(const struct reader *r, const uint8_t *p)
{
    if (p < r->end && *p == '-')
        p++;
    if (p < r->end && *p == '0')
        p++;
    else
        p = read_digits(r, p);
    if (p && p < r->end && *p == '.')
        p = read_digits(r, p + 1);
    if (p && p < r->end && (*p | 0x20) == 'e') {
        p++;
        if (p < r->end && (*p == '+' || *p == '-'))
            p++;
        p = read_digits(r, p);
    }
    return p;
}

static const uint8_t *read_items(struct reader *r, const uint8_t *p, bool object)
{
    uint8_t close = object ? '}' : ']';

    if (++r->depth > JSON_DEPTH_MAX)
        return NULL;
    p = skip_blanks(r, p);
    if (p < r->end && *p == close)
        goto out;
    for (;;) {
        if (object) {
            p = read_string(r, skip_blanks(r, p));
            if (!p)
                return NULL;
            p = skip_blanks(r, p);
            if (p == r->end || *p++ != ':')
                return NULL;
        }
        p = read_value(r, p);
        if (!p)
            return NULL;
        p = skip_blanks(r, p);
        if (p == r->end)
            return NULL;
        if (*p == close)
            goto out;
        if (*p++ != ',')
            return NULL;
    }
out:
    r->depth--;
    return p + 1;
}

static const uint8_t *read_word(const struct reader *r, const uint8_t *p, const char *word)
{
    size_t n = strlen(word);

    return (size_t)(r->end - p) >= n && memcmp(p, word, n) == 0 ? p + n : NULL;
}

static const uint8_t *read_value(struct reader *r, const uint8_t *p)
{
    p = skip_blanks(r, p);
    if (p == r->end)
        return NULL;
    switch (*p) {
    case '{':
    case '[':
        return read_items(r, p + 1, *p == '{');
    case '"':
        return read_string(r, p);
    case 't':
        return read_word(r, p, "true");
    case 'f':
        return read_word(r, p, "false");
    case 'n':
        return read_word(r, p, "null");
    default:
        return read_number(r, p);
    }
}

static bool is_json(const uint8_t *data, size_t size)
{
    struct reader r = {slice_end(slice_make(data, size)), 0};
    const uint8_t *p = read_value(&r, data);

    return p && skip_blanks(&r, p) == r.end;
}

static void check_string(struct slice token)
{
    uint8_t *out = malloc(token.len);
    size_t n;

    assert(out);
    n = json_string_decode(token, out);
    assert(n <= token.len - 2);
    assert(utf8_valid(out, n));
    free(out);
}

static enum json_token check_tokens(struct slice text)
{
    struct json_scan s;
    struct slice token;
    enum json_token kind;
    size_t last = 0;

    json_scan_init(&s, text);
    for (;;) {
        kind = json_scan_next(&s, &token);
        assert(s.pos <= text.len && s.depth <= JSON_DEPTH_MAX);
        if (kind <= JSON_END)
            break;
        assert(token.len > 0 && token.data + token.len == text.data + s.pos);
        for (; text.data + last < token.data; last++)
            assert(strchr(" \t\r\n", text.data[last]) && text.data[last]);
        last = s.pos;
        if (kind == JSON_KEY || kind == JSON_STRING)
            check_string(token);
    }
    assert(token.len == 0);
    return kind;
}

/* Each member name of the outermost object, escaped as a pointer, leads to a value. */
static void check_pointers(struct slice text)
{
    struct json_scan s;
    struct slice token;
    struct slice value;
    enum json_token kind;

    assert(json_pointer_get(text, "", &value) == 1);
    json_scan_init(&s, text);
    do {
        kind = json_scan_next(&s, &token);
        if (kind == JSON_KEY && s.depth == 1) {
            uint8_t *name = malloc(token.len);
            char *pointer = malloc(2 * token.len + 2);
            size_t n = 0;
            size_t len;

            assert(name && pointer);
            len = json_string_decode(token, name);
            pointer[n++] = '/';
            for (size_t i = 0; i < len; i++) {
                bool escaped = name[i] == '~' || name[i] == '/';

                if (escaped)
                    pointer[n++] = '~';
                pointer[n++] = (char)(!escaped ? name[i] : name[i] == '~' ? '0' : '1');
            }
            pointer[n] = '\0';
            if (!memchr(name, 0, len)) {
                assert(json_pointer_valid(pointer));
                assert(json_pointer_get(text, pointer, &value) == 1);
                assert(json_valid(value));
            }
            free(name);
            free(pointer);
        }
    } while (kind > JSON_END);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_make(data, size);
    struct slice value = slice_make(NULL, 0);
    bool valid = check_tokens(text) == JSON_END;
    int found;

    assert(valid == json_valid(text));
    assert(valid == is_json(data, size));
    found = json_pointer_get(text, "/a/0", &value);
    assert(found >= -1 && found <= 1);
    if (found == 1)
        assert(value.data >= data && value.data + value.len <= data + size && json_valid(value));
    if (valid) {
        assert(found >= 0);
        check_pointers(text);
    }
    return 0;
}

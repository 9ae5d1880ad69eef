#include "base/json_scan.h"

#include "base/ascii.h"
#include "base/utf8.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* What the grammar of RFC 8259 allows next. */
enum {
    WANT_VALUE = 0,
    WANT_KEY_OR_CLOSE,   /* after '{' */
    WANT_KEY,            /* after a comma in an object */
    WANT_COLON,          /* after a member name */
    WANT_VALUE_OR_CLOSE, /* after '[' */
    WANT_COMMA_OR_CLOSE, /* after a value inside an object or array */
    WANT_END,            /* after the outermost value */
    BROKEN
};

void json_scan_init(struct json_scan *s, struct slice text)
{
    /* The stack is written before it is read, level by level. */
    s->text = text;
    s->pos = 0;
    s->depth = 0;
    s->too_deep = false;
    s->state = WANT_VALUE;
}

static bool in_object(const struct json_scan *s)
{
    unsigned level = s->depth - 1;

    return s->stack[level / 8] >> (level % 8) & 1;
}

static bool push(struct json_scan *s, bool object)
{
    unsigned level = s->depth;
    uint8_t bit = (uint8_t)(1u << (level % 8));

    if (level == JSON_DEPTH_MAX)
        return false;
    if (object)
        s->stack[level / 8] |= bit;
    else
        s->stack[level / 8] &= (uint8_t)~bit;
    s->depth++;
    return true;
}

static void value_done(struct json_scan *s)
{
    s->state = s->depth == 0 ? WANT_END : WANT_COMMA_OR_CLOSE;
}

static enum json_token fail(struct json_scan *s, size_t at)
{
    s->pos = at;
    s->state = BROKEN;
    return JSON_ERROR;
}

static bool digit_at(const struct json_scan *s, size_t at)
{
    return at < s->text.len && is_digit(s->text.data[at]);
}

static size_t skip_digits(const struct json_scan *s, size_t at)
{
    while (digit_at(s, at))
        at++;
    return at;
}

static bool is_byte(const struct json_scan *s, size_t at, char byte)
{
    return at < s->text.len && s->text.data[at] == (uint8_t)byte;
}

/* RFC 8259, section 6. */
static enum json_token read_number(struct json_scan *s)
{
    size_t at = s->pos;

    if (is_byte(s, at, '-'))
        at++;
    if (!digit_at(s, at))
        return fail(s, at);
    /* A leading zero is a whole integer; the grammar allows no digit after it. */
    at = is_byte(s, at, '0') ? at + 1 : skip_digits(s, at);
    if (is_byte(s, at, '.')) {
        if (!digit_at(s, ++at))
            return fail(s, at);
        at = skip_digits(s, at);
    }
    if (is_byte(s, at, 'e') || is_byte(s, at, 'E')) {
        at++;
        if (is_byte(s, at, '+') || is_byte(s, at, '-'))
            at++;
        if (!digit_at(s, at))
            return fail(s, at);
        at = skip_digits(s, at);
    }
    s->pos = at;
    value_done(s);
    return JSON_NUMBER;
}

/* RFC 8259, section 3. */
static enum json_token read_word(struct json_scan *s, const char *word, enum json_token token)
{
    size_t at = s->pos;

    for (; *word; word++, at++)
        if (!is_byte(s, at, *word))
            return fail(s, at);
    s->pos = at;
    value_done(s);
    return token;
}

#ifdef __SSE2__

/* A bit for each of 16 bytes that is a quote, a backslash, DEL or a C0 control. */
static inline unsigned special_16(const uint8_t *p)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i c0_most = _mm_set1_epi8(0x1F);
    __m128i found = _mm_cmpeq_epi8(_mm_min_epu8(bytes, c0_most), bytes);

    found = _mm_or_si128(found, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')));
    found = _mm_or_si128(found, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
    found = _mm_or_si128(found, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7F)));
    return (unsigned)_mm_movemask_epi8(found);
}

static size_t skip_plain(const uint8_t *bytes, size_t n)
{
    size_t i;
    unsigned found;

    for (i = 0; n - i >= 16; i += 16) {
        found = special_16(bytes + i);
        if (found)
            return i + (size_t)__builtin_ctz(found);
    }
    return i;
}

#else

#define EACH_BYTE(value) (UINT64_C(0x0101010101010101) * (value))

/* The top bit of each byte that is zero in `word`; bytes above the lowest such one may be wrong,
 * which only makes the caller check again. */
static inline uint64_t zero_bytes(uint64_t word)
{
    return (word - EACH_BYTE(0x01)) & ~word & EACH_BYTE(0x80);
}

static size_t skip_plain(const uint8_t *bytes, size_t n)
{
    size_t i;
    uint64_t word;
    uint64_t found;

    for (i = 0; n - i >= sizeof word; i += sizeof word) {
        memcpy(&word, bytes + i, sizeof word);
        found = (word - EACH_BYTE(0x20)) & ~word & EACH_BYTE(0x80);
        found |= zero_bytes(word ^ EACH_BYTE('"')) | zero_bytes(word ^ EACH_BYTE('\\')) |
                 zero_bytes(word ^ EACH_BYTE(0x7F));
        if (found)
            break;
    }
    return i;
}

#endif

size_t json_plain_run(const uint8_t *bytes, size_t n)
{
    size_t i = skip_plain(bytes, n);

    while (i < n && bytes[i] >= 0x20 && bytes[i] != '"' && bytes[i] != '\\' && bytes[i] != 0x7F)
        i++;
    return i;
}

/* Where the escape that begins (with its backslash) at `at` ends, or SIZE_MAX with *at at the byte
 * that is none of RFC 8259, section 7. */
static size_t escape_end(struct slice text, size_t *at)
{
    size_t i = *at + 1;
    size_t end = i + 5;

    if (i < text.len && text.data[i] == 'u') {
        for (i++; i < end && i < text.len && hex_value(text.data[i]) >= 0; i++)
            ;
        if (i == end)
            return i;
    } else if (i < text.len && text.data[i] != '\0' && strchr("\"\\/bfnrt", text.data[i])) {
        return i + 1;
    }
    *at = i;
    return SIZE_MAX;
}

/* The end of a string that begins (after its quote) at *at: true, and *at is at the closing quote;
 * or false, and *at is where it can't go on. */
static bool find_quote(struct slice text, size_t *at)
{
    const uint8_t *data = text.data;
    size_t end;

    for (;;) {
        *at += json_plain_run(data + *at, text.len - *at);
        if (*at == text.len || data[*at] < 0x20)
            return false;
        if (data[*at] == '"')
            return true;
        if (data[*at] != '\\') {
            ++*at;
            continue;
        }
        end = escape_end(text, at);
        if (end == SIZE_MAX)
            return false;
        *at = end;
    }
}

/* RFC 8259, section 7; the bytes must be UTF-8 by section 8.1. */
static enum json_token read_string(struct json_scan *s, enum json_token token)
{
    size_t begin = s->pos + 1;
    size_t at = begin;
    bool closed = find_quote(s->text, &at);
    struct utf8 u = {0};
    size_t good = utf8_check(&u, s->text.data + begin, at - begin);

    /* What comes first in the text is reported first. A character cut off by the string's end is
     * reported at that end. */
    if (good < at - begin)
        return fail(s, begin + good);
    if (!closed || !utf8_complete(&u))
        return fail(s, at);
    s->pos = at + 1;
    if (token == JSON_KEY)
        s->state = WANT_COLON;
    else
        value_done(s);
    return token;
}

static enum json_token open_level(struct json_scan *s, bool object)
{
    if (!push(s, object)) {
        s->too_deep = true;
        return fail(s, s->pos);
    }
    s->pos++;
    s->state = object ? WANT_KEY_OR_CLOSE : WANT_VALUE_OR_CLOSE;
    return object ? JSON_OBJECT_OPEN : JSON_ARRAY_OPEN;
}

static enum json_token close_level(struct json_scan *s)
{
    bool object = in_object(s);

    if (!is_byte(s, s->pos, object ? '}' : ']'))
        return fail(s, s->pos);
    s->pos++;
    s->depth--;
    value_done(s);
    return object ? JSON_OBJECT_CLOSE : JSON_ARRAY_CLOSE;
}

static enum json_token read_value(struct json_scan *s)
{
    switch (s->text.data[s->pos]) {
    case '{':
        return open_level(s, true);
    case '[':
        return open_level(s, false);
    case '"':
        return read_string(s, JSON_STRING);
    case 't':
        return read_word(s, "true", JSON_TRUE);
    case 'f':
        return read_word(s, "false", JSON_FALSE);
    case 'n':
        return read_word(s, "null", JSON_NULL);
    default:
        return read_number(s);
    }
}

static enum json_token read_key(struct json_scan *s)
{
    if (!is_byte(s, s->pos, '"'))
        return fail(s, s->pos);
    return read_string(s, JSON_KEY);
}

static enum json_token read_mark(struct json_scan *s, char mark, uint8_t next,
                                 enum json_token token)
{
    if (!is_byte(s, s->pos, mark))
        return fail(s, s->pos);
    s->pos++;
    s->state = next;
    return token;
}

/* The token at pos, where there is a byte that is not a blank. */
static enum json_token read_token(struct json_scan *s)
{
    switch (s->state) {
    case WANT_VALUE:
        return read_value(s);
    case WANT_VALUE_OR_CLOSE:
        return is_byte(s, s->pos, ']') ? close_level(s) : read_value(s);
    case WANT_KEY_OR_CLOSE:
        return is_byte(s, s->pos, '}') ? close_level(s) : read_key(s);
    case WANT_KEY:
        return read_key(s);
    case WANT_COLON:
        return read_mark(s, ':', WANT_VALUE, JSON_COLON);
    case WANT_COMMA_OR_CLOSE:
        if (is_byte(s, s->pos, ','))
            return read_mark(s, ',', in_object(s) ? WANT_KEY : WANT_VALUE, JSON_COMMA);
        return close_level(s);
    default:
        return fail(s, s->pos);
    }
}

enum json_token json_scan_next(struct json_scan *s, struct slice *token)
{
    const uint8_t *data = s->text.data;
    enum json_token kind;
    size_t begin;

    *token = slice_make(NULL, 0);
    if (s->state == BROKEN)
        return JSON_ERROR;
    while (s->pos < s->text.len && (data[s->pos] == ' ' || data[s->pos] == '\t' ||
                                    data[s->pos] == '\n' || data[s->pos] == '\r'))
        s->pos++;
    if (s->pos == s->text.len)
        return s->state == WANT_END ? JSON_END : fail(s, s->pos);
    begin = s->pos;
    kind = read_token(s);
    if (kind != JSON_ERROR)
        *token = slice_make(data + begin, s->pos - begin);
    return kind;
}

/* Past the value at pos, which opens a level that the stack has no room for. 0 or -1. */
static int skip_deep(struct json_scan *s)
{
    size_t at = s->pos, open = 0;

    do {
        if (at == s->text.len)
            return -1;
        switch (s->text.data[at++]) {
        case '{':
        case '[':
            open++;
            break;
        case '}':
        case ']':
            open--;
            break;
        case '"':
            if (!find_quote(s->text, &at))
                return -1;
            at++;
            break;
        default:
            break;
        }
    } while (open > 0);
    s->pos = at;
    s->too_deep = false;
    value_done(s);
    return 0;
}

int json_scan_skip(struct json_scan *s, enum json_token kind)
{
    struct slice token;
    unsigned outside;

    if (kind != JSON_OBJECT_OPEN && kind != JSON_ARRAY_OPEN)
        return 0;
    outside = s->depth - 1;
    while (s->depth > outside)
        if (json_scan_next(s, &token) == JSON_ERROR && (!s->too_deep || skip_deep(s) < 0))
            return -1;
    return 0;
}

bool json_valid(struct slice text)
{
    struct json_scan s;
    struct slice token;
    enum json_token kind;

    json_scan_init(&s, text);
    do
        kind = json_scan_next(&s, &token);
    while (kind > JSON_END);
    return kind == JSON_END;
}

#include "base/json_write.h"

#include <math.h>
#include <stdio.h>

#include "base/codec.h"
#include "base/decimal_put.h"
#include "base/json_scan.h"
#include "base/utf8.h"

void json_write_init(struct json_write *w, struct buf *out)
{
    *w = (struct json_write){.out = out};
}

/* Where n more bytes can be written, or NULL once memory ran out. */
static inline uint8_t *room(struct json_write *w, size_t n)
{
    uint8_t *to;

    if (w->failed)
        return NULL;
    if (w->out->data && n <= buf_room(w->out))
        return w->out->data + w->out->start + w->out->len;
    to = buf_reserve(w->out, n);
    if (!to)
        w->failed = true;
    return to;
}

/* The content now ends before `end`. */
static inline void written(struct json_write *w, const uint8_t *end)
{
    w->out->len = (size_t)(end - w->out->data) - w->out->start;
}

/* The comma and the member name before a value of at most n bytes; where to write it, or NULL. */
static inline uint8_t *begin_value(struct json_write *w, const char *key, size_t n)
{
    size_t key_len = key ? strlen(key) : 0;
    uint8_t *to = room(w, key_len + sizeof ",\"\":" - 1 + n);

    if (!to)
        return NULL;
    if (w->comma)
        *to++ = ',';
    if (key) {
        *to++ = '"';
        memcpy(to, key, key_len);
        to += key_len;
        *to++ = '"';
        *to++ = ':';
    }
    w->comma = true;
    return to;
}

static void open_level(struct json_write *w, const char *key, uint8_t mark)
{
    uint8_t *to = begin_value(w, key, 1);

    if (!to)
        return;
    *to++ = mark;
    written(w, to);
    w->comma = false;
    w->depth++;
}

static void close_level(struct json_write *w, uint8_t mark)
{
    uint8_t *to = room(w, 1);

    if (!to)
        return;
    *to++ = mark;
    written(w, to);
    if (w->depth > 0)
        w->depth--;
    /* Outermost values have no comma before them. */
    w->comma = w->depth > 0;
}

void json_object_open(struct json_write *w, const char *key)
{
    open_level(w, key, '{');
}

void json_object_close(struct json_write *w)
{
    close_level(w, '}');
}

void json_array_open(struct json_write *w, const char *key)
{
    open_level(w, key, '[');
}

void json_array_close(struct json_write *w)
{
    close_level(w, ']');
}

/* A word that needs no quotes or escapes. */
static inline void put_word(struct json_write *w, const char *key, const char *word, size_t n)
{
    uint8_t *to = begin_value(w, key, n);

    if (!to)
        return;
    memcpy(to, word, n);
    written(w, to + n);
}

void json_bool(struct json_write *w, const char *key, bool truth)
{
    if (truth)
        put_word(w, key, "true", 4);
    else
        put_word(w, key, "false", 5);
}

void json_null(struct json_write *w, const char *key)
{
    put_word(w, key, "null", 4);
}

/* The letter after the backslash for each byte that must be escaped (RFC 8259, section 7), 'u'
 * where there is no short form. */
static inline uint8_t escape_letter(uint8_t byte)
{
    switch (byte) {
    case '"':
    case '\\':
        return byte;
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return 'u';
    }
}

static inline uint8_t *put_escape(uint8_t *to, uint8_t byte)
{
    static const char digits[] = "0123456789abcdef";

    *to++ = '\\';
    *to = escape_letter(byte);
    if (*to++ == 'u') {
        *to++ = '0';
        *to++ = '0';
        *to++ = (uint8_t)digits[byte >> 4];
        *to++ = (uint8_t)digits[byte & 15];
    }
    return to;
}

/* How many bytes the escapes add to a text. */
static size_t count_escapes(struct slice text, size_t at)
{
    size_t more = 0;

    while (at < text.len) {
        more += escape_letter(text.data[at]) == 'u' ? 5 : 1;
        at++;
        at += json_plain_run(text.data + at, text.len - at);
    }
    return more;
}

/* The text between the quotes; `plain` bytes at its front are known to need no escape. There is
 * room for it. */
static uint8_t *put_escaped(uint8_t *to, struct slice text, size_t plain)
{
    size_t at = 0;

    for (;;) {
        memcpy(to, text.data + at, plain);
        to += plain;
        at += plain;
        if (at == text.len)
            return to;
        to = put_escape(to, text.data[at++]);
        plain = json_plain_run(text.data + at, text.len - at);
    }
}

void json_text(struct json_write *w, const char *key, struct slice text)
{
    size_t plain = json_plain_run(text.data, text.len);
    size_t size = text.len + 2;
    uint8_t *to;

    if (plain < text.len)
        size += count_escapes(text, plain);
    to = begin_value(w, key, size);
    if (!to)
        return;
    *to++ = '"';
    if (text.len > 0)
        to = put_escaped(to, text, plain);
    *to++ = '"';
    written(w, to);
}

void json_string(struct json_write *w, const char *key, const char *text)
{
    if (text)
        json_text(w, key, slice_str(text));
    else
        json_null(w, key);
}

void json_raw(struct json_write *w, const char *key, struct slice value)
{
    uint8_t *to = begin_value(w, key, value.len);

    if (!to)
        return;
    if (value.len > 0)
        memcpy(to, value.data, value.len);
    written(w, to + value.len);
}

void json_member(struct json_write *w, struct slice name, struct slice text)
{
    uint8_t *to;

    json_text(w, NULL, name);
    to = room(w, 1);
    if (!to)
        return;
    *to++ = ':';
    written(w, to);
    w->comma = false;
    json_text(w, NULL, text);
}

/* A piece of a string whose quotes are put by the caller. */
static void put_piece(struct json_write *w, const uint8_t *bytes, size_t n)
{
    struct slice text = slice_make(bytes, n);
    size_t plain = json_plain_run(bytes, n);
    uint8_t *to = room(w, n + count_escapes(text, plain));

    if (to)
        written(w, put_escaped(to, text, plain));
}

/* U+0080 to U+00FF, the character of the byte in Latin-1. */
static void put_latin1(struct json_write *w, uint8_t byte)
{
    uint8_t *to = room(w, 2);

    if (!to)
        return;
    to[0] = (uint8_t)(0xC0 | byte >> 6);
    to[1] = (uint8_t)(0x80 | (byte & 0x3F));
    written(w, to + 2);
}

/* The quote that begins (with its member name) or ends a string. */
static void open_quote(struct json_write *w, const char *key)
{
    put_word(w, key, "\"", 1);
}

static void close_quote(struct json_write *w)
{
    uint8_t *to = room(w, 1);

    if (!to)
        return;
    *to++ = '"';
    written(w, to);
}

void json_latin1(struct json_write *w, const char *key, struct slice bytes)
{
    size_t at = 0;
    size_t end;
    uint32_t code;
    int length;

    if (utf8_valid(bytes.data, bytes.len)) {
        json_text(w, key, bytes);
        return;
    }
    open_quote(w, key);
    while (at < bytes.len) {
        length = 0;
        for (end = at; end < bytes.len; end += (size_t)length) {
            length = utf8_decode(bytes.data + end, bytes.len - end, &code);
            if (length < 0)
                break;
        }
        put_piece(w, bytes.data + at, end - at);
        for (at = end; length < 0; length++)
            put_latin1(w, bytes.data[at++]);
    }
    close_quote(w);
}

void json_base64(struct json_write *w, const char *key, struct slice bytes)
{
    open_quote(w, key);
    if (!w->failed && base64_encode(w->out, bytes) < 0)
        w->failed = true;
    close_quote(w);
}

void json_payload(struct json_write *w, const char *key, struct slice bytes)
{
    if (utf8_valid(bytes.data, bytes.len))
        json_text(w, key, bytes);
    else
        json_base64(w, "base64", bytes);
}

void json_u64(struct json_write *w, const char *key, uint64_t number)
{
    uint8_t *to = begin_value(w, key, DECIMAL_MOST);

    if (to)
        written(w, decimal_put(to, number));
}

void json_i64(struct json_write *w, const char *key, int64_t number)
{
    uint8_t *to = begin_value(w, key, 1 + DECIMAL_MOST);

    if (!to)
        return;
    if (number < 0)
        *to++ = '-';
    written(w, decimal_put(to, number < 0 ? 0 - (uint64_t)number : (uint64_t)number));
}

void json_double(struct json_write *w, const char *key, double number, int digits)
{
    char text[352]; /* DBL_MAX has 309 digits before the point */
    uint8_t *to;
    int len;

    if (!isfinite(number)) {
        json_null(w, key);
        return;
    }
    len = snprintf(text, sizeof text, "%.*f", digits, number);
    to = begin_value(w, key, (size_t)len);
    if (!to)
        return;
    memcpy(to, text, (size_t)len);
    written(w, to + len);
}

void json_ms(struct json_write *w, const char *key, uint64_t microseconds)
{
    uint8_t *to = begin_value(w, key, DECIMAL_MOST + 4);

    if (!to)
        return;
    to = decimal_put(to, microseconds / 1000);
    *to++ = '.';
    written(w, decimal_put_3(to, (unsigned)(microseconds % 1000)));
}

void json_seconds(struct json_write *w, const char *key, uint64_t microseconds)
{
    uint8_t *to = begin_value(w, key, DECIMAL_MOST + 7);

    if (!to)
        return;
    to = decimal_put(to, microseconds / 1000000);
    *to++ = '.';
    written(w, decimal_put_6(to, (unsigned)(microseconds % 1000000)));
}

/* 0000-01-01T00:00:00 and 9999-12-31T23:59:59 in seconds since 1970: RFC 3339, section 5.6 has four
 * digits for the year. */
#define SECOND_FIRST INT64_C(-62167219200)
#define SECOND_LAST  INT64_C(253402300799)
#define DAY          86400u
/* Days from 0000-03-01 to 0000-01-01 plus one whole cycle of 400 years, so that counts of days stay
 * positive and every year begins in March, with the leap day at its end. */
#define CYCLE_DAYS   146097u
#define MARCH_OFFSET 60u

/* "YYYY-MM-DD" of the day `days` after 0000-01-01 in the Gregorian calendar. */
static uint8_t *put_date(uint8_t *to, unsigned days)
{
    unsigned since = days + CYCLE_DAYS - MARCH_OFFSET;
    unsigned cycle = since / CYCLE_DAYS;
    unsigned day = since % CYCLE_DAYS;
    /* Years in the cycle: every 4th has a day more, not every 100th, and the 400th again. */
    unsigned year = (day - day / 1460 + day / 36524 - day / (CYCLE_DAYS - 1)) / 365;
    unsigned in_year = day - (365 * year + year / 4 - year / 100);
    /* From March on, the months' lengths repeat every five months of 153 days. */
    unsigned month = (5 * in_year + 2) / 153;
    unsigned in_month = in_year - (153 * month + 2) / 5;

    month = month < 10 ? month + 3 : month - 9;
    year = year + 400 * cycle - 400 + (month <= 2);
    to = decimal_put_2(to, year / 100);
    to = decimal_put_2(to, year % 100);
    *to++ = '-';
    to = decimal_put_2(to, month);
    *to++ = '-';
    return decimal_put_2(to, in_month + 1);
}

void json_time(struct json_write *w, const char *key, int64_t microseconds)
{
    uint8_t *to = begin_value(w, key, sizeof "\"YYYY-MM-DDTHH:MM:SS.UUUUUUZ\"" - 1);
    int64_t second = microseconds / 1000000;
    int64_t part = microseconds % 1000000;
    uint64_t since;
    unsigned clock;

    if (!to)
        return;
    if (part < 0) {
        part += 1000000;
        second--;
    }
    if (second < SECOND_FIRST) {
        second = SECOND_FIRST;
        part = 0;
    } else if (second > SECOND_LAST) {
        second = SECOND_LAST;
        part = 999999;
    }
    since = (uint64_t)(second - SECOND_FIRST);
    clock = (unsigned)(since % DAY);
    *to++ = '"';
    to = put_date(to, (unsigned)(since / DAY));
    *to++ = 'T';
    to = decimal_put_2(to, clock / 3600);
    *to++ = ':';
    to = decimal_put_2(to, clock / 60 % 60);
    *to++ = ':';
    to = decimal_put_2(to, clock % 60);
    *to++ = '.';
    to = decimal_put_6(to, (unsigned)part);
    *to++ = 'Z';
    *to++ = '"';
    written(w, to);
}

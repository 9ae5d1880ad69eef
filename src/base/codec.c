#include "base/codec.h"

#include <endian.h>
#include <inttypes.h>
#include <stdio.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/ascii.h"
#include "base/blank.h"
#include "base/decimal.h"

/* In the tables of values: not a digit. All values are smaller, so that those of several digits can
 * be or-ed and checked at once. */
#define NO_DIGIT 0x80

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* clang-format off */
static const uint8_t base64_values[256] = {
    [0 ... '+' - 1] = NO_DIGIT,
    ['+'] = 62,
    ['+' + 1 ... '/' - 1] = NO_DIGIT,
    ['/'] = 63,
    ['0'] = 52, 53, 54, 55, 56, 57, 58, 59, 60, 61,
    ['9' + 1 ... 'A' - 1] = NO_DIGIT,
    ['A'] = 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12,
    ['N'] = 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
    ['Z' + 1 ... 'a' - 1] = NO_DIGIT,
    ['a'] = 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38,
    ['n'] = 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51,
    ['z' + 1 ... 255] = NO_DIGIT,
};

static const uint8_t hex_values[256] = {
    [0 ... '0' - 1] = NO_DIGIT,
    ['0'] = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
    ['9' + 1 ... 'A' - 1] = NO_DIGIT,
    ['A'] = 10, 11, 12, 13, 14, 15,
    ['F' + 1 ... 'a' - 1] = NO_DIGIT,
    ['a'] = 10, 11, 12, 13, 14, 15,
    ['f' + 1 ... 255] = NO_DIGIT,
};
/* clang-format on */

/* The four digits of 24 bits. */
static inline void put_group(uint8_t *to, uint32_t bits)
{
    to[0] = (uint8_t)base64_digits[bits >> 18 & 63];
    to[1] = (uint8_t)base64_digits[bits >> 12 & 63];
    to[2] = (uint8_t)base64_digits[bits >> 6 & 63];
    to[3] = (uint8_t)base64_digits[bits & 63];
}

int base64_encode(struct buf *out, struct slice bytes)
{
    const uint8_t *from = bytes.data;
    size_t left = bytes.len;
    size_t groups = left / 3 + (left % 3 != 0);
    uint8_t *to;
    uint64_t word;

    if (groups == 0)
        return 0;
    if (groups > SIZE_MAX / 4)
        return -1;
    to = buf_reserve(out, groups * 4);
    if (!to)
        return -1;
    while (left >= sizeof word) {
        memcpy(&word, from, sizeof word);
        word = be64toh(word);
        put_group(to, (uint32_t)(word >> 40));
        put_group(to + 4, (uint32_t)(word >> 16) & 0xFFFFFF);
        from += 6;
        left -= 6;
        to += 8;
    }
    for (; left >= 3; from += 3, left -= 3, to += 4)
        put_group(to, (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2]);
    if (left > 0) {
        /* RFC 4648, section 4: missing bits are zero, missing digits are '='. */
        put_group(to, (uint32_t)from[0] << 16 | (left == 2 ? (uint32_t)from[1] << 8 : 0));
        to[3] = '=';
        if (left == 1)
            to[2] = '=';
    }
    buf_filled(out, groups * 4);
    return 0;
}

static inline unsigned base64_value(uint8_t digit)
{
    return base64_values[digit];
}

/* Whole groups of four digits, until one contains anything else. Returns the bytes read. */
static size_t read_groups(const uint8_t *from, size_t n, uint8_t *to)
{
    size_t i;

    for (i = 0; n - i >= 4; i += 4, to += 3) {
        unsigned a = base64_value(from[i]);
        unsigned b = base64_value(from[i + 1]);
        unsigned c = base64_value(from[i + 2]);
        unsigned d = base64_value(from[i + 3]);

        if ((a | b | c | d) & NO_DIGIT)
            break;
        to[0] = (uint8_t)(a << 2 | b >> 4);
        to[1] = (uint8_t)(b << 4 | c >> 2);
        to[2] = (uint8_t)(c << 6 | d);
    }
    return i;
}

/* The group that read_groups stopped at, which must be the last one and padded. Returns 0 and the
 * count of bytes (0 where there is no group), or the column in the group of what is wrong. */
static size_t read_last_group(struct slice group, uint8_t *to, size_t *count)
{
    unsigned value[4] = {0};
    size_t digits = 0;
    size_t i;

    *count = 0;
    if (group.len == 0)
        return 0;
    while (digits < 4 && digits < group.len) {
        value[digits] = base64_value(group.data[digits]);
        if (value[digits] & NO_DIGIT)
            break;
        digits++;
    }
    /* RFC 4648, section 3.2: the padding must be there. One digit is not a byte. */
    if (digits < 2)
        return digits + 1;
    for (i = digits; i < 4; i++)
        if (i >= group.len || group.data[i] != '=')
            return i + 1;
    /* Section 3.3: no other characters are accepted, so nothing may follow. */
    if (group.len > 4)
        return 5;
    /* Section 3.5: pad bits that are not zero would allow several encodings of one text. */
    if (digits == 2 ? value[1] & 0x0F : value[2] & 0x03)
        return digits;
    to[0] = (uint8_t)(value[0] << 2 | value[1] >> 4);
    if (digits == 3)
        to[1] = (uint8_t)(value[1] << 4 | value[2] >> 2);
    *count = digits - 1;
    return 0;
}

long base64_decode(struct buf *out, struct slice text)
{
    uint8_t last[2];
    size_t count;
    size_t read;
    size_t column;
    uint8_t *to;

    if (text.len == 0)
        return 0;
    /* At most three bytes a whole group; the padded one is written through `last`, so that content
     * that just fits is accepted. */
    count = text.len / 4;
    to = buf_reserve(out, count * 3 - (count > 0 && text.data[count * 4 - 1] == '=' ? 3 : 0));
    if (!to)
        return -1;
    read = read_groups(text.data, text.len, to);
    column = read_last_group(slice_from(text, read), last, &count);
    if (column > 0)
        return (long)(read + column);
    buf_filled(out, read / 4 * 3);
    if (buf_append(out, last, count) == 0)
        return 0;
    out->len -= read / 4 * 3;
    return -1;
}

#ifdef __SSE2__

/* Sixteen values below 16 as digits: values above 9 are moved up to 'a'. */
static inline __m128i hex_digits_16(__m128i values)
{
    __m128i letters = _mm_cmpgt_epi8(values, _mm_set1_epi8(9));

    return _mm_add_epi8(_mm_add_epi8(values, _mm_set1_epi8('0')),
                        _mm_and_si128(letters, _mm_set1_epi8('a' - '0' - 10)));
}

/* The digits of all whole groups of sixteen bytes; returns how many bytes. */
static size_t hex_encode_wide(uint8_t *to, const uint8_t *from, size_t n)
{
    const __m128i low_half = _mm_set1_epi8(15);
    size_t i;

    for (i = 0; n - i >= 16; i += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(from + i));
        __m128i high = hex_digits_16(_mm_and_si128(_mm_srli_epi16(bytes, 4), low_half));
        __m128i low = hex_digits_16(_mm_and_si128(bytes, low_half));

        _mm_storeu_si128((__m128i *)(void *)(to + 2 * i), _mm_unpacklo_epi8(high, low));
        _mm_storeu_si128((__m128i *)(void *)(to + 2 * i + 16), _mm_unpackhi_epi8(high, low));
    }
    return i;
}

#else

static size_t hex_encode_wide(uint8_t *to, const uint8_t *from, size_t n)
{
    (void)to;
    (void)from;
    (void)n;
    return 0;
}

#endif

int hex_encode(struct buf *out, struct slice bytes)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t *to;
    size_t i;

    if (bytes.len == 0)
        return 0;
    if (bytes.len > SIZE_MAX / 2)
        return -1;
    to = buf_reserve(out, bytes.len * 2);
    if (!to)
        return -1;
    for (i = hex_encode_wide(to, bytes.data, bytes.len); i < bytes.len; i++) {
        to[2 * i] = (uint8_t)digits[bytes.data[i] >> 4];
        to[2 * i + 1] = (uint8_t)digits[bytes.data[i] & 15];
    }
    buf_filled(out, bytes.len * 2);
    return 0;
}

/* Reserving room for bytes that never come could fail without need, so blanks are counted if there
 * are any. */
static size_t count_solid(struct slice text)
{
    size_t n = 0;
    size_t i;

    if (text.len == 0 || (!memchr(text.data, ' ', text.len) && !memchr(text.data, '\t', text.len)))
        return text.len;
    for (i = 0; i < text.len; i++)
        n += !is_blank(text.data[i]);
    return n;
}

long hex_decode(struct buf *out, struct slice text)
{
    uint8_t *start = buf_reserve(out, count_solid(text) / 2);
    uint8_t *to = start;
    size_t i = 0;
    unsigned high;
    unsigned low;

    if (!start)
        return -1;
    while (i < text.len) {
        high = hex_values[text.data[i]];
        if (high & NO_DIGIT) {
            if (!is_blank(text.data[i]))
                return (long)i + 1;
            i++;
            continue;
        }
        low = i + 1 < text.len ? hex_values[text.data[i + 1]] : NO_DIGIT;
        if (low & NO_DIGIT)
            return (long)i + 2;
        *to++ = (uint8_t)(high << 4 | low);
        i += 2;
    }
    buf_filled(out, (size_t)(to - start));
    return 0;
}

int size_parse(const char *text, uint64_t *bytes)
{
    unsigned shift = 0;
    uint64_t number;

    if (!decimal_take_str(&text, UINT64_MAX, &number))
        return -1;
    switch (*text) {
    case 'k':
    case 'K':
        shift = 10;
        text++;
        break;
    case 'm':
    case 'M':
        shift = 20;
        text++;
        break;
    case 'g':
    case 'G':
        shift = 30;
        text++;
        break;
    default:
        break;
    }
    if (*text != '\0' || number > UINT64_MAX >> shift)
        return -1;
    *bytes = number << shift;
    return 0;
}

#define SECONDS_MOST UINT64_C(1000000000)
#define SECOND       UINT64_C(1000000) /* in microseconds */

/* The digits after the point, as microseconds. Finer digits are dropped, but a value above 0 stays
 * above 0: zero often means "never". */
static uint64_t read_fraction(const char **text)
{
    uint64_t unit = SECOND / 10;
    uint64_t value = 0;
    bool dropped = false;

    for (; is_digit(**text); ++*text) {
        value += (uint64_t)(**text - '0') * unit;
        dropped |= unit == 0 && **text != '0';
        unit /= 10;
    }
    return value == 0 && dropped ? 1 : value;
}

/* The number at *text, which moves after it, in units of a second. 0 or -1. */
static int read_seconds(const char **text, uint64_t *microseconds)
{
    uint64_t whole = 0;
    uint64_t fraction = 0;
    bool digits = is_digit(**text);

    if (digits && !decimal_take_str(text, SECONDS_MOST, &whole))
        return -1;
    if (**text == '.') {
        ++*text;
        digits |= is_digit(**text);
        fraction = read_fraction(text);
    }
    if (!digits || (whole == SECONDS_MOST && fraction > 0))
        return -1;
    *microseconds = whole * SECOND + fraction;
    return 0;
}

int seconds_parse(const char *text, uint64_t *microseconds)
{
    uint64_t us;

    if (read_seconds(&text, &us) < 0 || *text)
        return -1;
    *microseconds = us;
    return 0;
}

int duration_parse(struct slice text, uint64_t *microseconds)
{
    static const struct {
        const char *name;
        uint64_t times, parts; /* of a second */
    } units[] = {{"", 1, 1},         {"s", 1, 1},  {"ms", 1, 1000},
                 {"us", 1, 1000000}, {"m", 60, 1}, {"h", 3600, 1}};
    char copy[64];
    const char *at = copy;
    uint64_t us;

    if (text.len >= sizeof copy)
        return -1;
    if (text.len)
        memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    if (memchr(copy, '\0', text.len) || read_seconds(&at, &us) < 0)
        return -1;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(at, units[i].name) != 0)
            continue;
        if (us > SECONDS_MOST * SECOND / units[i].times)
            return -1;
        *microseconds = us * units[i].times / units[i].parts;
        if (us > 0 && *microseconds == 0)
            *microseconds = 1;
        return 0;
    }
    return -1;
}

void duration_print(uint64_t microseconds, char text[DURATION_TEXT])
{
    if (microseconds >= 1000000 && microseconds % 1000000 == 0)
        snprintf(text, DURATION_TEXT, "%" PRIu64 "s", microseconds / 1000000);
    else if (microseconds % 1000 == 0)
        snprintf(text, DURATION_TEXT, "%" PRIu64 "ms", microseconds / 1000);
    else
        snprintf(text, DURATION_TEXT, "%" PRIu64 "us", microseconds);
}

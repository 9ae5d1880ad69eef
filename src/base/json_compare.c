#include "base/json_compare.h"

#include <stdlib.h>

#include "base/decimal.h"
#include "base/json_scan.h"

enum json_kind json_kind(struct slice value)
{
    switch (value.len ? value.data[0] : 'n') {
    case '{':
        return JSON_IS_OBJECT;
    case '[':
        return JSON_IS_ARRAY;
    case '"':
        return JSON_IS_STRING;
    case 't':
    case 'f':
        return JSON_IS_BOOLEAN;
    case 'n':
        return JSON_IS_NULL;
    default:
        return JSON_IS_NUMBER;
    }
}

const char *json_kind_name(enum json_kind kind)
{
    static const char *const names[] = {"object", "array", "string", "number", "boolean", "null"};

    return names[kind];
}

/* --- numbers ------------------------------------------------------------------------------------
 */

/* 0.DIGITS times ten to the power; the first digit is not 0 unless the whole is. */
struct decimal {
    bool negative, zero;
    struct slice digits; /* from the first significant one, perhaps with a point among them */
    int64_t power;
};

/* Far enough from overflow that the digits of any text can be added. */
#define POWER_MAX (INT64_MAX / 4)

static int64_t read_power(const uint8_t *p, const uint8_t *end)
{
    bool negative = p < end && *p == '-';
    uint64_t power = POWER_MAX;

    if (p < end && (*p == '-' || *p == '+'))
        p++;
    decimal_read(slice_make(p, (size_t)(end - p)), POWER_MAX, &power);
    return negative ? -(int64_t)power : (int64_t)power;
}

static struct decimal decimal_of(struct slice text)
{
    const uint8_t *p = text.data, *end = slice_end(text), *first = NULL, *mantissa_end;
    struct decimal d = {.zero = true};
    int64_t before = 0, zeros = 0; /* digits before the point; zeros after it */
    bool point = false;

    if (p < end && *p == '-') {
        d.negative = true;
        p++;
    }
    for (; p < end && *p != 'e' && *p != 'E'; p++) {
        if (*p == '.') {
            point = true;
            continue;
        }
        if (!first && *p != '0')
            first = p;
        if (first && !point)
            before++;
        else if (!first && point)
            zeros++;
    }
    mantissa_end = p;
    if (!first) {
        d.negative = false;
        return d;
    }
    d.zero = false;
    d.digits = slice_make(first, (size_t)(mantissa_end - first));
    d.power = (before ? before : -zeros) + (p < end ? read_power(p + 1, end) : 0);
    return d;
}

/* The next digit; endless zeros after the last. */
static int next_digit(const struct decimal *d, size_t *i)
{
    if (*i < d->digits.len && d->digits.data[*i] == '.')
        (*i)++;
    return *i < d->digits.len ? d->digits.data[(*i)++] : '0';
}

int json_number_compare(struct slice a, struct slice b)
{
    struct decimal x = decimal_of(a), y = decimal_of(b);
    size_t i = 0, j = 0;
    int sign = x.negative ? -1 : 1;

    if (x.zero || y.zero) {
        int left = x.zero ? 0 : sign;
        int right = y.zero ? 0 : (y.negative ? -1 : 1);

        return left - right;
    }
    if (x.negative != y.negative)
        return sign;
    if (x.power != y.power)
        return x.power < y.power ? -sign : sign;
    while (i < x.digits.len || j < y.digits.len) {
        int left = next_digit(&x, &i), right = next_digit(&y, &j);

        if (left != right)
            return left < right ? -sign : sign;
    }
    return 0;
}

bool json_is_integer(struct slice number)
{
    struct decimal d = decimal_of(number);
    int64_t digits = 0, last = 0; /* digits up to the last that is not 0 */
    size_t i = 0;

    if (d.zero)
        return true;
    while (i < d.digits.len) {
        int digit = next_digit(&d, &i);

        digits++;
        if (digit != '0')
            last = digits;
    }
    return last <= d.power;
}

/* --- values -------------------------------------------------------------------------------------
 */

/* From the first token of a value to its end. False: the text ends or is wrong before. */
static bool value_end(struct json_scan *s, enum json_token token)
{
    unsigned outside = s->depth - (token == JSON_OBJECT_OPEN || token == JSON_ARRAY_OPEN);
    struct slice text;

    while (s->depth > outside) {
        if (json_scan_next(s, &text) <= JSON_END)
            return false;
    }
    return true;
}

size_t json_value_length(struct slice text)
{
    struct json_scan s;
    struct slice first;
    enum json_token token;

    json_scan_init(&s, text);
    token = json_scan_next(&s, &first);
    return token > JSON_END && value_end(&s, token) ? s.pos : 0;
}

/* The members of an object or the elements of an array, one after the other. */
struct walk {
    struct json_scan scan;
    bool object;
};

static void walk_begin(struct walk *w, struct slice container)
{
    struct slice token;

    json_scan_init(&w->scan, container);
    w->object = json_scan_next(&w->scan, &token) == JSON_OBJECT_OPEN;
}

static bool walk_next(struct walk *w, struct slice *key, struct slice *value)
{
    enum json_token token = json_scan_next(&w->scan, value);

    if (token == JSON_COMMA)
        token = json_scan_next(&w->scan, value);
    if (token <= JSON_END || token == JSON_OBJECT_CLOSE || token == JSON_ARRAY_CLOSE)
        return false;
    if (w->object) {
        *key = *value;
        if (json_scan_next(&w->scan, value) != JSON_COLON)
            return false;
        token = json_scan_next(&w->scan, value);
        if (token <= JSON_END)
            return false;
    }
    if (!value_end(&w->scan, token))
        return false;
    value->len = (size_t)(w->scan.text.data + w->scan.pos - value->data);
    return true;
}

char *json_string_text(struct slice token, size_t *len)
{
    char *text = malloc(token.len + 1);

    if (!text)
        return NULL;
    *len = json_string_decode(token, (uint8_t *)text);
    text[*len] = '\0';
    return text;
}

static bool has_escape(struct slice token)
{
    return memchr(token.data, '\\', token.len) != NULL;
}

static bool same_string(struct slice a, struct slice b)
{
    size_t a_len = 0, b_len = 0;
    char *x, *y;
    bool same;

    if (slice_equal(a, b))
        return true;
    if (!has_escape(a) && !has_escape(b))
        return false;
    x = json_string_text(a, &a_len);
    y = json_string_text(b, &b_len);
    same = x && y && a_len == b_len && memcmp(x, y, a_len) == 0;
    free(x);
    free(y);
    return same;
}

static bool member(struct slice object, struct slice name, struct slice *value)
{
    struct walk w;
    struct slice key;

    walk_begin(&w, object);
    while (walk_next(&w, &key, value)) {
        if (same_string(key, name))
            return true;
    }
    return false;
}

static size_t count(struct slice container)
{
    struct walk w;
    struct slice key, value;
    size_t n = 0;

    walk_begin(&w, container);
    while (walk_next(&w, &key, &value))
        n++;
    return n;
}

static bool missed(struct slice *at, struct slice *found, struct slice pattern, struct slice value)
{
    *at = pattern;
    *found = value;
    return false;
}

static bool compare(struct slice value, struct slice pattern, bool whole, struct slice *at,
                    struct slice *found);

static bool compare_objects(struct slice value, struct slice pattern, bool whole, struct slice *at,
                            struct slice *found)
{
    struct walk w;
    struct slice key, wanted, there;

    if (whole && count(value) != count(pattern))
        return missed(at, found, pattern, value);
    walk_begin(&w, pattern);
    while (walk_next(&w, &key, &wanted)) {
        if (!member(value, key, &there)) {
            struct slice both = {key.data, (size_t)(wanted.data + wanted.len - key.data)};

            return missed(at, found, both, slice_make(NULL, 0));
        }
        if (!compare(there, wanted, whole, at, found))
            return false;
    }
    return true;
}

static bool compare_arrays(struct slice value, struct slice pattern, bool whole, struct slice *at,
                           struct slice *found)
{
    struct walk ours, theirs;
    struct slice key, wanted, there;

    if (count(value) != count(pattern))
        return missed(at, found, pattern, value);
    walk_begin(&ours, pattern);
    walk_begin(&theirs, value);
    while (walk_next(&ours, &key, &wanted) && walk_next(&theirs, &key, &there)) {
        if (!compare(there, wanted, whole, at, found))
            return false;
    }
    return true;
}

static bool compare(struct slice value, struct slice pattern, bool whole, struct slice *at,
                    struct slice *found)
{
    enum json_kind kind = json_kind(value);
    bool same;

    if (kind != json_kind(pattern))
        return missed(at, found, pattern, value);
    switch (kind) {
    case JSON_IS_OBJECT:
        return compare_objects(value, pattern, whole, at, found);
    case JSON_IS_ARRAY:
        return compare_arrays(value, pattern, whole, at, found);
    case JSON_IS_STRING:
        same = same_string(value, pattern);
        break;
    case JSON_IS_NUMBER:
        same = json_number_compare(value, pattern) == 0;
        break;
    default:
        same = slice_equal(value, pattern);
        break;
    }
    return same || missed(at, found, pattern, value);
}

bool json_equal(struct slice a, struct slice b)
{
    struct slice at, found;

    return compare(a, b, true, &at, &found);
}

bool json_includes(struct slice value, struct slice pattern, struct slice *at, struct slice *found)
{
    return compare(value, pattern, false, at, found);
}

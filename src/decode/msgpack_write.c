/*
 * msgpack_write: JSON as MessagePack. Elements are counted before they are written, since the count
 * comes first.
 */
#include <math.h>
#include <stdlib.h>

#include "base/codec.h"
#include "base/decimal.h"
#include "decode/json_pick.h"
#include "decode/msgpack.h"

static int write_value(struct slice json, struct buf *out, unsigned depth);

static int put_byte(struct buf *out, unsigned byte)
{
    const uint8_t b = (uint8_t)byte;

    return buf_append(out, &b, 1);
}

/* A first byte, then a number of n bytes. */
static int put_number(struct buf *out, unsigned byte, uint64_t number, unsigned n)
{
    uint8_t bytes[9];

    bytes[0] = (uint8_t)byte;
    for (unsigned i = 0; i < n; i++)
        bytes[1 + i] = (uint8_t)(number >> 8 * (n - 1 - i));
    return buf_append(out, bytes, 1 + n);
}

/* A length or count in 1, 2 or 4 bytes: each has its own first byte, 0 if there is none. */
static int put_count(struct buf *out, const unsigned bytes[3], uint64_t count)
{
    if (count <= UINT8_MAX && bytes[0])
        return put_number(out, bytes[0], count, 1);
    if (count <= UINT16_MAX)
        return put_number(out, bytes[1], count, 2);
    return count <= UINT32_MAX ? put_number(out, bytes[2], count, 4) : -1;
}

static int put_unsigned(struct buf *out, uint64_t number)
{
    if (number < 0x80)
        return put_byte(out, (unsigned)number);
    if (number <= UINT8_MAX)
        return put_number(out, 0xCC, number, 1);
    if (number <= UINT16_MAX)
        return put_number(out, 0xCD, number, 2);
    if (number <= UINT32_MAX)
        return put_number(out, 0xCE, number, 4);
    return put_number(out, 0xCF, number, 8);
}

/* The number minus `number`, which is at most 2^63. */
static int put_negative(struct buf *out, uint64_t number)
{
    uint64_t bits = (uint64_t)0 - number;

    if (number <= 32)
        return put_byte(out, (uint8_t)bits);
    if (number <= 0x80)
        return put_number(out, 0xD0, bits, 1);
    if (number <= 0x8000)
        return put_number(out, 0xD1, bits, 2);
    if (number <= 0x80000000)
        return put_number(out, 0xD2, bits, 4);
    return put_number(out, 0xD3, bits, 8);
}

static int write_double(struct slice token, struct buf *out)
{
    char text[64];
    double number;
    uint64_t bits;

    if (token.len >= sizeof text)
        token.len = sizeof text - 1;
    memcpy(text, token.data, token.len);
    text[token.len] = '\0';
    number = strtod(text, NULL);
    memcpy(&bits, &number, sizeof bits);
    return isfinite(number) ? put_number(out, 0xCB, bits, 8) : put_byte(out, 0xC0);
}

static int write_number(struct slice token, struct buf *out)
{
    bool negative = token.data[0] == '-';
    struct slice digits = slice_from(token, negative);
    uint64_t number;

    if (!decimal_read(digits, negative ? (uint64_t)1 << 63 : UINT64_MAX, &number))
        return write_double(token, out);
    return negative && number > 0 ? put_negative(out, number) : put_unsigned(out, number);
}

static int write_text(struct slice token, struct buf *out)
{
    static const unsigned bytes[3] = {0xD9, 0xDA, 0xDB};
    uint8_t *text = malloc(token.len);
    size_t n;
    int rc;

    if (!text)
        return -1;
    n = json_string_decode(token, text);
    rc = n < 32 ? put_byte(out, 0xA0 | (unsigned)n) : put_count(out, bytes, n);
    if (rc == 0)
        rc = buf_append(out, text, n);
    free(text);
    return rc;
}

/* {"base64":"..."} or {"ext":N,"base64":"..."}. 1: written; 0: it is another object; -1: memory. */
static int write_bytes(struct slice json, struct buf *out)
{
    static const unsigned bin[3] = {0xC4, 0xC5, 0xC6}, ext[3] = {0xC7, 0xC8, 0xC9};
    static const char *const names[] = {"base64", "ext"};
    struct slice values[2];
    uint64_t type = 0;
    struct buf bytes;
    bool negative;
    long at;
    int rc;

    if (json_pick(json, names, values, 2) != 1 || !json_is_string(values[0]) ||
        json_members(json) != (values[1].len ? 2 : 1))
        return 0;
    negative = values[1].len && values[1].data[0] == '-';
    if (values[1].len && !decimal_read(slice_from(values[1], negative), 127, &type))
        return 0;
    buf_init(&bytes, SIZE_MAX);
    at = base64_decode(&bytes, slice_inner(values[0]));
    rc = at > 0 ? 0 : -1;
    if (at == 0 && put_count(out, values[1].len ? ext : bin, bytes.len) == 0 &&
        (!values[1].len || put_byte(out, (uint8_t)(negative ? 256 - type : type)) == 0) &&
        (bytes.len == 0 || buf_append(out, buf_data(&bytes), bytes.len) == 0))
        rc = 1;
    buf_clear(&bytes);
    return rc;
}

/* The elements, or keys and values, one after the other. */
static int write_inside(struct slice json, struct buf *out, unsigned depth)
{
    struct json_scan s;
    struct slice token;
    enum json_token kind;

    json_scan_init(&s, json);
    json_scan_next(&s, &token);
    while ((kind = json_scan_next(&s, &token)) != JSON_OBJECT_CLOSE && kind != JSON_ARRAY_CLOSE) {
        if (kind <= JSON_END)
            return -1;
        if (kind == JSON_COMMA || kind == JSON_COLON)
            continue;
        if (kind != JSON_KEY && json_scan_skip(&s, kind) != 0)
            return -1;
        token.len = (size_t)(json.data + s.pos - token.data);
        if (write_value(token, out, depth + 1) != 0)
            return -1;
    }
    return 0;
}

static int write_array(struct slice json, struct buf *out, unsigned depth)
{
    static const unsigned bytes[3] = {0, 0xDC, 0xDD};
    long count = json_elements(json, NULL, 0);

    if (count < 0)
        return -1;
    if ((count < 16 ? put_byte(out, 0x90 | (unsigned)count)
                    : put_count(out, bytes, (uint64_t)count)) != 0)
        return -1;
    return write_inside(json, out, depth);
}

static int write_object(struct slice json, struct buf *out, unsigned depth)
{
    static const unsigned bytes[3] = {0, 0xDE, 0xDF};
    long count = json_members(json);
    int rc = count == 1 || count == 2 ? write_bytes(json, out) : 0;

    if (count < 0 || rc != 0)
        return rc == 1 ? 0 : -1;
    if ((count < 16 ? put_byte(out, 0x80 | (unsigned)count)
                    : put_count(out, bytes, (uint64_t)count)) != 0)
        return -1;
    return write_inside(json, out, depth);
}

static int write_value(struct slice json, struct buf *out, unsigned depth)
{
    struct json_scan s;
    struct slice token;

    if (depth == UNPACKED_DEPTH_MAX)
        return -1;
    json_scan_init(&s, json);
    switch (json_scan_next(&s, &token)) {
    case JSON_OBJECT_OPEN:
        return write_object(json, out, depth);
    case JSON_ARRAY_OPEN:
        return write_array(json, out, depth);
    case JSON_STRING:
        return write_text(token, out);
    case JSON_NUMBER:
        return write_number(token, out);
    case JSON_TRUE:
        return put_byte(out, 0xC3);
    case JSON_FALSE:
        return put_byte(out, 0xC2);
    case JSON_NULL:
        return put_byte(out, 0xC0);
    default:
        return -1;
    }
}

int msgpack_from_json(struct slice json, struct buf *out)
{
    return json_valid(json) ? write_value(json, out, 0) : -1;
}

#include "decode/msgpack.h"

#include "base/codec.h"
#include "decode/unpacked.h"

struct reading {
    struct slice *bytes;
    struct buf *out;
    unsigned depth;
};

static enum msgpack_result read_value(struct reading *r);

static enum msgpack_result put(struct reading *r, const char *text)
{
    return buf_append_str(r->out, text) == 0 ? MSGPACK_OK : MSGPACK_MEMORY;
}

static enum msgpack_result take(struct reading *r, size_t n, struct slice *taken)
{
    if (r->bytes->len < n)
        return MSGPACK_SHORT;
    *taken = slice_make(r->bytes->data, n);
    *r->bytes = slice_make(r->bytes->data + n, r->bytes->len - n);
    return MSGPACK_OK;
}

/* A number of n bytes, the most significant first. */
static enum msgpack_result take_number(struct reading *r, size_t n, uint64_t *number)
{
    struct slice bytes;
    enum msgpack_result rc = take(r, n, &bytes);

    *number = 0;
    for (size_t i = 0; rc == MSGPACK_OK && i < n; i++)
        *number = *number << 8 | bytes.data[i];
    return rc;
}

static enum msgpack_result read_bytes(struct reading *r, size_t n)
{
    struct slice bytes;
    enum msgpack_result rc = take(r, n, &bytes);

    return rc != MSGPACK_OK || unpacked_bytes(r->out, bytes) == 0 ? rc : MSGPACK_MEMORY;
}

static enum msgpack_result read_text(struct reading *r, size_t n)
{
    struct slice text;
    enum msgpack_result rc = take(r, n, &text);

    return rc != MSGPACK_OK || unpacked_text(r->out, text) == 0 ? rc : MSGPACK_MEMORY;
}

static enum msgpack_result read_extension(struct reading *r, size_t n)
{
    struct slice type, bytes;
    enum msgpack_result rc = take(r, 1, &type);

    if (rc == MSGPACK_OK)
        rc = take(r, n, &bytes);
    if (rc != MSGPACK_OK)
        return rc;
    if (type.data[0] == 0 && n == 1 && bytes.data[0] == 0)
        return put(r, "null");
    if (buf_printf(r->out, "{\"ext\":%d,\"base64\":\"", (int8_t)type.data[0]) != 0 ||
        base64_encode(r->out, bytes) != 0)
        return MSGPACK_MEMORY;
    return put(r, "\"}");
}

static enum msgpack_result put_double(struct reading *r, double number)
{
    return unpacked_number(r->out, number) == 0 ? MSGPACK_OK : MSGPACK_MEMORY;
}

static enum msgpack_result read_float(struct reading *r, size_t n)
{
    uint64_t bits;
    uint32_t half;
    double number;
    float single;
    enum msgpack_result rc = take_number(r, n, &bits);

    if (rc != MSGPACK_OK)
        return rc;
    half = (uint32_t)bits;
    memcpy(&number, &bits, sizeof number);
    memcpy(&single, &half, sizeof single);
    return put_double(r, n == 4 ? (double)single : number);
}

static enum msgpack_result read_unsigned(struct reading *r, size_t n)
{
    uint64_t number;
    enum msgpack_result rc = take_number(r, n, &number);

    if (rc == MSGPACK_OK && buf_printf(r->out, "%llu", (unsigned long long)number) != 0)
        return MSGPACK_MEMORY;
    return rc;
}

static enum msgpack_result read_signed(struct reading *r, size_t n)
{
    uint64_t number;
    enum msgpack_result rc = take_number(r, n, &number);
    unsigned shift = (unsigned)(64 - 8 * n);

    if (rc == MSGPACK_OK &&
        buf_printf(r->out, "%lld", (long long)((int64_t)(number << shift) >> shift)) != 0)
        return MSGPACK_MEMORY;
    return rc;
}

static enum msgpack_result read_array(struct reading *r, uint64_t count)
{
    enum msgpack_result rc = put(r, "[");

    for (uint64_t i = 0; i < count && rc == MSGPACK_OK; i++) {
        if (i > 0)
            rc = put(r, ",");
        if (rc == MSGPACK_OK)
            rc = read_value(r);
    }
    return rc == MSGPACK_OK ? put(r, "]") : rc;
}

static enum msgpack_result read_key(struct reading *r)
{
    struct buf *out = r->out, text;
    enum msgpack_result rc;

    buf_init(&text, SIZE_MAX);
    r->out = &text;
    rc = read_value(r);
    r->out = out;
    if (rc == MSGPACK_OK && text.len > MSGPACK_KEY_MAX && buf_data(&text)[0] != '"')
        rc = MSGPACK_BAD; /* each level would double what the one below escaped */
    else if (rc == MSGPACK_OK && unpacked_key(out, buf_slice(&text)) != 0)
        rc = MSGPACK_MEMORY;
    buf_clear(&text);
    return rc;
}

static enum msgpack_result read_map(struct reading *r, uint64_t count)
{
    enum msgpack_result rc = put(r, "{");

    for (uint64_t i = 0; i < count && rc == MSGPACK_OK; i++) {
        if (i > 0)
            rc = put(r, ",");
        if (rc == MSGPACK_OK)
            rc = read_key(r);
        if (rc == MSGPACK_OK)
            rc = put(r, ":");
        if (rc == MSGPACK_OK)
            rc = read_value(r);
    }
    return rc == MSGPACK_OK ? put(r, "}") : rc;
}

/* What is preceded by its length or count in n bytes. */
static enum msgpack_result read_counted(struct reading *r, uint8_t byte, size_t n)
{
    uint64_t count;
    enum msgpack_result rc = take_number(r, n, &count);

    if (rc != MSGPACK_OK)
        return rc;
    switch (byte) {
    case 0xC4:
    case 0xC5:
    case 0xC6:
        return read_bytes(r, (size_t)count);
    case 0xC7:
    case 0xC8:
    case 0xC9:
        return read_extension(r, (size_t)count);
    case 0xD9:
    case 0xDA:
    case 0xDB:
        return read_text(r, (size_t)count);
    case 0xDC:
    case 0xDD:
        return read_array(r, count);
    default:
        return read_map(r, count);
    }
}

/* The bytes 0xC0 to 0xDF. */
static enum msgpack_result read_tagged(struct reading *r, uint8_t byte)
{
    /* how wide the length or count is */
    static const uint8_t widths[32] = {0, 0, 0, 0, 1, 2, 4, 1, 2, 4, 0, 0, 0, 0, 0, 0,
                                       0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 2, 4, 2, 4};

    if (widths[byte - 0xC0])
        return read_counted(r, byte, widths[byte - 0xC0]);
    switch (byte) {
    case 0xC0:
        return put(r, "null");
    case 0xC2:
        return put(r, "false");
    case 0xC3:
        return put(r, "true");
    case 0xCA:
        return read_float(r, 4);
    case 0xCB:
        return read_float(r, 8);
    case 0xCC:
    case 0xCD:
    case 0xCE:
    case 0xCF:
        return read_unsigned(r, (size_t)1 << (byte - 0xCC));
    case 0xD0:
    case 0xD1:
    case 0xD2:
    case 0xD3:
        return read_signed(r, (size_t)1 << (byte - 0xD0));
    case 0xD4:
    case 0xD5:
    case 0xD6:
    case 0xD7:
    case 0xD8:
        return read_extension(r, (size_t)1 << (byte - 0xD4));
    default:
        return MSGPACK_BAD; /* 0xC1 is never used */
    }
}

static enum msgpack_result read_first(struct reading *r, uint8_t byte)
{
    if (byte < 0x80 || byte >= 0xE0)
        return buf_printf(r->out, "%d", (int8_t)byte) == 0 ? MSGPACK_OK : MSGPACK_MEMORY;
    if (byte < 0x90)
        return read_map(r, byte & 0x0F);
    if (byte < 0xA0)
        return read_array(r, byte & 0x0F);
    if (byte < 0xC0)
        return read_text(r, byte & 0x1F);
    return read_tagged(r, byte);
}

static enum msgpack_result read_value(struct reading *r)
{
    struct slice byte;
    enum msgpack_result rc;

    if (r->depth == MSGPACK_DEPTH_MAX)
        return MSGPACK_BAD;
    rc = take(r, 1, &byte);
    if (rc != MSGPACK_OK)
        return rc;
    r->depth++;
    rc = read_first(r, byte.data[0]);
    r->depth--;
    return rc;
}

enum msgpack_result msgpack_to_json(struct slice *bytes, struct buf *out)
{
    struct reading r = {.bytes = bytes, .out = out};

    return read_value(&r);
}

#include "decode/msgpack.h"

#include "base/codec.h"
#include "decode/unpacked.h"

static enum unpacked read_bytes(struct unpacking *u, size_t n)
{
    struct slice bytes;
    enum unpacked rc = unpacked_take(u, n, &bytes);

    return rc == UNPACKED_OK ? unpacked_put_bytes(u, bytes) : rc;
}

static enum unpacked read_text(struct unpacking *u, size_t n)
{
    struct slice text;
    enum unpacked rc = unpacked_take(u, n, &text);

    return rc == UNPACKED_OK ? unpacked_put_text(u, text) : rc;
}

static enum unpacked read_extension(struct unpacking *u, size_t n)
{
    struct slice type, bytes;
    enum unpacked rc = unpacked_take(u, 1, &type);

    if (rc == UNPACKED_OK)
        rc = unpacked_take(u, n, &bytes);
    if (rc != UNPACKED_OK)
        return rc;
    if (type.data[0] == 0 && n == 1 && bytes.data[0] == 0)
        return unpacked_put(u, "null");
    if (buf_printf(u->out, "{\"ext\":%d,\"base64\":\"", (int8_t)type.data[0]) != 0 ||
        base64_encode(u->out, bytes) != 0)
        return UNPACKED_MEMORY;
    return unpacked_put(u, "\"}");
}

static enum unpacked read_float(struct unpacking *u, size_t n)
{
    uint64_t bits;
    uint32_t half;
    double number;
    float single;
    enum unpacked rc = unpacked_take_number(u, n, &bits);

    if (rc != UNPACKED_OK)
        return rc;
    half = (uint32_t)bits;
    memcpy(&number, &bits, sizeof number);
    memcpy(&single, &half, sizeof single);
    return unpacked_put_double(u, n == 4 ? (double)single : number);
}

static enum unpacked read_unsigned(struct unpacking *u, size_t n)
{
    uint64_t number;
    enum unpacked rc = unpacked_take_number(u, n, &number);

    if (rc != UNPACKED_OK)
        return rc;
    return unpacked_appended(buf_printf(u->out, "%llu", (unsigned long long)number));
}

static enum unpacked read_signed(struct unpacking *u, size_t n)
{
    uint64_t number;
    enum unpacked rc = unpacked_take_number(u, n, &number);
    unsigned shift = (unsigned)(64 - 8 * n);

    if (rc != UNPACKED_OK)
        return rc;
    return unpacked_appended(
        buf_printf(u->out, "%lld", (long long)((int64_t)(number << shift) >> shift)));
}

static enum unpacked read_array(struct unpacking *u, uint64_t count)
{
    enum unpacked rc = unpacked_put(u, "[");

    for (uint64_t i = 0; i < count && rc == UNPACKED_OK; i++) {
        if (i > 0)
            rc = unpacked_put(u, ",");
        if (rc == UNPACKED_OK)
            rc = unpacked_value(u);
    }
    return rc == UNPACKED_OK ? unpacked_put(u, "]") : rc;
}

static enum unpacked read_map(struct unpacking *u, uint64_t count)
{
    enum unpacked rc = unpacked_put(u, "{");

    for (uint64_t i = 0; i < count && rc == UNPACKED_OK; i++) {
        if (i > 0)
            rc = unpacked_put(u, ",");
        if (rc == UNPACKED_OK)
            rc = unpacked_pair(u);
    }
    return rc == UNPACKED_OK ? unpacked_put(u, "}") : rc;
}

/* What is preceded by its length or count in n bytes. */
static enum unpacked read_counted(struct unpacking *u, uint8_t byte, size_t n)
{
    uint64_t count;
    enum unpacked rc = unpacked_take_number(u, n, &count);

    if (rc != UNPACKED_OK)
        return rc;
    switch (byte) {
    case 0xC4:
    case 0xC5:
    case 0xC6:
        return read_bytes(u, (size_t)count);
    case 0xC7:
    case 0xC8:
    case 0xC9:
        return read_extension(u, (size_t)count);
    case 0xD9:
    case 0xDA:
    case 0xDB:
        return read_text(u, (size_t)count);
    case 0xDC:
    case 0xDD:
        return read_array(u, count);
    default:
        return read_map(u, count);
    }
}

/* The bytes 0xC0 to 0xDF. */
static enum unpacked read_tagged(struct unpacking *u, uint8_t byte)
{
    /* how wide the length or count is */
    static const uint8_t widths[32] = {0, 0, 0, 0, 1, 2, 4, 1, 2, 4, 0, 0, 0, 0, 0, 0,
                                       0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 2, 4, 2, 4};

    if (widths[byte - 0xC0])
        return read_counted(u, byte, widths[byte - 0xC0]);
    switch (byte) {
    case 0xC0:
        return unpacked_put(u, "null");
    case 0xC2:
        return unpacked_put(u, "false");
    case 0xC3:
        return unpacked_put(u, "true");
    case 0xCA:
        return read_float(u, 4);
    case 0xCB:
        return read_float(u, 8);
    case 0xCC:
    case 0xCD:
    case 0xCE:
    case 0xCF:
        return read_unsigned(u, (size_t)1 << (byte - 0xCC));
    case 0xD0:
    case 0xD1:
    case 0xD2:
    case 0xD3:
        return read_signed(u, (size_t)1 << (byte - 0xD0));
    case 0xD4:
    case 0xD5:
    case 0xD6:
    case 0xD7:
    case 0xD8:
        return read_extension(u, (size_t)1 << (byte - 0xD4));
    default:
        return UNPACKED_BAD; /* 0xC1 is never used */
    }
}

static enum unpacked read_first(struct unpacking *u, uint8_t byte)
{
    if (byte < 0x80 || byte >= 0xE0)
        return unpacked_appended(buf_printf(u->out, "%d", (int8_t)byte));
    if (byte < 0x90)
        return read_map(u, byte & 0x0F);
    if (byte < 0xA0)
        return read_array(u, byte & 0x0F);
    if (byte < 0xC0)
        return read_text(u, byte & 0x1F);
    return read_tagged(u, byte);
}

static enum unpacked read_item(struct unpacking *u)
{
    struct slice byte;
    enum unpacked rc = unpacked_take(u, 1, &byte);

    return rc == UNPACKED_OK ? read_first(u, byte.data[0]) : rc;
}

enum unpacked msgpack_to_json(struct slice *bytes, struct buf *out)
{
    struct unpacking u = {.bytes = bytes, .out = out, .read = read_item};

    return unpacked_value(&u);
}

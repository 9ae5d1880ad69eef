#include "decode/cbor.h"

#include <math.h>

#include "decode/unpacked.h"

/* RFC 8949, section 3.1. */
enum major { UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE };

#define INDEFINITE 31
#define BREAK      0xFF

/* The first byte, and the number in it or after it. */
static enum unpacked take_head(struct unpacking *u, unsigned *major, unsigned *info,
                               uint64_t *number)
{
    struct slice bytes;
    enum unpacked rc = unpacked_take(u, 1, &bytes);

    if (rc != UNPACKED_OK)
        return rc;
    *major = bytes.data[0] >> 5;
    *info = bytes.data[0] & 0x1F;
    *number = *info;
    if (*info < 24 || *info == INDEFINITE)
        return UNPACKED_OK;
    if (*info > 27)
        return UNPACKED_BAD;
    return unpacked_take_number(u, (size_t)1 << (*info - 24), number);
}

/* The end of something of indefinite length is taken. */
static bool take_break(struct unpacking *u)
{
    struct slice byte;

    return u->bytes->len > 0 && u->bytes->data[0] == BREAK &&
           unpacked_take(u, 1, &byte) == UNPACKED_OK;
}

static enum unpacked put_string(struct unpacking *u, unsigned major, struct slice bytes)
{
    return major == TEXT ? unpacked_put_text(u, bytes) : unpacked_put_bytes(u, bytes);
}

/* Section 3.2.3: pieces of definite length, of the same type. */
static enum unpacked read_pieces(struct unpacking *u, unsigned major)
{
    enum unpacked rc = UNPACKED_OK;
    struct slice piece;
    struct buf whole;

    buf_init(&whole, SIZE_MAX);
    while (rc == UNPACKED_OK && !take_break(u)) {
        unsigned kind, info;
        uint64_t n;

        rc = take_head(u, &kind, &info, &n);
        if (rc == UNPACKED_OK && (kind != major || info == INDEFINITE))
            rc = UNPACKED_BAD;
        if (rc == UNPACKED_OK)
            rc = unpacked_take(u, n, &piece);
        if (rc == UNPACKED_OK)
            rc = unpacked_appended(buf_append_slice(&whole, piece));
    }
    if (rc == UNPACKED_OK)
        rc = put_string(u, major, buf_slice(&whole));
    buf_clear(&whole);
    return rc;
}

static enum unpacked read_string(struct unpacking *u, unsigned major, unsigned info, uint64_t n)
{
    struct slice bytes;
    enum unpacked rc;

    if (info == INDEFINITE)
        return read_pieces(u, major);
    rc = unpacked_take(u, n, &bytes);
    return rc == UNPACKED_OK ? put_string(u, major, bytes) : rc;
}

static enum unpacked read_elements(struct unpacking *u, unsigned major, unsigned info,
                                   uint64_t count)
{
    bool indefinite = info == INDEFINITE;
    enum unpacked rc = unpacked_put(u, major == MAP ? "{" : "[");

    for (uint64_t i = 0; rc == UNPACKED_OK; i++) {
        if (indefinite ? take_break(u) : i == count)
            return unpacked_put(u, major == MAP ? "}" : "]");
        if (i > 0)
            rc = unpacked_put(u, ",");
        if (rc == UNPACKED_OK)
            rc = major == MAP ? unpacked_pair(u) : unpacked_value(u);
    }
    return rc;
}

/* Section 3.4. */
static enum unpacked read_tagged(struct unpacking *u, uint64_t tag)
{
    enum unpacked rc;

    if (tag == 55799) /* "this is CBOR" */
        return unpacked_value(u);
    if (buf_printf(u->out, "{\"tag\":%llu,\"value\":", (unsigned long long)tag) != 0)
        return UNPACKED_MEMORY;
    rc = unpacked_value(u);
    return rc == UNPACKED_OK ? unpacked_put(u, "}") : rc;
}

/* Appendix D. */
static double half(unsigned bits)
{
    unsigned exponent = bits >> 10 & 0x1F, mantissa = bits & 0x3FF;
    double number = exponent == 0    ? ldexp(mantissa, -24)
                    : exponent != 31 ? ldexp(mantissa + 1024, (int)exponent - 25)
                    : mantissa == 0  ? HUGE_VAL
                                     : nan("");

    return bits & 0x8000 ? -number : number;
}

/* Section 3.3. */
static enum unpacked read_simple(struct unpacking *u, unsigned info, uint64_t number)
{
    uint32_t low = (uint32_t)number;
    double wide;
    float single;

    switch (info) {
    case 20:
        return unpacked_put(u, "false");
    case 21:
        return unpacked_put(u, "true");
    case 22:
    case 23:
        return unpacked_put(u, "null");
    case 25:
        return unpacked_put_double(u, half((unsigned)number));
    case 26:
        memcpy(&single, &low, sizeof single);
        return unpacked_put_double(u, (double)single);
    case 27:
        memcpy(&wide, &number, sizeof wide);
        return unpacked_put_double(u, wide);
    case INDEFINITE: /* a break without a beginning */
        return UNPACKED_BAD;
    default:
        return unpacked_appended(buf_printf(u->out, "{\"simple\":%u}", low));
    }
}

/* -1 - number, also below the range of int64_t. */
static enum unpacked put_negative(struct unpacking *u, uint64_t number)
{
    if (number == UINT64_MAX)
        return unpacked_put(u, "-18446744073709551616");
    return unpacked_appended(buf_printf(u->out, "-%llu", (unsigned long long)number + 1));
}

static enum unpacked read_item(struct unpacking *u)
{
    unsigned major, info;
    uint64_t number;
    enum unpacked rc = take_head(u, &major, &info, &number);

    if (rc != UNPACKED_OK)
        return rc;
    if (info == INDEFINITE && (major <= NEGATIVE || major == TAG))
        return UNPACKED_BAD;
    switch (major) {
    case UNSIGNED:
        return unpacked_appended(buf_printf(u->out, "%llu", (unsigned long long)number));
    case NEGATIVE:
        return put_negative(u, number);
    case BYTES:
    case TEXT:
        return read_string(u, major, info, number);
    case ARRAY:
    case MAP:
        return read_elements(u, major, info, number);
    case TAG:
        return read_tagged(u, number);
    default:
        return read_simple(u, info, number);
    }
}

enum unpacked cbor_to_json(struct slice *bytes, struct buf *out)
{
    struct unpacking u = {.bytes = bytes, .out = out, .read = read_item};

    return unpacked_value(&u);
}

#include "decode/cbor.h"

#include <math.h>

#include "decode/unpacked.h"

/* RFC 8949, section 3.1. */
enum major { UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE };

#define INDEFINITE 31
#define BREAK      0xFF

struct reading {
    struct slice *bytes;
    struct buf *out;
    unsigned depth;
};

static enum cbor_result read_value(struct reading *r);

static enum cbor_result put(struct reading *r, const char *text)
{
    return buf_append_str(r->out, text) == 0 ? CBOR_OK : CBOR_MEMORY;
}

static enum cbor_result take(struct reading *r, uint64_t n, struct slice *taken)
{
    if (r->bytes->len < n)
        return CBOR_SHORT;
    *taken = slice_make(r->bytes->data, (size_t)n);
    *r->bytes = slice_make(r->bytes->data + n, r->bytes->len - (size_t)n);
    return CBOR_OK;
}

/* The first byte, and the number in it or after it. */
static enum cbor_result take_head(struct reading *r, unsigned *major, unsigned *info,
                                  uint64_t *number)
{
    struct slice bytes;
    enum cbor_result rc = take(r, 1, &bytes);

    if (rc != CBOR_OK)
        return rc;
    *major = bytes.data[0] >> 5;
    *info = bytes.data[0] & 0x1F;
    *number = *info;
    if (*info < 24 || *info == INDEFINITE)
        return CBOR_OK;
    if (*info > 27)
        return CBOR_BAD;
    rc = take(r, (uint64_t)1 << (*info - 24), &bytes);
    *number = 0;
    for (size_t i = 0; rc == CBOR_OK && i < bytes.len; i++)
        *number = *number << 8 | bytes.data[i];
    return rc;
}

/* The end of something of indefinite length is taken. */
static bool take_break(struct reading *r)
{
    struct slice byte;

    return r->bytes->len > 0 && r->bytes->data[0] == BREAK && take(r, 1, &byte) == CBOR_OK;
}

static enum cbor_result put_string(struct reading *r, unsigned major, struct slice bytes)
{
    int rc = major == TEXT ? unpacked_text(r->out, bytes) : unpacked_bytes(r->out, bytes);

    return rc == 0 ? CBOR_OK : CBOR_MEMORY;
}

/* Section 3.2.3: pieces of definite length, of the same type. */
static enum cbor_result read_pieces(struct reading *r, unsigned major)
{
    enum cbor_result rc = CBOR_OK;
    struct slice piece;
    struct buf whole;

    buf_init(&whole, SIZE_MAX);
    while (rc == CBOR_OK && !take_break(r)) {
        unsigned kind, info;
        uint64_t n;

        rc = take_head(r, &kind, &info, &n);
        if (rc == CBOR_OK && (kind != major || info == INDEFINITE))
            rc = CBOR_BAD;
        if (rc == CBOR_OK)
            rc = take(r, n, &piece);
        if (rc == CBOR_OK && buf_append(&whole, piece.data, piece.len) != 0)
            rc = CBOR_MEMORY;
    }
    if (rc == CBOR_OK)
        rc = put_string(r, major, buf_slice(&whole));
    buf_clear(&whole);
    return rc;
}

static enum cbor_result read_string(struct reading *r, unsigned major, unsigned info, uint64_t n)
{
    struct slice bytes;
    enum cbor_result rc;

    if (info == INDEFINITE)
        return read_pieces(r, major);
    rc = take(r, n, &bytes);
    return rc == CBOR_OK ? put_string(r, major, bytes) : rc;
}

static enum cbor_result read_key(struct reading *r)
{
    struct buf *out = r->out, text;
    enum cbor_result rc;

    buf_init(&text, SIZE_MAX);
    r->out = &text;
    rc = read_value(r);
    r->out = out;
    if (rc == CBOR_OK && text.len > CBOR_KEY_MAX && buf_data(&text)[0] != '"')
        rc = CBOR_BAD; /* each level would double what the one below escaped */
    else if (rc == CBOR_OK && unpacked_key(out, buf_slice(&text)) != 0)
        rc = CBOR_MEMORY;
    buf_clear(&text);
    return rc;
}

static enum cbor_result read_pair(struct reading *r)
{
    enum cbor_result rc = read_key(r);

    if (rc == CBOR_OK)
        rc = put(r, ":");
    return rc == CBOR_OK ? read_value(r) : rc;
}

static enum cbor_result read_elements(struct reading *r, unsigned major, unsigned info,
                                      uint64_t count)
{
    bool indefinite = info == INDEFINITE;
    enum cbor_result rc = put(r, major == MAP ? "{" : "[");

    for (uint64_t i = 0; rc == CBOR_OK; i++) {
        if (indefinite ? take_break(r) : i == count)
            return put(r, major == MAP ? "}" : "]");
        if (i > 0)
            rc = put(r, ",");
        if (rc == CBOR_OK)
            rc = major == MAP ? read_pair(r) : read_value(r);
    }
    return rc;
}

/* Section 3.4. */
static enum cbor_result read_tagged(struct reading *r, uint64_t tag)
{
    enum cbor_result rc;

    if (tag == 55799) /* "this is CBOR" */
        return read_value(r);
    if (buf_printf(r->out, "{\"tag\":%llu,\"value\":", (unsigned long long)tag) != 0)
        return CBOR_MEMORY;
    rc = read_value(r);
    return rc == CBOR_OK ? put(r, "}") : rc;
}

static enum cbor_result put_double(struct reading *r, double number)
{
    return unpacked_number(r->out, number) == 0 ? CBOR_OK : CBOR_MEMORY;
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
static enum cbor_result read_simple(struct reading *r, unsigned info, uint64_t number)
{
    uint32_t low = (uint32_t)number;
    double wide;
    float single;

    switch (info) {
    case 20:
        return put(r, "false");
    case 21:
        return put(r, "true");
    case 22:
    case 23:
        return put(r, "null");
    case 25:
        return put_double(r, half((unsigned)number));
    case 26:
        memcpy(&single, &low, sizeof single);
        return put_double(r, (double)single);
    case 27:
        memcpy(&wide, &number, sizeof wide);
        return put_double(r, wide);
    case INDEFINITE: /* a break without a beginning */
        return CBOR_BAD;
    default:
        return buf_printf(r->out, "{\"simple\":%u}", low) == 0 ? CBOR_OK : CBOR_MEMORY;
    }
}

/* -1 - number, also below the range of int64_t. */
static enum cbor_result put_negative(struct reading *r, uint64_t number)
{
    if (number == UINT64_MAX)
        return put(r, "-18446744073709551616");
    return buf_printf(r->out, "-%llu", (unsigned long long)number + 1) == 0 ? CBOR_OK : CBOR_MEMORY;
}

static enum cbor_result read_item(struct reading *r)
{
    unsigned major, info;
    uint64_t number;
    enum cbor_result rc = take_head(r, &major, &info, &number);

    if (rc != CBOR_OK)
        return rc;
    if (info == INDEFINITE && (major <= NEGATIVE || major == TAG))
        return CBOR_BAD;
    switch (major) {
    case UNSIGNED:
        return buf_printf(r->out, "%llu", (unsigned long long)number) == 0 ? CBOR_OK : CBOR_MEMORY;
    case NEGATIVE:
        return put_negative(r, number);
    case BYTES:
    case TEXT:
        return read_string(r, major, info, number);
    case ARRAY:
    case MAP:
        return read_elements(r, major, info, number);
    case TAG:
        return read_tagged(r, number);
    default:
        return read_simple(r, info, number);
    }
}

static enum cbor_result read_value(struct reading *r)
{
    enum cbor_result rc;

    if (r->depth == CBOR_DEPTH_MAX)
        return CBOR_BAD;
    r->depth++;
    rc = read_item(r);
    r->depth--;
    return rc;
}

enum cbor_result cbor_to_json(struct slice *bytes, struct buf *out)
{
    struct reading r = {.bytes = bytes, .out = out};

    return read_value(&r);
}

#include "proto/eio_payload.h"

#include "base/codec.h"
#include "base/decimal.h"
#include "base/utf8.h"

#define SEPARATOR 0x1e
#define MESSAGE   4 /* the type of a packet of bytes in protocol 3 */

unsigned eio_payload_version(struct slice body)
{
    size_t digits = decimal_span(body);

    return digits > 0 && digits < body.len && body.data[digits] == ':' ? 3 : 4;
}

void eio_payload_begin(struct eio_payload *p, unsigned version, struct slice body)
{
    p->version = version;
    p->rest = body;
    buf_init(&p->bytes, SIZE_MAX);
}

void eio_payload_end(struct eio_payload *p)
{
    buf_clear(&p->bytes);
}

/* How many bytes have that many UTF-16 code units; more than text.len: it has fewer. */
static size_t bytes_of_units(struct slice text, uint64_t units)
{
    size_t at = 0;
    uint32_t code;

    while (units > 0 && at < text.len) {
        int n = utf8_decode(text.data + at, text.len - at, &code);
        unsigned wide = n == 4 ? 2 : 1;

        if (n < 0 || wide > units)
            return text.len + 1;
        at += (size_t)n;
        units -= wide;
    }
    return units ? text.len + 1 : at;
}

static size_t units_of(struct slice text)
{
    size_t units = 0;

    for (size_t i = 0; i < text.len; i++)
        units += (text.data[i] >= 0xF0 ? 2U : 1U) * ((text.data[i] & 0xC0) != 0x80 ? 1U : 0U);
    return units;
}

/* Take the next packet off p->rest. */
static bool take(struct eio_payload *p, struct slice *packet)
{
    const uint8_t *end;
    uint64_t units;
    size_t n;

    if (p->version == 3) {
        if (!decimal_take(&p->rest, UINT32_MAX, &units) || p->rest.len == 0 ||
            p->rest.data[0] != ':')
            return false;
        p->rest = slice_from(p->rest, 1);
        n = bytes_of_units(p->rest, units);
        if (n > p->rest.len)
            return false;
        *packet = slice_make(p->rest.data, n);
        p->rest = slice_from(p->rest, n);
        return true;
    }
    end = memchr(p->rest.data, SEPARATOR, p->rest.len);
    n = end ? (size_t)(end - p->rest.data) : p->rest.len;
    *packet = slice_make(p->rest.data, n);
    p->rest = slice_from(p->rest, n + (end != NULL));
    return true;
}

int eio_payload_next(struct eio_payload *p, enum opcode *type, struct slice *packet)
{
    const uint8_t message = MESSAGE;
    size_t head = p->version == 3 ? 2 : 1; /* "b4", "b" */

    if (p->rest.len == 0)
        return 0;
    if (!take(p, packet))
        return -1;
    *type = OPCODE_TEXT;
    if (packet->len < head || packet->data[0] != 'b')
        return 1;
    *type = OPCODE_BINARY;
    buf_reset(&p->bytes);
    if ((p->version == 3 && buf_append(&p->bytes, &message, 1) != 0) ||
        base64_decode(&p->bytes, slice_from(*packet, head)) != 0)
        return -1;
    *packet = buf_slice(&p->bytes);
    return 1;
}

size_t eio_payload_room(struct slice packet)
{
    return packet.len / 3 * 4 + 4 + 24;
}

static int put(struct buf *body, unsigned version, enum opcode type, struct slice packet)
{
    bool text = type == OPCODE_TEXT;
    size_t base64;

    if (version == 3 && !text && packet.len > 0) /* its type is in "b4" */
        packet = slice_from(packet, 1);
    base64 = (packet.len + 2) / 3 * 4;
    if (version == 3 && buf_printf(body, "%zu:", text ? units_of(packet) : base64 + 2) != 0)
        return -1;
    if (text)
        return buf_append_slice(body, packet);
    return buf_append_str(body, version == 3 ? "b4" : "b") == 0 ? base64_encode(body, packet) : -1;
}

int eio_payload_put(struct buf *body, unsigned version, enum opcode type, struct slice packet)
{
    const uint8_t separator = SEPARATOR;
    size_t before = body->len;

    if ((version == 3 || before == 0 || buf_append(body, &separator, 1) == 0) &&
        put(body, version, type, packet) == 0)
        return 0;
    body->len = before;
    return -1;
}

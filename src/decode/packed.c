/*
 * packed: the rows `msgpack` and `cbor`: each binary message is one value, shown as JSON.
 */
#include "decode/packed.h"

#include "decode/cbor.h"
#include "decode/decoders.h"
#include "decode/msgpack.h"

static const char *const msgpack_subprotocols[] = {"msgpack", NULL};
static const char *const cbor_subprotocols[] = {"cbor", NULL};

int packed_to_json(struct decode_layer *l, enum packed form, struct slice bytes, struct slice *json,
                   const char **wrong)
{
    struct slice rest = bytes;
    struct buf out;
    enum unpacked rc;

    buf_init(&out, SIZE_MAX);
    rc = form == PACKED_CBOR ? cbor_to_json(&rest, &out) : msgpack_to_json(&rest, &out);
    *wrong = rc == UNPACKED_SHORT ? "the bytes end within the value"
             : rc == UNPACKED_BAD ? "a byte has no meaning there, or values are too deep"
             : rest.len > 0       ? "bytes follow the value"
                                  : NULL;
    if (!*wrong && rc == UNPACKED_OK)
        *json = slice_make(arena_copy(decode_arena(l), buf_data(&out), out.len), out.len);
    buf_clear(&out);
    if (rc == UNPACKED_MEMORY || (!*wrong && !json->data))
        return -1;
    return *wrong ? 1 : 0;
}

static int decode(struct decode_layer *l, enum event_dir dir, struct decode_message m,
                  enum packed form)
{
    struct event_decoded item = {.type = "value", .role = DECODED_EVENT, .form = DECODED_JSON};
    const char *name = form == PACKED_CBOR ? "CBOR" : "MessagePack";
    const char *wrong;
    int rc;

    if (m.opcode != OPCODE_BINARY)
        return decode_bad(l, dir, m.data, "not %s: a text message", name);
    rc = packed_to_json(l, form, m.data, &item.data, &wrong);
    if (rc > 0)
        return decode_bad(l, dir, m.data, "not %s: %s", name, wrong);
    if (rc == 0)
        decode_item(l, dir, &item);
    return rc;
}

static int decode_msgpack(struct decode_layer *l, enum event_dir dir, struct decode_message m)
{
    return decode(l, dir, m, PACKED_MSGPACK);
}

static int decode_cbor(struct decode_layer *l, enum event_dir dir, struct decode_message m)
{
    return decode(l, dir, m, PACKED_CBOR);
}

const struct decoder decoder_msgpack = {
    .name = "msgpack",
    .subprotocols = msgpack_subprotocols,
    .decode = decode_msgpack,
};

const struct decoder decoder_cbor = {
    .name = "cbor",
    .subprotocols = cbor_subprotocols,
    .decode = decode_cbor,
};

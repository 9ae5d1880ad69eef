/*
 * wamp: the Web Application Messaging Protocol, version 2 (wamp-proto.org): arrays that begin with
 * a number, as JSON, MessagePack or CBOR by the subprotocol.
 */
#include "base/decimal.h"
#include "decode/decoders.h"
#include "decode/json_pick.h"
#include "decode/packed.h"
#include "decode/requests.h"

#define PARTS 8
/* Separates the messages of wamp.2.json.batched. */
#define BATCH_END 0x1E

static const char *const subprotocols[] = {"wamp.2.json", "wamp.2.msgpack", "wamp.2.cbor",
                                           "wamp.2.json.batched", NULL};

/* Where the parts of a message are: 0, there is none. */
static const struct kind {
    uint8_t code;
    uint8_t role;
    uint8_t id, re, name, data;
    bool more; /* it may not be the last answer */
    const char *type;
} kinds[] = {
    {1, DECODED_CONTROL, 0, 0, 1, 2, false, "HELLO"},
    {2, DECODED_CONTROL, 0, 0, 0, 2, false, "WELCOME"},
    {3, DECODED_ERROR, 0, 0, 2, 1, false, "ABORT"},
    {4, DECODED_CONTROL, 0, 0, 1, 2, false, "CHALLENGE"},
    {5, DECODED_CONTROL, 0, 0, 0, 0, false, "AUTHENTICATE"},
    {6, DECODED_CONTROL, 0, 0, 2, 1, false, "GOODBYE"},
    {8, DECODED_ERROR, 0, 2, 4, 5, false, "ERROR"},
    {16, DECODED_REQUEST, 1, 0, 3, 4, false, "PUBLISH"},
    {17, DECODED_ACK, 0, 1, 0, 0, false, "PUBLISHED"},
    {32, DECODED_REQUEST, 1, 0, 3, 0, false, "SUBSCRIBE"},
    {33, DECODED_RESULT, 0, 1, 0, 2, false, "SUBSCRIBED"},
    {34, DECODED_REQUEST, 1, 0, 0, 2, false, "UNSUBSCRIBE"},
    {35, DECODED_RESULT, 0, 1, 0, 0, false, "UNSUBSCRIBED"},
    {36, DECODED_EVENT, 0, 0, 1, 4, false, "EVENT"},
    {48, DECODED_REQUEST, 1, 0, 3, 4, false, "CALL"},
    {49, DECODED_CONTROL, 0, 1, 0, 0, true, "CANCEL"},
    {50, DECODED_RESULT, 0, 1, 0, 3, false, "RESULT"},
    {64, DECODED_REQUEST, 1, 0, 3, 0, false, "REGISTER"},
    {65, DECODED_RESULT, 0, 1, 0, 2, false, "REGISTERED"},
    {66, DECODED_REQUEST, 1, 0, 0, 2, false, "UNREGISTER"},
    {67, DECODED_RESULT, 0, 1, 0, 0, false, "UNREGISTERED"},
    {68, DECODED_REQUEST, 1, 0, 2, 4, false, "INVOCATION"},
    {69, DECODED_CONTROL, 0, 1, 0, 0, true, "INTERRUPT"},
    {70, DECODED_RESULT, 0, 1, 0, 3, false, "YIELD"},
};

struct wamp {
    struct requests requests;
};

static void end(struct decode_layer *l)
{
    struct wamp *w = l->state;

    requests_clear(&w->requests);
}

static const struct kind *kind_of(struct slice code)
{
    uint64_t number;

    if (!decimal_read(code, 255, &number))
        return NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (kinds[i].code == number)
            return &kinds[i];
    }
    return NULL;
}

static struct slice part(const struct slice *parts, long count, unsigned place)
{
    return place > 0 && place < count ? parts[place] : slice_str("");
}

/* PUBLISH is answered only if its options ask for that. */
static bool is_acknowledged(const struct kind *kind, const struct slice *parts)
{
    static const char *const names[] = {"acknowledge"};
    struct slice wanted;

    return kind->code != 16 ||
           (json_pick(parts[2], names, &wanted, 1) == 1 && slice_is(wanted, "true"));
}

static int decode_json(struct decode_layer *l, enum event_dir dir, struct slice text,
                       struct slice whole)
{
    struct wamp *w = l->state;
    struct slice parts[PARTS], name;
    long count = json_elements(text, parts, PARTS);
    const struct kind *kind = count > 0 ? kind_of(parts[0]) : NULL;
    struct event_decoded item = {0};

    if (count < 1)
        return decode_bad(l, dir, whole, "not WAMP: no JSON array");
    if (!kind)
        return decode_bad(l, dir, whole, "not WAMP: there is no message type %.*s",
                          parts[0].len > 20 ? 20 : (int)parts[0].len, (const char *)parts[0].data);
    if (count <= kind->id || count <= kind->re || count <= kind->name)
        return decode_bad(l, dir, whole, "not WAMP: %s has only %ld elements", kind->type, count);
    count = count < PARTS ? count : PARTS;
    item.type = kind->type;
    item.role = (enum decoded_role)kind->role;
    item.id = part(parts, count, kind->id);
    item.re = part(parts, count, kind->re);
    item.name = decode_unquote(l, part(parts, count, kind->name));
    item.data = part(parts, count, kind->data);
    item.form = item.data.len ? DECODED_JSON : DECODED_NOTHING;
    if (kind->data > 2 && count > kind->data + 1)
        decode_field(l, &item, slice_str("keywords"), parts[kind->data + 1]);
    if (item.role == DECODED_REQUEST && !is_acknowledged(kind, parts))
        item.role = DECODED_EVENT;
    if (item.role == DECODED_REQUEST)
        decode_ask(l, &w->requests, dir, item.id,
                   item.name.len ? item.name : slice_str(kind->type));
    else if (item.re.len > 0 && !kind->more) {
        item.has_us =
            requests_answer(&w->requests, dir, item.re, false, decode_now(l), &item.us, &name);
        if (item.has_us && item.name.len == 0)
            item.name = decode_copy(l, name);
    }
    decode_item(l, dir, &item);
    return 0;
}

static int decode_binary(struct decode_layer *l, enum event_dir dir, struct slice bytes)
{
    bool cbor = strstr(decode_subprotocol(l), "cbor") != NULL;
    const char *wrong;
    struct slice json;
    int rc = packed_to_json(l, cbor ? PACKED_CBOR : PACKED_MSGPACK, bytes, &json, &wrong);

    if (rc > 0)
        return decode_bad(l, dir, bytes, "not WAMP: %s", wrong);
    return rc == 0 ? decode_json(l, dir, json, bytes) : -1;
}

static int decode(struct decode_layer *l, enum event_dir dir, struct decode_message message)
{
    struct slice rest = message.data;

    if (message.opcode != OPCODE_TEXT)
        return decode_binary(l, dir, rest);
    do {
        const uint8_t *at = rest.len ? memchr(rest.data, BATCH_END, rest.len) : NULL;
        size_t n = at ? (size_t)(at - rest.data) : rest.len;

        if (decode_json(l, dir, slice_make(rest.data, n), slice_make(rest.data, n)) != 0)
            return -1;
        n += at != NULL;
        rest = slice_from(rest, n);
    } while (rest.len > 0);
    return 0;
}

static int findings(struct decode_layer *l, struct buf *out)
{
    struct wamp *w = l->state;

    return requests_findings(&w->requests, DIR_OUT, out);
}

const struct decoder decoder_wamp = {
    .name = "wamp",
    .subprotocols = subprotocols,
    .state = sizeof(struct wamp),
    .close = end,
    .decode = decode,
    .findings = findings,
};

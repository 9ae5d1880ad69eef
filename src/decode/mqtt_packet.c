#include "decode/mqtt_packet.h"

/* Variable byte integers have at most four bytes. */
#define LENGTH_MAX 268435455

long mqtt_packet_read(struct slice bytes, struct slice *body)
{
    size_t length = 0;

    for (unsigned i = 0; i < 4; i++) {
        if (bytes.len < i + 2)
            return 0;
        length |= (size_t)(bytes.data[i + 1] & 0x7F) << (7 * i);
        if (bytes.data[i + 1] & 0x80)
            continue;
        if (bytes.len - i - 2 < length)
            return 0;
        *body = slice_make(bytes.data + i + 2, length);
        return (long)(length + i + 2);
    }
    return -1;
}

/* The next n bytes; NULL: there are fewer. */
static const uint8_t *take(struct mqtt_read *r, size_t n)
{
    const uint8_t *at = r->rest.data;

    if (r->bad || r->rest.len < n) {
        r->bad = true;
        return NULL;
    }
    r->rest = slice_make(at + n, r->rest.len - n);
    return at;
}

uint8_t mqtt_u8(struct mqtt_read *r)
{
    const uint8_t *at = take(r, 1);

    return at ? at[0] : 0;
}

uint16_t mqtt_u16(struct mqtt_read *r)
{
    const uint8_t *at = take(r, 2);

    return at ? (uint16_t)(at[0] << 8 | at[1]) : 0;
}

static uint32_t read_u32(struct mqtt_read *r)
{
    uint32_t high = mqtt_u16(r);

    return high << 16 | mqtt_u16(r);
}

/* A variable byte integer, section 1.5.5. */
static uint32_t read_varint(struct mqtt_read *r)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < 4; i++) {
        uint8_t byte = mqtt_u8(r);

        value |= (uint32_t)(byte & 0x7F) << (7 * i);
        if (!(byte & 0x80))
            return value;
    }
    r->bad = true;
    return 0;
}

struct slice mqtt_string(struct mqtt_read *r)
{
    size_t n = mqtt_u16(r);
    const uint8_t *at = take(r, n);

    return at ? slice_make(at, n) : slice_str("");
}

/* --- properties and reasons ------------------------------------------------------------------- */

enum form { BYTE, SHORT, LONG, VARINT, TEXT, SECRET, PAIR };

static const struct property {
    uint8_t id;
    uint8_t form;
    const char *name;
} properties[] = {
    {0x01, BYTE, "payload-format"},
    {0x02, LONG, "message-expiry"},
    {0x03, TEXT, "content-type"},
    {0x08, TEXT, "response-topic"},
    {0x09, TEXT, "correlation-data"},
    {0x0B, VARINT, "subscription-identifier"},
    {0x11, LONG, "session-expiry"},
    {0x12, TEXT, "assigned-client-id"},
    {0x13, SHORT, "server-keep-alive"},
    {0x15, TEXT, "authentication-method"},
    {0x16, SECRET, "authentication-data"},
    {0x17, BYTE, "request-problem-information"},
    {0x18, LONG, "will-delay"},
    {0x19, BYTE, "request-response-information"},
    {0x1A, TEXT, "response-information"},
    {0x1C, TEXT, "server-reference"},
    {0x1F, TEXT, "reason"},
    {0x21, SHORT, "receive-maximum"},
    {0x22, SHORT, "topic-alias-maximum"},
    {0x23, SHORT, "topic-alias"},
    {0x24, BYTE, "maximum-qos"},
    {0x25, BYTE, "retain-available"},
    {0x26, PAIR, ""},
    {0x27, LONG, "maximum-packet-size"},
    {0x28, BYTE, "wildcard-subscriptions"},
    {0x29, BYTE, "subscription-identifiers"},
    {0x2A, BYTE, "shared-subscriptions"},
};

static const struct property *property_of(uint32_t id)
{
    for (size_t i = 0; i < sizeof properties / sizeof *properties; i++) {
        if (properties[i].id == id)
            return &properties[i];
    }
    return NULL;
}

static void add_property(struct mqtt_read *r, struct decode_layer *l, struct event_decoded *item,
                         const struct property *p, uint64_t *keep_alive)
{
    struct slice name = slice_str(p->name), value;
    uint32_t number;

    if (p->form == PAIR)
        name = mqtt_string(r);
    if (p->form >= TEXT) {
        value = mqtt_string(r);
        decode_field(l, item, name, p->form == SECRET ? slice_str("***") : value);
        return;
    }
    number = p->form == BYTE    ? mqtt_u8(r)
             : p->form == SHORT ? mqtt_u16(r)
             : p->form == LONG  ? read_u32(r)
                                : read_varint(r);
    if (p->id == 0x13 && keep_alive && !r->bad)
        *keep_alive = number;
    decode_field(l, item, name, decode_print(l, "%lu", (unsigned long)number));
}

int mqtt_properties(struct mqtt_read *r, struct decode_layer *l, struct event_decoded *item,
                    uint64_t *keep_alive)
{
    size_t length = read_varint(r);
    const uint8_t *at = take(r, length);
    struct mqtt_read inner = {.rest = slice_make(at, at ? length : 0)};

    while (inner.rest.len > 0 && !inner.bad) {
        const struct property *p = property_of(read_varint(&inner));

        if (!p)
            return -1;
        add_property(&inner, l, item, p, keep_alive);
    }
    r->bad |= inner.bad;
    return 0;
}

static const struct {
    uint8_t code;
    const char *text;
} reasons[] = {
    {0x00, "Success"},
    {0x01, "Granted QoS 1"},
    {0x02, "Granted QoS 2"},
    {0x04, "Disconnect with Will Message"},
    {0x10, "No matching subscribers"},
    {0x11, "No subscription existed"},
    {0x18, "Continue authentication"},
    {0x19, "Re-authenticate"},
    {0x80, "Unspecified error"},
    {0x81, "Malformed Packet"},
    {0x82, "Protocol Error"},
    {0x83, "Implementation specific error"},
    {0x84, "Unsupported Protocol Version"},
    {0x85, "Client Identifier not valid"},
    {0x86, "Bad User Name or Password"},
    {0x87, "Not authorized"},
    {0x88, "Server unavailable"},
    {0x89, "Server busy"},
    {0x8A, "Banned"},
    {0x8B, "Server shutting down"},
    {0x8C, "Bad authentication method"},
    {0x8D, "Keep Alive timeout"},
    {0x8E, "Session taken over"},
    {0x8F, "Topic Filter invalid"},
    {0x90, "Topic Name invalid"},
    {0x91, "Packet Identifier in use"},
    {0x92, "Packet Identifier not found"},
    {0x93, "Receive Maximum exceeded"},
    {0x94, "Topic Alias invalid"},
    {0x95, "Packet too large"},
    {0x96, "Message rate too high"},
    {0x97, "Quota exceeded"},
    {0x98, "Administrative action"},
    {0x99, "Payload format invalid"},
    {0x9A, "Retain not supported"},
    {0x9B, "QoS not supported"},
    {0x9C, "Use another server"},
    {0x9D, "Server moved"},
    {0x9E, "Shared Subscriptions not supported"},
    {0x9F, "Connection rate exceeded"},
    {0xA0, "Maximum connect time"},
    {0xA1, "Subscription Identifiers not supported"},
    {0xA2, "Wildcard Subscriptions not supported"},
};

const char *mqtt_reason(unsigned code)
{
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        if (reasons[i].code == code)
            return reasons[i].text;
    }
    return "unknown reason";
}

const char *mqtt_reason_311(unsigned code)
{
    static const char *const texts[] = {
        "accepted",           "unacceptable protocol version", "identifier rejected",
        "server unavailable", "bad user name or password",     "not authorized"};

    return code < sizeof texts / sizeof *texts ? texts[code] : "unknown reason";
}

/* --- packets that are made -------------------------------------------------------------------- */

int mqtt_put_u16(struct buf *out, unsigned value)
{
    const uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};

    return buf_append(out, bytes, 2);
}

int mqtt_put_string(struct buf *out, struct slice text)
{
    if (text.len > UINT16_MAX || mqtt_put_u16(out, (unsigned)text.len) != 0)
        return -1;
    return buf_append_slice(out, text);
}

int mqtt_send(struct decode_layer *l, unsigned first, const struct buf *body)
{
    size_t left = body->len;
    uint8_t head[5] = {(uint8_t)first};
    size_t n = 1;
    uint8_t *packet;

    if (left > LENGTH_MAX)
        return -1;
    do {
        head[n++] = (uint8_t)((left & 0x7F) | (left > 0x7F ? 0x80 : 0));
        left >>= 7;
    } while (left > 0);
    packet = arena_alloc(decode_arena(l), n + body->len);
    if (!packet)
        return -1;
    memcpy(packet, head, n);
    if (body->len)
        memcpy(packet + n, buf_data(body), body->len);
    return decode_send(l,
                       (struct decode_message){OPCODE_BINARY, slice_make(packet, n + body->len)});
}

int mqtt_send_id(struct decode_layer *l, unsigned first, unsigned id)
{
    struct buf body;
    int rc;

    buf_init(&body, SIZE_MAX);
    rc = mqtt_put_u16(&body, id) == 0 ? mqtt_send(l, first, &body) : -1;
    buf_clear(&body);
    return rc;
}

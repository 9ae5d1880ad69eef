/*
 * mqtt: MQTT 3.1.1 and 5.0 over WebSocket (OASIS, section 6): binary messages whose packets may be
 * joined or split, acknowledgements of QoS 1 and 2, and the keep-alive.
 */
#include "base/codec.h"
#include "base/decimal.h"
#include "decode/decoders.h"
#include "decode/mqtt_private.h"
#include "decode/notes.h"

/* Only one: RabbitMQ answers with all that were offered. */
static const char *const subprotocols[] = {"mqtt", NULL};
static const char *const keys[] = {"version", "keepalive", NULL};

static const char *const type_names[] = {"0",         "CONNECT",  "CONNACK",     "PUBLISH",
                                         "PUBACK",    "PUBREC",   "PUBREL",      "PUBCOMP",
                                         "SUBSCRIBE", "SUBACK",   "UNSUBSCRIBE", "UNSUBACK",
                                         "PINGREQ",   "PINGRESP", "DISCONNECT",  "AUTH"};

/* --- the connection --------------------------------------------------------------------------- */

static bool recognise(const struct decode_clue *clue)
{
    static const uint8_t name[] = {0, 4, 'M', 'Q', 'T', 'T'};
    struct slice body;

    if (!clue->message)
        return strcmp(clue->subprotocol, "mqttv3.1") == 0;
    return clue->message->opcode == OPCODE_BINARY && clue->message->data.len > 0 &&
           clue->message->data.data[0] == MQTT_CONNECT << 4 &&
           mqtt_packet_read(clue->message->data, &body) > 0 && body.len > sizeof name &&
           memcmp(body.data, name, sizeof name) == 0;
}

static int check(const struct decode_key *key, struct err *e)
{
    uint64_t seconds;

    if (strcmp(key->name, "version") == 0) {
        if (strcmp(key->value, "3.1.1") == 0 || strcmp(key->value, "5") == 0)
            return 0;
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                       "--as mqtt: version is '%s', but must be 3.1.1 or 5", key->value);
    }
    if (decimal_read(slice_str(key->value), UINT16_MAX, &seconds))
        return 0;
    return err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                   "--as mqtt: keepalive is '%s', but must be 0 to 65535 seconds", key->value);
}

static int opened(struct decode_layer *l)
{
    struct mqtt *q = l->state;
    const char *version = decode_key(l, "version");

    pieces_init(&q->unread[0]);
    pieces_init(&q->unread[1]);
    q->level = version && *version == '5' ? 5 : 4;
    return decode_takes_part(l) ? mqtt_connect(l) : 0;
}

static void close(struct decode_layer *l)
{
    struct mqtt *q = l->state;

    pieces_clear(&q->unread[0]);
    pieces_clear(&q->unread[1]);
    requests_clear(&q->requests);
}

static bool ready(const struct decode_layer *l)
{
    const struct mqtt *q = l->state;

    return q->connected;
}

static int leave(struct decode_layer *l)
{
    const struct mqtt *q = l->state;
    struct buf nothing = {0};

    return q->connected ? mqtt_send(l, MQTT_DISCONNECT << 4, &nothing) : 0;
}

/* The server closes after one and a half times the keep-alive without a packet (section 3.1.2.10).
 */
static void promise(struct decode_layer *l, uint64_t seconds)
{
    struct mqtt *q = l->state;

    q->keep_alive = seconds;
    beats_promise(&q->beats, DIR_OUT, seconds * 1000000, seconds * 1500000, decode_now(l));
}

/* --- packets as items ------------------------------------------------------------------------- */

static void add(struct decode_layer *l, struct event_decoded *item, const char *name,
                struct slice value)
{
    decode_field(l, item, slice_str(name), value);
}

static void add_number(struct decode_layer *l, struct event_decoded *item, const char *name,
                       unsigned long value)
{
    add(l, item, name, decode_print(l, "%lu", value));
}

static struct slice id_text(struct decode_layer *l, unsigned id)
{
    return decode_print(l, "%u", id);
}

static int properties(struct decode_layer *l, struct mqtt_read *r, struct event_decoded *item)
{
    const struct mqtt *q = l->state;

    return q->level >= 5 ? mqtt_properties(r, l, item, NULL) : 0;
}

static int read_will(struct decode_layer *l, struct mqtt_read *r, struct event_decoded *item)
{
    if (properties(l, r, item) != 0)
        return -1;
    add(l, item, "will-topic", mqtt_string(r));
    mqtt_string(r);
    return 0;
}

/* Section 3.1. */
static int read_connect(struct decode_layer *l, struct mqtt_read *r, struct event_decoded *item)
{
    struct mqtt *q = l->state;
    struct slice name = mqtt_string(r);
    unsigned flags;

    q->level = mqtt_u8(r);
    flags = mqtt_u8(r);
    promise(l, mqtt_u16(r));
    q->asked = true;
    q->connect_us = decode_now(l);
    if (!slice_is(name, "MQTT") && !slice_is(name, "MQIsdp"))
        return -1;
    add(l, item, "version", slice_str(q->level == 5 ? "5" : q->level == 4 ? "3.1.1" : "3.1"));
    add_number(l, item, "keepalive", q->keep_alive);
    if (flags & 0x02)
        add(l, item, "clean", slice_str("yes"));
    if (properties(l, r, item) != 0)
        return -1;
    item->name = decode_text(l, mqtt_string(r));
    if ((flags & 0x04) && read_will(l, r, item) != 0)
        return -1;
    if (flags & 0x80)
        add(l, item, "user", mqtt_string(r));
    if (flags & 0x40) {
        mqtt_string(r);
        add(l, item, "password", slice_str("***"));
    }
    return 0;
}

static void refused(struct decode_layer *l, struct event_decoded *item, unsigned code)
{
    struct mqtt *q = l->state;
    bool busy = q->level >= 5 ? code == 0x88 || code == 0x89 : code == 3;

    item->role = DECODED_ERROR;
    q->refused = q->level >= 5 ? mqtt_reason(code) : mqtt_reason_311(code);
    decode_end(l, EXIT_UPGRADE, busy, "the server refused CONNECT: %s (%u)", q->refused, code);
}

/* Section 3.2. */
static int read_connack(struct decode_layer *l, struct mqtt_read *r, struct event_decoded *item)
{
    struct mqtt *q = l->state;
    unsigned flags = mqtt_u8(r), code = mqtt_u8(r);
    uint64_t keep_alive = q->keep_alive;

    if (r->bad)
        return 0;
    item->name = slice_str(q->level >= 5 ? mqtt_reason(code) : mqtt_reason_311(code));
    item->has_us = q->asked && !q->connected;
    item->us = decode_now(l) - q->connect_us;
    if (flags & 1)
        add(l, item, "session-present", slice_str("yes"));
    if (code != 0)
        refused(l, item, code);
    q->connected = code == 0;
    if (q->level >= 5 && mqtt_properties(r, l, item, &keep_alive) != 0)
        return -1;
    if (keep_alive != q->keep_alive)
        promise(l, keep_alive);
    return 0;
}

/* Section 3.3. Acknowledge what came, if we take part. */
static int read_publish(struct decode_layer *l, enum event_dir dir, unsigned flags,
                        struct mqtt_read *r, struct event_decoded *item)
{
    struct mqtt *q = l->state;
    unsigned qos = flags >> 1 & 3, id = 0;

    item->name = decode_text(l, mqtt_string(r));
    item->role = qos ? DECODED_REQUEST : DECODED_EVENT;
    if (qos > 0) {
        id = mqtt_u16(r);
        item->id = id_text(l, id);
        add_number(l, item, "qos", qos);
    }
    if (flags & 1)
        add(l, item, "retain", slice_str("yes"));
    if (flags & 8)
        add(l, item, "dup", slice_str("yes"));
    if (qos == 3 || properties(l, r, item) != 0)
        return -1;
    if (r->bad)
        return 0;
    decode_body(item, r->rest);
    r->rest.len = 0;
    if (qos == 0)
        return 0;
    decode_ask(l, &q->requests, dir, item->id, item->name);
    if (dir == DIR_IN && decode_takes_part(l))
        return mqtt_send_id(l, (unsigned)(qos == 1 ? MQTT_PUBACK : MQTT_PUBREC) << 4, id) == 0 ? 0
                                                                                               : -2;
    return 0;
}

/* The answer to a packet with that id. */
static void answer(struct decode_layer *l, enum event_dir dir, struct event_decoded *item,
                   bool more)
{
    struct mqtt *q = l->state;

    item->has_us =
        requests_answer(&q->requests, dir, item->re, more, decode_now(l), &item->us, &item->name);
    item->name = decode_copy(l, item->name);
}

/* A reason code and properties, which may both be left out. */
static int read_reason(struct decode_layer *l, struct mqtt_read *r, struct event_decoded *item)
{
    unsigned code;

    if (r->rest.len == 0)
        return 0;
    code = mqtt_u8(r);
    if (code >= 0x80)
        item->role = DECODED_ERROR;
    if (code > 0)
        add(l, item, "reason-code", slice_str(mqtt_reason(code)));
    return r->rest.len > 0 ? properties(l, r, item) : 0;
}

/* PUBACK, PUBREC, PUBREL, PUBCOMP: sections 3.4 to 3.7. */
static int read_acknowledgement(struct decode_layer *l, enum event_dir dir, unsigned type,
                                struct mqtt_read *r, struct event_decoded *item)
{
    bool answers = dir == DIR_IN && decode_takes_part(l);
    unsigned id = mqtt_u16(r);
    int rc;

    item->re = id_text(l, id);
    item->role = type == MQTT_PUBREL ? DECODED_CONTROL : DECODED_ACK;
    rc = read_reason(l, r, item);
    if (rc != 0 || r->bad)
        return rc;
    if (type != MQTT_PUBREL)
        answer(l, dir, item, type == MQTT_PUBREC && item->role != DECODED_ERROR);
    if (answers && type == MQTT_PUBREL && mqtt_send_id(l, MQTT_PUBCOMP << 4, id) != 0)
        return -2;
    if (answers && type == MQTT_PUBREC && item->role != DECODED_ERROR &&
        mqtt_send_id(l, MQTT_PUBREL << 4 | 2, id) != 0)
        return -2;
    return 0;
}

/* SUBSCRIBE and UNSUBSCRIBE: sections 3.8 and 3.10. */
static int read_filters(struct decode_layer *l, enum event_dir dir, unsigned type,
                        struct mqtt_read *r, struct event_decoded *item)
{
    struct mqtt *q = l->state;

    item->id = id_text(l, mqtt_u16(r));
    item->role = DECODED_REQUEST;
    if (properties(l, r, item) != 0)
        return -1;
    do {
        struct slice filter = decode_text(l, mqtt_string(r));

        if (item->name.len == 0)
            item->name = filter;
        else
            add(l, item, "filter", filter);
        if (type == MQTT_SUBSCRIBE)
            add_number(l, item, "qos", mqtt_u8(r) & 3U);
    } while (r->rest.len > 0 && !r->bad);
    if (!r->bad)
        decode_ask(l, &q->requests, dir, item->id, item->name);
    return 0;
}

/* SUBACK and UNSUBACK: sections 3.9 and 3.11. */
static int read_granted(struct decode_layer *l, enum event_dir dir, unsigned type,
                        struct mqtt_read *r, struct event_decoded *item)
{
    item->re = id_text(l, mqtt_u16(r));
    item->role = DECODED_RESULT;
    if (properties(l, r, item) != 0)
        return -1;
    while (r->rest.len > 0 && !r->bad) {
        unsigned code = mqtt_u8(r);

        if (code >= 0x80)
            item->role = DECODED_ERROR;
        if (code >= 0x80)
            add(l, item, "refused", slice_str(mqtt_reason(code)));
        else if (type == MQTT_SUBACK)
            add_number(l, item, "qos", code);
        else if (code > 0)
            add(l, item, "reason-code", slice_str(mqtt_reason(code)));
    }
    if (!r->bad)
        answer(l, dir, item, false);
    return 0;
}

static void read_ping(struct decode_layer *l, unsigned type, struct event_decoded *item)
{
    struct mqtt *q = l->state;

    item->role = DECODED_HEARTBEAT;
    if (type == MQTT_PINGREQ) {
        q->pings++;
        q->ping_us = decode_now(l);
    } else if (q->pings > 0) {
        q->pings--;
        item->has_us = true;
        item->us = decode_now(l) - q->ping_us;
    }
}

/* 0; -1: malformed; -2: memory. */
static int read_packet(struct decode_layer *l, enum event_dir dir, unsigned first,
                       struct mqtt_read *r, struct event_decoded *item)
{
    unsigned type = first >> 4;

    switch (type) {
    case MQTT_CONNECT:
        return read_connect(l, r, item);
    case MQTT_CONNACK:
        return read_connack(l, r, item);
    case MQTT_PUBLISH:
        return read_publish(l, dir, first & 15, r, item);
    case MQTT_PUBACK:
    case MQTT_PUBREC:
    case MQTT_PUBREL:
    case MQTT_PUBCOMP:
        return read_acknowledgement(l, dir, type, r, item);
    case MQTT_SUBSCRIBE:
    case MQTT_UNSUBSCRIBE:
        return read_filters(l, dir, type, r, item);
    case MQTT_SUBACK:
    case MQTT_UNSUBACK:
        return read_granted(l, dir, type, r, item);
    case MQTT_PINGREQ:
    case MQTT_PINGRESP:
        read_ping(l, type, item);
        return 0;
    case MQTT_DISCONNECT:
    case MQTT_AUTH:
        return read_reason(l, r, item);
    default:
        return -1;
    }
}

static int decode_one(struct decode_layer *l, enum event_dir dir, struct slice packet,
                      struct slice body)
{
    unsigned first = packet.data[0];
    struct event_decoded item = {.type = type_names[first >> 4], .role = DECODED_CONTROL};
    struct mqtt_read r = {.rest = body};
    int rc;

    if (first >> 4 == 0)
        return decode_bad(l, dir, packet, "not MQTT: there is no packet type 0");
    rc = read_packet(l, dir, first, &r, &item);
    if (rc == -2)
        return -1;
    if (r.bad)
        return decode_bad(l, dir, packet, "not MQTT: %s is too short", item.type);
    if (rc != 0)
        return decode_bad(l, dir, packet, "not MQTT: %s is malformed", item.type);
    decode_item(l, dir, &item);
    return 0;
}

/* What pieces_add and pieces_keep have returned, but 0. */
static int not_kept(struct decode_layer *l, enum event_dir dir, struct slice data, int rc)
{
    if (rc < 0)
        return -1;
    return decode_bad(l, dir, data, "not MQTT: a packet of more than %zu bytes", PIECES_MAX);
}

static int decode(struct decode_layer *l, enum event_dir dir, struct decode_message m)
{
    struct mqtt *q = l->state;
    struct pieces *unread = &q->unread[dir == DIR_OUT];
    struct slice all, body;
    size_t at = 0;
    long n;
    int rc;

    beats_seen(&q->beats, dir, decode_now(l));
    if (m.opcode != OPCODE_BINARY)
        return decode_bad(l, dir, m.data, "not MQTT: a text message, but packets are binary");
    rc = pieces_add(unread, m.data, &all);
    if (rc != 0)
        return not_kept(l, dir, m.data, rc);
    while ((n = mqtt_packet_read(slice_from(all, at), &body)) > 0) {
        if (decode_one(l, dir, slice_make(all.data + at, (size_t)n), body) != 0)
            return -1;
        at += (size_t)n;
    }
    if (n < 0) {
        struct slice bad = slice_from(all, at);

        pieces_keep(unread, all, all.len);
        return decode_bad(l, dir, bad, "not MQTT: the length of a packet has more than four bytes");
    }
    rc = pieces_keep(unread, all, at);
    return rc == 0 ? 0 : not_kept(l, dir, m.data, rc);
}

/* --- what is due, and the findings ------------------------------------------------------------
 */

static uint64_t tick(struct decode_layer *l)
{
    struct mqtt *q = l->state;
    struct buf nothing = {0};

    if (q->connected && beats_tick(&q->beats, decode_now(l)) && decode_takes_part(l) &&
        mqtt_send(l, MQTT_PINGREQ << 4, &nothing) == 0)
        beats_seen(&q->beats, DIR_OUT, decode_now(l));
    return q->connected ? beats_due(&q->beats, decode_takes_part(l)) : 0;
}

static int findings(struct decode_layer *l, struct buf *out)
{
    struct mqtt *q = l->state;

    if (q->refused && notes_finding(out, "the server refused CONNECT: %s", q->refused) != 0)
        return -1;
    if (q->asked && !q->connected && !q->refused &&
        notes_finding(out, "the server never answered CONNECT") != 0)
        return -1;
    if (q->pings > 0 &&
        notes_finding(out, "%llu PINGREQ had no PINGRESP", (unsigned long long)q->pings) != 0)
        return -1;
    if (beats_findings(&q->beats, decode_now(l), out) != 0)
        return -1;
    return requests_findings(&q->requests, DIR_OUT, out);
}

/* TOPIC BODY */
static int piped(struct decode_layer *l, const struct event_decoded *item, struct buf *out)
{
    (void)l;
    if (strcmp(item->type, "PUBLISH") != 0)
        return 0;
    if (buf_append_slice(out, item->name) != 0 || buf_append(out, " ", 1) != 0)
        return -1;
    if (item->form == DECODED_BYTES)
        return base64_encode(out, item->data) == 0 ? 1 : -1;
    return buf_append_slice(out, item->data) == 0 ? 1 : -1;
}

const struct decoder decoder_mqtt = {
    .name = "mqtt",
    .subprotocols = subprotocols,
    .keys = keys,
    .state = sizeof(struct mqtt),
    .check = check,
    .recognise = recognise,
    .open = opened,
    .close = close,
    .leave = leave,
    .decode = decode,
    .encode = mqtt_encode,
    .tick = tick,
    .ready = ready,
    .findings = findings,
    .piped = piped,
};

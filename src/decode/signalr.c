/*
 * signalr: the hub protocol of ASP.NET Core SignalR (HubProtocol.md), as JSON in records that end
 * with 0x1e, or as MessagePack. The handshake is JSON in both. The negotiation over HTTP, which a
 * WebSocket may skip, is left to the caller (decode_negotiates).
 */
#include "base/json_scan.h"
#include "decode/decoders.h"
#include "decode/json_pick.h"
#include "decode/signalr_private.h"

/* What the clients of Microsoft do: a ping each 15 s, lost after 30 s. */
#define PING_US  15000000
#define LIMIT_US 30000000

static const char *const keys[] = {"parser", "negotiate", NULL};

static const char *const part_names[SIGNALR_PARTS] = {"type",      "invocationId",   "target",
                                                      "arguments", "item",           "result",
                                                      "error",     "allowReconnect", "sequenceId"};

/* --- the connection --------------------------------------------------------------------------- */

static bool ends_record(struct slice text)
{
    return text.len > 0 && text.data[text.len - 1] == SIGNALR_RECORD_END;
}

/* Records of JSON objects: nothing else has them. */
static bool recognise(const struct decode_clue *clue)
{
    struct slice text = clue->message ? clue->message->data : slice_str("");
    const uint8_t *end = text.len ? memchr(text.data, SIGNALR_RECORD_END, text.len) : NULL;

    return end && ends_record(text) && text.data[0] == '{' &&
           json_valid(slice_make(text.data, (size_t)(end - text.data)));
}

static int check(const struct decode_key *key, struct err *e)
{
    if (strcmp(key->name, "negotiate") == 0)
        return strcmp(key->value, "yes") == 0 || strcmp(key->value, "no") == 0
                   ? 0
                   : err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                             "--as signalr: negotiate is '%s', but must be yes or no", key->value);
    if (strcmp(key->value, "json") == 0 || strcmp(key->value, "msgpack") == 0)
        return 0;
    return err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                   "--as signalr: parser is '%s', but must be json or msgpack", key->value);
}

static int opened(struct decode_layer *l)
{
    struct signalr *s = l->state;
    const char *parser = decode_key(l, "parser");

    s->msgpack = parser && strcmp(parser, "msgpack") == 0;
    if (!decode_takes_part(l))
        return 0;
    return decode_send_text(l,
                            decode_print(l, "{\"protocol\":\"%s\",\"version\":1}%c",
                                         s->msgpack ? "messagepack" : "json", SIGNALR_RECORD_END));
}

static void close(struct decode_layer *l)
{
    struct signalr *s = l->state;

    requests_clear(&s->requests);
}

static bool ready(const struct decode_layer *l)
{
    const struct signalr *s = l->state;

    return s->shaken[0] && !s->refused;
}

/* --- messages --------------------------------------------------------------------------------- */

static void emit_call(struct decode_layer *l, enum event_dir dir, const struct slice *m,
                      const char *type)
{
    struct signalr *s = l->state;
    struct event_decoded item = {
        .type = type,
        .role = m[SIGNALR_ID].len ? DECODED_REQUEST : DECODED_EVENT,
        .name = decode_unquote(l, m[SIGNALR_TARGET]),
        .id = m[SIGNALR_ID],
        .form = json_is_array(m[SIGNALR_ARGUMENTS]) ? DECODED_ARGUMENTS : DECODED_NOTHING,
        .data = m[SIGNALR_ARGUMENTS],
    };

    if (item.id.len > 0)
        decode_ask(l, &s->requests, dir, item.id, item.name);
    decode_item(l, dir, &item);
}

static void emit_answer(struct decode_layer *l, enum event_dir dir, const struct slice *m,
                        bool more)
{
    struct signalr *s = l->state;
    bool failed = m[SIGNALR_ERROR].len > 0;
    struct event_decoded item = {
        .type = more     ? "item"
                : failed ? "error"
                         : "completion",
        .role = failed ? DECODED_ERROR : DECODED_RESULT,
        .re = m[SIGNALR_ID],
        .data = more     ? m[SIGNALR_ITEM]
                : failed ? m[SIGNALR_ERROR]
                         : m[SIGNALR_RESULT],
    };

    item.form = item.data.len ? DECODED_JSON : DECODED_NOTHING;
    item.has_us =
        requests_answer(&s->requests, dir, item.re, more, decode_now(l), &item.us, &item.name);
    item.name = item.has_us ? decode_copy(l, item.name) : slice_str("");
    decode_item(l, dir, &item);
}

static void emit_cancel(struct decode_layer *l, enum event_dir dir, const struct slice *m)
{
    struct signalr *s = l->state;
    enum event_dir answers = dir == DIR_OUT ? DIR_IN : DIR_OUT;
    struct event_decoded item = {.type = "cancel", .role = DECODED_CONTROL, .re = m[SIGNALR_ID]};
    struct slice name;
    uint64_t us;

    if (requests_find(&s->requests, answers, m[SIGNALR_ID]))
        requests_answer(&s->requests, answers, m[SIGNALR_ID], false, decode_now(l), &us, &name);
    decode_item(l, dir, &item);
}

static void emit_close(struct decode_layer *l, enum event_dir dir, const struct slice *m)
{
    bool again = slice_is(m[SIGNALR_RECONNECT], "true");
    struct slice why = decode_unquote(l, m[SIGNALR_ERROR]);
    struct event_decoded item = {
        .type = "close",
        .role = m[SIGNALR_ERROR].len ? DECODED_ERROR : DECODED_CONTROL,
        .form = m[SIGNALR_ERROR].len ? DECODED_JSON : DECODED_NOTHING,
        .data = m[SIGNALR_ERROR],
    };

    decode_field(l, &item, slice_str("reconnect"), slice_str(again ? "true" : "false"));
    if (dir == DIR_IN)
        decode_end(l, why.len ? EXIT_PEER_ERROR : EXIT_OK, again, "the server closed the hub%s%.*s",
                   why.len ? ": " : "", why.len > 150 ? 150 : (int)why.len, (const char *)why.data);
    decode_item(l, dir, &item);
}

static void emit_plain(struct decode_layer *l, enum event_dir dir, const char *type,
                       enum decoded_role role, struct slice number)
{
    struct event_decoded item = {.type = type, .role = role};

    if (number.len > 0)
        decode_field(l, &item, slice_str("sequence"), number);
    decode_item(l, dir, &item);
}

static void take(struct decode_layer *l, enum event_dir dir, const struct slice *m)
{
    unsigned type = m[SIGNALR_TYPE].len == 1 ? m[SIGNALR_TYPE].data[0] - (unsigned)'0' : 0;

    switch (type) {
    case 1:
        emit_call(l, dir, m, "invocation");
        break;
    case 2:
        emit_answer(l, dir, m, true);
        break;
    case 3:
        emit_answer(l, dir, m, false);
        break;
    case 4:
        emit_call(l, dir, m, "stream");
        break;
    case 5:
        emit_cancel(l, dir, m);
        break;
    case 6:
        emit_plain(l, dir, "ping", DECODED_HEARTBEAT, slice_str(""));
        break;
    case 7:
        emit_close(l, dir, m);
        break;
    case 8:
        emit_plain(l, dir, "ack", DECODED_CONTROL, m[SIGNALR_SEQUENCE]);
        break;
    case 9:
        emit_plain(l, dir, "sequence", DECODED_CONTROL, m[SIGNALR_SEQUENCE]);
        break;
    default:
        decode_bad(l, dir, m[SIGNALR_TYPE], "not SignalR: there is no message type %.*s",
                   m[SIGNALR_TYPE].len > 20 ? 20 : (int)m[SIGNALR_TYPE].len,
                   (const char *)m[SIGNALR_TYPE].data);
    }
}

/* The first record of each direction. */
static int shake(struct decode_layer *l, enum event_dir dir, struct slice record)
{
    static const char *const names[] = {"protocol", "error", "type"};
    struct signalr *s = l->state;
    struct event_decoded item = {.type = "handshake", .role = DECODED_CONTROL};
    struct slice m[3];

    if (json_pick(record, names, m, 3) != 1)
        return decode_bad(l, dir, record, "not SignalR: the handshake is not a JSON object");
    if (m[2].len > 0) {
        s->shaken[0] = s->shaken[1] = true; /* what is shown began later */
        return 1;
    }
    s->shaken[dir == DIR_OUT] = true;
    if (dir == DIR_OUT) {
        s->msgpack = slice_is(m[0], "\"messagepack\"");
        s->shake_us = decode_now(l);
        decode_field(l, &item, slice_str("protocol"), decode_unquote(l, m[0]));
    } else {
        item.has_us = s->shaken[1];
        item.us = decode_now(l) - s->shake_us;
        beats_promise(&s->beats, DIR_OUT, PING_US, LIMIT_US, decode_now(l));
        beats_promise(&s->beats, DIR_IN, PING_US, LIMIT_US, decode_now(l));
    }
    if (m[1].len > 0) {
        struct slice why = decode_unquote(l, m[1]);

        item.role = DECODED_ERROR;
        item.form = DECODED_JSON;
        item.data = m[1];
        s->refused = "the server refused the handshake";
        decode_end(l, EXIT_UPGRADE, false, "the server refused the handshake: %.*s",
                   why.len > 150 ? 150 : (int)why.len, (const char *)why.data);
    }
    decode_item(l, dir, &item);
    return 0;
}

static int decode_record(struct decode_layer *l, enum event_dir dir, struct slice record)
{
    struct signalr *s = l->state;
    struct slice m[SIGNALR_PARTS];
    int rc;

    if (!s->shaken[dir == DIR_OUT]) {
        rc = shake(l, dir, record);
        if (rc <= 0)
            return rc;
    }
    if (json_pick(record, part_names, m, SIGNALR_PARTS) != 1 || m[SIGNALR_TYPE].len == 0)
        return decode_bad(l, dir, record, "not SignalR: no JSON object with a type");
    take(l, dir, m);
    return 0;
}

static int decode(struct decode_layer *l, enum event_dir dir, struct decode_message message)
{
    struct signalr *s = l->state;
    struct slice rest = message.data;

    beats_seen(&s->beats, dir, decode_now(l));
    if (s->msgpack && s->shaken[dir == DIR_OUT])
        return signalr_unpack(l, dir, rest, take);
    if (!ends_record(rest)) {
        s->unended |= dir == DIR_OUT;
        return decode_bad(l, dir, rest, "not SignalR: no 0x1e at the end");
    }
    while (rest.len > 0) {
        const uint8_t *end = memchr(rest.data, SIGNALR_RECORD_END, rest.len);
        struct slice record;

        if (!end) /* MessagePack after the handshake */
            return signalr_unpack(l, dir, rest, take);
        record = slice_make(rest.data, (size_t)(end - rest.data));
        if (decode_record(l, dir, record) != 0)
            return -1;
        rest = slice_make(end + 1, rest.len - record.len - 1);
        if (s->msgpack && rest.len > 0)
            return signalr_unpack(l, dir, rest, take);
    }
    return 0;
}

static uint64_t tick(struct decode_layer *l)
{
    struct signalr *s = l->state;

    if (beats_tick(&s->beats, decode_now(l)) && decode_takes_part(l) &&
        signalr_send(l, slice_str(s->msgpack ? "[6]" : "{\"type\":6}")) == 0)
        beats_seen(&s->beats, DIR_OUT, decode_now(l));
    return beats_due(&s->beats, decode_takes_part(l));
}

static int findings(struct decode_layer *l, struct buf *out)
{
    struct signalr *s = l->state;
    const char *text = s->refused;

    if (s->unended)
        text = "a message to the server has no 0x1e at its end, so the server waits for more: "
               "--eol rs appends it";
    else if (s->shaken[1] && !s->shaken[0])
        text = "the server never answered the handshake";
    if (text && buf_append(out, text, strlen(text) + 1) != 0)
        return -1;
    if (beats_findings(&s->beats, decode_now(l), out) != 0)
        return -1;
    return requests_findings(&s->requests, DIR_OUT, out);
}

/* ["target",arg...]; {"result":...}, {"item":...}, {"error":...} for what answers. */
static int piped(struct decode_layer *l, const struct event_decoded *item, struct buf *out)
{
    struct slice name, data = item->data, inner;
    bool is_call = strcmp(item->type, "invocation") == 0;
    const char *key = strcmp(item->type, "completion") == 0 ? "result" : item->type;

    if (!is_call && item->re.len == 0)
        return 0;
    if (!is_call && item->role != DECODED_RESULT && item->role != DECODED_ERROR)
        return 0;
    if (!is_call)
        return buf_printf(out, "{\"%s\":%.*s}", key, data.len ? (int)data.len : 4,
                          data.len ? (const char *)data.data : "null") == 0
                   ? 1
                   : -1;
    name = decode_quote(l, item->name);
    inner = data.len > 2 ? slice_inner(data) : slice_str("");
    return buf_printf(out, "[%.*s%s%.*s]", (int)name.len, (const char *)name.data,
                      inner.len ? "," : "", (int)inner.len, (const char *)inner.data) == 0
               ? 1
               : -1;
}

const struct decoder decoder_signalr = {
    .name = "signalr",
    .keys = keys,
    .state = sizeof(struct signalr),
    .check = check,
    .recognise = recognise,
    .open = opened,
    .close = close,
    .decode = decode,
    .encode = signalr_encode,
    .tick = tick,
    .ready = ready,
    .findings = findings,
    .piped = piped,
};

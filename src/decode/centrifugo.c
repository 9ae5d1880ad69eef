/*
 * centrifugo: the client protocol of Centrifugo (centrifugal.dev): JSON objects, several to a
 * message, one to a line. Its Protobuf form is shown as bytes, each message by itself.
 */
#include "decode/decoders.h"
#include "decode/json_pick.h"
#include "decode/requests.h"

static const char *const subprotocols[] = {"centrifuge-protobuf", NULL};

enum { ID, ERROR, PUSH, FIRST_METHOD };

/* Commands and replies have the same members. */
static const char *const member_names[] = {"id",        "error",          "push",    "connect",
                                           "subscribe", "unsubscribe",    "publish", "presence",
                                           "history",   "presence_stats", "rpc",     "send",
                                           "refresh",   "sub_refresh",    "ping"};

#define MEMBERS (sizeof member_names / sizeof *member_names)

enum { PUSH_CHANNEL, PUSH_PUB, FIRST_PUSH };

static const char *const push_names[] = {"channel",     "pub",     "join",      "leave",
                                         "unsubscribe", "message", "subscribe", "connect",
                                         "disconnect",  "refresh"};

#define PUSHES (sizeof push_names / sizeof *push_names)

struct centrifugo {
    struct requests requests;
};

/* On its path, the first command: {"id":1,"connect":{...}}. */
static bool recognise(const struct decode_clue *clue)
{
    struct slice m[MEMBERS];
    const uint8_t *line;

    if (!clue->message || clue->message->opcode != OPCODE_TEXT ||
        !strstr(clue->target, "/connection/") || clue->message->data.len == 0)
        return false;
    line = memchr(clue->message->data.data, '\n', clue->message->data.len);
    return json_pick(line ? slice_make(clue->message->data.data,
                                       (size_t)(line - clue->message->data.data))
                          : clue->message->data,
                     member_names, m, MEMBERS) == 1 &&
           m[ID].len > 0 && json_is_object(m[FIRST_METHOD]);
}

static void end(struct decode_layer *l)
{
    struct centrifugo *c = l->state;

    requests_clear(&c->requests);
}

static void emit_push(struct decode_layer *l, enum event_dir dir, struct slice push)
{
    static const char *const names[] = {"data", "offset"};
    struct event_decoded item = {.type = "push", .role = DECODED_EVENT};
    struct slice m[PUSHES], parts[2];

    if (json_pick(push, push_names, m, PUSHES) != 1) {
        decode_bad(l, dir, push, "not Centrifugo: \"push\" is not an object");
        return;
    }
    item.name = decode_unquote(l, m[PUSH_CHANNEL]);
    for (size_t i = PUSH_PUB; i < PUSHES; i++) {
        if (m[i].len > 0) {
            item.type = push_names[i];
            item.data = m[i];
            item.form = DECODED_JSON;
        }
    }
    if (m[PUSH_PUB].len == 0)
        item.role = DECODED_CONTROL;
    else if (json_pick(m[PUSH_PUB], names, parts, 2) == 1) {
        item.data = parts[0];
        item.form = parts[0].len ? DECODED_JSON : DECODED_NOTHING;
        if (parts[1].len > 0)
            decode_field(l, &item, slice_str("offset"), parts[1]);
    }
    decode_item(l, dir, &item);
}

static void emit_command(struct decode_layer *l, enum event_dir dir, const struct slice *m)
{
    static const char *const names[] = {"channel", "data", "method"};
    struct centrifugo *c = l->state;
    struct event_decoded item = {.type = "reply", .role = DECODED_RESULT};
    struct slice parts[3], name;

    if (m[ERROR].len > 0) {
        item.type = "error";
        item.role = DECODED_ERROR;
        item.form = DECODED_JSON;
        item.data = m[ERROR];
    }
    for (size_t i = FIRST_METHOD; i < MEMBERS; i++) {
        if (m[i].len > 0) {
            item.type = member_names[i];
            item.form = DECODED_JSON;
            item.data = m[i];
        }
    }
    if (json_pick(item.data, names, parts, 3) == 1 && item.role != DECODED_ERROR)
        item.name = decode_unquote(l, parts[0].len ? parts[0] : parts[2]);
    if (dir == DIR_OUT) {
        item.role = m[ID].len ? DECODED_REQUEST : DECODED_EVENT;
        item.id = m[ID];
        if (m[ID].len > 0)
            decode_ask(l, &c->requests, dir, m[ID],
                       item.name.len ? item.name : slice_str(item.type));
    } else {
        item.re = m[ID];
        item.has_us =
            requests_answer(&c->requests, dir, m[ID], false, decode_now(l), &item.us, &name);
        if (item.has_us && item.name.len == 0)
            item.name = decode_copy(l, name);
    }
    decode_item(l, dir, &item);
}

static int decode_line(struct decode_layer *l, enum event_dir dir, struct slice line)
{
    const struct event_decoded beat = {.type = dir == DIR_IN ? "ping" : "pong",
                                       .role = DECODED_HEARTBEAT};
    struct slice m[MEMBERS];

    if (json_pick(line, member_names, m, MEMBERS) != 1)
        return decode_bad(l, dir, line, "not Centrifugo: no JSON object");
    if (json_members(line) == 0)
        decode_item(l, dir, &beat);
    else if (m[PUSH].len > 0)
        emit_push(l, dir, m[PUSH]);
    else
        emit_command(l, dir, m);
    return 0;
}

/* Each message after its length, a Protobuf varint. */
static int decode_protobuf(struct decode_layer *l, enum event_dir dir, struct slice bytes)
{
    while (bytes.len > 0) {
        struct event_decoded item = {
            .type = "protobuf", .role = DECODED_EVENT, .form = DECODED_BYTES};
        size_t length = 0, n = 0;

        do
            length |= (size_t)(bytes.data[n] & 0x7F) << (7 * n);
        while ((bytes.data[n++] & 0x80) && n < bytes.len && n < 5);
        if ((bytes.data[n - 1] & 0x80) || length > bytes.len - n)
            return decode_bad(l, dir, bytes, "not Centrifugo: the length of a message is wrong");
        item.data = slice_make(bytes.data + n, length);
        decode_item(l, dir, &item);
        bytes = slice_make(bytes.data + n + length, bytes.len - n - length);
    }
    return 0;
}

static int decode(struct decode_layer *l, enum event_dir dir, struct decode_message message)
{
    struct slice rest = message.data;

    if (message.opcode != OPCODE_TEXT)
        return decode_protobuf(l, dir, rest);
    if (rest.len == 0)
        return decode_bad(l, dir, rest, "not Centrifugo: an empty message");
    while (rest.len > 0) {
        const uint8_t *end_of_line = memchr(rest.data, '\n', rest.len);
        size_t n = end_of_line ? (size_t)(end_of_line - rest.data) : rest.len;

        if (n > 0 && decode_line(l, dir, slice_make(rest.data, n)) != 0)
            return -1;
        n += end_of_line != NULL;
        rest = slice_from(rest, n);
    }
    return 0;
}

static int findings(struct decode_layer *l, struct buf *out)
{
    struct centrifugo *c = l->state;

    return requests_findings(&c->requests, DIR_OUT, out);
}

/* Centrifugo, "Disconnect codes": a client reconnects unless they are 3500 to 3999 or 4500 to
 * 4999. */
static const char *close_advice(uint16_t code)
{
    if ((code >= 3500 && code < 4000) || (code >= 4500 && code < 5000))
        return "a client of Centrifugo must not reconnect after this code";
    return code >= 3000 && code < 3500 ? "a client of Centrifugo reconnects after this code" : NULL;
}

const struct decoder decoder_centrifugo = {
    .name = "centrifugo",
    .subprotocols = subprotocols,
    .state = sizeof(struct centrifugo),
    .recognise = recognise,
    .close = end,
    .decode = decode,
    .findings = findings,
    .close_advice = close_advice,
};

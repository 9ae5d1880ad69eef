/*
 * sockjs: the framed WebSocket transport of SockJS (sockjs-protocol 0.3.3): a letter, and JSON. It
 * carries the messages of another protocol, such as STOMP.
 */
#include "decode/decoders.h"
#include "decode/json_pick.h"

struct sockjs {
    bool open;
};

/* /PREFIX/SERVER/SESSION/websocket, where SERVER is three digits. */
static bool is_path(const char *target)
{
    size_t n = strcspn(target, "?"), at = n;
    static const char last[] = "/websocket";

    if (n < sizeof last || memcmp(target + n - (sizeof last - 1), last, sizeof last - 1) != 0)
        return false;
    at = n - (sizeof last - 1);
    while (at > 0 && target[at - 1] != '/')
        at--;
    return at >= 5 && target[at - 5] == '/' && strspn(target + at - 4, "0123456789") == 3;
}

static bool recognise(const struct decode_clue *clue)
{
    return clue->message && clue->dir == DIR_IN && slice_is(clue->message->data, "o") &&
           is_path(clue->target);
}

static bool ready(const struct decode_layer *l)
{
    const struct sockjs *s = l->state;

    return s->open;
}

/* The strings of an array, each a message. */
static int decode_messages(struct decode_layer *l, enum event_dir dir, struct slice array,
                           struct slice whole)
{
    struct slice *messages = arena_alloc(decode_arena(l), DECODE_ITEMS_MAX * sizeof *messages);
    long count = messages ? json_elements(array, messages, DECODE_ITEMS_MAX) : 0;

    if (!messages)
        return -1;
    if (count < 0)
        return decode_bad(l, dir, whole, "not SockJS: no JSON array of messages");
    for (long i = 0; i < count && i < DECODE_ITEMS_MAX; i++) {
        if (!json_is_string(messages[i])) {
            if (decode_bad(l, dir, whole, "not SockJS: a message is not a JSON string") != 0)
                return -1;
        } else if (decode_above(
                       l, dir,
                       (struct decode_message){OPCODE_TEXT, decode_unquote(l, messages[i])}) != 0) {
            return -1;
        }
    }
    return 0;
}

static int decode_close(struct decode_layer *l, enum event_dir dir, struct slice array,
                        struct slice whole)
{
    struct event_decoded item = {.type = "close", .role = DECODED_CONTROL};
    struct slice parts[2];

    if (json_elements(array, parts, 2) != 2)
        return decode_bad(l, dir, whole, "not SockJS: no JSON array of a code and a reason");
    decode_field(l, &item, slice_str("code"), parts[0]);
    decode_field(l, &item, slice_str("reason"), decode_unquote(l, parts[1]));
    if (!slice_is(parts[0], "3000") && !slice_is(parts[0], "1000")) {
        struct slice why = decode_unquote(l, parts[1]);

        item.role = DECODED_ERROR;
        decode_end(l, EXIT_PEER_ERROR, true, "the server closed the session: %.*s (%.*s)",
                   why.len > 100 ? 100 : (int)why.len, (const char *)why.data,
                   parts[0].len > 10 ? 10 : (int)parts[0].len, (const char *)parts[0].data);
    }
    decode_item(l, dir, &item);
    return 0;
}

static int decode(struct decode_layer *l, enum event_dir dir, struct decode_message m)
{
    struct sockjs *s = l->state;
    const struct event_decoded opened = {.type = "open", .role = DECODED_CONTROL};
    const struct event_decoded beat = {.type = "heartbeat", .role = DECODED_HEARTBEAT};
    struct slice rest;

    if (m.opcode != OPCODE_TEXT || m.data.len == 0)
        return decode_bad(l, dir, m.data, "not SockJS: an empty or binary message");
    rest = slice_from(m.data, 1);
    if (dir == DIR_OUT)
        return json_is_string(m.data) && json_valid(m.data)
                   ? decode_above(l, dir,
                                  (struct decode_message){OPCODE_TEXT, decode_unquote(l, m.data)})
                   : decode_messages(l, dir, m.data, m.data);
    switch (m.data.data[0]) {
    case 'o':
        s->open = true;
        decode_item(l, dir, &opened);
        return 0;
    case 'h':
        decode_item(l, dir, &beat);
        return 0;
    case 'a':
        return decode_messages(l, dir, rest, m.data);
    case 'm':
        return json_is_string(rest) && json_valid(rest)
                   ? decode_above(l, dir,
                                  (struct decode_message){OPCODE_TEXT, decode_unquote(l, rest)})
                   : decode_bad(l, dir, m.data, "not SockJS: a message is not a JSON string");
    case 'c':
        return decode_close(l, dir, rest, m.data);
    default:
        return decode_bad(l, dir, m.data, "not SockJS: its first character is not o, h, a, m or c");
    }
}

/* A JSON array of one string. */
static int wrap(struct decode_layer *l, struct decode_message m)
{
    struct slice text = decode_quote(l, m.data);

    return text.len ? decode_send_text(
                          l, decode_print(l, "[%.*s]", (int)text.len, (const char *)text.data))
                    : -1;
}

/* A line is a message. */
static int encode(struct decode_layer *l, enum decode_input input, struct slice line, struct err *e)
{
    (void)input;
    (void)e;
    return wrap(l, (struct decode_message){OPCODE_TEXT, line});
}

const struct decoder decoder_sockjs = {
    .name = "sockjs",
    .state = sizeof(struct sockjs),
    .recognise = recognise,
    .decode = decode,
    .wrap = wrap,
    .encode = encode,
    .ready = ready,
};

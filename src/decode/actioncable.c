/*
 * actioncable: Action Cable of Rails (subprotocol actioncable-v1-json), and what AnyCable adds to
 * it (actioncable-v1-ext-json): subscriptions to channels, each named by an identifier, which is
 * JSON in a JSON string.
 */
#include <stdlib.h>

#include "base/blank.h"
#include "decode/actioncable_private.h"
#include "decode/decoders.h"
#include "decode/json_pick.h"
#include "decode/notes.h"

/* The server's ping, and the client's patience (ConnectionMonitor.staleThreshold). */
#define PING_US  3000000
#define STALE_US 6000000

static const char *const subprotocols[] = {"actioncable-v1-json", "actioncable-v1-ext-json",
                                           "actioncable-unsupported", NULL};

enum {
    TYPE,
    IDENTIFIER,
    MESSAGE,
    COMMAND,
    DATA,
    REASON,
    RECONNECT,
    SID,
    STREAM,
    EPOCH,
    OFFSET,
    MEMBERS
};

static const char *const member_names[MEMBERS] = {"type",      "identifier", "message",   "command",
                                                  "data",      "reason",     "reconnect", "sid",
                                                  "stream_id", "epoch",      "offset"};

struct kind {
    const char *type;
    enum decoded_role role;
};

static const struct kind kinds[] = {
    {"welcome", DECODED_CONTROL},
    {"disconnect", DECODED_ERROR},
    {"ping", DECODED_HEARTBEAT},
    {"pong", DECODED_HEARTBEAT},
    {"confirm_subscription", DECODED_RESULT},
    {"reject_subscription", DECODED_ERROR},
    {"confirm_history", DECODED_CONTROL},
    {"reject_history", DECODED_ERROR},
    {"subscribe", DECODED_REQUEST},
    {"unsubscribe", DECODED_CONTROL},
    {"message", DECODED_EVENT},
    {"whisper", DECODED_EVENT},
    {"history", DECODED_CONTROL},
};

static const struct kind *kind_of(struct slice type)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (slice_is(type, kinds[i].type))
            return &kinds[i];
    }
    return NULL;
}

static bool recognise(const struct decode_clue *clue)
{
    struct slice m[MEMBERS];

    if (!clue->message || clue->message->opcode != OPCODE_TEXT || clue->dir != DIR_OUT ||
        json_pick(clue->message->data, member_names, m, MEMBERS) != 1)
        return false;
    return slice_is(m[COMMAND], "\"subscribe\"") && json_is_string(m[IDENTIFIER]);
}

static void close(struct decode_layer *l)
{
    struct actioncable *a = l->state;

    requests_clear(&a->requests);
    joining_clear(&a->joining);
    for (size_t i = 0; i < a->count; i++)
        free(a->identifiers[i]);
}

static bool ready(const struct decode_layer *l)
{
    const struct actioncable *a = l->state;

    return a->welcome;
}

/* --- messages --------------------------------------------------------------------------------- */

/* The channel of an identifier is the name; its other members are a field. */
static struct slice name_channel(struct decode_layer *l, struct event_decoded *item,
                                 struct slice identifier)
{
    static const char *const names[] = {"channel"};
    struct slice text = decode_unquote(l, identifier), channel;

    item->name = decode_text(l, text);
    if (json_pick(text, names, &channel, 1) != 1 || !json_is_string(channel))
        return text;
    item->name = decode_unquote(l, channel);
    if (json_members(text) > 1)
        decode_field(l, item, slice_str("identifier"), text);
    return text;
}

static void add(struct decode_layer *l, struct event_decoded *item, const char *name,
                struct slice value)
{
    if (value.len > 0)
        decode_field(l, item, slice_str(name), decode_unquote(l, value));
}

static int heed(struct decode_layer *l, enum event_dir dir, const struct slice *m,
                struct event_decoded *item, struct slice identifier)
{
    struct actioncable *a = l->state;

    if (strcmp(item->type, "welcome") == 0) {
        a->welcome = true;
        beats_promise(&a->beats, DIR_IN, PING_US, STALE_US, decode_now(l));
    } else if (strcmp(item->type, "disconnect") == 0) {
        struct slice reason = decode_unquote(l, m[REASON]);

        decode_end(l, EXIT_PEER_ERROR, slice_is(m[RECONNECT], "true"),
                   "the server disconnected: %.*s", reason.len ? (int)reason.len : 9,
                   reason.len ? (const char *)reason.data : "no reason");
    } else if (item->role == DECODED_REQUEST) {
        decode_ask(l, &a->requests, dir, identifier, item->name);
    } else if (strcmp(item->type, "confirm_subscription") == 0 ||
               strcmp(item->type, "reject_subscription") == 0) {
        struct slice name;

        item->has_us =
            requests_answer(&a->requests, dir, identifier, false, decode_now(l), &item->us, &name);
        return joining_answered(&a->joining, l);
    }
    return 0;
}

/* What a message carries: the data of a command are JSON in a string. */
static void add_data(struct decode_layer *l, const struct slice *m, struct event_decoded *item)
{
    struct slice data = m[DATA].len ? decode_unquote(l, m[DATA]) : m[MESSAGE];

    if (item->role != DECODED_HEARTBEAT)
        decode_body(item, decode_text(l, data));
}

static int decode(struct decode_layer *l, enum event_dir dir, struct decode_message message)
{
    struct actioncable *a = l->state;
    struct event_decoded item = {.type = "message", .role = DECODED_EVENT};
    struct slice m[MEMBERS], identifier = slice_str("");
    const struct kind *kind;
    struct slice type;

    beats_seen(&a->beats, dir, decode_now(l));
    if (message.opcode != OPCODE_TEXT)
        return decode_bad(l, dir, message.data, "not Action Cable: a binary message");
    if (json_pick(message.data, member_names, m, MEMBERS) != 1)
        return decode_bad(l, dir, message.data, "not Action Cable: no JSON object");
    type = json_is_string(m[COMMAND]) ? m[COMMAND] : m[TYPE];
    if (!json_is_string(type) && (!json_is_string(m[IDENTIFIER]) || m[MESSAGE].len == 0))
        return decode_bad(l, dir, message.data,
                          "not Action Cable: neither a type nor a command nor a message");
    if (json_is_string(type)) {
        kind = kind_of(decode_unquote(l, type));
        if (!kind)
            return decode_bad(l, dir, message.data,
                              "not Action Cable: %.*s is neither a type nor a command",
                              type.len > 60 ? 60 : (int)type.len, (const char *)type.data);
        item.type = kind->type;
        item.role = kind->role;
    }
    if (json_is_string(m[IDENTIFIER]))
        identifier = name_channel(l, &item, m[IDENTIFIER]);
    add_data(l, m, &item);
    add(l, &item, "reason", m[REASON]);
    add(l, &item, "reconnect", m[RECONNECT]);
    add(l, &item, "sid", m[SID]);
    add(l, &item, "stream", m[STREAM]);
    add(l, &item, "epoch", m[EPOCH]);
    add(l, &item, "offset", m[OFFSET]);
    if (heed(l, dir, m, &item, identifier) != 0)
        return -1;
    decode_item(l, dir, &item);
    return 0;
}

static uint64_t tick(struct decode_layer *l)
{
    struct actioncable *a = l->state;

    beats_tick(&a->beats, decode_now(l));
    return beats_due(&a->beats, false);
}

static int findings(struct decode_layer *l, struct buf *out)
{
    struct actioncable *a = l->state;

    if (beats_findings(&a->beats, decode_now(l), out) != 0)
        return -1;
    if (strcmp(decode_subprotocol(l), "actioncable-unsupported") == 0 &&
        notes_finding(out, "the server speaks no version of Action Cable that was offered") != 0)
        return -1;
    if (joining_findings(&a->joining, "a subscription", out) != 0)
        return -1;
    return requests_findings(&a->requests, DIR_OUT, out);
}

static int piped(struct decode_layer *l, const struct event_decoded *item, struct buf *out)
{
    (void)l;
    if (strcmp(item->type, "message") != 0 || item->data.len == 0)
        return 0;
    return buf_append_slice(out, item->data) == 0 ? 1 : -1;
}

const struct decoder decoder_actioncable = {
    .name = "actioncable",
    .subprotocols = subprotocols,
    .state = sizeof(struct actioncable),
    .recognise = recognise,
    .close = close,
    .decode = decode,
    .encode = actioncable_encode,
    .tick = tick,
    .ready = ready,
    .findings = findings,
    .piped = piped,
};

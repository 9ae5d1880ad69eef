/*
 * graphql: GraphQL over WebSocket, in both protocols that exist: graphql-transport-ws
 * (github.com/enisdenjo/graphql-ws, PROTOCOL.md), and the older one of subscriptions-transport-ws,
 * whose subprotocol is named graphql-ws. AppSync speaks the older one.
 */
#include "base/blank.h"
#include "base/decimal.h"
#include "decode/beats.h"
#include "decode/decoders.h"
#include "decode/graphql_private.h"
#include "decode/json_pick.h"
#include "decode/notes.h"

static const char *const subprotocols[] = {"graphql-transport-ws", "graphql-ws", NULL};

enum { TYPE, ID, PAYLOAD, MEMBERS };

static const char *const member_names[MEMBERS] = {"type", "id", "payload"};

enum in { BOTH, NEW, OLD };

/* What a message does to the operation that its id names. */
enum about { NOTHING, BEGINS, CONTINUES, ENDS, CANCELS };

struct kind {
    const char *type;
    enum in in;
    enum decoded_role role;
    enum about about;
};

static const struct kind kinds[] = {
    {"connection_init", BOTH, DECODED_CONTROL, NOTHING},
    {"connection_ack", BOTH, DECODED_CONTROL, NOTHING},
    {"connection_error", OLD, DECODED_ERROR, NOTHING},
    {"connection_terminate", OLD, DECODED_CONTROL, NOTHING},
    {"ka", OLD, DECODED_HEARTBEAT, NOTHING},
    {"ping", NEW, DECODED_HEARTBEAT, NOTHING},
    {"pong", NEW, DECODED_HEARTBEAT, NOTHING},
    {"subscribe", NEW, DECODED_REQUEST, BEGINS},
    {"start", OLD, DECODED_REQUEST, BEGINS},
    {"start_ack", OLD, DECODED_CONTROL, CONTINUES},
    {"next", NEW, DECODED_RESULT, CONTINUES},
    {"data", OLD, DECODED_RESULT, CONTINUES},
    {"error", BOTH, DECODED_ERROR, ENDS},
    {"complete", BOTH, DECODED_CONTROL, ENDS},
    {"stop", OLD, DECODED_CONTROL, CANCELS},
};

/* --- the connection --------------------------------------------------------------------------- */

static bool recognise(const struct decode_clue *clue)
{
    struct slice m[MEMBERS];

    return clue->message && clue->message->opcode == OPCODE_TEXT &&
           json_pick(clue->message->data, member_names, m, MEMBERS) == 1 &&
           (slice_is(m[TYPE], "\"connection_init\"") || slice_is(m[TYPE], "\"connection_ack\""));
}

static int opened(struct decode_layer *l)
{
    struct graphql *g = l->state;
    const char *init = decode_spec(l)->credentials;

    g->old = strcmp(decode_subprotocol(l), "graphql-ws") == 0;
    if (!decode_takes_part(l))
        return 0;
    return decode_send_text(
        l, init ? decode_print(l, "{\"type\":\"connection_init\",\"payload\":%s}", init)
                : slice_str("{\"type\":\"connection_init\"}"));
}

static void close(struct decode_layer *l)
{
    struct graphql *g = l->state;

    requests_clear(&g->requests);
}

static bool ready(const struct decode_layer *l)
{
    const struct graphql *g = l->state;

    return g->acknowledged;
}

/* AppSync promises a heartbeat. */
static void acknowledged(struct decode_layer *l, struct slice payload)
{
    static const char *const names[] = {"connectionTimeoutMs"};
    struct graphql *g = l->state;
    struct slice timeout;
    uint64_t ms;

    g->acknowledged = true;
    if (json_pick(payload, names, &timeout, 1) == 1 && decimal_read(timeout, UINT32_MAX, &ms))
        beats_promise(&g->beats, DIR_IN, ms * 1000, ms * 1000, decode_now(l));
}

/* --- messages --------------------------------------------------------------------------------- */

static bool is_name(uint8_t c)
{
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static struct slice take_name(struct slice *text)
{
    struct slice name;
    size_t n = 0;

    while (text->len > 0 && !is_name(text->data[0]) && text->data[0] != '{' && text->data[0] != '(')
        *text = slice_make(text->data + 1, text->len - 1);
    while (n < text->len && is_name(text->data[n]))
        n++;
    name = slice_make(text->data, n);
    *text = slice_make(text->data + n, text->len - n);
    return name;
}

/* What an operation is called: its own name, or that of its first field. */
static struct slice operation_name(struct decode_layer *l, struct slice payload)
{
    static const char *const names[] = {"operationName", "query"};
    struct slice m[2], query, word;
    const uint8_t *brace;

    if (json_pick(payload, names, m, 2) != 1)
        return slice_str("");
    if (json_is_string(m[0]) && m[0].len > 2)
        return decode_unquote(l, m[0]);
    query = decode_unquote(l, m[1]);
    word = take_name(&query);
    if (slice_is(word, "query") || slice_is(word, "subscription") || slice_is(word, "mutation")) {
        word = take_name(&query);
        if (word.len > 0)
            return word;
    }
    brace = query.len ? memchr(query.data, '{', query.len) : NULL;
    if (!brace)
        return slice_str("");
    query = slice_make(brace + 1, query.len - (size_t)(brace + 1 - query.data));
    return take_name(&query);
}

/* The request that the message belongs to. */
static void relate(struct decode_layer *l, enum event_dir dir, const struct kind *kind,
                   struct event_decoded *item, struct slice id, struct slice payload)
{
    struct graphql *g = l->state;
    struct slice name;
    uint64_t us;

    if (id.len == 0)
        return;
    if (kind->about == BEGINS) {
        item->id = id;
        item->name = operation_name(l, payload);
        decode_ask(l, &g->requests, dir, id, item->name);
    } else if (kind->about == CANCELS || dir == DIR_OUT) {
        item->re = id;
        if (requests_find(&g->requests, DIR_IN, id))
            requests_answer(&g->requests, DIR_IN, id, false, decode_now(l), &us, &name);
    } else {
        item->re = id;
        item->has_us = requests_answer(&g->requests, dir, id, kind->about == CONTINUES,
                                       decode_now(l), &item->us, &item->name);
        item->name = decode_copy(l, item->name);
    }
}

/* What the connection learns, and what it owes. */
static int heed(struct decode_layer *l, enum event_dir dir, const struct kind *kind,
                struct event_decoded *item, struct slice payload)
{
    struct graphql *g = l->state;

    g->mixed |= (kind->in == NEW && g->old) || (kind->in == OLD && !g->old);
    if (g->mixed && !g->wrong_type)
        g->wrong_type = kind->type;
    if (strcmp(kind->type, "connection_init") == 0) {
        g->asked = true;
        g->init_us = decode_now(l);
    } else if (strcmp(kind->type, "connection_ack") == 0) {
        item->has_us = g->asked && !g->acknowledged;
        item->us = decode_now(l) - g->init_us;
        acknowledged(l, payload);
    } else if (strcmp(kind->type, "ping") == 0 && dir == DIR_IN && decode_takes_part(l)) {
        return decode_send_text(l, payload.len
                                       ? decode_print(l, "{\"type\":\"pong\",\"payload\":%.*s}",
                                                      (int)payload.len, (const char *)payload.data)
                                       : slice_str("{\"type\":\"pong\"}"));
    } else if (strcmp(kind->type, "connection_error") == 0) {
        decode_end(l, EXIT_UPGRADE, false, "the server refused connection_init: check --init");
    } else if (kind->about == BEGINS && !g->acknowledged) {
        g->early = true;
    }
    return 0;
}

static const struct kind *kind_of(struct slice type)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (slice_is(type, kinds[i].type))
            return &kinds[i];
    }
    return NULL;
}

static int decode(struct decode_layer *l, enum event_dir dir, struct decode_message message)
{
    struct graphql *g = l->state;
    struct event_decoded item = {0};
    struct slice m[MEMBERS];
    const struct kind *kind;
    int is_object;

    beats_seen(&g->beats, dir, decode_now(l));
    if (message.opcode != OPCODE_TEXT)
        return decode_bad(l, dir, message.data, "not GraphQL: a binary message");
    is_object = json_pick(message.data, member_names, m, MEMBERS);
    if (is_object != 1)
        return decode_bad(l, dir, message.data, "not GraphQL: no JSON%s",
                          is_object == 0 ? " object" : "");
    if (!json_is_string(m[TYPE]))
        return decode_bad(l, dir, message.data, "not GraphQL: it has no \"type\"");
    kind = kind_of(decode_unquote(l, m[TYPE]));
    if (!kind)
        return decode_bad(l, dir, message.data, "not GraphQL: %.*s is not a type of message",
                          m[TYPE].len > 60 ? 60 : (int)m[TYPE].len, (const char *)m[TYPE].data);
    item.type = kind->type;
    item.role = kind->role;
    item.form = m[PAYLOAD].len ? DECODED_JSON : DECODED_NOTHING;
    item.data = m[PAYLOAD];
    relate(l, dir, kind, &item, m[ID], m[PAYLOAD]);
    if (heed(l, dir, kind, &item, m[PAYLOAD]) != 0)
        return -1;
    decode_item(l, dir, &item);
    return 0;
}

static uint64_t tick(struct decode_layer *l)
{
    struct graphql *g = l->state;

    beats_tick(&g->beats, decode_now(l));
    return beats_due(&g->beats, false);
}

/* --- at the end ------------------------------------------------------------------------------- */

static int piped(struct decode_layer *l, const struct event_decoded *item, struct buf *out)
{
    bool wrap = item->role == DECODED_ERROR && json_is_array(item->data);

    (void)l;
    if ((item->role != DECODED_RESULT && item->role != DECODED_ERROR) || item->data.len == 0)
        return 0;
    if ((wrap && buf_append_str(out, "{\"errors\":") != 0) ||
        buf_append_slice(out, item->data) != 0 || (wrap && buf_append_str(out, "}") != 0))
        return -1;
    return 1;
}

/* PROTOCOL.md of graphql-ws, and its enum CloseCode. */
static const struct {
    uint16_t code;
    const char *name, *advice;
} closes[] = {
    {1002, NULL,
     "a server that knows only the older protocol closes like this if it is not offered first: "
     "try -s graphql-ws"},
    {4004, "BadResponse", "the client could not read what the server sent"},
    {4005, "InternalClientError", NULL},
    {4400, "BadRequest",
     "the server could not read a message: \"start\" and \"stop\" are of the older protocol, this "
     "one has \"subscribe\" and \"complete\""},
    {4401, "Unauthorized",
     "an operation was sent before connection_ack: wait for it, as --as graphql does"},
    {4403, "Forbidden", "the server refused connection_init: check --init"},
    {4406, "SubprotocolNotAcceptable",
     "the server speaks another protocol: offer it with -s graphql-transport-ws or -s graphql-ws "
     "(the older one)"},
    {4408, "ConnectionInitialisationTimeout",
     "send connection_init within 3 s of the opening, as --as graphql does"},
    {4409, "SubscriberAlreadyExists", "each operation needs an id that no running one has"},
    {4429, "TooManyInitialisationRequests", "send connection_init only once"},
    {4500, "InternalServerError", "the server failed: its log has the reason"},
    {4504, "ConnectionAcknowledgementTimeout", "the server did not send connection_ack in time"},
};

static const char *close_name(uint16_t code)
{
    for (size_t i = 0; i < sizeof closes / sizeof *closes; i++) {
        if (closes[i].code == code)
            return closes[i].name;
    }
    return NULL;
}

static const char *close_advice(uint16_t code)
{
    for (size_t i = 0; i < sizeof closes / sizeof *closes; i++) {
        if (closes[i].code == code)
            return closes[i].advice;
    }
    return NULL;
}

static int findings(struct decode_layer *l, struct buf *out)
{
    struct graphql *g = l->state;
    const char *named = g->old ? "graphql-ws" : "graphql-transport-ws";
    const char *older = "the older protocol (of the library subscriptions-transport-ws)";
    const char *newer = "the protocol of the library graphql-ws, whose subprotocol is "
                        "graphql-transport-ws";

    if (g->mixed &&
        notes_finding(out, "\"%s\" belongs to %s, but the subprotocol is \"%s\"", g->wrong_type,
                      g->old ? newer : older,
                      decode_subprotocol(l)[0] ? named : "none, so that of the newer library") != 0)
        return -1;
    if (g->early &&
        notes_finding(
            out, "an operation was sent before connection_ack: the server closes with 4401") != 0)
        return -1;
    /* A code of the protocol says why. */
    if (g->asked && !g->acknowledged && !close_name(decode_close_code(l)) &&
        notes_finding(
            out, "connection_init was not acknowledged%s",
            g->old ? "" : ": a server that knows only the older protocol needs -s graphql-ws") != 0)
        return -1;
    if (beats_findings(&g->beats, decode_now(l), out) != 0)
        return -1;
    return requests_findings(&g->requests, DIR_OUT, out);
}

const struct decoder decoder_graphql = {
    .name = "graphql",
    .subprotocols = subprotocols,
    .state = sizeof(struct graphql),
    .recognise = recognise,
    .open = opened,
    .close = close,
    .decode = decode,
    .encode = graphql_encode,
    .tick = tick,
    .ready = ready,
    .findings = findings,
    .piped = piped,
    .close_name = close_name,
    .close_advice = close_advice,
};

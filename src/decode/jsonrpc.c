/*
 * jsonrpc: JSON-RPC 2.0 (jsonrpc.org/specification): requests, notifications, results, errors and
 * batches of them. The Chrome DevTools Protocol is the same without the member "jsonrpc", with a
 * "sessionId" for the target.
 */
#include "base/blank.h"
#include "decode/decoders.h"
#include "decode/json_pick.h"
#include "decode/requests.h"

enum { VERSION, ID, METHOD, PARAMS, RESULT, ERROR, SESSION, MEMBERS };

static const char *const member_names[MEMBERS] = {"jsonrpc", "id",    "method",   "params",
                                                  "result",  "error", "sessionId"};

struct jsonrpc {
    struct requests requests;
    uint64_t next_id; /* of what is typed */
};

static bool is_cdp(const struct decode_layer *l)
{
    return l->decoder == &decoder_cdp;
}

static bool recognise(const struct decode_clue *clue)
{
    struct slice members[MEMBERS];

    if (!clue->message || clue->message->opcode != OPCODE_TEXT)
        return false;
    return json_pick(clue->message->data, member_names, members, MEMBERS) == 1 &&
           slice_is(members[VERSION], "\"2.0\"") &&
           (members[METHOD].len || members[RESULT].len || members[ERROR].len);
}

static bool recognise_cdp(const struct decode_clue *clue)
{
    return strncmp(clue->target, "/devtools/", strlen("/devtools/")) == 0;
}

static void add_session(struct decode_layer *l, struct event_decoded *item, struct slice session)
{
    struct field *field;

    if (!is_cdp(l) || session.len == 0)
        return;
    field = arena_alloc(decode_arena(l), sizeof *field);
    if (!field)
        return;
    *field = (struct field){slice_str("session"), decode_unquote(l, session)};
    item->fields = field;
    item->field_count = 1;
}

static void call(struct decode_layer *l, enum event_dir dir, const struct slice *m)
{
    struct jsonrpc *rpc = l->state;
    struct event_decoded item = {
        .type = m[ID].len ? "request" : "notification",
        .role = m[ID].len ? DECODED_REQUEST : DECODED_EVENT,
        .name = decode_unquote(l, m[METHOD]),
        .id = m[ID],
        .form = m[PARAMS].len ? DECODED_JSON : DECODED_NOTHING,
        .data = m[PARAMS],
    };

    if (m[ID].len)
        decode_ask(l, &rpc->requests, dir, m[ID], item.name);
    add_session(l, &item, m[SESSION]);
    decode_item(l, dir, &item);
}

static void answer(struct decode_layer *l, enum event_dir dir, const struct slice *m)
{
    struct jsonrpc *rpc = l->state;
    struct event_decoded item = {
        .type = m[ERROR].len ? "error" : "result",
        .role = m[ERROR].len ? DECODED_ERROR : DECODED_RESULT,
        .re = m[ID],
        .form = DECODED_JSON,
        .data = m[ERROR].len ? m[ERROR] : m[RESULT],
    };

    item.has_us =
        requests_answer(&rpc->requests, dir, m[ID], false, decode_now(l), &item.us, &item.name);
    item.name = decode_copy(l, item.name);
    add_session(l, &item, m[SESSION]);
    decode_item(l, dir, &item);
}

/* One object: a call or an answer. */
static int decode_one(struct decode_layer *l, enum event_dir dir, struct slice text)
{
    const char *as = is_cdp(l) ? "CDP" : "JSON-RPC";
    struct slice m[MEMBERS];
    int is_object = json_pick(text, member_names, m, MEMBERS);

    if (is_object < 0)
        return decode_bad(l, dir, text, "not %s: no JSON", as);
    if (is_object == 0)
        return decode_bad(l, dir, text, "not %s: no JSON object", as);
    if (!is_cdp(l) && !slice_is(m[VERSION], "\"2.0\""))
        return decode_bad(l, dir, text, "not JSON-RPC 2.0: the member \"jsonrpc\" is %s",
                          m[VERSION].len ? "not \"2.0\"" : "missing");
    if (json_is_string(m[METHOD]))
        call(l, dir, m);
    else if (m[RESULT].len || m[ERROR].len)
        answer(l, dir, m);
    else
        return decode_bad(l, dir, text, "not %s: neither a method nor a result nor an error", as);
    return 0;
}

static int decode_batch(struct decode_layer *l, enum event_dir dir, struct slice text)
{
    struct slice *elements = arena_alloc(decode_arena(l), DECODE_ITEMS_MAX * sizeof *elements);
    long count = elements ? json_elements(text, elements, DECODE_ITEMS_MAX) : 0;

    if (!elements)
        return -1;
    if (count < 0)
        return decode_bad(l, dir, text, "not JSON-RPC: no JSON");
    if (count == 0)
        return decode_bad(l, dir, text, "not JSON-RPC: the batch is empty");
    for (long i = 0; i < count && i < DECODE_ITEMS_MAX; i++) {
        if (decode_one(l, dir, elements[i]) != 0)
            return -1;
    }
    return 0;
}

static int decode(struct decode_layer *l, enum event_dir dir, struct decode_message m)
{
    struct slice text = blank_trim(m.data);

    if (m.opcode != OPCODE_TEXT)
        return decode_bad(l, dir, m.data, "not %s: a binary message",
                          is_cdp(l) ? "CDP" : "JSON-RPC");
    return json_is_array(text) && !is_cdp(l) ? decode_batch(l, dir, text)
                                             : decode_one(l, dir, text);
}

/* {"jsonrpc":"2.0","id":N, and the rest of the object. */
static int send_call(struct decode_layer *l, struct slice rest)
{
    struct jsonrpc *rpc = l->state;
    struct slice text =
        decode_print(l, "{%s\"id\":%llu,%.*s}", is_cdp(l) ? "" : "\"jsonrpc\":\"2.0\",",
                     (unsigned long long)++rpc->next_id, (int)rest.len, rest.data);

    return text.len ? decode_send(l, (struct decode_message){OPCODE_TEXT, text}) : -1;
}

static int encode_typed(struct decode_layer *l, struct slice line, struct err *e)
{
    struct slice method = decode_word(&line);
    struct slice params = blank_trim(line);
    struct slice rest;

    if (params.len > 0 &&
        (!json_valid(params) || (!json_is_object(params) && !json_is_array(params))))
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                       "the parameters of %.*s are not a JSON object or array", (int)method.len,
                       method.data);
    rest = params.len ? decode_print(l, "\"method\":\"%.*s\",\"params\":%.*s", (int)method.len,
                                     method.data, (int)params.len, params.data)
                      : decode_print(l, "\"method\":\"%.*s\"", (int)method.len, method.data);
    return rest.len ? send_call(l, rest) : -1;
}

/* An object without an id gets one; a whole message passes as it is. */
static int encode_object(struct decode_layer *l, struct slice text, struct err *e)
{
    struct slice m[MEMBERS];

    if (json_is_array(text) && json_valid(text))
        return decode_send(l, (struct decode_message){OPCODE_TEXT, text});
    if (json_pick(text, member_names, m, MEMBERS) != 1)
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                       "a line must be a JSON object such as "
                       "{\"method\":\"sum\",\"params\":[1,2]}");
    if (m[VERSION].len || m[ID].len)
        return decode_send(l, (struct decode_message){OPCODE_TEXT, text});
    if (!json_is_string(m[METHOD]))
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "the JSON object has no \"method\"");
    return send_call(l, slice_inner(text));
}

static int encode(struct decode_layer *l, enum decode_input input, struct slice line, struct err *e)
{
    struct slice text = blank_trim(line);

    return input == DECODE_PIPED || json_is_object(text) ? encode_object(l, text, e)
                                                         : encode_typed(l, text, e);
}

static void close(struct decode_layer *l)
{
    struct jsonrpc *rpc = l->state;

    requests_clear(&rpc->requests);
}

static int findings(struct decode_layer *l, struct buf *out)
{
    struct jsonrpc *rpc = l->state;

    return requests_findings(&rpc->requests, DIR_OUT, out);
}

const struct decoder decoder_jsonrpc = {
    .name = "jsonrpc",
    .state = sizeof(struct jsonrpc),
    .recognise = recognise,
    .close = close,
    .decode = decode,
    .encode = encode,
    .findings = findings,
};

const struct decoder decoder_cdp = {
    .name = "cdp",
    .state = sizeof(struct jsonrpc),
    .recognise = recognise_cdp,
    .close = close,
    .decode = decode,
    .encode = encode,
    .findings = findings,
};

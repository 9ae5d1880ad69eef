/*
 * phoenix: Phoenix channels (assets/js/phoenix/serializer.js of the npm package): version 2 is an
 * array, version 1 an object; payloads that are bytes have a binary form.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/blank.h"
#include "base/codec.h"
#include "base/utf8.h"
#include "decode/beats.h"
#include "decode/decoders.h"
#include "decode/joining.h"
#include "decode/json_pick.h"
#include "decode/notes.h"
#include "decode/requests.h"

#define HEARTBEAT_US 30000000
/* Topics that were joined and are known by their join_ref. */
#define TOPICS_MAX 64
#define TOPIC_MAX  128

static const char *const keys[] = {"heartbeat", NULL};

enum { JOIN_REF, REF, TOPIC, EVENT, PAYLOAD, PARTS };

static const char *const member_names[PARTS] = {"join_ref", "ref", "topic", "event", "payload"};

struct joined {
    char topic[TOPIC_MAX];
    size_t len;
    uint64_t ref;
};

struct phoenix {
    bool v1;
    uint64_t next_ref;
    uint64_t pending; /* heartbeats without an answer */
    struct beats beats;
    struct joining joining; /* a server does not know a topic before it was joined */
    struct requests requests;
    struct joined joined[TOPICS_MAX];
    size_t joined_count;
};

/* --- the connection --------------------------------------------------------------------------- */

static bool is_of_protocol(struct slice event)
{
    return slice_is(event, "\"phx_join\"") || slice_is(event, "\"phx_reply\"");
}

static bool recognise(const struct decode_clue *clue)
{
    struct slice m[PARTS];
    const struct decode_message *message = clue->message;

    if (!message)
        return strstr(clue->target, "/websocket?") != NULL &&
               (strstr(clue->target, "?vsn=") || strstr(clue->target, "&vsn="));
    if (message->opcode != OPCODE_TEXT)
        return false;
    if (json_elements(message->data, m, PARTS) == PARTS)
        return json_is_string(m[TOPIC]) && is_of_protocol(m[EVENT]);
    return json_pick(message->data, member_names, m, PARTS) == 1 && json_is_string(m[TOPIC]) &&
           is_of_protocol(m[EVENT]);
}

static int check(const struct decode_key *key, struct err *e)
{
    uint64_t us;

    if (seconds_parse(key->value, &us) == 0)
        return 0;
    return err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                   "--as phoenix: heartbeat is '%s', but must be seconds", key->value);
}

/* vsn=2.0.0, unless the URL has one. */
static int target(const struct decode_spec *spec, struct slice path, struct buf *out)
{
    const char *query = memchr(path.data, '?', path.len);

    (void)spec;
    if (query &&
        (memmem(path.data, path.len, "?vsn=", 5) || memmem(path.data, path.len, "&vsn=", 5)))
        return 0;
    return buf_printf(out, "%.*s%cvsn=2.0.0", (int)path.len, (const char *)path.data,
                      query ? '&' : '?') == 0
               ? 1
               : -1;
}

static int opened(struct decode_layer *l)
{
    struct phoenix *p = l->state;
    const char *vsn = strstr(decode_target_of(l), "vsn=");
    const char *key = decode_key(l, "heartbeat");
    uint64_t every = HEARTBEAT_US;

    p->v1 = vsn && vsn[4] == '1';
    if (key)
        seconds_parse(key, &every);
    /* the server closes after a minute without a message */
    beats_promise(&p->beats, DIR_OUT, every, every * 2, decode_now(l));
    return 0;
}

static void close(struct decode_layer *l)
{
    struct phoenix *p = l->state;

    requests_clear(&p->requests);
    joining_clear(&p->joining);
}

/* --- messages --------------------------------------------------------------------------------- */

static void add(struct decode_layer *l, struct event_decoded *item, const char *name,
                struct slice value)
{
    decode_field(l, item, slice_str(name), value);
}

/* A reply: of a heartbeat, or {status, response}. */
static void reply(struct decode_layer *l, enum event_dir dir, const struct slice *m,
                  struct event_decoded *item)
{
    static const char *const names[] = {"status", "response"};
    struct phoenix *p = l->state;
    struct slice parts[2], topic = decode_unquote(l, m[TOPIC]);

    item->type = "reply";
    item->role = DECODED_RESULT;
    item->re = m[REF];
    item->id = slice_str("");
    if (json_pick(m[PAYLOAD], names, parts, 2) == 1 && json_is_string(parts[0])) {
        struct slice status = decode_unquote(l, parts[0]);

        add(l, item, "status", status);
        if (!slice_is(status, "ok"))
            item->role = DECODED_ERROR;
        item->data = parts[1];
        item->form = parts[1].len ? DECODED_JSON : DECODED_NOTHING;
    }
    item->has_us =
        requests_answer(&p->requests, dir, m[REF], false, decode_now(l), &item->us, &item->name);
    item->name = item->has_us ? decode_copy(l, item->name) : slice_str("");
    if (slice_is(topic, "phoenix")) {
        item->role = DECODED_HEARTBEAT;
        p->pending = 0;
    }
}

static void remember_join(struct phoenix *p, struct slice topic, struct slice ref)
{
    struct joined *j = &p->joined[p->joined_count % TOPICS_MAX];
    char digits[24];

    if (topic.len >= TOPIC_MAX || ref.len < 3 || ref.len - 2 >= sizeof digits)
        return;
    memcpy(digits, ref.data + 1, ref.len - 2);
    digits[ref.len - 2] = '\0';
    memcpy(j->topic, topic.data, topic.len);
    j->len = topic.len;
    j->ref = strtoull(digits, NULL, 10);
    p->joined_count++;
}

static enum decoded_role role_of(struct slice event, bool asks)
{
    if (slice_is(event, "heartbeat"))
        return DECODED_HEARTBEAT;
    if (slice_is(event, "phx_error"))
        return DECODED_ERROR;
    if (slice_is(event, "phx_close"))
        return DECODED_CONTROL;
    return asks ? DECODED_REQUEST : DECODED_EVENT;
}

static int emit(struct decode_layer *l, enum event_dir dir, const struct slice *m)
{
    struct phoenix *p = l->state;
    struct slice topic = decode_unquote(l, m[TOPIC]);
    bool asks = dir == DIR_OUT && json_is_string(m[REF]);
    struct event_decoded item = {
        .type = asks ? "push" : "event",
        .name = decode_unquote(l, m[EVENT]),
        .id = asks ? m[REF] : slice_str(""),
        .form = m[PAYLOAD].len ? DECODED_JSON : DECODED_NOTHING,
        .data = m[PAYLOAD],
    };

    item.role = role_of(item.name, asks);
    add(l, &item, "topic", topic);
    if (slice_is(item.name, "phx_reply"))
        reply(l, dir, m, &item);
    else if (asks && decode_ask(l, &p->requests, dir, m[REF], item.name) == 0 &&
             slice_is(item.name, "phx_join"))
        remember_join(p, topic, m[REF]);
    if (item.role == DECODED_HEARTBEAT && dir == DIR_OUT)
        p->pending++;
    decode_item(l, dir, &item);
    return slice_is(item.name, "phx_join") && item.re.len > 0 ? joining_answered(&p->joining, l)
                                                              : 0;
}

/* Lengths of one byte each, then the strings, then the payload. */
static int decode_binary(struct decode_layer *l, enum event_dir dir, struct slice bytes)
{
    static const char *const forms[2][3] = {{"jte", "jrts", "te"}, {"jrte", "", ""}};
    const char *form =
        bytes.len > 0 && bytes.data[0] < 3 ? forms[dir == DIR_OUT][bytes.data[0]] : "";
    size_t count = strlen(form), at = 1 + count;
    struct event_decoded item = {.type = "event", .role = DECODED_EVENT};
    struct phoenix *p = l->state;
    struct slice part, name;

    if (count == 0)
        return decode_bad(l, dir, bytes, "not Phoenix: there is no binary message of this kind");
    for (size_t i = 0; i < count; i++) {
        if (bytes.len < at || bytes.len - at < bytes.data[1 + i])
            return decode_bad(l, dir, bytes, "not Phoenix: the binary message is too short");
        part = slice_make(bytes.data + at, bytes.data[1 + i]);
        at += part.len;
        if (form[i] == 'e')
            item.name = decode_text(l, part);
        else if (form[i] == 't')
            add(l, &item, "topic", part);
        else if (form[i] == 'r')
            item.id = decode_quote(l, part);
        else if (form[i] == 's') {
            add(l, &item, "status", part);
            item.role = slice_is(part, "ok") ? DECODED_RESULT : DECODED_ERROR;
        }
    }
    decode_body(&item, slice_from(bytes, at));
    if (dir == DIR_OUT) {
        item.type = "push";
        item.role = DECODED_REQUEST;
        decode_ask(l, &p->requests, dir, item.id, item.name);
    } else if (item.id.len > 0) {
        item.type = "reply";
        item.re = item.id;
        item.id = slice_str("");
        item.has_us =
            requests_answer(&p->requests, dir, item.re, false, decode_now(l), &item.us, &name);
        if (item.has_us)
            item.name = decode_copy(l, name);
    }
    decode_item(l, dir, &item);
    return 0;
}

static int decode(struct decode_layer *l, enum event_dir dir, struct decode_message message)
{
    struct phoenix *p = l->state;
    struct slice m[PARTS];
    long count;

    beats_seen(&p->beats, dir, decode_now(l));
    if (message.opcode != OPCODE_TEXT)
        return decode_binary(l, dir, message.data);
    count = json_elements(message.data, m, PARTS);
    if (count < 0 && json_pick(message.data, member_names, m, PARTS) == 1) {
        p->v1 = true;
        count = PARTS;
    }
    if (count < 0)
        return decode_bad(l, dir, message.data, "not Phoenix: neither a JSON array nor an object");
    if (count != PARTS)
        return decode_bad(l, dir, message.data,
                          "not Phoenix: an array of %ld elements, but it must have 5", count);
    if (!json_is_string(m[TOPIC]) || !json_is_string(m[EVENT]))
        return decode_bad(l, dir, message.data, "not Phoenix: topic or event is missing");
    return emit(l, dir, m);
}

/* --- what is sent ----------------------------------------------------------------------------- */

static uint64_t join_ref_of(const struct phoenix *p, struct slice topic)
{
    size_t count = p->joined_count < TOPICS_MAX ? p->joined_count : TOPICS_MAX;
    uint64_t ref = 0;

    for (size_t i = 0; i < count; i++) {
        if (slice_equal(slice_make(p->joined[i].topic, p->joined[i].len), topic) &&
            p->joined[i].ref > ref)
            ref = p->joined[i].ref;
    }
    return ref;
}

static int push(struct decode_layer *l, struct slice topic, struct slice event,
                struct slice payload)
{
    struct phoenix *p = l->state;
    unsigned long long ref = ++p->next_ref;
    uint64_t join = slice_is(event, "phx_join") ? ref : join_ref_of(p, topic);
    struct slice t = decode_quote(l, topic), n = decode_quote(l, event), join_ref, text;

    if (payload.len == 0)
        payload = slice_str("{}");
    join_ref = join ? decode_print(l, "\"%llu\"", (unsigned long long)join) : slice_str("null");
    if (p->v1)
        text = decode_print(l,
                            "{\"topic\":%.*s,\"event\":%.*s,\"payload\":%.*s,\"ref\":\"%llu\","
                            "\"join_ref\":%.*s}",
                            (int)t.len, (const char *)t.data, (int)n.len, (const char *)n.data,
                            (int)payload.len, (const char *)payload.data, ref, (int)join_ref.len,
                            (const char *)join_ref.data);
    else
        text = decode_print(l, "[%.*s,\"%llu\",%.*s,%.*s,%.*s]", (int)join_ref.len,
                            (const char *)join_ref.data, ref, (int)t.len, (const char *)t.data,
                            (int)n.len, (const char *)n.data, (int)payload.len,
                            (const char *)payload.data);
    if (slice_is(event, "phx_join"))
        joining_ask(&p->joining);
    else if (!slice_is(topic, "phoenix"))
        return joining_send(&p->joining, l, text);
    return decode_send_text(l, text);
}

static int typed(struct decode_layer *l, struct slice line, struct err *e)
{
    struct slice verb = decode_word(&line), topic = decode_word(&line), event = slice_str("");

    if (slice_is(verb, "join"))
        event = slice_str("phx_join");
    else if (slice_is(verb, "leave"))
        event = slice_str("phx_leave");
    else if (slice_is(verb, "push"))
        event = decode_word(&line);
    if (topic.len == 0 || event.len == 0) {
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                "'%.*s' with what follows it is not a line for Phoenix", (int)verb.len,
                (const char *)verb.data);
        err_hint(e, "a line is 'join TOPIC [JSON]', 'push TOPIC EVENT [JSON]' or 'leave TOPIC'");
        return -1;
    }
    if (line.len > 0 && !json_valid(line))
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "the payload is not JSON");
    return push(l, topic, event, line);
}

static int encode(struct decode_layer *l, enum decode_input input, struct slice line, struct err *e)
{
    struct slice text = blank_trim(line), m[3];

    if (input == DECODE_TYPED && !json_is_array(text))
        return typed(l, text, e);
    if (json_elements(text, m, 3) != 3 || !json_is_string(m[0]) || !json_is_string(m[1]))
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                       "a line must be a JSON array such as [\"topic\",\"event\",{}]");
    return push(l, decode_unquote(l, m[0]), decode_unquote(l, m[1]), m[2]);
}

static uint64_t tick(struct decode_layer *l)
{
    struct phoenix *p = l->state;

    if (beats_tick(&p->beats, decode_now(l)) && decode_takes_part(l) &&
        push(l, slice_str("phoenix"), slice_str("heartbeat"), slice_str("{}")) == 0)
        beats_seen(&p->beats, DIR_OUT, decode_now(l));
    return beats_due(&p->beats, decode_takes_part(l));
}

static int findings(struct decode_layer *l, struct buf *out)
{
    struct phoenix *p = l->state;

    if (p->pending > 1 && notes_finding(out, "the server did not answer %llu heartbeats",
                                        (unsigned long long)p->pending) != 0)
        return -1;
    if (beats_findings(&p->beats, decode_now(l), out) != 0)
        return -1;
    if (joining_findings(&p->joining, "a join", out) != 0)
        return -1;
    return requests_findings(&p->requests, DIR_OUT, out);
}

/* [topic,event,payload] */
static int piped(struct decode_layer *l, const struct event_decoded *item, struct buf *out)
{
    struct slice topic = slice_str(""), status = slice_str(""), event;
    bool is_reply = strcmp(item->type, "reply") == 0;

    if (item->role == DECODED_HEARTBEAT || item->role == DECODED_BAD)
        return 0;
    for (size_t i = 0; i < item->field_count; i++) {
        if (slice_is(item->fields[i].name, "topic"))
            topic = decode_quote(l, item->fields[i].value);
        else
            status = decode_quote(l, item->fields[i].value);
    }
    event = decode_quote(l, is_reply ? slice_str("phx_reply") : item->name);
    if (buf_printf(out, "[%.*s,%.*s,", (int)topic.len, (const char *)topic.data, (int)event.len,
                   (const char *)event.data) != 0 ||
        (is_reply && buf_printf(out, "{\"status\":%.*s,\"response\":", (int)status.len,
                                (const char *)status.data) != 0))
        return -1;
    if (item->form == DECODED_JSON && buf_append_slice(out, item->data) != 0)
        return -1;
    if (item->form != DECODED_JSON &&
        (buf_append_str(out, "{\"base64\":\"") != 0 || base64_encode(out, item->data) != 0 ||
         buf_append_str(out, "\"}") != 0))
        return -1;
    return buf_append_str(out, is_reply ? "}]" : "]") == 0 ? 1 : -1;
}

const struct decoder decoder_phoenix = {
    .name = "phoenix",
    .keys = keys,
    .state = sizeof(struct phoenix),
    .check = check,
    .recognise = recognise,
    .target = target,
    .open = opened,
    .close = close,
    .decode = decode,
    .encode = encode,
    .tick = tick,
    .findings = findings,
    .piped = piped,
};

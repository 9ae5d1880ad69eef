/*
 * socketio: Socket.IO, protocols 4 (servers 1 and 2, on Engine.IO 3) and 5 (servers 3 and 4, on
 * Engine.IO 4): namespaces, events, acks in both directions, binary attachments, the MessagePack
 * parser, connection state recovery.
 */
#include <stdlib.h>

#include "base/decimal.h"
#include "base/json_write.h"
#include "decode/decoders.h"
#include "decode/engineio.h"
#include "decode/json_pick.h"
#include "decode/socketio_private.h"

/* Bytes of the attachments of one packet. */
#define PENDING_MAX ((size_t)64 << 20)

struct slice socketio_without_query(const char *nsp)
{
    return slice_make(nsp, strcspn(nsp, "?"));
}

struct slice socketio_primary(const struct decode_layer *l)
{
    const char *nsp = decode_key(l, "nsp");

    return socketio_without_query(nsp ? nsp : "/");
}

static bool uses_msgpack(const struct decode_layer *l)
{
    const char *parser = decode_key(l, "parser");

    return parser && strcmp(parser, "msgpack") == 0;
}

int socketio_send(struct decode_layer *l, const struct socketio_packet *p)
{
    return uses_msgpack(l) ? socketio_send_msgpack(l, p) : socketio_send_text(l, p);
}

struct slice socketio_ack_key(struct decode_layer *l, struct slice nsp, struct slice id)
{
    if (slice_is(nsp, "/"))
        return id;
    return decode_print(l, "%.*s,%.*s", (int)nsp.len, nsp.data, (int)id.len, id.data);
}

/* --- opening ---------------------------------------------------------------------------------- */

static bool recognise(const struct decode_clue *clue)
{
    return strncmp(clue->target, "/engine.io", strlen("/engine.io")) != 0 &&
           engineio_recognise(clue);
}

static int change_target(const struct decode_spec *spec, struct slice target, struct buf *out)
{
    const char *version = decode_spec_key(spec, &decoder_socketio, "version", 0);

    return engineio_target(spec, &decoder_socketio, "/socket.io/",
                           version && strcmp(version, "2") == 0 ? "3" : "4", target, out);
}

static int check(const struct decode_key *key, struct err *e)
{
    if (strcmp(key->name, "version") == 0 && strcmp(key->value, "auto") != 0 &&
        strcmp(key->value, "2") != 0 && strcmp(key->value, "3") != 0 &&
        strcmp(key->value, "4") != 0)
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                       "--as socket.io: the version is auto, 2, 3 or 4, not '%s'", key->value);
    if (strcmp(key->name, "parser") == 0 && strcmp(key->value, "json") != 0 &&
        strcmp(key->value, "msgpack") != 0)
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                       "--as socket.io: the parser is json or msgpack, not '%s'", key->value);
    if (strcmp(key->name, "nsp") == 0 &&
        (key->value[0] != '/' || strlen(key->value) >= SOCKETIO_NAME_MAX))
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                       "--as socket.io: a namespace begins with '/', unlike '%s'", key->value);
    return engineio_check(key, e);
}

static int opened(struct decode_layer *l)
{
    const char *version = decode_key(l, "version");
    struct socketio *s = l->state;

    for (unsigned i = 0; i < 2; i++)
        buf_init(&s->pending[i].bytes, PENDING_MAX);
    for (unsigned i = 0; i < 2; i++)
        buf_init(&s->pending[i].text, PENDING_MAX);
    if (version && strcmp(version, "auto") != 0)
        engineio_is_version(l - 1, version[0] == '2' ? 3 : 4);
    return 0;
}

static void drop_pending(struct socketio_pending *p)
{
    buf_clear(&p->text);
    buf_clear(&p->bytes);
    free(p->sizes);
    p->sizes = NULL;
    p->wanted = p->got = 0;
}

static void keep_one(struct socketio_kept *kept, const struct socketio_past *past)
{
    unsigned i = 0;

    while (i < kept->count && strcmp(kept->past[i].nsp, past->nsp) != 0)
        i++;
    if (i == SOCKETIO_SPACES_MAX)
        return;
    kept->past[i] = *past;
    kept->count += i == kept->count;
}

/* What recovery needs outlives the connection. */
static void keep(struct decode_layer *l)
{
    const struct socketio *s = l->state;

    for (unsigned i = 0; l->kept && i < s->space_count; i++)
        keep_one(l->kept, &s->spaces[i].past);
}

static void close(struct decode_layer *l)
{
    struct socketio *s = l->state;

    keep(l);
    drop_pending(&s->pending[0]);
    drop_pending(&s->pending[1]);
    requests_clear(&s->requests);
    notes_clear(&s->notes);
}

static bool ready(const struct decode_layer *l)
{
    struct socketio *s = l->state;
    const struct socketio_space *space = socketio_space(s, socketio_primary(l));

    return space && space->state == SPACE_CONNECTED;
}

static uint64_t tick(struct decode_layer *l)
{
    return decode_takes_part(l) ? socketio_connect_all(l) : 0;
}

/* As `socket.disconnect()` does. */
static int leave(struct decode_layer *l)
{
    struct socketio *s = l->state;

    for (unsigned i = 0; i < s->space_count; i++) {
        const struct socketio_packet p = {.type = SOCKETIO_DISCONNECT,
                                          .nsp = slice_str(s->spaces[i].past.nsp)};

        if (s->spaces[i].state == SPACE_CONNECTED && socketio_send(l, &p) != 0)
            return -1;
    }
    return 0;
}

/* --- events and acks -------------------------------------------------------------------------- */

/* ["name",arg...] as its name, a token, and [arg...] in the arena. 0 or -1. */
static int split(struct decode_layer *l, struct slice data, struct slice *name, struct slice *args)
{
    struct json_scan s;
    struct slice token;
    uint8_t *copy;
    size_t from;

    json_scan_init(&s, data);
    json_scan_next(&s, &token);
    json_scan_next(&s, name);
    from = s.pos;
    if (json_scan_next(&s, &token) == JSON_COMMA)
        from = s.pos;
    copy = arena_alloc(decode_arena(l), data.len - from + 1);
    if (!copy)
        return -1;
    copy[0] = '[';
    memcpy(copy + 1, data.data + from, data.len - from);
    *args = slice_make(copy, data.len - from + 1);
    return 0;
}

/* The last element of an array; empty: there is none. */
static struct slice last_of(struct slice array)
{
    struct slice token, last = slice_str("");
    enum json_token kind;
    struct json_scan s;

    json_scan_init(&s, array);
    json_scan_next(&s, &token);
    while ((kind = json_scan_next(&s, &token)) > JSON_END && kind != JSON_ARRAY_CLOSE) {
        if (kind == JSON_COMMA || json_scan_skip(&s, kind) != 0)
            continue;
        last = slice_make(token.data, (size_t)(array.data + s.pos - token.data));
    }
    return last;
}

/* The array without its last element. */
static struct slice without_last(struct decode_layer *l, struct slice array, struct slice last)
{
    size_t n = (size_t)(last.data - array.data);

    while (n > 1 && array.data[n - 1] != ',')
        n--;
    return decode_print(l, "%.*s]", n > 1 ? (int)n - 1 : 1, array.data);
}

/* Where the state of connections is kept, the server adds an offset to the arguments. The libraries
 * take any last string for it. */
static void take_offset(struct decode_layer *l, struct socketio_space *space,
                        struct event_decoded *item)
{
    struct slice last = last_of(item->data), offset;

    if (!json_is_string(last))
        return;
    offset = decode_unquote(l, last);
    socketio_keep_text(space->past.offset, offset);
    if (item->id.len > 0 || !socketio_is_offset(offset))
        return;
    decode_field(l, item, slice_str("offset"), offset);
    item->data = without_last(l, item->data, last);
}

static int answer(struct decode_layer *l, const struct socketio_packet *event)
{
    struct slice data = slice_str(decode_spec(l)->auto_ack);
    struct socketio_packet p = {.type = SOCKETIO_ACK, .nsp = event->nsp, .id = event->id};

    p.data = json_is_array(data) ? data : decode_print(l, "[%.*s]", (int)data.len, data.data);
    return p.data.len ? socketio_send(l, &p) : -1;
}

static int event(struct decode_layer *l, enum event_dir dir, const struct socketio_packet *p)
{
    struct socketio *s = l->state;
    struct socketio_space *space = socketio_space(s, p->nsp);
    struct event_decoded item = {
        .type = "event",
        .role = p->id.len ? DECODED_REQUEST : DECODED_EVENT,
        .id = p->id,
        .form = DECODED_ARGUMENTS,
    };

    if (split(l, p->data, &item.name, &item.data) != 0)
        return -1;
    item.name = decode_unquote(l, item.name);
    if (p->id.len)
        decode_ask(l, &s->requests, dir, socketio_ack_key(l, p->nsp, p->id), item.name);
    if (dir == DIR_IN && space && space->past.pid[0])
        take_offset(l, space, &item);
    socketio_add_nsp(l, &item, p->nsp);
    decode_item(l, dir, &item);
    return dir == DIR_IN && p->id.len && decode_takes_part(l) && decode_spec(l)->auto_ack
               ? answer(l, p)
               : 0;
}

static void ack(struct decode_layer *l, enum event_dir dir, const struct socketio_packet *p)
{
    struct socketio *s = l->state;
    struct event_decoded item = {
        .type = "ack", .role = DECODED_ACK, .re = p->id, .form = DECODED_JSON, .data = p->data};
    struct slice name;

    item.has_us = requests_answer(&s->requests, dir, socketio_ack_key(l, p->nsp, p->id), false,
                                  decode_now(l), &item.us, &name);
    socketio_add_nsp(l, &item, p->nsp);
    decode_item(l, dir, &item);
}

static int packet(struct decode_layer *l, enum event_dir dir, const struct socketio_packet *p)
{
    struct socketio *s = l->state;

    s->seen = true;
    switch (p->type) {
    case SOCKETIO_CONNECT:
        return socketio_connected(l, dir, p);
    case SOCKETIO_DISCONNECT:
        return socketio_left(l, dir, p);
    case SOCKETIO_CONNECT_ERROR:
        return socketio_refused(l, dir, p);
    case SOCKETIO_EVENT:
    case SOCKETIO_BINARY_EVENT:
        return event(l, dir, p);
    default:
        ack(l, dir, p);
        return 0;
    }
}

/* --- messages --------------------------------------------------------------------------------- */

static struct socketio_pending *pending(struct socketio *s, enum event_dir dir)
{
    return &s->pending[dir == DIR_OUT];
}

/* Something else on the same path, as far as `auto` knows. */
static int unknown(struct decode_layer *l, enum event_dir dir, struct decode_message m,
                   const char *what)
{
    const struct socketio *s = l->state;

    if (!s->seen && decode_spec(l)->count == 0)
        return decode_above(l, dir, m);
    return decode_bad(l, dir, m.data, "not Socket.IO: %s", what);
}

/* The packet that announces attachments. */
static int await(struct decode_layer *l, enum event_dir dir, struct slice text, unsigned count)
{
    const struct event_decoded item = {.type = "binary", .role = DECODED_CARRIER};
    struct socketio_pending *p = pending(l->state, dir);

    p->sizes = calloc(count, sizeof *p->sizes);
    if (!p->sizes || buf_append_slice(&p->text, text) != 0)
        return -1;
    p->wanted = count;
    decode_item(l, dir, &item);
    return 0;
}

static int complete(struct decode_layer *l, enum event_dir dir, struct socketio_pending *pending)
{
    const struct socketio_attachments attachments = {buf_slice(&pending->bytes), pending->sizes,
                                                     pending->wanted};
    char *text = arena_copy(decode_arena(l), buf_data(&pending->text), pending->text.len);
    struct socketio_packet p;
    int rc = text ? 0 : -1;

    if (rc == 0 && !socketio_parse(slice_make(text, pending->text.len), &p))
        rc = socketio_fill(l, p.data, &attachments, &p.data);
    drop_pending(pending);
    return rc == 0 ? packet(l, dir, &p) : -1;
}

static int attachment(struct decode_layer *l, enum event_dir dir, struct decode_message m)
{
    const struct event_decoded item = {.type = "attachment", .role = DECODED_CARRIER};
    struct socketio_pending *p = pending(l->state, dir);

    if (!buf_allows(&p->bytes, m.data.len)) {
        drop_pending(p);
        return decode_bad(l, dir, m.data, "the attachments of a packet are too large to be shown");
    }
    if (buf_append_slice(&p->bytes, m.data) != 0)
        return -1;
    p->sizes[p->got++] = m.data.len;
    decode_item(l, dir, &item);
    return p->got == p->wanted ? complete(l, dir, p) : 0;
}

static int decode_binary(struct decode_layer *l, enum event_dir dir, struct decode_message m)
{
    struct socketio *s = l->state;
    struct socketio_packet p;
    const char *wrong;
    int rc;

    if (pending(s, dir)->wanted > 0)
        return attachment(l, dir, m);
    rc = socketio_parse_msgpack(l, m.data, &p, &wrong);
    if (rc != 0)
        return rc < 0 ? -1 : unknown(l, dir, m, wrong);
    if (dir == DIR_IN && decode_takes_part(l) && !uses_msgpack(l))
        notes_add(&s->notes, "the server uses the MessagePack parser: use parser=msgpack");
    return packet(l, dir, &p);
}

static int decode(struct decode_layer *l, enum event_dir dir, struct decode_message m)
{
    struct socketio *s = l->state;
    struct socketio_pending *waiting = pending(s, dir);
    struct socketio_packet p;
    const char *wrong;

    if (m.opcode != OPCODE_TEXT)
        return decode_binary(l, dir, m);
    if (waiting->wanted > 0) {
        notes_add(&s->notes,
                  "a text message came before the attachments of a packet were complete");
        if (decode_bad(l, dir, slice_str(""), "not Socket.IO: %u of %u attachments are missing",
                       waiting->wanted - waiting->got, waiting->wanted) != 0)
            return -1;
        drop_pending(waiting);
    }
    wrong = socketio_parse(m.data, &p);
    if (wrong)
        return unknown(l, dir, m, wrong);
    if (dir == DIR_IN && decode_takes_part(l) && uses_msgpack(l))
        notes_add(&s->notes, "the server uses the JSON parser: leave out parser=msgpack");
    return p.attachments > 0 ? await(l, dir, m.data, p.attachments) : packet(l, dir, &p);
}

/* --- findings --------------------------------------------------------------------------------- */

static int piped(struct decode_layer *l, const struct event_decoded *item, struct buf *out)
{
    bool any = item->data.len > 2;
    struct json_write w;

    (void)l;
    if (item->role == DECODED_ACK)
        return buf_printf(out, "{\"ack\":%.*s}", (int)item->data.len, item->data.data) == 0 ? 1
                                                                                            : -1;
    if (item->form != DECODED_ARGUMENTS)
        return 0;
    json_write_init(&w, out);
    json_array_open(&w, NULL);
    json_text(&w, NULL, item->name);
    if (w.failed || (any && buf_append(out, ",", 1) != 0) ||
        buf_append(out, item->data.data + 1, item->data.len - 1) != 0)
        return -1;
    return 1;
}

static const char *const keys[] = {"version", "path", "nsp", "transport", "parser", NULL};

static const char *const commands[] = {"/join", "/leave", "/ack", NULL};

const struct decoder decoder_socketio = {
    .name = "socket.io",
    .below = "engine.io",
    .keys = keys,
    .commands = commands,
    .files = true,
    .state = sizeof(struct socketio),
    .kept = sizeof(struct socketio_kept),
    .check = check,
    .recognise = recognise,
    .target = change_target,
    .open = opened,
    .close = close,
    .leave = leave,
    .decode = decode,
    .encode = socketio_encode,
    .tick = tick,
    .ready = ready,
    .findings = socketio_findings,
    .piped = piped,
};

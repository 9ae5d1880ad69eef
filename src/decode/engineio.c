/*
 * engineio: Engine.IO, protocols 3 and 4: packets of a digit and data, one a message, and the
 * heartbeat that decides whether a connection lives. It carries Socket.IO.
 *
 * In protocol 4 the server pings; in protocol 3 the client does. Which one it is follows from the
 * version that was given or asked for; else from `maxPayload` in the open packet (4), a ping of the
 * server (4), or what Socket.IO finds inside. A connection without any of these that was not pinged
 * for more than pingInterval is taken as 3.
 */
#include "decode/engineio.h"

#include "base/codec.h"
#include "base/decimal.h"
#include "decode/decoders.h"
#include "decode/json_pick.h"
#include "decode/notes.h"

/* Numbers of the open packet beyond this are not believed, ms. */
#define INTERVAL_MAX 86400000

struct engineio {
    unsigned version;
    uint64_t opened_us;
    uint64_t interval_us, timeout_us, max_payload;
    uint64_t beat_us; /* the last ping of the server (4), or pong of the server (3) */
    uint64_t ping_us; /* of the ping that waits for its pong; 0: none does */
    bool given_up;
    struct notes notes;
};

unsigned engineio_version(const struct decode_layer *engine)
{
    const struct engineio *s = engine->state;

    return s->version;
}

void engineio_is_version(struct decode_layer *engine, unsigned version)
{
    struct engineio *s = engine->state;

    s->version = version;
}

uint64_t engineio_opened_us(const struct decode_layer *engine)
{
    const struct engineio *s = engine->state;

    return s->opened_us;
}

/* --- opening ---------------------------------------------------------------------------------- */

enum { SID, PING_INTERVAL, PING_TIMEOUT, MAX_PAYLOAD, MEMBERS };

static const char *const member_names[MEMBERS] = {"sid", "pingInterval", "pingTimeout",
                                                  "maxPayload"};

bool engineio_recognise(const struct decode_clue *clue)
{
    const struct decode_message *m = clue->message;
    struct slice members[MEMBERS];

    if (!m || m->opcode != OPCODE_TEXT || m->data.len < 2)
        return false;
    if (slice_is(m->data, "2probe") || slice_is(m->data, "3probe"))
        return strstr(clue->target, "EIO=") != NULL;
    return m->data.data[0] == '0' && clue->dir == DIR_IN &&
           json_pick(slice_from(m->data, 1), member_names, members, MEMBERS) == 1 &&
           json_is_string(members[SID]) && members[PING_INTERVAL].len > 0;
}

static bool recognise(const struct decode_clue *clue)
{
    return strncmp(clue->target, "/engine.io", strlen("/engine.io")) == 0 &&
           engineio_recognise(clue);
}

static const char *asked_version(const struct decode_spec *spec)
{
    const char *version = decode_spec_key(spec, &decoder_engineio, "version", 0);

    return version && strcmp(version, "3") == 0 ? "3" : "4";
}

static int change_target(const struct decode_spec *spec, struct slice target, struct buf *out)
{
    return engineio_target(spec, &decoder_engineio, "/engine.io/", asked_version(spec), target,
                           out);
}

static int check(const struct decode_key *key, struct err *e)
{
    if (strcmp(key->name, "version") == 0 && strcmp(key->value, "auto") != 0 &&
        strcmp(key->value, "3") != 0 && strcmp(key->value, "4") != 0)
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                       "--as engine.io: the version is auto, 3 or 4, not '%s'", key->value);
    return engineio_check(key, e);
}

static int opened(struct decode_layer *l)
{
    const char *version = decode_key(l, "version");
    struct engineio *s = l->state;

    if (version && strcmp(version, "auto") != 0)
        s->version = version[0] == '3' ? 3 : 4;
    else if (strstr(decode_target_of(l), "EIO=3"))
        s->version = 3;
    return 0;
}

static void close(struct decode_layer *l)
{
    struct engineio *s = l->state;

    notes_clear(&s->notes);
}

static bool ready(const struct decode_layer *l)
{
    const struct engineio *s = l->state;

    return s->opened_us > 0;
}

static uint64_t milliseconds(struct slice number)
{
    uint64_t ms = 0;

    decimal_read(number, INTERVAL_MAX, &ms);
    return ms * 1000;
}

static int decode_open(struct decode_layer *l, enum event_dir dir, struct slice json,
                       struct slice packet)
{
    const struct event_decoded item = {
        .type = "open", .role = DECODED_CONTROL, .form = DECODED_JSON, .data = json};
    struct engineio *s = l->state;
    struct slice members[MEMBERS];

    if (json_pick(json, member_names, members, MEMBERS) != 1)
        return decode_bad(l, dir, packet, "not Engine.IO: the open packet has no JSON object");
    decode_item(l, dir, &item);
    if (dir != DIR_IN)
        return 0;
    s->opened_us = s->beat_us = decode_now(l) ? decode_now(l) : 1;
    s->interval_us = milliseconds(members[PING_INTERVAL]);
    s->timeout_us = milliseconds(members[PING_TIMEOUT]);
    decimal_read(members[MAX_PAYLOAD], UINT64_MAX, &s->max_payload);
    if (s->version == 0 && members[MAX_PAYLOAD].len > 0)
        s->version = 4;
    return 0;
}

/* --- the heartbeat ---------------------------------------------------------------------------- */

static double seconds(uint64_t us)
{
    return (double)us / 1e6;
}

static bool is_probe(struct slice data)
{
    return slice_is(data, "probe");
}

/* A ping of the server: protocol 4. */
static int pinged(struct decode_layer *l, struct slice data)
{
    struct engineio *s = l->state;
    uint64_t now = decode_now(l), limit = s->interval_us + s->timeout_us;
    struct slice pong;

    if (s->version == 3)
        notes_add(&s->notes,
                  "the server sends pings (packet 2), which is Engine.IO 4, but the client "
                  "asked for 3 (EIO=3)");
    else
        s->version = 4;
    if (s->opened_us && limit && now - s->beat_us > limit)
        notes_add(
            &s->notes,
            "a ping of the server (packet 2) came after %.1f s; clients give up after pingInterval "
            "+ pingTimeout, %.1f s",
            seconds(now - s->beat_us), seconds(limit));
    s->beat_us = s->ping_us = now;
    if (!decode_takes_part(l))
        return 0;
    pong = decode_print(l, "3%.*s", (int)data.len, data.data);
    return decode_send_text(l, pong);
}

/* The other side answered. */
static void ponged(struct decode_layer *l, enum event_dir dir)
{
    struct engineio *s = l->state;
    uint64_t now = decode_now(l), took = now - s->ping_us;

    if (s->ping_us && s->timeout_us && took > s->timeout_us)
        notes_add(&s->notes, "the %s answered a ping after %.1f s, more than pingTimeout, %.1f s",
                  dir == DIR_IN ? "server" : "client", seconds(took), seconds(s->timeout_us));
    s->ping_us = 0;
    if (dir == DIR_IN)
        s->beat_us = now;
}

/* A ping of the client: protocol 3. */
static void client_pinged(struct decode_layer *l)
{
    struct engineio *s = l->state;

    if (s->version == 4)
        notes_add(&s->notes,
                  "the client sends pings (packet 2), which is Engine.IO 3; in 4 the server "
                  "pings, and it closes the connection");
    else
        s->version = 3;
    s->ping_us = decode_now(l);
}

static int heartbeat(struct decode_layer *l, enum event_dir dir, bool ping, struct slice data)
{
    const struct event_decoded item = {
        .type = ping ? "ping" : "pong",
        .role = DECODED_HEARTBEAT,
        .form = data.len ? DECODED_TEXT : DECODED_NOTHING,
        .data = data,
    };

    decode_item(l, dir, &item);
    if (is_probe(data))
        return 0;
    if (!ping)
        ponged(l, dir);
    else if (dir == DIR_OUT)
        client_pinged(l);
    else
        return pinged(l, data);
    return 0;
}

static void give_up(struct decode_layer *l, const char *what, uint64_t silence)
{
    struct engineio *s = l->state;

    s->given_up = true;
    notes_add(&s->notes, "%s for %.1f s (pingInterval %.1f s, pingTimeout %.1f s): clients give up",
              what, seconds(silence), seconds(s->interval_us), seconds(s->timeout_us));
    if (decode_takes_part(l))
        decode_end(l, EXIT_LOST, true, "%s for %.1f s", what, seconds(silence));
}

/* We ping. Returns when the next one, or its pong, is due. */
static uint64_t tick_3(struct decode_layer *l)
{
    struct engineio *s = l->state;
    uint64_t now = decode_now(l);

    if (s->ping_us) {
        if (now < s->ping_us + s->timeout_us)
            return s->ping_us + s->timeout_us;
        give_up(l, "the server did not answer a ping (packet 2)", now - s->ping_us);
        return 0;
    }
    if (!decode_takes_part(l))
        return 0;
    if (now < s->beat_us + s->interval_us)
        return s->beat_us + s->interval_us;
    if (decode_send_text(l, decode_print(l, "2")) != 0)
        return 0;
    s->ping_us = now;
    return now + s->timeout_us;
}

static uint64_t tick(struct decode_layer *l)
{
    struct engineio *s = l->state;
    uint64_t now = decode_now(l), due = s->beat_us + s->interval_us + s->timeout_us;

    if (s->opened_us == 0 || s->interval_us == 0 || s->timeout_us == 0 || s->given_up)
        return 0;
    if (s->version == 0 && now >= s->beat_us + s->interval_us + s->timeout_us / 2)
        s->version = 3;
    if (s->version == 3)
        return tick_3(l);
    if (s->version == 0)
        return s->beat_us + s->interval_us + s->timeout_us / 2;
    if (now < due)
        return due;
    give_up(l, "the server sent no ping (packet 2)", now - s->beat_us);
    return 0;
}

/* --- messages --------------------------------------------------------------------------------- */

static void check_size(struct decode_layer *l, enum event_dir dir, size_t size)
{
    struct engineio *s = l->state;

    if (dir == DIR_OUT && s->max_payload > 0 && size > s->max_payload)
        notes_add(&s->notes,
                  "a message of %zu bytes was sent, more than the server's maxPayload of %llu: it "
                  "closes the connection",
                  size, (unsigned long long)s->max_payload);
}

static int control(struct decode_layer *l, enum event_dir dir, const char *type, struct slice data)
{
    const struct event_decoded item = {
        .type = type,
        .role = DECODED_CONTROL,
        .form = data.len ? DECODED_TEXT : DECODED_NOTHING,
        .data = data,
    };

    decode_item(l, dir, &item);
    return 0;
}

static int message(struct decode_layer *l, enum event_dir dir, struct decode_message m)
{
    const struct event_decoded item = {.type = "message", .role = DECODED_CARRIER};

    if (decode_carries(l))
        decode_item(l, dir, &item);
    return decode_above(l, dir, m);
}

static int decode_binary(struct decode_layer *l, enum event_dir dir, struct decode_message m)
{
    struct engineio *s = l->state;

    if (s->version != 3)
        return message(l, dir, m);
    if (m.data.len == 0 || m.data.data[0] != 4)
        return decode_bad(
            l, dir, m.data,
            "not Engine.IO 3: a binary message begins with 4, the type of its packet");
    m.data = slice_from(m.data, 1);
    return message(l, dir, m);
}

static int decode(struct decode_layer *l, enum event_dir dir, struct decode_message m)
{
    struct slice data;

    check_size(l, dir, m.data.len);
    if (m.opcode != OPCODE_TEXT)
        return decode_binary(l, dir, m);
    if (m.data.len == 0)
        return decode_bad(l, dir, m.data, "not Engine.IO: an empty packet");
    data = slice_from(m.data, 1);
    switch (m.data.data[0]) {
    case '0':
        return decode_open(l, dir, data, m.data);
    case '1':
        return control(l, dir, "close", data);
    case '2':
    case '3':
        return heartbeat(l, dir, m.data.data[0] == '2', data);
    case '4':
        return message(l, dir, (struct decode_message){OPCODE_TEXT, data});
    case '5':
        return control(l, dir, "upgrade", data);
    case '6':
        return control(l, dir, "noop", data);
    default:
        return decode_bad(l, dir, m.data,
                          "not Engine.IO: a packet begins with a digit from 0 to 6");
    }
}

static int wrap(struct decode_layer *l, struct decode_message m)
{
    struct engineio *s = l->state;
    uint8_t *packet;

    if (m.opcode != OPCODE_TEXT && s->version != 3)
        return decode_send(l, m);
    packet = arena_alloc(decode_arena(l), m.data.len + 1);
    if (!packet)
        return -1;
    packet[0] = m.opcode == OPCODE_TEXT ? '4' : 4;
    if (m.data.len)
        memcpy(packet + 1, m.data.data, m.data.len);
    m.data = slice_make(packet, m.data.len + 1);
    return decode_send(l, m);
}

static int encode(struct decode_layer *l, enum decode_input input, struct slice line, struct err *e)
{
    (void)input;
    (void)e;
    return wrap(l, (struct decode_message){OPCODE_TEXT, line});
}

static int piped(struct decode_layer *l, const struct event_decoded *item, struct buf *out)
{
    (void)l;
    if (item->role != DECODED_EVENT && item->role != DECODED_BAD)
        return 0;
    if (item->form == DECODED_BYTES)
        return base64_encode(out, item->data) == 0 ? 1 : -1;
    return item->data.len == 0 || buf_append_slice(out, item->data) == 0 ? 1 : -1;
}

static int findings(struct decode_layer *l, struct buf *out)
{
    const struct engineio *s = l->state;

    return notes_findings(&s->notes, out);
}

static const char *const keys[] = {"version", "path", "transport", NULL};

const struct decoder decoder_engineio = {
    .name = "engine.io",
    .keys = keys,
    .state = sizeof(struct engineio),
    .check = check,
    .recognise = recognise,
    .target = change_target,
    .open = opened,
    .close = close,
    .decode = decode,
    .wrap = wrap,
    .encode = encode,
    .tick = tick,
    .ready = ready,
    .findings = findings,
    .piped = piped,
};

/*
 * pusher: the Pusher Channels protocol (version 7), which Laravel Reverb and Soketi speak too:
 * events, on channels or not, whose data are mostly JSON in a string.
 */
#include "base/decimal.h"
#include "decode/beats.h"
#include "decode/decoders.h"
#include "decode/json_pick.h"
#include "decode/requests.h"

enum { EVENT, CHANNEL, DATA, USER, MEMBERS };

static const char *const member_names[MEMBERS] = {"event", "channel", "data", "user_id"};

struct pusher {
    struct beats beats;
    struct requests requests; /* subscriptions, by channel */
};

static bool recognise(const struct decode_clue *clue)
{
    struct slice m[MEMBERS];

    return clue->message && clue->message->opcode == OPCODE_TEXT &&
           json_pick(clue->message->data, member_names, m, MEMBERS) == 1 &&
           (slice_begins(m[EVENT], "\"pusher:") || slice_begins(m[EVENT], "\"pusher_internal:"));
}

static void end(struct decode_layer *l)
{
    struct pusher *p = l->state;

    requests_clear(&p->requests);
}

/* The client is to ping after this much silence, and to wait 30 s for the pong. */
static void established(struct decode_layer *l, struct slice data)
{
    static const char *const names[] = {"activity_timeout"};
    struct pusher *p = l->state;
    struct slice timeout;
    uint64_t seconds;

    if (json_pick(data, names, &timeout, 1) == 1 && decimal_read(timeout, 86400, &seconds))
        beats_promise(&p->beats, DIR_IN, seconds * 1000000, (seconds + 30) * 1000000,
                      decode_now(l));
}

static void heed(struct decode_layer *l, enum event_dir dir, struct event_decoded *item,
                 struct slice channel)
{
    static const char *const names[] = {"channel"};
    struct pusher *p = l->state;
    struct slice name;

    if (slice_is(item->name, "pusher:ping") || slice_is(item->name, "pusher:pong")) {
        item->role = DECODED_HEARTBEAT;
    } else if (slice_is(item->name, "pusher:error") ||
               slice_is(item->name, "pusher:subscription_error")) {
        item->role = DECODED_ERROR;
    } else if (slice_is(item->name, "pusher:connection_established")) {
        item->role = DECODED_CONTROL;
        established(l, item->data);
    } else if (slice_is(item->name, "pusher:subscribe")) {
        item->role = DECODED_REQUEST;
        if (json_pick(item->data, names, &channel, 1) == 1)
            decode_ask(l, &p->requests, dir, decode_unquote(l, channel),
                       decode_unquote(l, channel));
    } else if (slice_is(item->name, "pusher_internal:subscription_succeeded")) {
        item->role = DECODED_RESULT;
        item->has_us =
            requests_answer(&p->requests, dir, channel, false, decode_now(l), &item->us, &name);
    } else if (slice_begins(item->name, "pusher")) {
        item->role = DECODED_CONTROL;
    }
}

static int decode(struct decode_layer *l, enum event_dir dir, struct decode_message message)
{
    struct pusher *p = l->state;
    struct event_decoded item = {.type = "event", .role = DECODED_EVENT};
    struct slice m[MEMBERS], channel;

    beats_seen(&p->beats, dir, decode_now(l));
    if (message.opcode != OPCODE_TEXT)
        return decode_bad(l, dir, message.data, "not Pusher: a binary message");
    if (json_pick(message.data, member_names, m, MEMBERS) != 1)
        return decode_bad(l, dir, message.data, "not Pusher: no JSON object");
    if (!json_is_string(m[EVENT]))
        return decode_bad(l, dir, message.data, "not Pusher: it has no \"event\"");
    item.name = decode_unquote(l, m[EVENT]);
    channel = decode_unquote(l, m[CHANNEL]);
    decode_body(&item, decode_unquote(l, m[DATA]));
    if (channel.len > 0)
        decode_field(l, &item, slice_str("channel"), channel);
    if (m[USER].len > 0)
        decode_field(l, &item, slice_str("user"), decode_unquote(l, m[USER]));
    heed(l, dir, &item, channel);
    decode_item(l, dir, &item);
    return 0;
}

static uint64_t tick(struct decode_layer *l)
{
    struct pusher *p = l->state;

    beats_tick(&p->beats, decode_now(l));
    return beats_due(&p->beats, false);
}

static int findings(struct decode_layer *l, struct buf *out)
{
    struct pusher *p = l->state;

    if (beats_findings(&p->beats, decode_now(l), out) != 0)
        return -1;
    return requests_findings(&p->requests, DIR_OUT, out);
}

static const struct {
    uint16_t code;
    const char *name;
} closes[] = {
    {4000, "application only accepts TLS connections"},
    {4001, "application does not exist"},
    {4003, "application disabled"},
    {4004, "application over its connection quota"},
    {4005, "path not found"},
    {4006, "invalid version string format"},
    {4007, "unsupported protocol version"},
    {4008, "no protocol version supplied"},
    {4009, "connection is unauthorized"},
    {4100, "over capacity"},
    {4200, "reconnect at once"},
    {4201, "pong not received in time"},
    {4202, "closed after inactivity"},
    {4301, "client event rejected: rate limit"},
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
    if (code >= 4000 && code < 4100)
        return "the same connection will fail again: a client must not reconnect";
    if (code >= 4100 && code < 4200)
        return "a client is to reconnect after a second or more";
    return code >= 4200 && code < 4300 ? "a client is to reconnect at once" : NULL;
}

const struct decoder decoder_pusher = {
    .name = "pusher",
    .state = sizeof(struct pusher),
    .recognise = recognise,
    .close = end,
    .decode = decode,
    .tick = tick,
    .findings = findings,
    .close_name = close_name,
    .close_advice = close_advice,
};

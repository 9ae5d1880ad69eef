/*
 * The frames between the two legs of a relay, without sockets: the first byte chooses the extension
 * and whether a rule may act, the second how the bytes are cut into pieces, the third what share of
 * them the client sends; the server sends the rest. Unless a rule acts, what leaves is what came,
 * as a stream, and nothing else is kept; where messages wait for a decision, control frames
 * overtake their fragments. Whole or in pieces, the same bytes give the same messages.
 */
#include <stdlib.h>

#include "relay/relay_private.h"

#define REQUIRE(condition) \
    do {                   \
        if (!(condition))  \
            abort();       \
    } while (0)

#define HELD_MAX (4u * 1024 * 1024)

enum mode {
    VERBATIM, /* there are no rules */
    DECIDED,  /* one that never matches */
    TOGGLED,  /* that one comes and goes between pieces */
    ACTING    /* text messages are dropped */
};

struct stream {
    struct slice in;
    size_t fed;        /* of it */
    uint64_t messages; /* a digest of those that were delivered */
    bool parts;        /* one came in parts, which are cut elsewhere in other pieces */
    bool broken;       /* by a frame after which nothing is decoded */
};

struct rig {
    enum mode mode;
    struct rules rules;
    struct relay_config config;
    struct supplies supplies;
    struct bus bus;
    struct relay relay;
    struct relay_conn conn;
    struct stream streams[2]; /* of the client, of the server */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int fill(void *ctx, uint8_t *bytes, size_t n)
{
    (void)ctx;
    memset(bytes, 0x5A, n);
    return 0;
}

static void mix(uint64_t *digest, struct slice data)
{
    for (size_t i = 0; i < data.len; i++)
        *digest = (*digest ^ data.data[i]) * 1099511628211u;
}

static void on_message(void *ctx, struct relay_conn *c, enum relay_direction direction,
                       const struct event_message *m)
{
    struct rig *rig = ctx;
    struct stream *s = &rig->streams[direction == RELAY_UP ? 0 : 1];
    uint8_t type = (uint8_t)m->type;

    REQUIRE(c == &rig->conn);
    s->parts = s->parts || m->part > 0;
    mix(&s->messages, m->data);
    if (m->final)
        mix(&s->messages, slice_make(&type, 1));
}

static void add_rule(struct rig *rig)
{
    struct rule rule;
    struct err e;

    REQUIRE(
        rule_parse(slice_str(rig->mode == ACTING ? "text -> drop" : "message 1000000000 -> drop"),
                   &rule, &e) == 0);
    REQUIRE(rules_add(&rig->rules, &rule) == 0);
}

static void open_conn(struct relay_conn *c, unsigned extension)
{
    static const char *const answers[] = {
        "HTTP/1.1 101 x\r\n\r\n",
        "HTTP/1.1 101 x\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
        ("HTTP/1.1 101 x\r\nSec-WebSocket-Extensions: permessage-deflate; "
         "client_no_context_takeover; server_no_context_takeover\r\n\r\n"),
        "HTTP/1.1 101 x\r\nSec-WebSocket-Extensions: unknown\r\n\r\n"};
    const char *text = answers[extension];
    struct http1_head head;
    size_t scanned = 0;
    struct err e;

    REQUIRE(http1_head_read(&head, HTTP1_RESPONSE, (const uint8_t *)text, strlen(text), &scanned,
                            &e) > 0);
    relayed_ws_open(c, &head);
    http1_head_clear(&head);
    REQUIRE(c->state == CONN_WS);
}

static struct rig *rig_new(enum mode mode, unsigned extension)
{
    static struct timer *timer; /* never runs out: no turn of the loop is taken */
    struct rig *rig = calloc(1, sizeof *rig);
    struct relay_conn *c;

    timer = timer ? timer : timer_new(uv_default_loop(), NULL);
    REQUIRE(rig && timer);
    c = &rig->conn;
    rig->mode = mode;
    add_rule(rig);
    rng_init(&rig->supplies.rng, fill, NULL);
    bus_init(&rig->bus);
    rig->config.supplies = &rig->supplies;
    rig->config.rules = mode == DECIDED || mode == ACTING ? &rig->rules : NULL;
    rig->relay.config = &rig->config;
    rig->relay.bus = &rig->bus;
    rig->relay.hooks.message = on_message;
    rig->relay.ctx = rig;
    rig->relay.url = "ws://server";
    c->relay = &rig->relay;
    c->state = CONN_HTTP;
    c->timer = c->due = timer;
    c->target = "/";
    c->offers = "permessage-deflate; client_no_context_takeover";
    relay_leg_init(relay_leg_client(c), c, LEG_CLIENT);
    relay_leg_init(relay_leg_server(c), c, LEG_SERVER);
    open_conn(c, extension);
    return rig;
}

static void rig_free(struct rig *rig)
{
    relay_leg_clear(&rig->conn.legs[0]);
    relay_leg_clear(&rig->conn.legs[1]);
    rules_clear(&rig->rules);
    spares_clear(&rig->supplies.spares);
    bus_clear(&rig->bus);
    free(rig);
}

static void check(const struct rig *rig, int side)
{
    const struct relay_leg *from = &rig->conn.legs[side];
    const struct stream *s = &rig->streams[side];
    size_t kept = from->raw.len + from->message.len + from->control.len;
    size_t out = from->other->out.len;

    REQUIRE(rig->conn.state == CONN_WS);
    REQUIRE(wsconn_buffered(from->ws) <= HELD_MAX);
    REQUIRE(kept <= s->fed);
    REQUIRE(rig->mode == ACTING || out + kept <= s->fed);
    REQUIRE(rig->mode != VERBATIM || out == s->fed);
}

/* Data frames and control frames, each as a stream of its own; the last one may be cut. */
static void split(struct slice in, struct buf streams[2])
{
    struct frame_header h;

    buf_init(&streams[0], in.len);
    buf_init(&streams[1], in.len);
    for (size_t at = 0, size; at < in.len; at += size) {
        size_t header = frame_decode(&h, in.data + at, in.len - at);

        size = in.len - at;
        if (header > 0 && h.length < size - header)
            size = header + (size_t)h.length;
        REQUIRE(buf_append(&streams[(in.data[at] & 0x0F) > OPCODE_BINARY], in.data + at, size) ==
                0);
    }
}

/* Everything has come. */
static void check_end(const struct rig *rig, int side)
{
    struct slice out = buf_slice(&rig->conn.legs[!side].out), in = rig->streams[side].in;
    struct buf came[2], left[2];

    if (rig->mode == ACTING || slice_equal(out, in))
        return;
    REQUIRE(rig->mode != VERBATIM && out.len == in.len);
    split(in, came);
    split(out, left);
    for (int i = 0; i < 2; i++) {
        REQUIRE(slice_equal(buf_slice(&came[i]), buf_slice(&left[i])));
        buf_clear(&came[i]);
        buf_clear(&left[i]);
    }
}

/* At most `step` bytes. */
static void feed(struct rig *rig, int side, size_t step)
{
    struct relay_leg *from = &rig->conn.legs[side];
    struct stream *s = &rig->streams[side];
    size_t n = s->in.len - s->fed < step ? s->in.len - s->fed : step, room;
    uint8_t *space;

    if (n == 0)
        return;
    space = relayed_ws_space(from, &room);
    REQUIRE(space);
    n = n < room ? n : room;
    memcpy(space, s->in.data + s->fed, n);
    s->fed += n;
    relayed_ws_filled(from, space, n);
    wsconn_rest(from->ws);
    check(rig, side);
}

static void run(struct rig *rig, struct slice up, struct slice down, size_t step)
{
    struct stream *s = rig->streams;

    s[0].in = up;
    s[1].in = down;
    for (unsigned turn = 0; s[0].fed < up.len || s[1].fed < down.len; turn++) {
        if (rig->mode == TOGGLED)
            rig->config.rules = turn % 3 == 1 ? &rig->rules : NULL;
        feed(rig, 0, step);
        feed(rig, 1, step);
    }
    for (int side = 0; side < 2; side++) {
        s[side].broken = rig->conn.legs[side].opaque;
        relayed_ws_ended(&rig->conn.legs[side]);
        check(rig, side);
        check_end(rig, side);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rig *whole, *pieces;
    struct slice up, down;

    if (size < 3)
        return 0;
    up = slice_make(data + 3, (size - 3) * data[2] / 255);
    down = slice_make(slice_end(up), size - 3 - up.len);
    whole = rig_new((enum mode)(data[0] & 3), data[0] >> 2 & 3);
    pieces = rig_new((enum mode)(data[0] & 3), data[0] >> 2 & 3);
    run(whole, up, down, size);
    run(pieces, up, down, (size_t)data[1] + 1);
    for (int i = 0; i < 2; i++) {
        const struct stream *s = &whole->streams[i], *t = &pieces->streams[i];

        if (whole->mode != VERBATIM && (s->broken || t->broken))
            continue;
        if (whole->mode == ACTING && (s->parts || t->parts))
            continue;
        REQUIRE(s->messages == t->messages);
        REQUIRE(whole->conn.legs[!i].out.len == pieces->conn.legs[!i].out.len);
    }
    rig_free(whole);
    rig_free(pieces);
    return 0;
}

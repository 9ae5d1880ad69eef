/*
 * stomp: STOMP 1.0 to 1.2 over WebSocket (stomp.github.io): frames, joined or split over messages,
 * receipts, and heart-beats in both directions.
 */
#include "base/codec.h"
#include "base/decimal.h"
#include "decode/beats.h"
#include "decode/decoders.h"
#include "decode/pieces.h"
#include "decode/requests.h"
#include "decode/stomp_private.h"

#define BEAT_DEFAULT_MS 10000

static const char *const subprotocols[] = {"v12.stomp", "v11.stomp", "v10.stomp", NULL};
static const char *const keys[] = {"dest", "heart-beat", NULL};

/* --- recognising ------------------------------------------------------------------------------ */

static bool recognise(const struct decode_clue *clue)
{
    static const char *const first[] = {"CONNECT\n",   "STOMP\n",   "CONNECTED\n",
                                        "CONNECT\r\n", "STOMP\r\n", "CONNECTED\r\n"};
    struct slice m = clue->message ? clue->message->data : slice_str("");

    for (size_t i = 0; i < sizeof first / sizeof *first; i++) {
        size_t n = strlen(first[i]);

        if (m.len > n && memcmp(m.data, first[i], n) == 0)
            return true;
    }
    return false;
}

/* --- the connection --------------------------------------------------------------------------- */

static uint64_t wanted_beat_ms(const struct decode_layer *l)
{
    const char *key = decode_key(l, "heart-beat");
    uint64_t ms;

    return key && decimal_read(slice_str(key), UINT32_MAX, &ms) ? ms : BEAT_DEFAULT_MS;
}

static int opened(struct decode_layer *l)
{
    struct stomp *s = l->state;
    const char *credentials = decode_spec(l)->credentials;
    size_t user = credentials ? strcspn(credentials, ":") : 0;
    unsigned long long beat = wanted_beat_ms(l);
    struct slice login = slice_str(""), text;

    pieces_init(&s->unread[0]);
    pieces_init(&s->unread[1]);
    s->version = 10;
    if (!decode_takes_part(l))
        return 0;
    if (credentials && credentials[user])
        login = decode_print(l, "login:%.*s\npasscode:%s\n", (int)user, credentials,
                             credentials + user + 1);
    else if (credentials)
        login = decode_print(l, "login:%s\n", credentials);
    text =
        decode_print(l, "CONNECT\naccept-version:1.0,1.1,1.2\nhost:/\nheart-beat:%llu,%llu\n%.*s\n",
                     beat, beat, (int)login.len, (const char *)login.data);
    return text.len ? stomp_send(l, text, slice_str("")) : -1;
}

static int leave(struct decode_layer *l)
{
    const struct stomp *s = l->state;

    return s->connected ? stomp_send(l, slice_str("DISCONNECT\n\n"), slice_str("")) : 0;
}

static int check(const struct decode_key *key, struct err *e)
{
    uint64_t ms;

    if (strcmp(key->name, "heart-beat") != 0 ||
        decimal_read(slice_str(key->value), UINT32_MAX, &ms))
        return 0;
    return err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                   "--as stomp: heart-beat is '%s', but must be milliseconds", key->value);
}

static void close(struct decode_layer *l)
{
    struct stomp *s = l->state;

    pieces_clear(&s->unread[0]);
    pieces_clear(&s->unread[1]);
    requests_clear(&s->requests);
}

static bool ready(const struct decode_layer *l)
{
    const struct stomp *s = l->state;

    return s->connected;
}

/* "x,y" of the header heart-beat. */
static void read_beat(const struct stomp_frame *f, uint64_t beat[2])
{
    struct slice value = stomp_header(f, "heart-beat");

    beat[0] = beat[1] = 0;
    if (decimal_take(&value, UINT32_MAX, &beat[0]) && value.len > 1 && value.data[0] == ',') {
        value = slice_from(value, 1);
        decimal_take(&value, UINT32_MAX, &beat[1]);
    }
}

/* What both sides can and want: version 1.2, section "Heart-beating". Twice the time is the margin
 * that it recommends. */
static void agree_beat(struct decode_layer *l, enum event_dir dir, uint64_t can, uint64_t wanted)
{
    struct stomp *s = l->state;
    uint64_t ms = can == 0 || wanted == 0 ? 0 : can > wanted ? can : wanted;

    beats_promise(&s->beats, dir, ms * 1000, ms * 2000, decode_now(l));
}

static void connected(struct decode_layer *l, const struct stomp_frame *f)
{
    struct stomp *s = l->state;
    struct slice version = stomp_header(f, "version");
    uint64_t beat[2];

    s->version = slice_is(version, "1.2") ? 12 : slice_is(version, "1.1") ? 11 : 10;
    s->connected = true;
    read_beat(f, beat);
    agree_beat(l, DIR_OUT, s->client_beat[0], beat[1]);
    agree_beat(l, DIR_IN, beat[0], s->client_beat[1]);
}

/* --- frames as items -------------------------------------------------------------------------- */

static enum decoded_role role_of(const char *command)
{
    if (strcmp(command, "MESSAGE") == 0 || strcmp(command, "SEND") == 0)
        return DECODED_EVENT;
    return strcmp(command, "ERROR") == 0 ? DECODED_ERROR : DECODED_CONTROL;
}

/* All that the item does not show otherwise; `id` is the value that is its id. */
static void add_headers(struct decode_layer *l, struct event_decoded *item,
                        const struct stomp_frame *f, struct slice id)
{
    static const char *const elsewhere[] = {"destination", "content-length", "receipt-id",
                                            "message"};

    for (size_t i = 0; i < f->header_count; i++) {
        bool shown = id.len > 0 && f->headers[i].value.data == id.data;

        for (size_t j = 0; j < sizeof elsewhere / sizeof *elsewhere; j++)
            shown |= slice_is(f->headers[i].name, elsewhere[j]);
        if (shown || f->headers[i].value.len == 0)
            continue;
        decode_field(l, item, f->headers[i].name,
                     slice_is(f->headers[i].name, "passcode") ? slice_str("***")
                                                              : f->headers[i].value);
    }
}

/* A request for a receipt; its name is what is to be confirmed. */
static void ask_receipt(struct decode_layer *l, enum event_dir dir, const struct stomp_frame *f,
                        struct event_decoded *item)
{
    struct stomp *s = l->state;
    struct slice receipt = stomp_header(f, "receipt");
    struct slice name;

    if (receipt.len == 0)
        return;
    if (item->role == DECODED_EVENT)
        item->role = DECODED_REQUEST;
    name = decode_print(l, "%s%s%.*s", f->command, item->name.len ? " " : "", (int)item->name.len,
                        (const char *)item->name.data);
    decode_ask(l, &s->requests, dir, decode_quote(l, receipt), name);
}

static void answer_receipt(struct decode_layer *l, enum event_dir dir, const struct stomp_frame *f,
                           struct event_decoded *item)
{
    struct stomp *s = l->state;
    static const char subscribe[] = "SUBSCRIBE ";
    size_t n = sizeof subscribe - 1;

    item->role = DECODED_ACK;
    item->re = decode_quote(l, stomp_header(f, "receipt-id"));
    item->has_us =
        requests_answer(&s->requests, dir, item->re, false, decode_now(l), &item->us, &item->name);
    item->name = decode_copy(l, item->name);
    if (item->name.len >= n && memcmp(item->name.data, subscribe, n) == 0)
        item->role = DECODED_RESULT;
}

/* What the connection learns from a frame. */
static void heed(struct decode_layer *l, const struct stomp_frame *f, struct event_decoded *item)
{
    struct stomp *s = l->state;

    if (strcmp(f->command, "CONNECT") == 0 || strcmp(f->command, "STOMP") == 0) {
        read_beat(f, s->client_beat);
        s->connect_us = decode_now(l);
        s->asked = true;
    } else if (strcmp(f->command, "CONNECTED") == 0) {
        item->has_us = s->asked && !s->connected;
        item->us = decode_now(l) - s->connect_us;
        connected(l, f);
    } else if (strcmp(f->command, "MESSAGE") == 0) {
        struct slice subscription = stomp_header(f, "subscription");

        s->subscription_len = subscription.len < sizeof s->subscription ? subscription.len : 0;
        memcpy(s->subscription, subscription.data, s->subscription_len);
    } else if (strcmp(f->command, "ERROR") == 0) {
        s->refused |= !s->connected;
        if (!s->connected)
            decode_end(l, EXIT_UPGRADE, false, "the server refused CONNECT: %.*s",
                       item->name.len > 100 ? 100 : (int)item->name.len,
                       (const char *)item->name.data);
    }
}

static bool is_message(const struct stomp_frame *f)
{
    return strcmp(f->command, "MESSAGE") == 0;
}

static void emit(struct decode_layer *l, enum event_dir dir, const struct stomp_frame *f)
{
    struct slice id = stomp_header(f, is_message(f) ? "message-id" : "id");
    struct event_decoded item = {
        .type = f->command,
        .role = role_of(f->command),
        .name = decode_text(l, stomp_header(f, "destination")),
    };

    if (is_message(f) && stomp_header(f, "ack").len > 0)
        id = stomp_header(f, "ack");
    if (id.len > 0)
        item.id = decode_quote(l, id);
    if (item.role == DECODED_ERROR)
        item.name = decode_text(l, stomp_header(f, "message"));
    decode_body(&item, f->body);
    if (strcmp(f->command, "RECEIPT") == 0 || stomp_header(f, "receipt-id").len > 0)
        answer_receipt(l, dir, f, &item);
    if (strcmp(f->command, "ERROR") == 0)
        item.role = DECODED_ERROR;
    ask_receipt(l, dir, f, &item);
    heed(l, f, &item);
    add_headers(l, &item, f, id);
    decode_item(l, dir, &item);
}

/* Lines without a frame: bytes of them at the front. */
static size_t ends_of_lines(struct slice s)
{
    size_t n = 0;

    while (n < s.len && (s.data[n] == '\n' || s.data[n] == '\r'))
        n++;
    return n;
}

/* All frames that are there; *used: their bytes. 0, or -1 (memory). */
static int read_frames(struct decode_layer *l, enum event_dir dir, struct slice all, size_t *used)
{
    struct stomp *s = l->state;
    struct stomp_frame *f = arena_alloc(decode_arena(l), sizeof *f);
    size_t *searched = &s->searched[dir == DIR_OUT];
    size_t at = 0;

    while (f) {
        struct slice rest;
        const char *why;
        long n;

        at += ends_of_lines(slice_from(all, at));
        rest = slice_from(all, at);
        *used = at;
        if (rest.len == 0)
            return 0;
        n = stomp_frame_read(f, rest, s->version > 10, searched, decode_arena(l), &why);
        if (n == 0 || n == -2)
            return n == 0 ? 0 : -1;
        *searched = 0;
        if (n < 0) {
            *used = all.len;
            return decode_bad(l, dir, rest, "not STOMP: %s", why);
        }
        emit(l, dir, f);
        at += (size_t)n;
    }
    return -1;
}

/* What pieces_add and pieces_keep have returned, but 0. */
static int not_kept(struct decode_layer *l, enum event_dir dir, struct slice data, int rc)
{
    if (rc < 0)
        return -1;
    return decode_bad(l, dir, data, "not STOMP: no NUL within %zu bytes", PIECES_MAX);
}

static int decode(struct decode_layer *l, enum event_dir dir, struct decode_message m)
{
    struct stomp *s = l->state;
    struct pieces *unread = &s->unread[dir == DIR_OUT];
    const struct event_decoded beat = {.type = "heart-beat", .role = DECODED_HEARTBEAT};
    struct slice all;
    size_t used = 0;
    int rc;

    beats_seen(&s->beats, dir, decode_now(l));
    rc = pieces_add(unread, m.data, &all);
    if (rc != 0)
        return not_kept(l, dir, m.data, rc);
    if (unread->rest.len == 0 && ends_of_lines(all) == all.len) {
        decode_item(l, dir, &beat);
        return 0;
    }
    if (read_frames(l, dir, all, &used) != 0)
        return -1;
    rc = pieces_keep(unread, all, used);
    return rc == 0 ? 0 : not_kept(l, dir, m.data, rc);
}

/* --- what is due, and the findings ------------------------------------------------------------
 */

static uint64_t tick(struct decode_layer *l)
{
    struct stomp *s = l->state;

    if (beats_tick(&s->beats, decode_now(l)) && decode_takes_part(l) &&
        decode_send_text(l, slice_str("\n")) == 0)
        beats_seen(&s->beats, DIR_OUT, decode_now(l));
    return beats_due(&s->beats, decode_takes_part(l));
}

static int findings(struct decode_layer *l, struct buf *out)
{
    struct stomp *s = l->state;
    const char *text = NULL;

    if (s->refused)
        text = "the server refused CONNECT with an ERROR frame, whose body has the reason: check "
               "--login, the virtual host and accept-version";
    else if (s->asked && !s->connected)
        text = "the server never answered CONNECT";
    if (s->unread[1].rest.len > 0 && !text)
        text = "the last frame to the server has no NUL at its end, so the server waits for more: "
               "--eol nul appends it";
    if (text && buf_append(out, text, strlen(text) + 1) != 0)
        return -1;
    if (beats_findings(&s->beats, decode_now(l), out) != 0)
        return -1;
    return requests_findings(&s->requests, DIR_OUT, out);
}

static int piped(struct decode_layer *l, const struct event_decoded *item, struct buf *out)
{
    (void)l;
    if (strcmp(item->type, "MESSAGE") != 0)
        return 0;
    if (item->form == DECODED_BYTES)
        return base64_encode(out, item->data) == 0 ? 1 : -1;
    return buf_append_slice(out, item->data) == 0 ? 1 : -1;
}

const struct decoder decoder_stomp = {
    .name = "stomp",
    .subprotocols = subprotocols,
    .keys = keys,
    .state = sizeof(struct stomp),
    .check = check,
    .recognise = recognise,
    .open = opened,
    .close = close,
    .leave = leave,
    .decode = decode,
    .encode = stomp_encode,
    .tick = tick,
    .ready = ready,
    .findings = findings,
    .piped = piped,
};

/*
 * socketio_space: the namespaces of a connection: who asked for which, what came of it, and
 * connection state recovery.
 */
#include <stdio.h>
#include <string.h>

#include "decode/decoders.h"
#include "decode/engineio.h"
#include "decode/json_pick.h"
#include "decode/socketio_private.h"

/* A server of Socket.IO 2 connects the client to "/" without being asked, right after the open
 * packet. Where the version is not known, that is waited for this long. */
#define UNASKED_US 300000

/* What a packet looks like in a sentence, at most. */
#define SHOWN 120

struct socketio_space *socketio_space(struct socketio *s, struct slice nsp)
{
    for (unsigned i = 0; i < s->space_count; i++) {
        if (slice_is(nsp, s->spaces[i].past.nsp))
            return &s->spaces[i];
    }
    return NULL;
}

void socketio_keep_text(char to[SOCKETIO_NAME_MAX], struct slice text)
{
    size_t n = text.len < SOCKETIO_NAME_MAX && !(text.len && memchr(text.data, 0, text.len))
                   ? text.len
                   : 0;

    if (n)
        memcpy(to, text.data, n);
    to[n] = '\0';
}

/* The same, and it is followed from now on; NULL: too many, or its name is too long. */
static struct socketio_space *space_made(struct decode_layer *l, struct slice nsp)
{
    const struct socketio_kept *kept = l->kept;
    struct socketio *s = l->state;
    struct socketio_space *space = socketio_space(s, nsp);

    if (space)
        return space;
    if (s->space_count == SOCKETIO_SPACES_MAX || nsp.len >= SOCKETIO_NAME_MAX)
        return NULL;
    space = &s->spaces[s->space_count++];
    socketio_keep_text(space->past.nsp, nsp);
    for (unsigned i = 0; kept && i < kept->count; i++) {
        if (slice_is(nsp, kept->past[i].nsp))
            space->past = kept->past[i];
    }
    return space;
}

/* Socket.IO 2 connects to "/" unasked: that is no reason to stay. */
static bool is_asked_for(const struct decode_layer *l, const char *nsp)
{
    const char *key = decode_key(l, "nsp");

    if (!key || engineio_version(l - 1) != 3)
        return true;
    for (unsigned i = 0; (key = decode_key_at(l, "nsp", i)); i++) {
        if (slice_is(socketio_without_query(key), nsp))
            return true;
    }
    return strcmp(nsp, "/") != 0;
}

/* No namespace that was asked for is connected, or may become so. */
static bool is_alone(const struct decode_layer *l)
{
    const struct socketio *s = l->state;

    for (unsigned i = 0; i < s->space_count; i++) {
        if (!is_asked_for(l, s->spaces[i].past.nsp))
            continue;
        if (s->spaces[i].state == SPACE_CONNECTED || s->spaces[i].state == SPACE_ASKED)
            return false;
    }
    return true;
}

/* --- asking ----------------------------------------------------------------------------------- */

/* The members of an object that is not empty follow. */
static const char *comma(struct slice object)
{
    size_t i = 1;

    while (i < object.len && (object.data[i] == ' ' || object.data[i] == '\t'))
        i++;
    return i < object.len && object.data[i] != '}' ? "," : "";
}

/* What the client libraries send: pid and offset first, then the members of --auth. */
static struct slice connect_data(struct decode_layer *l, const struct socketio_space *space)
{
    struct slice auth = slice_str(decode_spec(l)->credentials);
    struct slice pid, offset = slice_str("");

    if (!space || !space->past.pid[0])
        return auth;
    pid = decode_quote(l, slice_str(space->past.pid));
    if (space->past.offset[0])
        offset = decode_quote(l, slice_str(space->past.offset));
    if (auth.len == 0)
        auth = slice_str("{}");
    return decode_print(l, "{\"pid\":%.*s%s%.*s%s%.*s", (int)pid.len, pid.data,
                        offset.len ? ",\"offset\":" : "", (int)offset.len, offset.data, comma(auth),
                        (int)auth.len - 1, auth.data + 1);
}

int socketio_connect(struct decode_layer *l, const char *nsp)
{
    struct socketio_space *space = space_made(l, socketio_without_query(nsp));
    struct socketio_packet p = {.type = SOCKETIO_CONNECT, .nsp = slice_str(nsp)};

    if (engineio_version(l - 1) != 3)
        p.data = connect_data(l, space);
    if (space)
        space->recovering = p.data.len > 0 && space->past.pid[0];
    return socketio_send(l, &p);
}

static int connect_named(struct decode_layer *l, bool with_root)
{
    const char *nsp = decode_key_at(l, "nsp", 0);

    if (!nsp)
        return with_root ? socketio_connect(l, "/") : 0;
    for (unsigned i = 0; (nsp = decode_key_at(l, "nsp", i)); i++) {
        if ((with_root || strcmp(nsp, "/") != 0) && socketio_connect(l, nsp) != 0)
            return -1;
    }
    return 0;
}

uint64_t socketio_connect_all(struct decode_layer *l)
{
    uint64_t opened = engineio_opened_us(l - 1);
    unsigned version = engineio_version(l - 1);
    struct socketio *s = l->state;

    if (s->asked || !opened || version == 3)
        return 0;
    if (version == 0 && decode_now(l) < opened + UNASKED_US)
        return opened + UNASKED_US;
    s->asked = true;
    connect_named(l, true);
    return 0;
}

/* --- connected -------------------------------------------------------------------------------- */

void socketio_add_nsp(struct decode_layer *l, struct event_decoded *item, struct slice nsp)
{
    if (!slice_is(nsp, "/"))
        decode_field(l, item, slice_str("nsp"), nsp);
}

enum { SID, PID, OFFSET, MEMBERS };

static const char *const member_names[MEMBERS] = {"sid", "pid", "offset"};

static int client_connects(struct decode_layer *l, const struct socketio_packet *p)
{
    struct event_decoded item = {.type = "connect", .role = DECODED_CONTROL};
    struct socketio_space *space = space_made(l, p->nsp);
    struct slice m[MEMBERS] = {{0}};

    socketio_add_nsp(l, &item, p->nsp);
    if (p->data.len > 0 && json_pick(p->data, member_names, m, MEMBERS) == 1) {
        if (m[OFFSET].len)
            decode_field(l, &item, slice_str("offset"), decode_unquote(l, m[OFFSET]));
        /* credentials are not shown */
        decode_field(l, &item, slice_str(m[PID].len ? "recover" : "auth"), slice_str("given"));
    }
    decode_item(l, DIR_OUT, &item);
    if (space) {
        space->state = SPACE_ASKED;
        space->asked_us = decode_now(l);
        if (p->data.len > 0 && m[PID].len) {
            space->recovering = true;
            socketio_keep_text(space->past.pid, decode_unquote(l, m[PID]));
            socketio_keep_text(space->past.offset,
                               m[OFFSET].len ? decode_unquote(l, m[OFFSET]) : slice_str(""));
        }
    }
    return 0;
}

/* An offset is a time in the base-64 of the in-memory adapter, an id of a Redis stream (1-0), or
 * that of a document in MongoDB. */
bool socketio_is_offset(struct slice text)
{
    size_t digits = 0, hex = 0, plain = 0, dashes = 0;

    for (size_t i = 0; i < text.len; i++) {
        int c = text.data[i];

        digits += c >= '0' && c <= '9';
        hex += (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        dashes += c == '-';
        plain += (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '-' ||
                 c == '_' || c == '.';
    }
    return (plain == text.len && text.len >= 7 && text.len <= 9) ||
           (dashes == 1 && digits + 1 == text.len && text.len >= 3) ||
           (hex == 24 && text.len == 24);
}

static void note_recovery(struct decode_layer *l, const struct socketio_space *space,
                          struct slice pid)
{
    struct socketio *s = l->state;
    const char *why =
        "it had expired or the offset was purged (maxDisconnectionDuration), or another "
        "node answered";

    if (pid.len == 0)
        why = "the server, or this node of it, does not offer recovery (no pid in its answer): "
              "connectionStateRecovery enables it";
    else if (!space->past.offset[0])
        why = "no event with an offset had been received, so none could be sent";
    else if (!socketio_is_offset(slice_str(space->past.offset)))
        why = "the offset that was sent is an argument of the application, not an offset";
    notes_add(&s->notes, "the state of %s was not recovered: %s", space->past.nsp, why);
}

/* pid is a token. */
static void check_recovery(struct decode_layer *l, struct socketio_space *space,
                           struct event_decoded *item, struct slice pid)
{
    bool recovered;

    pid = json_is_string(pid) ? decode_unquote(l, pid) : slice_str("");
    recovered = space->recovering && pid.len > 0 && slice_is(pid, space->past.pid);
    if (space->recovering) {
        decode_field(l, item, slice_str("recovered"), slice_str(recovered ? "yes" : "no"));
    }
    if (space->recovering ? !recovered
                          : space->past.connected && decode_takes_part(l) && pid.len == 0)
        note_recovery(l, space, pid);
    space->recovering = false;
    socketio_keep_text(space->past.pid, pid);
    if (!recovered)
        space->past.offset[0] = '\0';
}

/* A CONNECT without a sid is that of Socket.IO 2. */
static int found_version_2(struct decode_layer *l, struct socketio_space *space, bool is_root)
{
    const char *given = decode_key(l, "version");
    struct socketio *s = l->state;

    if (engineio_version(l - 1) != 3 && (!decode_takes_part(l) || (given && given[0] != 'a')))
        notes_add(
            &s->notes,
            "the server is Socket.IO 2 (packet 40 without a sid), but the client asked for EIO=4: "
            "clients of 3 and 4 do not work with it; use version=2");
    engineio_is_version(l - 1, 3);
    if (!decode_takes_part(l) || !is_root || s->asked)
        return 0;
    s->asked = true;
    if (decode_spec(l)->credentials)
        notes_add(&s->notes,
                  "--auth was not sent: Socket.IO 2 has no packet for it; put the values "
                  "in the query of the URL or of the namespace");
    space->state = SPACE_CONNECTED;
    return connect_named(l, false);
}

static int server_connects(struct decode_layer *l, const struct socketio_packet *p)
{
    struct event_decoded item = {.type = "connect", .role = DECODED_CONTROL};
    struct socketio_space *space = space_made(l, p->nsp);
    struct slice m[MEMBERS];
    int rc = 0;

    item.form = p->data.len ? DECODED_JSON : DECODED_NOTHING;
    item.data = p->data;
    socketio_add_nsp(l, &item, p->nsp);
    if (space && space->state == SPACE_ASKED && space->asked_us) {
        item.has_us = true;
        item.us = decode_now(l) - space->asked_us;
    }
    if (p->data.len == 0) {
        rc = space ? found_version_2(l, space, slice_is(p->nsp, "/")) : 0;
    } else if (json_pick(p->data, member_names, m, MEMBERS) == 1) {
        engineio_is_version(l - 1, 4);
        if (space) {
            check_recovery(l, space, &item, m[PID]);
            space->past.connected = true;
        }
    }
    if (space)
        space->state = SPACE_CONNECTED;
    decode_item(l, DIR_IN, &item);
    return rc;
}

int socketio_connected(struct decode_layer *l, enum event_dir dir, const struct socketio_packet *p)
{
    return dir == DIR_OUT ? client_connects(l, p) : server_connects(l, p);
}

/* --- left, refused ---------------------------------------------------------------------------- */

int socketio_left(struct decode_layer *l, enum event_dir dir, const struct socketio_packet *p)
{
    struct event_decoded item = {.type = "disconnect", .role = DECODED_CONTROL};
    struct socketio_space *space = space_made(l, p->nsp);
    struct socketio *s = l->state;

    socketio_add_nsp(l, &item, p->nsp);
    decode_item(l, dir, &item);
    if (space) {
        space->state = SPACE_LEFT;
        space->past.pid[0] = '\0';
        space->past.connected = false;
    }
    if (dir == DIR_OUT)
        return 0;
    if (decode_takes_part(l) && is_alone(l))
        decode_end(l, EXIT_PEER_ERROR, false,
                   "the server disconnected %.*s (packet 41, \"io server disconnect\")",
                   (int)p->nsp.len, p->nsp.data);
    else
        notes_add(&s->notes,
                  "the server disconnected %.*s (packet 41, \"io server disconnect\"): client "
                  "libraries do not connect again by themselves",
                  (int)p->nsp.len, p->nsp.data);
    return 0;
}

int socketio_refused(struct decode_layer *l, enum event_dir dir, const struct socketio_packet *p)
{
    struct event_decoded item = {
        .type = "connect_error", .role = DECODED_ERROR, .form = DECODED_JSON, .data = p->data};
    struct socketio_space *space = space_made(l, p->nsp);
    int shown = p->data.len < SHOWN ? (int)p->data.len : SHOWN;
    struct socketio *s = l->state;

    socketio_add_nsp(l, &item, p->nsp);
    if (space && space->state == SPACE_ASKED && space->asked_us) {
        item.has_us = true;
        item.us = decode_now(l) - space->asked_us;
    }
    decode_item(l, dir, &item);
    if (space)
        space->state = SPACE_REFUSED;
    if (decode_takes_part(l) && is_alone(l))
        decode_end(l, EXIT_UPGRADE, false, "the server refused the namespace %.*s: %.*s",
                   (int)p->nsp.len, p->nsp.data, shown, p->data.data);
    else
        notes_add(&s->notes, "the server refused the namespace %.*s: %.*s%s", (int)p->nsp.len,
                  p->nsp.data, shown, p->data.data, (size_t)shown < p->data.len ? " ..." : "");
    return 0;
}

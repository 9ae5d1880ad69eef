/*
 * socketio_encode: lines as packets. Typed: `EVENT ARG...`, `EVENT! ARG...` for an ack, `/join
 * NSP`,
 * `/leave NSP`, `/ack ID ARG...`. In a pipe: ["event",arg...], or
 * {"event":"name","args":[...],"ack":true,"nsp":"/a"}.
 */
#include <stdio.h>

#include "base/blank.h"
#include "base/decimal.h"
#include "decode/json_pick.h"
#include "decode/socketio_private.h"
#include "decode/typed.h"

static int usage(struct err *e, const char *text)
{
    return err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "%s", text);
}

static int check_connected(struct decode_layer *l, struct slice nsp, struct err *e)
{
    const struct socketio_space *space = socketio_space(l->state, nsp);

    if (space && space->state != SPACE_LEFT && space->state != SPACE_REFUSED)
        return 0;
    return err_set(e, EXIT_OTHER, STAGE_IO, 0, "the namespace %.*s is not connected", (int)nsp.len,
                   nsp.data);
}

/* data: ["event",arg...]. */
static int send_event(struct decode_layer *l, struct slice nsp, struct slice data, bool ack,
                      struct err *e)
{
    struct socketio_packet p = {.type = SOCKETIO_EVENT, .nsp = nsp, .data = data};
    struct socketio *s = l->state;

    if (check_connected(l, nsp, e) != 0)
        return -1;
    if (ack)
        p.id = decode_print(l, "%llu", (unsigned long long)s->next_id++);
    return data.len ? socketio_send(l, &p) : -1;
}

/* --- typed ------------------------------------------------------------------------------------ */

/* An event's name as a JSON string, and the `!` after it. */
static int take_name(struct decode_layer *l, struct slice *line, struct slice *name, bool *ack,
                     struct err *e)
{
    struct json_scan s;
    struct slice word = *line, token;

    json_scan_init(&s, word);
    if (word.data[0] == '"' && json_scan_next(&s, &token) == JSON_STRING) {
        *name = token;
        word = slice_make(word.data, s.pos);
        *ack = s.pos < line->len && line->data[s.pos] == '!';
        word.len += *ack;
    } else {
        word = decode_word(&word);
        *ack = word.data[word.len - 1] == '!';
        *name = decode_quote(l, slice_make(word.data, word.len - *ack));
    }
    *line = slice_make(line->data + word.len, line->len - word.len);
    if (name->len == 2)
        return usage(e, "the name of the event is missing");
    if (line->len > 0 && !is_white(line->data[0]))
        return usage(e, "a blank must follow the name of the event");
    return 0;
}

/* The arguments of a line as a JSON array in the arena. */
static int take_arguments(struct decode_layer *l, struct slice line, struct slice *array,
                          struct err *e)
{
    struct buf out;
    char *text = NULL;
    int rc;

    buf_init(&out, SIZE_MAX);
    rc = typed_array(line, &out, e);
    if (rc == 0)
        text = arena_copy(decode_arena(l), buf_data(&out), out.len);
    *array = slice_make(text, text ? out.len : 0);
    buf_clear(&out);
    return text ? 0 : -1;
}

static int encode_event(struct decode_layer *l, struct slice line, struct err *e)
{
    struct slice name, args;
    bool ack;

    if (take_name(l, &line, &name, &ack, e) != 0 || take_arguments(l, line, &args, e) != 0)
        return -1;
    return send_event(l, socketio_primary(l),
                      decode_print(l, "[%.*s%s%.*s", (int)name.len, name.data,
                                   args.len > 2 ? "," : "", (int)args.len - 1, args.data + 1),
                      ack, e);
}

static int encode_nsp(struct decode_layer *l, bool join, struct slice rest, struct err *e)
{
    struct socketio_packet p = {.type = SOCKETIO_DISCONNECT, .nsp = decode_word(&rest)};
    char nsp[SOCKETIO_NAME_MAX];

    if (p.nsp.len == 0 || p.nsp.data[0] != '/' || rest.len > 0 || p.nsp.len >= sizeof nsp)
        return usage(e, join ? "usage: /join NSP, such as /join /admin"
                             : "usage: /leave NSP, such as /leave /admin");
    if (!join)
        return check_connected(l, p.nsp, e) == 0 ? socketio_send(l, &p) : -1;
    snprintf(nsp, sizeof nsp, "%.*s", (int)p.nsp.len, p.nsp.data);
    return socketio_connect(l, nsp);
}

/* Whichever namespace has an event with that id; the one that lines go to first. */
static int encode_ack(struct decode_layer *l, struct slice rest, struct err *e)
{
    struct socketio *s = l->state;
    struct socketio_packet p = {
        .type = SOCKETIO_ACK, .nsp = socketio_primary(l), .id = decode_word(&rest)};

    if (p.id.len == 0 || decimal_span(p.id) != p.id.len)
        return usage(e, "usage: /ack ID ARG..., such as /ack 3 \"ok\"");
    for (unsigned i = 0; !requests_find(&s->requests, DIR_OUT, socketio_ack_key(l, p.nsp, p.id));
         i++) {
        if (i == s->space_count)
            return err_set(e, EXIT_OTHER, STAGE_IO, 0, "no event with the id %.*s waits for an ack",
                           (int)p.id.len, p.id.data);
        p.nsp = slice_str(s->spaces[i].past.nsp);
    }
    return take_arguments(l, rest, &p.data, e) == 0 ? socketio_send(l, &p) : -1;
}

static int encode_typed(struct decode_layer *l, struct slice line, struct err *e)
{
    struct slice rest = line, word;

    if (line.len == 0)
        return usage(e, "the name of the event is missing");
    if (line.data[0] != '/')
        return encode_event(l, line, e);
    word = decode_word(&rest);
    if (slice_is(word, "/join") || slice_is(word, "/leave"))
        return encode_nsp(l, word.data[1] == 'j', rest, e);
    if (slice_is(word, "/ack"))
        return encode_ack(l, rest, e);
    return err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                   "Socket.IO has /join, /leave and /ack, but not '%.*s'", (int)word.len,
                   word.data);
}

/* --- piped ------------------------------------------------------------------------------------ */

enum { EVENT, ARGS, ACK, NSP, MEMBERS };

static const char *const member_names[MEMBERS] = {"event", "args", "ack", "nsp"};

static int encode_object(struct decode_layer *l, struct slice text, struct err *e)
{
    struct slice m[MEMBERS], nsp = socketio_primary(l);

    if (json_pick(text, member_names, m, MEMBERS) != 1 || !json_is_string(m[EVENT]))
        return usage(e, "a line must be a JSON array such as [\"chat\",1], or an object such as "
                        "{\"event\":\"chat\",\"args\":[1],\"ack\":true}");
    if (m[ARGS].len && !json_is_array(m[ARGS]))
        return usage(e, "the member \"args\" is not an array");
    if (m[NSP].len)
        nsp = decode_unquote(l, m[NSP]);
    if (m[ARGS].len == 0 || json_elements(m[ARGS], NULL, 0) == 0)
        m[ARGS] = slice_str("[]");
    return send_event(l, nsp,
                      decode_print(l, "[%.*s%s%.*s", (int)m[EVENT].len, m[EVENT].data,
                                   slice_is(m[ARGS], "[]") ? "" : ",", (int)m[ARGS].len - 1,
                                   m[ARGS].data + 1),
                      slice_is(m[ACK], "true"), e);
}

static int encode_array(struct decode_layer *l, struct slice text, struct err *e)
{
    struct slice first = slice_str("");

    if (json_elements(text, &first, 1) < 1 || !json_is_string(first))
        return usage(e, "a JSON array must begin with the name of the event, as in [\"chat\",1]");
    return send_event(l, socketio_primary(l), text, false, e);
}

int socketio_encode(struct decode_layer *l, enum decode_input input, struct slice line,
                    struct err *e)
{
    struct slice text = blank_trim(line);

    if (input == DECODE_TYPED)
        return encode_typed(l, text, e);
    return json_is_array(text) ? encode_array(l, text, e) : encode_object(l, text, e);
}

#include "decode/socketio_packet.h"

#include <stdio.h>

#include "base/decimal.h"
#include "decode/json_pick.h"
#include "decode/msgpack.h"
#include "decode/packed.h"

/* Digits of an ack id: those of a number that JavaScript holds exactly. */
#define ID_DIGITS 16

static struct slice skip(struct slice text, size_t n)
{
    return slice_from(text, n);
}

static bool is_binary(const struct socketio_packet *p)
{
    return p->type == SOCKETIO_BINARY_EVENT || p->type == SOCKETIO_BINARY_ACK;
}

static bool is_event(const struct socketio_packet *p)
{
    return p->type == SOCKETIO_EVENT || p->type == SOCKETIO_BINARY_EVENT;
}

/* An event's data is an array that begins with its name; that of an ack is an array. */
static const char *check_array(const struct socketio_packet *p)
{
    struct slice first;
    long count = json_elements(p->data, &first, 1);

    if (count < 0 && p->data.len > 0 && !json_valid(p->data))
        return "its data is not JSON";
    if (count < 0)
        return is_event(p) ? "the data of an event is not an array"
                           : "the data of an ack is not an array";
    if (is_event(p) && (count == 0 || !json_is_string(first)))
        return "an event has no name";
    if (!is_event(p) && p->id.len == 0)
        return "an ack has no id";
    return NULL;
}

static const char *check_data(const struct socketio_packet *p)
{
    if (is_event(p) || p->type == SOCKETIO_ACK || p->type == SOCKETIO_BINARY_ACK)
        return check_array(p);
    if (p->data.len > 0 && !json_valid(p->data))
        return "its data is not JSON";
    if (p->type == SOCKETIO_DISCONNECT)
        return p->data.len ? "a DISCONNECT has no data" : NULL;
    if (p->type == SOCKETIO_CONNECT)
        return p->data.len && !json_is_object(p->data) ? "the data of a CONNECT is not an object"
                                                       : NULL;
    return p->data.len ? NULL : "an error has no data";
}

/* "/admin?token=1,": the query is not part of the name. */
/* The libraries read it as a number: zeros in front of it mean nothing. */
static struct slice id_of(struct slice digits)
{
    while (digits.len > 1 && digits.data[0] == '0')
        digits = skip(digits, 1);
    return digits;
}

static void parse_nsp(struct slice *rest, struct socketio_packet *p)
{
    const uint8_t *end, *query;

    p->nsp = slice_str("/");
    if (rest->len == 0 || rest->data[0] != '/')
        return;
    end = memchr(rest->data, ',', rest->len);
    p->nsp = slice_make(rest->data, end ? (size_t)(end - rest->data) : rest->len);
    *rest = skip(*rest, p->nsp.len + (end != NULL));
    query = memchr(p->nsp.data, '?', p->nsp.len);
    if (query)
        p->nsp.len = (size_t)(query - p->nsp.data);
}

const char *socketio_parse(struct slice text, struct socketio_packet *p)
{
    struct slice rest = text;
    uint64_t count = 0;
    size_t digits;

    *p = (struct socketio_packet){0};
    if (text.len == 0 || text.data[0] < '0' || text.data[0] > '6')
        return "a packet begins with a digit from 0 to 6";
    p->type = (enum socketio_type)(text.data[0] - '0');
    rest = skip(rest, 1);
    if (is_binary(p)) {
        if (!decimal_take(&rest, SOCKETIO_ATTACHMENTS_MAX, &count) || rest.len == 0 ||
            rest.data[0] != '-')
            return "a binary packet begins with the number of its attachments and '-'";
        rest = skip(rest, 1);
        p->attachments = (unsigned)count;
    }
    parse_nsp(&rest, p);
    digits = decimal_span(rest);
    if (digits > ID_DIGITS)
        return "its ack id is too long";
    p->id = id_of(slice_make(rest.data, digits));
    p->data = skip(rest, digits);
    return check_data(p);
}

/* --- MessagePack ------------------------------------------------------------------------------ */

enum { TYPE, NSP, DATA, ID, MEMBERS };

static const char *const member_names[MEMBERS] = {"type", "nsp", "data", "id"};

static struct slice unless_null(struct slice value)
{
    return slice_is(value, "null") ? slice_str("") : value;
}

int socketio_parse_msgpack(struct decode_layer *l, struct slice bytes, struct socketio_packet *p,
                           const char **wrong)
{
    struct slice json, m[MEMBERS];
    uint64_t type;
    int rc = packed_to_json(l, PACKED_MSGPACK, bytes, &json, wrong);

    *p = (struct socketio_packet){0};
    if (rc < 0)
        return -1;
    if (rc > 0 || json_pick(json, member_names, m, MEMBERS) != 1) {
        *wrong = "a binary message that no packet announced";
        return 1;
    }
    if (!decimal_read(m[TYPE], SOCKETIO_CONNECT_ERROR, &type) || !json_is_string(m[NSP])) {
        *wrong = "a MessagePack object without the members type and nsp";
        return 1;
    }
    p->type = (enum socketio_type)type;
    p->nsp = decode_unquote(l, m[NSP]);
    p->data = unless_null(m[DATA]);
    p->id = id_of(slice_make(unless_null(m[ID]).data, decimal_span(unless_null(m[ID]))));
    *wrong = p->id.len > ID_DIGITS ? "its ack id is too long" : check_data(p);
    return *wrong ? 1 : 0;
}

int socketio_send_msgpack(struct decode_layer *l, const struct socketio_packet *p)
{
    struct slice nsp = decode_quote(l, p->nsp), json;
    struct buf out;
    int rc;

    json = decode_print(l, "{\"type\":%d,\"nsp\":%.*s%s%.*s%s%.*s}", p->type, (int)nsp.len,
                        nsp.data, p->data.len ? ",\"data\":" : "", (int)p->data.len, p->data.data,
                        p->id.len ? ",\"id\":" : "", (int)p->id.len, p->id.data);
    if (nsp.len == 0 || json.len == 0)
        return -1;
    buf_init(&out, SIZE_MAX);
    rc = msgpack_from_json(json, &out);
    if (rc == 0)
        rc = decode_send(l, (struct decode_message){OPCODE_BINARY, buf_slice(&out)});
    buf_clear(&out);
    return rc;
}

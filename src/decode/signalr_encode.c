/*
 * signalr_encode: messages of SignalR in both of its forms, and lines of a user as calls.
 */
#include "base/blank.h"
#include "decode/json_pick.h"
#include "decode/msgpack.h"
#include "decode/signalr_private.h"
#include "decode/typed.h"

/* --- MessagePack ------------------------------------------------------------------------------ */

/* A length of 7-bit groups, at most five. Bytes that it takes; 0: malformed. */
static size_t take_length(struct slice bytes, size_t *length)
{
    *length = 0;
    for (size_t i = 0; i < 5 && i < bytes.len; i++) {
        *length |= (size_t)(bytes.data[i] & 0x7F) << (7 * i);
        if (!(bytes.data[i] & 0x80))
            return i + 1;
    }
    return 0;
}

/* The elements of the array, by message type. */
static void name_parts(const struct slice *e, long count, struct slice *m)
{
    static const uint8_t places[10][6] = {
        [1] = {0, 0, SIGNALR_ID, SIGNALR_TARGET, SIGNALR_ARGUMENTS},
        [2] = {0, 0, SIGNALR_ID, SIGNALR_ITEM},
        [3] = {0, 0, SIGNALR_ID},
        [4] = {0, 0, SIGNALR_ID, SIGNALR_TARGET, SIGNALR_ARGUMENTS},
        [5] = {0, 0, SIGNALR_ID},
        [7] = {0, SIGNALR_ERROR, SIGNALR_RECONNECT},
        [8] = {0, SIGNALR_SEQUENCE},
        [9] = {0, SIGNALR_SEQUENCE},
    };
    unsigned type = e[0].len == 1 ? e[0].data[0] - (unsigned)'0' : 0;

    for (size_t i = 0; i < SIGNALR_PARTS; i++)
        m[i] = slice_str("");
    m[SIGNALR_TYPE] = e[0];
    for (long i = 1; type < 10 && i < count && i < 6; i++) {
        if (places[type][i] && !slice_is(e[i], "null"))
            m[places[type][i]] = e[i];
    }
    if (type == 3 && count > 4)
        m[slice_is(e[3], "1") ? SIGNALR_ERROR : SIGNALR_RESULT] = e[4];
}

static int unpack_one(struct decode_layer *l, enum event_dir dir, struct slice packed,
                      void (*take)(struct decode_layer *l, enum event_dir dir,
                                   const struct slice *parts))
{
    struct slice elements[6], parts[SIGNALR_PARTS], rest = packed;
    enum unpacked result;
    struct buf out;
    char *json;
    long count;

    buf_init(&out, SIZE_MAX);
    result = msgpack_to_json(&rest, &out);
    json = result == UNPACKED_OK ? arena_copy(decode_arena(l), buf_data(&out), out.len) : NULL;
    count = json ? json_elements(slice_make(json, out.len), elements, 6) : -1;
    buf_clear(&out);
    if (result == UNPACKED_MEMORY || (result == UNPACKED_OK && !json))
        return -1;
    if (count < 1 || rest.len > 0)
        return decode_bad(l, dir, packed, "not SignalR: no MessagePack array");
    name_parts(elements, count, parts);
    take(l, dir, parts);
    return 0;
}

int signalr_unpack(struct decode_layer *l, enum event_dir dir, struct slice bytes,
                   void (*take)(struct decode_layer *l, enum event_dir dir,
                                const struct slice *parts))
{
    while (bytes.len > 0) {
        size_t length, head = take_length(bytes, &length);

        if (head == 0 || length > bytes.len - head)
            return decode_bad(l, dir, bytes, "not SignalR: the length of a message is wrong");
        if (unpack_one(l, dir, slice_make(bytes.data + head, length), take) != 0)
            return -1;
        bytes = slice_make(bytes.data + head + length, bytes.len - head - length);
    }
    return 0;
}

static int send_packed(struct decode_layer *l, struct slice json)
{
    struct buf packed, out;
    uint8_t head[5];
    size_t n = 0, left;
    int rc;

    buf_init(&packed, SIZE_MAX);
    buf_init(&out, SIZE_MAX);
    rc = msgpack_from_json(json, &packed);
    left = packed.len;
    do {
        head[n++] = (uint8_t)((left & 0x7F) | (left > 0x7F ? 0x80 : 0));
        left >>= 7;
    } while (left > 0 && n < sizeof head);
    if (rc == 0)
        rc = buf_append(&out, head, n);
    if (rc == 0)
        rc = buf_append(&out, buf_data(&packed), packed.len);
    if (rc == 0)
        rc = decode_send(l, (struct decode_message){OPCODE_BINARY, buf_slice(&out)});
    buf_clear(&packed);
    buf_clear(&out);
    return rc;
}

int signalr_send(struct decode_layer *l, struct slice json)
{
    const struct signalr *s = l->state;

    if (json.len == 0)
        return -1;
    if (s->msgpack)
        return send_packed(l, json);
    return decode_send_text(
        l, decode_print(l, "%.*s%c", (int)json.len, (const char *)json.data, SIGNALR_RECORD_END));
}

/* --- lines ------------------------------------------------------------------------------------ */

/* Call a method: type is 1 (call) or 4 (stream), arguments a JSON array. 0 or -1. */
static int call(struct decode_layer *l, unsigned type, struct slice target, struct slice arguments)
{
    struct signalr *s = l->state;
    struct slice name = decode_quote(l, target);
    unsigned long long id = ++s->next_id;

    if (s->msgpack)
        return signalr_send(l, decode_print(l, "[%u,{},\"%llu\",%.*s,%.*s,[]]", type, id,
                                            (int)name.len, (const char *)name.data,
                                            (int)arguments.len, (const char *)arguments.data));
    return signalr_send(l, decode_print(l,
                                        "{\"type\":%u,\"invocationId\":\"%llu\",\"target\":%.*s,"
                                        "\"arguments\":%.*s}",
                                        type, id, (int)name.len, (const char *)name.data,
                                        (int)arguments.len, (const char *)arguments.data));
}

static int typed(struct decode_layer *l, struct slice line, struct err *e)
{
    struct slice method = decode_word(&line);
    unsigned type = 1;
    struct buf arguments;
    int rc;

    if (slice_is(method, "stream") && line.len > 0) {
        type = 4;
        method = decode_word(&line);
    }
    if (method.len == 0)
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                       "the line is not of the form 'METHOD [ARG]...' or 'stream METHOD [ARG]...'");
    buf_init(&arguments, SIZE_MAX);
    rc = typed_array(line, &arguments, e);
    if (rc == 0)
        rc = call(l, type, method, buf_slice(&arguments));
    buf_clear(&arguments);
    return rc;
}

int signalr_encode(struct decode_layer *l, enum decode_input input, struct slice line,
                   struct err *e)
{
    struct slice text = blank_trim(line), method, rest;

    if (input == DECODE_TYPED && !json_is_array(text))
        return typed(l, text, e);
    if (json_elements(text, &method, 1) < 1 || !json_is_string(method))
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                       "a line must be a JSON array such as [\"method\",1,2]");
    rest = slice_make(method.data + method.len,
                      text.len - (size_t)(method.data + method.len - text.data));
    while (rest.len > 0 && (is_white(rest.data[0]) || rest.data[0] == ','))
        rest = slice_from(rest, 1);
    rest = decode_print(l, "[%.*s", (int)rest.len, (const char *)rest.data);
    return rest.len ? call(l, 1, decode_unquote(l, method), rest) : -1;
}

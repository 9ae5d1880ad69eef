/*
 * ocpp: OCPP-J, the Open Charge Point Protocol in JSON (1.2 to 2.1): calls between a charging
 * station and its management system, in both directions.
 */
#include "decode/decoders.h"
#include "decode/json_pick.h"
#include "decode/requests.h"

#define PARTS 5

static const char *const subprotocols[] = {"ocpp2.1", "ocpp2.0.1", "ocpp2.0", "ocpp1.6",
                                           "ocpp1.5", "ocpp1.2",   NULL};

static const struct kind {
    const char *type;
    enum decoded_role role;
    long least;                /* elements */
    unsigned name, data, code; /* where they are */
} kinds[] = {
    [2] = {"CALL", DECODED_REQUEST, 4, 2, 3, 0},
    [3] = {"CALLRESULT", DECODED_RESULT, 3, 0, 2, 0},
    [4] = {"CALLERROR", DECODED_ERROR, 5, 0, 4, 2},
    [5] = {"CALLRESULTERROR", DECODED_ERROR, 5, 0, 4, 2},
    [6] = {"SEND", DECODED_EVENT, 4, 2, 3, 0},
};

struct ocpp {
    struct requests requests;
};

static void end(struct decode_layer *l)
{
    struct ocpp *o = l->state;

    requests_clear(&o->requests);
}

static int decode(struct decode_layer *l, enum event_dir dir, struct decode_message message)
{
    struct ocpp *o = l->state;
    struct slice parts[PARTS], name;
    long count = json_elements(message.data, parts, PARTS);
    unsigned type = count > 0 && parts[0].len == 1 ? parts[0].data[0] - (unsigned)'0' : 0;
    const struct kind *kind = type >= 2 && type <= 6 ? &kinds[type] : NULL;
    struct event_decoded item = {.form = DECODED_JSON};

    if (message.opcode != OPCODE_TEXT || count < 1)
        return decode_bad(l, dir, message.data, "not OCPP: no JSON array");
    if (!kind)
        return decode_bad(l, dir, message.data, "not OCPP: the message type is not 2 to 6");
    if (count < kind->least || !json_is_string(parts[1]))
        return decode_bad(l, dir, message.data, "not OCPP: %s has no id or too few elements",
                          kind->type);
    item.type = kind->type;
    item.role = kind->role;
    item.data = parts[kind->data];
    if (kind->name)
        item.name = decode_unquote(l, parts[kind->name]);
    if (kind->code) {
        decode_field(l, &item, slice_str("code"), decode_unquote(l, parts[2]));
        decode_field(l, &item, slice_str("description"), decode_unquote(l, parts[3]));
    }
    if (type == 2 || type == 6)
        item.id = parts[1];
    else
        item.re = parts[1];
    if (type == 2)
        decode_ask(l, &o->requests, dir, item.id, item.name);
    else if (type == 3 || type == 4) {
        item.has_us =
            requests_answer(&o->requests, dir, item.re, false, decode_now(l), &item.us, &name);
        item.name = item.has_us ? decode_copy(l, name) : slice_str("");
    }
    decode_item(l, dir, &item);
    return 0;
}

static int findings(struct decode_layer *l, struct buf *out)
{
    struct ocpp *o = l->state;

    return requests_findings(&o->requests, DIR_OUT, out);
}

const struct decoder decoder_ocpp = {
    .name = "ocpp",
    .subprotocols = subprotocols,
    .state = sizeof(struct ocpp),
    .close = end,
    .decode = decode,
    .findings = findings,
};

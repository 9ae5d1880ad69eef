/*
 * actioncable_encode: lines of a user as commands of Action Cable.
 */
#include <stdlib.h>

#include "base/blank.h"
#include "decode/actioncable_private.h"
#include "decode/json_pick.h"

/* {"a":1,"b":2} -> ,"a":1,"b":2; nothing for {} and for nothing. False: no JSON object. */
static bool take_members(struct decode_layer *l, struct slice json, struct slice *members)
{
    *members = slice_str("");
    if (json.len == 0)
        return true;
    if (!json_is_object(json) || !json_valid(json))
        return false;
    if (json_members(json) > 0)
        *members = decode_print(l, ",%.*s", (int)(json.len - 2), (const char *)json.data + 1);
    return true;
}

static int send_command(struct decode_layer *l, const char *command, struct slice identifier,
                        struct slice data)
{
    struct actioncable *a = l->state;
    struct slice id = decode_quote(l, identifier), quoted = slice_str(""), text;

    if (data.len > 0)
        quoted = decode_quote(l, data);
    text = decode_print(l, "{\"command\":\"%s\",\"identifier\":%.*s%s%.*s}", command, (int)id.len,
                        (const char *)id.data, quoted.len ? ",\"data\":" : "", (int)quoted.len,
                        (const char *)quoted.data);
    /* a server does not know a channel before it has confirmed it */
    return strcmp(command, "subscribe") == 0 ? decode_send_text(l, text)
                                             : joining_send(&a->joining, l, text);
}

static int keep_identifier(struct actioncable *a, struct slice identifier)
{
    char *copy = malloc(identifier.len + 1);

    if (!copy)
        return -1;
    memcpy(copy, identifier.data, identifier.len);
    copy[identifier.len] = '\0';
    if (a->count == ACTIONCABLE_SUBSCRIPTIONS_MAX) {
        free(a->identifiers[0]);
        memmove(a->identifiers, a->identifiers + 1, (a->count - 1) * sizeof *a->identifiers);
        a->count--;
    }
    a->identifiers[a->count++] = copy;
    return 0;
}

/* The identifier that was sent last for a channel; without one, {"channel":CHANNEL}. */
static struct slice identifier_of(struct decode_layer *l, struct slice channel)
{
    static const char *const names[] = {"channel"};
    const struct actioncable *a = l->state;
    struct slice quoted = decode_quote(l, channel), named;

    for (size_t i = a->count; i-- > 0;) {
        if (json_pick(slice_str(a->identifiers[i]), names, &named, 1) == 1 &&
            slice_equal(named, quoted))
            return slice_str(a->identifiers[i]);
    }
    return decode_print(l, "{\"channel\":%.*s}", (int)quoted.len, (const char *)quoted.data);
}

static int subscribe(struct decode_layer *l, struct slice line, struct err *e)
{
    struct slice channel = decode_word(&line), quoted = decode_quote(l, channel), members, id;

    if (channel.len == 0 || !take_members(l, line, &members))
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                       "the line is not of the form 'sub CHANNEL [JSON OBJECT]'");
    id = decode_print(l, "{\"channel\":%.*s%.*s}", (int)quoted.len, (const char *)quoted.data,
                      (int)members.len, (const char *)members.data);
    if (decode_arena(l)->failed || keep_identifier(l->state, id) != 0)
        return -1;
    joining_ask(&((struct actioncable *)l->state)->joining);
    return send_command(l, "subscribe", id, slice_str(""));
}

static int perform(struct decode_layer *l, struct slice line, struct err *e)
{
    struct slice channel = decode_word(&line), action = decode_word(&line), members, quoted;

    if (action.len == 0 || !take_members(l, line, &members))
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                       "the line is not of the form 'perform CHANNEL ACTION [JSON OBJECT]'");
    quoted = decode_quote(l, action);
    return send_command(l, "message", identifier_of(l, channel),
                        decode_print(l, "{\"action\":%.*s%.*s}", (int)quoted.len,
                                     (const char *)quoted.data, (int)members.len,
                                     (const char *)members.data));
}

static int typed(struct decode_layer *l, struct slice line, struct err *e)
{
    struct slice verb = decode_word(&line);

    if (slice_is(verb, "sub"))
        return subscribe(l, line, e);
    if (slice_is(verb, "perform"))
        return perform(l, line, e);
    if (slice_is(verb, "unsub") && line.len > 0)
        return send_command(l, "unsubscribe", identifier_of(l, decode_word(&line)), slice_str(""));
    err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "Action Cable has no '%.*s' to type", (int)verb.len,
            (const char *)verb.data);
    err_hint(e,
             "a line is 'sub CHANNEL [JSON]', 'perform CHANNEL ACTION [JSON]' or 'unsub CHANNEL'");
    return -1;
}

int actioncable_encode(struct decode_layer *l, enum decode_input input, struct slice line,
                       struct err *e)
{
    const struct actioncable *a = l->state;
    struct slice text = blank_trim(line);

    if (input == DECODE_TYPED)
        return typed(l, text, e);
    if (!json_is_object(text) || !json_valid(text))
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                       "a line must be a JSON object, the data for the channel");
    if (a->count == 0) {
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "there is no channel to send to");
        err_hint(e, "subscribe first: -e 'sub CHANNEL'");
        return -1;
    }
    return send_command(l, "message", slice_str(a->identifiers[a->count - 1]), text);
}

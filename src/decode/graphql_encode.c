/*
 * graphql_encode: lines of a user as GraphQL operations.
 */
#include "base/blank.h"
#include "decode/graphql_private.h"
#include "decode/json_pick.h"

/* The payload of an operation, which gets the next id. */
static int send_operation(struct decode_layer *l, struct slice payload)
{
    struct graphql *g = l->state;

    if (payload.len == 0)
        return -1;
    return decode_send_text(l, decode_print(l, "{\"id\":\"%llu\",\"type\":\"%s\",\"payload\":%.*s}",
                                            (unsigned long long)++g->next_id,
                                            g->old ? "start" : "subscribe", (int)payload.len,
                                            (const char *)payload.data));
}

static int send_query(struct decode_layer *l, struct slice query)
{
    const char *variables = decode_spec(l)->variables;
    struct slice text = decode_quote(l, query);

    if (text.len == 0)
        return -1;
    return send_operation(
        l, variables ? decode_print(l, "{\"query\":%.*s,\"variables\":%s}", (int)text.len,
                                    (const char *)text.data, variables)
                     : decode_print(l, "{\"query\":%.*s}", (int)text.len, (const char *)text.data));
}

/* Stop an operation. */
static int send_stop(struct decode_layer *l, struct slice id)
{
    const struct graphql *g = l->state;
    struct slice text = decode_quote(l, id);

    return decode_send_text(l, decode_print(l, "{\"id\":%.*s,\"type\":\"%s\"}", (int)text.len,
                                            (const char *)text.data, g->old ? "stop" : "complete"));
}

/* {"query":...}, or a whole message of the protocol. */
static int send_object(struct decode_layer *l, struct slice text, struct err *e)
{
    static const char *const names[] = {"type", "query", "variables"};
    const char *variables = decode_spec(l)->variables;
    struct slice m[3];

    if (json_pick(text, names, m, 3) != 1 || (!json_is_string(m[0]) && !json_is_string(m[1])))
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                       "a line must be a JSON object such as {\"query\":\"{ hello }\"}");
    if (json_is_string(m[0]))
        return decode_send_text(l, text);
    if (variables && m[2].len == 0)
        text = decode_print(l, "{\"variables\":%s,%.*s", variables, (int)(text.len - 1),
                            (const char *)text.data + 1);
    return send_operation(l, text);
}

int graphql_encode(struct decode_layer *l, enum decode_input input, struct slice line,
                   struct err *e)
{
    struct slice text = blank_trim(line), rest = text, word;

    if (input == DECODE_PIPED || (json_is_object(text) && json_valid(text)))
        return send_object(l, text, e);
    word = decode_word(&rest);
    if (slice_is(word, "complete") && rest.len > 0)
        return send_stop(l, rest);
    if (text.len == 0 || !memchr(text.data, '{', text.len)) {
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "'%.*s' is not a query: it has no '{'",
                (int)text.len, (const char *)text.data);
        err_hint(e, "a line is a query or subscription, such as '{ hello }', or 'complete ID'");
        return -1;
    }
    return send_query(l, text);
}

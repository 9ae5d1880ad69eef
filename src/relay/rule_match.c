/* Which messages a rule is about. */
#include <stdlib.h>

#include "base/json_compare.h"
#include "base/json_scan.h"
#include "relay/rule_private.h"

struct slice rule_window(const struct pattern *p, struct slice payload)
{
    size_t n = payload.len;
    char *copy;

    if (n > RULE_REGEX_WINDOW && strcspn(p->text, "*+{") < p->len)
        n = RULE_REGEX_WINDOW;
    copy = malloc(n + 1);
    if (copy) {
        if (n)
            memcpy(copy, payload.data, n);
        copy[n] = '\0';
    }
    return slice_make(copy, n);
}

static bool has_match(const struct pattern *p, struct slice payload)
{
    struct slice window = rule_window(p, payload);
    regmatch_t at[1];
    bool found = window.data && pattern_find(p, window, 0, window.len < payload.len, at, 1);

    free((void *)(uintptr_t)window.data);
    return found;
}

static bool has_value(const struct rule *r, struct slice payload)
{
    struct slice value;

    return json_valid(payload) && json_pointer_get(payload, r->pointer, &value) == 1 &&
           (!r->value || json_equal(value, slice_str(r->value)));
}

static bool is_message(enum opcode opcode)
{
    return opcode == OPCODE_TEXT || opcode == OPCODE_BINARY;
}

bool rule_matches(const struct rule *r, const struct rule_subject *s)
{
    if (!(r->dir & s->dir))
        return false;
    switch (r->on) {
    case RULE_ON_ANY:
        return is_message(s->opcode);
    case RULE_ON_TEXT:
        return s->opcode == OPCODE_TEXT;
    case RULE_ON_BINARY:
        return s->opcode == OPCODE_BINARY;
    case RULE_ON_REGEX:
        return is_message(s->opcode) && !s->in_parts && has_match(&r->regex, s->payload);
    case RULE_ON_JSON:
        return is_message(s->opcode) && !s->in_parts && has_value(r, s->payload);
    case RULE_ON_MESSAGE:
        return is_message(s->opcode) && s->number == r->number;
    case RULE_ON_PING:
        return s->opcode == OPCODE_PING;
    case RULE_ON_PONG:
        return s->opcode == OPCODE_PONG;
    case RULE_ON_CLOSE:
        return s->opcode == OPCODE_CLOSE;
    default:
        return false;
    }
}

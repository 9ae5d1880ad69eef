/* The words of rules, printing, and the set. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/codec.h"
#include "base/json_write.h"
#include "relay/rule_private.h"

static const char no_message[] = "it is not a message";
static const char no_payload[] = "a Close has no message to change, and nothing may follow it";

const struct rule_match_row rule_match_rows[RULE_MATCHES] = {
    [RULE_ON_ANY] = {"any", RULE_OPERAND_NONE, RULE_TO_MESSAGE},
    [RULE_ON_TEXT] = {"text", RULE_OPERAND_NONE, RULE_TO_MESSAGE},
    [RULE_ON_BINARY] = {"binary", RULE_OPERAND_NONE, RULE_TO_MESSAGE},
    [RULE_ON_REGEX] = {NULL, RULE_OPERAND_REGEX, RULE_TO_MESSAGE},
    [RULE_ON_JSON] = {"json", RULE_OPERAND_JSON, RULE_TO_MESSAGE},
    [RULE_ON_MESSAGE] = {"message", RULE_OPERAND_NUMBER, RULE_TO_MESSAGE},
    [RULE_ON_PING] = {"ping", RULE_OPERAND_NONE, RULE_TO_PING},
    [RULE_ON_PONG] = {"pong", RULE_OPERAND_NONE, RULE_TO_PING},
    [RULE_ON_CLOSE] = {"close", RULE_OPERAND_NONE, RULE_TO_CLOSE},
};

const struct rule_action_row rule_action_rows[RULE_ACTIONS] = {
    [RULE_DROP] = {"drop", RULE_OPERAND_NONE, RULE_TO_ALL, NULL},
    [RULE_DUP] = {"dup", RULE_OPERAND_NONE, RULE_TO_MESSAGE | RULE_TO_PING, no_payload},
    [RULE_DELAY] = {"delay", RULE_OPERAND_TIME, RULE_TO_ALL, NULL},
    [RULE_HOLD] = {"hold", RULE_OPERAND_NONE, RULE_TO_MESSAGE, "control frames pass held messages"},
    [RULE_REPLACE] = {"replace", RULE_OPERAND_TEXT, RULE_TO_MESSAGE | RULE_TO_PING, no_payload},
    [RULE_SUB] = {"sub", RULE_OPERAND_SUB, RULE_TO_MESSAGE | RULE_TO_PING, no_payload},
    [RULE_SET] = {"set", RULE_OPERAND_SET, RULE_TO_MESSAGE, no_message},
    [RULE_INJECT] = {"inject", RULE_OPERAND_INJECT, RULE_TO_ALL, NULL},
    [RULE_CLOSE] = {"close", RULE_OPERAND_CODE, RULE_TO_ALL, NULL},
    [RULE_RST] = {"rst", RULE_OPERAND_NONE, RULE_TO_ALL, NULL},
};

const char *rule_action_name(enum rule_action action)
{
    return rule_action_rows[action].name;
}

const char *rule_match_word(size_t i)
{
    i += i >= RULE_ON_REGEX;
    return i < RULE_MATCHES ? rule_match_rows[i].name : NULL;
}

const char *rule_action_word(size_t i)
{
    return i < RULE_ACTIONS ? rule_action_rows[i].name : NULL;
}

void rule_clear(struct rule *r)
{
    pattern_clear(&r->regex);
    pattern_clear(&r->what);
    free(r->pointer);
    free(r->value);
    free(r->target);
    buf_clear(&r->text);
    *r = (struct rule){0};
}

/* --- printing -----------------------------------------------------------------------------------
 */

/* As a JSON string where it would not be read as one word. */
static int put_pointer(struct buf *out, const char *pointer)
{
    struct json_write w;

    if (pointer[0] && !strpbrk(pointer, " \t") && !strstr(pointer, "->"))
        return buf_printf(out, " %s", pointer);
    if (buf_append(out, " ", 1) < 0)
        return -1;
    json_write_init(&w, out);
    json_string(&w, NULL, pointer);
    return w.failed ? -1 : 0;
}

static int put_match(struct buf *out, const struct rule *r)
{
    int failed = 0;

    if (r->on == RULE_ON_REGEX)
        return buf_append(out, r->regex.text, r->regex.len);
    failed |= buf_append_str(out, rule_match_rows[r->on].name);
    if (r->on == RULE_ON_MESSAGE)
        failed |= buf_printf(out, " %" PRIu64, r->number);
    if (r->on == RULE_ON_JSON)
        failed |= put_pointer(out, r->pointer);
    if (r->value)
        failed |= buf_printf(out, " = %s", r->value);
    return failed;
}

static int put_action(struct buf *out, const struct rule *r)
{
    char time[DURATION_TEXT];
    int failed = buf_append_str(out, rule_action_rows[r->action].name);

    switch (r->action) {
    case RULE_DELAY:
        duration_print(r->delay_us, time);
        failed |= buf_printf(out, " %s", time);
        break;
    case RULE_SUB:
        failed |= buf_printf(out, " %s", r->what.text);
        break;
    case RULE_SET:
        failed |= put_pointer(out, r->target);
        failed |= buf_append(out, " ", 1);
        break;
    case RULE_INJECT:
        failed |= buf_append_str(out, r->to == RULE_UP ? " up " : " down ");
        break;
    case RULE_REPLACE:
        failed |= buf_append(out, " ", 1);
        break;
    case RULE_CLOSE:
        failed |= buf_printf(out, " %u", r->code);
        break;
    default:
        break;
    }
    failed |= buf_append_slice(out, buf_slice(&r->text));
    if (r->action == RULE_SUB)
        failed |= buf_append(out, "/", 1);
    return failed;
}

int rule_print(const struct rule *r, struct buf *out)
{
    int failed = 0;

    if (r->dir != RULE_BOTH)
        failed |= buf_append_str(out, r->dir == RULE_UP ? "up " : "down ");
    failed |= put_match(out, r);
    failed |= buf_append_str(out, " -> ");
    failed |= put_action(out, r);
    return failed ? -1 : 0;
}

/* --- the set ------------------------------------------------------------------------------------
 */

int rules_add(struct rules *s, struct rule *r)
{
    struct rule *more;

    if (s->count == RULES_MAX)
        return -1;
    more = realloc(s->items, (s->count + 1) * sizeof *more);
    if (!more)
        return -1;
    s->items = more;
    s->items[s->count++] = *r;
    *r = (struct rule){0};
    return 0;
}

void rules_remove(struct rules *s, size_t i)
{
    rule_clear(&s->items[i]);
    s->count--;
    memmove(&s->items[i], &s->items[i + 1], (s->count - i) * sizeof *s->items);
}

void rules_clear(struct rules *s)
{
    while (s->count > 0)
        rules_remove(s, s->count - 1);
    free(s->items);
    s->items = NULL;
}

const struct rule *rules_match(const struct rules *s, const struct rule_subject *subject)
{
    for (size_t i = 0; i < s->count; i++) {
        if (rule_matches(&s->items[i], subject))
            return &s->items[i];
    }
    return NULL;
}

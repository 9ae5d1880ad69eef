/* Turns what the user types into a rule, or finds the character that is wrong. */
#include <stdlib.h>

#include "base/codec.h"
#include "base/decimal.h"
#include "base/json_compare.h"
#include "base/nearest.h"
#include "base/plural.h"
#include "base/utf8.h"
#include "relay/rule_private.h"

#define PING_MAX 125 /* bytes (RFC 6455, section 5.5) */

/* --- regular expressions ------------------------------------------------------------------------
 */

/* Where the next slash is that no backslash precedes, from `at` on; text.len: nowhere. */
static size_t next_slash(struct slice text, size_t at)
{
    while (at < text.len && text.data[at] != '/')
        at += text.data[at] == '\\' ? 2 : 1;
    return at < text.len ? at : text.len;
}

/* text: with both slashes, at `at`. */
static int read_pattern(struct rule_reader *r, struct pattern *p, struct slice text, size_t at)
{
    struct err why;

    if (text.len == 2)
        return rule_complain(r, at, "the regular expression between the slashes is empty");
    if (rule_check_cost(r, slice_inner(text), at + 1) < 0)
        return -1;
    err_clear(&why);
    if (pattern_parse(p, text, false, &why) == 0)
        return 0;
    if (why.code != EXIT_USAGE)
        return rule_nomem(r);
    return rule_complain(r, at, "%.240s", why.text);
}

/* The slash before the arrow ends it, so that a path needs no backslashes. */
static int read_match_regex(struct rule_reader *r, struct rule *rule)
{
    size_t from = r->pos, end = from, at = from + 1;

    while ((at = next_slash(r->text, at)) < r->text.len) {
        struct rule_reader after = *r;

        end = at++;
        after.pos = at;
        rule_skip_blanks(&after);
        if (rule_is_arrow(rule_rest(&after)))
            break;
    }
    if (end == from)
        return rule_complain(r, r->text.len, "the slash after the regular expression is missing");
    r->pos = end + 1;
    return read_pattern(r, &rule->regex, slice_make(r->text.data + from, r->pos - from), from);
}

/* Digits after a backslash name groups: \0 is all of the match. */
static int check_groups(struct rule_reader *r, struct slice text, size_t at, size_t groups)
{
    for (size_t i = 0; i + 1 < text.len; i++) {
        if (text.data[i] != '\\')
            continue;
        i++;
        if (text.data[i] >= '0' && text.data[i] <= '9' && (size_t)(text.data[i] - '0') > groups)
            return rule_complain(r, at + i - 1,
                                 "\\%c is not there: the regular expression has %zu group%s",
                                 text.data[i], groups, plural(groups));
    }
    return 0;
}

static int read_sub(struct rule_reader *r, struct rule *rule)
{
    size_t from, middle, end;
    struct slice text;

    rule_skip_blanks(r);
    from = r->pos;
    if (from == r->text.len || r->text.data[from] != '/')
        return rule_complain(r, from, "sub takes /REGEX/TEXT/");
    middle = next_slash(r->text, from + 1);
    end = middle < r->text.len ? next_slash(r->text, middle + 1) : middle;
    if (end == r->text.len)
        return rule_complain(r, end, "sub takes /REGEX/TEXT/, and the %s slash is missing",
                             middle < end ? "last" : "second");
    if (read_pattern(r, &rule->what, slice_make(r->text.data + from, middle + 1 - from), from) < 0)
        return -1;
    text = slice_make(r->text.data + middle + 1, end - middle - 1);
    if (check_groups(r, text, middle + 1, rule->what.compiled.re_nsub) < 0 ||
        rule_keep_text(r, rule, text) < 0)
        return -1;
    r->pos = end + 1;
    return rule_nothing_more(r, "the last slash (\\/ is a slash in the expression or the text)");
}

/* --- MATCH ---------------------------------------------------------------------------------------
 */

static int read_match_value(struct rule_reader *r, struct rule *rule)
{
    struct buf json;
    struct slice text;
    size_t from, n;
    int status;

    rule_skip_blanks(r);
    from = r->pos;
    text = rule_rest(r);
    n = json_value_length(text);
    r->pos += n;
    rule_skip_blanks(r);
    if (n == 0 || !rule_is_arrow(rule_rest(r))) {
        /* A bare word, or several: up to the arrow. */
        for (r->pos = from; r->pos < r->text.len && !rule_is_arrow(rule_rest(r)); r->pos++)
            ;
    }
    buf_init(&json, RULE_TEXT_MAX * 8);
    status = rule_read_value(r, slice_make(text.data, r->pos - from), from, &json);
    if (status == 0) {
        rule->value = rule_copied(buf_slice(&json));
        if (!rule->value)
            status = rule_nomem(r);
    }
    buf_clear(&json);
    return status;
}

static int read_match_json(struct rule_reader *r, struct rule *rule)
{
    if (rule_read_pointer(r, "json", &rule->pointer) < 0)
        return -1;
    rule_skip_blanks(r);
    if (r->pos == r->text.len || r->text.data[r->pos] != '=')
        return 0;
    r->pos++;
    if (r->pos < r->text.len && r->text.data[r->pos] == '=') /* as in `expect json` */
        r->pos++;
    return read_match_value(r, rule);
}

static int read_set(struct rule_reader *r, struct rule *rule)
{
    struct slice text;

    if (rule_read_pointer(r, "set", &rule->target) < 0)
        return -1;
    rule_skip_blanks(r);
    text = rule_rest(r);
    buf_init(&rule->text, RULE_TEXT_MAX * 8);
    if (rule_read_value(r, text, r->pos, &rule->text) < 0)
        return -1;
    r->pos = r->text.len;
    return 0;
}

/* The row whose name the word is, or -1 with a sentence. */
static int find_word(struct rule_reader *r, struct slice word, size_t at,
                     const char *(*name)(size_t), const char *what)
{
    struct nearest near;

    nearest_begin(&near, (const char *)word.data, word.len);
    for (size_t i = 0; name(i); i++) {
        if (slice_is(word, name(i)))
            return (int)i;
        nearest_offer(&near, name(i));
    }
    return rule_complain(r, at, "\"%s\" is not %s%s%s%s", rule_quote(word).text, what,
                         near.word ? "; did you mean \"" : "", near.word ? near.word : "",
                         near.word ? "\"?" : "");
}

static int read_match_operand(struct rule_reader *r, struct rule *rule)
{
    struct slice word;
    size_t from;

    if (rule_match_rows[rule->on].operand == RULE_OPERAND_JSON)
        return read_match_json(r, rule);
    if (rule_match_rows[rule->on].operand != RULE_OPERAND_NUMBER)
        return 0;
    word = rule_take_word(r);
    from = r->pos - word.len;
    if (decimal_read(word, UINT64_MAX, &rule->number) && rule->number > 0)
        return 0;
    return rule_complain(r, from, "message takes a whole number above 0, not \"%s\"",
                         rule_quote(word).text);
}

static int read_match(struct rule_reader *r, struct rule *rule)
{
    struct slice word;
    size_t from;
    int row;

    rule_skip_blanks(r);
    from = r->pos;
    if (from < r->text.len && r->text.data[from] == '/') {
        rule->on = RULE_ON_REGEX;
        return read_match_regex(r, rule);
    }
    word = rule_take_word(r);
    if (word.len == 0)
        return rule_complain(r, from,
                             "what the rule is about is missing: any, text, binary, /REGEX/, "
                             "json POINTER, message N, ping, pong or close");
    row = find_word(r, word, from, rule_match_word, "anything that a rule can match");
    if (row < 0)
        return -1;
    rule->on = (enum rule_match)(row + (row >= RULE_ON_REGEX));
    return read_match_operand(r, rule);
}

static int read_arrow(struct rule_reader *r)
{
    rule_skip_blanks(r);
    if (rule_is_arrow(rule_rest(r))) {
        r->pos += 2;
        return 0;
    }
    if (r->pos == r->text.len)
        return rule_complain(r, r->pos, "-> and what is to be done are missing");
    return rule_complain(r, r->pos, "-> is expected where \"%s\" is",
                         rule_quote(rule_rest(r)).text);
}

/* --- ACTION -------------------------------------------------------------------------------------
 */

static int read_text(struct rule_reader *r, struct rule *rule, const char *what)
{
    struct slice text = rule_take_rest(r);

    if (text.len == 0)
        return rule_complain(r, r->pos, "%s", what);
    return rule_keep_text(r, rule, text);
}

static int read_inject(struct rule_reader *r, struct rule *rule)
{
    struct slice word = rule_take_word(r);
    size_t from = r->pos - word.len;

    if (!slice_is(word, "up") && !slice_is(word, "down"))
        return rule_complain(r, from,
                             "inject takes up (to the server) or down (to the client), and a "
                             "text");
    rule->to = slice_is(word, "up") ? RULE_UP : RULE_DOWN;
    return read_text(r, rule, "inject needs the text of the message to send");
}

static int read_delay(struct rule_reader *r, struct rule *rule)
{
    struct slice word = rule_take_word(r);

    if (duration_parse(word, &rule->delay_us) < 0 || rule->delay_us == 0)
        return rule_complain(r, r->pos - word.len,
                             "delay takes a time above 0 (\"200ms\", \"5s\"), not "
                             "\"%s\"",
                             rule_quote(word).text);
    return rule_nothing_more(r, "the time");
}

static int read_code(struct rule_reader *r, struct rule *rule)
{
    struct slice word = rule_take_word(r);
    uint64_t code;

    if (!decimal_read(word, 4999, &code) || code < 1000)
        return rule_complain(r, r->pos - word.len,
                             "close takes a close code from 1000 to 4999, not "
                             "\"%s\"",
                             rule_quote(word).text);
    rule->code = (uint16_t)code;
    return rule_nothing_more(r, "the close code");
}

static int read_action_operand(struct rule_reader *r, struct rule *rule)
{
    switch (rule_action_rows[rule->action].operand) {
    case RULE_OPERAND_TIME:
        return read_delay(r, rule);
    case RULE_OPERAND_TEXT:
        return read_text(r, rule, "replace needs the text that the message becomes");
    case RULE_OPERAND_SUB:
        return read_sub(r, rule);
    case RULE_OPERAND_SET:
        return read_set(r, rule);
    case RULE_OPERAND_INJECT:
        return read_inject(r, rule);
    case RULE_OPERAND_CODE:
        return read_code(r, rule);
    default:
        return rule_nothing_more(r, rule_action_rows[rule->action].name);
    }
}

static int read_action(struct rule_reader *r, struct rule *rule)
{
    const struct rule_action_row *row;
    struct slice word = rule_take_word(r);
    size_t from = r->pos - word.len;
    int found;

    if (word.len == 0)
        return rule_complain(r, from,
                             "what is to be done is missing after ->: drop, dup, delay, hold, "
                             "replace, sub, set, inject, close or rst");
    found = find_word(r, word, from, rule_action_word, "anything that a rule can do");
    if (found < 0)
        return -1;
    rule->action = (enum rule_action)found;
    row = &rule_action_rows[rule->action];
    if (!(row->to & rule_match_rows[rule->on].what))
        return rule_complain(r, from, "%s cannot be done to a %s: %s", row->name,
                             rule_match_rows[rule->on].name, row->why);
    if (read_action_operand(r, rule) < 0)
        return -1;
    if (rule->action == RULE_REPLACE && rule_match_rows[rule->on].what == RULE_TO_PING &&
        rule->text.len > PING_MAX)
        return rule_complain(r, from, "a %s holds at most %d bytes, and this text has %zu",
                             rule_match_rows[rule->on].name, PING_MAX, rule->text.len);
    return 0;
}

/* --- the whole ----------------------------------------------------------------------------------
 */

static int check_bytes(struct rule_reader *r)
{
    const uint8_t *nul = r->text.len ? memchr(r->text.data, '\0', r->text.len) : NULL;

    if (r->text.len > RULE_TEXT_MAX)
        return rule_complain(r, 0, "a rule has at most %zu bytes", RULE_TEXT_MAX);
    if (nul)
        return rule_complain(r, (size_t)(nul - r->text.data), "a rule has no NUL bytes");
    if (!utf8_valid(r->text.data, r->text.len))
        return rule_complain(r, 0, "the rule is not valid UTF-8");
    return 0;
}

static void read_direction(struct rule_reader *r, struct rule *rule)
{
    struct rule_reader ahead = *r;
    struct slice word = rule_take_word(&ahead);

    rule->dir = slice_is(word, "up") ? RULE_UP : slice_is(word, "down") ? RULE_DOWN : RULE_BOTH;
    if (rule->dir != RULE_BOTH)
        *r = ahead;
}

int rule_parse(struct slice text, struct rule *rule, struct err *e)
{
    struct rule_reader r = {.text = text.len ? text : slice_str(""), .e = e};

    *rule = (struct rule){0};
    if (check_bytes(&r) < 0)
        return -1;
    read_direction(&r, rule);
    if (read_match(&r, rule) == 0 && read_arrow(&r) == 0 && read_action(&r, rule) == 0)
        return 0;
    rule_clear(rule);
    return -1;
}

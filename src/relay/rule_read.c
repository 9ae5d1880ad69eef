/* The pieces that rules are made of: words, texts, JSON Pointers and values. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/blank.h"
#include "base/json_compare.h"
#include "base/json_scan.h"
#include "base/json_write.h"
#include "base/utf8.h"
#include "relay/rule_private.h"

int rule_complain(struct rule_reader *r, size_t at, const char *format, ...)
{
    char text[256];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    err_set(r->e, EXIT_USAGE, STAGE_USAGE, 0, "%s", text);
    err_hint(r->e, "a rule is [up|down] MATCH -> ACTION, for example "
                   "\"down json /type = tick -> drop\" or \"up /ping/ -> delay 2s\"");
    r->e->at = (long)at;
    return -1;
}

int rule_nomem(struct rule_reader *r)
{
    return err_nomem(r->e, STAGE_USAGE, "reading a rule");
}

struct rule_quote rule_quote(struct slice text)
{
    size_t n = utf8_cut(text, text.len < 32 ? text.len : 32);
    struct rule_quote q;

    snprintf(q.text, sizeof q.text, "%.*s%s", (int)n, n ? (const char *)text.data : "",
             n < text.len ? "..." : "");
    for (char *c = q.text; *c; c++)
        *c = (unsigned char)*c < 0x20 || *c == 0x7F ? '?' : *c;
    return q;
}

/* --- pieces of a text ---------------------------------------------------------------------------
 */

struct slice rule_rest(const struct rule_reader *r)
{
    return slice_from(r->text, r->pos);
}

void rule_skip_blanks(struct rule_reader *r)
{
    while (r->pos < r->text.len && is_blank(r->text.data[r->pos]))
        r->pos++;
}

bool rule_is_arrow(struct slice text)
{
    return text.len >= 2 && text.data[0] == '-' && text.data[1] == '>';
}

/* Up to a blank, an arrow or the end. */
struct slice rule_take_word(struct rule_reader *r)
{
    size_t from;

    rule_skip_blanks(r);
    from = r->pos;
    while (r->pos < r->text.len && !is_blank(r->text.data[r->pos]) && !rule_is_arrow(rule_rest(r)))
        r->pos++;
    return slice_make(r->text.data + from, r->pos - from);
}

struct slice rule_take_rest(struct rule_reader *r)
{
    struct slice text;

    rule_skip_blanks(r);
    text = rule_rest(r);
    r->pos = r->text.len;
    return text;
}

char *rule_copied(struct slice text)
{
    return strndup(text.len ? (const char *)text.data : "", text.len);
}

int rule_keep_text(struct rule_reader *r, struct rule *rule, struct slice text)
{
    buf_init(&rule->text, RULE_TEXT_MAX * 8);
    return buf_append_slice(&rule->text, text) < 0 ? rule_nomem(r) : 0;
}

int rule_nothing_more(struct rule_reader *r, const char *after)
{
    rule_skip_blanks(r);
    if (r->pos == r->text.len)
        return 0;
    return rule_complain(r, r->pos, "nothing may follow %s, where \"%s\" is", after,
                         rule_quote(rule_rest(r)).text);
}

/* --- JSON ---------------------------------------------------------------------------------------
 */

/* *pointer is allocated. `name` is the word before it. */
int rule_read_pointer(struct rule_reader *r, const char *name, char **pointer)
{
    struct slice word;
    size_t from, n, len = 0;

    rule_skip_blanks(r);
    from = r->pos;
    n = from < r->text.len && r->text.data[from] == '"' ? json_value_length(rule_rest(r)) : 0;
    if (n > 0) {
        *pointer = json_string_text(slice_make(r->text.data + from, n), &len);
        r->pos += n;
    } else {
        word = rule_take_word(r);
        if (word.len == 0)
            return rule_complain(r, from, "%s needs a JSON Pointer, for example /user/name", name);
        len = word.len;
        *pointer = rule_copied(word);
    }
    if (!*pointer)
        return rule_nomem(r);
    if (strlen(*pointer) == len && json_pointer_valid(*pointer))
        return 0;
    if ((*pointer)[0] != '/')
        return rule_complain(r, from, "a JSON Pointer begins with /: \"/%s\"",
                             rule_quote(slice_str(*pointer)).text);
    return rule_complain(r, from, "in a JSON Pointer ~ is written ~0, and a / in a name ~1");
}

/* JSON as it is, anything else as a JSON string: quotes around a word are easily forgotten. The
 * text is appended to out. */
int rule_read_value(struct rule_reader *r, struct slice text, size_t at, struct buf *out)
{
    struct json_write w;

    text = blank_trim(text);
    if (text.len == 0)
        return rule_complain(r, at, "a value is missing here");
    if (json_valid(text))
        return buf_append_slice(out, text) < 0 ? rule_nomem(r) : 0;
    if (strchr("\"[{", text.data[0]))
        return rule_complain(r, at, "\"%s\" is not valid JSON", rule_quote(text).text);
    json_write_init(&w, out);
    json_text(&w, NULL, text);
    return w.failed ? rule_nomem(r) : 0;
}

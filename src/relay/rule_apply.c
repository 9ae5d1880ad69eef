/* What a payload becomes. */
#include <stdlib.h>

#include "base/json_scan.h"
#include "base/utf8.h"
#include "relay/rule_private.h"

#define CONTROL_MAX 125 /* bytes of a control frame (RFC 6455, section 5.5) */
#define GROUPS      10  /* all of it, and \1 to \9 */

/* The text in place of a match: \0 is all of it, \1 to \9 are groups, \/ is / and \\ is \; any
 * other backslash stays, as in JSON. */
static int put_substitute(struct buf *out, struct slice text, struct slice payload,
                          const regmatch_t at[GROUPS])
{
    size_t done = 0;

    for (size_t i = 0; i + 1 < text.len; i++) {
        uint8_t next = text.data[i + 1];
        const regmatch_t *group;

        if (text.data[i] != '\\')
            continue;
        if (next != '/' && next != '\\' && (next < '0' || next > '9'))
            continue;
        if (buf_append(out, text.data + done, i - done) < 0)
            return -1;
        done = i + 1; /* of "\/" and "\\", the second stays */
        i++;
        if (next == '/' || next == '\\')
            continue;
        done = i + 1;
        group = &at[next - '0'];
        if (group->rm_so >= 0 &&
            buf_append(out, payload.data + group->rm_so, (size_t)(group->rm_eo - group->rm_so)) < 0)
            return -1;
    }
    return text.len > done ? buf_append(out, text.data + done, text.len - done) : 0;
}

/* Bytes of the character at the front: nothing is put inside it. */
static size_t character(struct slice text, size_t from)
{
    size_t n = 1;

    while (from + n < text.len && utf8_continues(text.data[from + n]))
        n++;
    return n;
}

/* 1, 0: no match, or -1. window: of the payload. */
static int substitute_in(const struct rule *r, struct slice payload, struct slice window,
                         struct buf *out)
{
    bool cut = window.len < payload.len, found = false;
    regmatch_t at[GROUPS];
    size_t done = 0, from = 0; /* copied, and searched up to here */

    while (from <= window.len && pattern_find(&r->what, window, from, cut, at, GROUPS)) {
        size_t begin = (size_t)at[0].rm_so, end = (size_t)at[0].rm_eo;

        from = end > begin ? end : end + character(window, end);
        if (found && end == done) /* nothing, right after the last match */
            continue;
        if (buf_append(out, window.data + done, begin - done) < 0 ||
            put_substitute(out, buf_slice(&r->text), window, at) < 0)
            return -1;
        found = true;
        done = end;
    }
    if (!found)
        return 0;
    if (buf_append(out, window.data + done, window.len - done) < 0)
        return -1;
    if (cut && buf_append(out, payload.data + window.len, payload.len - window.len) < 0)
        return -1;
    return 1;
}

static int substitute(const struct rule *r, struct slice payload, struct buf *out)
{
    struct slice window = rule_window(&r->what, payload);
    int changed = window.data ? substitute_in(r, payload, window, out) : -1;

    free((void *)(uintptr_t)window.data);
    return changed;
}

static int set(const struct rule *r, struct slice payload, struct buf *out)
{
    struct slice value;
    size_t before, after;

    if (!json_valid(payload) || json_pointer_get(payload, r->target, &value) != 1)
        return 0;
    before = (size_t)(value.data - payload.data);
    after = before + value.len;
    if (buf_append(out, payload.data, before) < 0 ||
        buf_append_slice(out, buf_slice(&r->text)) < 0 ||
        buf_append(out, payload.data + after, payload.len - after) < 0)
        return -1;
    return 1;
}

static int replace(const struct rule *r, struct buf *out)
{
    return buf_append_slice(out, buf_slice(&r->text)) < 0 ? -1 : 1;
}

/* Is it what a frame of that kind may carry, as far as the payload was? */
static bool may_be(enum opcode opcode, struct slice payload, struct slice made)
{
    if (opcode == OPCODE_TEXT)
        return utf8_valid(made.data, made.len) || !utf8_valid(payload.data, payload.len);
    return (opcode & 8) == 0 || made.len <= CONTROL_MAX;
}

int rule_rewrite(const struct rule *r, enum opcode opcode, struct slice payload, struct buf *out)
{
    size_t before = out->len;
    struct slice made;
    int changed = 0;

    if (r->action == RULE_REPLACE)
        changed = replace(r, out);
    else if (r->action == RULE_SUB)
        changed = substitute(r, payload, out);
    else if (r->action == RULE_SET)
        changed = set(r, payload, out);
    if (changed == 1) {
        made = slice_make(buf_data(out) ? buf_data(out) + before : NULL, out->len - before);
        if (slice_equal(made, payload) || !may_be(opcode, payload, made))
            changed = 0;
    }
    if (changed != 1)
        out->len = before;
    return changed;
}

#include "decode/json_pick.h"

/* Read the value whose first token is `token`; *value: all of it. 0, or -1: no JSON. */
static int whole(struct json_scan *s, enum json_token kind, struct slice token, struct slice *value)
{
    if (kind <= JSON_END || json_scan_skip(s, kind) != 0)
        return -1;
    *value = slice_make(token.data, (size_t)(s->text.data + s->pos - token.data));
    return 0;
}

static void keep(const char *const *names, struct slice *values, size_t count, struct slice key,
                 struct slice value)
{
    const struct slice name = slice_inner(key);

    for (size_t i = 0; i < count; i++) {
        if (values[i].len == 0 && slice_is(name, names[i])) {
            values[i] = value;
            return;
        }
    }
}

int json_pick(struct slice text, const char *const *names, struct slice *values, size_t count)
{
    struct json_scan s;
    struct slice token, key, value;
    enum json_token kind;

    for (size_t i = 0; i < count; i++)
        values[i] = slice_str("");
    json_scan_init(&s, text);
    if (json_scan_next(&s, &token) != JSON_OBJECT_OPEN)
        return json_valid(text) ? 0 : -1;
    while ((kind = json_scan_next(&s, &key)) == JSON_KEY || kind == JSON_COMMA) {
        if (kind == JSON_COMMA)
            continue;
        if (json_scan_next(&s, &token) != JSON_COLON)
            return -1;
        kind = json_scan_next(&s, &token);
        if (whole(&s, kind, token, &value) != 0)
            return -1;
        keep(names, values, count, key, value);
    }
    return kind == JSON_OBJECT_CLOSE && json_scan_next(&s, &token) == JSON_END ? 1 : -1;
}

long json_elements(struct slice text, struct slice *values, size_t room)
{
    struct json_scan s;
    struct slice token, value;
    enum json_token kind;
    size_t count = 0;

    json_scan_init(&s, text);
    if (json_scan_next(&s, &token) != JSON_ARRAY_OPEN)
        return -1;
    while ((kind = json_scan_next(&s, &token)) != JSON_ARRAY_CLOSE) {
        if (kind == JSON_COMMA)
            continue;
        if (whole(&s, kind, token, &value) != 0)
            return -1;
        if (count < room)
            values[count] = value;
        count++;
    }
    return json_scan_next(&s, &token) == JSON_END ? (long)count : -1;
}

long json_members(struct slice text)
{
    struct json_scan s;
    struct slice token;
    enum json_token kind;
    long count = 0;

    json_scan_init(&s, text);
    if (json_scan_next(&s, &token) != JSON_OBJECT_OPEN)
        return -1;
    while ((kind = json_scan_next(&s, &token)) != JSON_OBJECT_CLOSE) {
        if (kind <= JSON_END || (kind != JSON_KEY && json_scan_skip(&s, kind) != 0))
            return -1;
        count += kind == JSON_KEY;
    }
    return json_scan_next(&s, &token) == JSON_END ? count : -1;
}

#include "session/books/label.h"

#include "base/decimal.h"
#include "base/json_scan.h"

bool label_number(struct slice token, uint64_t *number)
{
    if (token.len >= 2 && token.data[0] == '"')
        token = slice_inner(token);
    return decimal_read(token, UINT64_MAX, number);
}

bool label_name(struct buf *to, struct slice token)
{
    uint8_t *space;

    buf_reset(to);
    if (slice_is(token, "null"))
        return false;
    if (token.len == 0 || token.data[0] != '"')
        return buf_append_slice(to, token) == 0;
    space = buf_reserve(to, token.len);
    if (!space)
        return false;
    buf_filled(to, json_string_decode(token, space));
    return true;
}

/* In the first part of a long message a token at the very end may be cut. */
bool label_find(const struct event_message *m, const char *pointer, struct slice *token)
{
    const struct slice *text = &m->data;

    return pointer && json_pointer_get(*text, pointer, token) == 1 &&
           (m->final || token->data + token->len < text->data + text->len);
}

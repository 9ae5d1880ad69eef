#include "proto/items.h"

#include "base/blank.h"

static struct slice trimmed(struct slice text)
{
    while (text.len > 0 && is_white(text.data[0]))
        text = slice_from(text, 1);
    while (text.len > 0 && is_white(text.data[text.len - 1]))
        text.len--;
    return text;
}

/* The next line that is not blank; empty: no more lines. */
static struct slice take_line(struct slice *left)
{
    struct slice line = {0};

    while (left->len > 0 && line.len == 0) {
        const uint8_t *end = memchr(left->data, '\n', left->len);
        size_t n = end ? (size_t)(end - left->data) : left->len;
        size_t used = end ? n + 1 : n;

        line = trimmed(slice_make(left->data, n));
        *left = slice_from(*left, used);
    }
    return line;
}

static bool lines_are_json(struct slice body)
{
    for (struct slice line = take_line(&body); line.len > 0; line = take_line(&body)) {
        if (!json_valid(line))
            return false;
    }
    return true;
}

static void begin_array(struct items *it, struct slice array)
{
    struct slice bracket;

    it->form = ITEMS_ARRAY;
    json_scan_init(&it->scan, array);
    json_scan_next(&it->scan, &bracket);
}

/* RFC 8259, section 8.1: a byte order mark before JSON may be ignored. */
static struct slice without_mark(struct slice body)
{
    return slice_begins(body, "\xEF\xBB\xBF") ? slice_from(body, 3) : body;
}

int items_begin(struct items *it, struct slice body, const char *pointer, struct err *e)
{
    struct slice array;

    body = trimmed(without_mark(body));
    it->left = body;
    it->form = ITEMS_ONE;
    if (pointer) {
        int found = json_pointer_get(body, pointer, &array);

        if (found < 1 || array.data[0] != '[')
            return err_set(e, EXIT_OTHER, STAGE_IO, 0, "%s",
                           found < 0    ? "the answer is not JSON, as --items requires"
                           : found == 0 ? "the answer has nothing at the pointer of --items"
                                        : "there is no array at the pointer of --items");
        begin_array(it, array);
    } else if (body.len > 0 && json_valid(body)) {
        if (body.data[0] == '[')
            begin_array(it, body);
    } else if (lines_are_json(body)) {
        it->form = ITEMS_LINES;
    }
    return 0;
}

/* Its text is known to be valid up to the end of the array. */
static bool next_element(struct json_scan *scan, struct slice *item)
{
    struct slice token;
    const uint8_t *from;
    enum json_token kind = json_scan_next(scan, &token);

    if (kind == JSON_COMMA)
        kind = json_scan_next(scan, &token);
    if (kind <= JSON_END || kind == JSON_ARRAY_CLOSE)
        return false;
    from = token.data;
    while (scan->depth > 1 && kind > JSON_END)
        kind = json_scan_next(scan, &token);
    *item = slice_make(from, (size_t)(token.data + token.len - from));
    return kind > JSON_END;
}

bool items_next(struct items *it, struct slice *item)
{
    if (it->form == ITEMS_ARRAY)
        return next_element(&it->scan, item);
    *item = it->form == ITEMS_LINES ? take_line(&it->left) : it->left;
    if (it->form == ITEMS_ONE)
        it->left.len = 0;
    return item->len > 0;
}

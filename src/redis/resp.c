#include "redis/resp.h"

#include <stdlib.h>

#include "base/decimal.h"
#include "proto/excerpt.h"

/* A length or an integer has a type, a sign and at most 19 digits. */
#define NUMBER_LINE 24

const struct resp_value *resp_element(const struct resp_value *array, size_t i)
{
    const struct resp_value *v = array + 1;

    if (array->type != RESP_ARRAY || i >= array->count)
        return NULL;
    for (; i > 0; i--)
        v += v->span;
    return v;
}

bool resp_is(const struct resp_value *v, const char *text)
{
    return v && (v->type == RESP_STRING || v->type == RESP_BULK) && slice_is(v->text, text);
}

/* --- life ---------------------------------------------------------------------------------------
 */

void resp_reader_init(struct resp_reader *r, size_t max)
{
    *r = (struct resp_reader){.max = max};
    buf_init(&r->bytes, SIZE_MAX / 2);
}

void resp_reader_clear(struct resp_reader *r)
{
    free(r->row);
    buf_clear(&r->bytes);
    resp_reader_init(r, r->max);
}

uint8_t *resp_reader_space(struct resp_reader *r, size_t n)
{
    return buf_reserve(&r->bytes, n);
}

void resp_reader_filled(struct resp_reader *r, size_t n)
{
    buf_filled(&r->bytes, n);
}

/* --- reading ------------------------------------------------------------------------------------
 */

static int wrong(struct err *e, const char *what, struct slice bytes)
{
    struct excerpt x;

    return err_set(e, EXIT_PROTOCOL, STAGE_PROTOCOL, 0, "%s, \"%s\"", what, excerpt_of(&x, bytes));
}

static int too_big(struct err *e, const char *what, size_t most)
{
    return err_set(e, EXIT_TOO_BIG, STAGE_PROTOCOL, 0, "a reply has more than %zu %s", most, what);
}

/* The bytes from pos on, as far as they are there. */
static struct slice rest_of(const struct resp_reader *r)
{
    return slice_from(buf_slice(&r->bytes), r->pos);
}

/* One more value at the end of the row. The row may move. NULL: with *e. */
static struct resp_value *add_value(struct resp_reader *r, enum resp_type type, struct err *e)
{
    struct resp_value *row = r->row;

    if (r->count == RESP_VALUES_MAX) {
        too_big(e, "values", RESP_VALUES_MAX);
        return NULL;
    }
    if (r->count == r->room) {
        size_t room = r->room ? 2 * r->room : 8;

        row = realloc(row, room * sizeof *row);
        if (!row) {
            err_nomem(e, STAGE_PROTOCOL, "reading a reply");
            return NULL;
        }
        r->row = row;
        r->room = room;
    }
    row[r->count] = (struct resp_value){.type = type, .span = 1};
    return &row[r->count++];
}

/* The line at pos without its type and its end: 1, 0 (its end has not come), -1 with *e. */
static int take_line(struct resp_reader *r, struct slice *line, struct err *e)
{
    struct slice rest = rest_of(r);
    bool number = rest.data[0] != '+' && rest.data[0] != '-';
    size_t most = number ? NUMBER_LINE : RESP_LINE_MAX;
    size_t from = r->scanned > r->pos ? r->scanned - r->pos : 0;
    const uint8_t *end = memchr(rest.data + from, '\r', rest.len - from);
    size_t len = end ? (size_t)(end - rest.data) : rest.len;

    if (len > most)
        return number ? wrong(e, "a reply has a number without an end", rest)
                      : too_big(e, "bytes in a line", RESP_LINE_MAX);
    r->scanned = r->pos + len;
    if (!end || len + 1 == rest.len)
        return 0;
    if (end[1] != '\n')
        return wrong(e, "a line of a reply ends in a CR without LF", rest);
    *line = slice_make(rest.data + 1, len - 1);
    return 1;
}

/* A whole number with a sign. False: it is none. */
static bool read_integer(struct slice text, int64_t *number)
{
    bool negative = text.len > 0 && text.data[0] == '-';
    uint64_t digits;

    if (text.len > 0 && (negative || text.data[0] == '+'))
        text = slice_from(text, 1);
    if (!decimal_read(text, negative ? (uint64_t)INT64_MAX + 1 : INT64_MAX, &digits))
        return false;
    *number = negative ? (int64_t)(0 - digits) : (int64_t)digits;
    return true;
}

/* A length is what follows "$" or "*". -1 is that of the null value. 0 or -1 with *e. */
static int read_length(struct slice line, size_t most, const char *of, int64_t *length,
                       struct err *e)
{
    if (!read_integer(line, length) || *length < -1)
        return wrong(e, "a reply has an invalid length", line);
    return *length > 0 && (uint64_t)*length > most ? too_big(e, of, most) : 0;
}

/* The line of a value whose text is the line itself. */
static int take_simple(struct resp_reader *r, enum resp_type type, struct slice line, struct err *e)
{
    struct resp_value *v;
    int64_t number = 0;

    if (type == RESP_INTEGER && !read_integer(line, &number))
        return wrong(e, "a reply has an invalid integer", line);
    v = add_value(r, type, e);
    if (!v)
        return -1;
    if (type == RESP_INTEGER)
        v->integer = number;
    else
        v->text.len = line.len;
    v->at = r->pos + 1;
    r->pos += line.len + 3;
    return 1;
}

static int take_bulk(struct resp_reader *r, struct slice line, struct err *e)
{
    size_t head = line.len + 3, left = r->bytes.len - r->pos - head;
    const uint8_t *after;
    struct resp_value *v;
    int64_t length;

    if (read_length(line, r->max, "bytes", &length, e) < 0)
        return -1;
    if (length >= 0 && left < (size_t)length + 2)
        return 0;
    after = line.data + line.len + 2 + (length > 0 ? length : 0);
    if (length >= 0 && (after[0] != '\r' || after[1] != '\n'))
        return wrong(e, "a bulk string does not end where it should",
                     slice_make(after, left - (size_t)length));
    v = add_value(r, length < 0 ? RESP_NULL : RESP_BULK, e);
    if (!v)
        return -1;
    if (length >= 0)
        v->text.len = (size_t)length;
    v->at = r->pos + head;
    r->pos += head + (length < 0 ? 0 : (size_t)length + 2);
    return 1;
}

static int take_array(struct resp_reader *r, struct slice line, struct err *e)
{
    struct resp_value *v;
    int64_t length;

    if (read_length(line, RESP_VALUES_MAX, "values", &length, e) < 0)
        return -1;
    if (length > 0 && r->depth == RESP_DEPTH_MAX)
        return too_big(e, "arrays within each other", RESP_DEPTH_MAX);
    v = add_value(r, length < 0 ? RESP_NULL : RESP_ARRAY, e);
    if (!v)
        return -1;
    r->pos += line.len + 3;
    if (length > 0) {
        v->count = (size_t)length;
        r->open[r->depth++] = (struct resp_open){r->count - 1, (size_t)length};
    }
    return 1;
}

/* What begins at pos: 1 if it was read (of an array, its head), 0, -1. */
static int take_value(struct resp_reader *r, struct err *e)
{
    struct slice rest = rest_of(r), line;
    const char *type;
    int got;

    if (rest.len == 0)
        return 0;
    type = rest.data[0] ? strchr("+-:$*", rest.data[0]) : NULL;
    if (!type)
        return wrong(e, "what it sent is not a reply", rest);
    got = take_line(r, &line, e);
    if (got <= 0)
        return got;
    switch (*type) {
    case '$':
        return take_bulk(r, line, e);
    case '*':
        return take_array(r, line, e);
    default:
        return take_simple(r,
                           *type == '+'   ? RESP_STRING
                           : *type == '-' ? RESP_ERROR
                                          : RESP_INTEGER,
                           line, e);
    }
}

/* A value is complete, and with it perhaps the arrays that it ends. */
static void close_arrays(struct resp_reader *r)
{
    while (r->depth > 0) {
        struct resp_open *top = &r->open[r->depth - 1];

        top->left--;
        if (top->left > 0)
            return;
        r->row[top->value].span = r->count - top->value;
        r->depth--;
    }
}

static void begin(struct resp_reader *r)
{
    if (!r->whole)
        return;
    buf_consume(&r->bytes, r->pos);
    buf_trim(&r->bytes, RESP_LINE_MAX);
    r->whole = false;
    r->pos = r->scanned = r->count = 0;
}

int resp_reader_next(struct resp_reader *r, const struct resp_value **reply, struct err *e)
{
    int got;

    begin(r);
    do {
        unsigned depth = r->depth;

        got = take_value(r, e);
        if (got == 0 && r->bytes.len > r->max)
            return too_big(e, "bytes", r->max);
        if (got <= 0)
            return got;
        if (r->pos > r->max)
            return too_big(e, "bytes", r->max);
        if (r->depth == depth)
            close_arrays(r);
    } while (r->depth > 0);
    for (size_t i = 0; i < r->count; i++) {
        if (r->row[i].text.len > 0)
            r->row[i].text.data = buf_data(&r->bytes) + r->row[i].at;
    }
    r->whole = true;
    *reply = r->row;
    return 1;
}

/* --- writing ------------------------------------------------------------------------------------
 */

int resp_command(struct buf *out, const struct slice *words, size_t count)
{
    size_t before = out->len;
    bool failed = buf_printf(out, "*%zu\r\n", count) < 0;

    for (size_t i = 0; i < count && !failed; i++)
        failed = buf_printf(out, "$%zu\r\n", words[i].len) < 0 ||
                 buf_append_slice(out, words[i]) < 0 || buf_append_str(out, "\r\n") < 0;
    if (failed)
        out->len = before;
    return failed ? -1 : 0;
}

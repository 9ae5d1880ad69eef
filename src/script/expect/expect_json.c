#include <stdio.h>
#include <stdlib.h>

#include "base/json_compare.h"
#include "base/json_scan.h"
#include "script/expect/expect.h"

static const struct {
    const char *name;
    enum json_op op;
} ops[] = {
    {"==", JSON_OP_EQUAL},      {"!=", JSON_OP_UNEQUAL},    {"<", JSON_OP_LESS},
    {"<=", JSON_OP_LESS_EQUAL}, {">", JSON_OP_MORE},        {">=", JSON_OP_MORE_EQUAL},
    {"~", JSON_OP_MATCHES},     {"exists", JSON_OP_EXISTS}, {"missing", JSON_OP_MISSING},
    {"type", JSON_OP_TYPE},
};
#define OP_COUNT (sizeof ops / sizeof ops[0])

/* --- reading ------------------------------------------------------------------------------------
 */

/* The position of the parser. */
struct at {
    struct slice text;
    size_t pos, at0;
};

static void skip_blanks(struct at *a)
{
    while (a->pos < a->text.len && strchr(" \t\n", a->text.data[a->pos]))
        a->pos++;
}

static struct slice rest(const struct at *a)
{
    return slice_from(a->text, a->pos);
}

static struct slice word(struct at *a)
{
    size_t from = a->pos;

    while (a->pos < a->text.len && !strchr(" \t\n", a->text.data[a->pos]))
        a->pos++;
    return slice_make(a->text.data + from, a->pos - from);
}

static int wrong(const struct at *a, size_t pos, struct err *e, const char *text)
{
    return err_at(e, a->at0 + pos, text);
}

static int nomem(struct err *e)
{
    return err_nomem(e, STAGE_USAGE, "reading an expectation");
}

static char *copy(struct slice text)
{
    return strndup(text.len ? (const char *)text.data : "", text.len);
}

static struct json_condition *add(struct expect *x)
{
    struct json_condition *more =
        realloc(x->conditions, (x->condition_count + 1) * sizeof *x->conditions);

    if (!more)
        return NULL;
    x->conditions = more;
    more += x->condition_count++;
    *more = (struct json_condition){.op = JSON_OP_EQUAL};
    return more;
}

/* A bare word is a string: quotes around a single name are easily forgotten. */
static bool bare(struct slice word_)
{
    if (word_.len == 0 ||
        !strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_", word_.data[0]))
        return false;
    for (size_t i = 0; i < word_.len; i++) {
        if (word_.data[i] < 0x80 &&
            !strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789-.:",
                    word_.data[i]))
            return false;
    }
    return true;
}

static int read_value(struct at *a, struct json_condition *c, struct err *e)
{
    size_t n = json_value_length(rest(a)), from = a->pos;
    struct slice value;

    if (n > 0 && (a->pos + n == a->text.len || strchr(" \t\n", a->text.data[a->pos + n]))) {
        value = slice_make(a->text.data + a->pos, n);
        a->pos += n;
        c->value = copy(value);
    } else {
        value = word(a);
        if (value.len == 0)
            return wrong(a, from, e, "a JSON value is missing here");
        if (!bare(value))
            return wrong(a, from, e,
                         "this is not a JSON value: strings are written in double "
                         "quotes");
        c->value = malloc(value.len + 3);
        if (c->value) {
            c->value[0] = '"';
            memcpy(c->value + 1, value.data, value.len);
            memcpy(c->value + 1 + value.len, "\"", 2);
        }
    }
    if (!c->value)
        return nomem(e);
    if (c->op >= JSON_OP_LESS && c->op <= JSON_OP_MORE_EQUAL &&
        json_kind(slice_str(c->value)) != JSON_IS_NUMBER)
        return wrong(a, from, e, "only numbers are smaller or larger than one another");
    return 0;
}

/* "/REGEX/": to the first slash without a backslash before it. */
static int read_regex(struct at *a, struct json_condition *c, struct err *e)
{
    size_t from = a->pos, end = from + 1;

    if (from >= a->text.len || a->text.data[from] != '/')
        return wrong(a, from, e, "~ takes a regular expression between slashes: ~ /^ab+c$/");
    while (end < a->text.len && a->text.data[end] != '/')
        end += a->text.data[end] == '\\' && end + 1 < a->text.len ? 2 : 1;
    if (end >= a->text.len)
        return wrong(a, from, e, "the slash at the end of the regular expression is missing");
    a->pos = end + 1;
    if (pattern_parse(&c->pattern, slice_make(a->text.data + from, a->pos - from), false, e) < 0) {
        if (e->at >= 0)
            e->at = (long)(a->at0 + from);
        return -1;
    }
    return 0;
}

static int read_type(struct at *a, struct json_condition *c, struct err *e)
{
    size_t from = a->pos;
    struct slice name = word(a);

    for (int kind = JSON_IS_OBJECT; kind <= JSON_IS_NULL; kind++) {
        if (slice_is(name, json_kind_name((enum json_kind)kind))) {
            c->type = kind;
            return 0;
        }
    }
    c->type = -1;
    if (slice_is(name, "integer"))
        return 0;
    return wrong(a, from, e,
                 "type is one of object, array, string, number, integer, boolean, null");
}

static int read_op(struct at *a, struct json_condition *c, struct err *e)
{
    size_t from = a->pos;
    struct slice name = word(a);

    for (size_t i = 0; i < OP_COUNT; i++) {
        if (!slice_is(name, ops[i].name))
            continue;
        c->op = ops[i].op;
        skip_blanks(a);
        switch (c->op) {
        case JSON_OP_EXISTS:
        case JSON_OP_MISSING:
            return 0;
        case JSON_OP_MATCHES:
            return read_regex(a, c, e);
        case JSON_OP_TYPE:
            return read_type(a, c, e);
        default:
            return read_value(a, c, e);
        }
    }
    if (slice_is(name, "="))
        return wrong(a, from, e, "\"=\" is not an operator: equality is written ==");
    return wrong(a, from, e,
                 "a JSON Pointer is followed by one of == != < <= > >= ~ exists missing type");
}

static int read_condition(struct at *a, struct expect *x, struct err *e)
{
    struct json_condition *c = add(x);
    size_t from = a->pos;
    struct slice pointer = word(a);

    if (!c)
        return nomem(e);
    if (slice_is(pointer, "\"\""))
        pointer.len = 0;
    else if (pointer.data[0] != '/')
        return wrong(a, from, e,
                     "a JSON Pointer is expected here: it begins with a slash, as in /user/name");
    c->pointer = copy(pointer);
    if (!c->pointer)
        return nomem(e);
    if (!json_pointer_valid(c->pointer))
        return wrong(a, from, e, "in a JSON Pointer ~ is written ~0, and / in a name ~1");
    skip_blanks(a);
    return read_op(a, c, e);
}

static int read_pattern(struct at *a, struct expect *x, struct err *e)
{
    struct json_condition *c = add(x);
    struct json_scan scan;
    struct slice token;
    size_t n = json_value_length(rest(a));

    if (!c)
        return nomem(e);
    if (n == 0) {
        json_scan_init(&scan, rest(a));
        while (json_scan_next(&scan, &token) > JSON_END)
            ;
        if (a->pos + scan.pos >= a->text.len)
            return wrong(a, a->text.len, e,
                         "the JSON is not complete: a bracket or quote is not "
                         "closed");
        return wrong(a, a->pos + scan.pos, e,
                     "the JSON is wrong here (names and strings are written in double quotes)");
    }
    c->op = JSON_OP_INCLUDES;
    c->pointer = strdup("");
    c->value = copy(slice_make(a->text.data + a->pos, n));
    a->pos += n;
    return c->pointer && c->value ? 0 : nomem(e);
}

int expect_json_parse(struct expect *x, struct slice text, size_t at0, struct err *e)
{
    struct at a = {.text = text, .at0 = at0};
    int status = 0;

    for (skip_blanks(&a); a.pos < text.len && status == 0; skip_blanks(&a)) {
        uint8_t first = text.data[a.pos];

        if (first == '{' || first == '[')
            status = read_pattern(&a, x, e);
        else
            status = read_condition(&a, x, e);
    }
    return status;
}

/* --- comparing ----------------------------------------------------------------------------------
 */

#define SHOWN(s) (int)((s).len < 60 ? (s).len : 60), (const char *)(s).data

static bool fits_order(enum json_op op, int order)
{
    switch (op) {
    case JSON_OP_LESS:
        return order < 0;
    case JSON_OP_LESS_EQUAL:
        return order <= 0;
    case JSON_OP_MORE:
        return order > 0;
    default:
        return order >= 0;
    }
}

static bool fits_regex(const struct json_condition *c, struct slice value)
{
    bool string = json_kind(value) == JSON_IS_STRING, fits;
    size_t len = value.len;
    char *text =
        string ? json_string_text(value, &len) : strndup((const char *)value.data, value.len);
    struct slice group;

    fits = text && pattern_fits(&c->pattern, slice_make(text, len), &group);
    free(text);
    return fits;
}

static bool fits_type(const struct json_condition *c, struct slice value)
{
    if (c->type >= 0)
        return (int)json_kind(value) == c->type;
    return json_kind(value) == JSON_IS_NUMBER && json_is_integer(value);
}

static const char *op_name(enum json_op op)
{
    for (size_t i = 0; i < OP_COUNT; i++) {
        if (ops[i].op == op)
            return ops[i].name;
    }
    return "";
}

static bool includes(const struct json_condition *c, struct slice value, char why[EXPECT_WHY])
{
    struct slice at, found;

    if (json_includes(value, slice_str(c->value), &at, &found))
        return true;
    if (found.len == 0)
        snprintf(why, EXPECT_WHY, "%.*s is not there", SHOWN(at));
    else
        snprintf(why, EXPECT_WHY, "%.*s is where %.*s should be", SHOWN(found), SHOWN(at));
    return false;
}

static bool condition_fits(const struct json_condition *c, struct slice value)
{
    struct slice wanted = slice_str(c->value);

    switch (c->op) {
    case JSON_OP_EQUAL:
        return json_equal(value, wanted);
    case JSON_OP_UNEQUAL:
        return !json_equal(value, wanted);
    case JSON_OP_MATCHES:
        return fits_regex(c, value);
    case JSON_OP_TYPE:
        return fits_type(c, value);
    case JSON_OP_EXISTS:
        return true;
    case JSON_OP_MISSING:
        return false;
    default:
        return json_kind(value) == JSON_IS_NUMBER &&
               fits_order(c->op, json_number_compare(value, wanted));
    }
}

static bool one_fits(const struct json_condition *c, struct slice text, char why[EXPECT_WHY])
{
    struct slice value;

    if (json_pointer_get(text, c->pointer, &value) != 1) {
        if (c->op == JSON_OP_MISSING)
            return true;
        snprintf(why, EXPECT_WHY, "%.80s is not there", c->pointer);
        return false;
    }
    if (c->op == JSON_OP_INCLUDES)
        return includes(c, value, why);
    if (condition_fits(c, value))
        return true;
    if (c->op == JSON_OP_MISSING)
        snprintf(why, EXPECT_WHY, "%.80s is there: %.*s", c->pointer, SHOWN(value));
    else if (c->op == JSON_OP_TYPE)
        snprintf(why, EXPECT_WHY, "%.80s is %.*s, of type %s", c->pointer, SHOWN(value),
                 json_kind_name(json_kind(value)));
    else
        snprintf(why, EXPECT_WHY, "%.80s is %.*s, not %s%s%.60s", c->pointer, SHOWN(value),
                 c->op == JSON_OP_EQUAL ? "" : op_name(c->op), c->op == JSON_OP_EQUAL ? "" : " ",
                 c->value ? c->value : c->pattern.text);
    return false;
}

bool expect_json_fits(const struct expect *x, const struct came *c, char why[EXPECT_WHY])
{
    struct slice text = came_data(c);

    if (!json_valid(text)) {
        snprintf(why, EXPECT_WHY, "it is not JSON");
        return false;
    }
    for (size_t i = 0; i < x->condition_count; i++) {
        if (!one_fits(&x->conditions[i], text, why))
            return false;
    }
    return true;
}

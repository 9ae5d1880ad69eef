#include "measure/criteria.h"

#include <stdio.h>

#include "base/ascii.h"
#include "base/codec.h"
#include "base/nearest.h"
#include "proto/list.h"

#define QUOTED(s) (int)((s).len < 60 ? (s).len : 60), (const char *)(s).data

static int mistake(struct err *e, const char *list, struct slice where, const char *hint)
{
    e->at = where.data ? (long)(where.data - (const uint8_t *)list) : 0;
    if (hint)
        err_hint(e, "%s", hint);
    return -1;
}

static const struct criterion_row *row_named(criteria_row_fn *rows, struct slice name,
                                             const char **nearest)
{
    const struct criterion_row *row;
    struct nearest n;

    nearest_begin(&n, (const char *)name.data, name.len);
    for (size_t i = 0; (row = rows(i)) != NULL; i++) {
        if (slice_is(name, row->name))
            return row;
        nearest_offer(&n, row->name);
    }
    *nearest = n.word;
    return NULL;
}

/* The names of all rows, separated by blanks. */
static void list_rows(criteria_row_fn *rows, char *text, size_t size)
{
    const struct criterion_row *row;
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; (row = rows(i)) != NULL && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? " " : "", row->name);
}

/* The i-th word that a row takes; NULL after the last. */
static const char *row_word(const struct criterion_row *row, size_t i)
{
    return row->word ? row->word(i) : NULL;
}

static const char *find_word(const struct criterion_row *row, struct slice value)
{
    const char *word;

    for (size_t i = 0; (word = row_word(row, i)) != NULL; i++)
        if (slice_is(value, word))
            return word;
    return NULL;
}

static bool parse_count(struct slice value, double *number)
{
    uint64_t n = 0;

    if (value.len > 2 && memcmp(value.data + value.len - 2, "/s", 2) == 0)
        value.len -= 2;
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] < '0' || value.data[i] > '9' || n > UINT64_C(1000000000000000))
            return false;
        n = n * 10 + (uint64_t)(value.data[i] - '0');
    }
    *number = (double)n;
    return value.len > 0;
}

/* "99%", "1.5": digits, and perhaps a point and more of them. */
static bool parse_fraction(struct slice value, bool percent, double *number)
{
    double unit = 1;
    bool point = false;

    if (percent && (value.len == 0 || value.data[--value.len] != '%'))
        return false;
    *number = 0;
    if (value.len == 0 || value.len > 12 || !is_digit(value.data[0]) ||
        !is_digit(value.data[value.len - 1]))
        return false;
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] == '.' && !point) {
            point = true;
            continue;
        }
        if (!is_digit(value.data[i]))
            return false;
        *number = *number * 10 + (value.data[i] - '0');
        unit *= point ? 10 : 1;
    }
    *number /= unit;
    return !percent || *number <= 100;
}

static int bad_value(const struct criterion_row *row, struct slice value, const char *list,
                     struct err *e)
{
    char words[160] = "";
    const char *word, *wants;
    size_t used = 0;

    for (size_t i = 0; (word = row_word(row, i)) != NULL && used < sizeof words; i++)
        used += (size_t)snprintf(words + used, sizeof words - used, "%s%s", i ? ", " : "", word);
    wants = row->kind == CRITERION_SPAN                ? "a duration (\"3s\", \"200ms\", \"0\")"
            : row->kind == CRITERION_SHARE             ? "a percentage (\"99%\")"
            : row->kind == CRITERION_RATIO             ? "a number (\"1.5\")"
            : row->kind == CRITERION_COUNT && words[0] ? "a whole number or"
            : row->kind == CRITERION_COUNT             ? "a whole number"
                                                       : "one of:";
    err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "%s is compared with %s%s%s, not \"%.*s\"", row->name,
            wants, words[0] ? " " : "", words, QUOTED(value));
    return mistake(e, list, value, NULL);
}

static int parse_value(struct criterion *x, struct slice value, const char *list, struct err *e)
{
    uint64_t us;

    x->word = find_word(x->row, value);
    if (x->word) {
        if (strcmp(x->op, "=") == 0 || strcmp(x->op, "!=") == 0)
            return 0;
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "%s can be = or != to \"%s\", not %s", x->row->name,
                x->word, x->op);
        return mistake(e, list, x->text, NULL);
    }
    if (x->row->kind == CRITERION_SPAN && duration_parse(value, &us) == 0) {
        x->number = (double)us;
        return 0;
    }
    if (x->row->kind == CRITERION_COUNT && parse_count(value, &x->number))
        return 0;
    if ((x->row->kind == CRITERION_SHARE || x->row->kind == CRITERION_RATIO) &&
        parse_fraction(value, x->row->kind == CRITERION_SHARE, &x->number))
        return 0;
    return bad_value(x->row, value, list, e);
}

static int parse_one(struct criterion *x, criteria_row_fn *rows, struct slice item,
                     const char *list, struct err *e)
{
    struct slice name = item, value;
    const char *nearest;
    char hint[300];
    size_t n = 0, op;

    while (n < item.len && !strchr("<>=!", item.data[n]))
        n++;
    name = blank_trim(slice_make(item.data, n));
    for (op = 0; n + op < item.len && op < 2 && strchr("<>=!", item.data[n + op]); op++)
        x->op[op] = (char)item.data[n + op];
    x->op[op] = '\0';
    value = blank_trim(slice_from(item, n + op));
    x->text = item;
    x->row = row_named(rows, name, &nearest);
    if (!x->row) {
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "\"%.*s\" is nothing that can be expected",
                QUOTED(name));
        list_rows(rows, hint, sizeof hint);
        mistake(e, list, name, NULL);
        if (nearest)
            err_hint(e, "did you mean %s?", nearest);
        else
            err_hint(e, "one of: %s", hint);
        return -1;
    }
    if (strcmp(x->op, "==") == 0)
        x->op[op = 1] = '\0';
    if (op == 0 || strcmp(x->op, "!") == 0 || (op == 2 && x->op[1] != '=')) {
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "%s needs a comparison: < <= = != >= >, and a value",
                x->row->name);
        return mistake(e, list, slice_make(item.data + n, 0), NULL);
    }
    return parse_value(x, value, list, e);
}

int criteria_parse(struct criteria *x, criteria_row_fn *rows, const char *text, struct err *e)
{
    struct slice list = slice_str(text), item;

    x->count = 0;
    if (list.len == 0) {
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "nothing is expected: the list is empty");
        return -1;
    }
    while (list_next(&list, &item)) {
        if (x->count == CRITERIA_MAX) {
            err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "more than %d expectations", CRITERIA_MAX);
            return mistake(e, text, item, NULL);
        }
        if (parse_one(&x->list[x->count], rows, item, text, e) < 0)
            return -1;
        x->count++;
    }
    return 0;
}

bool criterion_holds(const struct criterion *x, double number)
{
    switch (x->op[0]) {
    case '<':
        return x->op[1] ? number <= x->number : number < x->number;
    case '>':
        return x->op[1] ? number >= x->number : number > x->number;
    case '!':
        return number < x->number || number > x->number;
    default:
        return !(number < x->number || number > x->number);
    }
}

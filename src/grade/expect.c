#include "grade/expect.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/codec.h"
#include "base/nearest.h"
#include "grade/expect_private.h"
#include "proto/list.h"
#include "session/backoff.h"

/* --- reading ------------------------------------------------------------------------------------
 */

#define QUOTED(s) (int)((s).len < 60 ? (s).len : 60), (const char *)(s).data

static int mistake(struct err *e, const char *list, struct slice where, const char *hint)
{
    e->at = where.data ? (long)(where.data - (const uint8_t *)list) : 0;
    if (hint)
        err_hint(e, "%s", hint);
    return -1;
}

static const struct grade_expect_row *row_named(struct slice name, const char **nearest)
{
    const struct grade_expect_row *row;
    struct nearest n;

    nearest_begin(&n, (const char *)name.data, name.len);
    for (size_t i = 0; (row = grade_expect_row(i)) != NULL; i++) {
        if (slice_is(name, row->name))
            return row;
        nearest_offer(&n, row->name);
    }
    *nearest = n.word;
    return NULL;
}

/* The names of all rows, separated by blanks. */
static void list_rows(char *text, size_t size)
{
    const struct grade_expect_row *row;
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; (row = grade_expect_row(i)) != NULL && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? " " : "", row->name);
}

/* The i-th word that a row takes; NULL after the last. */
static const char *row_word(const struct grade_expect_row *row, size_t i)
{
    if (row->kind == EXPECT_WORD && !row->words)
        return backoff_preset_name(i);
    return row->words ? row->words[i] : NULL;
}

static const char *find_word(const struct grade_expect_row *row, struct slice value)
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

static int bad_value(const struct grade_expect_row *row, struct slice value, const char *list,
                     struct err *e)
{
    char words[160] = "";
    const char *word, *wants;
    size_t used = 0;

    for (size_t i = 0; (word = row_word(row, i)) != NULL && used < sizeof words; i++)
        used += (size_t)snprintf(words + used, sizeof words - used, "%s%s", i ? ", " : "", word);
    wants = row->kind == EXPECT_SPAN                ? "a duration (\"3s\", \"200ms\", \"0\")"
            : row->kind == EXPECT_COUNT && words[0] ? "a whole number or"
            : row->kind == EXPECT_COUNT             ? "a whole number"
                                                    : "one of:";
    err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "%s is compared with %s%s%s, not \"%.*s\"", row->name,
            wants, words[0] ? " " : "", words, QUOTED(value));
    return mistake(e, list, value, NULL);
}

static int parse_value(struct grade_expectation *x, struct slice value, const char *list,
                       struct err *e)
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
    if (x->row->kind == EXPECT_SPAN && duration_parse(value, &us) == 0) {
        x->number = (double)us;
        return 0;
    }
    if (x->row->kind == EXPECT_COUNT && parse_count(value, &x->number))
        return 0;
    return bad_value(x->row, value, list, e);
}

static int parse_one(struct grade_expectation *x, struct slice item, const char *list,
                     struct err *e)
{
    struct slice name = item, value;
    const char *nearest;
    char hint[300];
    size_t n = 0, op;

    while (n < item.len && !strchr("<>=!", item.data[n]))
        n++;
    name = list_trim(slice_make(item.data, n));
    for (op = 0; n + op < item.len && op < 2 && strchr("<>=!", item.data[n + op]); op++)
        x->op[op] = (char)item.data[n + op];
    x->op[op] = '\0';
    value = list_trim(slice_make(item.data + n + op, item.len - n - op));
    x->text = item;
    x->row = row_named(name, &nearest);
    if (!x->row) {
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "\"%.*s\" is nothing that can be expected",
                QUOTED(name));
        list_rows(hint, sizeof hint);
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

int grade_expect_parse(struct grade_expect *x, const char *text, struct err *e)
{
    struct slice list = slice_str(text), item;

    x->count = 0;
    if (list.len == 0) {
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "nothing is expected: the list is empty");
        return -1;
    }
    while (list_next(&list, &item)) {
        if (x->count == GRADE_EXPECT_MAX) {
            err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "more than %d expectations", GRADE_EXPECT_MAX);
            return mistake(e, text, item, NULL);
        }
        if (parse_one(&x->list[x->count], item, text, e) < 0)
            return -1;
        x->count++;
    }
    return 0;
}

/* --- checking -----------------------------------------------------------------------------------
 */

/* "yes" and "no" of jitter sum up its kinds. */
static bool word_fits(const char *wanted, const char *word)
{
    if (!word)
        return false;
    if (strcmp(wanted, word) == 0)
        return true;
    if (strcmp(wanted, "yes") == 0)
        return strcmp(word, "partial") == 0 || strcmp(word, "full") == 0;
    return strcmp(wanted, "no") == 0 && strcmp(word, "none") == 0;
}

static bool satisfies(const struct grade_expectation *x, const struct expect_value *v)
{
    /* A known way of waiting that is no preset's is not the one that is excluded. */
    if (!v->known)
        return false;
    if (x->word)
        return word_fits(x->word, v->word) == (x->op[0] == '=');
    switch (x->op[0]) {
    case '<':
        return x->op[1] ? v->number <= x->number : v->number < x->number;
    case '>':
        return x->op[1] ? v->number >= x->number : v->number > x->number;
    case '!':
        return v->number < x->number || v->number > x->number;
    default:
        return !(v->number < x->number || v->number > x->number);
    }
}

static void check_one(const struct grade_expectation *x, const struct grade_report *r,
                      struct grade_verdict *verdict)
{
    size_t values = 0, failed = 0, clients = x->row->of_all ? 1 : r->client_count;
    struct expect_value v;

    for (size_t c = 0; c < clients && r->client_count > 0; c++) {
        const struct grade_client_report *client = &r->clients[c];

        for (size_t i = 0; v = (struct expect_value){.known = false}, x->row->get(r, client, i, &v);
             i++) {
            values++;
            if (satisfies(x, &v) || failed++ > 0)
                continue;
            if (x->row->of_all)
                snprintf(verdict->reason, sizeof verdict->reason, "%s", v.evidence);
            else
                snprintf(verdict->reason, sizeof verdict->reason, "client %" PRIu32 ": %s",
                         client->client, v.evidence);
        }
    }
    if (failed > 1) {
        size_t used = strlen(verdict->reason);

        snprintf(verdict->reason + used, sizeof verdict->reason - used, " (and %zu more like it)",
                 failed - 1);
    }
    verdict->ok = values > 0 && failed == 0;
    if (r->client_count == 0)
        snprintf(verdict->reason, sizeof verdict->reason, "no client connected");
    else if (values == 0)
        snprintf(verdict->reason, sizeof verdict->reason, "%s", x->row->nothing);
}

size_t grade_expect_check(const struct grade_expect *x, const struct grade_report *r,
                          struct grade_verdict *verdicts)
{
    size_t failed = 0;

    for (size_t i = 0; i < x->count; i++) {
        verdicts[i] = (struct grade_verdict){.name = x->list[i].text};
        check_one(&x->list[i], r, &verdicts[i]);
        failed += !verdicts[i].ok;
    }
    return failed;
}

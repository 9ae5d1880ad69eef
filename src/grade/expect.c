#include "grade/expect.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "grade/expect_private.h"

static const struct criterion_row *row_at(size_t i)
{
    const struct grade_expect_row *row = grade_expect_row(i);

    return row ? &row->is : NULL;
}

int grade_expect_parse(struct criteria *x, const char *text, struct err *e)
{
    return criteria_parse(x, row_at, text, e);
}

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

static bool satisfies(const struct criterion *x, const struct expect_value *v)
{
    /* A known way of waiting that is no preset's is not the one that is excluded. */
    if (!v->known)
        return false;
    if (x->word)
        return word_fits(x->word, v->word) == (x->op[0] == '=');
    return criterion_holds(x, v->number);
}

static void check_one(const struct criterion *x, const struct grade_report *r,
                      struct grade_verdict *verdict)
{
    const struct grade_expect_row *row = (const struct grade_expect_row *)x->row;
    size_t values = 0, failed = 0, clients = row->of_all ? 1 : r->client_count;
    struct expect_value v;

    for (size_t c = 0; c < clients && r->client_count > 0; c++) {
        const struct grade_client_report *client = &r->clients[c];

        for (size_t i = 0; v = (struct expect_value){.known = false}, row->get(r, client, i, &v);
             i++) {
            values++;
            if (satisfies(x, &v) || failed++ > 0)
                continue;
            if (row->of_all)
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
        snprintf(verdict->reason, sizeof verdict->reason, "%s", row->nothing);
}

size_t grade_expect_check(const struct criteria *x, const struct grade_report *r,
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

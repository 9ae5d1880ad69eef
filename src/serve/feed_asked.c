#include "serve/feed_asked.h"

#include <stdio.h>

#include "base/codec.h"
#include "base/decimal.h"
#include "proto/excerpt.h"

/* The value of a query's first member of that name. */
static bool query_get(struct slice query, const char *name, struct slice *value)
{
    size_t len = strlen(name);

    while (query.len > 0) {
        const uint8_t *amp = memchr(query.data, '&', query.len);
        size_t n = amp ? (size_t)(amp - query.data) : query.len;

        if (n > len && query.data[len] == '=' && memcmp(query.data, name, len) == 0) {
            *value = slice_make(query.data + len + 1, n - len - 1);
            return true;
        }
        if (!amp)
            break;
        query = slice_make(amp + 1, query.len - n - 1);
    }
    return false;
}

/* Each read_ function returns false if it has refused the request. An empty number is treated as
 * missing: a client that has seen nothing yet has no number. */
static bool read_since(struct answer *a, struct slice query)
{
    struct slice text;
    struct excerpt x;

    if (!query_get(query, "since", &text) || text.len == 0)
        return true;
    if (decimal_read(text, UINT64_MAX, &a->since)) {
        a->has_since = true;
        return true;
    }
    pages_refuse(a, 400, "", "the last update's \"id\" that was seen, as in /feed?since=17");
    snprintf(a->text, sizeof a->text, "since is \"%s\", expected a whole number",
             excerpt_of(&x, text));
    return false;
}

/* What an EventSource sends when it comes back (the HTML standard, Last-Event-ID). Its URL is still
 * the old one, so this takes precedence over the query. */
static bool read_last_event(struct answer *a, const struct http1_head *head)
{
    const struct slice *id = http1_field(head, "Last-Event-ID");
    struct excerpt x;

    if (!id || id->len == 0)
        return true;
    if (decimal_read(*id, UINT64_MAX, &a->since)) {
        a->has_since = true;
        return true;
    }
    pages_refuse(a, 400, "", "the \"id\" of the last event that was seen");
    snprintf(a->text, sizeof a->text, "Last-Event-ID is \"%s\", expected a whole number",
             excerpt_of(&x, *id));
    return false;
}

static bool read_last(struct answer *a, struct slice query)
{
    struct slice text;
    struct excerpt x;

    if (!query_get(query, "last", &text) || text.len == 0)
        return true;
    if (decimal_read(text, UINT64_MAX, &a->last) && a->last > 0)
        return true;
    pages_refuse(a, 400, "", "how many of the latest updates, as in /feed.json?last=1");
    snprintf(a->text, sizeof a->text, "last is \"%s\", expected a whole number above 0",
             excerpt_of(&x, text));
    return false;
}

static bool read_wait(struct answer *a, struct slice query)
{
    struct slice text;
    struct excerpt x;

    if (!query_get(query, "wait", &text) || text.len == 0)
        return true;
    if (duration_parse(text, &a->wait_us) == 0) {
        if (a->wait_us > PAGES_WAIT_MAX_US)
            a->wait_us = PAGES_WAIT_MAX_US;
        return true;
    }
    pages_refuse(a, 400, "", "as in /feed.json?since=17&wait=30; at most 600 seconds");
    snprintf(a->text, sizeof a->text, "wait is \"%s\", expected seconds", excerpt_of(&x, text));
    return false;
}

void feed_asked_ws(struct answer *a, const struct http1_head *head, struct slice query)
{
    (void)head;
    read_since(a, query);
}

void feed_asked_sse(struct answer *a, const struct http1_head *head, struct slice query)
{
    if (read_since(a, query))
        read_last_event(a, head);
}

void feed_asked_json(struct answer *a, const struct http1_head *head, struct slice query)
{
    (void)head;
    if (read_since(a, query) && read_last(a, query))
        read_wait(a, query);
}

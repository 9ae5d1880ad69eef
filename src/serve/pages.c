#include "serve/pages.h"

#include <stdio.h>

#include "base/codec.h"
#include "base/decimal.h"
#include "proto/excerpt.h"
#include "proto/handshake.h"

struct slice pages_path(struct slice target, struct slice *query)
{
    const uint8_t *mark;

    *query = (struct slice){0};
    if (target.len > 0 && target.data[0] != '/') {
        const uint8_t *colon = memmem(target.data, target.len, "://", 3);
        const uint8_t *end = slice_end(target);
        const uint8_t *path = colon ? colon + 3 : end;

        while (path < end && *path != '/' && *path != '?')
            path++;
        if (colon && (path == end || *path == '?')) {
            /* RFC 9110, section 4.2.3: an empty path is "/". */
            if (path < end)
                *query = slice_make(path + 1, (size_t)(end - path) - 1);
            return slice_str("/");
        }
        target = slice_make(path, (size_t)(end - path));
    }
    mark = target.len > 0 ? memchr(target.data, '?', target.len) : NULL;
    if (mark) {
        size_t n = (size_t)(mark - target.data);

        *query = slice_make(mark + 1, target.len - n - 1);
        target.len = n;
    }
    return target;
}

void pages_refuse(struct answer *a, int status, const char *text, const char *hint)
{
    *a = (struct answer){.place = PLACE_PAGE, .status = status};
    snprintf(a->text, sizeof a->text, "%s", text);
    snprintf(a->hint, sizeof a->hint, "%s", hint);
}

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

/* An empty number is none: a client that has seen nothing yet has nothing to fill in. */
static void read_since(struct answer *a, struct slice query)
{
    struct slice text;
    struct excerpt x;

    if (!query_get(query, "since", &text) || text.len == 0)
        return;
    if (decimal_read(text, UINT64_MAX, &a->since)) {
        a->has_since = true;
        return;
    }
    pages_refuse(a, 400, "", "the last update's \"id\" that was seen, as in /feed?since=17");
    snprintf(a->text, sizeof a->text, "since is \"%s\", expected a whole number",
             excerpt_of(&x, text));
}

/* What an EventSource sends when it comes back (the HTML standard, Last-Event-ID). Its URL is still
 * the old one, so this counts before the query. */
static void read_last_event(struct answer *a, const struct http1_head *head)
{
    const struct slice *id = http1_field(head, "Last-Event-ID");
    struct excerpt x;

    if (!id || id->len == 0)
        return;
    if (decimal_read(*id, UINT64_MAX, &a->since)) {
        a->has_since = true;
        return;
    }
    pages_refuse(a, 400, "", "the \"id\" of the last event that was seen");
    snprintf(a->text, sizeof a->text, "Last-Event-ID is \"%s\", expected a whole number",
             excerpt_of(&x, *id));
}

static void read_last(struct answer *a, struct slice query)
{
    struct slice text;
    struct excerpt x;

    if (!query_get(query, "last", &text) || text.len == 0)
        return;
    if (decimal_read(text, UINT64_MAX, &a->last) && a->last > 0)
        return;
    pages_refuse(a, 400, "", "how many of the latest updates, as in /feed.json?last=1");
    snprintf(a->text, sizeof a->text, "last is \"%s\", expected a whole number above 0",
             excerpt_of(&x, text));
}

static void read_wait(struct answer *a, struct slice query)
{
    struct slice text;
    struct excerpt x;

    if (!query_get(query, "wait", &text) || text.len == 0)
        return;
    if (duration_parse(text, &a->wait_us) == 0) {
        if (a->wait_us > PAGES_WAIT_MAX_US)
            a->wait_us = PAGES_WAIT_MAX_US;
        return;
    }
    pages_refuse(a, 400, "", "as in /feed.json?since=17&wait=30; at most 600 are waited");
    snprintf(a->text, sizeof a->text, "wait is \"%s\", expected seconds", excerpt_of(&x, text));
}

/* RFC 6455, section 10.2. A client that is no browser sends no Origin; there is nothing to protect
 * from it that it could not forge. */
static bool origin_allowed(const struct pages *p, const struct http1_head *head)
{
    const struct slice *origin = http1_field(head, "Origin");

    if (p->origin_count == 0 || !origin)
        return true;
    if (http1_field_count(head, "Origin") != 1)
        return false;
    for (size_t i = 0; i < p->origin_count; i++) {
        if (slice_is_nocase(*origin, p->origins[i]))
            return true;
    }
    return false;
}

static enum place place_of(const struct pages *p, struct slice path)
{
    if (slice_is(path, "/echo") || (p->path && slice_is(path, p->path)))
        return PLACE_ECHO;
    return slice_is(path, "/feed") ? PLACE_FEED : PLACE_PAGE;
}

static enum place plain_place_of(struct slice path)
{
    if (slice_is(path, "/feed.sse"))
        return PLACE_STREAM;
    return slice_is(path, "/feed.json") ? PLACE_POLL : PLACE_PAGE;
}

static void not_found(struct answer *a, struct slice path, const char *what)
{
    struct excerpt x;

    pages_refuse(a, 404, "", "");
    snprintf(a->text, sizeof a->text, "there is no %s \"%s\" here", what, excerpt_of(&x, path));
    a->index = true;
}

static void refuse_origin(struct answer *a, const struct http1_head *head)
{
    struct excerpt x;

    pages_refuse(a, 403, "", "--allow-origin names the origins that may; it can be repeated");
    snprintf(a->text, sizeof a->text, "the origin \"%s\" may not connect to this server",
             excerpt_of(&x, *http1_field(head, "Origin")));
}

static void answer_upgrade(struct answer *a, const struct pages *p, const struct http1_head *head)
{
    struct slice query, path = pages_path(head->target, &query);

    a->place = place_of(p, path);
    if (a->place == PLACE_PAGE) {
        not_found(a, path, "WebSocket");
    } else if (!origin_allowed(p, head)) {
        refuse_origin(a, head);
    } else if (a->place == PLACE_FEED) {
        read_since(a, query);
    }
}

/* A body is not read here, so one that comes ends the connection. */
static bool persists(const struct http1_head *head)
{
    struct http1_body body;
    struct err e;

    return http1_persists(head) && http1_body_init(&body, head, false, &e) == 0 && body.done;
}

static void answer_feed(struct answer *a, const struct pages *p, const struct http1_head *head,
                        struct slice query)
{
    const struct slice *origin = http1_field(head, "Origin");

    if (!origin_allowed(p, head)) {
        refuse_origin(a, head);
        return;
    }
    if (origin)
        a->origin = *origin;
    a->keep = persists(head);
    read_since(a, query);
    if (a->place == PLACE_STREAM)
        read_last_event(a, head);
    if (a->place == PLACE_POLL)
        read_last(a, query);
    if (a->place == PLACE_POLL)
        read_wait(a, query);
}

static void answer_plain(struct answer *a, const struct pages *p, const struct http1_head *head)
{
    struct slice query, path = pages_path(head->target, &query);
    enum place place = plain_place_of(path);
    struct excerpt x;

    if (place != PLACE_PAGE && slice_is(head->method, "OPTIONS")) {
        a->place = PLACE_PREFLIGHT;
        answer_feed(a, p, head, (struct slice){0});
    } else if (!slice_is(head->method, "GET") && !slice_is(head->method, "HEAD")) {
        pages_refuse(a, 405, "", "");
        snprintf(a->text, sizeof a->text, "the method \"%s\" is not served here, only GET and HEAD",
                 excerpt_of(&x, head->method));
    } else if (head->minor > 0 && http1_field_count(head, "Host") != 1) {
        /* RFC 9112, section 3.2 */
        pages_refuse(a, 400, "the request must have one Host header", "");
    } else if (place != PLACE_PAGE) {
        a->place = place;
        answer_feed(a, p, head, query);
    } else if (!slice_is(path, "/") && place_of(p, path) != PLACE_PAGE) {
        pages_refuse(a, 426, "", "");
        snprintf(a->text, sizeof a->text,
                 "%s is a WebSocket, and the request did not ask for one (it has no \"Upgrade: "
                 "websocket\")",
                 excerpt_of(&x, path));
        a->index = true;
    } else if (!slice_is(path, "/")) {
        not_found(a, path, "page");
    } else {
        a->status = 200;
        a->index = true;
    }
}

void pages_answer(struct answer *a, const struct pages *p, const struct http1_head *head)
{
    struct err e;
    int status = 400;

    *a = (struct answer){.place = PLACE_PAGE};
    switch (handshake_request_check(head, &status, &e)) {
    case 0:
        answer_upgrade(a, p, head);
        break;
    case 1:
        answer_plain(a, p, head);
        break;
    default:
        pages_refuse(a, status, e.text, e.hint);
        break;
    }
    a->head_only = slice_is(head->method, "HEAD");
}

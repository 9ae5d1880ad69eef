#include "serve/pages.h"

#include <stdio.h>

#include "base/ascii.h"
#include "proto/excerpt.h"
#include "proto/handshake.h"
#include "serve/service.h"

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

bool pages_node_valid(const char *name)
{
    size_t len = strlen(name);

    for (const char *at = name; *at; at++) {
        if (!is_letter_or_digit((uint8_t)*at) && !strchr("._-", *at))
            return false;
    }
    return len > 0 && len <= PAGES_NODE_MAX;
}

void pages_refuse(struct answer *a, int status, const char *text, const char *hint)
{
    *a = (struct answer){.status = status};
    snprintf(a->text, sizeof a->text, "%s", text);
    snprintf(a->hint, sizeof a->hint, "%s", hint);
}

/* RFC 6455, section 10.2. A client that is not a browser sends no Origin, and could forge it:
 * nothing can be protected from it. */
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

/* What is reached by an upgrade there. */
static const struct service *socket_at(const struct pages *p, struct slice path)
{
    return p->path && slice_is(path, p->path) ? &service_echo : service_find(path, true);
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

    a->service = socket_at(p, path);
    if (!a->service)
        not_found(a, path, "WebSocket");
    else if (!origin_allowed(p, head))
        refuse_origin(a, head);
    else if (a->service->asked)
        a->service->asked(a, head, query);
}

/* A body is not read here, so one that comes ends the connection. */
static bool persists(const struct http1_head *head)
{
    struct http1_body body;
    struct err e;

    return http1_persists(head) && http1_body_init(&body, head, false, &e) == 0 && body.done;
}

static void answer_service(struct answer *a, const struct pages *p, const struct http1_head *head,
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
    if (!a->preflight && a->service->asked)
        a->service->asked(a, head, query);
}

static void answer_plain(struct answer *a, const struct pages *p, const struct http1_head *head)
{
    struct slice query, path = pages_path(head->target, &query);
    const struct service *service = service_find(path, false);
    struct excerpt x;

    if (service && slice_is(head->method, "OPTIONS")) {
        a->service = service;
        a->preflight = true;
        answer_service(a, p, head, query);
    } else if (!slice_is(head->method, "GET") && !slice_is(head->method, "HEAD")) {
        pages_refuse(a, 405, "", "");
        snprintf(a->text, sizeof a->text, "the method \"%s\" is not served here, only GET and HEAD",
                 excerpt_of(&x, head->method));
    } else if (head->minor > 0 && http1_field_count(head, "Host") != 1) {
        /* RFC 9112, section 3.2 */
        pages_refuse(a, 400, "the request must have one Host header", "");
    } else if (service) {
        a->service = service;
        answer_service(a, p, head, query);
    } else if (!slice_is(path, "/") && socket_at(p, path)) {
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

    *a = (struct answer){0};
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

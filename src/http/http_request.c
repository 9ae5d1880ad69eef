/*
 * http_request: from a URL to a request on its way: dialling where there is no connection to use,
 * the head, and where a redirect leads.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "http/http_private.h"
#include "http/redirect.h"
#include "net/idn.h"
#include "proto/request_head.h"
#include "proto/url_resolve.h"

#define FIELDS_OWN 8 /* in addition to those of the request and the user's, at most */

/* Show the request as it will be sent, byte for byte. */
static void report_request(struct http *h)
{
    struct event ev = {.kind = EVENT_REQUEST, .dir = DIR_OUT};
    struct http1_head head;
    size_t scanned = 0;
    struct err e;

    if (!http_wants(h, EVENT_REQUEST) ||
        http1_head_read(&head, HTTP1_REQUEST, buf_data(&h->outgoing), h->outgoing.len, &scanned,
                        &e) <= 0)
        return;
    ev.request = (struct event_request){
        .method = h->request.method,
        .target = head.target,
        .headers = head.fields,
        .header_count = head.field_count,
        .raw = head.raw,
    };
    h->hooks.report(h->ctx, &ev);
    http1_head_clear(&head);
}

static bool request_names(const struct http *h, const char *field)
{
    for (size_t i = 0; i < h->request.field_count; i++) {
        if (strcasecmp(h->request.fields[i].name, field) == 0)
            return true;
    }
    return false;
}

static void add_fields(struct http *h, struct request_head *r, const char *host, const char *length)
{
    const struct handshake_config *id = &h->identity;
    bool agent = id->user_agent && id->user_agent[0];

    request_head_add(r, "Host", host);
    request_head_add(r, "User-Agent", agent ? id->user_agent : NULL);
    for (size_t i = 0; i < h->request.field_count; i++)
        request_head_change(r, &h->request.fields[i]);
    if (id->deflate.enabled && !h->request.stream)
        request_head_add(r, "Accept-Encoding", "gzip, deflate");
    request_head_add(r, "Origin", id->origin);
    request_head_add(r, "Authorization", id->authorization);
    if (!request_names(h, "Cookie"))
        request_head_add(r, "Cookie", id->cookie);
    if (h->request.body.len > 0)
        request_head_add(r, "Content-Length", length);
    if (h->config.no_keepalive)
        request_head_add(r, "Connection", "close");
    for (size_t i = 0; i < id->header_count; i++)
        request_head_change(r, &id->headers[i]);
}

/* The head of an ordinary request to url. */
static int write_ordinary(struct http *h, const struct url *url, struct err *e)
{
    const char *target = !h->moved && h->request.target ? h->request.target : url->target;
    char *host = url_host_field(url);
    struct request_head r = {0};
    char length[32];
    int rc = -1;

    snprintf(length, sizeof length, "%zu", h->request.body.len);
    if (!host ||
        request_head_init(&r, FIELDS_OWN + h->request.field_count + h->identity.header_count) < 0) {
        err_nomem(e, STAGE_HANDSHAKE, "writing the request");
    } else {
        add_fields(h, &r, host, length);
        rc = request_head_write(&r, h->request.method, target, &h->outgoing, e);
    }
    request_head_clear(&r);
    free(host);
    return rc;
}

/* The Host field has the host as DNS knows it (RFC 9110, section 7.2; RFC 5891, section 4). */
static int write_head(struct http *h, struct err *e)
{
    struct handshake_config identity = h->identity;
    struct url url = *identity.url;
    int rc;

    url.host = idn_to_ascii(url.host, e);
    if (!url.host)
        return -1;
    identity.url = &url;
    if (h->request.upgrade)
        rc = upgrade_write(h->request.upgrade, &identity, &h->shared->supplies->rng, &h->outgoing,
                           e);
    else
        rc = write_ordinary(h, &url, e);
    free(url.host);
    return rc;
}

/* The connection is there. */
static int send_request(struct http *h, struct err *e)
{
    unsigned serial = h->serial;

    buf_reset(&h->outgoing);
    h->write_errnum = 0;
    if (write_head(h, e) < 0)
        return -1;
    report_request(h);
    if (h->serial != serial)
        return 0;
    if (h->request.body.len > 0 && buf_append_slice(&h->outgoing, h->request.body) < 0)
        return err_nomem(e, STAGE_HANDSHAKE, "writing the request");
    h->closed.requests++;
    h->requested_us = clock_mono_us();
    h->state = HTTP_HEAD;
    return 0;
}

static void on_dial_event(void *ctx, struct event *ev)
{
    struct http *h = ctx;

    if (h->hooks.report)
        h->hooks.report(h->ctx, ev);
}

static void on_dialled(void *ctx, struct link *link, const struct err *why)
{
    struct http *h = ctx;
    unsigned serial = h->serial;
    struct err e;

    h->dial = NULL;
    if (!link) {
        http_finish(h, why, false);
        return;
    }
    h->link = link;
    h->closed.connections++;
    h->elsewhere = h->withheld.elsewhere;
    if (http_watch_start(h, &e) < 0 || send_request(h, &e) < 0) {
        http_finish(h, &e, false);
        return;
    }
    if (h->serial != serial)
        return;
    http_write(h);
    http_watch(h);
}

/* An answer that no server gave takes the place of a connection: refusal_make_up's results. */
static int make_up_answer(struct http *h, struct err *e)
{
    int r = refusal_make_up(&h->in.bytes, h->config.fault, e);

    if (r == 1) {
        h->state = HTTP_HEAD;
        http_soon(h); /* by way of the loop, as everything that is reported */
    }
    return r;
}

static int dial(struct http *h, struct err *e)
{
    const struct url *url = h->identity.url;
    int made_up;

    h->target = (struct dial_target){
        .host = url->host,
        .zone = url->zone,
        .port = url->port,
        .socket_path = url->socket_path,
        .secure = url->scheme == URL_WSS,
        .fault = h->config.fault,
    };
    made_up = make_up_answer(h, e);
    if (made_up != 0)
        return made_up < 0 ? -1 : 0;
    if (http_shared_load(h->shared, &h->reach, &h->target, e) < 0)
        return -1;
    h->dial = dial_start(h->loop, &h->reach, &h->target, on_dial_event, on_dialled, h, e);
    if (!h->dial)
        return -1;
    h->state = HTTP_DIALING;
    return 0;
}

/* Of the time until the head; redirects and second tries share it. */
static uint64_t time_left_us(const struct http *h)
{
    uint64_t used = clock_mono_us() - h->began_us, limit = h->config.timeout_us;

    return limit == 0 ? 0 : used < limit ? limit - used : 1;
}

int http_send(struct http *h, struct err *e)
{
    http_limit(h, time_left_us(h));
    if (!h->link)
        return dial(h, e);
    h->used = true;
    if (send_request(h, e) < 0)
        return -1;
    http_watch(h); /* it is writable: the loop calls back, as the contract wants */
    return 0;
}

void http_write(struct http *h)
{
    while (h->outgoing.len > 0 && h->link) {
        ssize_t n = link_write(h->link, buf_data(&h->outgoing), h->outgoing.len, &h->link_error);

        if (n == LINK_AGAIN)
            return;
        if (n < 0) {
            /* Data that the server sent before it closed is more informative than EPIPE: let the
             * reading side find the end. */
            h->write_errnum = h->link_error.errnum;
            buf_reset(&h->outgoing);
            return;
        }
        buf_consume(&h->outgoing, (size_t)n);
        h->link_up += (uint64_t)n;
        h->last_out_us = clock_mono_us();
        if (h->outgoing.len == 0) {
            h->requested_us = h->last_out_us;
            if (h->request.hold)
                http_limit(h, 0);
        }
    }
}

void http_return(struct http *h)
{
    withheld_clear(&h->withheld);
    if (h->moved)
        url_clear(&h->here);
    h->moved = false;
    h->hops = 0;
    h->identity = *h->config.identity;
    h->reach = *h->config.dial;
}

/* RFC 9110, sections 15.4.2 to 15.4.4: the method after a redirect. */
static void change_method(struct http_request *r, int status)
{
    bool post = strcmp(r->method, "POST") == 0;
    bool safe = strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0;

    if ((status == 303 && !safe) || ((status == 301 || status == 302) && post)) {
        r->method = "GET";
        r->body = (struct slice){0};
    }
}

/* Say where it goes, without a query, which may hold secrets, and what is withheld there: of an
 * upgrade always, of other requests, which are repeated, once if anything is withheld. */
static void report_redirect(struct http *h)
{
    const char *withheld = h->withheld.names;
    struct event ev = {.kind = EVENT_NOTE};
    char text[256 + sizeof h->withheld.names];
    char *url;

    if (!h->hooks.report || (!h->request.upgrade && (h->withheld_reported || !withheld[0])))
        return;
    url = h->request.upgrade ? url_print(&h->here) : url_print_http(&h->here);
    if (!url)
        return;
    h->withheld_reported = true;
    url[strcspn(url, "?")] = '\0';
    snprintf(text, sizeof text, "redirected to %.200s%s%s", url,
             withheld[0] ? ", another origin; not sent there: " : "", withheld);
    free(url);
    ev.note = text;
    h->hooks.report(h->ctx, &ev);
}

/* Become what may be sent to the URL that is to be asked now, compared with where all of it was
 * meant for, not with the hop before. -1 with *e. */
static int take_identity(struct http *h, struct err *e)
{
    const struct url *home = h->config.identity->url;

    h->identity = *h->config.identity;
    h->identity.url = &h->here;
    if (!h->request.upgrade)
        h->identity.subprotocol_count = 0;
    h->reach = *h->config.dial;
    if (withhold(&h->withheld, &h->identity, home) < 0)
        return err_nomem(e, STAGE_HANDSHAKE, "following a redirect");
    if (!h->withheld.elsewhere)
        return 0;
    if (tls_forget_identity(&h->reach.tls))
        withheld_add(&h->withheld, "the client certificate");
    if (h->request.body.len > 0) {
        err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                "the server redirects to %.200s, another origin, which is not sent the request's "
                "body: not followed",
                h->here.host);
        err_hint(e, "to connect there anyway, give that URL itself");
        return -1;
    }
    return 0;
}

int http_follow(struct http *h, struct url *to, struct err *e)
{
    unsigned serial = h->serial;

    /* A WebSocket gets its own connection. */
    if (h->request.upgrade || !http_persists(h) || !url_same_origin(to, h->identity.url))
        http_drop(h);
    if (h->moved)
        url_clear(&h->here);
    h->here = *to;
    h->moved = true;
    h->hops++;
    change_method(&h->request, h->in.head.status);
    if (take_identity(h, e) < 0)
        return -1;
    report_redirect(h);
    if (h->serial != serial)
        return 0;
    http_answer_clear(h);
    return http_send(h, e);
}

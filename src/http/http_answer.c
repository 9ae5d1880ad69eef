/*
 * http_answer: the answer to a request, as its bytes come: heads, the body's framing and coding,
 * and how it may end (RFC 9112, sections 2 to 8).
 */
#include <stdlib.h>

#include "base/clock.h"
#include "http/http_private.h"
#include "http/redirect.h"
#include "proto/excerpt.h"

#define READ_BLOCK     (64 * 1024)
#define READS_PER_TURN 8

void http_answer_clear(struct http *h)
{
    gunzip_free(h->gunzip);
    h->gunzip = NULL;
    h->chewing = 0;
    h->scanned = 0;
    h->body_bytes = h->raw_bytes = 0;
    http1_head_clear(&h->head);
    memset(&h->framing, 0, sizeof h->framing);
    buf_reset(&h->incoming);
    buf_reset(&h->head_bytes);
    refusal_reset(&h->refusal);
    buf_trim(&h->incoming, READ_BLOCK);
}

uint64_t http_body_limit_us(const struct http *h)
{
    return h->request.hold || h->request.stream ? 0 : h->config.timeout_us;
}

static void fail(struct http *h, const struct err *e)
{
    http_finish(h, e, false);
}

/* RFC 9112, section 9.3. */
static bool persists(const struct http *h)
{
    if (h->config.no_keepalive || http1_has_token(&h->head, "Connection", "close"))
        return false;
    return h->head.minor > 0 || http1_has_token(&h->head, "Connection", "keep-alive");
}

/* The answer is complete: the connection may serve again if nothing else came behind it. */
static void complete(struct http *h)
{
    bool whole = h->framing.done && h->incoming.len == 0;

    http_finish(h, NULL, whole && h->framing.kind != HTTP1_BODY_EOF && persists(h));
}

static bool report_response(struct http *h, const struct http1_head *head,
                            struct event_response *response)
{
    struct event ev = {.kind = EVENT_RESPONSE, .dir = DIR_IN};
    unsigned serial = h->serial;

    ev.response = (struct event_response){
        .status = head->status,
        .reason = head->reason,
        .headers = head->fields,
        .header_count = head->field_count,
        .raw = head->raw,
        .body = buf_slice(&h->refusal.body),
        .body_cut = h->refusal.cut,
        .interim = head->status < 200,
        .followed =
            h->config.follow && redirect_status(head->status) && h->hops < h->config.max_redirects,
        .hint = "",
        .us = h->response_us,
    };
    *response = ev.response;
    if (h->hooks.report)
        h->hooks.report(h->ctx, &ev);
    return h->serial == serial;
}

/* --- the body --------------------------------------------------------------------------------- */

static void too_big(struct http *h)
{
    struct err e;

    err_set(&e, EXIT_TOO_BIG, STAGE_IO, 0,
            "the answer's body is longer than the %llu bytes that --max-message allows%s",
            (unsigned long long)h->request.max_body, h->gunzip ? " (decompressed)" : "");
    fail(h, &e);
}

/* Hand on a decoded piece. False if the exchange is over or waits. */
static bool hand_on(struct http *h, struct slice piece)
{
    unsigned serial = h->serial;

    if (h->request.max_body && piece.len > h->request.max_body - h->body_bytes) {
        too_big(h);
        return false;
    }
    h->body_bytes += piece.len;
    if (piece.len > 0 && h->hooks.body)
        h->hooks.body(h->ctx, piece);
    return h->serial == serial && !h->paused;
}

/* Hand on what gunzip makes of the piece it was fed. False as above. */
static bool chew(struct http *h)
{
    struct err e;
    long n;

    while ((n = gunzip_read(h->gunzip, h->inflated, HTTP_INFLATED)) > 0) {
        if (!hand_on(h, slice_make(h->inflated, (size_t)n)))
            return false;
    }
    if (n == GUNZIP_TOO_BIG) {
        too_big(h);
        return false;
    }
    if (n < 0) {
        if (n == GUNZIP_NOMEM)
            err_nomem(&e, STAGE_IO, "decompressing an answer");
        else
            err_set(&e, EXIT_UPGRADE, STAGE_IO, 0,
                    "the answer's Content-Encoding can't be decoded: %s, after %llu bytes",
                    gunzip_error(h->gunzip), (unsigned long long)h->body_bytes);
        fail(h, &e);
        return false;
    }
    buf_consume(&h->incoming, h->chewing);
    h->chewing = 0;
    return true;
}

static void body_done(struct http *h)
{
    struct err e;

    if (h->gunzip && !gunzip_complete(h->gunzip)) {
        err_set(&e, EXIT_UPGRADE, STAGE_IO, 0,
                "the answer is complete, but its compressed body ends in the middle, after %llu "
                "bytes of text",
                (unsigned long long)h->body_bytes);
        fail(h, &e);
        return;
    }
    complete(h);
}

void http_body(struct http *h)
{
    struct slice piece;
    struct err e;
    long used;

    if (h->paused || (h->chewing > 0 && !chew(h)))
        return;
    while (!h->framing.done && h->incoming.len > 0) {
        used = http1_body_read(&h->framing, buf_data(&h->incoming), h->incoming.len, &piece, &e);
        if (used < 0) {
            fail(h, &e);
            return;
        }
        if (used == 0)
            return;
        h->raw_bytes += piece.len;
        if (h->gunzip) {
            gunzip_feed(h->gunzip, piece.data, piece.len);
            h->chewing = (size_t)used;
            if (!chew(h))
                return;
        } else {
            /* Consumed first: the piece stays where it is until the next read. */
            buf_consume(&h->incoming, (size_t)used);
            if (!hand_on(h, piece))
                return;
        }
    }
    if (h->framing.done)
        body_done(h);
}

/* --- refusals --------------------------------------------------------------------------------- */

/* The body of an answer that is no success is complete, or as complete as it gets. */
void http_refused(struct http *h)
{
    struct event_response response;
    unsigned serial = h->serial;
    struct err e;

    if (!h->framing.done || h->refusal.cut)
        http_drop(h);
    if (!report_response(h, &h->head, &response))
        return;
    if (h->config.follow && redirect_status(h->head.status)) {
        /* The response points into what the next answer will replace, hence the copy inside. */
        if (http_follow(h, &response, &e) < 0)
            fail(h, &e);
        return;
    }
    if (h->hooks.head)
        h->hooks.head(h->ctx, &h->head, h->identity.url);
    if (h->serial == serial)
        complete(h);
}

static void read_refusal(struct http *h)
{
    if (refusal_read(&h->refusal, &h->framing, &h->incoming))
        http_refused(h);
}

/* --- heads ------------------------------------------------------------------------------------ */

/* RFC 9110, section 8.4. 0 or -1 with *e. */
static int coding_begin(struct http *h, struct err *e)
{
    const struct slice *coding = http1_field(&h->head, "Content-Encoding");
    struct excerpt x;
    enum gunzip_kind kind;

    if (!coding || coding->len == 0 || slice_is_nocase(*coding, "identity") ||
        h->framing.kind == HTTP1_BODY_NONE)
        return 0;
    if (!gunzip_kind_of(*coding, &kind)) {
        return err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                       "the answer's Content-Encoding is \"%s\", of which only gzip and deflate "
                       "are understood",
                       excerpt_of(&x, *coding));
    }
    if (!h->inflated)
        h->inflated = malloc(HTTP_INFLATED);
    h->gunzip = gunzip_new(kind, h->request.max_body);
    return h->inflated && h->gunzip ? 0 : err_nomem(e, STAGE_IO, "decompressing an answer");
}

static void begin_body(struct http *h)
{
    struct event_response response;
    unsigned serial = h->serial;
    struct err e;

    if (!report_response(h, &h->head, &response))
        return;
    if (coding_begin(h, &e) < 0) {
        fail(h, &e);
        return;
    }
    h->state = HTTP_BODY;
    http_limit(h, http_body_limit_us(h));
    if (h->hooks.head)
        h->hooks.head(h->ctx, &h->head, h->identity.url);
    if (h->serial == serial)
        http_body(h);
}

/* The final head is there. */
static void take_head(struct http *h, size_t len)
{
    bool head_only = strcmp(h->request.method, "HEAD") == 0;
    size_t scanned = 0;
    int status;
    struct err e;

    /* It must outlive the incoming bytes, which the body will move. */
    if (buf_append(&h->head_bytes, buf_data(&h->incoming), len) < 0 ||
        http1_head_read_within(&h->head, HTTP1_RESPONSE, h->config.dial->max_headers,
                               buf_data(&h->head_bytes), len, &scanned, &e) <= 0) {
        err_nomem(&e, STAGE_HANDSHAKE, "reading the answer");
        fail(h, &e);
        return;
    }
    buf_consume(&h->incoming, len);
    status = h->head.status;
    if (http1_body_init(&h->framing, &h->head, head_only, &e) < 0) {
        fail(h, &e);
    } else if (status == 304 || (status >= 200 && status < 300)) {
        begin_body(h);
    } else {
        h->state = HTTP_REFUSAL;
        http_limit(h, REFUSAL_MS * 1000);
        refusal_begin(&h->refusal, &h->head);
        read_refusal(h);
    }
}

static void read_head(struct http *h)
{
    struct event_response response;
    struct http1_head head;
    struct err e;
    bool goes_on;
    int status;
    long len;

    while ((len = http1_head_read_within(&head, HTTP1_RESPONSE, h->config.dial->max_headers,
                                         buf_data(&h->incoming), h->incoming.len, &h->scanned,
                                         &e)) > 0) {
        h->response_us = clock_mono_us() - h->requested_us;
        status = head.status;
        goes_on = status >= 200 || status == 101 || report_response(h, &head, &response);
        http1_head_clear(&head);
        if (!goes_on)
            return;
        if (status >= 200) {
            take_head(h, (size_t)len);
            return;
        }
        if (status == 101) {
            err_set(&e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                    "the server switched protocols (101), which nobody asked for");
            fail(h, &e);
            return;
        }
        /* 100, 103: the final one follows. */
        buf_consume(&h->incoming, (size_t)len);
        h->scanned = 0;
    }
    if (len < 0)
        fail(h, &e);
}

/* --- the stream's end ------------------------------------------------------------------------- */

/* May a request be sent again that the server may have seen? RFC 9110, section 9.2.2. */
static bool is_idempotent(const char *method)
{
    static const char *const methods[] = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"};

    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (strcmp(method, methods[i]) == 0)
            return true;
    return false;
}

static void ended_before_head(struct http *h, ssize_t result)
{
    const char *how = h->link->ended & LINK_GOT_RST ? "reset the connection" : "hung up";
    int errnum = result < 0 ? h->link_error.errnum : 0;
    struct err e;

    /* The server gave up a connection that it had kept while the request was on its way (RFC 9112,
     * section 9.3.1). */
    if (h->used && h->incoming.len == 0 && is_idempotent(h->request.method)) {
        http_drop(h);
        if (http_send(h, &e) < 0)
            fail(h, &e);
        return;
    }
    if (result < 0 && h->link_error.stage == STAGE_TLS)
        e = h->link_error;
    else if (h->incoming.len > 0)
        err_set(&e, EXIT_HANGUP, STAGE_HANDSHAKE, errnum,
                "the server %s in the middle of its answer's head, after %zu bytes of it", how,
                h->incoming.len);
    else
        err_set(&e, EXIT_HANGUP, STAGE_HANDSHAKE, errnum, "the server %s before it answered", how);
    fail(h, &e);
}

/* A body without a length ends with its connection. Over TLS that end is one only if it is signed:
 * anyone on the way can make up a FIN (RFC 9112, section 9.8). */
static bool is_unsigned_end(const struct http *h)
{
    return h->target.secure && (h->link->ended & LINK_GOT_CLOSE_NOTIFY) == 0;
}

static void ended_in_body(struct http *h, ssize_t result)
{
    const char *how = h->link->ended & LINK_GOT_RST ? "reset the connection" : "hung up";
    struct err e;

    if (h->framing.kind == HTTP1_BODY_EOF && result == 0 && is_unsigned_end(h)) {
        err_set(&e, EXIT_LOST, STAGE_IO, 0,
                "the server hung up without a TLS close_notify, after %llu bytes of an answer "
                "without a length: it may be cut off (RFC 9112, section 9.8)",
                (unsigned long long)h->raw_bytes);
        fail(h, &e);
        return;
    }
    if (h->framing.kind == HTTP1_BODY_EOF && result == 0) {
        body_done(h);
        return;
    }
    err_set(&e, EXIT_LOST, STAGE_IO, result < 0 ? h->link_error.errnum : 0,
            "the server %s in the middle of its answer, after %llu bytes of its body%s", how,
            (unsigned long long)h->raw_bytes,
            h->framing.kind == HTTP1_BODY_CHUNKED ? " and without the last chunk" : "");
    fail(h, &e);
}

static void stream_ended(struct http *h, ssize_t result)
{
    if (h->state == HTTP_HEAD)
        ended_before_head(h, result);
    else if (h->state == HTTP_REFUSAL)
        http_refused(h);
    else
        ended_in_body(h, result);
}

void http_take(struct http *h)
{
    if (h->state == HTTP_HEAD)
        read_head(h);
    else if (h->state == HTTP_REFUSAL)
        read_refusal(h);
    else
        http_body(h);
}

/* Reading makes room by moving what is there: gunzip may be busy with it. */
static bool reads(const struct http *h)
{
    return h->link && h->chewing == 0 && !(h->paused && h->state == HTTP_BODY);
}

void http_read(struct http *h)
{
    unsigned serial = h->serial;

    for (int i = 0; i < READS_PER_TURN && h->serial == serial && reads(h); i++) {
        size_t room = h->incoming.max - h->incoming.len;
        size_t want = room < READ_BLOCK ? room : READ_BLOCK;
        uint8_t *space = want > 0 ? buf_reserve(&h->incoming, want) : NULL;
        struct err e;
        ssize_t n;

        if (!space) {
            err_nomem(&e, STAGE_IO, "reading an answer");
            fail(h, &e);
            return;
        }
        n = link_read(h->link, space, want, &h->link_error);
        if (n == LINK_AGAIN)
            return;
        if (n <= 0) {
            stream_ended(h, n);
            return;
        }
        buf_filled(&h->incoming, (size_t)n);
        h->link_down += (uint64_t)n;
        h->last_in_us = clock_mono_us();
        if (h->state == HTTP_BODY)
            http_limit(h, http_body_limit_us(h));
        http_take(h);
    }
    if (h->serial == serial && reads(h))
        http_watch(h);
}

/*
 * http_answer: the answer to a request, as its bytes come: heads, refusals, the upgrade, and how
 * the stream may end (RFC 9112, sections 2 to 8).
 */
#include "base/clock.h"
#include "http/http_private.h"
#include "http/redirect.h"

#define READ_BLOCK     (64 * 1024)
#define READS_PER_TURN 8

void http_answer_clear(struct http *h)
{
    gunzip_free(h->gunzip);
    h->gunzip = NULL;
    h->chewing = false;
    h->body_bytes = h->raw_bytes = 0;
    http1_reader_reset(&h->in);
    refusal_reset(&h->refusal);
    buf_trim(&h->in.bytes, READ_BLOCK);
}

uint64_t http_body_limit_us(const struct http *h)
{
    return h->request.hold || h->request.stream ? 0 : h->config.timeout_us;
}

static void fail(struct http *h, const struct err *e)
{
    http_finish(h, e, false);
}

bool http_persists(const struct http *h)
{
    return h->in.body.done && h->in.bytes.len == 0 && !h->config.no_keepalive &&
           http1_persists(&h->in.head);
}

void http_complete(struct http *h)
{
    http_finish(h, NULL, http_persists(h));
}

/* False if the exchange is over. */
static bool report_response(struct http *h, bool followed)
{
    const struct http1_head *head = &h->in.head;
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
        .interim = head->status < 200 && head->status != 101,
        .followed = followed,
        .hint = "",
        .us = h->response_us,
    };
    if (h->hooks.report)
        h->hooks.report(h->ctx, &ev);
    return h->serial == serial;
}

/* --- refusals --------------------------------------------------------------------------------- */

/* The answer is a redirect: follow it, or fail for the reason not to. */
static void redirect(struct http *h)
{
    struct url to;
    struct err e;
    bool followed =
        redirect_next(&to, h->identity.url, &h->in.head, h->hops, h->config.max_redirects, &e) == 0;

    if (!report_response(h, followed)) {
        if (followed)
            url_clear(&to);
    } else if (!followed || http_follow(h, &to, &e) < 0) {
        fail(h, &e);
    }
}

void http_refused(struct http *h, bool whole)
{
    unsigned serial = h->serial;
    struct err e;

    refusal_end(&h->refusal, whole);
    if (!h->in.body.done || h->refusal.cut)
        http_drop(h);
    if (h->config.follow && redirect_status(h->in.head.status)) {
        redirect(h);
        return;
    }
    if (!report_response(h, false))
        return;
    if (h->request.upgrade) {
        upgrade_refused(&h->in.head, &e);
        fail(h, &e);
        return;
    }
    if (h->hooks.head)
        h->hooks.head(h->ctx, &h->in.head, h->identity.url);
    if (h->serial == serial)
        http_complete(h);
}

static void read_refusal(struct http *h)
{
    if (refusal_read(&h->refusal, &h->in))
        http_refused(h, true);
}

/* --- heads ------------------------------------------------------------------------------------ */

static void begin_body(struct http *h)
{
    unsigned serial = h->serial;
    struct err e;

    if (!report_response(h, false))
        return;
    if (http_coding_begin(h, &e) < 0) {
        fail(h, &e);
        return;
    }
    h->state = HTTP_BODY;
    http_limit(h, http_body_limit_us(h));
    if (h->hooks.head)
        h->hooks.head(h->ctx, &h->in.head, h->identity.url);
    if (h->serial == serial)
        http_body(h);
}

/* Is the final answer what was asked for? */
static bool is_success(const struct http *h)
{
    int status = h->in.head.status;

    return !h->request.upgrade && (status == 304 || (status >= 200 && status < 300));
}

static void begin_refusal(struct http *h)
{
    h->state = HTTP_REFUSAL;
    http_limit(h, REFUSAL_MS * 1000);
    refusal_begin(&h->refusal, &h->in.head);
    read_refusal(h);
}

/* The final head is there. */
static void take_head(struct http *h)
{
    bool head_only = strcmp(h->request.method, "HEAD") == 0, framed;
    struct err e;

    framed = http1_body_init(&h->in.body, &h->in.head, head_only, &e) == 0;
    if (framed && is_success(h)) {
        begin_body(h);
    } else if (is_success(h)) {
        fail(h, &e);
    } else {
        if (!framed) { /* a refusal is one without its body, too; where the next answer would
                          begin is unknown */
            h->in.body.done = true;
            http_drop(h);
        }
        begin_refusal(h);
    }
}

/* --- the upgrade ------------------------------------------------------------------------------ */

/* The head is a 101 that was asked for, and has been reported. */
static void upgrade(struct http *h)
{
    const struct http1_head *head = &h->in.head;
    struct upgrade *u = h->request.upgrade;
    unsigned serial = h->serial;
    struct event ev;
    struct err e;

    if (upgrade_check(u, &h->identity, head, &e) < 0) {
        fail(h, &e);
        return;
    }
    for (int rule = 0; rule < HANDSHAKE_RULES; rule++) {
        if (upgrade_breaks(u, (enum handshake_rule)rule, &h->identity, head, &ev, &e) &&
            h->hooks.report)
            h->hooks.report(h->ctx, &ev);
        if (h->serial != serial)
            return;
    }
    http_hand_over(h);
}

/* An answer of 1xx. True if another one follows it (100, 103). */
static bool take_interim(struct http *h)
{
    bool switches = h->in.head.status == 101;
    struct err e;

    if (switches && !h->request.upgrade) {
        err_set(&e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                "the server switched protocols (101) without being asked");
        fail(h, &e);
        return false;
    }
    if (!report_response(h, false))
        return false;
    if (switches)
        upgrade(h);
    else
        http1_reader_next(&h->in);
    return !switches;
}

static void read_head(struct http *h)
{
    struct err e;
    int r;

    while ((r = http1_reader_head(&h->in, &e)) > 0) {
        h->response_us = h->link ? clock_mono_us() - h->requested_us : 0; /* else it is simulated */
        if (h->in.head.status >= 200) {
            take_head(h);
            return;
        }
        if (!take_interim(h))
            return;
    }
    if (r < 0)
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
    int errnum = result < 0 ? h->link_error.errnum : h->write_errnum;
    struct err e;

    /* The server gave up a connection that it had kept while the request was on its way (RFC 9112,
     * section 9.3.1). */
    if (h->used && h->in.bytes.len == 0 && is_idempotent(h->request.method)) {
        http_drop(h);
        if (http_send(h, &e) < 0)
            fail(h, &e);
        return;
    }
    if (result < 0 && (h->link_error.stage == STAGE_TLS || (h->link->ended & LINK_BY_FAULT) != 0))
        e = h->link_error;
    else if (h->in.bytes.len > 0)
        err_set(&e, EXIT_HANGUP, STAGE_HANDSHAKE, errnum,
                "the server %s in the middle of its answer%s, after %zu bytes of it", how,
                h->request.upgrade ? " to the handshake" : "'s head", h->in.bytes.len);
    else
        err_set(&e, EXIT_HANGUP, STAGE_HANDSHAKE, errnum, "the server %s before it answered%s", how,
                h->request.upgrade ? " the handshake" : "");
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

    if (h->in.body.kind == HTTP1_BODY_EOF && result == 0 && is_unsigned_end(h)) {
        err_set(&e, EXIT_LOST, STAGE_IO, 0,
                "the server hung up without a TLS close_notify, after %llu bytes of an answer "
                "without a length: it may be cut off (RFC 9112, section 9.8)",
                (unsigned long long)h->raw_bytes);
        fail(h, &e);
        return;
    }
    if (h->in.body.kind == HTTP1_BODY_EOF && result == 0) {
        http_body_done(h);
        return;
    }
    err_set(&e, EXIT_LOST, STAGE_IO, result < 0 ? h->link_error.errnum : 0,
            "the server %s in the middle of its answer, after %llu bytes of its body%s", how,
            (unsigned long long)h->raw_bytes,
            h->in.body.kind == HTTP1_BODY_CHUNKED ? " and without the last chunk" : "");
    fail(h, &e);
}

static void stream_ended(struct http *h, ssize_t result)
{
    if (h->state == HTTP_HEAD)
        ended_before_head(h, result);
    else if (h->state == HTTP_REFUSAL)
        http_refused(h, h->in.body.kind == HTTP1_BODY_EOF && result == 0);
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
    return h->link && !h->chewing && !(h->paused && h->state == HTTP_BODY);
}

void http_read(struct http *h)
{
    unsigned serial = h->serial;

    for (int i = 0; i < READS_PER_TURN && h->serial == serial && reads(h); i++) {
        struct buf *bytes = &h->in.bytes;
        size_t room = bytes->max - bytes->len;
        size_t want = room < READ_BLOCK ? room : READ_BLOCK;
        uint8_t *space = want > 0 ? buf_reserve(bytes, want) : NULL;
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
        buf_filled(bytes, (size_t)n);
        h->link_down += (uint64_t)n;
        h->last_in_us = clock_mono_us();
        if (h->state == HTTP_BODY)
            http_limit(h, http_body_limit_us(h));
        http_take(h);
    }
    if (h->serial == serial && reads(h))
        http_watch(h);
}

/*
 * http_body: the body of an answer, out of its framing (RFC 9112, section 6) and its coding (RFC
 * 9110, section 8.4).
 */
#include <stdlib.h>

#include "http/http_private.h"
#include "proto/excerpt.h"

int http_coding_begin(struct http *h, struct err *e)
{
    const struct slice *coding = http1_field(&h->in.head, "Content-Encoding");
    struct excerpt x;
    enum gunzip_kind kind;

    if (!coding || coding->len == 0 || slice_is_nocase(*coding, "identity") ||
        h->in.body.kind == HTTP1_BODY_NONE)
        return 0;
    if (!gunzip_kind_of(*coding, &kind)) {
        return err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                       "the answer's Content-Encoding is \"%s\", only gzip and deflate are "
                       "supported",
                       excerpt_of(&x, *coding));
    }
    if (!h->inflated)
        h->inflated = malloc(HTTP_INFLATED);
    h->gunzip = gunzip_new(kind, h->request.max_body);
    return h->inflated && h->gunzip ? 0 : err_nomem(e, STAGE_IO, "decompressing an answer");
}

static void too_big(struct http *h)
{
    struct err e;

    err_set(&e, EXIT_TOO_BIG, STAGE_IO, 0,
            "the answer's body is longer than the %llu bytes that --max-message allows%s",
            (unsigned long long)h->request.max_body, h->gunzip ? " (decompressed)" : "");
    http_finish(h, &e, false);
}

/* Pass on a decoded piece. False if the exchange is over or waits. */
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

/* Pass on the output of gunzip for the piece it was fed. False as above. */
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
        http_finish(h, &e, false);
        return false;
    }
    h->chewing = false;
    return true;
}

void http_body_done(struct http *h)
{
    struct err e;

    if (h->gunzip && !gunzip_complete(h->gunzip)) {
        err_set(&e, EXIT_UPGRADE, STAGE_IO, 0,
                "the answer is complete, but its compressed body ends in the middle, after %llu "
                "bytes of text",
                (unsigned long long)h->body_bytes);
        http_finish(h, &e, false);
        return;
    }
    http_complete(h);
}

void http_body(struct http *h)
{
    struct slice raw, piece;
    struct err e;
    int r;

    if (h->paused || (h->chewing && !chew(h)))
        return;
    while ((r = http1_reader_body(&h->in, &raw, &piece, &e)) > 0) {
        h->raw_bytes += piece.len;
        if (h->gunzip) {
            gunzip_feed(h->gunzip, piece.data, piece.len);
            h->chewing = true;
            if (!chew(h))
                return;
        } else if (!hand_on(h, piece)) {
            return;
        }
    }
    if (r < 0)
        http_finish(h, &e, false);
    else if (h->in.body.done)
        http_body_done(h);
}

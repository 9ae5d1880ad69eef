#include "proto/http1_reader.h"

void http1_reader_init(struct http1_reader *r, enum http1_kind kind, size_t max_bytes,
                       size_t max_fields)
{
    *r = (struct http1_reader){.kind = kind, .max_fields = max_fields};
    buf_init(&r->bytes, max_bytes);
    buf_init(&r->head_bytes, HTTP1_HEAD_MAX);
}

void http1_reader_reset(struct http1_reader *r)
{
    http1_reader_next(r);
    buf_reset(&r->bytes);
}

void http1_reader_clear(struct http1_reader *r)
{
    http1_reader_next(r);
    buf_clear(&r->bytes);
}

void http1_reader_next(struct http1_reader *r)
{
    http1_head_clear(&r->head);
    r->body = (struct http1_body){0};
    r->status = 0;
    r->scanned = 0;
    buf_clear(&r->head_bytes);
}

/* The head is complete: copy it, because `bytes` moves. -1 with *e: out of memory. */
static int keep_head(struct http1_reader *r, size_t len, struct err *e)
{
    size_t scanned = 0;

    http1_head_clear(&r->head);
    if (buf_append(&r->head_bytes, buf_data(&r->bytes), len) < 0)
        return err_nomem(e, STAGE_HANDSHAKE, "reading an HTTP head");
    buf_consume(&r->bytes, len);
    return http1_head_read_within(&r->head, r->kind, r->max_fields, buf_data(&r->head_bytes), len,
                                  &scanned, e) > 0
               ? 0
               : -1;
}

int http1_reader_head(struct http1_reader *r, struct err *e)
{
    long len = http1_head_read_within(&r->head, r->kind, r->max_fields, buf_data(&r->bytes),
                                      r->bytes.len, &r->scanned, e);

    if (len == 0)
        return 0;
    r->status = r->head.too_large ? 431 : 400;
    if (len > 0 && keep_head(r, (size_t)len, e) == 0 &&
        (r->kind == HTTP1_RESPONSE || http1_request_check(&r->head, &r->body, e) == 0)) {
        r->status = 0;
        return 1;
    }
    if (e->code == EXIT_OTHER)
        r->status = 0;
    return -1;
}

int http1_reader_body(struct http1_reader *r, struct slice *raw, struct slice *piece, struct err *e)
{
    long used = http1_body_read(&r->body, buf_data(&r->bytes), r->bytes.len, piece, e);

    *raw = slice_make(buf_data(&r->bytes), used > 0 ? (size_t)used : 0);
    if (used <= 0)
        return (int)used;
    buf_consume(&r->bytes, (size_t)used);
    return 1;
}

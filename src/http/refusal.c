#include "http/refusal.h"

#include "base/clock.h"

#define PIECE (16 * 1024) /* bytes inflated at a time */

void refusal_init(struct refusal *r)
{
    *r = (struct refusal){0};
    buf_init(&r->body, REFUSAL_MAX);
}

void refusal_reset(struct refusal *r)
{
    gunzip_free(r->gunzip);
    r->gunzip = NULL;
    r->cut = false;
    buf_reset(&r->body);
}

void refusal_clear(struct refusal *r)
{
    refusal_reset(r);
    buf_clear(&r->body);
}

void refusal_begin(struct refusal *r, const struct http1_head *head)
{
    const struct slice *coding = http1_field(head, "Content-Encoding");
    enum gunzip_kind kind;

    refusal_reset(r);
    /* Without memory for it, or in another coding, the body is shown as it comes. */
    if (coding && gunzip_kind_of(*coding, &kind))
        r->gunzip = gunzip_new(kind, 0);
}

static void keep(struct refusal *r, struct slice piece)
{
    if (piece.len > REFUSAL_MAX - r->body.len) {
        piece.len = REFUSAL_MAX - r->body.len;
        r->cut = true;
    }
    if (buf_append_slice(&r->body, piece) < 0)
        r->cut = true;
}

static void take(struct refusal *r, struct slice piece)
{
    uint8_t inflated[PIECE];
    long n = 0;

    if (!r->gunzip) {
        keep(r, piece);
        return;
    }
    gunzip_feed(r->gunzip, piece.data, piece.len);
    while (!r->cut && (n = gunzip_read(r->gunzip, inflated, sizeof inflated)) > 0)
        keep(r, slice_make(inflated, (size_t)n));
    if (n < 0 && r->body.len == 0) { /* it is not compressed at all */
        gunzip_free(r->gunzip);
        r->gunzip = NULL;
        keep(r, piece);
    } else if (n < 0) {
        r->cut = true;
    }
}

bool refusal_read(struct refusal *r, struct http1_reader *in)
{
    struct slice raw, piece;
    struct err unused;
    int got = 1;

    while (!r->cut && (got = http1_reader_body(in, &raw, &piece, &unused)) > 0)
        take(r, piece);
    if (got < 0)
        r->cut = true;
    return in->body.done || r->cut;
}

void refusal_end(struct refusal *r, bool whole)
{
    if (!whole || (r->gunzip && r->body.len > 0 && !gunzip_complete(r->gunzip)))
        r->cut = true;
}

static int put_retry_after(struct buf *out, const struct fault_spec *status)
{
    if (!status->has_retry_after)
        return 0;
    return buf_printf(out, "Retry-After: %llu\r\n", (unsigned long long)status->retry_after);
}

int refusal_make_up(struct buf *out, struct fault_conn *fault, struct err *e)
{
    const struct fault_spec *status =
        fault ? fault_conn_dial(fault, FAULT_STATUS, clock_mono_us()) : NULL;

    if (!status)
        return 0;
    if (buf_printf(out, "HTTP/1.1 %u Made up by the fault status\r\n", status->code) < 0 ||
        put_retry_after(out, status) < 0 || buf_append_str(out, "Content-Length: 0\r\n\r\n") < 0)
        return err_nomem(e, STAGE_HANDSHAKE, "making up an answer");
    return 1;
}

/* A head and the body behind it. The first byte chooses: request or response, and how the rest is
 * cut into pieces. Reading in pieces must give what reading it whole gives. */
#include <assert.h>
#include <stdlib.h>

#include "base/buf.h"
#include "proto/http1.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
    long head;
    long body; /* bytes used, or -1 */
    bool done;
    struct buf content;
};

/* A copy of exactly n bytes, so that reading behind them is found. */
static uint8_t *copy_of(const uint8_t *bytes, size_t n)
{
    uint8_t *copy = malloc(n ? n : 1);

    if (!copy)
        abort();
    if (n > 0)
        memcpy(copy, bytes, n);
    return copy;
}

static void check_head(const struct http1_head *h, const uint8_t *bytes, size_t n)
{
    const uint8_t *end = bytes + n;

    assert(h->raw.data >= bytes && h->raw.data + h->raw.len == end);
    for (size_t i = 0; i < h->field_count; i++) {
        const struct field *f = &h->fields[i];

        assert(http1_is_token(f->name));
        assert(f->name.data >= bytes && f->name.data + f->name.len < end);
        /* One that was folded is the head's own. */
        if (f->value.data >= bytes && f->value.data < end)
            assert(f->value.data + f->value.len <= end);
        if (f->value.len > 0)
            assert(!memchr(f->value.data, '\r', f->value.len) &&
                   !memchr(f->value.data, '\n', f->value.len) &&
                   !memchr(f->value.data, '\0', f->value.len));
        http1_has_token(h, "Connection", "Upgrade");
    }
    if (h->kind == HTTP1_RESPONSE)
        assert(h->status >= 100 && h->status <= 999);
    else
        assert(http1_is_token(h->method) && h->target.len > 0);
}

static void check_err(const struct err *e)
{
    assert(e->code == EXIT_UPGRADE && e->stage == STAGE_HANDSHAKE && e->text[0]);
    for (const char *c = e->text; *c; c++)
        assert(*c >= ' ' && *c < 0x7f);
}

static void read_body(struct outcome *o, const struct http1_head *h, const uint8_t *bytes, size_t n,
                      size_t step)
{
    struct http1_body b;
    struct err e;
    size_t pos = 0;

    err_clear(&e);
    o->body = -1;
    if (http1_body_init(&b, h, false, &e) < 0) {
        check_err(&e);
        return;
    }
    while (pos < n && !b.done) {
        size_t len = step < n - pos ? step : n - pos;
        uint8_t *copy = copy_of(bytes + pos, len);
        struct slice piece;
        long used = http1_body_read(&b, copy, len, &piece, &e);

        if (used < 0)
            check_err(&e);
        else if (buf_append(&o->content, piece.data, piece.len) < 0)
            abort();
        free(copy);
        if (used < 0)
            return;
        assert(used > 0 && (size_t)used <= len);
        pos += (size_t)used;
    }
    o->body = (long)pos;
    o->done = b.done;
}

static void read_all(struct outcome *o, enum http1_kind kind, const uint8_t *bytes, size_t n,
                     size_t step)
{
    size_t seen = step < n ? step : n, scanned = 0;
    __attribute__((cleanup(http1_head_clear))) struct http1_head h = {0};
    struct err e;

    memset(o, 0, sizeof *o);
    buf_init(&o->content, SIZE_MAX / 2);
    err_clear(&e);
    for (;;) {
        uint8_t *copy = copy_of(bytes, seen);

        http1_head_clear(&h);
        o->head = http1_head_read(&h, kind, copy, seen, &scanned, &e);
        assert(o->head <= (long)seen && o->head <= HTTP1_HEAD_MAX);
        if (o->head > 0) {
            check_head(&h, copy, (size_t)o->head);
            read_body(o, &h, bytes + o->head, n - (size_t)o->head, step);
        }
        free(copy);
        if (o->head != 0 || seen == n)
            break;
        seen = step < n - seen ? seen + step : n;
    }
    if (o->head < 0)
        check_err(&e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct outcome whole, pieces;
    enum http1_kind kind;

    if (size < 1)
        return 0;
    kind = data[0] & 1 ? HTTP1_REQUEST : HTTP1_RESPONSE;
    read_all(&whole, kind, data + 1, size - 1, size);
    read_all(&pieces, kind, data + 1, size - 1, 1 + (data[0] >> 1) % 16u);
    assert(whole.head == pieces.head && whole.body == pieces.body && whole.done == pieces.done);
    if (whole.body >= 0)
        assert(slice_equal(buf_slice(&whole.content), buf_slice(&pieces.content)));
    buf_clear(&whole.content);
    buf_clear(&pieces.content);
    return 0;
}

/*
 * The bytes of a connection to the control API: what is accepted of them is within its bounds, and
 * what is refused has a status and a reason.
 */
#include <assert.h>

#include "proto/http1_reader.h"
#include "verb/proxy/control_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_request(const struct http1_head *head, struct slice body)
{
    struct control_request r;
    const char *allow;
    struct err e;

    if (control_request_read(&r, head, body, &allow, &e) < 0) {
        assert(e.text[0]);
        assert(e.status == 400 || e.status == 403 || e.status == 404 || e.status == 405);
        assert((e.status == 405) == (allow != NULL));
    } else {
        assert(!http1_field(head, "Origin"));
        assert(r.us <= (uint64_t)CONTROL_TIME_MAX * 1000000);
        assert(strlen(r.text) <= body.len && r.memory.len <= body.len);
        assert(r.what != CONTROL_INJECT || (r.conn > 0 && r.up != r.down));
        assert(r.what < CONTROL_FAULT || r.up || r.down);
        assert((r.what != CONTROL_FAULT && r.what != CONTROL_RULE) || body.len > 0);
    }
    control_request_clear(&r);
}

/* One request of the stream. False: no other follows. */
static bool take_request(struct http1_reader *in, struct buf *body)
{
    struct slice raw, piece;
    struct err e;
    int r;

    if (http1_reader_head(in, &e) != 1)
        return false;
    buf_reset(body);
    while ((r = http1_reader_body(in, &raw, &piece, &e)) == 1) {
        if (buf_append(body, piece.data, piece.len) < 0)
            return false;
    }
    if (r < 0 || !in->body.done)
        return false;
    check_request(&in->head, buf_slice(body));
    http1_reader_next(in);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http1_reader in;
    struct buf body;

    http1_reader_init(&in, HTTP1_REQUEST, HTTP1_HEAD_MAX + ((size_t)1 << 20), 0);
    buf_init(&body, CONTROL_BODY_MAX);
    if (buf_append(&in.bytes, data, size) == 0) {
        while (take_request(&in, &body))
            ;
    }
    http1_reader_clear(&in);
    buf_clear(&body);
    return 0;
}

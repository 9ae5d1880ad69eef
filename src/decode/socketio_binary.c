/*
 * socketio_binary: bytes among the arguments of a packet of text. On the wire they follow it as
 * messages of their own, and {"_placeholder":true,"num":N} is in their place.
 */
#include <stdio.h>

#include "base/codec.h"
#include "base/decimal.h"
#include "base/json_write.h"
#include "decode/json_pick.h"
#include "decode/msgpack.h"
#include "decode/socketio_packet.h"

struct pieces {
    struct slice from;
    size_t copied; /* bytes of `from` that are in `out`, or replaced there */
    struct buf out;
};

static int copy_until(struct pieces *p, size_t at)
{
    if (at > p->copied && buf_append(&p->out, p->from.data + p->copied, at - p->copied) != 0)
        return -1;
    p->copied = at;
    return 0;
}

/* What becomes of an object that begins with the searched member: 1: it was replaced in p->out; 0:
 * it stays, and is searched; -1: memory. */
typedef int replace_fn(void *ctx, struct pieces *p, size_t at, struct slice object);

/* Offer each object that begins with `opening` to `replace`. The result is in p->out. */
static int replace_all(struct pieces *p, const char *opening, replace_fn *replace, void *ctx)
{
    struct json_scan s;
    struct slice token;
    enum json_token kind;
    int rc;

    buf_init(&p->out, SIZE_MAX);
    json_scan_init(&s, p->from);
    while ((kind = json_scan_next(&s, &token)) > JSON_END) {
        size_t at = (size_t)(token.data - p->from.data);
        struct json_scan end = s;

        if (kind != JSON_OBJECT_OPEN ||
            !slice_begins(slice_make(token.data, p->from.len - at), opening) ||
            json_scan_skip(&end, kind) != 0)
            continue;
        rc = replace(ctx, p, at, slice_make(token.data, end.pos - at));
        if (rc < 0)
            return -1;
        if (rc > 0) {
            p->copied = end.pos;
            s = end;
        }
    }
    return copy_until(p, p->from.len);
}

/* --- in ----------------------------------------------------------------------------------------
 */

struct filling {
    const struct socketio_attachments *attachments;
    bool used[SOCKETIO_ATTACHMENTS_MAX]; /* each once, so that small packets stay small */
};

static int fill_one(void *ctx, struct pieces *p, size_t at, struct slice object)
{
    static const char *const names[] = {"_placeholder", "num"};
    struct filling *f = ctx;
    struct json_write w;
    struct slice m[2];
    size_t from = 0;
    uint64_t num;

    if (json_pick(object, names, m, 2) != 1 || !slice_is(m[0], "true") ||
        !decimal_read(m[1], SOCKETIO_ATTACHMENTS_MAX, &num) || num >= f->attachments->count ||
        f->used[num])
        return 0;
    f->used[num] = true;
    for (uint64_t i = 0; i < num; i++)
        from += f->attachments->sizes[i];
    if (copy_until(p, at) != 0)
        return -1;
    json_write_init(&w, &p->out);
    json_object_open(&w, NULL);
    json_base64(&w, "base64", slice_part(f->attachments->bytes, from, f->attachments->sizes[num]));
    json_object_close(&w);
    return w.failed ? -1 : 1;
}

int socketio_fill(struct decode_layer *l, struct slice data,
                  const struct socketio_attachments *attachments, struct slice *filled)
{
    struct pieces p = {.from = data};
    struct filling *f = arena_alloc(decode_arena(l), sizeof *f);
    char *text = NULL;

    if (!f)
        return -1;
    f->attachments = attachments;
    if (replace_all(&p, "{\"_placeholder\"", fill_one, f) == 0)
        text = arena_copy(decode_arena(l), buf_data(&p.out), p.out.len);
    *filled = slice_make(text, text ? p.out.len : 0);
    buf_clear(&p.out);
    return text ? 0 : -1;
}

/* --- out ---------------------------------------------------------------------------------------
 */

struct taking {
    struct buf bytes;
    size_t sizes[SOCKETIO_ATTACHMENTS_MAX];
    unsigned count;
};

static int take_one(void *ctx, struct pieces *p, size_t at, struct slice object)
{
    static const char *const names[] = {"base64"};
    struct taking *t = ctx;
    size_t before = t->bytes.len;
    struct slice m[1];
    long bad;

    if (t->count == SOCKETIO_ATTACHMENTS_MAX || json_pick(object, names, m, 1) != 1 ||
        !json_is_string(m[0]) || json_members(object) != 1)
        return 0;
    bad = base64_decode(&t->bytes, slice_inner(m[0]));
    if (bad != 0)
        return bad > 0 ? 0 : -1;
    if (copy_until(p, at) != 0 ||
        buf_printf(&p->out, "{\"_placeholder\":true,\"num\":%u}", t->count) != 0)
        return -1;
    t->sizes[t->count++] = t->bytes.len - before;
    return 1;
}

static int send_text(struct decode_layer *l, const struct socketio_packet *p, unsigned attachments,
                     struct slice data)
{
    bool is_root = slice_is(p->nsp, "/");
    int type = (int)p->type;
    char count[16] = "";
    struct slice text;

    if (attachments > 0) {
        type += SOCKETIO_BINARY_EVENT - SOCKETIO_EVENT;
        snprintf(count, sizeof count, "%u-", attachments);
    }
    text = decode_print(l, "%d%s%.*s%s%.*s%.*s", type, count, is_root ? 0 : (int)p->nsp.len,
                        p->nsp.data, is_root ? "" : ",", (int)p->id.len, p->id.data, (int)data.len,
                        data.data);
    return decode_send_text(l, text);
}

static int send_with_attachments(struct decode_layer *l, const struct socketio_packet *p,
                                 struct taking *t)
{
    struct pieces pieces = {.from = p->data};
    size_t at = 0;
    int rc = replace_all(&pieces, "{\"base64\"", take_one, t);

    if (rc == 0)
        rc = send_text(l, p, t->count, buf_slice(&pieces.out));
    buf_clear(&pieces.out);
    for (unsigned i = 0; i < t->count && rc == 0; at += t->sizes[i++])
        rc = decode_send(l, (struct decode_message){
                                OPCODE_BINARY, slice_part(buf_slice(&t->bytes), at, t->sizes[i])});
    return rc;
}

int socketio_send_text(struct decode_layer *l, const struct socketio_packet *p)
{
    struct taking *t;
    int rc;

    if (p->type != SOCKETIO_EVENT && p->type != SOCKETIO_ACK)
        return send_text(l, p, 0, p->data);
    t = arena_alloc(decode_arena(l), sizeof *t);
    if (!t)
        return -1;
    buf_init(&t->bytes, SIZE_MAX);
    rc = send_with_attachments(l, p, t);
    buf_clear(&t->bytes);
    return rc;
}

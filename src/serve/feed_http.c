#include "serve/feed_http.h"

#include <inttypes.h>
#include <stdio.h>

#include "proto/list.h"

/* How long a client of the stream waits before it comes back. */
#define RETRY_FIELD "retry: 1000\n\n"

void feed_http_etag(char etag[FEED_ETAG], const struct feed *f, struct feed_range range)
{
    snprintf(etag, FEED_ETAG, "\"%" PRIx64 "-%" PRIu64 "-%" PRIu64 "%s%s\"", (uint64_t)f->wall_us,
             range.first, range.last, f->node ? "-" : "", f->node ? f->node : "");
}

static bool is_weakly(struct slice item, const char *etag)
{
    if (item.len > 2 && item.data[0] == 'W' && item.data[1] == '/')
        item = slice_from(item, 2);
    return slice_is(item, etag);
}

bool feed_http_unchanged(const struct http1_head *request, const char *etag)
{
    for (size_t i = 0; i < request->field_count; i++) {
        struct slice list = request->fields[i].value, item;

        if (!slice_is_nocase(request->fields[i].name, "If-None-Match"))
            continue;
        /* Our tags contain no comma, so one that is split by it is not ours. */
        while (list_next(&list, &item)) {
            if (slice_is(item, "*") || is_weakly(item, etag))
                return true;
        }
    }
    return false;
}

uint64_t feed_http_array_len(const struct feed *f, struct feed_range range)
{
    uint64_t len = 3; /* "[", "]\n" */

    for (uint64_t id = range.first; id <= range.last; id++)
        len += feed_text_len(f, id) + (id > range.first ? 2 : 0);
    return len;
}

uint64_t feed_http_array(struct buf *out, struct feed *f, struct feed_range range, uint64_t next,
                         size_t limit)
{
    if (next == range.first && buf_append_str(out, "[") < 0)
        return 0;
    while (next <= range.last && (next == range.first || out->len <= limit)) {
        struct slice text = feed_text(f, next);

        if ((next > range.first && buf_append_str(out, ",\n") < 0) ||
            buf_append_slice(out, text) < 0)
            return 0;
        next++;
    }
    return next > range.last && buf_append_str(out, "]\n") < 0 ? 0 : next;
}

/* What was appended since `before` stays, or nothing of it. */
static int settle(struct buf *out, size_t before, bool failed)
{
    if (failed)
        out->len = before;
    return failed ? -1 : 0;
}

int feed_http_poll_head(struct buf *out, const struct pages *p, const struct answer *a, int status,
                        const char *etag, uint64_t length, int64_t now_us)
{
    size_t before = out->len;
    bool failed = pages_begin(out, p, status, now_us) < 0 || pages_cors(out, p, a) < 0 ||
                  buf_printf(out, "Cache-Control: no-cache\r\nETag: %s\r\n", etag) < 0;

    if (!failed && status != 304)
        failed = buf_printf(out,
                            "Content-Type: application/json\r\n"
                            "Content-Length: %" PRIu64 "\r\n",
                            length) < 0;
    failed =
        failed || buf_printf(out, "Connection: %s\r\n\r\n", a->keep ? "keep-alive" : "close") < 0;
    return settle(out, before, failed);
}

int feed_http_stream_head(struct buf *out, const struct pages *p, const struct answer *a,
                          int64_t now_us, size_t *head_len)
{
    size_t before = out->len;
    bool failed = pages_begin(out, p, 200, now_us) < 0 || pages_cors(out, p, a) < 0 ||
                  buf_append_str(out, "Content-Type: text/event-stream\r\n"
                                      "Cache-Control: no-store\r\n"
                                      /* nginx would gather events otherwise */
                                      "X-Accel-Buffering: no\r\n"
                                      "Connection: close\r\n"
                                      "\r\n") < 0;

    *head_len = out->len - before;
    if (!failed && !a->head_only)
        failed = buf_append_str(out, RETRY_FIELD) < 0;
    return settle(out, before, failed);
}

int feed_http_preflight(struct buf *out, const struct pages *p, const struct answer *a,
                        int64_t now_us)
{
    size_t before = out->len;
    bool failed = pages_begin(out, p, 204, now_us) < 0 || pages_cors(out, p, a) < 0 ||
                  buf_printf(out, "Allow: GET, HEAD, OPTIONS\r\nConnection: %s\r\n\r\n",
                             a->keep ? "keep-alive" : "close") < 0;

    return settle(out, before, failed);
}

int feed_http_event(struct buf *out, uint64_t id, struct slice text)
{
    size_t before = out->len;
    bool failed = buf_printf(out, "id: %" PRIu64 "\ndata: ", id) < 0 ||
                  buf_append_slice(out, text) < 0 || buf_append_str(out, "\n\n") < 0;

    return settle(out, before, failed);
}

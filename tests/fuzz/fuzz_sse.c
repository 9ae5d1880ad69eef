/*
 * Any stream of events: in pieces of any size it gives what it gives whole; events are UTF-8 and
 * within their bound.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "proto/sse.h"

#define DATA_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* All that comes of it, in bytes; *last is how it ended. */
static void run(struct slice stream, size_t step, struct buf *out, enum sse_result *last)
{
    struct sse_event ev;
    struct sse s;

    assert(sse_init(&s, DATA_MAX, NULL) == 0);
    *last = SSE_MORE;
    for (size_t i = 0; i < stream.len && *last == SSE_MORE; i += step) {
        sse_feed(&s, stream.data + i, stream.len - i < step ? stream.len - i : step);
        while ((*last = sse_next(&s, &ev)) > 0) {
            if (*last == SSE_RETRY) {
                assert(buf_printf(out, "~%llu", (unsigned long long)ev.retry_ms) == 0);
                continue;
            }
            assert(ev.data.len <= 3 * DATA_MAX && utf8_valid(ev.data.data, ev.data.len));
            assert(utf8_valid((const uint8_t *)ev.type, strlen(ev.type)));
            assert(utf8_valid((const uint8_t *)ev.id, strlen(ev.id)));
            assert(buf_printf(out, "%s#%s(", ev.type, ev.id) == 0);
            assert(buf_append(out, ev.data.data, ev.data.len) == 0);
        }
    }
    assert(sse_last_id(&s) != NULL);
    sse_clear(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t steps[] = {1, 2, 7};
    enum sse_result whole_end, end;
    struct buf whole, pieces;

    buf_init(&whole, SIZE_MAX / 2);
    run(slice_make(data, size), size ? size : 1, &whole, &whole_end);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        buf_init(&pieces, SIZE_MAX / 2);
        run(slice_make(data, size), steps[i], &pieces, &end);
        assert(end == whole_end);
        assert(slice_equal(buf_slice(&whole), buf_slice(&pieces)));
        buf_clear(&pieces);
    }
    buf_clear(&whole);
    return 0;
}

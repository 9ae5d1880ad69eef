/*
 * Any bytes of a Redis server: in pieces of any size they give the replies that they give whole;
 * values are within their bounds and form the tree that they claim.
 */
#include <assert.h>
#include <stdlib.h>

#include "redis/redis_url.h"
#include "redis/resp.h"

#define REPLY_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Checks and writes down a value with all below it; returns how many values that were. */
static size_t walk(const struct resp_value *v, struct buf *out, unsigned depth)
{
    size_t seen = 1;

    assert(depth <= RESP_DEPTH_MAX);
    assert(buf_printf(out, "%d %lld %zu(", (int)v->type, (long long)v->integer, v->count) == 0);
    assert(buf_append(out, v->text.data, v->text.len) == 0);
    for (size_t i = 0; i < v->count; i++) {
        assert(resp_element(v, i) == v + seen);
        seen += walk(v + seen, out, depth + 1);
    }
    assert(resp_element(v, v->count) == NULL);
    assert(buf_append(out, ")", 1) == 0);
    assert(seen == v->span);
    return seen;
}

/* All that comes of it; returns how it ended. */
static int run(struct slice stream, size_t step, struct buf *out)
{
    const struct resp_value *reply;
    struct resp_reader r;
    struct err e;
    int got = 0;

    resp_reader_init(&r, REPLY_MAX);
    for (size_t i = 0; i < stream.len && got == 0; i += step) {
        size_t n = stream.len - i < step ? stream.len - i : step;
        uint8_t *space = resp_reader_space(&r, n);

        assert(space);
        memcpy(space, stream.data + i, n);
        resp_reader_filled(&r, n);
        while ((got = resp_reader_next(&r, &reply, &e)) > 0)
            (void)walk(reply, out, 0);
    }
    if (got < 0)
        assert(e.code != EXIT_OK && e.text[0] && resp_reader_next(&r, &reply, &e) < 0);
    resp_reader_clear(&r);
    return got;
}

static void try_url(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    char name[64];
    struct redis_url url;
    struct err e;

    assert(text);
    memcpy(text, data, size);
    text[size] = '\0';
    if (redis_url_parse(&url, text, &e) == 0) {
        assert(url.host && url.port > 0 && (!url.user || url.password));
        redis_url_name(&url, name, sizeof name);
        redis_url_clear(&url);
    } else {
        assert(e.code == EXIT_USAGE && e.at >= -1 && e.at <= (long)size);
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t steps[] = {1, 2, 7};
    struct buf whole, pieces;
    int end;

    buf_init(&whole, SIZE_MAX / 2);
    end = run(slice_make(data, size), size ? size : 1, &whole);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        buf_init(&pieces, SIZE_MAX / 2);
        assert(run(slice_make(data, size), steps[i], &pieces) == end);
        assert(slice_equal(buf_slice(&whole), buf_slice(&pieces)));
        buf_clear(&pieces);
    }
    buf_clear(&whole);
    try_url(data, size);
    return 0;
}

/*
 * A head as it comes, and as a relay passes it on. The first byte chooses: request or response, and
 * how the relay is set. What is passed on must be one head that both sides read in the same way:
 * framed as the original was, without the fields that end at a proxy, and relayed once more it must
 * not change.
 */
#include <assert.h>
#include <stdlib.h>

#include "relay/head.h"

#define OUT_MAX ((size_t)4 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct handshake_header headers[] = {
    {.name = "X-Added", .value = "1"},
    {.name = "X-Removed", .value = "", .remove = true},
};

static struct head_config config_of(uint8_t choice)
{
    return (struct head_config){
        .host = "server.example",
        .origin = "https://server.example",
        .target = choice & 2 ? "/base/?key=1" : "/",
        .keep_host = (choice & 4) != 0,
        .headers = headers,
        .header_count = choice & 8 ? 2 : 0,
        .authorization = choice & 16 ? "Bearer x" : NULL,
        .cookie = choice & 32 ? "a=b" : NULL,
    };
}

static int relay(const struct head_config *config, const struct http1_head *h, struct buf *out)
{
    struct err e;

    if (h->kind == HTTP1_RESPONSE)
        return head_relay_response(h, out);
    if (head_relay_request(config, h, out, &e) == 0)
        return 0;
    assert(e.code == EXIT_UPGRADE && e.text[0]);
    return -1;
}

/* The head that was passed on, read by the one parser that there is. */
static void read_again(struct http1_head *h, enum http1_kind kind, const struct buf *bytes)
{
    size_t scanned = 0;
    struct err e;
    long n;

    err_clear(&e);
    n = http1_head_read(h, kind, buf_data(bytes), bytes->len, &scanned, &e);
    if (n < 0 && bytes->len > HTTP1_HEAD_MAX - 1024)
        return; /* what was added made it too long */
    assert(n == (long)bytes->len);
}

static void same_values(const struct http1_head *a, const struct http1_head *b, const char *name)
{
    const struct slice *x = http1_field(a, name), *y = http1_field(b, name);

    assert(http1_field_count(a, name) == http1_field_count(b, name));
    assert(!x || slice_equal(*x, *y));
}

/* Where the body ends, and whether there is a WebSocket, is the same for both. */
static void check_passed(const struct http1_head *from, const struct http1_head *to)
{
    static const char *const ending[] = {"Keep-Alive", "Proxy-Connection", "TE"};
    struct http1_body a, b;
    struct err e;

    assert(to->kind == from->kind && to->minor == from->minor);
    same_values(from, to, "Content-Length");
    same_values(from, to, "Transfer-Encoding");
    for (size_t i = 0; i < sizeof ending / sizeof ending[0]; i++)
        assert(http1_field_count(to, ending[i]) == 0);
    assert(http1_has_token(from, "Connection", "close") ==
           http1_has_token(to, "Connection", "close"));
    if (from->kind == HTTP1_REQUEST) {
        assert(slice_equal(from->method, to->method) && to->target.len > 0);
        assert(head_asks_for_websocket(from) == head_asks_for_websocket(to));
    } else {
        assert(from->status == to->status);
    }
    assert(http1_body_init(&a, from, false, &e) == http1_body_init(&b, to, false, &e));
}

static void relay_twice(const struct head_config *config, const struct http1_head *h)
{
    const struct head_config plain = {.host = "", .origin = "", .target = "/", .keep_host = true};
    __attribute__((cleanup(http1_head_clear))) struct http1_head passed = {0};
    struct buf once, again;

    buf_init(&once, OUT_MAX);
    buf_init(&again, OUT_MAX);
    if (relay(config, h, &once) == 0) {
        read_again(&passed, h->kind, &once);
        if (passed.raw.len > 0) {
            check_passed(h, &passed);
            assert(relay(&plain, &passed, &again) == 0);
            assert(slice_equal(buf_slice(&once), buf_slice(&again)));
        }
    }
    buf_clear(&once);
    buf_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    __attribute__((cleanup(http1_head_clear))) struct http1_head h = {0};
    struct head_config config;
    size_t scanned = 0;
    uint8_t *copy;
    struct err e;

    if (size < 1)
        return 0;
    copy = malloc(size);
    assert(copy);
    memcpy(copy, data + 1, size - 1);
    config = config_of(data[0]);
    err_clear(&e);
    if (http1_head_read(&h, data[0] & 1 ? HTTP1_REQUEST : HTTP1_RESPONSE, copy, size - 1, &scanned,
                        &e) > 0)
        relay_twice(&config, &h);
    free(copy);
    return 0;
}

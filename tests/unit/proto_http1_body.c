#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/buf.h"
#include "proto/http1.h"

#define BYTES(text) (const uint8_t *)(text), sizeof(text) - 1

/* A heap copy, so that a byte read behind the end is caught. */
static uint8_t *copy_of(const uint8_t *bytes, size_t n)
{
    uint8_t *copy = malloc(n ? n : 1);

    assert_non_null(copy);
    memcpy(copy, bytes, n);
    return copy;
}

static void head_of(struct http1_head *h, enum http1_kind kind, const char *text)
{
    size_t scanned = 0;
    struct err e;

    err_clear(&e);
    http1_head_clear(h);
    if (http1_head_read(h, kind, (const uint8_t *)text, strlen(text), &scanned, &e) <= 0)
        fail_msg("%s: %s", text, e.text);
}

static void check_framing(const char *head, bool head_only, enum http1_body_kind kind,
                          uint64_t left, bool done)
{
    __attribute__((cleanup(http1_head_clear))) struct http1_head h = {0};
    struct http1_body b;
    struct err e;

    err_clear(&e);
    head_of(&h, HTTP1_RESPONSE, head);
    if (http1_body_init(&b, &h, head_only, &e) < 0)
        fail_msg("%s: %s", head, e.text);
    assert_int_equal(b.kind, kind);
    assert_true(b.left == left);
    assert_int_equal(b.done, done);
}

static void check_framing_error(const char *head, const char *says)
{
    __attribute__((cleanup(http1_head_clear))) struct http1_head h = {0};
    struct http1_body b;
    struct err e;

    head_of(&h, HTTP1_RESPONSE, head);
    err_clear(&e);
    if (http1_body_init(&b, &h, false, &e) != -1)
        fail_msg("taken: %s", head);
    if (!strstr(e.text, says))
        fail_msg("%s: %s", head, e.text);
}

#define OK "HTTP/1.1 200 OK\r\n"

static void http1_body_init_follows_rfc_9112_section_6_3(void **state)
{
    (void)state;
    check_framing(OK "\r\n", false, HTTP1_BODY_EOF, 0, false);
    check_framing(OK "Content-Length: 5\r\n\r\n", false, HTTP1_BODY_LENGTH, 5, false);
    check_framing(OK "Content-Length: 0\r\n\r\n", false, HTTP1_BODY_LENGTH, 0, true);
    check_framing(OK "Content-Length: 005, 5\r\ncontent-length: 5\r\n\r\n", false,
                  HTTP1_BODY_LENGTH, 5, false);
    check_framing(OK "Content-Length: 18446744073709551615\r\n\r\n", false, HTTP1_BODY_LENGTH,
                  UINT64_MAX, false);
    check_framing(OK "Transfer-Encoding: Chunked\r\n\r\n", false, HTTP1_BODY_CHUNKED, 0, false);
    check_framing(OK "Content-Length: 5\r\n\r\n", true, HTTP1_BODY_NONE, 0, true);
    check_framing("HTTP/1.1 204 x\r\nContent-Length: 5\r\n\r\n", false, HTTP1_BODY_NONE, 0, true);
    check_framing("HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\n", false, HTTP1_BODY_NONE, 0, true);
    check_framing("HTTP/1.1 101 x\r\n\r\n", false, HTTP1_BODY_NONE, 0, true);

    check_framing_error(OK "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", "both");
    check_framing_error(OK "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", "contradicts");
    check_framing_error(OK "Content-Length: 5, 6\r\n\r\n", "contradicts");
    check_framing_error(OK "Content-Length: 5,\r\nContent-Length: \r\n\r\n", "not a length");
    check_framing_error(OK "Content-Length: -5\r\n\r\n", "not a length");
    check_framing_error(OK "Content-Length: +5\r\n\r\n", "not a length");
    check_framing_error(OK "Content-Length: 5x\r\n\r\n", "not a length");
    check_framing_error(OK "Content-Length: \r\n\r\n", "not a length");
    check_framing_error(OK "Content-Length: 18446744073709551616\r\n\r\n", "not a length");
    check_framing_error(OK "Transfer-Encoding: gzip, chunked\r\n\r\n", "gzip, chunked");
    check_framing_error(OK "Transfer-Encoding: chunked, chunked\r\n\r\n", "once");
    check_framing_error(OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
                        "once");
    check_framing_error(OK "Transfer-Encoding: xchunked\r\n\r\n", "xchunked");
    check_framing_error(OK "Transfer-Encoding: \r\n\r\n", "\"\"");
    check_framing_error("HTTP/1.0 200 x\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.0");
}

static void http1_body_init_knows_that_a_request_has_none_by_default(void **state)
{
    __attribute__((cleanup(http1_head_clear))) struct http1_head h = {0};
    struct http1_body b;
    struct err e;

    (void)state;
    head_of(&h, HTTP1_REQUEST, "GET / HTTP/1.1\r\n\r\n");
    assert_int_equal(http1_body_init(&b, &h, false, &e), 0);
    assert_int_equal(b.kind, HTTP1_BODY_NONE);
    assert_true(b.done);
    head_of(&h, HTTP1_REQUEST, "POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n");
    assert_int_equal(http1_body_init(&b, &h, false, &e), 0);
    assert_int_equal(b.kind, HTTP1_BODY_LENGTH);
}

/* Read a body in pieces that end at `split` and then every `step` bytes. Returns the bytes used, or
 * -1; the body's data goes to data. */
static long body_read(const char *head, const uint8_t *bytes, size_t n, size_t split, size_t step,
                      struct buf *data, bool *done, struct err *e)
{
    __attribute__((cleanup(http1_head_clear))) struct http1_head h = {0};
    struct http1_body b;
    size_t pos = 0, end = split;

    head_of(&h, HTTP1_RESPONSE, head);
    assert_int_equal(http1_body_init(&b, &h, false, e), 0);
    *done = b.done;
    while (pos < n && !b.done) {
        uint8_t *copy = copy_of(bytes + pos, end - pos);
        struct slice piece;
        long used = http1_body_read(&b, copy, end - pos, &piece, e);

        if (used >= 0)
            assert_int_equal(buf_append(data, piece.data, piece.len), 0);
        free(copy);
        *done = b.done;
        if (used < 0)
            return -1;
        /* Nothing is ever asked for twice. */
        assert_true(used > 0 || end == pos || b.done);
        pos += (size_t)used;
        if (pos == end)
            end = end + step < n ? end + step : n;
    }
    return (long)pos;
}

static void check_body(const char *head, const uint8_t *bytes, size_t n, long expected,
                       const char *content, bool done_expected)
{
    for (size_t split = 0; split <= n + 1; split++) {
        struct buf data;
        struct err e;
        bool done;
        long got;

        err_clear(&e);
        buf_init(&data, 1000);
        /* The last round is byte by byte. */
        got = split <= n ? body_read(head, bytes, n, split, n, &data, &done, &e)
                         : body_read(head, bytes, n, 0, 1, &data, &done, &e);
        if (got != expected)
            fail_msg("split %zu: %ld: %s", split, got, e.text);
        if (content)
            assert_true(slice_is(buf_slice(&data), content));
        if (got >= 0)
            assert_int_equal(done, done_expected);
        buf_clear(&data);
    }
}

#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"

static void http1_body_read_is_the_same_in_any_pieces(void **state)
{
    (void)state;
    check_body(OK "Content-Length: 5\r\n\r\n", BYTES("helloNEXT"), 5, "hello", true);
    check_body(OK "Content-Length: 5\r\n\r\n", BYTES("hel"), 3, "hel", false);
    check_body(OK "\r\n", BYTES("all of it"), 9, "all of it", false);
    check_body(OK "Content-Length: 0\r\n\r\n", BYTES("NEXT"), 0, "", true);
    check_body(CHUNKED, BYTES("5\r\nhello\r\n0\r\n\r\nNEXT"), 15, "hello", true);
    check_body(CHUNKED, BYTES("0000\r\n\r\n"), 8, "", true);
    check_body(CHUNKED,
               BYTES("A;x=\"y\" ; z\r\n0123456789\r\n1 \t;q\r\n!\r\n0 \r\nT: v\r\nU:\r\n\r\n"), 51,
               "0123456789!", true);
    check_body(CHUNKED, BYTES("00c\r\nhello\r\nworld\r\n"), 19, "hello\r\nworld", false);
    check_body(CHUNKED, BYTES("5\r\nhel"), 6, "hel", false);
}

static void http1_body_read_refuses_bad_chunks(void **state)
{
    static const char *const cases[] = {
        "\r\n",
        "x\r\n",
        "-1\r\n",
        "0x5\r\n",
        " 5\r\n",
        "5\nhello",
        "5\r5",
        "5 5\r\n",
        "5;a\nb",
        "5;a\rb",
        "5\r\nhelloX",
        "5\r\nhello\n",
        "5\r\nhello\rX",
        "fffffffffffffffff\r\n",
        "10000000000000000\r\n",
        "0\r\n\n",
        "0\r\n\rX",
        "0\r\n: x\r\n",
        "0\r\n x\r\n",
        "0\r\nA b\r\n",
        "0\r\nA\r\n",
        "0\r\nA: b\n",
        "0\r\nA: b\r\r",
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_body(CHUNKED, (const uint8_t *)cases[i], strlen(cases[i]), -1, NULL, false);
    check_body(CHUNKED, BYTES("5;\0\r\n"), -1, NULL, false);
    check_body(CHUNKED, BYTES("0\r\nA:\0\r\n"), -1, NULL, false);
}

/* Endless framing is refused: bytes `c` for ever behind a beginning. */
static void check_endless(const char *begin, char c, const char *says)
{
    size_t len = strlen(begin), n = HTTP1_HEAD_MAX + 1000;
    uint8_t *bytes = malloc(n);
    __attribute__((cleanup(http1_head_clear))) struct http1_head h = {0};
    struct http1_body b;
    struct slice piece;
    struct err e;

    assert_non_null(bytes);
    memcpy(bytes, begin, len);
    memset(bytes + len, c, n - len);
    head_of(&h, HTTP1_RESPONSE, CHUNKED);
    assert_int_equal(http1_body_init(&b, &h, false, &e), 0);
    assert_int_equal(http1_body_read(&b, bytes, n, &piece, &e), -1);
    assert_non_null(strstr(e.text, says));
    free(bytes);
}

static void http1_body_read_bounds_its_lines(void **state)
{
    (void)state;
    check_endless("", '0', "size line");
    check_endless("5;", 'x', "size line");
    check_endless("5 ", ' ', "size line");
    check_endless("0\r\n", 'x', "trailer");
    check_endless("0\r\nA:", 'x', "trailer");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http1_body_init_follows_rfc_9112_section_6_3),
        cmocka_unit_test(http1_body_init_knows_that_a_request_has_none_by_default),
        cmocka_unit_test(http1_body_read_is_the_same_in_any_pieces),
        cmocka_unit_test(http1_body_read_refuses_bad_chunks),
        cmocka_unit_test(http1_body_read_bounds_its_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Messages one after the other, in pieces of any size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "alloc.h"
#include "proto/http1_reader.h"

/* What came out: a line a head, the data of the bodies, and all that was taken, verbatim. */
struct seen {
    char heads[1000], data[200];
    uint8_t raw[2000];
    size_t raw_len;
    bool head_only; /* every request was HEAD */
};

static void take_head(struct seen *s, struct http1_reader *r)
{
    const struct http1_head *h = &r->head;
    size_t len = strlen(s->heads);
    struct err e;

    if (h->kind == HTTP1_REQUEST)
        snprintf(s->heads + len, sizeof s->heads - len, "%.*s %.*s\n", (int)h->method.len,
                 (const char *)h->method.data, (int)h->target.len, (const char *)h->target.data);
    else
        snprintf(s->heads + len, sizeof s->heads - len, "%d\n", h->status);
    memcpy(s->raw + s->raw_len, h->raw.data, h->raw.len);
    s->raw_len += h->raw.len;
    if (h->kind == HTTP1_RESPONSE)
        assert_int_equal(http1_body_init(&r->body, h, s->head_only, &e), 0);
}

/* Take what is there; true in the middle of a message. */
static bool take(struct seen *s, struct http1_reader *r, bool within)
{
    struct slice raw, piece;
    struct err e;
    int got;

    for (;;) {
        if (!within) {
            got = http1_reader_head(r, &e);
            assert_true(got >= 0);
            if (got == 0)
                return false;
            take_head(s, r);
        }
        while ((got = http1_reader_body(r, &raw, &piece, &e)) > 0) {
            memcpy(s->raw + s->raw_len, raw.data, raw.len);
            s->raw_len += raw.len;
            if (piece.len > 0)
                strncat(s->data, (const char *)piece.data, piece.len);
        }
        assert_int_equal(got, 0);
        within = !r->body.done;
        if (within)
            return true;
        http1_reader_next(r);
    }
}

static void append(struct http1_reader *r, const void *bytes, size_t n)
{
    assert_int_equal(buf_append(&r->bytes, bytes, n), 0);
}

/* In pieces of `step` bytes. What is left in r->bytes is the caller's to look at. */
static void read_all(struct seen *s, struct http1_reader *r, const char *bytes, size_t step)
{
    size_t n = strlen(bytes);
    bool within = false;

    for (size_t at = 0; at < n; at += step) {
        append(r, bytes + at, step < n - at ? step : n - at);
        within = take(s, r, within);
    }
}

static void requests_come_out_in_order_in_any_pieces(void **state)
{
    static const char bytes[] = "GET /a HTTP/1.1\r\nhOST:x\r\nX-b: 1\r\nx-A:  2 \r\n\r\n"
                                "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
                                "PUT /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                                "6;x=y\r\n, worl\r\n1\r\nd\r\n0\r\nTrailer: t\r\n\r\n"
                                "GET /d HTTP/1.1\r\nHost: x\r\n\r\n";
    size_t n = sizeof bytes - 1;

    (void)state;
    for (size_t step = 1; step <= n; step++) {
        struct http1_reader r;
        struct seen s = {0};

        http1_reader_init(&r, HTTP1_REQUEST, HTTP1_HEAD_MAX, 0);
        read_all(&s, &r, bytes, step);
        assert_string_equal(s.heads, "GET /a\nPOST /b\nPUT /c\nGET /d\n");
        assert_string_equal(s.data, "hello, world");
        assert_int_equal(s.raw_len, n);
        assert_memory_equal(s.raw, bytes, n);
        http1_reader_clear(&r);
    }
}

static void responses_end_where_their_requests_say(void **state)
{
    static const char bytes[] = "HTTP/1.1 100 Continue\r\n\r\n"
                                "HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n"
                                "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"
                                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
    static const char rest[] = "okHTTP/1.1 200 OK\r\n\r\nuntil the end";
    char whole[400];

    (void)state;
    snprintf(whole, sizeof whole, "%s%s", bytes, rest);
    for (size_t step = 1; step <= strlen(whole); step++) {
        struct http1_reader r;
        struct seen s = {0}, head_only = {.head_only = true};

        http1_reader_init(&r, HTTP1_RESPONSE, HTTP1_HEAD_MAX, 0);
        read_all(&s, &r, whole, step);
        assert_string_equal(s.heads, "100\n204\n304\n200\n200\n");
        assert_string_equal(s.data, "okuntil the end");
        assert_int_equal(r.body.kind, HTTP1_BODY_EOF);
        assert_int_equal(s.raw_len, strlen(whole));

        http1_reader_reset(&r);
        read_all(&head_only, &r, bytes, step);
        assert_string_equal(head_only.heads, "100\n204\n304\n200\n");
        assert_string_equal(head_only.data, "");
        http1_reader_clear(&r);
    }
}

static void what_follows_a_head_is_left_alone(void **state)
{
    struct http1_reader r;
    struct err e;

    (void)state;
    http1_reader_init(&r, HTTP1_REQUEST, HTTP1_HEAD_MAX, 0);
    append(&r, "\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n\x81\x80", 32);
    assert_int_equal(http1_reader_head(&r, &e), 1);
    assert_int_equal(r.bytes.len, 2);
    assert_memory_equal(buf_data(&r.bytes), "\x81\x80", 2);
    /* The head stays, wherever more bytes make the others move. */
    for (int i = 0; i < 60000; i++)
        append(&r, "y", 1);
    assert_true(slice_is(r.head.target, "/x"));
    assert_true(slice_is(*http1_field(&r.head, "host"), "a"));
    assert_null(buf_reserve(&r.bytes, HTTP1_HEAD_MAX));
    http1_reader_clear(&r);
}

static void check_refused(const char *bytes, size_t n, int status, bool shown)
{
    struct http1_reader r;
    struct err e;

    http1_reader_init(&r, HTTP1_REQUEST, HTTP1_HEAD_MAX, 0);
    append(&r, bytes, n);
    assert_int_equal(http1_reader_head(&r, &e), -1);
    assert_int_equal(r.status, status);
    assert_int_equal(r.head.raw.len > 0, shown);
    http1_reader_clear(&r);
}

static void a_request_that_is_refused_has_a_status(void **state)
{
    static const char two[] =
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n";
    static const char name[] = "GET / HTTP/1.1\r\nHost: a\r\nX Y: z\r\n\r\n";
    static char large[HTTP1_HEAD_MAX];
    int n = snprintf(large, sizeof large, "GET / HTTP/1.1\r\n");

    (void)state;
    check_refused(two, sizeof two - 1, 400, true);
    check_refused(name, sizeof name - 1, 400, false);
    for (int i = 0; i <= HTTP1_FIELDS_MAX; i++)
        n += snprintf(large + n, sizeof large - (size_t)n, "X: y\r\n");
    n += snprintf(large + n, sizeof large - (size_t)n, "\r\n");
    check_refused(large, (size_t)n, 431, false);
    memset(large, 'G', sizeof large);
    check_refused(large, sizeof large, 431, false);
}

static void without_memory_there_is_no_status(void **state)
{
    static const char bytes[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    (void)state;
    ALLOC_EACH({
        struct http1_reader r;
        struct err e;
        int got = 0;

        http1_reader_init(&r, HTTP1_REQUEST, HTTP1_HEAD_MAX, 0);
        if (buf_append(&r.bytes, bytes, sizeof bytes - 1) == 0)
            got = http1_reader_head(&r, &e);
        assert_int_equal(r.status, 0);
        assert_int_equal(got, got < 0 ? -1 : r.head.raw.len > 0);
        if (got < 0)
            assert_int_equal(e.code, EXIT_OTHER);
        http1_reader_clear(&r);
    });
}

static void check_fields(const char *version, const char *fields, bool persists, bool expects)
{
    struct http1_reader r;
    char text[200];
    struct err e;
    int n = snprintf(text, sizeof text, "POST / HTTP/%s\r\nHost: a\r\n%s\r\n", version, fields);

    http1_reader_init(&r, HTTP1_REQUEST, HTTP1_HEAD_MAX, 0);
    append(&r, text, (size_t)n);
    assert_int_equal(http1_reader_head(&r, &e), 1);
    assert_int_equal(http1_persists(&r.head), persists);
    assert_int_equal(http1_expects_continue(&r.head), expects);
    http1_reader_clear(&r);
}

static void a_head_says_whether_another_may_follow_and_what_it_expects(void **state)
{
    (void)state;
    check_fields("1.1", "", true, false);
    check_fields("1.1", "Connection: x, Close\r\n", false, false);
    check_fields("1.0", "", false, false);
    check_fields("1.0", "Connection: Keep-Alive\r\n", true, false);
    check_fields("1.0", "Connection: keep-alive, close\r\n", false, false);
    check_fields("1.1", "Expect: 100-Continue\r\n", true, true);
    check_fields("1.0", "Expect: 100-continue\r\n", false, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_come_out_in_order_in_any_pieces),
        cmocka_unit_test(responses_end_where_their_requests_say),
        cmocka_unit_test(what_follows_a_head_is_left_alone),
        cmocka_unit_test(a_request_that_is_refused_has_a_status),
        cmocka_unit_test(without_memory_there_is_no_status),
        cmocka_unit_test(a_head_says_whether_another_may_follow_and_what_it_expects),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

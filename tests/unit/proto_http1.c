#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

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

/* Read with more and more bytes: up to each `step`, then whole. Returns the last result. */
static long read_growing(struct http1_head *h, enum http1_kind kind, const uint8_t *bytes, size_t n,
                         size_t first, size_t step, struct err *e)
{
    size_t scanned = 0, seen = first < n ? first : n;

    for (;;) {
        uint8_t *copy = copy_of(bytes, seen);
        long got;

        http1_head_clear(h);
        got = http1_head_read(h, kind, copy, seen, &scanned, e);

        free(copy);
        if (got != 0 || seen == n)
            return got;
        seen = seen + step < n ? seen + step : n;
    }
}

/* The result whole, byte by byte and split at every offset must be the same. */
static void check_splits(enum http1_kind kind, const uint8_t *bytes, size_t n, long expected)
{
    __attribute__((cleanup(http1_head_clear))) struct http1_head h = {0};
    struct err e;

    err_clear(&e);
    if (read_growing(&h, kind, bytes, n, n, n, &e) != expected)
        fail_msg("%.*s: %s", (int)n, (const char *)bytes, e.text);
    assert_int_equal(read_growing(&h, kind, bytes, n, 0, 1, &e), expected);
    for (size_t split = 0; split <= n; split++)
        assert_int_equal(read_growing(&h, kind, bytes, n, split, n, &e), expected);
}

static void check_reject(enum http1_kind kind, const uint8_t *bytes, size_t n, const char *says)
{
    __attribute__((cleanup(http1_head_clear))) struct http1_head h = {0};
    size_t scanned = 0;
    struct err e;

    check_splits(kind, bytes, n, -1);
    err_clear(&e);
    assert_int_equal(http1_head_read(&h, kind, bytes, n, &scanned, &e), -1);
    assert_int_equal(e.code, EXIT_UPGRADE);
    assert_int_equal(e.stage, STAGE_HANDSHAKE);
    if (!strstr(e.text, says))
        fail_msg("expected \"%s\" in: %s", says, e.text);
    for (const char *c = e.text; *c; c++)
        assert_true(*c >= ' ' && *c < 0x7f);
}

static void http1_head_read_takes_a_response_apart(void **state)
{
    static const char text[] = "HTTP/1.1 101 Switching Protocols\r\n"
                               "Upgrade:websocket\r\n"
                               "connection: \t keep-alive, Upgrade \t\r\n"
                               "Empty:\r\n"
                               "Empty:  \r\n"
                               "\r\n"
                               "rest";
    __attribute__((cleanup(http1_head_clear))) struct http1_head h = {0};
    size_t scanned = 0;
    struct err e;

    (void)state;
    check_splits(HTTP1_RESPONSE, BYTES(text), sizeof text - 1 - 4);
    assert_int_equal(http1_head_read(&h, HTTP1_RESPONSE, BYTES(text), &scanned, &e),
                     sizeof text - 1 - 4);
    assert_int_equal(h.kind, HTTP1_RESPONSE);
    assert_int_equal(h.status, 101);
    assert_int_equal(h.minor, 1);
    assert_true(slice_is(h.reason, "Switching Protocols"));
    assert_int_equal(h.field_count, 4);
    assert_true(slice_is(h.fields[0].name, "Upgrade"));
    assert_true(slice_is(h.fields[0].value, "websocket"));
    assert_true(slice_is(h.fields[1].value, "keep-alive, Upgrade"));
    assert_true(slice_is(h.fields[3].value, ""));
    assert_ptr_equal(h.raw.data, text);
    assert_int_equal(h.raw.len, sizeof text - 1 - 4);
}

static void http1_head_read_takes_a_request_apart(void **state)
{
    static const char text[] = "\r\nGET /chat?a=b HTTP/1.1\r\nHost: a\r\n\r\n";
    __attribute__((cleanup(http1_head_clear))) struct http1_head h = {0};
    size_t scanned = 0;
    struct err e;

    (void)state;
    check_splits(HTTP1_REQUEST, BYTES(text), sizeof text - 1);
    assert_int_equal(http1_head_read(&h, HTTP1_REQUEST, BYTES(text), &scanned, &e),
                     sizeof text - 1);
    assert_true(slice_is(h.method, "GET"));
    assert_true(slice_is(h.target, "/chat?a=b"));
    assert_int_equal(h.minor, 1);
    assert_int_equal(h.field_count, 1);
    assert_ptr_equal(h.raw.data, text + 2);
}

static void http1_head_read_allows_lone_lf_in_responses_only(void **state)
{
    (void)state;
    check_splits(HTTP1_RESPONSE, BYTES("HTTP/1.1 200 OK\nA: b\n\n"), 22);
    check_splits(HTTP1_RESPONSE, BYTES("HTTP/1.1 200 OK\r\nA: b\n\r\nx"), 24);
    check_reject(HTTP1_REQUEST, BYTES("GET / HTTP/1.1\nHost: a\r\n\r\n"), "LF alone");
    check_reject(HTTP1_REQUEST, BYTES("GET / HTTP/1.1\r\nHost: a\n\r\n"), "LF alone");
}

static void http1_head_read_takes_common_status_lines(void **state)
{
    __attribute__((cleanup(http1_head_clear))) struct http1_head h = {0};
    size_t scanned = 0;
    struct err e;

    (void)state;
    check_splits(HTTP1_RESPONSE, BYTES("HTTP/1.1 404 \r\n\r\n"), 17);
    check_splits(HTTP1_RESPONSE, BYTES("HTTP/1.1 404\r\n\r\n"), 16);
    assert_int_equal(
        http1_head_read(&h, HTTP1_RESPONSE, BYTES("HTTP/1.0 999 \xc3\xa4 x\r\n\r\n"), &scanned, &e),
        21);
    assert_int_equal(h.minor, 0);
    assert_int_equal(h.status, 999);
    assert_int_equal(h.reason.len, 4);
    scanned = 0;
    http1_head_clear(&h);
    assert_int_equal(
        http1_head_read(&h, HTTP1_RESPONSE, BYTES("HTTP/1.7 100 x\r\n\r\n"), &scanned, &e), 18);
    assert_int_equal(h.minor, 1);
}

static void http1_head_read_refuses_malformed_start_lines(void **state)
{
    static const char *const responses[] = {
        "HTTP/1.1 99 x\r\n",   "HTTP/1.1 099 x\r\n", "HTTP/1.1 1000 x\r\n",
        "HTTP/1.1  200 x\r\n", "HTTP/1.1 2x0 x\r\n", "HTTP/1.x 200 x\r\n",
        "HTTP/1.11 200 x\r\n", "HTTP/1.\r\n",        "HTTP/1.1\r\n",
    };
    static const char *const requests[] = {
        "GET /\r\n",
        "GET  HTTP/1.1\r\n",
        "GET / /HTTP/1.1\r\n",
        "GET / http/1.1\r\n",
        "GET / HTTP/1.1 \r\n",
        "GET /a b HTTP/1.1\r\n",
        "GET /\x01 HTTP/1.1\r\n",
        "GET / HTTP/2.0\r\n",
        "GET / HTTP/1.10\r\n",
        "PRI * HTTP/2.0\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof responses / sizeof responses[0]; i++)
        check_reject(HTTP1_RESPONSE, (const uint8_t *)responses[i], strlen(responses[i]),
                     "RFC 9112, section 4");
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
        check_reject(HTTP1_REQUEST, (const uint8_t *)requests[i], strlen(requests[i]), "RFC 9112");
}

static void http1_head_read_refuses_malformed_fields(void **state)
{
    (void)state;
    check_reject(HTTP1_RESPONSE, BYTES("HTTP/1.1 200 x\r\nA : b\r\n"), "blank before its colon");
    check_reject(HTTP1_RESPONSE, BYTES("HTTP/1.1 200 x\r\nA\r\n"), "no colon");
    check_reject(HTTP1_RESPONSE, BYTES("HTTP/1.1 200 x\r\n: b\r\n"), "not a token");
    check_reject(HTTP1_RESPONSE, BYTES("HTTP/1.1 200 x\r\nA B: b\r\n"), "not a token");
    check_reject(HTTP1_RESPONSE, BYTES("HTTP/1.1 200 x\r\nA\x80: b\r\n"), "not a token");
    check_reject(HTTP1_RESPONSE, BYTES("HTTP/1.1 200 x\r\n A: b\r\n"), "continues no field");
    check_reject(HTTP1_RESPONSE, BYTES("HTTP/1.1 200 x\r\n \r\nA: b\r\n"), "continues no field");
    check_reject(HTTP1_REQUEST, BYTES("GET / HTTP/1.1\r\nA: b\r\n\tc\r\n"), "continues no field");
    check_reject(HTTP1_RESPONSE, BYTES("HTTP/1.1 200 x\r\nA: b\rc\r\n"), "CR without LF");
    check_reject(HTTP1_RESPONSE, BYTES("HTTP/1.1 200 x\r\nA: b\r\r\n"), "CR without LF");
    check_reject(HTTP1_RESPONSE, BYTES("HTTP/1.1 200 x\r\nA: b\0c\r\n"), "NUL");
    check_reject(HTTP1_REQUEST, BYTES("GET / HTTP/1.1\r\nA: b\0\r\n"), "NUL");
}

static void http1_head_read_unfolds_responses(void **state)
{
    static const char text[] = "HTTP/1.1 200 OK\r\n"
                               "A: b\r\n"
                               "B: c \t\r\n \t d\r\n\te,  f \r\n"
                               "C:\r\n x\n y\r\n"
                               "D: z\r\n  \t\r\n"
                               "E:\r\n \r\n"
                               "F: g\r\n\r\n";
    static const char *const want[] = {"b", "c d e,  f", "x y", "z", "", "g"};
    __attribute__((cleanup(http1_head_clear))) struct http1_head h = {0};
    size_t scanned = 0;
    struct err e;

    (void)state;
    check_splits(HTTP1_RESPONSE, BYTES(text), sizeof text - 1);
    assert_int_equal(http1_head_read(&h, HTTP1_RESPONSE, BYTES(text), &scanned, &e),
                     sizeof text - 1);
    assert_int_equal(h.field_count, 6);
    for (size_t i = 0; i < h.field_count; i++)
        assert_true(slice_is(h.fields[i].value, want[i]));
    assert_true(slice_is(h.raw, text));
}

static void http1_head_read_names_what_is_not_http(void **state)
{
    static const char settings[] = "\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64";

    (void)state;
    check_reject(HTTP1_RESPONSE, BYTES("\x15\x03\x03\x00\x02\x02\x46"), "\"\\x15\\x03\\x03");
    check_reject(HTTP1_RESPONSE, BYTES("\x15\x03\x03\x00\x02\x02\x46"), "TLS alert");
    check_reject(HTTP1_RESPONSE, BYTES("\x16\x03\x01"), "TLS");
    check_reject(HTTP1_RESPONSE, BYTES(settings), "looks like HTTP/2 (a SETTINGS frame)");
    check_reject(HTTP1_RESPONSE, BYTES("SSH-2.0-OpenSSH_9.2p1\r\n"),
                 "\"SSH-2.0-OpenSSH_9.2p1\\r\\n\", which is the banner of an SSH server");
    check_reject(HTTP1_RESPONSE, BYTES("220 mail ESMTP\r\n"), "SMTP or FTP");
    check_reject(HTTP1_RESPONSE, BYTES("+OK dovecot\r\n"), "POP3");
    check_reject(HTTP1_RESPONSE, BYTES("HTTP/2 200\r\n"), "HTTP/2");
    check_reject(HTTP1_RESPONSE, BYTES("HTTP/0.9 200\r\n"), "before 1.0");
    check_reject(HTTP1_RESPONSE, BYTES("\x81\x05hello"), "WebSocket frame");
    check_reject(HTTP1_RESPONSE,
                 BYTES("\x4a\x00\x00\x00\x0a"
                       "8.0.36\0"),
                 "MySQL");
    check_reject(HTTP1_RESPONSE, BYTES("<html>"), "without an HTTP head");
    check_reject(HTTP1_RESPONSE, BYTES("\x1b]52;c;x\x07\xc2\x9b"), "\\x1b]52;c;x\\x07\\xc2\\x9b");
    check_reject(HTTP1_RESPONSE, BYTES("\r\n"), "not HTTP");
    check_reject(HTTP1_RESPONSE, BYTES("http/1.1 200 OK\r\n"), "not HTTP");
    check_reject(HTTP1_REQUEST, BYTES("\x16\x03\x01\x02\x00\x01"), "TLS ClientHello");
    check_reject(HTTP1_REQUEST, BYTES("\r\n\r\n"), "not HTTP");
    check_reject(HTTP1_REQUEST, BYTES(" GET"), "not HTTP");
    check_reject(HTTP1_REQUEST, BYTES("GET\r\n"), "not HTTP");
}

static void http1_head_read_shows_only_the_beginning_of_garbage(void **state)
{
    uint8_t bytes[2000];
    __attribute__((cleanup(http1_head_clear))) struct http1_head h = {0};
    size_t scanned = 0;
    struct err e;

    (void)state;
    memset(bytes, 'x', sizeof bytes);
    assert_int_equal(http1_head_read(&h, HTTP1_RESPONSE, bytes, sizeof bytes, &scanned, &e), -1);
    assert_true(strlen(e.text) < 300);
    assert_non_null(strstr(e.text, "x...\""));
    scanned = 0;
    memset(bytes, 1, sizeof bytes);
    assert_int_equal(http1_head_read(&h, HTTP1_RESPONSE, bytes, sizeof bytes, &scanned, &e), -1);
    assert_true(strlen(e.text) < 300);
    assert_non_null(strstr(e.text, "\\x01...\""));
}

/* An endless head is cut off, whether it is one line or many. */
static void http1_head_read_bounds_the_head(void **state)
{
    static const char start[] = "HTTP/1.1 200 OK\r\nA: ";
    size_t n = HTTP1_HEAD_MAX, scanned = 0, from = sizeof start - 1;
    uint8_t *bytes = malloc(n + 10);
    __attribute__((cleanup(http1_head_clear))) struct http1_head h = {0};
    struct err e;

    (void)state;
    assert_non_null(bytes);
    memcpy(bytes, start, from);
    memset(bytes + from, 'a', n + 10 - from);
    assert_int_equal(http1_head_read(&h, HTTP1_RESPONSE, bytes, n - 1, &scanned, &e), 0);
    assert_int_equal(http1_head_read(&h, HTTP1_RESPONSE, bytes, n, &scanned, &e), -1);
    assert_non_null(strstr(e.text, "64 KiB"));
    scanned = 0;
    memcpy(bytes + n - 4, "\r\n\r\n", 4);
    assert_int_equal(http1_head_read(&h, HTTP1_RESPONSE, bytes, n + 10, &scanned, &e), n);
    scanned = 0;
    http1_head_clear(&h);
    memcpy(bytes + n - 4, "a\r\n\r\n", 5);
    assert_int_equal(http1_head_read(&h, HTTP1_RESPONSE, bytes, n + 10, &scanned, &e), -1);
    free(bytes);
}

static void http1_head_read_bounds_the_fields(void **state)
{
    char text[4096];
    size_t n = (size_t)snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\n"), scanned = 0;
    __attribute__((cleanup(http1_head_clear))) struct http1_head h = {0};
    struct err e;

    (void)state;
    for (int i = 0; i < HTTP1_FIELDS_MAX; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "F%d: x\r\n", i);
    memcpy(text + n, "\r\n", 2);
    assert_int_equal(http1_head_read(&h, HTTP1_RESPONSE, (uint8_t *)text, n + 2, &scanned, &e),
                     n + 2);
    assert_int_equal(h.field_count, HTTP1_FIELDS_MAX);
    memcpy(text + n, "G: x\r\n\r\n", 8);
    scanned = 0;
    http1_head_clear(&h);
    assert_int_equal(http1_head_read(&h, HTTP1_RESPONSE, (uint8_t *)text, n + 8, &scanned, &e), -1);
    assert_non_null(strstr(e.text, "200 fields"));
    for (size_t max = HTTP1_FIELDS_MAX; max < HTTP1_FIELDS_MAX + 3; max++) {
        scanned = 0;
        http1_head_clear(&h);
        assert_int_equal(http1_head_read_within(&h, HTTP1_RESPONSE, max, (uint8_t *)text, n + 8,
                                                &scanned, &e) > 0,
                         max > HTTP1_FIELDS_MAX);
    }
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

static void http1_fields_are_found_without_case(void **state)
{
    __attribute__((cleanup(http1_head_clear))) struct http1_head h = {0};

    (void)state;
    head_of(&h, HTTP1_RESPONSE,
            "HTTP/1.1 200 OK\r\nA: 1\r\na: 2\r\nList: x, ,Keep-Alive\t,\r\nLIST: upgrade\r\n\r\n");
    assert_true(slice_is(*http1_field(&h, "a"), "1"));
    assert_int_equal(http1_field_count(&h, "A"), 2);
    assert_null(http1_field(&h, "b"));
    assert_int_equal(http1_field_count(&h, "b"), 0);
    assert_true(http1_has_token(&h, "list", "keep-alive"));
    assert_true(http1_has_token(&h, "list", "Upgrade"));
    assert_true(http1_has_token(&h, "list", "X"));
    assert_false(http1_has_token(&h, "list", "keep"));
    assert_false(http1_has_token(&h, "list", "up"));
    assert_false(http1_has_token(&h, "b", "x"));
}

static int check_request(const char *version, const char *fields)
{
    __attribute__((cleanup(http1_head_clear))) struct http1_head h = {0};
    struct http1_body body;
    char text[400];
    struct err e;

    snprintf(text, sizeof text, "GET / HTTP/%s\r\n%s\r\n", version, fields);
    head_of(&h, HTTP1_REQUEST, text);
    err_clear(&e);
    if (http1_request_check(&h, &body, &e) == 0)
        return 0;
    assert_non_null(strstr(e.text, "(RFC 91"));
    return -1;
}

static void http1_request_check_wants_one_host(void **state)
{
    static const char *const good[] = {
        "",          "x",           "x:80",    "x:",      "[::1]:9001",   "[::1]",
        "1.2.3.4:5", "a_b.example", "xn--e1a", "%C3%A4x", "[v1.fe:1]:443"};
    static const char *const bad[] = {"x y",  "x/y", "u@x",   "x:80a", "x:8:0", "[::1",
                                      "[]:1", "::1", "x\xc3", "x#",    "x?",    "a,b c"};
    char field[64];

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        snprintf(field, sizeof field, "Host: %s\r\n", good[i]);
        if (check_request("1.1", field) < 0)
            fail_msg("%s", good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(field, sizeof field, "Host: %s\r\n", bad[i]);
        if (check_request("1.1", field) == 0)
            fail_msg("%s", bad[i]);
    }
    assert_int_equal(check_request("1.1", ""), -1);
    assert_int_equal(check_request("1.0", ""), 0);
    assert_int_equal(check_request("1.1", "Host: x\r\nHost: x\r\n"), -1);
    assert_int_equal(check_request("1.0", "Host: x\r\nHost: x\r\n"), -1);
}

static void http1_request_check_refuses_what_may_be_smuggled(void **state)
{
    static const char *const bad[] = {
        "Content-Length: x",
        "Content-Length: -1",
        "Content-Length: +1",
        "Content-Length:",
        "Content-Length: 1, 2",
        "Content-Length: 1\r\nContent-Length: 2",
        "Content-Length: 99999999999999999999999",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 0",
        "X: a\x01",
        "X: a\x7f",
        "X: \x1b[2J",
    };
    char fields[200];

    (void)state;
    assert_int_equal(check_request("1.1", "Host: x\r\nContent-Length: 0\r\nX: a\tb\xff\r\n"), 0);
    assert_int_equal(check_request("1.1", "Host: x\r\nTransfer-Encoding: Chunked\r\n"), 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(fields, sizeof fields, "Host: x\r\n%s\r\n", bad[i]);
        if (check_request("1.1", fields) == 0)
            fail_msg("%s", bad[i]);
    }
}

static void http1_is_token_knows_tchar(void **state)
{
    (void)state;
    assert_true(http1_is_token(slice_str("!#$%&'*+-.^_`|~09azAZ")));
    assert_false(http1_is_token(slice_str("")));
    for (const char *c = "\"(),/:;<=>?@[\\]{} \t\x7f\x80\x01"; *c; c++)
        assert_false(http1_is_token(slice_make(c, 1)));
    assert_false(http1_is_token(slice_make("\0", 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http1_head_read_takes_a_response_apart),
        cmocka_unit_test(http1_head_read_takes_a_request_apart),
        cmocka_unit_test(http1_head_read_allows_lone_lf_in_responses_only),
        cmocka_unit_test(http1_head_read_takes_common_status_lines),
        cmocka_unit_test(http1_head_read_refuses_malformed_start_lines),
        cmocka_unit_test(http1_head_read_refuses_malformed_fields),
        cmocka_unit_test(http1_head_read_unfolds_responses),
        cmocka_unit_test(http1_head_read_names_what_is_not_http),
        cmocka_unit_test(http1_head_read_shows_only_the_beginning_of_garbage),
        cmocka_unit_test(http1_head_read_bounds_the_head),
        cmocka_unit_test(http1_head_read_bounds_the_fields),
        cmocka_unit_test(http1_fields_are_found_without_case),
        cmocka_unit_test(http1_request_check_wants_one_host),
        cmocka_unit_test(http1_request_check_refuses_what_may_be_smuggled),
        cmocka_unit_test(http1_is_token_knows_tchar),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

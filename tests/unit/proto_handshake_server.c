#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/sha.h>
#include <stdio.h>

#include "proto/handshake.h"

#define SAMPLE_KEY    "dGhlIHNhbXBsZSBub25jZQ=="
#define SAMPLE_ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

#define UPGRADE    "Upgrade: websocket\r\n"
#define CONNECTION "Connection: Upgrade\r\n"
#define REQUEST    "GET / HTTP/1.1\r\n"
#define HOST       "Host: a\r\n"
#define KEY        "Sec-WebSocket-Key: " SAMPLE_KEY "\r\n"
#define VERSION    "Sec-WebSocket-Version: 13\r\n"

static void sha1(const uint8_t *bytes, size_t n, uint8_t digest[20])
{
    SHA1(bytes, n, digest);
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

static void check_server(const char *text, int result, int status, const char *says)
{
    __attribute__((cleanup(http1_head_clear))) struct http1_head h = {0};
    struct err e;
    int got, code = 0;

    head_of(&h, HTTP1_REQUEST, text);
    err_clear(&e);
    got = handshake_request_check(&h, &code, &e);
    if (got != result || code != status || !strstr(e.text, says))
        fail_msg("%s: %d, status %d: %s", text, got, code, e.text);
}

static void handshake_request_check_follows_section_4_2_1(void **state)
{
    (void)state;
    check_server(REQUEST HOST UPGRADE CONNECTION KEY VERSION "\r\n", 0, 0, "");
    check_server(REQUEST HOST "upgrade: h2c, WebSocket\r\nconnection: x, upgrade\r\n" KEY VERSION
                              "\r\n",
                 0, 0, "");
    check_server(REQUEST HOST "\r\n", 1, 0, "");
    check_server(REQUEST HOST "Upgrade: h2c\r\n\r\n", 1, 0, "");
    check_server("POST / HTTP/1.1\r\n" HOST UPGRADE CONNECTION KEY VERSION "\r\n", -1, 405, "POST");
    check_server("GET / HTTP/1.0\r\n" HOST UPGRADE CONNECTION KEY VERSION "\r\n", -1, 400,
                 "HTTP/1.0");
    check_server(REQUEST UPGRADE CONNECTION KEY VERSION "\r\n", -1, 400, "0 Host");
    check_server(REQUEST HOST HOST UPGRADE CONNECTION KEY VERSION "\r\n", -1, 400, "2 Host");
    check_server(REQUEST HOST UPGRADE KEY VERSION "\r\n", -1, 400, "Connection");
    check_server(REQUEST HOST UPGRADE CONNECTION KEY "\r\n", -1, 426, "missing");
    check_server(REQUEST HOST UPGRADE CONNECTION KEY "Sec-WebSocket-Version: 8\r\n\r\n", -1, 426,
                 "\"8\"");
    check_server(REQUEST HOST UPGRADE CONNECTION KEY VERSION VERSION "\r\n", -1, 426, "once");
    check_server(REQUEST HOST UPGRADE CONNECTION VERSION "\r\n", -1, 400, "no Sec-WebSocket-Key");
    check_server(REQUEST HOST UPGRADE CONNECTION VERSION KEY KEY "\r\n", -1, 400, "more than one");
}

static void handshake_request_check_wants_16_bytes_of_base64(void **state)
{
    static const char *const keys[] = {
        "",
        "x",
        "dGhlIHNhbXBsZSBub25jZQ=",
        "dGhlIHNhbXBsZSBub25jZQ===",
        "dGhlIHNhbXBsZSBub25jZQAA",
        "dGhlIHNhbXBsZSBub25jZ===",
        "dGhlIHNhbXBsZ Bub25jZQ==",
        "dGhlIHNhbXBsZ-Bub25jZQ==",
        "dGhlIHNhbXBsZSBub25j",
    };
    char text[500];

    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        snprintf(text, sizeof text,
                 REQUEST HOST UPGRADE CONNECTION VERSION "Sec-WebSocket-Key: %s\r\n\r\n", keys[i]);
        check_server(text, -1, 400, "16 bytes in base64");
    }
}

static void handshake_response_answers_a_checked_request(void **state)
{
    struct deflate_params deflate = {.enabled = true, .server_max_window_bits = 10};
    __attribute__((cleanup(http1_head_clear))) struct http1_head h = {0};
    struct buf out;
    struct err e;

    (void)state;
    head_of(&h, HTTP1_REQUEST, REQUEST HOST UPGRADE CONNECTION KEY VERSION "\r\n");
    buf_init(&out, 1000);
    assert_int_equal(handshake_response(&h, NULL, NULL, sha1, &out, &e), 0);
    assert_true(slice_is(buf_slice(&out),
                         "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                         "Connection: Upgrade\r\nSec-WebSocket-Accept: " SAMPLE_ACCEPT "\r\n\r\n"));
    buf_reset(&out);
    assert_int_equal(handshake_response(&h, "chat", &deflate, sha1, &out, &e), 0);
    assert_true(slice_is(buf_slice(&out),
                         "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                         "Connection: Upgrade\r\nSec-WebSocket-Accept: " SAMPLE_ACCEPT
                         "\r\nSec-WebSocket-Protocol: chat\r\nSec-WebSocket-Extensions: "
                         "permessage-deflate; server_max_window_bits=10\r\n\r\n"));
    buf_reset(&out);
    assert_int_equal(handshake_response(&h, "a\r\nb", NULL, sha1, &out, &e), -1);
    assert_int_equal(out.len, 0);
    buf_clear(&out);
    buf_init(&out, 150);
    assert_int_equal(buf_append_str(&out, "before"), 0);
    assert_int_equal(handshake_response(&h, "chat", NULL, sha1, &out, &e), -1);
    assert_true(slice_is(buf_slice(&out), "before"));
    buf_clear(&out);
}

static void handshake_accept_is_the_rfcs_sample(void **state)
{
    char accept[29];

    (void)state;
    handshake_accept(slice_str(SAMPLE_KEY), sha1, accept);
    assert_string_equal(accept, SAMPLE_ACCEPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handshake_request_check_follows_section_4_2_1),
        cmocka_unit_test(handshake_request_check_wants_16_bytes_of_base64),
        cmocka_unit_test(handshake_response_answers_a_checked_request),
        cmocka_unit_test(handshake_accept_is_the_rfcs_sample),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alloc.h"
#include "relay/head.h"

static const struct handshake_header added[] = {{.name = "X-A", .value = "ours"},
                                                {.name = "X-B", .remove = true}};
static const struct head_config config = {
    .host = "server:1",
    .origin = "http://server:1",
    .target = "/a/?k=v",
    .headers = added,
    .header_count = 2,
    .authorization = "Basic dTpw",
    .cookie = "c=d",
};

static struct http1_head read_head(enum http1_kind kind, const char *text)
{
    struct http1_head h;
    size_t scanned = 0;
    struct err e;

    if (http1_head_read(&h, kind, (const uint8_t *)text, strlen(text), &scanned, &e) <= 0)
        fail_msg("%s: %s", text, e.text);
    return h;
}

/* What goes on, or NULL where memory failed; owned. */
static char *relayed(enum http1_kind kind, const char *text)
{
    struct http1_head h = read_head(kind, text);
    char *copy = NULL;
    struct buf out;
    struct err e;
    int r;

    buf_init(&out, 65536);
    r = kind == HTTP1_REQUEST ? head_relay_request(&config, &h, &out, &e)
                              : head_relay_response(&h, &out);
    if (r == 0)
        copy = strndup((const char *)buf_data(&out), out.len);
    else if (kind == HTTP1_REQUEST)
        assert_int_equal(e.code, EXIT_OTHER);
    buf_clear(&out);
    http1_head_clear(&h);
    return copy;
}

static void becomes(enum http1_kind kind, const char *text, const char *wanted)
{
    char *got = relayed(kind, text);

    assert_non_null(got);
    assert_string_equal(got, wanted);
    free(got);
}

static void request_is_given_what_the_user_wants(void **state)
{
    (void)state;
    becomes(HTTP1_REQUEST,
            "GET http://x?q=/1 HTTP/1.1\r\nhost:  x\r\nX-a: 1\r\nX-B: 2\r\nCookie: a=b\r\n"
            "Authorization: t\r\nOrigin: http://x\r\nX-C:3\r\n\r\n",
            "GET /a/?k=v&q=/1 HTTP/1.1\r\nHost: server:1\r\nOrigin: http://server:1\r\nX-C:3\r\n"
            "Authorization: Basic dTpw\r\nCookie: c=d\r\nX-A: ours\r\n\r\n");
}

static void hop_by_hop_fields_stay_behind(void **state)
{
    (void)state;
    becomes(
        HTTP1_RESPONSE,
        "HTTP/1.1 200 OK\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\n"
        "Upgrade: h2c\r\nTransfer-Encoding: chunked\r\nX-Fold: a\r\n b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nX-Fold: a b\r\n\r\n");
    becomes(HTTP1_RESPONSE,
            "HTTP/1.0 101 \r\nUPGRADE: h2c, WebSocket\r\nconnection:upgrade\r\n\r\n",
            "HTTP/1.0 101 \r\nUPGRADE: h2c, WebSocket\r\nconnection:upgrade\r\n\r\n");
}

static void targets_that_are_no_path_are_refused(void **state)
{
    static const char *const texts[] = {"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
                                        "GET x HTTP/1.1\r\nHost: x\r\n\r\n"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct http1_head h = read_head(HTTP1_REQUEST, texts[i]);
        struct buf out;
        struct err e;

        buf_init(&out, 65536);
        assert_int_equal(head_relay_request(&config, &h, &out, &e), -1);
        assert_int_equal(e.code, EXIT_UPGRADE);
        buf_clear(&out);
        http1_head_clear(&h);
    }
}

static void fields_of_a_name_are_joined(void **state)
{
    struct http1_head h =
        read_head(HTTP1_RESPONSE, "HTTP/1.1 101 OK\r\nX: a; b\r\nY: 1\r\nx: c\r\n\r\n");
    char *text = head_joined(&h, "X"), *none = head_joined(&h, "Z");

    (void)state;
    assert_string_equal(text, "a; b, c");
    assert_string_equal(none, "");
    free(text);
    free(none);
    ALLOC_EACH(free(head_joined(&h, "X")));
    http1_head_clear(&h);
}

static void relay_without_memory(const struct http1_head *h)
{
    struct buf out;
    struct err e;

    buf_init(&out, 65536);
    if (head_relay_request(&config, h, &out, &e) < 0)
        assert_int_equal(e.code, EXIT_OTHER);
    buf_clear(&out);
}

static void memory_that_is_out_is_reported(void **state)
{
    struct http1_head h = read_head(HTTP1_REQUEST, "GET /b HTTP/1.1\r\nHost: x\r\nX-C: 3\r\n\r\n");

    (void)state;
    ALLOC_EACH(relay_without_memory(&h));
    http1_head_clear(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_is_given_what_the_user_wants),
        cmocka_unit_test(hop_by_hop_fields_stay_behind),
        cmocka_unit_test(targets_that_are_no_path_are_refused),
        cmocka_unit_test(fields_of_a_name_are_joined),
        cmocka_unit_test(memory_that_is_out_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/sha.h>
#include <stdlib.h>

#include "alloc.h"
#include "proto/handshake.h"

#define SAMPLE_KEY    "dGhlIHNhbXBsZSBub25jZQ=="
#define SAMPLE_ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

static void sha1(const uint8_t *bytes, size_t n, uint8_t digest[20])
{
    SHA1(bytes, n, digest);
}

/* RFC 6455, section 1.3: "the sample nonce" gives SAMPLE_KEY. */
static int fill_sample(void *ctx, uint8_t *bytes, size_t n)
{
    (void)ctx;
    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t) "the sample nonce"[i % 16];
    return 0;
}

static int fill_counting(void *ctx, uint8_t *bytes, size_t n)
{
    unsigned *next = ctx;

    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)(*next)++;
    return 0;
}

static int fill_nothing(void *ctx, uint8_t *bytes, size_t n)
{
    (void)ctx;
    (void)bytes;
    (void)n;
    return -1;
}

static struct url url = {.scheme = URL_WS,
                         .host = (char[]){"server.example"},
                         .port = 8080,
                         .target = (char[]){"/chat?room=1"}};

/* Write a request with the sample's nonce. */
static int request(struct handshake *hs, const struct handshake_config *config, struct buf *out,
                   struct err *e)
{
    struct rng rng;

    rng_init(&rng, fill_sample, NULL);
    err_clear(e);
    return handshake_request(hs, config, &rng, sha1, out, e);
}

static void check_request(const struct handshake_config *config, const char *expected)
{
    struct handshake hs;
    struct buf out;
    struct err e;

    buf_init(&out, 10000);
    if (request(&hs, config, &out, &e) < 0)
        fail_msg("%s", e.text);
    if (!slice_is(buf_slice(&out), expected))
        fail_msg("%.*s", (int)out.len, (const char *)buf_data(&out));
    buf_clear(&out);
}

static void check_request_error(const struct handshake_config *config, enum exit_code code,
                                const char *says)
{
    struct handshake hs;
    struct buf out;
    struct err e;

    buf_init(&out, 10000);
    assert_int_equal(buf_append_str(&out, "before"), 0);
    assert_int_equal(request(&hs, config, &out, &e), -1);
    assert_int_equal(e.code, code);
    if (!strstr(e.text, says))
        fail_msg("%s", e.text);
    assert_true(slice_is(buf_slice(&out), "before"));
    buf_clear(&out);
}

#define FIRST                                                                          \
    "GET /chat?room=1 HTTP/1.1\r\nHost: server.example:8080\r\nUpgrade: websocket\r\n" \
    "Connection: Upgrade\r\nSec-WebSocket-Key: " SAMPLE_KEY "\r\nSec-WebSocket-Version: 13\r\n"

/* PROTOCOL 7 to 13: method, target, Host, Upgrade, Connection, key, version. */
static void handshake_request_7_to_13_writes_the_required_fields_in_order(void **state)
{
    struct handshake_config config = {.url = &url};

    (void)state;
    check_request(&config, FIRST "\r\n");
}

static void handshake_request_writes_the_optional_fields_in_order(void **state)
{
    static const char *const subprotocols[] = {"chat", "superchat"};
    struct handshake_header headers[] = {{"X-One", "1", false}, {"X-Two", "2", false}};
    struct handshake_config config = {.url = &url,
                                      .headers = headers,
                                      .header_count = 2,
                                      .subprotocols = subprotocols,
                                      .subprotocol_count = 2,
                                      .origin = "http://example.com",
                                      .user_agent = "wscope/1",
                                      .cookie = "a=b",
                                      .authorization = "Bearer x"};

    (void)state;
    deflate_params_default(&config.deflate);
    check_request(&config,
                  FIRST "Origin: http://example.com\r\nUser-Agent: wscope/1\r\n"
                        "Sec-WebSocket-Protocol: chat, superchat\r\n"
                        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
                        "Authorization: Bearer x\r\nCookie: a=b\r\nX-One: 1\r\nX-Two: 2\r\n\r\n");
    config = (struct handshake_config){.url = &url, .user_agent = ""};
    check_request(&config, FIRST "\r\n");
}

static void handshake_request_replaces_in_place_and_removes(void **state)
{
    struct handshake_header headers[] = {
        {"X-One", "1", false},      {"HOST", "other", false}, {"Upgrade", "", true},
        {"connection", "x", false}, {"x-one", "2", false},    {"X-Gone", "3", false},
        {"X-Gone", "", true},       {"X-Never", "", true},    {"Upgrade", "h2c", false},
    };
    struct handshake_config config = {
        .url = &url, .headers = headers, .header_count = sizeof headers / sizeof headers[0]};

    (void)state;
    check_request(&config, "GET /chat?room=1 HTTP/1.1\r\nHOST: other\r\nconnection: x\r\n"
                           "Sec-WebSocket-Key: " SAMPLE_KEY "\r\nSec-WebSocket-Version: 13\r\n"
                           "x-one: 2\r\nUpgrade: h2c\r\n\r\n");
}

static void handshake_request_12_draws_a_fresh_key_each_time(void **state)
{
    struct handshake_config config = {.url = &url};
    struct handshake first, second;
    unsigned next = 0;
    struct rng rng;
    struct buf out;
    struct err e;

    (void)state;
    buf_init(&out, 10000);
    rng_init(&rng, fill_counting, &next);
    assert_int_equal(handshake_request(&first, &config, &rng, sha1, &out, &e), 0);
    assert_int_equal(handshake_request(&second, &config, &rng, sha1, &out, &e), 0);
    assert_int_equal(strlen(first.key), 24);
    assert_int_equal(strlen(first.accept), 28);
    assert_string_equal(first.key, "AAECAwQFBgcICQoLDA0ODw==");
    assert_string_equal(second.key, "EBESExQVFhcYGRobHB0eHw==");
    assert_string_not_equal(first.accept, second.accept);
    buf_clear(&out);
}

static void handshake_request_sends_nothing_without_randomness(void **state)
{
    struct handshake_config config = {.url = &url};
    struct handshake hs;
    struct rng rng;
    struct buf out;
    struct err e;

    (void)state;
    buf_init(&out, 10000);
    rng_init(&rng, fill_nothing, NULL);
    err_clear(&e);
    assert_int_equal(handshake_request(&hs, &config, &rng, sha1, &out, &e), -1);
    assert_non_null(strstr(e.text, "random"));
    assert_int_equal(out.len, 0);
    buf_clear(&out);
}

/* PROTOCOL 14 */
static void handshake_request_14_wants_unique_token_subprotocols(void **state)
{
    static const char *const twice[] = {"a", "b", "a"};
    static const char *const blank[] = {"a b"};
    static const char *const empty[] = {""};
    static const char *const cases[] = {"a", "A"};
    struct handshake_config config = {.url = &url, .subprotocols = twice, .subprotocol_count = 3};

    (void)state;
    check_request_error(&config, EXIT_USAGE, "\"a\" is offered twice");
    config.subprotocols = blank;
    config.subprotocol_count = 1;
    check_request_error(&config, EXIT_USAGE, "\"a b\" is not a token");
    config.subprotocols = empty;
    check_request_error(&config, EXIT_USAGE, "token");
    config.subprotocols = cases;
    config.subprotocol_count = 2;
    check_request(&config, FIRST "Sec-WebSocket-Protocol: a, A\r\n\r\n");
    assert_true(handshake_subprotocol_valid("v1.json"));
    assert_false(handshake_subprotocol_valid("a,b"));
    assert_false(handshake_subprotocol_valid(""));
}

static void handshake_request_refuses_injected_lines(void **state)
{
    struct handshake_header header = {"X", "a\r\nY: b", false};
    struct handshake_config config = {.url = &url, .headers = &header, .header_count = 1};
    struct url bad = url;

    (void)state;
    check_request_error(&config, EXIT_USAGE, "line break");
    header = (struct handshake_header){"X: y\r\nZ", "a", false};
    check_request_error(&config, EXIT_USAGE, "not a header's name");
    config = (struct handshake_config){.url = &url, .cookie = "a\nb"};
    check_request_error(&config, EXIT_USAGE, "Cookie");
    config = (struct handshake_config){.url = &url, .origin = "a\rb"};
    check_request_error(&config, EXIT_USAGE, "Origin");
    bad.target = (char[]){"/ HTTP/1.1\r\nX: y"};
    config = (struct handshake_config){.url = &bad};
    check_request_error(&config, EXIT_USAGE, "0x20");
}

static void handshake_request_computes_the_accept_of_the_persons_own_key(void **state)
{
    struct handshake_header header = {"sec-websocket-key", SAMPLE_KEY, false};
    struct handshake_config config = {.url = &url, .headers = &header, .header_count = 1};
    struct handshake hs;
    struct rng rng;
    struct buf out;
    struct err e;
    char *large = malloc(5001);

    (void)state;
    assert_non_null(large);
    buf_init(&out, 100000);
    rng_init(&rng, fill_nothing, NULL);
    assert_int_equal(handshake_request(&hs, &config, &rng, sha1, &out, &e), 0);
    assert_string_equal(hs.key, SAMPLE_KEY);
    assert_string_equal(hs.accept, SAMPLE_ACCEPT);
    header.value = SAMPLE_KEY SAMPLE_KEY;
    assert_int_equal(handshake_request(&hs, &config, &rng, sha1, &out, &e), 0);
    assert_string_equal(hs.key, "");
    assert_int_equal(strlen(hs.accept), 28);
    header = (struct handshake_header){"Sec-WebSocket-Key", "", true};
    assert_int_equal(handshake_request(&hs, &config, &rng, sha1, &out, &e), 0);
    assert_string_equal(hs.accept, "");
    buf_clear(&out);

    memset(large, 'a', 5000);
    large[5000] = '\0';
    header = (struct handshake_header){"Sec-WebSocket-Key", large, false};
    check_request_error(&config, EXIT_USAGE, "4096");
    free(large);
}

static void check_header(const char *line, const char *name, const char *value, bool removes)
{
    struct handshake_header h;
    char *copy = strdup(line);
    struct err e;

    err_clear(&e);
    if (handshake_header_parse(&h, copy, &e) < 0)
        fail_msg("%s: %s", line, e.text);
    assert_string_equal(h.name, name);
    assert_string_equal(h.value, value);
    assert_int_equal(h.remove, removes);
    free(copy);
}

static void check_header_error(const char *line, long at)
{
    struct handshake_header h;
    char *copy = strdup(line);
    struct err e;

    err_clear(&e);
    if (handshake_header_parse(&h, copy, &e) != -1)
        fail_msg("%s was taken", line);
    assert_string_equal(copy, line);
    assert_int_equal(e.code, EXIT_USAGE);
    if (e.at != at)
        fail_msg("%s: at %ld: %s", line, e.at, e.text);
    free(copy);
}

static void handshake_header_parse_splits_at_the_first_colon(void **state)
{
    (void)state;
    check_header("Name: value", "Name", "value", false);
    check_header("Name:value:x", "Name", "value:x", false);
    check_header("Name: \t a b \t", "Name", "a b", false);
    check_header("Name:", "Name", "", true);
    check_header("Name;", "Name", "", false);
    check_header("Name; \t", "Name", "", false);
    check_header("Name: a;", "Name", "a;", false);
    check_header("Name: \t", "Name", "", true);
}

static void handshake_header_parse_points_at_what_is_wrong(void **state)
{
    (void)state;
    check_header_error("Name", 4);
    check_header_error("Name;a", 6);
    check_header_error("Na me;", 2);
    check_header_error(";", 0);
    check_header_error("", 0);
    check_header_error(": x", 0);
    check_header_error("Na me: x", 2);
    check_header_error("Name : x", 4);
    check_header_error("Name: a\r\nB: c", 7);
    check_header_error("Name: a\n", 7);
    check_header_error("X-\xc3\xa4: x", 2);
}

static void each_allocation(void)
{
    static const char *const subprotocols[] = {"chat"};
    struct handshake_header header = {"X", "y", false};
    struct handshake_config config = {.url = &url,
                                      .headers = &header,
                                      .header_count = 1,
                                      .subprotocols = subprotocols,
                                      .subprotocol_count = 1};
    struct handshake hs;
    struct buf out;
    struct err e;

    deflate_params_default(&config.deflate);
    buf_init(&out, 10000);
    if (request(&hs, &config, &out, &e) < 0) {
        assert_int_equal(e.code, EXIT_OTHER);
        assert_int_equal(out.len, 0);
    }
    buf_clear(&out);
}

static void handshake_request_survives_each_failed_allocation(void **state)
{
    (void)state;
    ALLOC_EACH(each_allocation());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handshake_request_7_to_13_writes_the_required_fields_in_order),
        cmocka_unit_test(handshake_request_writes_the_optional_fields_in_order),
        cmocka_unit_test(handshake_request_replaces_in_place_and_removes),
        cmocka_unit_test(handshake_request_12_draws_a_fresh_key_each_time),
        cmocka_unit_test(handshake_request_sends_nothing_without_randomness),
        cmocka_unit_test(handshake_request_14_wants_unique_token_subprotocols),
        cmocka_unit_test(handshake_request_refuses_injected_lines),
        cmocka_unit_test(handshake_request_computes_the_accept_of_the_persons_own_key),
        cmocka_unit_test(handshake_header_parse_splits_at_the_first_colon),
        cmocka_unit_test(handshake_header_parse_points_at_what_is_wrong),
        cmocka_unit_test(handshake_request_survives_each_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

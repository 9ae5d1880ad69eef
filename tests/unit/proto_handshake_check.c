#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "alloc.h"
#include "proto/handshake.h"

#define SAMPLE_KEY    "dGhlIHNhbXBsZSBub25jZQ=="
#define SAMPLE_ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

static struct url url = {.scheme = URL_WS,
                         .host = (char[]){"server.example"},
                         .port = 8080,
                         .target = (char[]){"/chat?room=1"}};

/* The client's state for the sample key. */
static const struct handshake sample = {.key = SAMPLE_KEY, .accept = SAMPLE_ACCEPT};

static void head_of(struct http1_head *h, enum http1_kind kind, const char *text)
{
    size_t scanned = 0;
    struct err e;

    err_clear(&e);
    http1_head_clear(h);
    /* An allocation that is failed on purpose may be one of these: once more, then. */
    if (http1_head_read(h, kind, (const uint8_t *)text, strlen(text), &scanned, &e) <= 0 &&
        http1_head_read(h, kind, (const uint8_t *)text, strlen(text), &scanned, &e) <= 0)
        fail_msg("%s: %s", text, e.text);
}

static int check(const struct handshake_config *config, const char *fields, bool lenient,
                 struct handshake_result *result, struct err *e)
{
    char text[2000];
    __attribute__((cleanup(http1_head_clear))) struct http1_head h = {0};

    snprintf(text, sizeof text, "HTTP/1.1 101 Switching Protocols\r\n%s\r\n", fields);
    head_of(&h, HTTP1_RESPONSE, text);
    err_clear(e);
    return handshake_check(&sample, config, &h, lenient, result, e);
}

static void check_good(const struct handshake_config *config, const char *fields,
                       const char *subprotocol, const char *extensions)
{
    struct handshake_result result;
    struct err e;

    if (check(config, fields, false, &result, &e) < 0)
        fail_msg("%s: %s", fields, e.text);
    assert_string_equal(result.subprotocol, subprotocol);
    assert_string_equal(result.extensions, extensions);
    handshake_result_clear(&result);
}

static void check_bad(const struct handshake_config *config, const char *fields, const char *says)
{
    struct handshake_result result, before;
    struct err e;

    memset(&result, 0xa5, sizeof result);
    memcpy(&before, &result, sizeof result);
    if (check(config, fields, false, &result, &e) != -1)
        fail_msg("accepted: %s", fields);
    assert_memory_equal(&result, &before, sizeof result);
    assert_int_equal(e.code, EXIT_UPGRADE);
    assert_int_equal(e.stage, STAGE_HANDSHAKE);
    if (!strstr(e.text, says))
        fail_msg("%s: %s", fields, e.text);
}

#define UPGRADE    "Upgrade: websocket\r\n"
#define CONNECTION "Connection: Upgrade\r\n"
#define ACCEPT     "Sec-WebSocket-Accept: " SAMPLE_ACCEPT "\r\n"
#define GOOD       UPGRADE CONNECTION ACCEPT

/* PROTOCOL 16 */
static void handshake_check_16_compares_upgrade_without_case(void **state)
{
    struct handshake_config config = {.url = &url};

    (void)state;
    check_good(&config, GOOD, "", "");
    check_good(&config, "uPGRADE: WebSocket\r\n" CONNECTION ACCEPT, "", "");
    check_bad(&config, CONNECTION ACCEPT, "no Upgrade header");
    check_bad(&config, "Upgrade: h2c\r\n" CONNECTION ACCEPT, "Upgrade is \"h2c\"");
    check_bad(&config, "Upgrade: websocket, h2c\r\n" CONNECTION ACCEPT, "\"websocket, h2c\"");
    check_bad(&config, UPGRADE UPGRADE CONNECTION ACCEPT, "\"websocket, websocket\"");
}

/* PROTOCOL 17 */
static void handshake_check_17_reads_connection_as_a_token_list(void **state)
{
    struct handshake_config config = {.url = &url};

    (void)state;
    check_good(&config, UPGRADE ACCEPT "Connection: keep-alive,UPGRADE\r\n", "", "");
    check_good(&config, UPGRADE ACCEPT "Connection: close\r\nConnection: upgrade\r\n", "", "");
    check_bad(&config, UPGRADE ACCEPT, "no Connection header");
    check_bad(&config, UPGRADE ACCEPT "Connection: close\r\n",
              "\"close\", which lacks \"Upgrade\"");
    check_bad(&config, UPGRADE ACCEPT "Connection: upgrades\r\n", "lacks \"Upgrade\"");
}

/* PROTOCOL 18 */
static void handshake_check_18_wants_one_accept(void **state)
{
    struct handshake_config config = {.url = &url};

    (void)state;
    check_bad(&config, UPGRADE CONNECTION, "no Sec-WebSocket-Accept");
    check_bad(&config, GOOD ACCEPT, "2 Sec-WebSocket-Accept");
}

/* PROTOCOL 19 */
static void handshake_check_19_compares_accept_exactly(void **state)
{
    struct handshake_config config = {.url = &url};
    struct handshake_result result;
    struct err e;

    (void)state;
    check_good(&config, UPGRADE CONNECTION "Sec-WebSocket-Accept:\t" SAMPLE_ACCEPT " \r\n", "", "");
    check_bad(&config, UPGRADE CONNECTION "Sec-WebSocket-Accept: x\r\n",
              "the server's Sec-WebSocket-Accept is \"x\", expected \"" SAMPLE_ACCEPT "\"");
    check_bad(&config, UPGRADE CONNECTION "Sec-WebSocket-Accept: S3PPLMBITXAQ9KYGZZHZRBK+XOO=\r\n",
              "expected");
    check_bad(&config, UPGRADE CONNECTION "Sec-WebSocket-Accept:\r\n", "\"\"");
    check(&config, UPGRADE CONNECTION "Sec-WebSocket-Accept: x\r\n", false, &result, &e);
    assert_non_null(strstr(e.hint, "caching or broken intermediary"));
}

/* PROTOCOL 20 */
static void handshake_check_20_refuses_extensions_not_offered(void **state)
{
    struct handshake_config config = {.url = &url};
    struct handshake_header own = {"Sec-WebSocket-Extensions", "foo, permessage-deflate", false};

    (void)state;
    check_bad(&config, GOOD "Sec-WebSocket-Extensions: permessage-deflate\r\n", "not offered");
    deflate_params_default(&config.deflate);
    check_good(&config, GOOD "Sec-WebSocket-Extensions: permessage-deflate\r\n", "",
               "permessage-deflate");
    check_bad(&config,
              GOOD
              "Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Extensions: x\r\n",
              "\"x\", which was not offered");
    config.headers = &own;
    config.header_count = 1;
    check_good(&config, GOOD "Sec-WebSocket-Extensions: foo\r\nSec-WebSocket-Extensions: foo\r\n",
               "", "foo, foo");
    check_bad(&config,
              GOOD "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=9\r\n",
              "not offered");
    own = (struct handshake_header){"Sec-WebSocket-Extensions", "", true};
    check_bad(&config, GOOD "Sec-WebSocket-Extensions: permessage-deflate\r\n", "not offered");
}

static void handshake_check_returns_the_agreed_parameters(void **state)
{
    struct handshake_config config = {.url = &url};
    struct handshake_result result;
    struct err e;

    (void)state;
    deflate_params_default(&config.deflate);
    assert_int_equal(check(&config,
                           GOOD "Sec-WebSocket-Extensions: permessage-deflate; "
                                "client_max_window_bits=9; server_no_context_takeover\r\n",
                           false, &result, &e),
                     0);
    assert_true(result.deflate.enabled);
    assert_true(result.deflate.server_no_context_takeover);
    assert_int_equal(result.deflate.client_max_window_bits, 9);
    handshake_result_clear(&result);
}

/* PROTOCOL 21 */
static void handshake_check_21_refuses_subprotocols_not_offered(void **state)
{
    static const char *const subprotocols[] = {"chat", "superchat"};
    struct handshake_config config = {.url = &url};
    struct handshake_header own = {"Sec-WebSocket-Protocol", "a , b", false};

    (void)state;
    check_bad(&config, GOOD "Sec-WebSocket-Protocol: chat\r\n", "none was offered");
    config.subprotocols = subprotocols;
    config.subprotocol_count = 2;
    check_good(&config, GOOD, "", "");
    check_good(&config, GOOD "Sec-WebSocket-Protocol: superchat\r\n", "superchat", "");
    check_bad(&config, GOOD "Sec-WebSocket-Protocol: Chat\r\n", "\"Chat\", which was not offered");
    check_bad(&config, GOOD "Sec-WebSocket-Protocol: chat, superchat\r\n", "not offered");
    check_bad(&config, GOOD "Sec-WebSocket-Protocol:\r\n", "not offered");
    check_bad(&config, GOOD "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: chat\r\n",
              "2 Sec-WebSocket-Protocol");
    config.headers = &own;
    config.header_count = 1;
    check_good(&config, GOOD "Sec-WebSocket-Protocol: b\r\n", "b", "");
    check_bad(&config, GOOD "Sec-WebSocket-Protocol: chat\r\n", "not offered");
}

/* PROTOCOL 22: the caller handles any other status as HTTP; none of them is ever an opening. */
static void handshake_check_22_takes_no_other_status(void **state)
{
    struct handshake_config config = {.url = &url};
    struct handshake_result result;
    __attribute__((cleanup(http1_head_clear))) struct http1_head h = {0};
    struct err e;

    (void)state;
    head_of(&h, HTTP1_RESPONSE, "HTTP/1.1 200 OK\r\n" GOOD "\r\n");
    assert_int_equal(handshake_check(&sample, &config, &h, true, &result, &e), -1);
    assert_non_null(strstr(e.text, "status 200"));
}

static void handshake_check_refuses_a_101_of_http_1_0(void **state)
{
    struct handshake_config config = {.url = &url};
    struct handshake_result result;
    __attribute__((cleanup(http1_head_clear))) struct http1_head h = {0};
    struct err e;

    (void)state;
    head_of(&h, HTTP1_RESPONSE, "HTTP/1.0 101 x\r\n" GOOD "\r\n");
    assert_int_equal(handshake_check(&sample, &config, &h, false, &result, &e), -1);
    assert_non_null(strstr(e.text, "HTTP/1.0"));
    assert_int_equal(handshake_check(&sample, &config, &h, true, &result, &e), 0);
    handshake_result_clear(&result);
}

static void handshake_check_lenient_lets_four_rules_pass(void **state)
{
    struct handshake_config config = {.url = &url};
    struct handshake_result result;
    struct err e;

    (void)state;
    assert_int_equal(check(&config, "", true, &result, &e), 0);
    handshake_result_clear(&result);
    assert_int_equal(check(&config, "Sec-WebSocket-Accept: x\r\nUpgrade: y\r\n", true, &result, &e),
                     0);
    handshake_result_clear(&result);
    assert_int_equal(check(&config, GOOD "Sec-WebSocket-Protocol: x\r\n", true, &result, &e), 0);
    assert_string_equal(result.subprotocol, "x");
    handshake_result_clear(&result);
    assert_int_equal(check(&config, GOOD "Sec-WebSocket-Protocol:\r\n", true, &result, &e), 0);
    assert_string_equal(result.subprotocol, "");
    handshake_result_clear(&result);
    assert_int_equal(check(&config, GOOD "Sec-WebSocket-Extensions: x\r\n", true, &result, &e), -1);
}

static void handshake_check_shows_hostile_values_escaped(void **state)
{
    struct handshake_config config = {.url = &url};

    (void)state;
    check_bad(&config, UPGRADE CONNECTION "Sec-WebSocket-Accept: \x1b]0;x\x07\xc2\x9b\r\n",
              "\"\\x1b]0;x\\x07\\xc2\\x9b\"");
    check_bad(&config, GOOD "Sec-WebSocket-Protocol: \x1b[2J\r\n", "\\x1b[2J");
    check_bad(&config, "Upgrade: \x1b[2J\r\n", "\\x1b[2J");
}

static void each_allocation(void)
{
    static const char *const subprotocols[] = {"chat"};
    struct handshake_config config = {
        .url = &url, .subprotocols = subprotocols, .subprotocol_count = 1};
    struct handshake_result result;
    struct err e;

    if (check(&config, GOOD "Sec-WebSocket-Protocol: chat\r\n", false, &result, &e) == 0)
        handshake_result_clear(&result);
    else
        assert_int_equal(e.code, EXIT_OTHER);
    assert_int_equal(check(&config, "Upgrade: x\r\n", false, &result, &e), -1);
    assert_int_equal(check(&config, UPGRADE "Connection: x\r\n", false, &result, &e), -1);
}

static void handshake_check_survives_each_failed_allocation(void **state)
{
    (void)state;
    ALLOC_EACH(each_allocation());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handshake_check_refuses_a_101_of_http_1_0),
        cmocka_unit_test(handshake_check_16_compares_upgrade_without_case),
        cmocka_unit_test(handshake_check_17_reads_connection_as_a_token_list),
        cmocka_unit_test(handshake_check_18_wants_one_accept),
        cmocka_unit_test(handshake_check_19_compares_accept_exactly),
        cmocka_unit_test(handshake_check_20_refuses_extensions_not_offered),
        cmocka_unit_test(handshake_check_returns_the_agreed_parameters),
        cmocka_unit_test(handshake_check_21_refuses_subprotocols_not_offered),
        cmocka_unit_test(handshake_check_22_takes_no_other_status),
        cmocka_unit_test(handshake_check_lenient_lets_four_rules_pass),
        cmocka_unit_test(handshake_check_shows_hostile_values_escaped),
        cmocka_unit_test(handshake_check_survives_each_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "proto/withhold.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct handshake_header headers[] = {
    {.name = "X-Session-Id", .value = "s"},
    {.name = "Accept-Language", .value = "eo"},
    {.name = "host", .value = "other"},
    {.name = "Authorization", .remove = true},
    {.name = "authorization", .value = "x"},
    {.name = "Sec-WebSocket-Protocol", .value = "token"},
    {.name = "User-Agent", .value = "printed"},
};

static const char *const subprotocols[] = {"mqtt", "base64url.bearer.authorization.k8s.io.aHVzaA",
                                           "v12.stomp", "MQTT"};

static struct url parsed(const char *text)
{
    struct url u;
    struct err e;

    assert_int_equal(url_parse(&u, text, &e), 0);
    return u;
}

static struct handshake_config config_for(const struct url *url)
{
    return (struct handshake_config){.url = url,
                                     .headers = headers,
                                     .header_count = COUNT(headers),
                                     .printed_count = 1,
                                     .subprotocols = subprotocols,
                                     .subprotocol_count = COUNT(subprotocols),
                                     .authorization = "Basic x",
                                     .cookie = "a=b",
                                     .origin = "https://o",
                                     .user_agent = "u"};
}

static void withhold_leaves_the_same_origin_alone(void **state)
{
    struct url home = parsed("ws://a:80/x"), there = parsed("http://a/y?z");
    struct handshake_config config = config_for(&there);
    struct withheld w = {0};

    (void)state;
    assert_int_equal(withhold(&w, &config, &home), 0);
    assert_false(w.elsewhere);
    assert_string_equal(w.names, "");
    assert_ptr_equal(config.headers, headers);
    assert_string_equal(config.cookie, "a=b");
    withheld_clear(&w);
    url_clear(&home);
    url_clear(&there);
}

static void withhold_sends_elsewhere_only_what_is_harmless(void **state)
{
    struct url home = parsed("ws://a/"), there = parsed("ws://a:81/");
    struct handshake_config config = config_for(&there);
    struct withheld w = {0};

    (void)state;
    assert_int_equal(withhold(&w, &config, &home), 0);
    assert_true(w.elsewhere);
    assert_null(config.authorization);
    assert_null(config.cookie);
    assert_string_equal(config.origin, "https://o");
    assert_string_equal(config.user_agent, "u");
    assert_int_equal(config.header_count, 2);
    assert_string_equal(config.headers[0].name, "Accept-Language");
    assert_true(config.headers[1].remove);
    assert_int_equal(config.subprotocol_count, 2);
    assert_string_equal(config.subprotocols[0], "mqtt");
    assert_string_equal(config.subprotocols[1], "v12.stomp");
    assert_string_equal(
        w.names, "Authorization, Cookie, X-Session-Id, host, "
                 "Sec-WebSocket-Protocol, User-Agent, subprotocols without a well-known name");
    withheld_clear(&w);
    url_clear(&home);
    url_clear(&there);
}

static void withheld_names_are_bounded(void **state)
{
    struct withheld w = {0};
    char name[32];

    (void)state;
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "X-%d", i);
        withheld_add(&w, name);
    }
    assert_true(strlen(w.names) < sizeof w.names);
    assert_non_null(strstr(w.names, "X-0, X-1, "));
    assert_string_equal(w.names + strlen(w.names) - 5, ", ...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(withhold_leaves_the_same_origin_alone),
        cmocka_unit_test(withhold_sends_elsewhere_only_what_is_harmless),
        cmocka_unit_test(withheld_names_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Where a session goes: what of the options follows it to another server, and what does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "alloc.h"
#include "app/target.h"

static const struct handshake_header headers[] = {
    {.name = "X-Key", .value = "secret"},
    {.name = "User-Agent", .value = "mine"},
};

/* As if "wscope -u ... -H ... --header-cmd ... ws://home/a" had been typed. */
static struct connect_options options(void)
{
    struct connect_options o = {.url_text = "ws://home/a"};
    struct err e;

    assert_int_equal(url_parse(&o.url, o.url_text, &e), 0);
    o.handshake.url = &o.url;
    o.handshake.headers = headers;
    o.handshake.header_count = 2;
    o.handshake.authorization = "Basic b3B0aW9uczpzZWNyZXQ=";
    o.ws.header_cmd = "print-headers";
    return o;
}

static struct target *to(const struct connect_options *o, const char *text)
{
    struct err e;
    struct target *t = target_new(o, text, CHANNEL_WS, 0, 1024, &e);

    assert_non_null(t);
    assert_ptr_equal(t->config.ws.handshake.url, &t->url);
    return t;
}

static void target_of_the_options_takes_all_of_them(void **state)
{
    struct connect_options o = options();
    struct target *t = to(&o, NULL);

    (void)state;
    assert_string_equal(t->url.host, "home");
    assert_false(t->withheld.elsewhere);
    assert_int_equal(t->config.ws.handshake.header_count, 2);
    assert_string_equal(t->config.ws.handshake.authorization, o.handshake.authorization);
    assert_string_equal(t->config.header_cmd, "print-headers");
    target_free(t);
    url_clear(&o.url);
}

static void target_of_the_same_origin_takes_all_of_them(void **state)
{
    struct connect_options o = options();
    struct target *t = to(&o, "ws://home:80/b?c");

    (void)state;
    assert_string_equal(t->url.target, "/b?c");
    assert_false(t->withheld.elsewhere);
    assert_int_equal(t->config.ws.handshake.header_count, 2);
    assert_string_equal(t->config.header_cmd, "print-headers");
    target_free(t);
    url_clear(&o.url);
}

static void target_elsewhere_gets_no_credentials(void **state)
{
    static const char *const elsewhere[] = {"ws://other/a", "wss://home/a", "ws://home:81/a"};
    struct connect_options o = options();

    (void)state;
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++) {
        struct target *t = to(&o, elsewhere[i]);

        assert_true(t->withheld.elsewhere);
        assert_null(t->config.ws.handshake.authorization);
        assert_null(t->config.header_cmd);
        assert_int_equal(t->config.ws.handshake.header_count, 1);
        assert_string_equal(t->config.ws.handshake.headers[0].name, "User-Agent");
        assert_non_null(strstr(t->withheld.names, "X-Key"));
        assert_non_null(strstr(t->withheld.names, "--header-cmd"));
        target_free(t);
    }
    url_clear(&o.url);
}

/* A channel of the same service, wherever it is: the user named both on one command line. */
static void target_beside_takes_all_of_them(void **state)
{
    struct connect_options o = options();
    struct err e;
    struct target *t = target_beside(&o, "http://other/feed", CHANNEL_POLL, 0, 1024, &e);

    (void)state;
    assert_non_null(t);
    assert_int_equal(t->config.channel, CHANNEL_POLL);
    assert_false(t->withheld.elsewhere);
    assert_int_equal(t->config.ws.handshake.header_count, 2);
    assert_string_equal(t->config.ws.handshake.authorization, o.handshake.authorization);
    target_free(t);
    url_clear(&o.url);
}

/* RFC 7617, section 2: the example. */
static void userinfo_becomes_basic_credentials(void **state)
{
    struct connect_options o = options();
    struct target *t = to(&o, "ws://Aladdin:open%20sesame@other/");

    (void)state;
    assert_string_equal(t->config.ws.handshake.authorization, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    target_free(t);
    url_clear(&o.url);
}

static void a_mistake_in_the_url_is_reported_where_it_is(void **state)
{
    struct connect_options o = options();
    struct err e;

    (void)state;
    assert_null(target_new(&o, "ws://other:99999/", CHANNEL_WS, 0, 1024, &e));
    assert_int_equal(e.code, EXIT_USAGE);
    assert_int_equal(e.at, 11);
    url_clear(&o.url);
}

static void an_event_stream_says_so_itself(void **state)
{
    struct connect_options o = options();
    struct target *t = to(&o, "sse+http://home/events");

    (void)state;
    assert_int_equal(t->config.channel, CHANNEL_SSE);
    assert_string_equal(t->url.target, "/events");
    target_free(t);
    url_clear(&o.url);
}

static void made_or_failed(const struct connect_options *o)
{
    struct err e = {0};
    struct target *t = target_new(o, "ws://u:p@other/", CHANNEL_WS, 0, 1024, &e);

    if (!t)
        assert_int_equal(e.code, EXIT_OTHER);
    target_free(t);
}

static void target_survives_want_of_memory(void **state)
{
    struct connect_options o = options();

    (void)state;
    ALLOC_EACH(made_or_failed(&o));
    url_clear(&o.url);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(target_of_the_options_takes_all_of_them),
        cmocka_unit_test(target_of_the_same_origin_takes_all_of_them),
        cmocka_unit_test(target_elsewhere_gets_no_credentials),
        cmocka_unit_test(target_beside_takes_all_of_them),
        cmocka_unit_test(userinfo_becomes_basic_credentials),
        cmocka_unit_test(a_mistake_in_the_url_is_reported_where_it_is),
        cmocka_unit_test(an_event_stream_says_so_itself),
        cmocka_unit_test(target_survives_want_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

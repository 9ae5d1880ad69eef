#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "alloc.h"
#include "proto/ip_literal.h"
#include "proto/url.h"

static struct url parsed(const char *text)
{
    struct url u;
    struct err e;

    err_clear(&e);
    if (url_parse(&u, text, &e) < 0)
        fail_msg("%s: %s", text, e.text);
    return u;
}

static void check_error(const char *text, long at, const char *says)
{
    struct url u, before;
    struct err e;

    memset(&u, 0xa5, sizeof u);
    memcpy(&before, &u, sizeof u);
    err_clear(&e);
    if (url_parse(&u, text, &e) != -1)
        fail_msg("%s was taken", text);
    assert_memory_equal(&u, &before, sizeof u);
    assert_int_equal(e.code, EXIT_USAGE);
    assert_int_equal(e.stage, STAGE_USAGE);
    if (e.at != at || !strstr(e.text, says))
        fail_msg("%s: at %ld: %s", text, e.at, e.text);
}

static void check(const char *text, enum url_scheme scheme, const char *host, unsigned port,
                  const char *target)
{
    struct url u = parsed(text);

    assert_int_equal(u.scheme, scheme);
    assert_string_equal(u.host, host);
    assert_int_equal(u.port, port);
    assert_string_equal(u.target, target);
    url_clear(&u);
}

static void url_parse_takes_scheme_host_port_and_target(void **state)
{
    (void)state;
    check("ws://example.com", URL_WS, "example.com", 80, "/");
    check("wss://example.com", URL_WSS, "example.com", 443, "/");
    check("WSS://Example.COM:8443/Chat?x=Y", URL_WSS, "example.com", 8443, "/Chat?x=Y");
    check("ws://example.com:1/", URL_WS, "example.com", 1, "/");
    check("ws://example.com:65535/", URL_WS, "example.com", 65535, "/");
    check("ws://example.com:/", URL_WS, "example.com", 80, "/");
    check("ws://example.com:00080/", URL_WS, "example.com", 80, "/");
}

static void url_parse_takes_http_schemes_as_websocket_schemes(void **state)
{
    struct url u = parsed("http://a/");

    (void)state;
    assert_int_equal(u.scheme, URL_WS);
    assert_true(u.http);
    url_clear(&u);
    u = parsed("https://a/");
    assert_int_equal(u.scheme, URL_WSS);
    assert_true(u.http);
    assert_int_equal(u.port, 443);
    url_clear(&u);
    u = parsed("ws://a/");
    assert_false(u.http);
    url_clear(&u);
}

static void url_parse_without_scheme_means_wss_but_ws_for_loopback(void **state)
{
    (void)state;
    check("example.com", URL_WSS, "example.com", 443, "/");
    check("example.com:8080/x", URL_WSS, "example.com", 8080, "/x");
    check("localhost", URL_WS, "localhost", 80, "/");
    check("localhost:9001/echo", URL_WS, "localhost", 9001, "/echo");
    check("127.0.0.1:9001", URL_WS, "127.0.0.1", 9001, "/");
    check("127.9.9.9", URL_WS, "127.9.9.9", 80, "/");
    check("[::1]:9001", URL_WS, "::1", 9001, "/");
    check("[0:0:0:0:0:0:0:1]", URL_WS, "0:0:0:0:0:0:0:1", 80, "/");
    check("[::2]", URL_WSS, "::2", 443, "/");
    check(":9001", URL_WS, "127.0.0.1", 9001, "/");
    check(":9001/feed?a", URL_WS, "127.0.0.1", 9001, "/feed?a");
    check("ws:8080", URL_WSS, "ws", 8080, "/");
    check("128.0.0.1", URL_WSS, "128.0.0.1", 443, "/");
    check("example.com/x://y", URL_WSS, "example.com", 443, "/x://y");
}

/* PROTOCOL 8: path and query as given. */
static void url_parse_8_keeps_the_target_as_given(void **state)
{
    (void)state;
    check("ws://a?q=1", URL_WS, "a", 80, "/?q=1");
    check("ws://a/b/../c;d=%2f%zz?x=a/b?c&last={last}", URL_WS, "a", 80,
          "/b/../c;d=%2f%zz?x=a/b?c&last={last}");
    check("ws://a//", URL_WS, "a", 80, "//");
    check("ws://a/\xc3\xa4?\xff", URL_WS, "a", 80, "/%C3%A4?%FF");
    check("ws://a/%23@:[]", URL_WS, "a", 80, "/%23@:[]");
}

/* PROTOCOL 1 */
static void url_parse_1_refuses_a_fragment_and_points_at_it(void **state)
{
    (void)state;
    check_error("ws://a/b#c", 8, "no fragment");
    check_error("ws://a/b#c", 8, "%23");
    check_error("ws://a#", 6, "no fragment");
    check_error("ws+unix:/a:/#", 12, "no fragment");
}

/* PROTOCOL 2 */
static void url_parse_2_refuses_what_is_no_url_and_points_at_it(void **state)
{
    (void)state;
    check_error("", 0, "empty");
    check_error("ftp://a/", 0, "\"ftp\"");
    check_error("ftp://a/", 0, "ws, wss, http, https and ws+unix");
    check_error("ws:/a", 3, "//");
    check_error("wss:example.com", 4, "//");
    check_error("ws://", 5, "no host");
    check_error("ws:///x", 5, "no host");
    check_error("ws://:80/", 5, "no host");
    check_error("ws://u@/", 7, "no host");
    check_error("ws://.a/", 5, "a dot at its front");
    check_error("ws://a..b/", 5, "two in a row");
    check_error("ws://%2ea/", 5, "a dot at its front");
    check_error("u@:80", 2, "no host");
    check_error(":", 0, "no host");
    check_error("ws://a b/", 6, "%20");
    check_error(" ws://a", 0, "blank");
    check_error("ws://a/\r\nX: y", 7, "0x0d");
    check_error("ws://a/\t", 7, "0x09");
    check_error("ws://a/\x7f", 7, "0x7f");
    check_error("ws://a/\x1b[2J", 7, "0x1b");
    check_error("ws://a\\b/", 6, "\"\\\\\"");
    check_error("ws://a<b", 6, "host");
    check_error("ws://a%2fb/", 6, "%2f");
    check_error("ws://a%00b/", 6, "%00");
    check_error("ws://a%4/", 6, "%25");
    check_error("ws://a%zz/", 6, "%25");
    check_error("ws://\xff/", 5, "UTF-8");
    check_error("ws://a%ff/", 5, "UTF-8");
}

static void url_parse_knows_a_scheme_that_lost_a_character(void **state)
{
    struct url u;
    struct err e;

    (void)state;
    check_error("wss//a/b", 3, "\"wss\" must be followed by :// and a host");
    check_error("HTTP//a", 4, "\"http\" must be followed by :// and a host");
    check_error("ws:/a", 3, ":// and a host");
    check_error("wss:a", 4, ":// and a host");
    check_error("ws//", 2, ":// and a host");
    assert_int_equal(url_parse(&u, "wss//a/b", &e), -1);
    assert_string_equal(e.hint, "did you mean wss://a/b?");
    assert_int_equal(url_parse(&u, "ws:/a", &e), -1);
    assert_string_equal(e.hint, "did you mean ws://a?");
    check("ws/a", URL_WSS, "ws", 443, "/a");
}

static void url_parse_bounds_the_port(void **state)
{
    (void)state;
    check_error("ws://a:0/", 7, "1 to 65535");
    check_error("ws://a:65536/", 7, "1 to 65535");
    check_error("ws://a:4294967376/", 7, "1 to 65535");
    check_error("ws://a:99999999999999999999/", 7, "1 to 65535");
    check_error("ws://a:8x/", 8, "1 to 65535");
    check_error("ws://a:-1/", 7, "1 to 65535");
    check_error("ws://a:80:90/", 9, "1 to 65535");
    check_error(":0", 1, "1 to 65535");
}

static void url_parse_reads_ipv6_literals_and_zones(void **state)
{
    struct url u = parsed("ws://[FE80::1%25eth0]:8080/x");

    (void)state;
    assert_true(u.ipv6);
    assert_string_equal(u.host, "fe80::1");
    assert_string_equal(u.zone, "eth0");
    assert_int_equal(u.port, 8080);
    url_clear(&u);
    u = parsed("[fe80::1%eth0]");
    assert_string_equal(u.zone, "eth0");
    assert_int_equal(u.scheme, URL_WSS);
    url_clear(&u);
    u = parsed("[fe80::1%25]");
    assert_string_equal(u.zone, "25");
    url_clear(&u);
    u = parsed("ws://[2001:db8::]/");
    assert_null(u.zone);
    url_clear(&u);

    check_error("ws://[::1", 5, "no ]");
    check_error("ws://[::1]x", 10, "after the ]");
    check_error("ws://[::g]/", 6, "not an IPv6");
    check_error("ws://[]/", 6, "not an IPv6");
    check_error("ws://[1.2.3.4]/", 6, "not an IPv6");
    check_error("ws://[fe80::1%]/", 13, "empty");
    check_error("ws://[fe80::1%a%b]/", 15, "zone");
    check_error("ws://::1/", 5, "brackets");
    check_error("ws://fe80::1%eth0/", 5, "brackets");
    check_error("::1", 0, "brackets");
    check_error("ws://[::1]:0/", 11, "1 to 65535");
}

static void url_parse_decodes_userinfo(void **state)
{
    struct url u = parsed("ws://us%65r:p%40ss%3a%C3%a4@host/");

    (void)state;
    assert_string_equal(u.user, "user");
    assert_string_equal(u.password, "p@ss:\xc3\xa4");
    assert_string_equal(u.host, "host");
    url_clear(&u);
    u = parsed("ws://user@host/");
    assert_string_equal(u.user, "user");
    assert_null(u.password);
    url_clear(&u);
    u = parsed("ws://user:@host/");
    assert_string_equal(u.password, "");
    url_clear(&u);
    u = parsed("ws://user:a@b@host/");
    assert_string_equal(u.password, "a@b");
    assert_string_equal(u.host, "host");
    url_clear(&u);
    u = parsed("ws://@host/");
    assert_null(u.user);
    url_clear(&u);
    u = parsed("ws://host/a@b");
    assert_null(u.user);
    url_clear(&u);

    check_error("ws://u%0d@h/", 6, "%0d");
    check_error("ws://u:p%00@h/", 8, "%00");
    check_error("ws://a%3Ab@h/", 6, "%3A");
    check_error("ws://u:%@h/", 7, "%25");
}

static void url_parse_reads_unix_sockets(void **state)
{
    struct url u = parsed("ws+unix:/run/a%20b.sock:/chat?x");

    (void)state;
    assert_int_equal(u.scheme, URL_UNIX);
    assert_string_equal(u.socket_path, "/run/a b.sock");
    assert_string_equal(u.target, "/chat?x");
    assert_string_equal(u.host, "localhost");
    assert_int_equal(u.port, 0);
    url_clear(&u);
    u = parsed("ws+unix:rel:1.sock");
    assert_string_equal(u.socket_path, "rel:1.sock");
    assert_string_equal(u.target, "/");
    url_clear(&u);
    u = parsed("WS+UNIX:/s:?q");
    assert_string_equal(u.socket_path, "/s");
    assert_string_equal(u.target, "/?q");
    url_clear(&u);
    u = parsed("ws+unix:/s:");
    assert_string_equal(u.socket_path, "/s");
    url_clear(&u);

    check_error("ws+unix:", 8, "path");
    check_error("ws+unix::/x", 8, "path");
    check_error("ws+unix:/%00", 9, "%00");
    check_error("ws+unix:/%", 9, "%25");
}

static void check_print(const char *text, const char *printed, const char *host_field)
{
    struct url u = parsed(text);
    char *print = url_print(&u), *host = url_host_field(&u);

    assert_string_equal(print, printed);
    assert_string_equal(host, host_field);
    free(print);
    free(host);
    url_clear(&u);
}

/* PROTOCOL 9: Host, with the port if not the default. */
static void url_print_and_9_host_field_leave_out_the_default_port(void **state)
{
    (void)state;
    check_print("ws://u:p@Host:80/x?y", "ws://host/x?y", "host");
    check_print("ws://host:443", "ws://host:443/", "host:443");
    check_print("wss://host:443/", "wss://host/", "host");
    check_print("wss://host:80/", "wss://host:80/", "host:80");
    check_print("https://host/", "wss://host/", "host");
    check_print("ws://[fe80::1%eth0]:81/", "ws://[fe80::1%25eth0]:81/", "[fe80::1]:81");
    check_print("ws+unix:/a%3Ab%25:/x", "ws+unix:/a%3Ab%25:/x", "localhost");
    check_print("ws://b\xc3\xbc/", "ws://b\xc3\xbc/", "b%C3%BC");
}

static void url_is_loopback_knows_this_machine_only(void **state)
{
    static const struct {
        const char *text;
        bool loopback;
    } cases[] = {
        {"ws://localhost", true},
        {"ws://LOCALHOST.", true},
        {"ws://a.localhost", true},
        {"ws://notlocalhost", false},
        {"ws://localhost.example", false},
        {"ws://127.0.0.1", true},
        {"ws://127.255.255.255", true},
        {"ws://127.0.0.1.example", false},
        {"ws://127.0.0.256", false},
        {"ws://127.0.01.1", false},
        {"ws://[::1]", true},
        {"ws://[::0:1]", true},
        {"ws://[::2]", false},
        {"ws://128.0.0.1", false},
        {"ws+unix:/x", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct url u = parsed(cases[i].text);

        if (url_is_loopback(&u) != cases[i].loopback)
            fail_msg("%s", cases[i].text);
        url_clear(&u);
    }
}

static void url_copy_owns_its_strings(void **state)
{
    struct url u = parsed("ws://user:pass@[fe80::1%eth0]:81/x"), copy;

    (void)state;
    assert_int_equal(url_copy(&copy, &u), 0);
    url_clear(&u);
    assert_string_equal(copy.host, "fe80::1");
    assert_string_equal(copy.zone, "eth0");
    assert_string_equal(copy.user, "user");
    assert_string_equal(copy.password, "pass");
    assert_string_equal(copy.target, "/x");
    assert_null(copy.socket_path);
    assert_int_equal(copy.port, 81);
    assert_true(copy.ipv6);
    url_clear(&copy);
    url_clear(&copy);
}

static void ip6_parse_takes_what_rfc_4291_allows(void **state)
{
    static const char *const good[] = {"::",
                                       "::1",
                                       "1::",
                                       "1:2:3:4:5:6:7:8",
                                       "1:2:3::6:7:8",
                                       "::ffff:1.2.3.4",
                                       "1:2:3:4:5:6:1.2.3.4",
                                       "1:2:3:4:5:6:7::",
                                       "::2:3:4:5:6:7:8"};
    static const char *const bad[] = {"",
                                      ":",
                                      ":::",
                                      "1",
                                      "1:2",
                                      "1::2::3",
                                      "12345::",
                                      "1:2:3:4:5:6:7",
                                      "1:2:3:4:5:6:7:8:9",
                                      "1:2:3:4:5:6:7:8::",
                                      "::1:2:3:4:5:6:7:8",
                                      "::1.2.3",
                                      "::1.2.3.4:5",
                                      "1:2:3:4:5:6:7:1.2.3.4",
                                      "1:",
                                      ":1",
                                      "::g",
                                      "::1 "};
    uint8_t bytes[16];
    static const uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff, [12] = 1, 2, 3, 4};
    static const uint8_t middle[16] = {0, 1, [13] = 7, [15] = 8};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (!ip6_parse(slice_str(good[i]), bytes))
            fail_msg("%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (ip6_parse(slice_str(bad[i]), bytes))
            fail_msg("%s", bad[i]);
    assert_true(ip6_parse(slice_str("::FFFF:1.2.3.4"), bytes));
    assert_memory_equal(bytes, mapped, 16);
    assert_true(ip6_parse(slice_str("1::7:8"), bytes));
    assert_memory_equal(bytes, middle, 16);
}

static void each_allocation(const char *text)
{
    struct url u, copy;
    struct err e;
    char *print, *host;

    err_clear(&e);
    if (url_parse(&u, text, &e) < 0) {
        assert_true(e.text[0]);
        assert_int_equal(e.code, EXIT_OTHER);
        return;
    }
    if (url_copy(&copy, &u) < 0)
        assert_null(copy.host);
    print = url_print(&u);
    host = url_host_field(&u);
    free(print);
    free(host);
    url_clear(&copy);
    url_clear(&u);
}

static void url_survives_each_failed_allocation(void **state)
{
    (void)state;
    ALLOC_EACH(each_allocation("ws://user:pass@[fe80::1%25eth0]:81/x?y"));
    ALLOC_EACH(each_allocation("ws://user:pass@host"));
    ALLOC_EACH(each_allocation("ws+unix:/a:/b"));
    ALLOC_EACH(each_allocation(":80"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(url_parse_takes_scheme_host_port_and_target),
        cmocka_unit_test(url_parse_takes_http_schemes_as_websocket_schemes),
        cmocka_unit_test(url_parse_without_scheme_means_wss_but_ws_for_loopback),
        cmocka_unit_test(url_parse_8_keeps_the_target_as_given),
        cmocka_unit_test(url_parse_1_refuses_a_fragment_and_points_at_it),
        cmocka_unit_test(url_parse_2_refuses_what_is_no_url_and_points_at_it),
        cmocka_unit_test(url_parse_knows_a_scheme_that_lost_a_character),
        cmocka_unit_test(url_parse_bounds_the_port),
        cmocka_unit_test(url_parse_reads_ipv6_literals_and_zones),
        cmocka_unit_test(url_parse_decodes_userinfo),
        cmocka_unit_test(url_parse_reads_unix_sockets),
        cmocka_unit_test(url_print_and_9_host_field_leave_out_the_default_port),
        cmocka_unit_test(url_is_loopback_knows_this_machine_only),
        cmocka_unit_test(url_copy_owns_its_strings),
        cmocka_unit_test(ip6_parse_takes_what_rfc_4291_allows),
        cmocka_unit_test(url_survives_each_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

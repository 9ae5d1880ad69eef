/* Options of the way to the server: proxies, detours, redirects, international names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "base/buf.h"
#include "cli/options.h"
#include "verb/verbs.h"

/* argv[1] and [2] are the option and its value, in memory that can be wiped. */
static int parse(struct options *o, const char *name, const char *value, const char *url,
                 char *typed, size_t size, struct err *e)
{
    char option[32], url_copy[128];
    char *argv[] = {"wscope", "--no-config", option, typed, url_copy, NULL};

    snprintf(option, sizeof option, "%s", name);
    snprintf(typed, size, "%s", value);
    snprintf(url_copy, sizeof url_copy, "%s", url);
    return options_parse(o, &wscope_verbs, 5, argv, e);
}

static void parsed(struct options *o, const char *name, const char *value)
{
    char typed[256];
    struct err e;

    if (parse(o, name, value, "ws://h/", typed, sizeof typed, &e) != 0)
        fail_msg("%s %s: %s", name, value, e.text);
}

static void check_error(const char *name, const char *value, const char *url, long at,
                        const char *says)
{
    struct options o;
    char typed[256];
    struct err e;

    if (parse(&o, name, value, url, typed, sizeof typed, &e) != -1)
        fail_msg("%s %s was taken", name, value);
    assert_int_equal(e.code, EXIT_USAGE);
    if (e.at != at || !strstr(e.text, says))
        fail_msg("%s %s: at %ld: %s", name, value, e.at, e.text);
    options_clear(&o);
}

static void proxy_is_kept_and_its_credentials_leave_argv(void **state)
{
    struct options o;
    char typed[256];
    struct err e;

    (void)state;
    assert_int_equal(parse(&o, "--proxy", "http://me:hush@p:1", "ws://h/", typed, sizeof typed, &e),
                     0);
    assert_string_equal(o.connect.dial.proxy, "http://me:hush@p:1");
    assert_string_equal(typed, "http://*******@p:1");
    options_clear(&o);
    parsed(&o, "-x", "");
    assert_string_equal(o.connect.dial.proxy, "");
    options_clear(&o);
    parsed(&o, "--noproxy", "");
    assert_string_equal(o.connect.dial.noproxy, "");
    assert_null(o.connect.dial.proxy);
    options_clear(&o);
}

static void proxy_that_is_misspelt_is_pointed_at_without_its_password(void **state)
{
    struct options o;
    char typed[256];
    struct buf out;
    struct err e;

    (void)state;
    check_error("-x", "gopher://h", "ws://h/", 0, "-x: the scheme of a proxy");
    check_error("--proxy", "http://h:x", "ws://h/", 9, "--proxy: the port");
    check_error("-x", "http://\xcd\xb8.example", "ws://h/", -1, "can't be part of a host name");
    assert_int_equal(parse(&o, "-x", "http://me:hush@h:x", "ws://h/", typed, sizeof typed, &e), -1);
    buf_init(&out, 4096);
    assert_int_equal(options_point(&out, &o, &e), 0);
    assert_int_equal(buf_append(&out, "", 1), 0);
    assert_non_null(strstr((const char *)buf_data(&out), "http://me:****@h:x"));
    assert_null(strstr(typed, "hush"));
    buf_clear(&out);
    options_clear(&o);
}

static void connect_to_is_split(void **state)
{
    static const struct {
        const char *value, *from_host;
        uint16_t from_port;
        const char *host;
        uint16_t port;
    } table[] = {
        {"a:1:b:2", "a", 1, "b", 2},
        {":::", "", 0, "", 0},
        {"a::b:", "a", 0, "b", 0},
        {":443::8443", "", 443, "", 8443},
        {"[::1]:1:[fe80::1%eth0]:65535", "::1", 1, "fe80::1%eth0", 65535},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct options o;

        parsed(&o, "--connect-to", table[i].value);
        assert_int_equal(o.connect.dial.connect_to_count, 1);
        assert_string_equal(o.connect.dial.connect_to[0].from_host, table[i].from_host);
        assert_int_equal(o.connect.dial.connect_to[0].from_port, table[i].from_port);
        assert_string_equal(o.connect.dial.connect_to[0].host, table[i].host);
        assert_int_equal(o.connect.dial.connect_to[0].port, table[i].port);
        options_clear(&o);
    }
}

static void connect_to_that_is_malformed_is_pointed_at(void **state)
{
    (void)state;
    check_error("--connect-to", "a", "ws://h/", 0, "the first host");
    check_error("--connect-to", "", "ws://h/", 0, "the first host");
    check_error("--connect-to", "[::1", "ws://h/", 0, "the first host");
    check_error("--connect-to", "a:1", "ws://h/", 2, "the first port");
    check_error("--connect-to", "a:0:b:1", "ws://h/", 2, "the first port");
    check_error("--connect-to", "a:b:c:1", "ws://h/", 2, "the first port");
    check_error("--connect-to", "a:1:b", "ws://h/", 4, "the second host");
    check_error("--connect-to", "a:1:b:65536", "ws://h/", 6, "the second port");
    check_error("--connect-to", "a:1:b:1:", "ws://h/", 6, "the second port");
    check_error("--connect-to", "a:1:\xcd\xb8:1", "ws://h/", -1, "can't be part of a host name");
}

static void redirects_are_followed_when_asked_for(void **state)
{
    char *argv[] = {"wscope", "--no-config", "-L", "--max-redirects", "7", "ws://h/", NULL};
    struct options o;
    struct err e;

    (void)state;
    assert_int_equal(options_parse(&o, &wscope_verbs, 6, argv, &e), 0);
    assert_true(o.connect.ws.follow);
    assert_int_equal(o.connect.ws.max_redirects, 7);
    options_clear(&o);
    parsed(&o, "--header-cmd", "echo A: b");
    assert_false(o.connect.ws.follow);
    assert_int_equal(o.connect.ws.max_redirects, 5);
    assert_string_equal(o.connect.ws.header_cmd, "echo A: b");
    options_clear(&o);
    check_error("--max-redirects", "7", "ws://h/", -1, "needs --location");
}

static void host_that_dns_can_not_hold_is_pointed_at(void **state)
{
    struct options o;

    (void)state;
    check_error("--noproxy", "", "wss://ok.\xcd\xb8.example/", 9, "can't be part of a host name");
    parsed(&o, "--noproxy", "");
    options_clear(&o);
}

static void demo_never_takes_a_proxy(void **state)
{
    char *argv[] = {"wscope", "demo", NULL};
    struct options o;
    struct err e;

    (void)state;
    assert_int_equal(options_parse(&o, &wscope_verbs, 2, argv, &e), 0);
    assert_string_equal(o.connect.dial.noproxy, "*");
    options_clear(&o);
}

static void options_survive_failing_allocations(void **state)
{
    (void)state;
    ALLOC_EACH({
        struct options o;
        char typed[256];
        struct err e;

        if (parse(&o, "--connect-to", "a:1:b:2", "ws://\xc3\xbc.example/", typed, sizeof typed,
                  &e) != 0)
            assert_int_equal(e.code, EXIT_OTHER);
        options_clear(&o);
    });
    ALLOC_EACH({
        struct options o;
        char typed[256];
        struct err e;

        if (parse(&o, "-x", "http://me:hush@h:1", "ws://h/", typed, sizeof typed, &e) != 0)
            assert_int_equal(e.code, EXIT_OTHER);
        options_clear(&o);
    });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proxy_is_kept_and_its_credentials_leave_argv),
        cmocka_unit_test(proxy_that_is_misspelt_is_pointed_at_without_its_password),
        cmocka_unit_test(connect_to_is_split),
        cmocka_unit_test(connect_to_that_is_malformed_is_pointed_at),
        cmocka_unit_test(redirects_are_followed_when_asked_for),
        cmocka_unit_test(host_that_dns_can_not_hold_is_pointed_at),
        cmocka_unit_test(demo_never_takes_a_proxy),
        cmocka_unit_test(options_survive_failing_allocations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

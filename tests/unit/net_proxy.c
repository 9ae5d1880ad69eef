#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "alloc.h"
#include "net/proxy.h"

static struct proxy parsed(const char *text)
{
    struct proxy p;
    struct err e;

    err_clear(&e);
    if (proxy_parse(&p, text, "--proxy", &e) < 0)
        fail_msg("%s: %s", text, e.text);
    return p;
}

static void check(const char *text, enum proxy_kind kind, const char *host, unsigned port,
                  const char *user, const char *password)
{
    struct proxy p = parsed(text);

    assert_int_equal(p.kind, kind);
    assert_string_equal(p.host, host);
    assert_int_equal(p.port, port);
    if (user)
        assert_string_equal(p.user, user);
    else
        assert_null(p.user);
    if (password)
        assert_string_equal(p.password, password);
    else
        assert_null(p.password);
    assert_string_equal(p.source, "--proxy");
    proxy_clear(&p);
}

static void check_error(const char *text, long at, const char *says)
{
    struct proxy p, before;
    struct err e;

    memset(&p, 0xa5, sizeof p);
    memcpy(&before, &p, sizeof p);
    if (proxy_parse(&p, text, "https_proxy", &e) != -1)
        fail_msg("%s was taken", text);
    assert_memory_equal(&p, &before, sizeof p);
    assert_int_equal(e.code, EXIT_USAGE);
    if (e.at != at || !strstr(e.text, says) || strncmp(e.text, "https_proxy: ", 13) != 0)
        fail_msg("%s: at %ld: %s", text, e.at, e.text);
    assert_non_null(strstr(e.hint, "[SCHEME://]"));
}

static void proxy_parse_takes_scheme_host_and_port(void **state)
{
    (void)state;
    check("http://p.example:3128", PROXY_HTTP, "p.example", 3128, NULL, NULL);
    check("HTTPS://p.example:8443/", PROXY_HTTPS, "p.example", 8443, NULL, NULL);
    check("socks5://10.0.0.1:9050", PROXY_SOCKS5, "10.0.0.1", 9050, NULL, NULL);
    check("socks5h://p.example:9050/ignored?too", PROXY_SOCKS5H, "p.example", 9050, NULL, NULL);
    check("http://[::1]:3128", PROXY_HTTP, "::1", 3128, NULL, NULL);
    check("p.example:", PROXY_HTTP, "p.example", 1080, NULL, NULL);
    check("b\xc3\xbc"
          "cher.example:1",
          PROXY_HTTP,
          "b\xc3\xbc"
          "cher.example",
          1, NULL, NULL);
}

static void proxy_parse_fills_in_what_curl_does(void **state)
{
    (void)state;
    check("p.example", PROXY_HTTP, "p.example", 1080, NULL, NULL);
    check("p.example:8080", PROXY_HTTP, "p.example", 8080, NULL, NULL);
    check("http://p.example", PROXY_HTTP, "p.example", 1080, NULL, NULL);
    check("https://p.example", PROXY_HTTPS, "p.example", 443, NULL, NULL);
    check("socks5://p.example", PROXY_SOCKS5, "p.example", 1080, NULL, NULL);
    check("socks5h://[::1]", PROXY_SOCKS5H, "::1", 1080, NULL, NULL);
}

static void proxy_parse_decodes_credentials(void **state)
{
    (void)state;
    check("http://me:hush@p:1", PROXY_HTTP, "p", 1, "me", "hush");
    check("me@p:1", PROXY_HTTP, "p", 1, "me", NULL);
    check("me:@p:1", PROXY_HTTP, "p", 1, "me", "");
    check("http://a%40b:c%3Ad%2f%C3%bc@p:1", PROXY_HTTP, "p", 1, "a@b", "c:d/\xc3\xbc");
    check("http://a@b:c@p:1", PROXY_HTTP, "p", 1, "a@b", "c");
    check("http://me:a:b@p:1", PROXY_HTTP, "p", 1, "me", "a:b");
}

static void proxy_parse_takes_a_zone(void **state)
{
    struct proxy p = parsed("http://[fe80::1%25eth0]:3128");
    char name[64];

    (void)state;
    assert_string_equal(p.host, "fe80::1");
    assert_string_equal(p.zone, "eth0");
    proxy_name(&p, name, sizeof name);
    assert_string_equal(name, "[fe80::1%eth0]:3128");
    proxy_clear(&p);
    p = parsed("[fe80::1%2]");
    assert_string_equal(p.zone, "2");
    proxy_clear(&p);
}

static void proxy_parse_says_what_is_wrong_and_where(void **state)
{
    (void)state;
    check_error("", 0, "no host");
    check_error("http://", 7, "no host");
    check_error("socks4://p", 0, "one of http, https, socks5 and socks5h");
    check_error("ftp://p", 0, "one of");
    check_error("://p", 0, "one of");
    check_error("p:x", 2, "number from 1 to 65535");
    check_error("p:0", 2, "number from 1 to 65535");
    check_error("p:65536", 2, "number from 1 to 65535");
    check_error("p:99999999999999999999", 2, "number from 1 to 65535");
    check_error("http://::1:80", 7, "brackets");
    check_error("http://[::1", 7, "no ]");
    check_error("http://[::1]80", 12, ":PORT");
    check_error("http://[::g]", 8, "IPv6 address");
    check_error("http://[fe80::1%]", 16, "zone");
    check_error("http://a b", 8, "host name");
    check_error("http://a\nb", 8, "host name");
}

static void proxy_parse_never_shows_credentials(void **state)
{
    static const char *const texts[] = {"http://me:hush%0@p",   "http://me:hush%0a@p",
                                        "http://me:hush/x@p:1", "http://me:hush@p:x",
                                        "ftp://me:hush@p",      "http://hush@[::1"};
    struct proxy p;
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(proxy_parse(&p, texts[i], "--proxy", &e), -1);
        assert_null(strstr(e.text, "hush"));
        assert_null(strstr(e.hint, "hush"));
    }
    check_error("http://me:hush%0@p", 14, "two hex digits");
    check_error("http://me:hush%0a@p", 16, "control");
    check_error("http://me:hush/x@p:1", 14, "written %2F");
}

static void proxy_excluded_follows_curls_rules(void **state)
{
    static const struct {
        const char *list, *host;
        bool excluded;
    } table[] = {
        {"", "example.com", false},
        {"example.com", "example.com", true},
        {"EXAMPLE.com", "example.COM", true},
        {"example.com", "www.example.com", true},
        {".example.com", "www.example.com", true},
        {".example.com", "example.com", true},
        {"example.com.", "example.com", true},
        {"example.com", "example.com.", true},
        {"example.com", "badexample.com", false},
        {"www.example.com", "example.com", false},
        {"a,b,example.com", "example.com", true},
        {"a, b , example.com ,c", "example.com", true},
        {"a b example.com", "example.com", true},
        {",,,", "example.com", false},
        {".", "example.com", false},
        {"*", "example.com", true},
        {" * ", "10.1.2.3", true},
        {"a,*", "example.com", false},
        {"*.example.com", "www.example.com", false},
        {"example.com:443", "example.com", false},
        {"localhost", "localhost", true},
        {"10.1.2.3", "10.1.2.3", true},
        {"10.1.2.3", "10.1.2.30", false},
        {"2.3", "10.1.2.3", false},
        {"10.0.0.0/8", "10.1.2.3", true},
        {"10.0.0.0/8", "11.1.2.3", false},
        {"192.168.4.0/22", "192.168.7.255", true},
        {"192.168.4.0/22", "192.168.8.0", false},
        {"10.1.2.3/32", "10.1.2.3", true},
        {"10.1.2.2/32", "10.1.2.3", false},
        {"10.1.2.2/31", "10.1.2.3", true},
        {"0.0.0.0/0", "10.1.2.3", true},
        {"0.0.0.0/0", "::1", false},
        {"10.0.0.0/33", "10.0.0.0", false},
        {"10.0.0.0/", "10.0.0.0", false},
        {"10.0.0.0/8x", "10.0.0.0", false},
        {"10.0.0.0/8", "example.com", false},
        {"::1", "::1", true},
        {"[::1]", "::1", true},
        {"0:0:0:0:0:0:0:1", "::1", true},
        {"fd00::/8", "fd12:3456::1", true},
        {"fd00::/8", "fe80::1", false},
        {"2001:db8::/33", "2001:db8:7fff::1", true},
        {"2001:db8::/33", "2001:db8:8000::1", false},
        {"[2001:db8::]/32", "2001:db8::1", true},
        {"fd00::/129", "fd00::", false},
        {"::/0", "2001:db8::1", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (proxy_excluded(table[i].list, table[i].host) != table[i].excluded)
            fail_msg("\"%s\" and \"%s\"", table[i].list, table[i].host);
    }
}

/* The environment of the case at hand: "NAME=VALUE" up to a NULL. */
static const char *const *environment;

static const char *lookup(const char *name)
{
    size_t len = strlen(name);

    for (const char *const *at = environment; *at; at++) {
        if (strncmp(*at, name, len) == 0 && (*at)[len] == '=')
            return *at + len + 1;
    }
    return NULL;
}

static void proxy_select_asks_option_and_environment_in_curls_order(void **state)
{
    static const struct {
        const char *proxy, *noproxy;
        const char *env[5];
        bool secure;
        const char *host;
        const char *result; /* of proxy_name, or NULL */
        const char *source;
    } table[] = {
        {NULL, NULL, {NULL}, true, "h", NULL, NULL},
        {"p:1", NULL, {NULL}, true, "h", "p:1", "--proxy"},
        {"p:1", NULL, {"https_proxy=q:2"}, true, "h", "p:1", "--proxy"},
        {"", NULL, {"https_proxy=q:2"}, true, "h", NULL, NULL},
        {NULL, NULL, {"https_proxy=q:2", "HTTPS_PROXY=r:3"}, true, "h", "q:2", "https_proxy"},
        {NULL, NULL, {"HTTPS_PROXY=r:3", "all_proxy=s:4"}, true, "h", "r:3", "HTTPS_PROXY"},
        {NULL, NULL, {"https_proxy=", "HTTPS_PROXY=r:3"}, true, "h", "r:3", "HTTPS_PROXY"},
        {NULL, NULL, {"http_proxy=q:2", "all_proxy=s:4"}, true, "h", "s:4", "all_proxy"},
        {NULL, NULL, {"http_proxy=q:2", "all_proxy=s:4"}, false, "h", "q:2", "http_proxy"},
        {NULL, NULL, {"HTTP_PROXY=q:2"}, false, "h", NULL, NULL},
        {NULL, NULL, {"https_proxy=q:2"}, false, "h", NULL, NULL},
        {NULL, NULL, {"ALL_PROXY=s:4"}, false, "h", "s:4", "ALL_PROXY"},
        {NULL, NULL, {"ALL_PROXY=s:4", "all_proxy=t:5"}, false, "h", "t:5", "all_proxy"},
        {NULL, NULL, {"all_proxy=s:4", "no_proxy=h"}, false, "h", NULL, NULL},
        {NULL, NULL, {"all_proxy=s:4", "NO_PROXY=h"}, false, "h", NULL, NULL},
        {NULL, NULL, {"all_proxy=s:4", "no_proxy=x", "NO_PROXY=h"}, false, "h", "s:4", "all_proxy"},
        {"p:1", NULL, {"no_proxy=h"}, false, "h", NULL, NULL},
        {"p:1", "x", {"no_proxy=h"}, false, "h", "p:1", "--proxy"},
        {"p:1", "", {"no_proxy=*"}, false, "h", "p:1", "--proxy"},
        {"p:1", "*", {NULL}, false, "h", NULL, NULL},
        {"p:1", "127.0.0.0/8", {NULL}, false, "127.0.0.1", NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct proxy_rules rules = {table[i].proxy, table[i].noproxy, lookup};
        struct proxy p;
        struct err e;
        char name[64];
        int rc;

        environment = table[i].env;
        rc = proxy_select(&p, &rules, table[i].secure, table[i].host, &e);
        if (rc != (table[i].result != NULL))
            fail_msg("row %zu: %d", i, rc);
        if (rc != 1)
            continue;
        proxy_name(&p, name, sizeof name);
        assert_string_equal(name, table[i].result);
        assert_string_equal(p.source, table[i].source);
        proxy_clear(&p);
    }
}

static void proxy_select_names_the_variable_that_is_wrong(void **state)
{
    static const char *const env[] = {"https_proxy=gopher://me:hush@h", NULL};
    struct proxy_rules rules = {NULL, NULL, lookup};
    struct proxy p;
    struct err e;

    (void)state;
    environment = env;
    assert_int_equal(proxy_select(&p, &rules, true, "h", &e), -1);
    assert_int_equal(e.code, EXIT_USAGE);
    assert_non_null(strstr(e.text, "https_proxy: the scheme"));
}

static void proxy_parse_survives_failing_allocations(void **state)
{
    struct proxy p;
    struct err e;

    (void)state;
    ALLOC_EACH({
        if (proxy_parse(&p, "http://me:hush@[fe80::1%1]:1", "--proxy", &e) == 0)
            proxy_clear(&p);
        else
            assert_int_equal(e.code, EXIT_OTHER);
    });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proxy_parse_takes_scheme_host_and_port),
        cmocka_unit_test(proxy_parse_fills_in_what_curl_does),
        cmocka_unit_test(proxy_parse_decodes_credentials),
        cmocka_unit_test(proxy_parse_takes_a_zone),
        cmocka_unit_test(proxy_parse_says_what_is_wrong_and_where),
        cmocka_unit_test(proxy_parse_never_shows_credentials),
        cmocka_unit_test(proxy_excluded_follows_curls_rules),
        cmocka_unit_test(proxy_select_asks_option_and_environment_in_curls_order),
        cmocka_unit_test(proxy_select_names_the_variable_that_is_wrong),
        cmocka_unit_test(proxy_parse_survives_failing_allocations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "alloc.h"
#include "proto/url_resolve.h"

static struct url parsed(const char *text)
{
    struct url u;
    struct err e;

    err_clear(&e);
    if (url_parse(&u, text, &e) < 0)
        fail_msg("%s: %s", text, e.text);
    return u;
}

static void check(const char *base_text, const char *reference, const char *result)
{
    struct url base = parsed(base_text), to;
    struct err e;
    char *text;

    err_clear(&e);
    if (url_resolve(&to, &base, slice_str(reference), &e) < 0)
        fail_msg("%s: %s", reference, e.text);
    text = url_print(&to);
    if (!text || strcmp(text, result) != 0)
        fail_msg("%s: %s instead of %s", reference, text, result);
    free(text);
    url_clear(&base);
    url_clear(&to);
}

static void check_error(const char *reference, const char *says)
{
    struct url base = parsed("wss://host/a/b"), to, before;
    struct err e;

    memset(&to, 0xa5, sizeof to);
    memcpy(&before, &to, sizeof to);
    if (url_resolve(&to, &base, slice_str(reference), &e) != -1)
        fail_msg("%s was taken", reference);
    assert_memory_equal(&to, &before, sizeof to);
    assert_int_equal(e.code, EXIT_UPGRADE);
    assert_int_equal(e.stage, STAGE_HANDSHAKE);
    if (!strstr(e.text, says))
        fail_msg("%s: %s", reference, e.text);
    url_clear(&base);
}

/* RFC 3986, sections 5.4.1 and 5.4.2, with ws in the place of http; those whose result is no
 * WebSocket's address are below. */
static void url_resolve_follows_the_examples_of_rfc_3986(void **state)
{
    static const char *const table[][2] = {
        {"g", "ws://a/b/c/g"},
        {"./g", "ws://a/b/c/g"},
        {"g/", "ws://a/b/c/g/"},
        {"/g", "ws://a/g"},
        {"//g", "ws://g/"},
        {"?y", "ws://a/b/c/d;p?y"},
        {"g?y", "ws://a/b/c/g?y"},
        {"#s", "ws://a/b/c/d;p?q"},
        {"g#s", "ws://a/b/c/g"},
        {"g?y#s", "ws://a/b/c/g?y"},
        {";x", "ws://a/b/c/;x"},
        {"g;x", "ws://a/b/c/g;x"},
        {"g;x?y#s", "ws://a/b/c/g;x?y"},
        {".", "ws://a/b/c/"},
        {"./", "ws://a/b/c/"},
        {"..", "ws://a/b/"},
        {"../", "ws://a/b/"},
        {"../g", "ws://a/b/g"},
        {"../..", "ws://a/"},
        {"../../", "ws://a/"},
        {"../../g", "ws://a/g"},
        {"../../../g", "ws://a/g"},
        {"../../../../g", "ws://a/g"},
        {"/./g", "ws://a/g"},
        {"/../g", "ws://a/g"},
        {"g.", "ws://a/b/c/g."},
        {".g", "ws://a/b/c/.g"},
        {"g..", "ws://a/b/c/g.."},
        {"..g", "ws://a/b/c/..g"},
        {"./../g", "ws://a/b/g"},
        {"./g/.", "ws://a/b/c/g/"},
        {"g/./h", "ws://a/b/c/g/h"},
        {"g/../h", "ws://a/b/c/h"},
        {"g;x=1/./y", "ws://a/b/c/g;x=1/y"},
        {"g;x=1/../y", "ws://a/b/c/y"},
        {"g?y/./x", "ws://a/b/c/g?y/./x"},
        {"g?y/../x", "ws://a/b/c/g?y/../x"},
        {"g#s/../x", "ws://a/b/c/g"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        check("ws://a/b/c/d;p?q", table[i][0], table[i][1]);
}

static void url_resolve_takes_http_for_ws(void **state)
{
    (void)state;
    check("wss://a/b", "https://c/d", "wss://c/d");
    check("wss://a/b", "HTTPS://C/D", "wss://c/D");
    check("wss://a/b", "http://c:8080/d", "ws://c:8080/d");
    check("ws://a/b", "wss://c/d?e", "wss://c/d?e");
    check("wss://a/b", "//c/d", "wss://c/d");
    check("ws://a/b", "//c:81/d", "ws://c:81/d");
    check("wss://a:444/b", "/d", "wss://a:444/d");
    check("wss://a/b", "//c?x", "wss://c/?x");
    check("wss://a/b", "https://c", "wss://c/");
    check("wss://a/b", "https://[2001:db8::1]:1/x", "wss://[2001:db8::1]:1/x");
    check("ws://[fe80::1%25eth0]/b", "d", "ws://[fe80::1%25eth0]/d");
}

static void url_resolve_removes_dots_however_they_are_written(void **state)
{
    (void)state;
    check("ws://a/b/c", "https://c/x/../y/./z", "wss://c/y/z");
    check("ws://a/b/c", "%2e%2E/g", "ws://a/g");
    check("ws://a/b/c", ".%2e/g", "ws://a/g");
    check("ws://a/b/c", "//d/..", "ws://d/");
    check("ws://a/b/c", "/a//../b", "ws://a/a/b");
    check("ws://a/b/c", "/.../b", "ws://a/.../b");
    check("ws://a/b/c", "/%2", "ws://a/%2");
}

static void url_resolve_mends_what_servers_write(void **state)
{
    (void)state;
    check("ws://a/b", "  /d  ", "ws://a/d");
    check("ws://a/b", "/d e?f g", "ws://a/d%20e?f%20g");
    check("ws://a/b", "/d\xc3\xbc", "ws://a/d%C3%BC");
}

static void url_resolve_drops_the_bases_userinfo(void **state)
{
    struct url base = parsed("ws://me:hush@a/b"), to;
    struct err e;

    (void)state;
    assert_int_equal(url_resolve(&to, &base, slice_str("/c"), &e), 0);
    assert_null(to.user);
    assert_null(to.password);
    url_clear(&to);
    assert_int_equal(url_resolve(&to, &base, slice_str("ws://you:psst@c/"), &e), 0);
    assert_string_equal(to.user, "you");
    assert_string_equal(to.password, "psst");
    url_clear(&to);
    url_clear(&base);
}

static void url_resolve_stays_on_a_unix_socket_but_never_goes_to_one(void **state)
{
    struct url base = parsed("ws+unix:/run/x.sock:/a/b"), to;
    struct err e;

    (void)state;
    assert_int_equal(url_resolve(&to, &base, slice_str("c"), &e), 0);
    assert_int_equal(to.scheme, URL_UNIX);
    assert_string_equal(to.socket_path, "/run/x.sock");
    assert_string_equal(to.target, "/a/c");
    assert_true(url_same_origin(&base, &to));
    url_clear(&to);
    assert_int_equal(url_resolve(&to, &base, slice_str("//host/c"), &e), 0);
    assert_int_equal(to.scheme, URL_WS);
    assert_false(url_same_origin(&base, &to));
    url_clear(&to);
    url_clear(&base);
    check_error("ws+unix:/run/docker.sock:/x", "own unix sockets");
    check_error("WS+UNIX:/run/docker.sock", "own unix sockets");
}

static void url_resolve_refuses_other_addresses(void **state)
{
    (void)state;
    check_error("", "the Location is empty");
    check_error("ftp://host/", "is not one of ws, ");
    check_error("mailto:me@host", "not the address of a WebSocket");
    check_error("javascript:alert(1)", "not the address of a WebSocket");
    check_error("https:/x", "not the address of a WebSocket");
    check_error("https:x", "not the address of a WebSocket");
    check_error("https://", "no host");
    check_error("//", "no host");
    check_error("https://h:0/", "port");
    check_error("https://h:99999/", "port");
    check_error("/a\rb", "control byte");
    check_error("https://h\x1b[31m/", "control byte");
    check_error("https://[::g]/", "IPv6");
}

static void url_resolve_bounds_the_reference(void **state)
{
    struct url base = parsed("ws://a/b"), to;
    static char longest[URL_REFERENCE_MAX + 1];
    struct err e;

    (void)state;
    memset(longest, ' ', sizeof longest);
    longest[0] = '/';
    longest[URL_REFERENCE_MAX - 1] = 'x';
    assert_int_equal(url_resolve(&to, &base, slice_make(longest, URL_REFERENCE_MAX), &e), 0);
    assert_int_equal(strlen(to.target), 3 * (URL_REFERENCE_MAX - 2) + 2);
    url_clear(&to);
    longest[URL_REFERENCE_MAX] = 'x';
    assert_int_equal(url_resolve(&to, &base, slice_make(longest, sizeof longest), &e), -1);
    assert_non_null(strstr(e.text, "too long"));
    assert_int_equal(url_resolve(&to, &base, slice_make("/a\0b", 4), &e), -1);
    assert_non_null(strstr(e.text, "NUL"));
    url_clear(&base);
}

static void url_resolve_shows_no_userinfo(void **state)
{
    struct url base = parsed("ws://a/b"), to;
    struct err e;

    (void)state;
    assert_int_equal(url_resolve(&to, &base, slice_str("ws://me:hush@h:0/"), &e), -1);
    assert_null(strstr(e.text, "hush"));
    assert_non_null(strstr(e.text, "\"h:0/\""));
    assert_int_equal(url_resolve(&to, &base, slice_str("//me:hush@:0/"), &e), -1);
    assert_null(strstr(e.text, "hush"));
    url_clear(&base);
}

static void url_same_origin_compares_scheme_host_and_port(void **state)
{
    static const struct {
        const char *a, *b;
        bool same;
    } table[] = {
        {"ws://a/x", "ws://A:80/y?z", true},
        {"ws://a/", "ws://a:81/", false},
        {"ws://a:443/", "wss://a/", false},
        {"ws://a/", "ws://b/", false},
        {"ws://[fe80::1%251]/", "ws://[fe80::1%252]/", false},
        {"ws+unix:/a:/x", "ws+unix:/a:/y", true},
        {"ws+unix:/a:/x", "ws+unix:/b:/x", false},
        {"ws+unix:/a:/x", "ws://localhost/x", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct url a = parsed(table[i].a), b = parsed(table[i].b);

        if (url_same_origin(&a, &b) != table[i].same)
            fail_msg("%s and %s", table[i].a, table[i].b);
        url_clear(&a);
        url_clear(&b);
    }
}

static void url_resolve_survives_failing_allocations(void **state)
{
    static const char *const references[] = {"../c d", "https://me:hush@c/d", "//c/d"};
    struct url base = parsed("ws://a/b/c?d"), to;
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof references / sizeof references[0]; i++) {
        ALLOC_EACH({
            if (url_resolve(&to, &base, slice_str(references[i]), &e) == 0)
                url_clear(&to);
            else
                assert_int_equal(e.code, EXIT_OTHER);
        });
    }
    url_clear(&base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(url_resolve_follows_the_examples_of_rfc_3986),
        cmocka_unit_test(url_resolve_takes_http_for_ws),
        cmocka_unit_test(url_resolve_removes_dots_however_they_are_written),
        cmocka_unit_test(url_resolve_mends_what_servers_write),
        cmocka_unit_test(url_resolve_drops_the_bases_userinfo),
        cmocka_unit_test(url_resolve_stays_on_a_unix_socket_but_never_goes_to_one),
        cmocka_unit_test(url_resolve_refuses_other_addresses),
        cmocka_unit_test(url_resolve_bounds_the_reference),
        cmocka_unit_test(url_resolve_shows_no_userinfo),
        cmocka_unit_test(url_same_origin_compares_scheme_host_and_port),
        cmocka_unit_test(url_resolve_survives_failing_allocations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

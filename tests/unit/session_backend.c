#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "session/diagnose/backend.h"

static struct backend read_two(const char *name1, const char *value1, const char *name2,
                               const char *value2)
{
    const struct field fields[] = {{slice_str(name1), slice_str(value1)},
                                   {slice_str(name2), slice_str(value2)}};
    const struct event_response response = {.status = 101, .headers = fields, .header_count = 2};
    struct backend b;

    backend_read(&b, &response);
    return b;
}

static void backend_names_who_answered(void **state)
{
    struct backend b = read_two("server", "nginx/1.22", "X-Served-By", "cache-a");

    (void)state;
    assert_string_equal(b.text, "server: nginx/1.22, X-Served-By: cache-a");
    b = read_two("Date", "now", "Upgrade", "websocket");
    assert_string_equal(b.text, "");
    assert_string_equal(b.cookie, "");
}

static void backend_keeps_a_cookie_s_name_and_not_its_value(void **state)
{
    struct backend b =
        read_two("Set-Cookie", "session=secret", "Set-Cookie", "SERVERID=a1; Path=/");

    (void)state;
    assert_string_equal(b.cookie, "SERVERID");
    assert_string_equal(b.text, "");
    b = read_two("Set-Cookie", "no value", "Set-Cookie", "; SERVERID=x");
    assert_string_equal(b.cookie, "");
}

static void backend_change_is_seen_where_both_are_known(void **state)
{
    struct backend a = read_two("Server", "one", "Set-Cookie", "SERVERID=a1");
    struct backend b = read_two("Server", "two", "Set-Cookie", "SERVERID=a1");
    struct backend c = read_two("Server", "one", "Set-Cookie", "SERVERID=c3; Secure");
    struct backend none = {0};
    char how[2 * BACKEND_TEXT];

    (void)state;
    assert_false(backend_changed(how, &a, &a));
    assert_true(backend_changed(how, &a, &b));
    assert_string_equal(how, "Server: two, before it was Server: one");
    assert_true(backend_changed(how, &a, &c));
    assert_string_equal(how, "the cookie SERVERID has another value");
    assert_false(backend_changed(how, &none, &a));
    assert_false(backend_changed(how, &a, &none));
    b = read_two("Server", "one", "Set-Cookie", "SERVERID=a1; Secure");
    assert_false(backend_changed(how, &a, &b));
}

static void backend_cuts_what_is_long(void **state)
{
    char text[4096];
    struct backend b, other;
    char how[2 * BACKEND_TEXT];

    (void)state;
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    b = read_two("X-Backend-Server", text, "X-Served-By", text);
    assert_true(strlen(b.text) < sizeof b.text);
    other = read_two("Server", text, "X-Instance-Id", text);
    assert_true(backend_changed(how, &b, &other));
    assert_true(strlen(how) < sizeof how);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(backend_names_who_answered),
        cmocka_unit_test(backend_keeps_a_cookie_s_name_and_not_its_value),
        cmocka_unit_test(backend_change_is_seen_where_both_are_known),
        cmocka_unit_test(backend_cuts_what_is_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "http/redirect.h"

static struct url parsed(const char *text)
{
    struct url u;
    struct err e;

    assert_int_equal(url_parse(&u, text, &e), 0);
    return u;
}

static struct field field(const char *name, const char *value)
{
    return (struct field){slice_str(name), slice_str(value)};
}

static int next(const char *from_text, struct field *headers, size_t count, char **to_text,
                struct err *e)
{
    const struct http1_head head = {.status = 302, .fields = headers, .field_count = count};
    struct url from = parsed(from_text), to;
    int rc = redirect_next(&to, &from, &head, 1, 2, e);

    *to_text = rc == 0 ? url_print(&to) : NULL;
    if (rc == 0)
        url_clear(&to);
    url_clear(&from);
    return rc;
}

static void check_error(const char *from, struct field *headers, size_t count, const char *says)
{
    struct err e;
    char *to;

    assert_int_equal(next(from, headers, count, &to, &e), -1);
    assert_int_equal(e.code, EXIT_UPGRADE);
    assert_int_equal(e.stage, STAGE_HANDSHAKE);
    if (!strstr(e.text, says))
        fail_msg("%s", e.text);
}

static void redirect_status_knows_those_that_name_a_place(void **state)
{
    (void)state;
    for (int status = 100; status < 600; status++)
        assert_int_equal(redirect_status(status), status == 301 || status == 302 || status == 303 ||
                                                      status == 307 || status == 308);
}

static void redirect_next_follows_the_location(void **state)
{
    struct field headers[] = {field("Server", "x"), field("location", "https://b/c"),
                              field("Location", "https://b/c")};
    struct err e;
    char *to;

    (void)state;
    assert_int_equal(next("wss://a/", headers, 2, &to, &e), 0);
    assert_string_equal(to, "wss://b/c");
    free(to);
    assert_int_equal(next("ws://a/", headers, 3, &to, &e), 0);
    free(to);
}

static void redirect_next_never_leaves_tls(void **state)
{
    struct field plain[] = {field("Location", "http://a/")};

    (void)state;
    check_error("wss://a/", plain, 1, "from wss:// to ws://a");
}

static void redirect_next_wants_one_place(void **state)
{
    struct field two[] = {field("Location", "/a"), field("Location", "/b")};
    struct field unfit[] = {field("Location", "ftp://a/")};

    (void)state;
    check_error("ws://a/", two, 0, "without a Location");
    check_error("ws://a/", two, 2, "two places");
    check_error("ws://a/", unfit, 1, "ftp");
}

static void redirect_next_stops_after_the_last_one_allowed(void **state)
{
    struct field field = {slice_str("Location"), slice_str("/b")};
    const struct http1_head head = {.status = 302, .fields = &field, .field_count = 1};
    struct url from = parsed("ws://a/"), to;
    struct err e;

    (void)state;
    assert_int_equal(redirect_next(&to, &from, &head, 0, 1, &e), 0);
    url_clear(&to);
    for (unsigned max = 0; max < 2; max++) {
        assert_int_equal(redirect_next(&to, &from, &head, 1, max, &e), -1);
        assert_int_equal(e.code, EXIT_UPGRADE);
        assert_string_equal(e.text, "the server redirects once more (302), after 1 redirect");
        assert_non_null(strstr(e.hint, "--max-redirects"));
    }
    url_clear(&from);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(redirect_status_knows_those_that_name_a_place),
        cmocka_unit_test(redirect_next_follows_the_location),
        cmocka_unit_test(redirect_next_never_leaves_tls),
        cmocka_unit_test(redirect_next_wants_one_place),
        cmocka_unit_test(redirect_next_stops_after_the_last_one_allowed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

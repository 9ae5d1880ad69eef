#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "alloc.h"
#include "session/attempt.h"

static const struct handshake_header typed[] = {{.name = "X-Session-Id", .value = "k"},
                                                {.name = "Accept-Language", .value = "eo"}};

struct fixture {
    struct url url;
    struct channel_ws_config base;
    struct attempt attempt;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct err e;

    if (url_parse(&f->url, "ws://a/b/c", &e) < 0)
        return -1;
    f->base.handshake = (struct handshake_config){.url = &f->url,
                                                  .headers = typed,
                                                  .header_count = 2,
                                                  .authorization = "Basic x",
                                                  .cookie = "a=b"};
    attempt_begin(&f->attempt, &f->base, 42);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    attempt_clear(&f->attempt);
    url_clear(&f->url);
    free(f);
    return 0;
}

/* What is configured is meant for this URL. */
static void withhold_from_others_than(struct fixture *f, const char *home)
{
    struct url url;
    struct err e;

    attempt_begin(&f->attempt, &f->base, 1);
    assert_int_equal(url_parse(&url, home, &e), 0);
    assert_int_equal(attempt_withhold(&f->attempt, &url), 0);
    url_clear(&url);
}

static void attempt_begins_as_configured(void **state)
{
    struct fixture *f = *state;

    assert_ptr_equal(f->attempt.ws.handshake.url, &f->url);
    assert_int_equal(f->attempt.ws.handshake.header_count, 2);
    assert_int_equal(f->attempt.ws.began_us, 42);
}

static void attempt_adds_the_headers_of_the_command(void **state)
{
    struct fixture *f = *state;
    const struct handshake_config *now = &f->attempt.ws.handshake;
    struct err e;

    assert_int_equal(attempt_headers(&f->attempt,
                                     strdup("\xEF\xBB\xBF"
                                            "Authorization: Bearer t\r\n\n  \nX-B:c"),
                                     &e),
                     0);
    assert_int_equal(now->header_count, 4);
    assert_string_equal(now->headers[1].name, "Accept-Language");
    assert_string_equal(now->headers[2].name, "Authorization");
    assert_string_equal(now->headers[2].value, "Bearer t");
    assert_string_equal(now->headers[3].value, "c");
    assert_int_equal(now->printed_count, 2);

    attempt_begin(&f->attempt, &f->base, 43);
    assert_int_equal(now->header_count, 2);
    assert_ptr_equal(now->url, &f->url);
    assert_int_equal(attempt_headers(&f->attempt, strdup(""), &e), 0);
    assert_int_equal(now->header_count, 2);
}

static void attempt_names_the_line_that_is_no_header_but_does_not_show_it(void **state)
{
    static const char *const texts[] = {"A: b\nhush", "A: b\nhush hush: x", "A: b\n: hush"};
    struct fixture *f = *state;
    struct err e;

    for (size_t i = 0; i < 3; i++) {
        attempt_begin(&f->attempt, &f->base, 1);
        assert_int_equal(attempt_headers(&f->attempt, strdup(texts[i]), &e), -1);
        assert_int_equal(e.code, EXIT_OTHER);
        assert_non_null(strstr(e.text, "line 2 of what --header-cmd printed"));
        assert_null(strstr(e.text, "hush"));
    }
}

static void attempt_bounds_the_headers_of_the_command(void **state)
{
    struct fixture *f = *state;
    char *text = calloc(1, 5 * (ATTEMPT_HEADERS_MAX + 1) + 1);
    struct err e;

    for (int i = 0; i < ATTEMPT_HEADERS_MAX; i++)
        strcat(text, "A: b\n");
    assert_int_equal(attempt_headers(&f->attempt, strdup(text), &e), 0);
    strcat(text, "A: b\n");
    attempt_begin(&f->attempt, &f->base, 1);
    assert_int_equal(attempt_headers(&f->attempt, text, &e), -1);
    assert_non_null(strstr(e.text, "more than 100"));
}

static void attempt_keeps_credentials_within_the_origin(void **state)
{
    struct fixture *f = *state;
    const struct handshake_config *now = &f->attempt.ws.handshake;

    withhold_from_others_than(f, "ws://A:80/other");
    assert_string_equal(now->authorization, "Basic x");
    assert_string_equal(now->cookie, "a=b");
    assert_int_equal(now->header_count, 2);
    /* The scheme is part of the origin. */
    withhold_from_others_than(f, "wss://a:80/");
    assert_null(now->authorization);
    withhold_from_others_than(f, "ws://a:81/");
    assert_null(now->authorization);
    assert_null(now->cookie);
    assert_int_equal(now->header_count, 1);
    assert_string_equal(now->headers[0].name, "Accept-Language");
}

static void attempt_keeps_the_client_certificate_within_the_origin(void **state)
{
    struct fixture *f = *state;
    const struct tls_config *tls = &f->attempt.ws.dial.tls;

    f->base.dial.tls =
        (struct tls_config){.cert = "c", .key = "k", .pass = "p", .cacert = "ca", .pinned = "x"};
    withhold_from_others_than(f, "wss://b/");
    assert_null(tls->cert);
    assert_null(tls->key);
    assert_null(tls->pass);
    assert_string_equal(tls->cacert, "ca");
    assert_string_equal(tls->pinned, "x");
    assert_non_null(strstr(f->attempt.withheld.names, ", the client certificate"));
}

static void attempt_survives_failing_allocations(void **state)
{
    struct fixture *f = *state;
    struct url other;
    struct err e;

    assert_int_equal(url_parse(&other, "ws://b/", &e), 0);
    ALLOC_EACH({
        char *lines = strdup("Authorization: x\nB: c\n");

        attempt_begin(&f->attempt, &f->base, 1);
        if (lines && attempt_headers(&f->attempt, lines, &e) == 0 &&
            attempt_withhold(&f->attempt, &other) == 0)
            assert_null(f->attempt.ws.handshake.authorization);
        attempt_clear(&f->attempt);
    });
    url_clear(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(attempt_begins_as_configured, set_up, tear_down),
        cmocka_unit_test_setup_teardown(attempt_adds_the_headers_of_the_command, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            attempt_names_the_line_that_is_no_header_but_does_not_show_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(attempt_bounds_the_headers_of_the_command, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(attempt_keeps_the_client_certificate_within_the_origin,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(attempt_keeps_credentials_within_the_origin, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(attempt_survives_failing_allocations, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

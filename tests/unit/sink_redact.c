#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "alloc.h"
#include "sink/redact.h"

static void check_target(const char *target, const char *want)
{
    struct buf out;

    buf_init(&out, 4096);
    assert_int_equal(redact_target(&out, slice_str(target), false), 0);
    assert_int_equal(buf_append(&out, "", 1), 0);
    assert_string_equal((const char *)buf_data(&out), want);
    buf_clear(&out);
}

static void check_field(const char *name, const char *value, const char *want)
{
    struct buf out;

    buf_init(&out, 4096);
    assert_int_equal(redact_field(&out, slice_str(name), slice_str(value), false), 0);
    assert_int_equal(buf_append(&out, "", 1), 0);
    assert_string_equal((const char *)buf_data(&out), want);
    buf_clear(&out);
}

static void redact_field_name_knows_the_four_credentials(void **state)
{
    (void)state;
    assert_true(redact_field_name(slice_str("Authorization")));
    assert_true(redact_field_name(slice_str("proxy-AUTHORIZATION")));
    assert_true(redact_field_name(slice_str("cookie")));
    assert_true(redact_field_name(slice_str("Set-Cookie")));
    assert_false(redact_field_name(slice_str("Cookies")));
    assert_false(redact_field_name(slice_str("Sec-WebSocket-Key")));
    assert_false(redact_field_name(slice_make(NULL, 0)));
}

static void redact_mark_reports_the_size(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    assert_int_equal(redact_mark(&out, 43, true), 0);
    assert_true(slice_is(buf_slice(&out), "\xE2\x80\xB9redacted, 43 bytes\xE2\x80\xBA"));
    buf_reset(&out);
    assert_int_equal(redact_mark(&out, 1, false), 0);
    assert_true(slice_is(buf_slice(&out), "<redacted, 1 byte>"));
    buf_clear(&out);
}

static void redact_target_leaves_what_is_no_secret(void **state)
{
    (void)state;
    check_target("", "");
    check_target("/", "/");
    check_target("/a/b;c=1?x=1&y=2&&=3", "/a/b;c=1?x=1&y=2&&=3");
    check_target("wss://example.com:8443/chat?room=5#top",
                 "wss://example.com:8443/chat?room=5#top");
    check_target("/token=abc", "/token=abc");
    check_target("/?user@example", "/?user@example");
}

static void redact_target_hides_secret_parameters(void **state)
{
    (void)state;
    check_target("/?token=abc", "/?token=<redacted, 3 bytes>");
    check_target("/?a=1&api_KEY=12345&b=2", "/?a=1&api_KEY=<redacted, 5 bytes>&b=2");
    check_target("/?client-secret=x;X-Amz-Signature=yy",
                 "/?client-secret=<redacted, 1 byte>;X-Amz-Signature=<redacted, 2 bytes>");
    check_target("/?oauth=1&password=2&sig=3",
                 "/?oauth=<redacted, 1 byte>&password=<redacted, 1 byte>&sig=<redacted, 1 byte>");
    check_target("/?token=a=b=c", "/?token=<redacted, 5 bytes>");
}

static void redact_target_hides_percent_encoded_names(void **state)
{
    (void)state;
    check_target("/?t%6fken=abc", "/?t%6fken=<redacted, 3 bytes>");
    check_target("/?t%6Fke%4E=abc", "/?t%6Fke%4E=<redacted, 3 bytes>");
    check_target("/?tok%=abc&to%6=1", "/?tok%=abc&to%6=1");
}

static void redact_target_hides_tokens_in_fragments(void **state)
{
    (void)state;
    check_target("https://a/#access_token=abc&x=1",
                 "https://a/#access_token=<redacted, 3 bytes>&x=1");
}

static void redact_target_has_nothing_to_hide_in_an_empty_value(void **state)
{
    (void)state;
    check_target("/?token=&key", "/?token=&key");
}

static void redact_target_hides_userinfo(void **state)
{
    (void)state;
    check_target("wss://user:pw@host/x", "wss://<redacted, 7 bytes>@host/x");
    check_target("wss://u:p@ss@host", "wss://<redacted, 6 bytes>@host");
    check_target("wss://host/path@x", "wss://host/path@x");
    check_target("wss://host?x=a@b", "wss://host?x=a@b");
    check_target("//u:p@host/", "//<redacted, 3 bytes>@host/");
}

static void redact_field_hides_values_and_urls(void **state)
{
    (void)state;
    check_field("Cookie", "a=b", "<redacted, 3 bytes>");
    check_field("Cookie", "", "");
    check_field("Location", "https://x/?token=1", "https://x/?token=<redacted, 1 byte>");
    check_field("X-Info", "https://x/?token=1", "https://x/?token=1");
}

static void redact_reports_memory(void **state)
{
    (void)state;
    ALLOC_EACH({
        struct buf b;

        buf_init(&b, 1 << 16);
        (void)redact_target(&b, slice_str("wss://u:p@host/path?a=1&token=2&b=3"), true);
        buf_clear(&b);
    });
    for (size_t max = 0; max < 40; max++) {
        struct buf b;

        buf_init(&b, max);
        assert_int_equal(redact_target(&b, slice_str("wss://u:p@h/?token=2&b=3"), false), -1);
        buf_clear(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(redact_field_name_knows_the_four_credentials),
        cmocka_unit_test(redact_mark_reports_the_size),
        cmocka_unit_test(redact_target_leaves_what_is_no_secret),
        cmocka_unit_test(redact_target_hides_secret_parameters),
        cmocka_unit_test(redact_target_hides_percent_encoded_names),
        cmocka_unit_test(redact_target_hides_tokens_in_fragments),
        cmocka_unit_test(redact_target_has_nothing_to_hide_in_an_empty_value),
        cmocka_unit_test(redact_target_hides_userinfo),
        cmocka_unit_test(redact_field_hides_values_and_urls),
        cmocka_unit_test(redact_reports_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/secret.h"

static void secret_query_name_finds_its_words_in_any_case_and_place(void **state)
{
    static const char *const secret[] = {"token",        "access_token", "apiKey",  "KEY",
                                         "clientsecret", "X-Amz-Sig",    "sig",     "authorization",
                                         "oauth",        "passphrase",   "%74oken", "a%4bEy",
                                         "%6B%65%79"};
    static const char *const plain[] = {"",     "a", "tok", "toke",   "ke",    "%6b%65",
                                        "page", "%", "%7",  "%zzkez", "cookie"};

    (void)state;
    for (size_t i = 0; i < sizeof secret / sizeof secret[0]; i++)
        assert_true(secret_query_name(slice_str(secret[i])));
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        assert_false(secret_query_name(slice_str(plain[i])));
    assert_false(secret_query_name(slice_make(NULL, 0)));
}

static void secret_query_name_does_not_look_after_the_name(void **state)
{
    (void)state;
    assert_false(secret_query_name(slice_make("token", 4)));
    assert_false(secret_query_name(slice_make("ke%79", 4)));
    assert_true(secret_query_name(slice_make("ke%79", 5)));
}

static void secret_field_name_knows_the_four_fields(void **state)
{
    static const char *const plain[] = {"", "Cookies", "Cookie2", "X-Api-Key", "Authorizatio"};

    (void)state;
    assert_true(secret_field_name(slice_str("Authorization")));
    assert_true(secret_field_name(slice_str("proxy-AUTHORIZATION")));
    assert_true(secret_field_name(slice_str("cookie")));
    assert_true(secret_field_name(slice_str("Set-Cookie")));
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        assert_false(secret_field_name(slice_str(plain[i])));
}

static void secret_field_likely_takes_what_sounds_like_one(void **state)
{
    (void)state;
    assert_true(secret_field_likely(slice_str("X-Api-Key")));
    assert_true(secret_field_likely(slice_str("x-auth")));
    assert_true(secret_field_likely(slice_str("Cookie2")));
    assert_false(secret_field_likely(slice_str("X-Tenant")));
    assert_false(secret_field_likely(slice_str("X-%4bey"))); /* names of fields are not encoded */
    assert_false(secret_field_likely(slice_make(NULL, 0)));
}

static void secret_in_text_finds_words_names_and_tokens(void **state)
{
    static const char *const secret[] = {"PASS x",
                                         "myPass x",
                                         "api_key x",
                                         "my-key",
                                         "sig=1",
                                         "clientsecret",
                                         "%74oken=1",
                                         "\\\"authKey\\\": 1",
                                         "x eyJhbGciOiJIUzI1NiJ9.e30.AA y"};
    static const char *const plain[] = {
        "",         "compass",    "design", "monkey", "Sigma",
        "keyboard", "https://h/", "a=b",    "eyJ",    "subscribeToMarketDataChannel"};

    (void)state;
    for (size_t i = 0; i < sizeof secret / sizeof secret[0]; i++) {
        if (!secret_in_text(slice_str(secret[i])))
            fail_msg("no secret: %s", secret[i]);
    }
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        if (secret_in_text(slice_str(plain[i])))
            fail_msg("a secret: %s", plain[i]);
    }
    assert_false(secret_in_text(slice_make(NULL, 0)));
    assert_false(secret_in_text(slice_make("token", 4)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secret_query_name_finds_its_words_in_any_case_and_place),
        cmocka_unit_test(secret_query_name_does_not_look_after_the_name),
        cmocka_unit_test(secret_field_name_knows_the_four_fields),
        cmocka_unit_test(secret_field_likely_takes_what_sounds_like_one),
        cmocka_unit_test(secret_in_text_finds_words_names_and_tokens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

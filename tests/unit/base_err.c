#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/utf8.h"

static void err_clear_means_nothing_failed(void **state)
{
    struct err e;

    (void)state;
    memset(&e, 0x55, sizeof e);
    err_clear(&e);
    assert_int_equal(e.code, EXIT_OK);
    assert_int_equal(e.errnum, 0);
    assert_int_equal(e.at, -1);
    assert_string_equal(e.text, "");
    assert_string_equal(e.hint, "");
}

static void err_set_fills_everything_and_forgets_the_last_hint(void **state)
{
    struct err e;

    (void)state;
    err_clear(&e);
    err_hint(&e, "an old hint");
    e.at = 7;
    assert_int_equal(err_set(&e, EXIT_CONNECT, STAGE_CONNECT, ECONNREFUSED, "port %d", 81), -1);
    assert_int_equal(e.code, EXIT_CONNECT);
    assert_int_equal(e.stage, STAGE_CONNECT);
    assert_int_equal(e.errnum, ECONNREFUSED);
    assert_int_equal(e.at, -1);
    assert_string_equal(e.text, "port 81");
    assert_string_equal(e.hint, "");
    err_hint(&e, "try %s", "80");
    assert_string_equal(e.hint, "try 80");
    assert_string_equal(e.text, "port 81");
}

static void err_set_can_wrap_its_own_text(void **state)
{
    struct err e;

    (void)state;
    err_set(&e, EXIT_OTHER, STAGE_IO, 0, "inner");
    err_set(&e, EXIT_OTHER, STAGE_IO, 0, "outer: %s", e.text);
    assert_string_equal(e.text, "outer: inner");
    err_hint(&e, "a");
    err_hint(&e, "%s, b", e.hint);
    assert_string_equal(e.hint, "a, b");
}

static void err_set_cuts_between_characters(void **state)
{
    struct err e;
    char text[600];

    (void)state;
    for (size_t shift = 0; shift < 4; shift++) {
        memset(text, 'a', sizeof text);
        for (size_t i = shift; i + 3 < sizeof text; i += 3)
            memcpy(text + i, "\xE2\x82\xAC", 3);
        text[sizeof text - 1] = '\0';
        err_set(&e, EXIT_OTHER, STAGE_IO, 0, "%s", text);
        assert_true(strlen(e.text) < sizeof e.text);
        assert_true(strlen(e.text) > sizeof e.text - 8);
        assert_true(utf8_valid((const uint8_t *)e.text, strlen(e.text)));
        assert_string_equal(e.text + strlen(e.text) - 3, "...");
    }
}

static void err_set_keeps_a_text_that_just_fits(void **state)
{
    struct err e;
    char text[sizeof e.text];

    (void)state;
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '\0';
    err_set(&e, EXIT_OTHER, STAGE_IO, 0, "%s", text);
    assert_string_equal(e.text, text);
}

static void err_nomem_says_while_doing_what(void **state)
{
    struct err e;

    (void)state;
    assert_int_equal(err_nomem(&e, STAGE_TLS, "loading certificates"), -1);
    assert_int_equal(e.code, EXIT_OTHER);
    assert_int_equal(e.stage, STAGE_TLS);
    assert_int_equal(e.errnum, ENOMEM);
    assert_string_equal(e.text, "out of memory while loading certificates");
    assert_true(e.hint[0] != '\0');
}

static void stage_name_spells_every_stage(void **state)
{
    (void)state;
    assert_string_equal(stage_name(STAGE_USAGE), "usage");
    assert_string_equal(stage_name(STAGE_RESOLVE), "resolve");
    assert_string_equal(stage_name(STAGE_CONNECT), "connect");
    assert_string_equal(stage_name(STAGE_PROXY), "proxy");
    assert_string_equal(stage_name(STAGE_TLS), "tls");
    assert_string_equal(stage_name(STAGE_HANDSHAKE), "handshake");
    assert_string_equal(stage_name(STAGE_PROTOCOL), "protocol");
    assert_string_equal(stage_name(STAGE_IO), "io");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(err_clear_means_nothing_failed),
        cmocka_unit_test(err_set_fills_everything_and_forgets_the_last_hint),
        cmocka_unit_test(err_set_can_wrap_its_own_text),
        cmocka_unit_test(err_set_cuts_between_characters),
        cmocka_unit_test(err_set_keeps_a_text_that_just_fits),
        cmocka_unit_test(err_nomem_says_while_doing_what),
        cmocka_unit_test(stage_name_spells_every_stage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

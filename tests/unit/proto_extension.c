#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "alloc.h"
#include "proto/extension.h"
#include "proto/extension_scan.h"

static struct deflate_params offer_of(const char *text)
{
    struct deflate_params p;
    struct err e;

    err_clear(&e);
    if (deflate_params_parse(&p, text, &e) < 0)
        fail_msg("%s: %s", text, e.text);
    return p;
}

static void check_print(const struct deflate_params *p, const char *expected)
{
    struct buf out;

    buf_init(&out, 1000);
    assert_int_equal(deflate_params_print(p, &out), 0);
    if (!slice_is(buf_slice(&out), expected))
        fail_msg("\"%.*s\", expected \"%s\"", (int)out.len, (const char *)buf_data(&out), expected);
    buf_clear(&out);
}

static void check_accept(const char *offered, const char *value, const char *expected)
{
    struct deflate_params offer = offer_of(offered), agreed;
    struct err e;

    err_clear(&e);
    if (extension_accept(&agreed, &offer, slice_str(value), &e) < 0)
        fail_msg("%s: %s", value, e.text);
    check_print(&agreed, expected);
}

static void check_refuse(const char *offered, const char *value, const char *says)
{
    struct deflate_params offer = offer_of(offered), agreed, before;
    struct err e;

    memset(&agreed, 0xa5, sizeof agreed);
    memcpy(&before, &agreed, sizeof agreed);
    err_clear(&e);
    if (extension_accept(&agreed, &offer, slice_str(value), &e) != -1)
        fail_msg("\"%s\" was accepted", value);
    assert_memory_equal(&agreed, &before, sizeof agreed);
    assert_int_equal(e.code, EXIT_UPGRADE);
    assert_int_equal(e.stage, STAGE_HANDSHAKE);
    if (!strstr(e.text, says))
        fail_msg("%s: %s", value, e.text);
}

static void deflate_params_default_offers_a_bare_client_window(void **state)
{
    struct deflate_params p;

    (void)state;
    deflate_params_default(&p);
    assert_true(p.enabled);
    assert_int_equal(p.level, -1);
    check_print(&p, "permessage-deflate; client_max_window_bits");
}

static void deflate_params_parse_reads_what_rfc_7692_writes(void **state)
{
    struct deflate_params p =
        offer_of("server_no_context_takeover; client_no_context_takeover; "
                 "server_max_window_bits=8;client_max_window_bits=\"15\"; level=9");

    (void)state;
    assert_true(p.enabled);
    assert_true(p.server_no_context_takeover);
    assert_true(p.client_no_context_takeover);
    assert_int_equal(p.server_max_window_bits, 8);
    assert_int_equal(p.client_max_window_bits, 15);
    assert_int_equal(p.level, 9);
    check_print(&p, "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
                    "server_max_window_bits=8; client_max_window_bits=15");
    p = offer_of("permessage-deflate; client_max_window_bits");
    check_print(&p, "permessage-deflate; client_max_window_bits");
    p = offer_of("");
    check_print(&p, "permessage-deflate");
    p = offer_of(" permessage-deflate ");
    check_print(&p, "permessage-deflate");
    p = offer_of("level=0");
    assert_int_equal(p.level, 0);
}

static void deflate_params_parse_points_at_what_is_wrong(void **state)
{
    static const struct {
        const char *text;
        long at;
    } cases[] = {
        {"foo", 0},
        {"client_max_window_bits; foo=1", 24},
        {"client_max_window_bits=7", 0},
        {"client_max_window_bits=16", 0},
        {"client_max_window_bits=08", 0},
        {"client_max_window_bits=+9", 0},
        {"client_max_window_bits=1000000000010", 0},
        {"server_max_window_bits", 0},
        {"server_no_context_takeover=1", 0},
        {"level=9; level=9", 9},
        {"level=10", 0},
        {"level", 0},
        {"level=", 6},
        {"level=1;", 8},
        {"level=1, level=2", 7},
        {"level=1 level=2", 8},
        {"level=\"1", 8},
        {"level=\"\"", 7},
        {";", 0},
        {"level=1\r\n", 7},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct deflate_params p = {.level = 77};
        struct err e;

        err_clear(&e);
        if (deflate_params_parse(&p, cases[i].text, &e) != -1)
            fail_msg("\"%s\" was taken", cases[i].text);
        assert_int_equal(p.level, 77);
        assert_int_equal(e.code, EXIT_USAGE);
        if (e.at != cases[i].at)
            fail_msg("\"%s\": at %ld: %s", cases[i].text, e.at, e.text);
    }
}

static void extension_accept_takes_what_fits_the_offer(void **state)
{
    (void)state;
    check_accept("client_max_window_bits", "", "");
    check_accept("client_max_window_bits", " ", "");
    check_accept("client_max_window_bits", "permessage-deflate", "permessage-deflate");
    check_accept("client_max_window_bits", "permessage-deflate;client_max_window_bits=8",
                 "permessage-deflate; client_max_window_bits=8");
    check_accept("client_max_window_bits",
                 " , permessage-deflate\t ;\t client_max_window_bits = \"1\\0\" ,",
                 "permessage-deflate; client_max_window_bits=10");
    /* RFC 7692, section 7.1: the server may add these three unasked. */
    check_accept("",
                 "permessage-deflate; server_max_window_bits=9; server_no_context_takeover; "
                 "client_no_context_takeover",
                 "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
                 "server_max_window_bits=9");
    check_accept("server_max_window_bits=10", "permessage-deflate; server_max_window_bits=10",
                 "permessage-deflate; server_max_window_bits=10");
    check_accept("server_max_window_bits=10", "permessage-deflate; server_max_window_bits=8",
                 "permessage-deflate; server_max_window_bits=8");
    /* What the client announced about itself holds without an echo. */
    check_accept("client_no_context_takeover; client_max_window_bits=10", "permessage-deflate",
                 "permessage-deflate; client_no_context_takeover; client_max_window_bits=10");
    check_accept("client_max_window_bits=10", "permessage-deflate; client_max_window_bits=12",
                 "permessage-deflate; client_max_window_bits=10");
}

static void extension_accept_keeps_the_local_level(void **state)
{
    struct deflate_params offer = offer_of("level=3"), agreed;
    struct err e;

    (void)state;
    assert_int_equal(extension_accept(&agreed, &offer, slice_str("permessage-deflate"), &e), 0);
    assert_int_equal(agreed.level, 3);
}

/* PROTOCOL 20 */
static void extension_accept_20_refuses_what_was_not_offered(void **state)
{
    struct deflate_params none = {.enabled = false}, agreed;
    struct err e;

    (void)state;
    check_refuse("", "x-webkit-deflate-frame", "\"x-webkit-deflate-frame\", which was not offered");
    check_refuse("", "permessage-deflate, foo", "\"foo\"");
    check_refuse("", "Permessage-Deflate", "not offered");
    check_refuse("", "permessage-deflate; client_max_window_bits=10", "not offered");
    assert_int_equal(extension_accept(&agreed, &none, slice_str("permessage-deflate"), &e), -1);
    assert_non_null(strstr(e.text, "not offered"));
    assert_true(e.hint[0]);
}

static void extension_accept_refuses_bad_parameters_by_name(void **state)
{
    const char *all = "client_max_window_bits";

    (void)state;
    check_refuse(all, "permessage-deflate; foo", "\"foo\"");
    check_refuse(all, "permessage-deflate; level=1", "\"level=1\"");
    check_refuse(all, "permessage-deflate; client_max_window_bits", "lacks its number");
    check_refuse(all, "permessage-deflate; client_max_window_bits=7", "8 to 15");
    check_refuse(all, "permessage-deflate; client_max_window_bits=16", "8 to 15");
    check_refuse(all, "permessage-deflate; client_max_window_bits=010", "leading zeros");
    check_refuse(all, "permessage-deflate; server_max_window_bits=99", "server_max_window_bits=99");
    check_refuse(all, "permessage-deflate; server_max_window_bits", "lacks its number");
    check_refuse(all, "permessage-deflate; server_no_context_takeover=\"yes\"", "has a value");
    check_refuse(all, "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
                 "repeats");
    check_refuse(all, "permessage-deflate; client_max_window_bits=9; client_max_window_bits=9",
                 "repeats");
    check_refuse(all, "permessage-deflate, permessage-deflate", "twice");
    check_refuse("server_no_context_takeover", "permessage-deflate", "leaves out");
    check_refuse("server_max_window_bits=10", "permessage-deflate", "leaves out");
    check_refuse("server_max_window_bits=10", "permessage-deflate; server_max_window_bits=11",
                 "more than the 10");
}

static void extension_accept_refuses_what_is_malformed(void **state)
{
    static const char *const cases[] = {
        "permessage-deflate;",
        "permessage-deflate; ;",
        "permessage-deflate foo",
        ";",
        "=",
        "\"permessage-deflate\"",
        "permessage-deflate; a=",
        "permessage-deflate; a=\"",
        "permessage-deflate; a=\"\"",
        "permessage-deflate; a=\"\\",
        "permessage-deflate; a=\"b c\"",
        "permessage-deflate; a=b=c",
        "permessage-deflate; =b",
        "permessage-deflate; a=\"b\"c",
        "permessage-deflate; a==b",
        "permessage-deflate; \xc3\xa4",
        "permessage-deflate/1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_refuse("client_max_window_bits", cases[i], "malformed");
}

static void extension_accept_offered_reads_the_offer_as_text(void **state)
{
    struct deflate_params agreed;
    struct slice offers =
        slice_str("foo; a=\"b\", permessage-deflate; server_max_window_bits=9, permessage-deflate");
    struct err e;

    (void)state;
    assert_int_equal(extension_accept_offered(&agreed, offers, 5, slice_str("foo; x"), &e), 0);
    assert_false(agreed.enabled);
    assert_int_equal(
        extension_accept_offered(&agreed, offers, 5, slice_str("foo, permessage-deflate"), &e), 0);
    assert_true(agreed.enabled);
    assert_int_equal(agreed.level, 5);
    assert_int_equal(extension_accept_offered(&agreed, offers, 5, slice_str("bar"), &e), -1);
    assert_int_equal(
        extension_accept_offered(&agreed, slice_str("foo"), 5, slice_str("permessage-deflate"), &e),
        -1);
    assert_int_equal(extension_accept_offered(&agreed, slice_str(NULL), 5, slice_str(""), &e), 0);
    assert_false(agreed.enabled);
}

static void check_choose(const char *value, const char *expected)
{
    struct deflate_params agreed;
    struct err e;

    err_clear(&e);
    if (extension_choose(&agreed, slice_str(value), &e) < 0)
        fail_msg("%s: %s", value, e.text);
    check_print(&agreed, expected);
}

static void extension_choose_answers_the_first_offer_it_can_meet(void **state)
{
    (void)state;
    check_choose("", "");
    check_choose("foo; bar=\"baz\"; x, y", "");
    check_choose("permessage-deflate", "permessage-deflate");
    check_choose("permessage-deflate; client_max_window_bits", "permessage-deflate");
    check_choose("permessage-deflate; client_max_window_bits=9",
                 "permessage-deflate; client_max_window_bits=9");
    check_choose("permessage-deflate; server_max_window_bits=\"10\"; server_no_context_takeover; "
                 "client_no_context_takeover",
                 "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
                 "server_max_window_bits=10");
    check_choose("permessage-deflate; server_max_window_bits=12, permessage-deflate",
                 "permessage-deflate; server_max_window_bits=12");
    /* Unacceptable offers are declined; the next one may do. */
    check_choose("permessage-deflate; server_max_window_bits=7", "");
    check_choose("permessage-deflate; server_max_window_bits", "");
    check_choose("permessage-deflate; foo", "");
    check_choose("permessage-deflate; client_max_window_bits; client_max_window_bits", "");
    check_choose("permessage-deflate; server_max_window_bits=16, foo, permessage-deflate",
                 "permessage-deflate");
}

static void extension_choose_refuses_a_malformed_field_anywhere(void **state)
{
    static const char *const cases[] = {"permessage-deflate;", "permessage-deflate, foo bar",
                                        "permessage-deflate, =", "foo; a=\"x", "foo; a=\"x\x01\""};
    struct deflate_params agreed;
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(extension_choose(&agreed, slice_str(cases[i]), &e), -1);
        assert_non_null(strstr(e.text, "RFC 6455, section 9.1"));
    }
}

static void deflate_params_print_leaves_the_buffer_alone_when_it_fails(void **state)
{
    struct deflate_params p;
    struct buf out;

    (void)state;
    deflate_params_default(&p);
    buf_init(&out, 20);
    assert_int_equal(buf_append_str(&out, "x"), 0);
    assert_int_equal(deflate_params_print(&p, &out), -1);
    assert_true(slice_is(buf_slice(&out), "x"));
    buf_clear(&out);
    ALLOC_EACH({
        buf_init(&out, 1000);
        if (deflate_params_print(&p, &out) < 0)
            assert_int_equal(out.len, 0);
        buf_clear(&out);
    });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deflate_params_default_offers_a_bare_client_window),
        cmocka_unit_test(deflate_params_parse_reads_what_rfc_7692_writes),
        cmocka_unit_test(deflate_params_parse_points_at_what_is_wrong),
        cmocka_unit_test(extension_accept_takes_what_fits_the_offer),
        cmocka_unit_test(extension_accept_keeps_the_local_level),
        cmocka_unit_test(extension_accept_20_refuses_what_was_not_offered),
        cmocka_unit_test(extension_accept_refuses_bad_parameters_by_name),
        cmocka_unit_test(extension_accept_refuses_what_is_malformed),
        cmocka_unit_test(extension_accept_offered_reads_the_offer_as_text),
        cmocka_unit_test(extension_choose_answers_the_first_offer_it_can_meet),
        cmocka_unit_test(extension_choose_refuses_a_malformed_field_anywhere),
        cmocka_unit_test(deflate_params_print_leaves_the_buffer_alone_when_it_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

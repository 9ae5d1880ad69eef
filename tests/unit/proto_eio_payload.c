#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "proto/eio_payload.h"

/* Text packets with a blank after each; those of bytes as <n bytes>. */
static void reads(unsigned version, const char *body, size_t n, const char *expected)
{
    struct eio_payload p;
    struct slice packet;
    enum opcode type;
    struct buf text;
    int rc;

    buf_init(&text, SIZE_MAX);
    eio_payload_begin(&p, version, slice_make(body, n));
    while ((rc = eio_payload_next(&p, &type, &packet)) > 0) {
        if (type == OPCODE_TEXT)
            buf_printf(&text, "%.*s ", (int)packet.len, packet.data);
        for (size_t i = 0; type == OPCODE_BINARY && i < packet.len; i++)
            buf_printf(&text, "%02x%s", packet.data[i], i + 1 == packet.len ? " " : "");
    }
    buf_append_str(&text, rc < 0 ? "!" : "");
    buf_append(&text, "", 1);
    assert_string_equal((const char *)buf_data(&text), expected);
    buf_clear(&text);
    eio_payload_end(&p);
}

static void packets_of_version_4_have_a_separator(void **state)
{
    (void)state;
    reads(4, "", 0, "");
    reads(4, "2", 1, "2 ");
    reads(4,
          "4a\x1e"
          "4b\x1e"
          "bAQIDBA==",
          15, "4a 4b 01020304 ");
    reads(4, "b?", 2, "!");
}

static void packets_of_version_3_are_counted_in_utf_16(void **state)
{
    static const char body[] = "4:4\xE2\x82\xAC\xF0\x9F\x98\x80"
                               "10:b4AQIDBA==";

    (void)state;
    reads(3, body, sizeof body - 1, "4\xE2\x82\xAC\xF0\x9F\x98\x80 0401020304 ");
    reads(3, "2:40", 4, "40 ");
    reads(3, "3:40", 4, "!");
    reads(3, "x:40", 4, "!");
    reads(3, "2", 1, "!");
    reads(3, "2:4\xF0\x9F\x98\x80", 7, "!"); /* ends within a pair of surrogates */
}

static void the_version_is_told_by_the_form(void **state)
{
    (void)state;
    assert_int_equal(eio_payload_version(slice_str("97:0{\"sid\"")), 3);
    assert_int_equal(eio_payload_version(slice_str("0{\"sid\":")), 4);
    assert_int_equal(eio_payload_version(slice_str("12")), 4);
}

static void packets_are_written(void **state)
{
    struct buf body;

    (void)state;
    buf_init(&body, SIZE_MAX);
    eio_payload_put(&body, 4, OPCODE_TEXT, slice_str("42[1]"));
    eio_payload_put(&body, 4, OPCODE_BINARY, slice_make("\x01\x02\x03\x04", 4));
    assert_true(slice_is(buf_slice(&body), "42[1]\x1e"
                                           "bAQIDBA=="));
    buf_reset(&body);
    eio_payload_put(&body, 3, OPCODE_TEXT, slice_str("4\xE2\x82\xAC\xF0\x9F\x98\x80"));
    eio_payload_put(&body, 3, OPCODE_BINARY, slice_make("\x04\x01\x02\x03\x04", 5));
    assert_true(slice_is(buf_slice(&body), "4:4\xE2\x82\xAC\xF0\x9F\x98\x80"
                                           "10:b4AQIDBA=="));
    buf_clear(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_of_version_4_have_a_separator),
        cmocka_unit_test(packets_of_version_3_are_counted_in_utf_16),
        cmocka_unit_test(the_version_is_told_by_the_form),
        cmocka_unit_test(packets_are_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

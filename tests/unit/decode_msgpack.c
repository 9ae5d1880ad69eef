#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/codec.h"
#include "decode/msgpack.h"

/* The value in hexadecimal digits, as JSON; every shorter piece ends within it. */
static void reads(const char *hex, const char *json)
{
    struct buf bytes, out;
    struct slice rest;

    buf_init(&bytes, SIZE_MAX);
    buf_init(&out, SIZE_MAX);
    assert_int_equal(hex_decode(&bytes, slice_str(hex)), 0);
    for (size_t n = 0; n < bytes.len; n++) {
        rest = slice_make(buf_data(&bytes), n);
        buf_reset(&out);
        assert_int_equal(msgpack_to_json(&rest, &out), UNPACKED_SHORT);
    }
    buf_append(&bytes, "\xC1", 1);
    rest = buf_slice(&bytes);
    buf_reset(&out);
    assert_int_equal(msgpack_to_json(&rest, &out), UNPACKED_OK);
    assert_int_equal(rest.len, 1);
    buf_append(&out, "", 1);
    assert_string_equal((const char *)buf_data(&out), json);
    buf_clear(&bytes);
    buf_clear(&out);
}

static void writes(const char *json, const char *hex)
{
    struct buf bytes, out;

    buf_init(&bytes, SIZE_MAX);
    buf_init(&out, SIZE_MAX);
    assert_int_equal(msgpack_from_json(slice_str(json), &bytes), 0);
    hex_encode(&out, buf_slice(&bytes));
    buf_append(&out, "", 1);
    assert_string_equal((const char *)buf_data(&out), hex);
    buf_clear(&bytes);
    buf_clear(&out);
}

static void both(const char *json, const char *hex)
{
    reads(hex, json);
    writes(json, hex);
}

static void msgpack_and_json_are_the_same_value(void **state)
{
    (void)state;
    both("null", "c0");
    both("true", "c3");
    both("false", "c2");
    both("0", "00");
    both("127", "7f");
    both("128", "cc80");
    both("256", "cd0100");
    both("65536", "ce00010000");
    both("18446744073709551615", "cfffffffffffffffff");
    both("-1", "ff");
    both("-32", "e0");
    both("-33", "d0df");
    both("-129", "d1ff7f");
    both("-32769", "d2ffff7fff");
    both("-9223372036854775808", "d38000000000000000");
    both("1.5", "cb3ff8000000000000");
    both("0.1", "cb3fb999999999999a");
    both("\"\"", "a0");
    both("\"\xE2\x82\xAC\"", "a3e282ac");
    both("\"a\\\"b\"", "a3612262");
    both("[]", "90");
    both("[1,[2,\"x\"]]", "92019202a178");
    both("{}", "80");
    both("{\"a\":1,\"b\":{\"c\":null}}", "82a16101a16281a163c0");
    both("{\"base64\":\"AQIDBA==\"}", "c40401020304");
    both("{\"ext\":-1,\"base64\":\"AAAAAQ==\"}", "c704ff00000001");
}

static void longer_forms_are_read(void **state)
{
    (void)state;
    reads("d90161", "\"a\"");
    reads("da000161", "\"a\"");
    reads("db0000000161", "\"a\"");
    reads("dc000101", "[1]");
    reads("dd0000000101", "[1]");
    reads("de0001a16101", "{\"a\":1}");
    reads("df00000001a16101", "{\"a\":1}");
    reads("c500020102", "{\"base64\":\"AQI=\"}");
    reads("c60000000101", "{\"base64\":\"AQ==\"}");
    reads("ca3fc00000", "1.5");
    reads("d0ff", "-1");
    reads("d60000000001", "{\"ext\":0,\"base64\":\"AAAAAQ==\"}");
}

static void what_json_has_no_form_for_is_written_otherwise(void **state)
{
    (void)state;
    reads("d40000", "null");                                   /* undefined */
    reads("cb7ff8000000000000", "null");                       /* NaN */
    reads("8201c092c001c0", "{\"1\":null,\"[null,1]\":null}"); /* keys that are no strings */
    reads("a2fffe", "{\"base64\":\"//4=\"}");                  /* no UTF-8 */
    writes("1e999", "c0");
    writes("{\"base64\":7}", "81a6626173653634"
                             "07");
    writes("{\"base64\":\"?\"}", "81a6626173653634"
                                 "a13f");
}

static void what_is_no_msgpack_is_refused(void **state)
{
    struct slice bad = slice_str("\xC1");
    uint8_t deep[UNPACKED_DEPTH_MAX + 1];
    struct slice rest = slice_make(deep, sizeof deep);
    struct buf out;

    (void)state;
    buf_init(&out, SIZE_MAX);
    memset(deep, 0x91, sizeof deep);
    assert_int_equal(msgpack_to_json(&bad, &out), UNPACKED_BAD);
    assert_int_equal(msgpack_to_json(&rest, &out), UNPACKED_BAD);
    assert_int_equal(msgpack_from_json(slice_str("{\"a\""), &out), -1);
    buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(msgpack_and_json_are_the_same_value),
        cmocka_unit_test(longer_forms_are_read),
        cmocka_unit_test(what_json_has_no_form_for_is_written_otherwise),
        cmocka_unit_test(what_is_no_msgpack_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

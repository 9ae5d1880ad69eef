#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "decoding.h"

#include "decode/cbor.h"

static void becomes(const char *bytes, size_t n, const char *json)
{
    struct slice rest = slice_make(bytes, n);
    struct buf out;

    buf_init(&out, SIZE_MAX);
    assert_int_equal(cbor_to_json(&rest, &out), UNPACKED_OK);
    assert_int_equal(rest.len, 0);
    buf_append(&out, "", 1);
    assert_string_equal((const char *)buf_data(&out), json);
    buf_clear(&out);
    for (size_t cut = 0; cut < n; cut++) {
        rest = slice_make(bytes, cut);
        assert_int_equal(cbor_to_json(&rest, &out), UNPACKED_SHORT);
        buf_clear(&out);
    }
}

#define BECOMES(bytes, json) becomes(bytes, sizeof(bytes) - 1, json)

/* RFC 8949, appendix A. */
static void values_of_the_rfc_become_json(void **state)
{
    (void)state;
    BECOMES("\0", "0");
    BECOMES("\x18\x64", "100");
    BECOMES("\x1b\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615");
    BECOMES("\x3b\xff\xff\xff\xff\xff\xff\xff\xff", "-18446744073709551616");
    BECOMES("\x39\x03\xe7", "-1000");
    BECOMES("\xf9\x3e\0", "1.5");
    BECOMES("\xf9\x04\0", "6.103515625e-05");
    BECOMES("\xfb\x3f\xf1\x99\x99\x99\x99\x99\x9a", "1.1");
    BECOMES("\xfa\x47\xc3\x50\0", "100000");
    BECOMES("\xf9\x7c\0", "null");
    BECOMES("\xf4", "false");
    BECOMES("\xf7", "null");
    BECOMES("\xf0", "{\"simple\":16}");
    BECOMES("\xc1\x1a\x51\x4b\x67\xb0", "{\"tag\":1,\"value\":1363896240}");
    BECOMES("\x44\1\2\3\4", "{\"base64\":\"AQIDBA==\"}");
    BECOMES("\x62\"\\", "\"\\\"\\\\\"");
    BECOMES("\x62\xc3\xbc", "\"\xc3\xbc\"");
    BECOMES("\x61\xff", "{\"base64\":\"/w==\"}");
    BECOMES("\x83\1\x82\2\3\x82\4\5", "[1,[2,3],[4,5]]");
    BECOMES("\xa2\1\2\3\4", "{\"1\":2,\"3\":4}");
    BECOMES("\x82\x61"
            "a\xa1\x61"
            "b\x61"
            "c",
            "[\"a\",{\"b\":\"c\"}]");
    BECOMES("\x5f\x42\1\2\x43\3\4\5\xff", "{\"base64\":\"AQIDBAU=\"}");
    BECOMES("\x7f\x65strea\x64ming\xff", "\"streaming\"");
    BECOMES("\x9f\1\x82\2\3\x9f\4\5\xff\xff", "[1,[2,3],[4,5]]");
    BECOMES("\xbf\x63"
            "Fun\xf5\x63"
            "Amt\x21\xff",
            "{\"Fun\":true,\"Amt\":-2}");
}

static void is_bad(const char *bytes, size_t n)
{
    struct slice rest = slice_make(bytes, n);
    struct buf out;

    buf_init(&out, SIZE_MAX);
    assert_int_equal(cbor_to_json(&rest, &out), UNPACKED_BAD);
    buf_clear(&out);
}

static void what_is_no_cbor_is_refused(void **state)
{
    char deep[UNPACKED_DEPTH_MAX + 1];

    (void)state;
    memset(deep, '\x81', sizeof deep);
    is_bad(deep, sizeof deep);
    memset(deep, '\xa1', sizeof deep); /* keys in keys */
    is_bad(deep, sizeof deep);
    is_bad("\xff", 1);
    is_bad("\x1c", 1);
    is_bad("\x1f", 1);
    is_bad("\x7f\x41"
           "a",
           3);
}

static void keys_in_keys_are_bounded(void **state)
{
    char bytes[64];
    size_t depth = 30;

    (void)state;
    memset(bytes, '\xa1', depth);
    bytes[depth] = 1;
    memset(bytes + depth + 1, 1, depth);
    is_bad(bytes, 2 * depth + 1);
}

static void rows_show_a_value_a_message(void **state)
{
    struct decoding d = {0};

    (void)state;
    decoding_open(&d, "cbor", true, "/", "");
    assert_false(decode_speaks(d.stack));
    decoding_bytes(&d, DIR_IN, OPCODE_BINARY, "\x82\1\2", 3);
    decoding_shows(&d, 0, "value [1,2]");
    decoding_bytes(&d, DIR_IN, OPCODE_BINARY, "\1\1", 2);
    decoding_shows(&d, 0, "malformed !not CBOR: bytes follow the value");
    decoding_bytes(&d, DIR_IN, OPCODE_BINARY, "\x82\1", 2);
    decoding_shows(&d, 0, "malformed !not CBOR: the bytes end within the value");
    decoding_is(&d, DIR_IN, "x", "malformed !not CBOR: a text message");
    decoding_close(&d);
    decoding_open(&d, "msgpack", true, "/", "");
    decoding_bytes(&d, DIR_IN, OPCODE_BINARY, "\x92\1\2", 3);
    decoding_shows(&d, 0, "value [1,2]");
    decoding_bytes(&d, DIR_IN, OPCODE_BINARY, "\xC1", 1);
    decoding_shows(
        &d, 0, "malformed !not MessagePack: a byte has no meaning there, or values are too deep");
    decoding_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_the_rfc_become_json),
        cmocka_unit_test(what_is_no_cbor_is_refused),
        cmocka_unit_test(keys_in_keys_are_bounded),
        cmocka_unit_test(rows_show_a_value_a_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

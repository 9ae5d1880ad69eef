#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "decoding.h"

/* Messages that belong to nobody's protocol, though each resembles one. */
static const char *const feeds[] = {
    "[]",
    "[1,2,3]",
    "[\"chat\",{\"x\":1}]",
    "[2,\"a\",\"BootNotification\",{}]",
    "[48,1,{},\"com.add\",[1]]",
    "[null,null,\"room\",\"shout\",{}]",
    "[\"1\",\"1\",\"room\",\"event\",{}]",
    "42",
    "42[\"event\"]x",
    "0",
    "1",
    "2",
    "3",
    "o",
    "h",
    "a[\"x\"]",
    "\"text\"",
    "null",
    "{}",
    "{}\n{}",
    "hello",
    "ping",
    "MESSAGE of the day\n",
    "SEND help\n\n",
    "ERROR\n",
    "{\"type\":\"message\",\"data\":1}",
    "{\"type\":\"ping\"}",
    "{\"type\":\"welcome\"}",
    "{\"type\":\"subscribe\",\"id\":\"1\",\"payload\":{}}",
    "{\"type\":\"next\",\"id\":\"1\",\"payload\":{\"data\":{}}}",
    "{\"type\":1,\"target\":\"x\",\"arguments\":[]}",
    "{\"type\":6}",
    "{\"event\":\"tick\",\"data\":{}}",
    "{\"event\":\"message\",\"channel\":\"c\",\"data\":\"{}\"}",
    "{\"id\":1,\"result\":{}}",
    "{\"id\":1,\"method\":\"sub\",\"params\":[]}",
    "{\"id\":1,\"connect\":{}}",
    "{\"identifier\":\"a\",\"message\":{}}",
    "{\"command\":\"start\",\"identifier\":\"a\"}",
    "{\"topic\":\"a\",\"event\":\"b\",\"payload\":{},\"ref\":\"1\"}",
    "{\"protocol\":\"json\",\"version\":1}",
    "{\"sid\":\"x\",\"upgrades\":[]}",
};

static void plain_feeds_belong_to_no_protocol(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof feeds / sizeof *feeds; i++) {
        for (int dir = 0; dir < 2; dir++) {
            struct decoding d = {0};

            decoding_open(&d, "auto", true, "/socket/feed?id=1", "");
            for (int n = 0; n < 3; n++) {
                decoding_text(&d, dir ? DIR_OUT : DIR_IN, feeds[i]);
                assert_int_equal(d.count, 0);
                decoding_bytes(&d, dir ? DIR_OUT : DIR_IN, OPCODE_BINARY, feeds[i],
                               strlen(feeds[i]));
                assert_int_equal(d.count, 0);
            }
            assert_null(decode_name(d.stack));
            decoding_close(&d);
        }
    }
}

static void plain_bytes_belong_to_no_protocol(void **state)
{
    static const char *const bytes[] = {"\x10\x02hi",   "\x20\x02\x01\x01", "\x30\x04\x01\x01th",
                                        "\x82\x01\x02", "\x92\x01\x02",     "\x07\x95\x03\x80"};

    (void)state;
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
        struct decoding d = {0};

        decoding_open(&d, "auto", true, "/", "");
        decoding_bytes(&d, DIR_IN, OPCODE_BINARY, bytes[i], strlen(bytes[i]));
        assert_int_equal(d.count, 0);
        decoding_bytes(&d, DIR_OUT, OPCODE_BINARY, bytes[i], strlen(bytes[i]));
        assert_int_equal(d.count, 0);
        decoding_close(&d);
    }
}

static void paths_of_feeds_belong_to_no_protocol(void **state)
{
    static const char *const targets[] = {"/",
                                          "/ws",
                                          "/websocket",
                                          "/app/feed",
                                          "/cable",
                                          "/graphql",
                                          "/mqtt",
                                          "/stomp",
                                          "/feed/websocket?a=1",
                                          "/hub",
                                          "/connection/websocket",
                                          "/a/123/b/websocket"};

    (void)state;
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        struct decoding d = {0};

        decoding_open(&d, "auto", true, targets[i], "chat");
        assert_null(decode_name(d.stack));
        decoding_text(&d, DIR_IN, "{\"type\":\"message\",\"data\":1}");
        assert_int_equal(d.count, 0);
        decoding_close(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_feeds_belong_to_no_protocol),
        cmocka_unit_test(plain_bytes_belong_to_no_protocol),
        cmocka_unit_test(paths_of_feeds_belong_to_no_protocol),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

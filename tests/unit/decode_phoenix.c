#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "decoding.h"

static void phoenix_is_recognised_by_path_or_join(void **state)
{
    struct decoding d = {0};

    (void)state;
    decoding_open(&d, "auto", true, "/socket/websocket?vsn=2.0.0", "");
    assert_string_equal(decode_name(d.stack), "phoenix");
    decoding_open(&d, "auto", true, "/socket/websocket", "");
    decoding_text(&d, DIR_IN, "[1,2,\"a\",\"b\",{}]");
    assert_int_equal(d.count, 0);
    decoding_is(&d, DIR_OUT, "[\"1\",\"1\",\"room\",\"phx_join\",{}]",
                "push name=phx_join id=\"1\" topic=room {}");
    decoding_close(&d);
}

static void the_version_is_asked_for_in_the_query(void **state)
{
    char as[] = "phoenix";
    struct decode_spec spec = {0};
    struct buf out;
    struct err e;

    (void)state;
    buf_init(&out, SIZE_MAX);
    assert_int_equal(decode_spec_parse(&spec, as, &e), 0);
    assert_int_equal(decode_target(&spec, slice_str("/socket/websocket?a=1"), &out), 1);
    assert_true(slice_is(buf_slice(&out), "/socket/websocket?a=1&vsn=2.0.0"));
    assert_int_equal(decode_target(&spec, slice_str("/socket/websocket?vsn=1.0.0"), &out), 0);
    buf_clear(&out);
}

static void lines_are_pushes_and_replies_answer_them(void **state)
{
    struct decoding d = {0};
    struct buf line;

    (void)state;
    buf_init(&line, SIZE_MAX);
    decoding_open(&d, "phoenix", true, "/socket/websocket?vsn=2.0.0", "");
    decoding_enters(&d, DECODE_TYPED, "join room:1 {\"token\":\"t\"}");
    decoding_sends(&d, "[\"1\",\"1\",\"room:1\",\"phx_join\",{\"token\":\"t\"}]");
    d.now_us += 1000;
    decoding_is(&d, DIR_IN,
                "[\"1\",\"1\",\"room:1\",\"phx_reply\",{\"status\":\"ok\",\"response\":{\"a\":1}}]",
                "reply name=phx_join re=\"1\" topic=room:1 status=ok {\"a\":1}");
    assert_int_equal(decode_items(d.stack)[0].us, 1000);
    assert_int_equal(decode_items(d.stack)[0].role, DECODED_RESULT);
    assert_int_equal(decode_piped(d.stack, decode_items(d.stack), &line), 1);
    assert_true(slice_is(buf_slice(&line),
                         "[\"room:1\",\"phx_reply\",{\"status\":\"ok\",\"response\":{\"a\":1}}]"));
    decoding_enters(&d, DECODE_PIPED, "[\"room:1\",\"shout\",{\"x\":\"y\"}]");
    decoding_sends(&d, "[\"1\",\"2\",\"room:1\",\"shout\",{\"x\":\"y\"}]");
    decoding_is(&d, DIR_IN,
                "[\"1\",\"2\",\"room:1\",\"phx_reply\",{\"status\":\"error\",\"response\":{}}]",
                "reply name=shout re=\"2\" topic=room:1 status=error {}");
    assert_int_equal(decode_items(d.stack)[0].role, DECODED_ERROR);
    decoding_is(&d, DIR_IN, "[null,null,\"room:1\",\"shout\",{\"x\":\"y\"}]",
                "event name=shout topic=room:1 {\"x\":\"y\"}");
    buf_reset(&line);
    assert_int_equal(decode_piped(d.stack, decode_items(d.stack), &line), 1);
    assert_true(slice_is(buf_slice(&line), "[\"room:1\",\"shout\",{\"x\":\"y\"}]"));
    decoding_enters(&d, DECODE_TYPED, "leave room:1");
    decoding_sends(&d, "[\"1\",\"3\",\"room:1\",\"phx_leave\",{}]");
    assert_string_equal(decode_finding(d.stack, 0),
                        "1 request had no answer: phx_leave (id \"3\")");
    decoding_refuses(&d, DECODE_TYPED, "push room:1",
                     "'push' with what follows it is not a line for Phoenix");
    decoding_refuses(&d, DECODE_TYPED, "push room:1 e x", "the payload is not JSON");
    buf_clear(&line);
    decoding_close(&d);
}

static void what_follows_a_join_waits_for_its_reply(void **state)
{
    struct decoding d = {0};

    (void)state;
    decoding_open(&d, "phoenix", true, "/socket/websocket?vsn=2.0.0", "");
    decoding_enters(&d, DECODE_TYPED, "join a");
    decoding_sends(&d, "[\"1\",\"1\",\"a\",\"phx_join\",{}]");
    decoding_enters(&d, DECODE_TYPED, "push a e");
    decoding_sends(&d, NULL);
    decoding_text(&d, DIR_IN,
                  "[\"1\",\"1\",\"a\",\"phx_reply\",{\"status\":\"ok\",\"response\":{}}]");
    decoding_sends(&d, "[\"1\",\"2\",\"a\",\"e\",{}]");
    decoding_close(&d);
}

static void version_1_has_objects(void **state)
{
    struct decoding d = {0};

    (void)state;
    decoding_open(&d, "phoenix", true, "/socket/websocket?vsn=1.0.0", "");
    decoding_enters(&d, DECODE_TYPED, "join a");
    decoding_sends(&d, "{\"topic\":\"a\",\"event\":\"phx_join\",\"payload\":{},\"ref\":\"1\","
                       "\"join_ref\":\"1\"}");
    decoding_is(
        &d, DIR_IN,
        "{\"topic\":\"a\",\"event\":\"phx_reply\",\"ref\":\"1\",\"payload\":{\"status\":\"ok\","
        "\"response\":{}}}",
        "reply name=phx_join re=\"1\" topic=a status=ok {}");
    decoding_close(&d);
}

static void heartbeats_are_sent_and_answered(void **state)
{
    struct decoding d = {0};

    (void)state;
    decoding_open(&d, "phoenix,heartbeat=10", true, "/socket/websocket?vsn=2.0.0", "");
    d.now_us = decode_due(d.stack);
    decode_tick(d.stack, d.now_us);
    decoding_sends(&d, "[null,\"1\",\"phoenix\",\"heartbeat\",{}]");
    assert_int_equal(decode_items(d.stack)[0].role, DECODED_HEARTBEAT);
    decoding_is(&d, DIR_IN,
                "[null,\"1\",\"phoenix\",\"phx_reply\",{\"status\":\"ok\",\"response\":{}}]",
                "reply name=heartbeat re=\"1\" topic=phoenix status=ok {}");
    assert_int_equal(decode_items(d.stack)[0].role, DECODED_HEARTBEAT);
    assert_null(decode_finding(d.stack, 0));
    decoding_close(&d);
}

static void bytes_have_a_binary_form(void **state)
{
    static const char push[] = "\0\1\1\1\1"
                               "12te"
                               "\xFF\1";
    static const char reply[] = "\1\1\1\1\2"
                                "12tok"
                                "\xFF\2";
    static const char broadcast[] = "\2\1\1"
                                    "te"
                                    "\xFF\3";
    struct decoding d = {0};

    (void)state;
    decoding_open(&d, "auto", true, "/socket/websocket?vsn=2.0.0", "");
    decoding_bytes(&d, DIR_OUT, OPCODE_BINARY, push, sizeof push - 1);
    decoding_shows(&d, 0, "push name=e id=\"2\" topic=t ff01");
    d.now_us += 5;
    decoding_bytes(&d, DIR_IN, OPCODE_BINARY, reply, sizeof reply - 1);
    decoding_shows(&d, 0, "reply name=e re=\"2\" topic=t status=ok ff02");
    assert_int_equal(decode_items(d.stack)[0].us, 5);
    decoding_bytes(&d, DIR_IN, OPCODE_BINARY, broadcast, sizeof broadcast - 1);
    decoding_shows(&d, 0, "event name=e topic=t ff03");
    decoding_bytes(&d, DIR_IN, OPCODE_BINARY, "\3", 1);
    decoding_shows(&d, 0, "malformed !not Phoenix: there is no binary message of this kind");
    decoding_bytes(&d, DIR_IN, OPCODE_BINARY, "\2\5\1t", 4);
    decoding_shows(&d, 0, "malformed !not Phoenix: the binary message is too short");
    decoding_is(&d, DIR_IN, "[1]",
                "malformed !not Phoenix: an array of 1 elements, but it must have 5");
    decoding_is(&d, DIR_IN, "x", "malformed !not Phoenix: neither a JSON array nor an object");
    decoding_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(phoenix_is_recognised_by_path_or_join),
        cmocka_unit_test(the_version_is_asked_for_in_the_query),
        cmocka_unit_test(lines_are_pushes_and_replies_answer_them),
        cmocka_unit_test(what_follows_a_join_waits_for_its_reply),
        cmocka_unit_test(version_1_has_objects),
        cmocka_unit_test(heartbeats_are_sent_and_answered),
        cmocka_unit_test(bytes_have_a_binary_form),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "decoding.h"

#define E "\x1E"

static void open_shaken(struct decoding *d)
{
    decoding_open(d, "signalr", true, "/hub", "");
    decoding_sends(d, "{\"protocol\":\"json\",\"version\":1}" E);
    decoding_shows(d, 0, "handshake protocol=json");
    assert_false(decode_is_ready(d->stack));
    d->now_us += 600;
    decoding_is(d, DIR_IN, "{}" E, "handshake");
    assert_int_equal(decode_items(d->stack)[0].us, 600);
    assert_true(decode_is_ready(d->stack));
}

static void signalr_is_recognised_by_its_records(void **state)
{
    struct decoding d = {0};

    (void)state;
    decoding_open(&d, "auto", true, "/hub", "");
    decoding_text(&d, DIR_IN, "{\"type\":1,\"target\":\"x\",\"arguments\":[]}");
    assert_int_equal(d.count, 0);
    decoding_is(&d, DIR_IN, "{\"type\":1,\"target\":\"x\",\"arguments\":[]}" E,
                "invocation name=x []");
    decoding_close(&d);
}

static void calls_are_sent_and_their_answers_belong_to_them(void **state)
{
    struct decoding d = {0};
    struct buf line;

    (void)state;
    buf_init(&line, SIZE_MAX);
    open_shaken(&d);
    decoding_enters(&d, DECODE_TYPED, "Add 1 two");
    decoding_sends(
        &d, "{\"type\":1,\"invocationId\":\"1\",\"target\":\"Add\",\"arguments\":[1,\"two\"]}" E);
    decoding_shows(&d, 0, "invocation name=Add id=\"1\" [1,\"two\"]");
    d.now_us += 2500;
    decoding_text(&d, DIR_IN,
                  "{\"type\":6}" E "{\"type\":3,\"invocationId\":\"1\",\"result\":3}" E);
    assert_int_equal(d.count, 2);
    decoding_shows(&d, 0, "ping");
    decoding_shows(&d, 1, "completion name=Add re=\"1\" 3");
    assert_int_equal(decode_items(d.stack)[1].us, 2500);
    assert_int_equal(decode_piped(d.stack, &decode_items(d.stack)[1], &line), 1);
    assert_true(slice_is(buf_slice(&line), "{\"result\":3}"));
    decoding_enters(&d, DECODE_TYPED, "stream Count");
    decoding_sends(&d,
                   "{\"type\":4,\"invocationId\":\"2\",\"target\":\"Count\",\"arguments\":[]}" E);
    decoding_is(&d, DIR_IN, "{\"type\":2,\"invocationId\":\"2\",\"item\":7}" E,
                "item name=Count re=\"2\" 7");
    decoding_is(&d, DIR_IN, "{\"type\":3,\"invocationId\":\"2\",\"error\":\"no\"}" E,
                "error name=Count re=\"2\" \"no\"");
    decoding_enters(&d, DECODE_PIPED, "[\"Say\", {\"a\":1} , 2]");
    decoding_sends(
        &d,
        "{\"type\":1,\"invocationId\":\"3\",\"target\":\"Say\",\"arguments\":[{\"a\":1} , 2]}" E);
    decoding_enters(&d, DECODE_PIPED, "[\"Say\"]");
    decoding_sends(&d, "{\"type\":1,\"invocationId\":\"4\",\"target\":\"Say\",\"arguments\":[]}" E);
    decoding_is(&d, DIR_IN, "{\"type\":1,\"target\":\"news\",\"arguments\":[1]}" E,
                "invocation name=news [1]");
    buf_reset(&line);
    assert_int_equal(decode_piped(d.stack, decode_items(d.stack), &line), 1);
    assert_true(slice_is(buf_slice(&line), "[\"news\",1]"));
    assert_string_equal(decode_finding(d.stack, 0),
                        "2 requests had no answer: Say (id \"3\"), Say (id \"4\")");
    buf_clear(&line);
    decoding_close(&d);
}

static void msgpack_is_spoken_after_the_json_handshake(void **state)
{
    static const char completion[] = "\x07\x95\x03\x80\xA1"
                                     "1\x03\x07"
                                     "\x02\x91\x06";
    static const char call[] = "\x0C\x96\x01\x80\xA1"
                               "1\xA3"
                               "Add\x91\x01\x90";
    struct decoding d = {0};
    struct decode_message m;

    (void)state;
    decoding_open(&d, "signalr,parser=msgpack", true, "/hub", "");
    decoding_sends(&d, "{\"protocol\":\"messagepack\",\"version\":1}" E);
    decoding_is(&d, DIR_IN, "{}" E, "handshake");
    decoding_enters(&d, DECODE_TYPED, "Add 1");
    assert_true(decode_fetch(d.stack, &m));
    assert_int_equal(m.opcode, OPCODE_BINARY);
    assert_int_equal(m.data.len, sizeof call - 1);
    assert_memory_equal(m.data.data, call, sizeof call - 1);
    decoding_bytes(&d, DIR_OUT, OPCODE_BINARY, call, sizeof call - 1);
    decoding_shows(&d, 0, "invocation name=Add id=\"1\" [1]");
    decoding_bytes(&d, DIR_IN, OPCODE_BINARY, completion, sizeof completion - 1);
    assert_int_equal(d.count, 2);
    decoding_shows(&d, 0, "completion name=Add re=\"1\" 7");
    decoding_shows(&d, 1, "ping");
    decoding_bytes(&d, DIR_IN, OPCODE_BINARY, "\x05\x91", 2);
    decoding_shows(&d, 0, "malformed !not SignalR: the length of a message is wrong");
    decoding_close(&d);
}

static void a_refused_handshake_and_a_close_end_the_run(void **state)
{
    struct decoding d = {0};

    (void)state;
    decoding_open(&d, "signalr", true, "/hub", "");
    decoding_sends(&d, "{\"protocol\":\"json\",\"version\":1}" E);
    decoding_is(&d, DIR_IN, "{\"error\":\"no such protocol\"}" E, "handshake \"no such protocol\"");
    assert_string_equal(decode_ended(d.stack)->text,
                        "the server refused the handshake: no such protocol");
    assert_false(decode_is_ready(d.stack));
    decoding_close(&d);
    open_shaken(&d);
    decoding_is(&d, DIR_IN, "{\"type\":7,\"error\":\"bye\",\"allowReconnect\":true}" E,
                "close reconnect=true \"bye\"");
    assert_string_equal(decode_ended(d.stack)->text, "the server closed the hub: bye");
    assert_true(decode_ended(d.stack)->again);
    decoding_close(&d);
}

static void pings_go_both_ways(void **state)
{
    struct decoding d = {0};

    (void)state;
    open_shaken(&d);
    d.now_us = decode_due(d.stack);
    decode_tick(d.stack, d.now_us);
    decoding_sends(&d, "{\"type\":6}" E);
    d.now_us += 31000000;
    decoding_is(&d, DIR_IN, "{\"type\":6}" E, "ping");
    assert_string_equal(decode_finding(d.stack, 0),
                        "the server sent nothing for 44.5 s, but at most 30.0 s are allowed");
    decoding_close(&d);
}

static void malformed_records_are_shown_as_such(void **state)
{
    struct decoding d = {0};

    (void)state;
    open_shaken(&d);
    decoding_is(&d, DIR_OUT, "{\"type\":6}", "malformed !not SignalR: no 0x1e at the end");
    assert_true(strstr(decode_finding(d.stack, 0), "--eol rs") != NULL);
    decoding_is(&d, DIR_IN, "x" E, "malformed !not SignalR: no JSON object with a type");
    decoding_is(&d, DIR_IN, "{\"type\":77}" E,
                "malformed !not SignalR: there is no message type 77");
    decoding_is(&d, DIR_IN, "{\"type\":6}" E, "ping");
    decoding_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signalr_is_recognised_by_its_records),
        cmocka_unit_test(calls_are_sent_and_their_answers_belong_to_them),
        cmocka_unit_test(msgpack_is_spoken_after_the_json_handshake),
        cmocka_unit_test(a_refused_handshake_and_a_close_end_the_run),
        cmocka_unit_test(pings_go_both_ways),
        cmocka_unit_test(malformed_records_are_shown_as_such),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "decoding.h"

static void pusher_has_events_on_channels(void **state)
{
    struct decoding d = {0};

    (void)state;
    decoding_open(&d, "auto", true, "/app/key?protocol=7", "");
    decoding_is(
        &d, DIR_IN,
        "{\"event\":\"pusher:connection_established\",\"data\":\"{\\\"socket_id\\\":\\\"1.2\\\","
        "\\\"activity_timeout\\\":120}\"}",
        "event name=pusher:connection_established {\"socket_id\":\"1.2\",\"activity_timeout\":120}");
    assert_string_equal(decode_name(d.stack), "pusher");
    decoding_is(&d, DIR_OUT, "{\"event\":\"pusher:subscribe\",\"data\":{\"channel\":\"c\"}}",
                "event name=pusher:subscribe {\"channel\":\"c\"}");
    d.now_us += 10;
    decoding_is(
        &d, DIR_IN,
        "{\"event\":\"pusher_internal:subscription_succeeded\",\"channel\":\"c\",\"data\":\"{}\"}",
        "event name=pusher_internal:subscription_succeeded channel=c {}");
    assert_int_equal(decode_items(d.stack)[0].us, 10);
    decoding_is(&d, DIR_IN, "{\"event\":\"new\",\"channel\":\"c\",\"data\":\"[1]\"}",
                "event name=new channel=c [1]");
    decoding_is(&d, DIR_IN, "{\"event\":\"pusher:ping\"}", "event name=pusher:ping");
    assert_int_equal(decode_items(d.stack)[0].role, DECODED_HEARTBEAT);
    decoding_is(&d, DIR_IN, "{}", "malformed !not Pusher: it has no \"event\"");
    assert_string_equal(decode_close_name(d.stack, 4001), "application does not exist");
    assert_true(strstr(decode_close_advice(d.stack, 4001), "must not reconnect") != NULL);
    d.now_us += 151000000;
    decoding_is(&d, DIR_IN, "{\"event\":\"pusher:pong\"}", "event name=pusher:pong");
    assert_string_equal(decode_finding(d.stack, 0),
                        "the server sent nothing for 151.0 s, but at most 150.0 s are allowed");
    decoding_close(&d);
}

static void centrifugo_has_lines_of_commands_and_pushes(void **state)
{
    struct decoding d = {0};

    (void)state;
    decoding_open(&d, "auto", true, "/connection/websocket", "");
    decoding_text(&d, DIR_OUT,
                  "{\"connect\":{},\"id\":1}\n{\"id\":2,\"subscribe\":{\"channel\":\"c\"}}");
    assert_int_equal(d.count, 2);
    decoding_shows(&d, 0, "connect id=1 {}");
    decoding_shows(&d, 1, "subscribe name=c id=2 {\"channel\":\"c\"}");
    d.now_us += 20;
    decoding_text(
        &d, DIR_IN,
        "{\"id\":1,\"connect\":{\"client\":\"x\"}}\n{\"id\":2,\"error\":{\"code\":103}}\n{}");
    assert_int_equal(d.count, 3);
    decoding_shows(&d, 0, "connect name=connect re=1 {\"client\":\"x\"}");
    decoding_shows(&d, 1, "error name=c re=2 {\"code\":103}");
    assert_int_equal(decode_items(d.stack)[1].us, 20);
    decoding_shows(&d, 2, "ping");
    decoding_is(&d, DIR_OUT, "{}", "pong");
    decoding_is(&d, DIR_IN,
                "{\"push\":{\"channel\":\"c\",\"pub\":{\"data\":{\"v\":1},\"offset\":7}}}",
                "pub name=c offset=7 {\"v\":1}");
    decoding_is(&d, DIR_IN, "x", "malformed !not Centrifugo: no JSON object");
    decoding_close(&d);
    decoding_open(&d, "auto", true, "/", "centrifuge-protobuf");
    decoding_bytes(&d, DIR_IN, OPCODE_BINARY, "\2ab\1c", 5);
    assert_int_equal(d.count, 2);
    decoding_shows(&d, 0, "protobuf 6162");
    decoding_bytes(&d, DIR_IN, OPCODE_BINARY, "\5a", 2);
    decoding_shows(&d, 0, "malformed !not Centrifugo: the length of a message is wrong");
    decoding_close(&d);
}

static void wamp_has_numbered_messages_in_three_forms(void **state)
{
    struct decoding d = {0};

    (void)state;
    decoding_open(&d, "auto", true, "/ws", "wamp.2.json");
    decoding_is(&d, DIR_OUT, "[48,1,{},\"com.add\",[1,2]]", "CALL name=com.add id=1 [1,2]");
    d.now_us += 30;
    decoding_is(&d, DIR_IN, "[50,1,{},[3]]", "RESULT name=com.add re=1 [3]");
    assert_int_equal(decode_items(d.stack)[0].us, 30);
    decoding_is(&d, DIR_OUT, "[16,2,{},\"com.topic\",[],{\"a\":1}]",
                "PUBLISH name=com.topic id=2 keywords={\"a\":1} []");
    decoding_is(&d, DIR_OUT, "[32,3,{},\"com.topic\"]", "SUBSCRIBE name=com.topic id=3");
    decoding_is(&d, DIR_IN, "[8,32,3,{},\"wamp.error.no\"]", "ERROR name=wamp.error.no re=3");
    decoding_is(&d, DIR_IN, "[36,5,6,{},[1]]", "EVENT name=5 [1]");
    decoding_is(&d, DIR_IN, "[99]", "malformed !not WAMP: there is no message type 99");
    decoding_is(&d, DIR_IN, "[48,1]", "malformed !not WAMP: CALL has only 2 elements");
    decoding_is(&d, DIR_IN, "{}", "malformed !not WAMP: no JSON array");
    assert_null(decode_finding(d.stack, 0));
    decoding_open(&d, "auto", true, "/ws", "wamp.2.msgpack");
    decoding_bytes(&d, DIR_IN, OPCODE_BINARY, "\x93\x11\1\2", 4);
    decoding_shows(&d, 0, "PUBLISHED re=1");
    decoding_open(&d, "auto", true, "/ws", "wamp.2.cbor");
    decoding_bytes(&d, DIR_IN, OPCODE_BINARY, "\x83\x11\1\2", 4);
    decoding_shows(&d, 0, "PUBLISHED re=1");
    decoding_bytes(&d, DIR_IN, OPCODE_BINARY, "\x83\x11\1", 3);
    decoding_shows(&d, 0, "malformed !not WAMP: the bytes end within the value");
    decoding_close(&d);
}

static void ocpp_calls_go_in_both_directions(void **state)
{
    struct decoding d = {0};

    (void)state;
    decoding_open(&d, "auto", true, "/CP1", "ocpp1.6");
    decoding_is(&d, DIR_OUT, "[2,\"a\",\"BootNotification\",{\"v\":1}]",
                "CALL name=BootNotification id=\"a\" {\"v\":1}");
    d.now_us += 40;
    decoding_is(&d, DIR_IN, "[3,\"a\",{\"status\":\"Accepted\"}]",
                "CALLRESULT name=BootNotification re=\"a\" {\"status\":\"Accepted\"}");
    assert_int_equal(decode_items(d.stack)[0].us, 40);
    decoding_is(&d, DIR_IN, "[2,\"b\",\"Reset\",{}]", "CALL name=Reset id=\"b\" {}");
    decoding_is(&d, DIR_OUT, "[4,\"b\",\"NotSupported\",\"no\",{}]",
                "CALLERROR name=Reset re=\"b\" code=NotSupported description=no {}");
    decoding_is(&d, DIR_IN, "[7]", "malformed !not OCPP: the message type is not 2 to 6");
    decoding_is(&d, DIR_IN, "[2,\"x\"]", "malformed !not OCPP: CALL has no id or too few elements");
    decoding_is(&d, DIR_IN, "x", "malformed !not OCPP: no JSON array");
    decoding_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pusher_has_events_on_channels),
        cmocka_unit_test(centrifugo_has_lines_of_commands_and_pushes),
        cmocka_unit_test(wamp_has_numbered_messages_in_three_forms),
        cmocka_unit_test(ocpp_calls_go_in_both_directions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

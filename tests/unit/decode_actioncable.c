#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "decoding.h"

#define ROOM "{\\\"channel\\\":\\\"Chat\\\",\\\"room\\\":1}"

static void open_welcomed(struct decoding *d)
{
    decoding_open(d, "actioncable", true, "/cable", "actioncable-v1-json");
    assert_false(decode_is_ready(d->stack));
    decoding_is(d, DIR_IN, "{\"type\":\"welcome\"}", "welcome");
    assert_true(decode_is_ready(d->stack));
}

static void actioncable_is_recognised_by_subprotocol_or_subscription(void **state)
{
    struct decoding d = {0};

    (void)state;
    decoding_open(&d, "auto", true, "/cable", "actioncable-v1-json");
    assert_string_equal(decode_name(d.stack), "actioncable");
    decoding_open(&d, "auto", true, "/cable", "");
    decoding_text(&d, DIR_IN, "{\"type\":\"welcome\"}");
    assert_int_equal(d.count, 0);
    decoding_is(&d, DIR_OUT,
                "{\"command\":\"subscribe\",\"identifier\":\"{\\\"channel\\\":\\\"A\\\"}\"}",
                "subscribe name=A");
    decoding_close(&d);
}

static void subscriptions_are_confirmed_and_messages_have_a_channel(void **state)
{
    struct decoding d = {0};

    (void)state;
    open_welcomed(&d);
    decoding_enters(&d, DECODE_TYPED, "sub Chat {\"room\":1}");
    decoding_sends(&d, "{\"command\":\"subscribe\",\"identifier\":\"" ROOM "\"}");
    decoding_shows(&d, 0, "subscribe name=Chat identifier={\"channel\":\"Chat\",\"room\":1}");
    assert_string_equal(decode_finding(d.stack, 0),
                        "1 request had no answer: Chat (id {\"channel\":\"Chat\",\"room\":1})");
    decoding_close(&d);

    open_welcomed(&d);
    decoding_enters(&d, DECODE_TYPED, "sub Chat {\"room\":1}");
    decoding_sends(&d, "{\"command\":\"subscribe\",\"identifier\":\"" ROOM "\"}");
    d.now_us += 1200;
    decoding_is(&d, DIR_IN, "{\"identifier\":\"" ROOM "\",\"type\":\"confirm_subscription\"}",
                "confirm_subscription name=Chat identifier={\"channel\":\"Chat\",\"room\":1}");
    assert_int_equal(decode_items(d.stack)[0].role, DECODED_RESULT);
    assert_int_equal(decode_items(d.stack)[0].us, 1200);
    decoding_enters(&d, DECODE_TYPED, "perform Chat speak {\"text\":\"hi\"}");
    decoding_sends(&d, "{\"command\":\"message\",\"identifier\":\"" ROOM
                       "\",\"data\":\"{\\\"action\\\":\\\"speak\\\",\\\"text\\\":\\\"hi\\\"}\"}");
    decoding_shows(&d, 0,
                   "message name=Chat identifier={\"channel\":\"Chat\",\"room\":1} "
                   "{\"action\":\"speak\",\"text\":\"hi\"}");
    decoding_enters(&d, DECODE_PIPED, "{\"a\":1}");
    decoding_sends(&d, "{\"command\":\"message\",\"identifier\":\"" ROOM
                       "\",\"data\":\"{\\\"a\\\":1}\"}");
    decoding_is(&d, DIR_IN, "{\"identifier\":\"{\\\"channel\\\":\\\"Chat\\\"}\",\"message\":[1,2]}",
                "message name=Chat [1,2]");
    decoding_enters(&d, DECODE_TYPED, "unsub Chat");
    decoding_sends(&d, "{\"command\":\"unsubscribe\",\"identifier\":\"" ROOM "\"}");
    assert_null(decode_finding(d.stack, 0));
    decoding_refuses(&d, DECODE_TYPED, "sub",
                     "the line is not of the form 'sub CHANNEL [JSON OBJECT]'");
    decoding_refuses(&d, DECODE_TYPED, "hi", "Action Cable has no 'hi' to type");
    decoding_close(&d);
}

static void what_follows_a_subscription_waits_for_its_confirmation(void **state)
{
    struct decoding d = {0};

    (void)state;
    open_welcomed(&d);
    decoding_enters(&d, DECODE_TYPED, "sub A");
    decoding_enters(&d, DECODE_TYPED, "perform A go");
    decoding_sends(&d,
                   "{\"command\":\"subscribe\",\"identifier\":\"{\\\"channel\\\":\\\"A\\\"}\"}");
    decoding_sends(&d, NULL);
    decoding_text(
        &d, DIR_IN,
        "{\"identifier\":\"{\\\"channel\\\":\\\"A\\\"}\",\"type\":\"confirm_subscription\"}");
    decoding_sends(
        &d,
        "{\"command\":\"message\",\"identifier\":\"{\\\"channel\\\":\\\"A\\\"}\",\"data\":\"{\\\"action\\\":\\\"go\\\"}\"}");
    decoding_enters(&d, DECODE_TYPED, "sub B");
    decoding_enters(&d, DECODE_TYPED, "perform B go");
    assert_string_equal(decode_finding(d.stack, 0),
                        "messages were not sent, because no answer to a subscription came");
    decoding_close(&d);
}

static void a_refusal_that_forbids_a_reconnect_ends_the_run(void **state)
{
    struct decoding d = {0};

    (void)state;
    decoding_open(&d, "actioncable", true, "/cable", "actioncable-v1-json");
    decoding_is(&d, DIR_IN,
                "{\"type\":\"disconnect\",\"reason\":\"unauthorized\",\"reconnect\":false}",
                "disconnect reason=unauthorized reconnect=false");
    assert_string_equal(decode_ended(d.stack)->text, "the server disconnected: unauthorized");
    assert_int_equal(decode_ended(d.stack)->code, EXIT_PEER_ERROR);
    assert_false(decode_ended(d.stack)->again);
    decoding_close(&d);
}

static void missed_pings_are_the_servers(void **state)
{
    struct decoding d = {0};

    (void)state;
    open_welcomed(&d);
    d.now_us = 3000000;
    decoding_is(&d, DIR_IN, "{\"type\":\"ping\",\"message\":1}", "ping");
    assert_int_equal(decode_items(d.stack)[0].role, DECODED_HEARTBEAT);
    d.now_us += 7000000;
    decoding_is(&d, DIR_IN, "{\"type\":\"ping\",\"message\":2}", "ping");
    assert_string_equal(decode_finding(d.stack, 0),
                        "the server sent nothing for 7.0 s, but at most 6.0 s are allowed");
    decoding_close(&d);
}

static void malformed_messages_are_shown_as_such(void **state)
{
    struct decoding d = {0};

    (void)state;
    open_welcomed(&d);
    decoding_is(&d, DIR_IN, "x", "malformed !not Action Cable: no JSON object");
    decoding_is(&d, DIR_IN, "{\"type\":\"hi\"}",
                "malformed !not Action Cable: \"hi\" is neither a type nor a command");
    decoding_is(&d, DIR_IN, "{}",
                "malformed !not Action Cable: neither a type nor a command nor a message");
    decoding_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(actioncable_is_recognised_by_subprotocol_or_subscription),
        cmocka_unit_test(subscriptions_are_confirmed_and_messages_have_a_channel),
        cmocka_unit_test(what_follows_a_subscription_waits_for_its_confirmation),
        cmocka_unit_test(a_refusal_that_forbids_a_reconnect_ends_the_run),
        cmocka_unit_test(missed_pings_are_the_servers),
        cmocka_unit_test(malformed_messages_are_shown_as_such),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

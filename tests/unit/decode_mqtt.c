#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "decoding.h"

#define IN(bytes)    decoding_bytes(&d, DIR_IN, OPCODE_BINARY, bytes, sizeof(bytes) - 1)
#define OUT(bytes)   decoding_bytes(&d, DIR_OUT, OPCODE_BINARY, bytes, sizeof(bytes) - 1)
#define SENDS(bytes) sends(&d, bytes, sizeof(bytes) - 1)

/* The next packet to be sent has these bytes. It is then decoded as sent. */
static void sends(struct decoding *d, const char *bytes, size_t n)
{
    struct decode_message m;

    assert_true(decode_fetch(d->stack, &m));
    assert_int_equal(m.opcode, OPCODE_BINARY);
    assert_int_equal(m.data.len, n);
    assert_memory_equal(m.data.data, bytes, n);
    decoding_bytes(d, DIR_OUT, OPCODE_BINARY, bytes, n);
}

static void shows_one(struct decoding *d, const char *expected)
{
    assert_int_equal(d->count, 1);
    decoding_shows(d, 0, expected);
}

static void open_connected(struct decoding *d)
{
    static const char connect[] = "\x10\x0C\0\4MQTT\4\2\0\x3C\0\0";

    decoding_open(d, "mqtt", true, "/mqtt", "mqtt");
    sends(d, connect, sizeof connect - 1);
    shows_one(d, "CONNECT version=3.1.1 keepalive=60 clean=yes");
    assert_false(decode_is_ready(d->stack));
    d->now_us += 900;
    decoding_bytes(d, DIR_IN, OPCODE_BINARY, "\x20\2\0\0", 4);
    shows_one(d, "CONNACK name=accepted");
    assert_int_equal(decode_items(d->stack)[0].us, 900);
    assert_true(decode_is_ready(d->stack));
}

static void mqtt_is_recognised_by_subprotocol_or_first_packet(void **state)
{
    struct decoding d = {0};

    (void)state;
    decoding_open(&d, "auto", true, "/", "mqtt");
    assert_string_equal(decode_name(d.stack), "mqtt");
    decoding_open(&d, "auto", true, "/", "");
    IN("\x20\2\0\0");
    assert_int_equal(d.count, 0);
    OUT("\x10\x0E\0\4MQTT\4\2\0\x3C\0\2me");
    shows_one(&d, "CONNECT name=me version=3.1.1 keepalive=60 clean=yes");
    decoding_sends(&d, NULL);
    decoding_close(&d);
}

static void login_is_sent_and_the_password_not_shown(void **state)
{
    struct decoding d = {0};

    (void)state;
    d.spec.credentials = "me:pw";
    decoding_open(&d, "mqtt,version=5,keepalive=10", true, "/", "mqtt");
    SENDS("\x10\x15\0\4MQTT\5\xC2\0\x0A\0\0\0\0\2me\0\2pw");
    shows_one(&d, "CONNECT version=5 keepalive=10 clean=yes user=me password=***");
    IN("\x20\x09\0\x87\6\x1F\0\3why");
    shows_one(&d, "CONNACK name=Not authorized reason=why");
    assert_int_equal(decode_items(d.stack)[0].role, DECODED_ERROR);
    assert_string_equal(decode_ended(d.stack)->text,
                        "the server refused CONNECT: Not authorized (135)");
    assert_false(decode_ended(d.stack)->again);
    assert_string_equal(decode_finding(d.stack, 0), "the server refused CONNECT: Not authorized");
    decoding_close(&d);
}

static void typed_lines_are_packets_and_acknowledged(void **state)
{
    struct decoding d = {0};

    (void)state;
    open_connected(&d);
    decoding_enters(&d, DECODE_TYPED, "sub a/# qos=1");
    SENDS("\x82\x08\0\1\0\3a/#\1");
    shows_one(&d, "SUBSCRIBE name=a/# id=1 qos=1");
    d.now_us += 2000;
    IN("\x90\3\0\1\1");
    shows_one(&d, "SUBACK name=a/# re=1 qos=1");
    assert_int_equal(decode_items(d.stack)[0].role, DECODED_RESULT);
    assert_int_equal(decode_items(d.stack)[0].us, 2000);
    decoding_enters(&d, DECODE_TYPED, "pub a/b hi there qos=2 retain");
    SENDS("\x35\x0F\0\3a/b\0\2hi there");
    shows_one(&d, "PUBLISH name=a/b id=2 qos=2 retain=yes hi there");
    IN("\x50\2\0\2");
    shows_one(&d, "PUBREC name=a/b re=2");
    SENDS("\x62\2\0\2");
    shows_one(&d, "PUBREL re=2");
    IN("\x70\2\0\2");
    shows_one(&d, "PUBCOMP name=a/b re=2");
    decoding_enters(&d, DECODE_TYPED, "unsub a/#");
    SENDS("\xA2\7\0\3\0\3a/#");
    assert_string_equal(decode_finding(d.stack, 0), "1 request had no answer: a/# (id 3)");
    decode_leave(d.stack, d.now_us);
    SENDS("\xE0\0");
    decoding_refuses(&d, DECODE_TYPED, "say hi", "MQTT has no 'say' to type");
    decoding_refuses(&d, DECODE_TYPED, "sub a qos=3",
                     "the line is not of the form 'sub FILTER [qos=0|1|2]'");
    decoding_refuses(&d, DECODE_TYPED, "pub a/+ x",
                     "the topic 'a/+' has a wildcard, which only subscriptions may have");
    decoding_close(&d);
}

static void answers_in_one_message_each_have_their_name(void **state)
{
    struct decoding d = {0};

    (void)state;
    open_connected(&d);
    decoding_enters(&d, DECODE_TYPED, "sub first");
    SENDS("\x82\x0A\0\1\0\5first\0");
    decoding_enters(&d, DECODE_TYPED, "sub second");
    SENDS("\x82\x0B\0\2\0\6second\0");
    IN("\x90\3\0\1\0\x90\3\0\2\0");
    assert_int_equal(d.count, 2);
    decoding_shows(&d, 0, "SUBACK name=first re=1 qos=0");
    decoding_shows(&d, 1, "SUBACK name=second re=2 qos=0");
    decoding_close(&d);
}

static void what_comes_is_acknowledged_at_its_qos(void **state)
{
    struct decoding d = {0};

    (void)state;
    open_connected(&d);
    IN("\x32\6\0\1t\0\7x");
    shows_one(&d, "PUBLISH name=t id=7 qos=1 x");
    SENDS("\x40\2\0\7");
    shows_one(&d, "PUBACK name=t re=7");
    IN("\x34\6\0\1t\0\x08y");
    SENDS("\x50\2\0\x08");
    IN("\x62\2\0\x08");
    SENDS("\x70\2\0\x08");
    assert_null(decode_finding(d.stack, 0));
    decoding_close(&d);
}

static void packets_are_joined_and_split_at_any_byte(void **state)
{
    static const char bytes[] = "\x30\5\0\1t42\x30\7\0\1t\xFF\0\1\2\x30\4\0\1t!";
    struct decoding d = {0};

    (void)state;
    open_connected(&d);
    for (size_t cut = 0; cut < sizeof bytes - 1; cut++) {
        size_t count;

        decoding_bytes(&d, DIR_IN, OPCODE_BINARY, bytes, cut);
        count = d.count;
        decoding_bytes(&d, DIR_IN, OPCODE_BINARY, bytes + cut, sizeof bytes - 1 - cut);
        assert_int_equal(count + d.count, 3);
        decoding_shows(&d, d.count - 1, "PUBLISH name=t !");
        if (cut == 0) {
            decoding_shows(&d, 0, "PUBLISH name=t 42");
            decoding_shows(&d, 1, "PUBLISH name=t ff000102");
        }
    }
    decoding_close(&d);
}

static void a_pipe_has_topic_and_body(void **state)
{
    struct decoding d = {0};
    struct buf line;

    (void)state;
    buf_init(&line, SIZE_MAX);
    open_connected(&d);
    decoding_enters(&d, DECODE_PIPED, "t {\"a\": 1} retain");
    SENDS("\x30\x12\0\1t{\"a\": 1} retain");
    IN("\x30\5\0\1tab");
    assert_int_equal(decode_piped(d.stack, decode_items(d.stack), &line), 1);
    assert_true(slice_is(buf_slice(&line), "t ab"));
    buf_reset(&line);
    IN("\x30\5\0\1t\xFF\0");
    assert_int_equal(decode_piped(d.stack, decode_items(d.stack), &line), 1);
    assert_true(slice_is(buf_slice(&line), "t /wA="));
    buf_clear(&line);
    decoding_close(&d);
}

static void properties_of_mqtt_5_are_shown(void **state)
{
    struct decoding d = {0};

    (void)state;
    decoding_open(&d, "mqtt,version=5", true, "/", "mqtt");
    SENDS("\x10\x0D\0\4MQTT\5\2\0\x3C\0\0\0");
    IN("\x20\x0B\1\0\x08\x12\0\2id\x13\0\5");
    shows_one(&d, "CONNACK name=Success session-present=yes assigned-client-id=id "
                  "server-keep-alive=5");
    assert_int_equal(decode_due(d.stack), 4500000);
    IN("\x30\x0F\0\1t\x08&\0\1k\0\2v1{}x");
    shows_one(&d, "PUBLISH name=t k=v1 {}x");
    IN("\xE0\2\x8E\0");
    shows_one(&d, "DISCONNECT reason-code=Session taken over");
    assert_int_equal(decode_items(d.stack)[0].role, DECODED_ERROR);
    decoding_close(&d);
}

static void the_keep_alive_is_sent_and_its_answers_watched(void **state)
{
    struct decoding d = {0};

    (void)state;
    open_connected(&d);
    d.now_us = decode_due(d.stack);
    assert_int_equal(d.now_us, 54000000);
    decode_tick(d.stack, d.now_us);
    SENDS("\xC0\0");
    shows_one(&d, "PINGREQ");
    d.now_us += 300;
    IN("\xD0\0");
    shows_one(&d, "PINGRESP");
    assert_int_equal(decode_items(d.stack)[0].us, 300);
    d.now_us = decode_due(d.stack);
    decode_tick(d.stack, d.now_us);
    SENDS("\xC0\0");
    assert_string_equal(decode_finding(d.stack, 0), "1 PINGREQ had no PINGRESP");
    decoding_close(&d);
}

static void malformed_packets_are_shown_and_the_next_is_read(void **state)
{
    struct decoding d = {0};

    (void)state;
    open_connected(&d);
    decoding_text(&d, DIR_IN, "x");
    shows_one(&d, "malformed !not MQTT: a text message, but packets are binary");
    IN("\x30\x80\x80\x80\x80\1");
    shows_one(&d, "malformed !not MQTT: the length of a packet has more than four bytes");
    IN("\x30\2\0\5");
    shows_one(&d, "malformed !not MQTT: PUBLISH is too short");
    IN("\x36\5\0\1t\0\1");
    shows_one(&d, "malformed !not MQTT: PUBLISH is malformed");
    IN("\0\0");
    shows_one(&d, "malformed !not MQTT: there is no packet type 0");
    IN("\x30\4\0\1t!");
    shows_one(&d, "PUBLISH name=t !");
    decoding_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mqtt_is_recognised_by_subprotocol_or_first_packet),
        cmocka_unit_test(login_is_sent_and_the_password_not_shown),
        cmocka_unit_test(typed_lines_are_packets_and_acknowledged),
        cmocka_unit_test(answers_in_one_message_each_have_their_name),
        cmocka_unit_test(what_comes_is_acknowledged_at_its_qos),
        cmocka_unit_test(packets_are_joined_and_split_at_any_byte),
        cmocka_unit_test(a_pipe_has_topic_and_body),
        cmocka_unit_test(properties_of_mqtt_5_are_shown),
        cmocka_unit_test(the_keep_alive_is_sent_and_its_answers_watched),
        cmocka_unit_test(malformed_packets_are_shown_and_the_next_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

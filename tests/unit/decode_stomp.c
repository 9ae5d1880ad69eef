#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "decoding.h"

#define CONNECT   "CONNECT\naccept-version:1.0,1.1,1.2\nhost:/\nheart-beat:10000,10000\n\n"
#define IN(text)  decoding_bytes(&d, DIR_IN, OPCODE_TEXT, text, sizeof(text) - 1)
#define OUT(text) decoding_bytes(&d, DIR_OUT, OPCODE_TEXT, text, sizeof(text) - 1)

static void stomp_is_recognised_by_subprotocol_or_first_frame(void **state)
{
    struct decoding d = {0};

    (void)state;
    decoding_open(&d, "auto", true, "/ws", "v12.stomp");
    assert_string_equal(decode_name(d.stack), "stomp");
    decoding_open(&d, "auto", true, "/ws", "");
    IN("MESSAGE of the day");
    assert_int_equal(d.count, 0);
    OUT("CONNECT\naccept-version:1.2\n\n\0");
    assert_int_equal(d.count, 1);
    decoding_shows(&d, 0, "CONNECT accept-version=1.2");
    decoding_sends(&d, NULL);
    decoding_close(&d);
}

/* Connected, with version 1.2 and these heart-beats of the server. */
static void open_connected(struct decoding *d, const char *as, const char *beat)
{
    char text[128];

    decoding_open(d, as, true, "/ws", "v12.stomp");
    decoding_sends(d, CONNECT);
    decoding_shows(d, 0, "CONNECT accept-version=1.0,1.1,1.2 host=/ heart-beat=10000,10000");
    assert_false(decode_is_ready(d->stack));
    d->now_us += 1500;
    snprintf(text, sizeof text, "CONNECTED\nversion:1.2\nheart-beat:%s\n\n", beat);
    decoding_bytes(d, DIR_IN, OPCODE_TEXT, text, strlen(text) + 1);
    assert_int_equal(d->count, 1);
    assert_true(decode_items(d->stack)[0].has_us);
    assert_int_equal(decode_items(d->stack)[0].us, 1500);
    assert_true(decode_is_ready(d->stack));
}

static void login_is_sent_and_not_shown(void **state)
{
    struct decoding d = {0};

    (void)state;
    d.spec.credentials = "guest:se:cret";
    decoding_open(&d, "stomp,heart-beat=0", true, "/ws", "");
    decoding_sends(&d, "CONNECT\naccept-version:1.0,1.1,1.2\nhost:/\nheart-beat:0,0\n"
                       "login:guest\npasscode:se:cret\n\n");
    decoding_shows(
        &d, 0, "CONNECT accept-version=1.0,1.1,1.2 host=/ heart-beat=0,0 login=guest passcode=***");
    decoding_close(&d);
}

static void typed_lines_are_frames_and_receipts_answer_them(void **state)
{
    struct decoding d = {0};

    (void)state;
    open_connected(&d, "stomp", "0,0");
    decoding_enters(&d, DECODE_TYPED, "sub /topic/a:b ack=client");
    decoding_sends(&d, "SUBSCRIBE\nid:1\ndestination:/topic/a\\cb\nreceipt:sub-1\nack:client\n\n");
    decoding_shows(&d, 0, "SUBSCRIBE name=/topic/a:b id=\"1\" receipt=sub-1 ack=client");
    d.now_us += 2000;
    IN("RECEIPT\nreceipt-id:sub-1\n\n\0\n");
    decoding_shows(&d, 0, "RECEIPT name=SUBSCRIBE /topic/a:b re=\"sub-1\"");
    assert_int_equal(decode_items(d.stack)[0].role, DECODED_RESULT);
    assert_int_equal(decode_items(d.stack)[0].us, 2000);
    decoding_enters(&d, DECODE_TYPED, "send /topic/a {\"x\": 1}");
    decoding_sends(&d, "SEND\ndestination:/topic/a\ncontent-length:8\n\n{\"x\": 1}");
    decoding_shows(&d, 0, "SEND name=/topic/a {\"x\": 1}");
    decoding_enters(&d, DECODE_TYPED, "ack m1 transaction=t");
    decoding_sends(&d, "ACK\nid:m1\ntransaction:t\n\n");
    decoding_enters(&d, DECODE_TYPED, "unsub 1 receipt=bye");
    decoding_sends(&d, "UNSUBSCRIBE\nid:1\nreceipt:bye\n\n");
    assert_string_equal(decode_finding(d.stack, 0),
                        "1 request had no answer: UNSUBSCRIBE (id \"bye\")");
    decode_leave(d.stack, d.now_us);
    decoding_sends(&d, "DISCONNECT\n\n");
    decoding_refuses(&d, DECODE_TYPED, "say hi", "STOMP has no 'say' to type");
    decoding_refuses(&d, DECODE_TYPED, "sub",
                     "the line is not of the form 'sub DEST [KEY=VALUE]...'");
    decoding_refuses(&d, DECODE_TYPED, "sub /a b", "'b' is not a header of the form KEY=VALUE");
    decoding_refuses(&d, DECODE_PIPED, "hi",
                     "a pipe needs to know where to send: --as stomp,dest=DEST");
    decoding_close(&d);
}

static void a_pipe_has_bodies(void **state)
{
    struct decoding d = {0};
    struct buf line;

    (void)state;
    buf_init(&line, SIZE_MAX);
    open_connected(&d, "stomp,dest=/queue/q", "0,0");
    decoding_enters(&d, DECODE_PIPED, "hello");
    decoding_sends(&d, "SEND\ndestination:/queue/q\ncontent-length:5\n\nhello");
    IN("MESSAGE\nsubscription:1\nmessage-id:7\ndestination:/queue/q\ncontent-length:3\n\na\0b\0");
    decoding_shows(&d, 0, "MESSAGE name=/queue/q id=\"7\" subscription=1 a");
    decode_piped(d.stack, decode_items(d.stack), &line);
    assert_int_equal(line.len, 3);
    assert_memory_equal(buf_data(&line), "a\0b", 3);
    buf_clear(&line);
    decoding_close(&d);
}

static void frames_are_joined_and_split_at_any_byte(void **state)
{
    static const char text[] = "MESSAGE\r\ndestination:/a\\nb\r\ndestination:/no\r\n\r\nhi\0\n\n"
                               "MESSAGE\ndestination:/b\ncontent-length:2\n\n\0\0\0\n";
    struct decoding d = {0};

    (void)state;
    open_connected(&d, "stomp", "0,0");
    for (size_t cut = 0; cut < sizeof text - 1; cut++) {
        size_t count;

        decoding_bytes(&d, DIR_IN, OPCODE_TEXT, text, cut);
        count = d.count;
        decoding_bytes(&d, DIR_IN, OPCODE_TEXT, text + cut, sizeof text - 1 - cut);
        for (size_t i = 0; i < d.count; i++)
            assert_true(decode_items(d.stack)[i].role != DECODED_BAD);
        if (cut == 0) {
            assert_int_equal(d.count, 2);
            decoding_shows(&d, 0, "MESSAGE name=/a\nb hi");
        }
        assert_true(count + d.count >= 2 && count + d.count <= 3); /* ends of lines are a beat */
    }
    decoding_close(&d);
}

static void heart_beats_go_both_ways(void **state)
{
    struct decoding d = {0};

    (void)state;
    open_connected(&d, "stomp", "5000,20000");
    decoding_sends(&d, NULL);
    /* the client every 20 s, the server every 10 s */
    assert_int_equal(decode_due(d.stack), 1500 + 18000000);
    d.now_us = decode_due(d.stack);
    decode_tick(d.stack, d.now_us);
    decoding_sends(&d, "\n");
    decoding_shows(&d, 0, "heart-beat");
    assert_int_equal(decode_items(d.stack)[0].role, DECODED_HEARTBEAT);
    d.now_us = decode_due(d.stack);
    decode_tick(d.stack, d.now_us);
    decoding_sends(&d, NULL);
    d.now_us += 5000000;
    decoding_is(&d, DIR_IN, "\n", "heart-beat");
    assert_string_equal(decode_finding(d.stack, 0),
                        "the server sent nothing for 25.0 s, but at most 20.0 s are allowed");
    decoding_close(&d);
}

static void malformed_frames_are_shown_and_the_next_is_read(void **state)
{
    static const struct {
        const char *text, *shows;
    } cases[] = {
        {"hello", "malformed !not STOMP: it begins with \"hello\", which is not a command"},
        {"HELLO\n\n", "malformed !not STOMP: \"HELLO\" is not a command"},
        {"MESSAGE\nno colon\n\n",
         "malformed !not STOMP: the header line \"no colon\" has no colon"},
        {"MESSAGE\na:b", "malformed !not STOMP: no empty line follows the headers of MESSAGE"},
        {"MESSAGE\na:\\t\n\n",
         "malformed !not STOMP: the header value \"\\t\" has an escape that does not exist"},
        {"MESSAGE\ncontent-length:x\n\n", "malformed !not STOMP: content-length is \"x\""},
        {"MESSAGE\ncontent-length:1\n\nab",
         "malformed !not STOMP: no NUL follows the 1 bytes of content-length"},
    };
    struct decoding d = {0};

    (void)state;
    open_connected(&d, "stomp", "0,0");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        decoding_bytes(&d, DIR_IN, OPCODE_TEXT, cases[i].text, strlen(cases[i].text) + 1);
        assert_int_equal(d.count, 1);
        decoding_shows(&d, 0, cases[i].shows);
        IN("RECEIPT\nreceipt-id:9\n\n\0");
        decoding_shows(&d, 0, "RECEIPT re=\"9\"");
    }
    decoding_close(&d);
}

static void a_refused_login_and_a_missing_nul_are_findings(void **state)
{
    struct decoding d = {0};

    (void)state;
    decoding_open(&d, "stomp", true, "/ws", "");
    decoding_sends(&d, CONNECT);
    IN("ERROR\nmessage:Bad CONNECT\n\nAccess refused\0");
    decoding_shows(&d, 0, "ERROR name=Bad CONNECT Access refused");
    assert_int_equal(decode_items(d.stack)[0].role, DECODED_ERROR);
    assert_true(strstr(decode_finding(d.stack, 0), "--login") != NULL);
    decoding_close(&d);

    d.stack = NULL;
    decoding_open(&d, "auto", true, "/ws", "v12.stomp");
    OUT("CONNECT\naccept-version:1.2\n\n");
    assert_int_equal(d.count, 0);
    assert_true(strstr(decode_finding(d.stack, 0), "--eol nul") != NULL);
    decoding_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stomp_is_recognised_by_subprotocol_or_first_frame),
        cmocka_unit_test(login_is_sent_and_not_shown),
        cmocka_unit_test(typed_lines_are_frames_and_receipts_answer_them),
        cmocka_unit_test(a_pipe_has_bodies),
        cmocka_unit_test(frames_are_joined_and_split_at_any_byte),
        cmocka_unit_test(heart_beats_go_both_ways),
        cmocka_unit_test(malformed_frames_are_shown_and_the_next_is_read),
        cmocka_unit_test(a_refused_login_and_a_missing_nul_are_findings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

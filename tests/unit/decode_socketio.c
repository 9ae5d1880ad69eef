#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "decoding.h"

#define OPEN_4 \
    "0{\"sid\":\"s1\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":20000,\"maxPayload\":1000000}"
#define OPEN "0{\"sid\":\"s1\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":5000}"

/* The last item of a message. */
static void gives(struct decoding *d, enum event_dir dir, const char *message, const char *expected)
{
    decoding_text(d, dir, message);
    assert_true(d->count > 0);
    decoding_shows(d, d->count - 1, expected);
}

static void gives_bytes(struct decoding *d, enum event_dir dir, const char *bytes, size_t n,
                        const char *expected)
{
    decoding_bytes(d, dir, OPCODE_BINARY, bytes, n);
    assert_true(d->count > 0);
    decoding_shows(d, d->count - 1, expected);
}

/* The next message to be sent has these bytes. */
static void sends_bytes(struct decoding *d, const char *bytes, size_t n)
{
    struct decode_message m;

    assert_true(decode_fetch(d->stack, &m));
    assert_int_equal(m.opcode, OPCODE_BINARY);
    assert_int_equal(m.data.len, n);
    assert_memory_equal(m.data.data, bytes, n);
    decoding_bytes(d, DIR_OUT, OPCODE_BINARY, bytes, n);
}

/* Connected to "/" of a Socket.IO 4 server, one second after the start. */
static void connect_4(struct decoding *d, const char *as)
{
    d->now_us = 1000000;
    decoding_open(d, as, true, "/socket.io/?EIO=4&transport=websocket", "");
    decoding_text(d, DIR_IN, OPEN_4);
    decoding_sends(d, "40");
    d->now_us += 2000;
    gives(d, DIR_IN, "40{\"sid\":\"a\"}", "connect {\"sid\":\"a\"}");
}

static void finds(struct decoding *d, unsigned index, const char *expected)
{
    const char *finding = decode_finding(d->stack, index);

    if (!expected) {
        assert_null(finding);
        return;
    }
    assert_non_null(finding);
    assert_string_equal(finding, expected);
}

static void is_target(const char *as, const char *target, const char *expected)
{
    struct decode_spec spec = {0};
    char text[128];
    struct buf out;
    struct err e;

    snprintf(text, sizeof text, "%s", as);
    buf_init(&out, SIZE_MAX);
    assert_int_equal(decode_spec_parse(&spec, text, &e), 0);
    assert_int_equal(decode_target(&spec, slice_str(target), &out), expected != NULL);
    buf_append(&out, "", 1);
    assert_string_equal((const char *)buf_data(&out), expected ? expected : "");
    buf_clear(&out);
}

static void the_target_becomes_that_of_a_server(void **state)
{
    (void)state;
    is_target("socket.io", "/", "/socket.io/?EIO=4&transport=polling");
    is_target("socket.io", "/?token=1", "/socket.io/?token=1&EIO=4&transport=polling");
    is_target("socket.io,version=2", "/", "/socket.io/?EIO=3&transport=polling");
    is_target("socket.io,path=/ws", "/", "/ws/?EIO=4&transport=polling");
    is_target("socket.io,path=/ws", "/app/?EIO=3", "/app/?EIO=3&transport=polling");
    is_target("socket.io", "/a/?EIO=4&transport=polling", NULL);
    is_target("socket.io,transport=websocket", "/", "/socket.io/?EIO=4&transport=websocket");
    is_target("engine.io", "/", "/engine.io/?EIO=4&transport=polling");
    is_target("engine.io,version=3", "/?xEIO=1", "/engine.io/?xEIO=1&EIO=3&transport=polling");
}

static void keys_are_checked(void **state)
{
    static const char *const bad[][2] = {
        {"socket.io,version=5", "--as socket.io: the version is auto, 2, 3 or 4, not '5'"},
        {"engine.io,version=2", "--as engine.io: the version is auto, 3 or 4, not '2'"},
        {"socket.io,transport=sse",
         "--as socket.io: the transport is upgrade, websocket or polling, not 'sse'"},
        {"socket.io,parser=cbor", "--as socket.io: the parser is json or msgpack, not 'cbor'"},
        {"socket.io,nsp=admin", "--as socket.io: a namespace begins with '/', unlike 'admin'"},
        {"socket.io,path=ws", "--as socket.io: the path 'ws' must begin with '/'"},
    };
    struct decode_spec spec = {0};
    char text[128];
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(text, sizeof text, "%s", bad[i][0]);
        assert_int_equal(decode_spec_parse(&spec, text, &e), -1);
        assert_string_equal(e.text, bad[i][1]);
    }
}

static void a_plain_feed_is_not_taken_for_it(void **state)
{
    struct decoding d = {0};

    (void)state;
    decoding_open(&d, "auto", true, "/feed?EIO=4", "");
    decoding_text(&d, DIR_IN, "42[\"chat\",1]");
    decoding_text(&d, DIR_IN, "0{\"sid\":1}");
    decoding_text(&d, DIR_OUT, OPEN_4);
    decoding_text(&d, DIR_IN, "2");
    assert_null(decode_name(d.stack));
    decoding_close(&d);
}

static void it_is_recognised_by_its_open_packet_and_only_displayed(void **state)
{
    struct decoding d = {0};

    (void)state;
    decoding_open(&d, "auto", true, "/", "");
    gives(
        &d, DIR_IN, OPEN_4,
        "open "
        "{\"sid\":\"s1\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":20000,\"maxPayload\":1000000}");
    assert_string_equal(decode_name(d.stack), "engine.io+socket.io");
    decoding_sends(&d, NULL);
    gives(&d, DIR_OUT, "40/admin,{\"token\":\"secret\"}", "connect nsp=/admin auth=given");
    gives(&d, DIR_IN, "42/admin,[\"chat\",{\"x\":1},\"hi\"]",
          "event name=chat nsp=/admin [{\"x\":1},\"hi\"]");
    gives(&d, DIR_IN, "2", "ping");
    decoding_sends(&d, NULL);
    gives(&d, DIR_IN, "hello",
          "malformed !not Engine.IO: a packet begins with a digit from 0 to 6");
    decoding_close(&d);
}

static void engine_io_below_another_protocol_is_shown_as_it_is(void **state)
{
    struct decoding d = {0};

    (void)state;
    decoding_open(&d, "auto", true, "/x/?EIO=4", "");
    decoding_text(&d, DIR_IN, OPEN_4);
    gives(&d, DIR_IN, "4hello", "message hello");
    decoding_close(&d);
    decoding_open(&d, "auto", true, "/engine.io/?EIO=4", "");
    decoding_text(&d, DIR_IN, OPEN_4);
    assert_string_equal(decode_name(d.stack), "engine.io");
    gives(&d, DIR_IN, "42[\"a\"]", "message 2[\"a\"]");
    decoding_close(&d);
}

static void events_and_acks_go_both_ways(void **state)
{
    struct decoding d = {0};

    (void)state;
    connect_4(&d, "socket.io");
    assert_true(decode_is_ready(d.stack));
    decoding_enters(&d, DECODE_TYPED, "chat \"hi you\" {\"a\": 1} word");
    decoding_sends(&d, "42[\"chat\",\"hi you\",{\"a\": 1},\"word\"]");
    decoding_enters(&d, DECODE_TYPED, "ask! 1");
    decoding_sends(&d, "420[\"ask\",1]");
    decoding_shows(&d, 1, "event name=ask id=0 [1]");
    decoding_enters(&d, DECODE_TYPED, "\"my event\"!");
    decoding_sends(&d, "421[\"my event\"]");
    d.now_us += 4100;
    gives(&d, DIR_IN, "430[true]", "ack re=0 [true]");
    assert_int_equal(decode_items(d.stack)[d.count - 1].us, 4100);
    gives(&d, DIR_IN, "430012[]", "ack re=12 []");
    gives(&d, DIR_IN, "427[\"question\",\"x\"]", "event name=question id=7 [\"x\"]");
    decoding_enters(&d, DECODE_TYPED, "/ack 7 {\"ok\":true}");
    finds(&d, 1, "1 answer matched no request");
    decoding_sends(&d, "437[{\"ok\":true}]");
    decoding_refuses(&d, DECODE_TYPED, "/ack 7", "no event with the id 7 waits for an ack");
    decoding_refuses(&d, DECODE_TYPED, "/ack x", "usage: /ack ID ARG..., such as /ack 3 \"ok\"");
    decoding_refuses(&d, DECODE_TYPED, "/who",
                     "Socket.IO has /join, /leave and /ack, but not '/who'");
    decoding_close(&d);
}

static void lines_of_a_pipe_are_json(void **state)
{
    struct decoding d = {0};
    struct buf line;

    (void)state;
    buf_init(&line, SIZE_MAX);
    connect_4(&d, "socket.io");
    decoding_enters(&d, DECODE_PIPED, "[\"chat\",1]");
    decoding_sends(&d, "42[\"chat\",1]");
    decoding_enters(&d, DECODE_PIPED, "{\"event\":\"a\",\"args\":[1,2],\"ack\":true}");
    decoding_sends(&d, "420[\"a\",1,2]");
    decoding_enters(&d, DECODE_PIPED, "{\"event\":\"a\"}");
    decoding_sends(&d, "42[\"a\"]");
    decoding_refuses(&d, DECODE_PIPED, "[1]",
                     "a JSON array must begin with the name of the event, as in [\"chat\",1]");
    decoding_refuses(&d, DECODE_PIPED, "{\"event\":\"a\",\"nsp\":\"/x\"}",
                     "the namespace /x is not connected");
    decoding_text(&d, DIR_IN, "42[\"chat\",1,\"x\"]");
    assert_int_equal(decode_piped(d.stack, &decode_items(d.stack)[0], &line), 0);
    assert_int_equal(decode_piped(d.stack, &decode_items(d.stack)[1], &line), 1);
    decoding_text(&d, DIR_IN, "42[\"none\"]");
    decode_piped(d.stack, &decode_items(d.stack)[1], &line);
    decoding_text(&d, DIR_IN, "430[1]");
    decode_piped(d.stack, &decode_items(d.stack)[1], &line);
    buf_append(&line, "", 1);
    assert_string_equal((const char *)buf_data(&line), "[\"chat\",1,\"x\"][\"none\"]{\"ack\":[1]}");
    buf_clear(&line);
    decoding_close(&d);
}

static void attachments_go_both_ways(void **state)
{
    struct decoding d = {0};

    (void)state;
    connect_4(&d, "socket.io");
    decoding_text(
        &d, DIR_IN,
        "452-[\"img\",{\"_placeholder\":true,\"num\":1},{\"a\":{\"_placeholder\":true,\"num\":0}}]");
    decoding_shows(&d, 1, "binary");
    gives_bytes(&d, DIR_IN, "\x01\x02", 2, "attachment");
    gives_bytes(&d, DIR_IN, "\xff", 1,
                "event name=img [{\"base64\":\"/w==\"},{\"a\":{\"base64\":\"AQI=\"}}]");
    decoding_enters(&d, DECODE_TYPED, "up! hex:0102 \"x\" {\"base64\":\"/w==\"}");
    decoding_sends(&d, "452-0[\"up\",{\"_placeholder\":true,\"num\":0},\"x\","
                       "{\"_placeholder\":true,\"num\":1}]");
    sends_bytes(&d, "\x01\x02", 2);
    sends_bytes(&d, "\xff", 1);
    decoding_shows(&d, d.count - 1,
                   "event name=up id=0 [{\"base64\":\"AQI=\"},\"x\",{\"base64\":\"/w==\"}]");
    gives(&d, DIR_IN, "461-0[{\"_placeholder\":true,\"num\":0}]", "binary");
    gives_bytes(&d, DIR_IN, "", 0, "ack re=0 [{\"base64\":\"\"}]");
    assert_true(decode_items(d.stack)[d.count - 1].has_us);
    decoding_close(&d);
}

static void attachments_are_used_once_and_may_be_missing(void **state)
{
    struct decoding d = {0};

    (void)state;
    connect_4(&d, "socket.io");
    decoding_text(&d, DIR_IN,
                  "451-[\"a\",{\"_placeholder\":true,\"num\":0},"
                  "{\"_placeholder\":true,\"num\":0}]");
    gives_bytes(&d, DIR_IN, "\x01", 1,
                "event name=a [{\"base64\":\"AQ==\"},{\"_placeholder\":true,\"num\":0}]");
    decoding_text(&d, DIR_IN, "451-[\"a\",{\"_placeholder\":true,\"num\":0}]");
    decoding_text(&d, DIR_IN, "42[\"b\"]");
    assert_int_equal(d.count, 3);
    decoding_shows(&d, 1, "malformed !not Socket.IO: 1 of 1 attachments are missing");
    decoding_shows(&d, 2, "event name=b []");
    gives_bytes(&d, DIR_IN, "\x01", 1,
                "malformed !not Socket.IO: a binary message that no packet announced");
    decoding_close(&d);
}

static void namespaces_share_a_connection(void **state)
{
    struct decoding d = {.now_us = 1};

    (void)state;
    d.spec.credentials = "{\"token\":\"t\"}";
    decoding_open(&d, "socket.io,nsp=/a,nsp=/b", true, "/", "");
    decoding_text(&d, DIR_IN, OPEN_4);
    decoding_sends(&d, "40/a,{\"token\":\"t\"}");
    decoding_sends(&d, "40/b,{\"token\":\"t\"}");
    decoding_sends(&d, NULL);
    gives(&d, DIR_IN, "40/b,{\"sid\":\"x\"}", "connect nsp=/b {\"sid\":\"x\"}");
    assert_false(decode_is_ready(d.stack));
    gives(&d, DIR_IN, "44/a,{\"message\":\"no\"}", "connect_error nsp=/a {\"message\":\"no\"}");
    assert_null(decode_ended(d.stack));
    finds(&d, 0, "the server refused the namespace /a: {\"message\":\"no\"}");
    decoding_enters(&d, DECODE_TYPED, "/join /c");
    decoding_sends(&d, "40/c,{\"token\":\"t\"}");
    gives(&d, DIR_IN, "40/c,{\"sid\":\"y\"}", "connect nsp=/c {\"sid\":\"y\"}");
    decoding_enters(&d, DECODE_TYPED, "/leave /c");
    decoding_sends(&d, "41/c,");
    gives(&d, DIR_IN, "42/b,3[\"e\"]", "event name=e id=3 nsp=/b []");
    decoding_enters(&d, DECODE_TYPED, "/ack 3");
    decoding_sends(&d, "43/b,3[]");
    decoding_enters(&d, DECODE_PIPED, "{\"event\":\"e\",\"nsp\":\"/b\"}");
    decoding_sends(&d, "42/b,[\"e\"]");
    decode_leave(d.stack, d.now_us);
    decoding_sends(&d, "41/b,");
    decoding_sends(&d, NULL);
    decoding_close(&d);
}

static void the_server_can_end_it(void **state)
{
    struct decoding d = {0};

    (void)state;
    connect_4(&d, "socket.io");
    gives(&d, DIR_IN, "41", "disconnect");
    assert_non_null(decode_ended(d.stack));
    assert_int_equal(decode_ended(d.stack)->code, EXIT_PEER_ERROR);
    assert_false(decode_ended(d.stack)->again);
    assert_string_equal(decode_ended(d.stack)->text,
                        "the server disconnected / (packet 41, \"io server disconnect\")");
    finds(&d, 0, NULL);
    decoding_close(&d);
    d = (struct decoding){.now_us = 1};
    decoding_open(&d, "socket.io", true, "/", "");
    decoding_text(&d, DIR_IN, OPEN_4);
    decoding_sends(&d, "40");
    gives(&d, DIR_IN, "44{\"message\":\"auth\"}", "connect_error {\"message\":\"auth\"}");
    assert_int_equal(decode_ended(d.stack)->code, EXIT_UPGRADE);
    assert_string_equal(decode_ended(d.stack)->text,
                        "the server refused the namespace /: {\"message\":\"auth\"}");
    decoding_close(&d);
}

static void version_2_connects_unasked(void **state)
{
    struct decoding d = {.now_us = 1};

    (void)state;
    d.spec.credentials = "{\"t\":1}";
    decoding_open(&d, "socket.io,nsp=/a", true, "/socket.io/?EIO=4&transport=websocket", "");
    decoding_text(&d, DIR_IN, OPEN);
    decoding_sends(&d, NULL);
    assert_int_equal(decode_due(d.stack), 300001);
    gives(&d, DIR_IN, "40", "connect");
    decoding_sends(&d, "40/a,");
    decoding_sends(&d, NULL);
    gives(&d, DIR_IN, "40/a,", "connect nsp=/a");
    assert_true(decode_is_ready(d.stack));
    finds(&d, 0,
          "--auth was not sent: Socket.IO 2 has no packet for it; put the values in the query "
          "of the URL or of the namespace");
    decoding_text(&d, DIR_IN, "451-/a,[\"b\",{\"_placeholder\":true,\"num\":0}]");
    gives_bytes(&d, DIR_IN, "\x04\x01\x02", 3, "event name=b nsp=/a [{\"base64\":\"AQI=\"}]");
    decoding_enters(&d, DECODE_TYPED, "up hex:07");
    decoding_sends(&d, "451-/a,[\"up\",{\"_placeholder\":true,\"num\":0}]");
    sends_bytes(&d, "\x04\x07", 2);
    gives(&d, DIR_IN, "44/a,\"gone\"", "connect_error nsp=/a \"gone\"");
    decoding_close(&d);
}

static void version_3_is_asked_after_a_moment(void **state)
{
    struct decoding d = {.now_us = 1};

    (void)state;
    decoding_open(&d, "socket.io", true, "/socket.io/?EIO=4&transport=websocket", "");
    decoding_text(&d, DIR_IN, OPEN);
    decoding_sends(&d, NULL);
    d.now_us = 300001;
    decode_tick(d.stack, d.now_us);
    decoding_sends(&d, "40");
    gives(&d, DIR_IN, "40{\"sid\":\"a\"}", "connect {\"sid\":\"a\"}");
    decoding_close(&d);
    d = (struct decoding){.now_us = 1};
    decoding_open(&d, "socket.io,version=3", true, "/socket.io/?EIO=4&transport=websocket", "");
    decoding_text(&d, DIR_IN, OPEN);
    decoding_sends(&d, "40");
    gives(&d, DIR_IN, "40", "connect");
    finds(&d, 0,
          "the server is Socket.IO 2 (packet 40 without a sid), but the client asked for EIO=4: "
          "clients of 3 and 4 do not work with it; use version=2");
    decoding_close(&d);
}

static void state_is_recovered_with_pid_and_offset(void **state)
{
    struct decoding d = {.now_us = 1};

    (void)state;
    d.spec.credentials = "{\"t\":1}";
    decoding_open(&d, "socket.io", true, "/", "");
    decoding_text(&d, DIR_IN, OPEN_4);
    decoding_sends(&d, "40{\"t\":1}");
    gives(&d, DIR_IN, "40{\"sid\":\"a\",\"pid\":\"p\"}", "connect {\"sid\":\"a\",\"pid\":\"p\"}");
    gives(&d, DIR_IN, "42[\"e\",1,\"PhzFNxs\"]", "event name=e offset=PhzFNxs [1]");
    gives(&d, DIR_IN, "42[\"e\",\"PhzFNxt\"]", "event name=e offset=PhzFNxt []");
    gives(&d, DIR_IN, "420[\"e\",\"x\"]", "event name=e id=0 [\"x\"]");
    gives(&d, DIR_IN, "42[\"e\",\"1700000000000-0\"]", "event name=e offset=1700000000000-0 []");
    decoding_open(&d, "socket.io", true, "/", "");
    decoding_text(&d, DIR_IN, OPEN_4);
    decoding_sends(&d, "40{\"pid\":\"p\",\"offset\":\"1700000000000-0\",\"t\":1}");
    decoding_shows(&d, 1, "connect offset=1700000000000-0 recover=given");
    gives(&d, DIR_IN, "40{\"sid\":\"b\",\"pid\":\"p\"}",
          "connect recovered=yes {\"sid\":\"b\",\"pid\":\"p\"}");
    finds(&d, 0, NULL);
    decoding_close(&d);
}

static void why_state_is_not_recovered_is_found(void **state)
{
    static const char *const cases[][3] = {
        {NULL, "40{\"sid\":\"b\",\"pid\":\"q\"}",
         "the state of / was not recovered: no event with an offset had been received, so none could "
         "be sent"},
        {"42[\"e\",\"PhzFNxs\"]", "40{\"sid\":\"b\"}",
         "the state of / was not recovered: the server, or this node of it, does not offer recovery "
         "(no pid in its answer): connectionStateRecovery enables it"},
        {"42[\"e\",\"hello, world\"]", "40{\"sid\":\"b\",\"pid\":\"q\"}",
         "the state of / was not recovered: the offset that was sent is an argument of the "
         "application, not an offset"},
        {"42[\"e\",\"PhzFNxs\"]", "40{\"sid\":\"b\",\"pid\":\"q\"}",
         "the state of / was not recovered: it had expired or the offset was purged "
         "(maxDisconnectionDuration), or another node answered"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decoding d = {.now_us = 1};
        struct decode_message m;

        decoding_open(&d, "socket.io", true, "/", "");
        decoding_text(&d, DIR_IN, OPEN_4);
        decoding_sends(&d, "40");
        decoding_text(&d, DIR_IN, "40{\"sid\":\"a\",\"pid\":\"p\"}");
        if (cases[i][0])
            decoding_text(&d, DIR_IN, cases[i][0]);
        decoding_open(&d, "socket.io", true, "/", "");
        decoding_text(&d, DIR_IN, OPEN_4);
        assert_true(decode_fetch(d.stack, &m));
        decoding_text(&d, DIR_IN, cases[i][1]);
        finds(&d, 0, cases[i][2]);
        decoding_close(&d);
    }
}

static void messages_may_be_messagepack(void **state)
{
    static const char connect[] = "\x82\xa4type\x00\xa3nsp\xa1/";
    static const char connected[] = "\x83\xa4type\x00\xa4"
                                    "data\x82\xa3sid\xa1x\xa3pid\xd4\x00\x00\xa3nsp\xa1/";
    static const char question[] = "\x84\xa4type\x02\xa3nsp\xa1/\xa4"
                                   "data\x93\xa1"
                                   "e\x01\xc4\x01\xff\xa2id\x05";
    static const char answer[] = "\x84\xa4type\x03\xa3nsp\xa1/\xa4"
                                 "data\x91\xc4\x01\x07\xa2id\x05";
    struct decoding d = {.now_us = 1};

    (void)state;
    decoding_open(&d, "socket.io,parser=msgpack", true, "/", "");
    decoding_text(&d, DIR_IN, OPEN_4);
    sends_bytes(&d, connect, sizeof connect - 1);
    gives_bytes(&d, DIR_IN, connected, sizeof connected - 1,
                "connect {\"sid\":\"x\",\"pid\":null}");
    assert_true(decode_is_ready(d.stack));
    gives_bytes(&d, DIR_IN, question, sizeof question - 1,
                "event name=e id=5 [1,{\"base64\":\"/w==\"}]");
    decoding_enters(&d, DECODE_TYPED, "/ack 5 hex:07");
    sends_bytes(&d, answer, sizeof answer - 1);
    decoding_shows(&d, d.count - 1, "ack re=5 [{\"base64\":\"Bw==\"}]");
    gives(&d, DIR_IN, "42[\"a\"]", "event name=a []");
    finds(&d, 0, "the server uses the JSON parser: leave out parser=msgpack");
    decoding_close(&d);
}

static void acks_are_sent_by_themselves(void **state)
{
    struct decoding d = {0};

    (void)state;
    connect_4(&d, "socket.io");
    d.spec.auto_ack = "[1,2]";
    decoding_text(&d, DIR_IN, "427[\"q\"]");
    decoding_sends(&d, "437[1,2]");
    d.spec.auto_ack = "{\"ok\":1}";
    decoding_text(&d, DIR_IN, "428[\"q\"]");
    decoding_sends(&d, "438[{\"ok\":1}]");
    finds(&d, 0, NULL);
    decoding_close(&d);
}

static void what_is_owed_is_found(void **state)
{
    struct decoding d = {0};

    (void)state;
    connect_4(&d, "socket.io");
    decoding_enters(&d, DECODE_TYPED, "ask!");
    decoding_sends(&d, "420[\"ask\"]");
    decoding_text(&d, DIR_IN, "427[\"q\"]");
    finds(&d, 0, "1 request had no answer: ask (id 0)");
    finds(&d, 1,
          "the server waits for the ack of 1 event, first q (id 7): /ack 7 or --auto-ack sends "
          "one");
    finds(&d, 2, NULL);
    decoding_close(&d);
    decoding_open(&d, "auto", false, "/", "");
    decoding_text(&d, DIR_IN, OPEN_4);
    d.now_us += 25000000;
    decoding_text(&d, DIR_IN, "2");
    finds(&d, 0,
          "no CONNECT packet (packet 40) was sent: the server closes such a connection after "
          "connectTimeout, 45 s by default");
    decoding_close(&d);
}

static void malformed_packets_are_shown_as_such(void **state)
{
    static const char *const cases[][2] = {
        {"", "not Engine.IO: an empty packet"},
        {"x", "not Engine.IO: a packet begins with a digit from 0 to 6"},
        {"0{", "not Engine.IO: the open packet has no JSON object"},
        {"4", "not Socket.IO: a packet begins with a digit from 0 to 6"},
        {"47", "not Socket.IO: a packet begins with a digit from 0 to 6"},
        {"42", "not Socket.IO: the data of an event is not an array"},
        {"42{}", "not Socket.IO: the data of an event is not an array"},
        {"42[1", "not Socket.IO: its data is not JSON"},
        {"42[]", "not Socket.IO: an event has no name"},
        {"42[1]", "not Socket.IO: an event has no name"},
        {"43[1]", "not Socket.IO: an ack has no id"},
        {"4312345678901234567[1]", "not Socket.IO: its ack id is too long"},
        {"45[\"a\"]",
         "not Socket.IO: a binary packet begins with the number of its attachments and '-'"},
        {"459999-[\"a\"]",
         "not Socket.IO: a binary packet begins with the number of its attachments and '-'"},
        {"40[]", "not Socket.IO: the data of a CONNECT is not an object"},
        {"44", "not Socket.IO: an error has no data"},
    };
    struct decoding d = {0};
    char expected[200];

    (void)state;
    connect_4(&d, "socket.io");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(expected, sizeof expected, "malformed !%s", cases[i][1]);
        gives(&d, DIR_IN, cases[i][0], expected);
    }
    decoding_close(&d);
}

static void pings_of_the_server_are_answered(void **state)
{
    struct decoding d = {0};

    (void)state;
    connect_4(&d, "socket.io");
    d.now_us = 26000000;
    decoding_text(&d, DIR_IN, "2");
    decoding_sends(&d, "3");
    assert_int_equal(decode_due(d.stack), 71000000);
    finds(&d, 0, NULL);
    d.now_us = 71000000;
    decode_tick(d.stack, d.now_us);
    assert_string_equal(decode_ended(d.stack)->text,
                        "the server sent no ping (packet 2) for 45.0 s");
    assert_true(decode_ended(d.stack)->again);
    decoding_close(&d);
}

static void the_query_of_a_namespace_is_of_its_connect_alone(void **state)
{
    struct decoding d = {.now_us = 1};

    (void)state;
    decoding_open(&d, "socket.io,version=2,nsp=/a?t=1", true, "/socket.io/?EIO=3", "");
    decoding_text(&d, DIR_IN, OPEN);
    gives(&d, DIR_IN, "40", "connect");
    decoding_sends(&d, "40/a?t=1,");
    decoding_sends(&d, NULL);
    assert_false(decode_is_ready(d.stack));
    gives(&d, DIR_IN, "40/a,", "connect nsp=/a");
    assert_true(decode_is_ready(d.stack));
    decoding_enters(&d, DECODE_TYPED, "up 1");
    decoding_sends(&d, "42/a,[\"up\",1]");
    decoding_close(&d);
}

static void a_server_that_offers_no_recovery_is_a_finding(void **state)
{
    struct decoding d = {0};

    (void)state;
    connect_4(&d, "socket.io");
    finds(&d, 0, NULL);
    connect_4(&d, "socket.io");
    finds(
        &d, 0,
        "the state of / was not recovered: the server, or this node of it, does not offer recovery "
        "(no pid in its answer): connectionStateRecovery enables it");
    decoding_close(&d);
}

static void a_connection_that_the_server_ends_before_a_connect_is_a_finding(void **state)
{
    struct decoding d = {.now_us = 1};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        decoding_open(&d, "auto", true, "/socket.io/?EIO=4", "");
        decoding_text(&d, DIR_IN, OPEN_4);
        decode_closed(d.stack, i ? 1005 : 0, 2000000);
        finds(
            &d, 0,
            i ? "no CONNECT packet (packet 40) was sent: the server closes such a connection after "
                "connectTimeout, 45 s by default"
              : NULL);
    }
    decoding_close(&d);
}

static void we_ping_servers_of_version_2(void **state)
{
    struct decoding d = {.now_us = 1};

    (void)state;
    decoding_open(&d, "socket.io,version=2", true, "/socket.io/?EIO=3", "");
    decoding_text(&d, DIR_IN, OPEN);
    decoding_text(&d, DIR_IN, "40");
    assert_int_equal(decode_due(d.stack), 25000001);
    d.now_us = 25000001;
    decode_tick(d.stack, d.now_us);
    decoding_sends(&d, "2");
    decoding_text(&d, DIR_IN, "3");
    assert_int_equal(decode_due(d.stack), 50000001);
    d.now_us = 50000001;
    decode_tick(d.stack, d.now_us);
    decoding_sends(&d, "2");
    d.now_us = 55000001;
    decode_tick(d.stack, d.now_us);
    assert_string_equal(decode_ended(d.stack)->text,
                        "the server did not answer a ping (packet 2) for 5.0 s");
    decoding_close(&d);
}

static void late_and_misdirected_heartbeats_are_found(void **state)
{
    struct decoding d = {.now_us = 1};

    (void)state;
    decoding_open(&d, "auto", false, "/socket.io/?EIO=4", "");
    decoding_text(&d, DIR_IN, OPEN_4);
    decoding_text(&d, DIR_OUT, "40");
    d.now_us += 50000000;
    decoding_text(&d, DIR_IN, "2");
    d.now_us += 21000000;
    decoding_text(&d, DIR_OUT, "3");
    decoding_text(&d, DIR_OUT, "2");
    finds(
        &d, 0,
        "a ping of the server (packet 2) came after 50.0 s; clients give up after pingInterval + pingTimeout, 45.0 s");
    finds(&d, 1, "the client answered a ping after 21.0 s, more than pingTimeout, 20.0 s");
    finds(
        &d, 2,
        "the client sends pings (packet 2), which is Engine.IO 3; in 4 the server pings, and it closes the connection");
    decoding_close(&d);
}

static void a_message_above_max_payload_is_found(void **state)
{
    struct decoding d = {.now_us = 1};

    (void)state;
    decoding_open(&d, "auto", false, "/socket.io/?EIO=4", "");
    decoding_text(&d, DIR_IN, "0{\"sid\":\"s\",\"pingInterval\":1,\"maxPayload\":10}");
    decoding_text(&d, DIR_OUT, "42[\"abcdef\"]");
    finds(&d, 0,
          "a message of 12 bytes was sent, more than the server's maxPayload of 10: it closes "
          "the connection");
    decoding_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_target_becomes_that_of_a_server),
        cmocka_unit_test(keys_are_checked),
        cmocka_unit_test(a_plain_feed_is_not_taken_for_it),
        cmocka_unit_test(it_is_recognised_by_its_open_packet_and_only_displayed),
        cmocka_unit_test(engine_io_below_another_protocol_is_shown_as_it_is),
        cmocka_unit_test(events_and_acks_go_both_ways),
        cmocka_unit_test(lines_of_a_pipe_are_json),
        cmocka_unit_test(attachments_go_both_ways),
        cmocka_unit_test(attachments_are_used_once_and_may_be_missing),
        cmocka_unit_test(namespaces_share_a_connection),
        cmocka_unit_test(the_server_can_end_it),
        cmocka_unit_test(version_2_connects_unasked),
        cmocka_unit_test(version_3_is_asked_after_a_moment),
        cmocka_unit_test(state_is_recovered_with_pid_and_offset),
        cmocka_unit_test(why_state_is_not_recovered_is_found),
        cmocka_unit_test(messages_may_be_messagepack),
        cmocka_unit_test(acks_are_sent_by_themselves),
        cmocka_unit_test(what_is_owed_is_found),
        cmocka_unit_test(malformed_packets_are_shown_as_such),
        cmocka_unit_test(pings_of_the_server_are_answered),
        cmocka_unit_test(we_ping_servers_of_version_2),
        cmocka_unit_test(the_query_of_a_namespace_is_of_its_connect_alone),
        cmocka_unit_test(a_server_that_offers_no_recovery_is_a_finding),
        cmocka_unit_test(a_connection_that_the_server_ends_before_a_connect_is_a_finding),
        cmocka_unit_test(late_and_misdirected_heartbeats_are_found),
        cmocka_unit_test(a_message_above_max_payload_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

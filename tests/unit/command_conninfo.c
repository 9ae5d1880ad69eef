#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "alloc.h"
#include "command/conninfo.h"
#include "command/reaction.h"

/* --- what a peer makes of a frame ---------------------------------------------------------------
 */

static struct event incoming(enum event_kind kind)
{
    return (struct event){.kind = kind, .dir = DIR_IN};
}

static void reaction_names_the_peers_close(void **state)
{
    struct event ev = incoming(EVENT_CLOSE_FRAME);
    char text[REACTION_TEXT];
    struct reaction r;

    (void)state;
    ev.close_frame = (struct event_close_frame){true, 1002, slice_str("reserved bits")};
    reaction_begin(&r, OPCODE_TEXT, 1000000);
    assert_true(reaction_event(&r, &ev, 1004000, text));
    assert_string_equal(text, "peer closed 1002 in 4 ms: \"reserved bits\" protocol error");
    assert_false(reaction_event(&r, &ev, 1005000, text));
    assert_false(reaction_due(&r, 9000000, text));
}

static void reaction_names_a_close_without_reason_or_code(void **state)
{
    struct event ev = incoming(EVENT_CLOSE_FRAME);
    char text[REACTION_TEXT];
    struct reaction r;

    (void)state;
    ev.close_frame = (struct event_close_frame){.has_code = true, .code = 1000};
    reaction_begin(&r, OPCODE_CLOSE, 0);
    assert_true(reaction_event(&r, &ev, 600, text));
    assert_string_equal(text, "peer closed 1000 in 0.6 ms: normal closure");
    ev.close_frame = (struct event_close_frame){.code = 1005};
    reaction_begin(&r, OPCODE_CLOSE, 0);
    assert_true(reaction_event(&r, &ev, 12600, text));
    assert_string_equal(text, "peer closed without a code in 13 ms");
}

static void reaction_takes_a_pong_for_an_answer_to_a_ping_alone(void **state)
{
    struct event ev = incoming(EVENT_PONG);
    char text[REACTION_TEXT];
    struct reaction r;

    (void)state;
    reaction_begin(&r, OPCODE_TEXT, 0);
    assert_false(reaction_event(&r, &ev, 1000, text));
    reaction_begin(&r, OPCODE_PING, 0);
    assert_true(reaction_event(&r, &ev, 1000, text));
    assert_string_equal(text, "peer answered with pong in 1 ms");
}

static void reaction_names_a_hangup(void **state)
{
    struct event ev = incoming(EVENT_CLOSE);
    char text[REACTION_TEXT];
    struct reaction r;

    (void)state;
    ev.close = (struct event_close){.by = CLOSE_BY_NETWORK, .how = CLOSE_HOW_RST, .got_rst = true};
    reaction_begin(&r, OPCODE_TEXT, 0);
    assert_true(reaction_event(&r, &ev, 2000, text));
    assert_string_equal(text, "peer hung up (RST) without a Close in 2 ms");
}

static void reaction_waits_a_second_and_reports_messages(void **state)
{
    struct event ev = incoming(EVENT_MESSAGE);
    char text[REACTION_TEXT];
    struct reaction r;

    (void)state;
    reaction_begin(&r, OPCODE_TEXT, 5);
    assert_false(reaction_due(&r, 5 + REACTION_US - 1, text));
    assert_true(reaction_due(&r, 5 + REACTION_US, text));
    assert_string_equal(text, "no reaction within 1 s");
    reaction_begin(&r, OPCODE_TEXT, 0);
    assert_false(reaction_event(&r, &ev, 3000, text));
    assert_false(reaction_event(&r, &ev, 9000, text));
    assert_true(reaction_due(&r, REACTION_US, text));
    assert_string_equal(text, "no objection within 1 s; a message came after 3 ms");
}

/* --- what is remembered -------------------------------------------------------------------------
 */

static void conninfo_keeps_heads_of_its_own(void **state)
{
    char name[] = "Server", value[] = "test", raw[] = "HTTP/1.1 101 OK\r\n\r\n";
    struct field field = {slice_str(name), slice_str(value)};
    struct event ev = incoming(EVENT_RESPONSE);
    struct conninfo r;

    (void)state;
    conninfo_init(&r);
    ev.response = (struct event_response){
        .status = 101, .headers = &field, .header_count = 1, .raw = slice_str(raw), .hint = "gone"};
    conninfo_event(&r, &ev);
    memset(name, 'x', sizeof name - 1);
    memset(value, 'x', sizeof value - 1);
    memset(raw, 'x', sizeof raw - 1);
    assert_true(r.response.there);
    assert_true(slice_is(r.response.ev.response.raw, "HTTP/1.1 101 OK\r\n\r\n"));
    assert_true(slice_is(r.response.ev.response.headers[0].name, "Server"));
    assert_true(slice_is(r.response.ev.response.headers[0].value, "test"));
    assert_string_equal(r.response.ev.response.hint, "");
    conninfo_clear(&r);
}

static void conninfo_survives_want_of_memory(void **state)
{
    struct field field = {slice_str("Server"), slice_str("test")};
    struct event ev = incoming(EVENT_REQUEST);

    (void)state;
    ev.request = (struct event_request){.method = "GET",
                                        .target = slice_str("/"),
                                        .headers = &field,
                                        .header_count = 1,
                                        .raw = slice_str("GET / HTTP/1.1\r\n\r\n")};
    ALLOC_EACH({
        struct conninfo r;

        conninfo_init(&r);
        conninfo_event(&r, &ev);
        assert_true(!r.request.there || slice_is(r.request.ev.request.target, "/"));
        conninfo_clear(&r);
    });
}

static void message(struct conninfo *r, uint64_t at_us, size_t len)
{
    struct event ev = incoming(EVENT_MESSAGE);
    static const uint8_t bytes[1000];

    ev.at_us = at_us;
    ev.message = (struct event_message){
        .type = OPCODE_TEXT, .data = slice_make(bytes, len), .final = true, .total = len};
    conninfo_event(r, &ev);
}

static void conninfo_rate_counts_whole_seconds_that_are_over(void **state)
{
    double messages, bytes;
    struct event open = incoming(EVENT_OPEN);
    struct conninfo r;

    (void)state;
    conninfo_init(&r);
    open.at_us = 100000000;
    open.open = (struct event_open){.url = "ws://x/", .subprotocol = "", .extensions = ""};
    conninfo_event(&r, &open);
    message(&r, 100500000, 10);
    conninfo_rate(&r, DIR_IN, 100900000, &messages, &bytes);
    assert_true(messages == 0);
    message(&r, 101500000, 30);
    conninfo_rate(&r, DIR_IN, 102000000, &messages, &bytes);
    assert_true(messages == 1 && bytes == 20);
    conninfo_rate(&r, DIR_IN, 200000000, &messages, &bytes);
    assert_true(messages == 0 && bytes == 0);
    assert_int_equal(r.flow[DIR_IN].smallest, 10);
    assert_int_equal(r.flow[DIR_IN].largest, 30);
    conninfo_clear(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reaction_names_the_peers_close),
        cmocka_unit_test(reaction_names_a_close_without_reason_or_code),
        cmocka_unit_test(reaction_takes_a_pong_for_an_answer_to_a_ping_alone),
        cmocka_unit_test(reaction_names_a_hangup),
        cmocka_unit_test(reaction_waits_a_second_and_reports_messages),
        cmocka_unit_test(conninfo_keeps_heads_of_its_own),
        cmocka_unit_test(conninfo_survives_want_of_memory),
        cmocka_unit_test(conninfo_rate_counts_whole_seconds_that_are_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

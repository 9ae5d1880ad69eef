/* One end of a WebSocket over a connection whose other end speaks by hand, in both roles. */
#include "peer_kit.h"

#define SHORT UINT64_C(1000) /* waited for */

/* Masked with the first keys of kit_rng: 01 02 03 04, then 05 06 07 08. */
#define MASKED_HI  "\x81\x82\x01\x02\x03\x04\x69\x6B"
#define MASKED_HI2 "\x81\x82\x05\x06\x07\x08\x6D\x6F"

/* --- messages -----------------------------------------------------------------------------------
 */

static void a_client_masks_and_reads_unmasked(void **state)
{
    (void)state;
    peer_kit_start(&kit);
    assert_int_equal(peer_kit_send(&kit, "hi"), 0);
    peer_kit_hear(&kit, BYTES(MASKED_HI));
    peer_kit_say(&kit, BYTES("\x81\x05hello"));
    peer_kit_until(&kit, "message \"hello\"\n");
    assert_int_equal(layer_totals(&kit.top).messages_in, 1);
    assert_int_equal(layer_totals(&kit.top).messages_out, 1);
}

static void a_server_writes_its_handshake_first_and_reads_masked(void **state)
{
    (void)state;
    kit.config.lead = slice_str("HTTP/1.1 101\r\n\r\n");
    peer_kit_start(&kit);
    assert_int_equal(peer_kit_send(&kit, "hi"), 0);
    peer_kit_hear(&kit, BYTES("HTTP/1.1 101\r\n\r\n\x81\x02hi"));
    peer_kit_say(&kit, BYTES(MASKED_HI));
    peer_kit_until(&kit, "message \"hi\"\n");
}

static void what_came_with_the_handshake_goes_up_at_the_start(void **state)
{
    (void)state;
    kit.config.rest = BYTES("\x81\x01"
                            "a\x81\x01"
                            "b\x81\x01");
    peer_kit_start(&kit);
    assert_int_equal(layer_totals(&kit.top).messages_in, 2);
    peer_kit_until(&kit, "message \"a\"\nmessage \"b\"\n");
    peer_kit_say(&kit, BYTES("c"));
    peer_kit_until(&kit, "message \"c\"\n");
}

static void a_batch_is_sent_whole(void **state)
{
    const struct slice messages[] = {BYTES("hi"), BYTES("hi")};
    size_t sent = 9;

    (void)state;
    peer_kit_start(&kit);
    assert_int_equal(layer_send(&kit.top, &(struct outgoing){.kind = OUTGOING_BATCH,
                                                             .opcode = OPCODE_TEXT,
                                                             .messages = messages,
                                                             .count = 2,
                                                             .sent = &sent}),
                     0);
    assert_int_equal(sent, 2);
    peer_kit_hear(&kit, BYTES(MASKED_HI MASKED_HI2));
}

static void a_ping_is_answered_after_its_event(void **state)
{
    (void)state;
    peer_kit_start(&kit);
    peer_kit_say(&kit, BYTES("\x89\x82\x01\x02\x03\x04\x69\x6B"));
    peer_kit_hear(&kit, BYTES("\x8A\x02hi"));
    peer_kit_until(&kit, "ping \"hi\"\nsent pong \"hi\"\n");
}

static void a_ping_that_a_layer_takes_is_not_answered(void **state)
{
    (void)state;
    kit.takes_pings = true;
    peer_kit_start(&kit);
    peer_kit_say(&kit, BYTES("\x89\x82\x01\x02\x03\x04\x69\x6B"));
    peer_kit_until(&kit, "ping \"hi\"\n");
    peer_kit_hear_nothing(&kit);
}

static void no_pong_leaves_pings_unanswered(void **state)
{
    (void)state;
    kit.config.no_pong = true;
    peer_kit_start(&kit);
    peer_kit_say(&kit, BYTES("\x89\x82\x01\x02\x03\x04\x69\x6B"));
    peer_kit_until(&kit, "ping \"hi\"\n");
    peer_kit_hear_nothing(&kit);
}

/* --- the closing handshake ----------------------------------------------------------------------
 */

static void a_client_that_closes_waits_for_the_server_to_hang_up(void **state)
{
    (void)state;
    peer_kit_start(&kit);
    assert_int_equal(peer_kit_send_close(&kit, 1000, "", LONG), 0);
    peer_kit_hear(&kit, BYTES("\x88\x82\x01\x02\x03\x04\x02\xEA"));
    assert_true(peer_close_sent(kit.peer));
    peer_kit_say(&kit, BYTES("\x88\x02\x03\xE8"));
    peer_kit_until(&kit, "close-frame 1000\n");
    peer_kit_hear_nothing(&kit);
    peer_kit_hang_up(&kit);
    peer_kit_until(&kit, "close local close-frame 1000 clean fin\n");
    assert_int_equal(peer_kit_send(&kit, "late"), SEND_CLOSED);
}

static void a_client_answers_a_close_and_waits_for_the_server_to_hang_up(void **state)
{
    (void)state;
    peer_kit_start(&kit);
    peer_kit_say(&kit, BYTES("\x88\x02\x03\xE9"));
    peer_kit_hear(&kit, BYTES("\x88\x82\x01\x02\x03\x04\x02\xEB"));
    peer_kit_hear_nothing(&kit);
    assert_int_equal(peer_kit_send(&kit, "late"), SEND_CLOSED);
    peer_kit_hang_up(&kit);
    peer_kit_until(&kit, "close peer close-frame 1001 clean fin\n");
}

static void a_server_that_closes_hangs_up_first(void **state)
{
    (void)state;
    peer_kit_start(&kit);
    assert_int_equal(peer_kit_send_close(&kit, 1001, "bye", LONG), 0);
    peer_kit_hear(&kit, BYTES("\x88\x05\x03\xE9"
                              "bye"));
    peer_kit_hear_nothing(&kit);
    peer_kit_say(&kit, BYTES("\x88\x82\x01\x02\x03\x04\x02\xEB"));
    peer_kit_hear_end(&kit);
    assert_false(kit.ended);
    peer_kit_hang_up(&kit);
    peer_kit_until(&kit, "close local close-frame 1001 clean fin\n");
}

static void a_server_answers_a_close_and_hangs_up(void **state)
{
    (void)state;
    peer_kit_start(&kit);
    peer_kit_say(&kit, BYTES("\x88\x80\x01\x02\x03\x04"));
    peer_kit_hear(&kit, BYTES("\x88\x00"));
    peer_kit_hear_end(&kit);
    peer_kit_hang_up(&kit);
    peer_kit_until(&kit, "close peer close-frame 1005 clean fin\n");
}

static void who_does_not_hang_up_is_not_waited_for_longer_than_configured(void **state)
{
    (void)state;
    kit.config.close_timeout = SHORT;
    peer_kit_start(&kit);
    peer_kit_say(&kit, BYTES("\x88\x02\x03\xE8"));
    peer_kit_until(&kit, "close peer close-frame 1000 clean\n");
}

static void a_close_that_is_not_answered_times_out(void **state)
{
    (void)state;
    peer_kit_start(&kit);
    assert_int_equal(peer_kit_send_close(&kit, 1000, "", SHORT), 0);
    peer_kit_until(&kit, "close local timeout 1000\n");
}

static void a_second_close_only_shortens_the_wait(void **state)
{
    (void)state;
    peer_kit_start(&kit);
    assert_int_equal(peer_kit_send_close(&kit, 1000, "", LONG), 0);
    peer_kit_hear(&kit, BYTES("\x88\x82\x01\x02\x03\x04\x02\xEA"));
    assert_int_equal(peer_kit_send_close(&kit, 1001, "", SHORT), 0);
    peer_kit_until(&kit, "close local timeout 1000\n");
}

static void an_abort_ends_at_once(void **state)
{
    (void)state;
    peer_kit_start(&kit);
    layer_send(&kit.top, &(struct outgoing){.kind = OUTGOING_ABORT, .how = CLOSE_HOW_PING_TIMEOUT});
    assert_true(kit.ended);
    peer_kit_until(&kit, "close network ping-timeout 1006\n");
    assert_int_equal(peer_kit_send_close(&kit, 1000, "", LONG), SEND_CLOSED);
}

/* --- other ends ---------------------------------------------------------------------------------
 */

static void a_server_fails_unmasked_frames_and_hangs_up(void **state)
{
    (void)state;
    peer_kit_start(&kit);
    peer_kit_say(&kit, BYTES("\x81\x02hi"));
    peer_kit_until(&kit, "violation 1002\n");
    assert_int_equal(peer_kit_send(&kit, "late"), SEND_CLOSED);
    peer_kit_hear(&kit, BYTES("\x88"));
    peer_kit_hear_end(&kit);
    assert_false(kit.ended);
    peer_kit_hang_up(&kit);
    peer_kit_until(&kit, "close local violation 1002 fin\n");
}

static void a_client_that_fails_a_connection_hangs_up_itself(void **state)
{
    (void)state;
    peer_kit_start(&kit);
    peer_kit_say(&kit, BYTES("\x83\x02hi")); /* a reserved opcode */
    peer_kit_until(&kit, "violation 1002\n");
    peer_kit_hear(&kit, BYTES("\x88"));
    peer_kit_hear_end(&kit);
    assert_false(kit.ended);
    peer_kit_hang_up(&kit);
    peer_kit_until(&kit, "close local violation 1002 fin\n");
}

static void the_end_of_the_stream_is_the_peers(void **state)
{
    (void)state;
    peer_kit_start(&kit);
    peer_kit_say(&kit, BYTES("\x81\x05he"));
    peer_kit_hang_up(&kit);
    peer_kit_until(&kit, "close peer fin 1006 fin\n");
}

static void after_a_failed_write_what_came_is_still_read(void **state)
{
    (void)state;
    peer_kit_start(&kit);
    kit.flaky->write_fails = true;
    assert_int_equal(peer_kit_send(&kit, "lost"), 0);
    peer_kit_settle(&kit);
    assert_false(kit.ended);
    peer_kit_say(&kit, BYTES("\x81\x05hello\x88\x02\x03\xE9"));
    peer_kit_hang_up(&kit);
    peer_kit_until(&kit,
                   "message \"hello\"\nclose-frame 1001\nclose peer close-frame 1001 clean fin\n");
}

static void after_a_failed_write_an_end_is_waited_for_a_bounded_time(void **state)
{
    (void)state;
    kit.config.close_timeout = SHORT;
    peer_kit_start(&kit);
    kit.flaky->write_fails = true;
    assert_int_equal(peer_kit_send(&kit, "lost"), 0);
    peer_kit_until(&kit, "close network rst 1006\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLIENT(a_client_masks_and_reads_unmasked),
        SERVER(a_server_writes_its_handshake_first_and_reads_masked),
        CLIENT(what_came_with_the_handshake_goes_up_at_the_start),
        CLIENT(a_batch_is_sent_whole),
        SERVER(a_ping_is_answered_after_its_event),
        SERVER(a_ping_that_a_layer_takes_is_not_answered),
        SERVER(no_pong_leaves_pings_unanswered),
        CLIENT(a_client_that_closes_waits_for_the_server_to_hang_up),
        CLIENT(a_client_answers_a_close_and_waits_for_the_server_to_hang_up),
        SERVER(a_server_that_closes_hangs_up_first),
        SERVER(a_server_answers_a_close_and_hangs_up),
        CLIENT(who_does_not_hang_up_is_not_waited_for_longer_than_configured),
        SERVER(a_close_that_is_not_answered_times_out),
        CLIENT(a_second_close_only_shortens_the_wait),
        CLIENT(an_abort_ends_at_once),
        SERVER(a_server_fails_unmasked_frames_and_hangs_up),
        CLIENT(a_client_that_fails_a_connection_hangs_up_itself),
        CLIENT(the_end_of_the_stream_is_the_peers),
        CLIENT(after_a_failed_write_what_came_is_still_read),
        CLIENT(after_a_failed_write_an_end_is_waited_for_a_bounded_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

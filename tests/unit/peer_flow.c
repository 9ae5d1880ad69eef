/* How a peer holds back what nobody takes, and what it does where memory or chance runs out. */
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "peer_kit.h"

#define MASK "\x01\x02\x03\x04"

/* --- holding back -------------------------------------------------------------------------------
 */

static void a_paused_peer_hands_up_one_message_at_a_time(void **state)
{
    (void)state;
    kit.pauses = true;
    peer_kit_start(&kit);
    peer_kit_say(&kit, BYTES("\x81\x01"
                             "a\x81\x01"
                             "b\x81\x01"
                             "c"));
    for (const char *m = "abc"; *m; m++) {
        char text[32];

        snprintf(text, sizeof text, "message \"%c\"\n", *m);
        peer_kit_until(&kit, text);
        peer_kit_settle(&kit);
        assert_int_equal(kit.log.text.len, 0);
        layer_pause(&kit.top, false);
    }
}

static void a_paused_peer_writes_on(void **state)
{
    (void)state;
    peer_kit_start(&kit);
    layer_pause(&kit.top, true);
    assert_int_equal(peer_kit_send(&kit, "hi"), 0);
    peer_kit_hear(&kit, BYTES("\x81\x82\x01\x02\x03\x04\x69\x6B"));
    peer_kit_say(&kit, BYTES("\x81\x01"
                             "a"));
    peer_kit_settle(&kit);
    assert_int_equal(kit.log.text.len, 0);
    layer_pause(&kit.top, false);
    peer_kit_until(&kit, "message \"a\"\n");
}

/* The other side reads all there is for a while. */
static void read_much(void)
{
    static uint8_t bytes[65536];

    while (read(kit.fd, bytes, sizeof bytes) > 0)
        ;
}

static void send_until_full(void)
{
    static char text[65536];

    memset(text, 'x', sizeof text - 1);
    while (kit.activity.pending < PEER_FULL) {
        assert_int_equal(peer_kit_send(&kit, text), 0);
        uv_run(&kit.loop, UV_RUN_NOWAIT);
    }
}

static void drained_comes_once_what_waited_is_written(void **state)
{
    (void)state;
    peer_kit_start(&kit);
    send_until_full();
    peer_kit_settle(&kit);
    assert_int_equal(kit.drained, 0);
    while (kit.drained == 0) {
        read_much();
        uv_run(&kit.loop, UV_RUN_NOWAIT);
    }
    assert_true(kit.activity.pending < PEER_FULL / 2);
    while (kit.activity.pending > 0) {
        read_much();
        uv_run(&kit.loop, UV_RUN_NOWAIT);
    }
    assert_int_equal(kit.drained, 1);
}

static void a_paced_peer_reads_nothing_while_much_waits(void **state)
{
    (void)state;
    kit.config.paced = true;
    peer_kit_start(&kit);
    send_until_full();
    peer_kit_say(&kit, BYTES("\x81\x81" MASK "\x60"));
    peer_kit_settle(&kit);
    assert_int_equal(layer_totals(&kit.top).messages_in, 0);
    while (kit.log.text.len == 0) {
        read_much();
        uv_run(&kit.loop, UV_RUN_NOWAIT);
    }
    assert_int_equal(kit.drained, 1);
    peer_kit_until(&kit, "message \"a\"\n");
}

static void a_paced_peer_that_closes_reads_the_answer(void **state)
{
    (void)state;
    kit.config.paced = true;
    peer_kit_start(&kit);
    send_until_full();
    peer_kit_say(&kit, BYTES("\x88\x82" MASK "\x02\xEA"));
    peer_kit_settle(&kit);
    assert_int_equal(peer_kit_send_close(&kit, 1000, "", LONG), 0);
    peer_kit_until(&kit, "close-frame 1000\n");
}

/* --- running out --------------------------------------------------------------------------------
 */

static void without_random_numbers_nothing_is_sent(void **state)
{
    (void)state;
    kit.rng.dry = true;
    peer_kit_start(&kit);
    assert_int_equal(peer_kit_send(&kit, "hi"), SEND_FAILED);
    assert_false(kit.ended);
}

static void a_pong_that_can_not_be_made_ends_the_connection_with_an_error(void **state)
{
    (void)state;
    kit.rng.dry = true;
    peer_kit_start(&kit);
    peer_kit_say(&kit, BYTES("\x89\x00"));
    peer_kit_until(&kit, "error out of memory, or no random numbers\nclose local fin 1006\n");
}

static void a_close_that_can_not_be_made_ends_the_connection_with_an_error(void **state)
{
    (void)state;
    kit.rng.dry = true;
    peer_kit_start(&kit);
    assert_int_equal(peer_kit_send_close(&kit, 1000, "", LONG), SEND_FAILED);
    assert_true(kit.ended);
    peer_kit_until(&kit, "error out of memory, or no random numbers\nclose local fin 1006\n");
}

/* A connection's life. True if a failure was told: by peer_new or layer_send, or as an event. */
static bool live(struct slice says)
{
    bool told;

    kit.peer = peer_kit_make(&kit);
    if (!kit.peer)
        return true;
    peer_start(kit.peer);
    told = peer_kit_send(&kit, "hello hello hello hello") == SEND_FAILED;
    peer_kit_say(&kit, says);
    if (!kit.ended)
        told = peer_kit_send_close(&kit, 1000, "", 0) == SEND_FAILED || told;
    while (!kit.ended)
        uv_run(&kit.loop, UV_RUN_ONCE);
    return told || memmem(buf_data(&kit.log.text), kit.log.text.len, "error ", 6) != NULL;
}

/* The n-th allocation fails. False: there are fewer. */
static bool live_without(unsigned long n, enum wsconn_role role, struct slice says,
                         struct slice rest)
{
    bool told, struck;

    peer_kit_open(&kit, role);
    kit.config.conn.deflate = (struct deflate_params){.enabled = true, .level = -1};
    kit.config.lead = slice_str("HTTP/1.1 101\r\n\r\n");
    kit.config.rest = rest;
    assert_non_null(buf_reserve(&kit.log.text, 4096));
    alloc_fail_at(n);
    told = live(says);
    struck = alloc_struck();
    assert_int_equal(told, struck);
    peer_kit_close(&kit);
    return struck;
}

/* "hi" as a server sends it, compressed (RFC 7692, section 7.2.3.1) and not, a ping, a Close. */
static void every_allocation_of_a_client_may_fail(void **state)
{
    const struct slice says =
        BYTES("\xC1\x07\xF2\x48\xCD\xC9\xC9\x07\x00\x89\x01x\x88\x02\x03\xE8");

    (void)state;
    for (unsigned long n = 1; live_without(n, WSCONN_CLIENT, says, BYTES("\x81\x02hi")); n++)
        ;
}

static void every_allocation_of_a_server_may_fail(void **state)
{
    const struct slice rest = BYTES("\x81\x82" MASK "\x69\x6B");
    const struct slice says = BYTES("\x81\x82" MASK "\x69\x6B"
                                    "\x89\x81" MASK "y"
                                    "\x88\x82" MASK "\x02\xEA");

    (void)state;
    for (unsigned long n = 1; live_without(n, WSCONN_SERVER, says, rest); n++)
        ;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLIENT(a_paused_peer_hands_up_one_message_at_a_time),
        CLIENT(a_paused_peer_writes_on),
        SERVER(drained_comes_once_what_waited_is_written),
        SERVER(a_paced_peer_reads_nothing_while_much_waits),
        SERVER(a_paced_peer_that_closes_reads_the_answer),
        CLIENT(without_random_numbers_nothing_is_sent),
        CLIENT(a_pong_that_can_not_be_made_ends_the_connection_with_an_error),
        CLIENT(a_close_that_can_not_be_made_ends_the_connection_with_an_error),
        cmocka_unit_test(every_allocation_of_a_client_may_fail),
        cmocka_unit_test(every_allocation_of_a_server_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

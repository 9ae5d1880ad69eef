#include "proto_wsconn_kit.h"

#include "alloc.h"

static const struct wsconn_config client = {.role = WSCONN_CLIENT};
static const struct wsconn_config server = {.role = WSCONN_SERVER};
static const struct wsconn_config packed_server = {
    .role = WSCONN_SERVER,
    .deflate = {.enabled = true, .level = 9},
};

static struct kit_rng rng_of_test;

static struct wsconn *start(const struct wsconn_config *config)
{
    struct wsconn *c;

    kit_rng_init(&rng_of_test);
    c = wsconn_new(config, &rng_of_test.rng);
    assert_non_null(c);
    return c;
}

/* What waits is these bytes; they are taken. */
static void expect_pending(struct wsconn *c, struct slice expected)
{
    struct slice pending = wsconn_pending(c);

    assert_int_equal(pending.len, expected.len);
    if (expected.len > 0)
        assert_memory_equal(pending.data, expected.data, expected.len);
    wsconn_sent(c, pending.len);
    assert_int_equal(wsconn_pending(c).len, 0);
}

static int send_text(struct wsconn *c, const char *text, bool first, bool final)
{
    return wsconn_send_message(c, OPCODE_TEXT, slice_str(text), first, final, NULL);
}

static void a_client_masks_each_frame_with_a_fresh_key(void **state)
{
    struct wsconn *c = start(&client);
    struct event_frame sent;

    (void)state;
    assert_int_equal(wsconn_send_message(c, OPCODE_TEXT, BYTES("abcde"), true, true, &sent), 0);
    assert_int_equal(sent.opcode, OPCODE_TEXT);
    assert_true(sent.fin && sent.masked && !sent.cut);
    assert_memory_equal(sent.key, "\x01\x02\x03\x04", 4);
    assert_int_equal(sent.length, 5);
    assert_int_equal(sent.wire, 11);
    assert_int_equal(sent.wire_length, 5);
    assert_true(slice_is(sent.payload, "abcde"));
    assert_int_equal(wsconn_send_message(c, OPCODE_BINARY, BYTES("a"), true, true, NULL), 0);
    expect_pending(c, BYTES("\x81\x85\x01\x02\x03\x04\x60\x60\x60\x60\x64"
                            "\x82\x81\x05\x06\x07\x08\x64"));
    wsconn_free(c);
}

static void several_messages_leave_as_each_of_them_would(void **state)
{
    const struct wsconn_config packed = {.deflate.enabled = true};
    const struct wsconn_config *const configs[] = {&client, &server, &packed, &packed_server};
    uint8_t text[200];
    const struct slice messages[] = {{NULL, 0},   {text, 1},   {text, 7},
                                     {text, 125}, {text, 126}, {text, 200}};
    const size_t count = sizeof messages / sizeof messages[0];
    size_t sent;

    (void)state;
    memset(text, 'x', sizeof text);
    for (size_t k = 0; k < 4; k++) {
        struct wsconn *together = start(configs[k]);
        struct wsconn *alone;
        struct buf expected;

        buf_init(&expected, 1 << 20);
        assert_int_equal(wsconn_send_all(together, OPCODE_TEXT, messages, 0, &sent), 0);
        assert_int_equal(sent, 0);
        assert_int_equal(wsconn_send_all(together, OPCODE_TEXT, messages, count, &sent), 0);
        assert_int_equal(sent, count);
        assert_int_equal(wsconn_send_all(together, OPCODE_BINARY, messages, 1, &sent), 0);
        alone = start(configs[k]); /* the same keys again */
        for (size_t i = 0; i < count; i++)
            assert_int_equal(wsconn_send_message(alone, OPCODE_TEXT, messages[i], true, true, NULL),
                             0);
        assert_int_equal(wsconn_send_message(alone, OPCODE_BINARY, messages[0], true, true, NULL),
                         0);
        buf_append(&expected, wsconn_pending(alone).data, wsconn_pending(alone).len);
        assert_memory_equal(wsconn_counters(together), wsconn_counters(alone),
                            sizeof(struct wsconn_counters));
        expect_pending(together, buf_slice(&expected));
        buf_clear(&expected);
        wsconn_free(together);
        wsconn_free(alone);
    }
}

static void of_several_messages_none_follows_a_close_or_goes_without_a_key(void **state)
{
    const struct slice messages[] = {BYTES("a"), BYTES("b")};
    struct wsconn *c = start(&client);
    size_t sent;

    (void)state;
    rng_of_test.dry = true;
    assert_int_equal(wsconn_send_all(c, OPCODE_TEXT, messages, 2, &sent), WSCONN_FAILED);
    assert_int_equal(sent, 0);
    expect_pending(c, BYTES(""));
    rng_of_test.dry = false;
    assert_int_equal(wsconn_send_close(c, 1000, BYTES(""), NULL), 0);
    wsconn_sent(c, wsconn_pending(c).len);
    assert_int_equal(wsconn_send_all(c, OPCODE_TEXT, messages, 2, &sent), WSCONN_CLOSED);
    assert_int_equal(sent, 0);
    expect_pending(c, BYTES(""));
    wsconn_free(c);
}

static void of_several_messages_those_before_a_failure_count_as_sent(void **state)
{
    const struct wsconn_config packed = {.deflate.enabled = true};
    uint8_t text[100000];
    const struct slice messages[] = {BYTES("a"), {text, sizeof text}, BYTES("b")};
    const struct wsconn_config *const configs[] = {&client, &packed};

    (void)state;
    memset(text, 'x', sizeof text);
    for (size_t k = 0; k < 2; k++) {
        for (unsigned long n = 1;; n++) {
            struct wsconn *c = start(configs[k]);
            size_t sent;
            int r;

            alloc_fail_at(n);
            r = wsconn_send_all(c, OPCODE_TEXT, messages, 3, &sent);
            assert_int_equal(wsconn_counters(c)->messages_out, sent);
            assert_int_equal(r, sent == 3 ? 0 : WSCONN_FAILED);
            if (!alloc_struck()) {
                assert_int_equal(sent, 3);
                wsconn_free(c);
                break;
            }
            /* What is left can be sent, and is read as if nothing had happened. */
            assert_int_equal(wsconn_send_all(c, OPCODE_TEXT, messages + sent, 3 - sent, &sent), 0);
            wsconn_free(c);
        }
    }
}

static void a_server_does_not_mask(void **state)
{
    struct wsconn *c = start(&server);

    (void)state;
    assert_int_equal(send_text(c, "Hello", true, true), 0);
    assert_int_equal(send_text(c, "", true, true), 0);
    expect_pending(c, BYTES("\x81\x05Hello\x81\x00"));
    wsconn_free(c);
}

static void without_randomness_nothing_is_sent(void **state)
{
    struct wsconn *c = start(&client);
    const struct frame_spec raw = {.opcode = 1, .mask = FRAME_MASK_FRESH};

    (void)state;
    rng_of_test.dry = true;
    assert_int_equal(send_text(c, "x", true, true), WSCONN_FAILED);
    assert_int_equal(wsconn_send_control(c, OPCODE_PING, BYTES(""), NULL), WSCONN_FAILED);
    assert_int_equal(wsconn_send_close(c, 1000, BYTES(""), NULL), WSCONN_FAILED);
    assert_int_equal(wsconn_send_frame(c, &raw, BYTES(""), NULL), WSCONN_FAILED);
    assert_int_equal(wsconn_counters(c)->frames_out, 0);
    expect_pending(c, BYTES(""));
    wsconn_free(c);
}

static void parts_travel_as_fragments(void **state)
{
    struct wsconn *c = start(&server);

    (void)state;
    assert_int_equal(send_text(c, "a", true, false), 0);
    assert_int_equal(send_text(c, "b", false, false), 0);
    assert_int_equal(wsconn_send_control(c, OPCODE_PING, BYTES("p"), NULL), 0);
    assert_int_equal(send_text(c, "", false, true), 0);
    expect_pending(c, BYTES("\x01\x01"
                            "a\x00\x01"
                            "b\x89\x01p\x80\x00"));
    assert_int_equal(wsconn_counters(c)->messages_out, 1);
    assert_int_equal(wsconn_counters(c)->frames_out, 4);
    assert_int_equal(wsconn_counters(c)->payload_out, 2);
    assert_int_equal(wsconn_counters(c)->wire_out, 11);
    assert_int_equal(wsconn_counters(c)->pings_out, 1);
    wsconn_free(c);
}

static void compressed_messages_are_those_of_the_rfc(void **state)
{
    struct wsconn *c = start(&packed_server);
    struct event_frame sent;

    (void)state;
    assert_int_equal(wsconn_send_message(c, OPCODE_TEXT, BYTES("Hello"), true, true, &sent), 0);
    assert_int_equal(sent.rsv, 4);
    assert_int_equal(sent.length, 5);
    assert_int_equal(sent.wire_length, 7);
    assert_true(slice_is(sent.payload, "Hello"));
    assert_int_equal(send_text(c, "Hello", true, true), 0);
    assert_int_equal(send_text(c, "", true, true), 0);
    expect_pending(c, BYTES("\xC1\x07\xF2\x48\xCD\xC9\xC9\x07\x00\xC1\x05\xF2\x00\x11\x00\x00"
                            "\xC1\x01\x00"));
    wsconn_free(c);
}

static void without_takeover_each_message_is_compressed_alone(void **state)
{
    struct wsconn_config config = packed_server;
    struct wsconn *c;

    (void)state;
    config.deflate.server_no_context_takeover = true;
    c = start(&config);
    assert_int_equal(send_text(c, "Hello", true, true), 0);
    assert_int_equal(send_text(c, "Hello", true, true), 0);
    expect_pending(c, BYTES("\xC1\x07\xF2\x48\xCD\xC9\xC9\x07\x00"
                            "\xC1\x07\xF2\x48\xCD\xC9\xC9\x07\x00"));
    wsconn_free(c);
}

static void compressed_parts_reach_the_other_end_at_once(void **state)
{
    const struct wsconn_config packed = {.deflate.enabled = true};
    struct wsconn *from = start(&packed_server);
    struct wsconn *to = start(&packed);
    struct kit_log log;
    struct slice pending;

    (void)state;
    kit_log_init(&log);
    assert_int_equal(send_text(from, "Hel", true, false), 0);
    assert_int_equal(send_text(from, "", false, false), 0);
    assert_int_equal(wsconn_send_control(from, OPCODE_PING, BYTES(""), NULL), 0);
    assert_int_equal(send_text(from, "lo", false, false), 0);
    assert_int_equal(send_text(from, "", false, true), 0);
    assert_int_equal(send_text(from, "Hello", true, true), 0);
    pending = wsconn_pending(from);
    assert_int_equal(wsconn_feed(to, pending.data, pending.len), 0);
    kit_drain(to, &log);
    assert_int_equal(buf_append(&log.text, "", 1), 0);
    assert_non_null(strstr((char *)buf_data(&log.text), "ping \"\"\ntext \"Hello\" fragments=4"));
    assert_int_equal(wsconn_counters(to)->messages_in, 2);
    kit_log_clear(&log);
    wsconn_free(from);
    wsconn_free(to);
}

static void control_payloads_are_cut_at_125(void **state)
{
    uint8_t data[200] = {0};
    struct wsconn *c = start(&server);
    struct slice pending;

    (void)state;
    assert_int_equal(wsconn_send_control(c, OPCODE_PONG, slice_make(data, 200), NULL), 0);
    pending = wsconn_pending(c);
    assert_int_equal(pending.len, 127);
    assert_int_equal(pending.data[1], 125);
    wsconn_free(c);
}

static void a_close_ends_sending_and_its_reason_is_cut_between_characters(void **state)
{
    char reason[130];
    struct wsconn *c = start(&server);
    struct slice pending;
    const struct frame_spec raw = {.opcode = 1, .fin = true};

    (void)state;
    /* Byte 122 begins a character of two: the reason ends before it. */
    memset(reason, 'x', sizeof reason);
    memcpy(reason + 122, "\xC3\xA9", 2);
    assert_int_equal(wsconn_send_close(c, 1000, slice_make(reason, sizeof reason), NULL), 0);
    pending = wsconn_pending(c);
    assert_int_equal(pending.len, 2 + 2 + 122);
    assert_memory_equal(pending.data, "\x88\x7C\x03\xE8xx", 6);
    assert_int_equal(send_text(c, "x", true, true), WSCONN_CLOSED);
    assert_int_equal(wsconn_send_control(c, OPCODE_PING, BYTES(""), NULL), WSCONN_CLOSED);
    assert_int_equal(wsconn_send_close(c, 1000, BYTES(""), NULL), WSCONN_CLOSED);
    wsconn_sent(c, pending.len);
    assert_int_equal(wsconn_send_frame(c, &raw, BYTES("x"), NULL), 0);
    expect_pending(c, BYTES("\x81\x01x"));
    wsconn_free(c);
}

static void a_close_without_a_code_has_no_body(void **state)
{
    static const uint16_t codes[] = {0, 1005};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct wsconn *c = start(&server);

        assert_int_equal(wsconn_send_close(c, codes[i], BYTES("why"), NULL), 0);
        expect_pending(c, BYTES("\x88\x00"));
        wsconn_free(c);
    }
}

static void a_raw_frame_is_as_malformed_as_asked(void **state)
{
    const struct frame_spec spec = {
        .opcode = 11,
        .rsv = 5,
        .mask = FRAME_MASK_KEY,
        .key = {0xFF, 0, 0, 0},
        .length_given = true,
        .length = 300,
    };
    const struct frame_spec bare = {.opcode = 1, .fin = true, .mask = FRAME_MASK_OFF};
    const struct frame_spec fresh = {.opcode = 8, .fin = true, .mask = FRAME_MASK_FRESH};
    struct wsconn *c = start(&client);
    struct event_frame sent;

    (void)state;
    assert_int_equal(wsconn_send_frame(c, &spec, BYTES("\x01\x02"), &sent), 0);
    assert_int_equal(sent.wire_length, 300);
    assert_int_equal(sent.length, 2);
    assert_int_equal(sent.wire, 10);
    assert_int_equal(wsconn_send_frame(c, &bare, BYTES("x"), NULL), 0);
    assert_int_equal(wsconn_send_frame(c, &fresh, BYTES(""), NULL), 0);
    assert_int_equal(send_text(c, "x", true, true), WSCONN_CLOSED);
    expect_pending(c, BYTES("\x5B\xFE\x01\x2C\xFF\x00\x00\x00\xFE\x02\x81\x01x"
                            "\x88\x80\x01\x02\x03\x04"));
    wsconn_free(c);
}

static void reply_to(struct wsconn *c, struct slice bytes, int expected)
{
    struct event_frame sent;
    struct event ev;
    int got = 0;

    assert_int_equal(wsconn_feed(c, bytes.data, bytes.len), 0);
    while (wsconn_next(c, &ev) == 1)
        got += wsconn_reply(c, &ev, true, &sent);
    assert_int_equal(got, expected);
}

static void a_ping_is_answered_with_its_payload(void **state)
{
    struct wsconn *c = start(&client);

    (void)state;
    reply_to(c, BYTES("\x89\x02hi"), 1);
    expect_pending(c, BYTES("\x8A\x82\x01\x02\x03\x04\x69\x6B"));
    reply_to(c, BYTES("\x8A\x00\x82\x00"), 0);
    assert_int_equal(wsconn_counters(c)->pings_in, 1);
    assert_int_equal(wsconn_counters(c)->pongs_in, 1);
    assert_int_equal(wsconn_counters(c)->pongs_out, 1);
    wsconn_free(c);
}

static void a_close_is_answered_once_with_its_code(void **state)
{
    static const struct {
        struct slice in, out;
    } cases[] = {
        {BYTES("\x88\x07\x0F\xA0"
               "adieu"),
         BYTES("\x88\x82\x01\x02\x03\x04\x0E\xA2")},
        {BYTES("\x88\x00"), BYTES("\x88\x80\x01\x02\x03\x04")},
        {BYTES("\x88\x02\x03\xEE"), BYTES("\x88\x82\x01\x02\x03\x04\x02\xE8")},
        {BYTES("\x81\x01\xFF"), BYTES("\x88\x82\x01\x02\x03\x04\x02\xED")},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wsconn *c = start(&client);

        reply_to(c, cases[i].in, 1);
        expect_pending(c, cases[i].out);
        wsconn_free(c);
        c = start(&client);
        assert_int_equal(wsconn_send_close(c, 1000, BYTES(""), NULL), 0);
        reply_to(c, cases[i].in, 0);
        assert_int_equal(wsconn_counters(c)->frames_out, 1);
        wsconn_free(c);
    }
}

static void a_lenient_end_answers_a_bad_code_with_1002(void **state)
{
    const struct wsconn_config lenient = {.role = WSCONN_CLIENT, .lenient = true};
    struct wsconn *c = start(&lenient);

    (void)state;
    reply_to(c, BYTES("\x88\x02\x03\xEE"), 1);
    expect_pending(c, BYTES("\x88\x82\x01\x02\x03\x04\x02\xE8"));
    wsconn_free(c);
}

static void a_pong_is_not_put_off_by_messages_that_wait(void **state)
{
    static uint8_t data[200 * 1024];
    struct wsconn *c = start(&server);
    struct event_frame sent;
    struct event ping = {.kind = EVENT_PING};

    (void)state;
    assert_int_equal(
        wsconn_send_message(c, OPCODE_BINARY, slice_make(data, sizeof data), true, true, NULL), 0);
    assert_int_equal(wsconn_reply(c, &ping, true, &sent), 1);
    assert_int_equal(sent.opcode, OPCODE_PONG);
    wsconn_free(c);
}

static void a_ping_flood_leaves_one_late_pong(void **state)
{
    struct wsconn *c = start(&server);
    struct event_frame sent;
    struct event ping = {.kind = EVENT_PING};
    uint8_t data[125] = {0};

    (void)state;
    for (uint32_t i = 0; i < 100000; i++) {
        for (size_t k = 0; k < 4; k++)
            data[k] = (uint8_t)(i >> 8 * k);
        ping.control.data = slice_make(data, sizeof data);
        assert_true(wsconn_reply(c, &ping, true, &sent) >= 0);
        assert_true(wsconn_pending(c).len < 64 * 1024 + 256);
    }
    assert_int_equal(wsconn_reply_late(c, &sent), 0);
    wsconn_sent(c, wsconn_pending(c).len);
    memset(data + 4, 0xAA, sizeof data - 4);
    assert_int_equal(wsconn_reply_late(c, &sent), 1);
    assert_int_equal(sent.payload.len, 125);
    assert_memory_equal(sent.payload.data, "\x9F\x86\x01\x00\x00", 5);
    assert_int_equal(wsconn_reply_late(c, &sent), 0);
    wsconn_free(c);
}

static void try_all(void)
{
    struct wsconn *c;

    kit_rng_init(&rng_of_test);
    c = wsconn_new(&packed_server, &rng_of_test.rng);
    if (!c)
        return;
    for (int i = 0; i < 3; i++) {
        uint64_t before = wsconn_counters(c)->frames_out;
        size_t waiting = wsconn_pending(c).len;
        int result = send_text(c, "Hello, hello, hello", true, true);

        assert_true(result == 0 || result == WSCONN_FAILED);
        assert_int_equal(wsconn_counters(c)->frames_out, before + (result == 0));
        if (result < 0)
            assert_int_equal(wsconn_pending(c).len, waiting);
    }
    wsconn_free(c);
}

static void each_allocation_may_fail_and_then_nothing_is_queued(void **state)
{
    (void)state;
    ALLOC_EACH(try_all());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_masks_each_frame_with_a_fresh_key),
        cmocka_unit_test(several_messages_leave_as_each_of_them_would),
        cmocka_unit_test(of_several_messages_none_follows_a_close_or_goes_without_a_key),
        cmocka_unit_test(of_several_messages_those_before_a_failure_count_as_sent),
        cmocka_unit_test(a_server_does_not_mask),
        cmocka_unit_test(without_randomness_nothing_is_sent),
        cmocka_unit_test(parts_travel_as_fragments),
        cmocka_unit_test(compressed_messages_are_those_of_the_rfc),
        cmocka_unit_test(without_takeover_each_message_is_compressed_alone),
        cmocka_unit_test(compressed_parts_reach_the_other_end_at_once),
        cmocka_unit_test(control_payloads_are_cut_at_125),
        cmocka_unit_test(a_close_ends_sending_and_its_reason_is_cut_between_characters),
        cmocka_unit_test(a_close_without_a_code_has_no_body),
        cmocka_unit_test(a_raw_frame_is_as_malformed_as_asked),
        cmocka_unit_test(a_ping_is_answered_with_its_payload),
        cmocka_unit_test(a_close_is_answered_once_with_its_code),
        cmocka_unit_test(a_lenient_end_answers_a_bad_code_with_1002),
        cmocka_unit_test(a_pong_is_not_put_off_by_messages_that_wait),
        cmocka_unit_test(a_ping_flood_leaves_one_late_pong),
        cmocka_unit_test(each_allocation_may_fail_and_then_nothing_is_queued),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

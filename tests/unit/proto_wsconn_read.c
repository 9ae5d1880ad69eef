#include "proto_wsconn_kit.h"

#include "alloc.h"
#include "base/utf8.h"

static const struct wsconn_config client = {.role = WSCONN_CLIENT};
static const struct wsconn_config server = {.role = WSCONN_SERVER};
static const struct wsconn_config packed = {.role = WSCONN_CLIENT, .deflate.enabled = true};
static const struct wsconn_config shown = {.role = WSCONN_CLIENT, .want_frames = true};

#define MESSAGES                                                                            \
    "\x81\x05Hello\x82\x03\x00\xFF\x80\x89\x00\x81\x00\x01\x01h\x00\x01i\x8A\x01p\x80\x01!" \
    "\x81\x06\xE2\x82\xAC\xC3\xA9.\x88\x04\x03\xE8ok"
#define MESSAGES_TEXT                                                                            \
    "text \"Hello\" fragments=1 wire=7\nbinary \"\\00\\FF\\80\" fragments=1 wire=5\nping \"\"\n" \
    "text \"\" fragments=1 wire=2\npong \"p\"\ntext \"hi!\" fragments=3 wire=9\n"                \
    "text \"\\E2\\82\\AC\\C3\\A9.\" fragments=1 wire=8\nclose 1000 \"ok\"\n"

static void messages_are_the_same_however_their_bytes_arrive(void **state)
{
    (void)state;
    kit_expect(&client, BYTES(MESSAGES), MESSAGES_TEXT);
}

static void a_server_unmasks_whatever_the_keys(void **state)
{
    (void)state;
    /* RFC 6455, section 5.7; a repeated key is legal, if unwise. */
    kit_expect(&server,
               BYTES("\x81\x85\x37\xFA\x21\x3D\x7F\x9F\x4D\x51\x58"
                     "\x81\x85\x37\xFA\x21\x3D\x7F\x9F\x4D\x51\x58"
                     "\x01\x81\x00\x00\x00\x00h\x89\x81\x20\x00\x00\x00X\x80\x82\x01\x01\x01\x01hh"
                     "\x88\x82\x01\x02\x03\x04\x02\xEA"),
               "text \"Hello\" fragments=1 wire=11\ntext \"Hello\" fragments=1 wire=11\n"
               "ping \"x\"\ntext \"hii\" fragments=2 wire=15\nclose 1000 \"\"\n");
}

static void compressed_messages_are_the_same_however_their_bytes_arrive(void **state)
{
    (void)state;
    /* RFC 7692, sections 7.2.3.1 to 7.2.3.5, with a plain message and a ping between. */
    kit_expect(&packed,
               BYTES("\xC1\x07\xF2\x48\xCD\xC9\xC9\x07\x00"
                     "\x81\x02Hi"
                     "\xC1\x05\xF2\x00\x11\x00\x00"
                     "\x41\x03\xF2\x48\xCD\x89\x00\x80\x04\xC9\xC9\x07\x00"
                     "\xC1\x0B\x00\x05\x00\xFA\xFF\x48\x65\x6C\x6C\x6F\x00"
                     "\xC1\x08\xF3\x48\xCD\xC9\xC9\x07\x00\x00"
                     "\x41\x0D\xF2\x48\x05\x00\x00\x00\xFF\xFF\xCA\xC9\xC9\x07\x00\x80\x00"),
               "text \"Hello\" fragments=1 wire=9\ntext \"Hi\" fragments=1 wire=4\n"
               "text \"Hello\" fragments=1 wire=7\n"
               "ping \"\"\ntext \"Hello\" fragments=2 wire=11\n"
               "text \"Hello\" fragments=1 wire=13\ntext \"Hello\" fragments=1 wire=10\n"
               "text \"Hello\" fragments=2 wire=17\n");
}

static void empty_compressed_messages_are_messages(void **state)
{
    (void)state;
    kit_expect(&packed, BYTES("\xC1\x01\x00\xC2\x02\x02\x00\x41\x00\x80\x01\x00"),
               "text \"\" fragments=1 wire=3\nbinary \"\" fragments=1 wire=4\n"
               "text \"\" fragments=2 wire=5\n");
}

static void a_compressed_message_without_data_is_reported_and_empty(void **state)
{
    static const char report[] =
        "violation 1007 at 0 (RFC 7692, section 7.2.3.6) received a compressed message without "
        "data; an empty one is sent as the byte 0x00\n"
        "text \"\" fragments=1 wire=2\n";

    (void)state;
    kit_expect(&packed, BYTES("\xC1\x00"), report);
    /* The context stays as it was: the second message refers to the first. */
    kit_expect(
        &packed,
        BYTES("\xC1\x07\xF2\x48\xCD\xC9\xC9\x07\x00"
              "\x41\x00\x80\x00"
              "\xC1\x05\xF2\x00\x11\x00\x00"),
        "text \"Hello\" fragments=1 wire=9\n"
        "violation 1007 at 11 (RFC 7692, section 7.2.3.6) received a compressed message without "
        "data; an empty one is sent as the byte 0x00\n"
        "text \"\" fragments=2 wire=4\n"
        "text \"Hello\" fragments=1 wire=7\n");
}

static void frames_are_shown_before_what_they_complete(void **state)
{
    const struct wsconn_config inflated = {.want_frames = true, .deflate.enabled = true};

    (void)state;
    kit_expect(&shown, BYTES("\x01\x02Hi\x89\x01x\x80\x01!\x82\x00\x88\x02\x03\xE8"),
               "frame 1 fin=0 rsv=0 length=2 \"Hi\"\nframe 9 fin=1 rsv=0 length=1 \"x\"\nping "
               "\"x\"\nframe 0 fin=1 rsv=0 length=1 \"!\"\ntext \"Hi!\" fragments=2 wire=7\n"
               "frame 2 fin=1 rsv=0 length=0 \"\"\nbinary \"\" fragments=1 wire=2\n"
               "frame 8 fin=1 rsv=0 length=2 \"\\03\\E8\"\nclose 1000 \"\"\n");
    kit_expect(&inflated, BYTES("\x41\x03\xF2\x48\xCD\x80\x04\xC9\xC9\x07\x00"),
               "frame 1 fin=0 rsv=4 length=2 \"He\"\nframe 0 fin=1 rsv=0 length=3 \"llo\"\n"
               "text \"Hello\" fragments=2 wire=11\n");
}

/* A text of two-byte characters behind an odd byte, so that parts tend to cut them. */
static uint8_t *long_text(size_t n)
{
    uint8_t *text = malloc(n);

    assert_non_null(text);
    memset(text, 'x', n);
    for (size_t i = 1; i + 1 < n; i += 2) {
        text[i] = 0xC3;
        text[i + 1] = (uint8_t)(0x80 + i % 61);
    }
    return text;
}

struct tally {
    size_t events, parts, bytes, largest;
    bool final;
};

/* Feed in pieces; each event of a message must continue the expected bytes, and each part of a text
 * end between characters. */
static struct tally check_parts(const struct wsconn_config *config, struct slice wire, size_t step,
                                const uint8_t *expected)
{
    struct tally t = {0};
    struct kit_rng r;
    struct event ev;
    struct wsconn *c;

    kit_rng_init(&r);
    c = wsconn_new(config, &r.rng);
    for (size_t at = 0; at < wire.len; at += step) {
        size_t n = wire.len - at < step ? wire.len - at : step;

        assert_int_equal(wsconn_feed(c, wire.data + at, n), 0);
        while (wsconn_next(c, &ev) == 1) {
            struct slice data = ev.message.data;

            assert_int_equal(ev.kind, EVENT_MESSAGE);
            if (data.len > 0)
                assert_memory_equal(data.data, expected + t.bytes, data.len);
            if (ev.message.type == OPCODE_TEXT)
                assert_true(utf8_valid(data.data, data.len));
            t.events++;
            t.bytes += data.len;
            t.parts = ev.message.part;
            t.final = ev.message.final;
            if (data.len > t.largest)
                t.largest = data.len;
            assert_int_equal(ev.message.total, t.bytes);
        }
    }
    assert_int_equal(wsconn_buffered(c), 0);
    assert_int_equal(wsconn_counters(c)->payload_in, t.bytes);
    assert_int_equal(wsconn_counters(c)->messages_in, 1);
    wsconn_free(c);
    return t;
}

static const size_t steps[] = {1500, 65536, 1 << 30};

static void a_message_of_wsconn_whole_bytes_is_one_event(void **state)
{
    uint8_t *text = long_text(WSCONN_WHOLE);
    struct buf one, two;
    struct tally t;

    (void)state;
    text[WSCONN_WHOLE - 1] = 'x';
    buf_init(&one, 1 << 24);
    buf_init(&two, 1 << 24);
    kit_frame(&one, 0x81, text, WSCONN_WHOLE);
    kit_frame(&two, 0x01, text, 500000);
    kit_frame(&two, 0x80, text + 500000, WSCONN_WHOLE - 500000);
    for (size_t i = 0; i < 3; i++) {
        t = check_parts(&client, buf_slice(&one), steps[i], text);
        assert_int_equal(t.events, 1);
        assert_int_equal(t.parts, 0);
        assert_int_equal(t.bytes, WSCONN_WHOLE);
        t = check_parts(&client, buf_slice(&two), steps[i], text);
        assert_int_equal(t.events, 1);
        assert_true(t.final);
    }
    buf_clear(&one);
    buf_clear(&two);
    free(text);
}

static void a_longer_message_comes_in_parts_that_end_between_characters(void **state)
{
    const size_t n = 3 * WSCONN_WHOLE + 1;
    uint8_t *text = long_text(n);
    struct buf one, many;
    struct tally t;

    (void)state;
    buf_init(&one, 1 << 24);
    buf_init(&many, 1 << 24);
    kit_frame(&one, 0x81, text, n);
    for (size_t at = 0; at < n; at += 70001)
        kit_frame(&many, (uint8_t)((at ? 0 : 1) | (n - at <= 70001 ? 0x80 : 0)), text + at,
                  n - at < 70001 ? n - at : 70001);
    for (size_t i = 0; i < 3; i++) {
        t = check_parts(&client, buf_slice(&one), steps[i], text);
        assert_true(t.final && t.parts > 0 && t.bytes == n);
        t = check_parts(&client, buf_slice(&many), steps[i], text);
        assert_true(t.final && t.parts > 2 && t.bytes == n);
        assert_true(t.largest <= WSCONN_WHOLE + 256 * 1024);
    }
    buf_clear(&one);
    buf_clear(&many);
    free(text);
}

static void a_part_is_given_when_no_more_bytes_are_there(void **state)
{
    uint8_t *zeros = calloc(1, WSCONN_WHOLE + 1);
    struct kit_rng r;
    struct wsconn *c;
    struct event ev;
    struct buf wire;

    (void)state;
    kit_rng_init(&r);
    c = wsconn_new(&client, &r.rng);
    buf_init(&wire, 1 << 22);
    kit_frame(&wire, 0x02, zeros, WSCONN_WHOLE + 1);
    assert_int_equal(wsconn_feed(c, buf_data(&wire), wire.len), 0);
    assert_int_equal(wsconn_next(c, &ev), 1);
    assert_int_equal(ev.message.part, 1);
    assert_int_equal(ev.message.data.len, WSCONN_WHOLE + 1);
    assert_int_equal(wsconn_next(c, &ev), 0);
    assert_int_equal(wsconn_feed(c, (const uint8_t *)"\x00\x02hi", 4), 0);
    assert_int_equal(wsconn_next(c, &ev), 1);
    assert_true(slice_is(ev.message.data, "hi"));
    assert_int_equal(ev.message.part, 2);
    assert_false(ev.message.final);
    assert_int_equal(wsconn_next(c, &ev), 0);
    assert_int_equal(wsconn_feed(c, (const uint8_t *)"\x80\x00", 2), 0);
    assert_int_equal(wsconn_next(c, &ev), 1);
    assert_true(ev.message.final);
    assert_int_equal(ev.message.part, 3);
    assert_int_equal(ev.message.data.len, 0);
    wsconn_free(c);
    buf_clear(&wire);
    free(zeros);
}

/* What Python's zlib makes of 20,000 zero bytes. */
#define ZEROS                                                                                      \
    "\xEC\xC1\x31\x01\x00\x00\x00\xC2\xA0\xF5\x4F\x6D\x0D\x0F\xA0\x00\x00\x00\x00\x00\x00\x00\x00" \
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x78\x30\x00"

static void a_bomb_comes_in_bounded_parts(void **state)
{
    uint8_t *zeros = calloc(200, 20000);
    struct buf wire;
    struct tally t;

    (void)state;
    buf_init(&wire, 1 << 20);
    for (int i = 0; i < 200; i++)
        kit_frame(&wire,
                  (uint8_t)(i == 0     ? 0x42
                            : i == 199 ? 0x80
                                       : 0),
                  ZEROS "\x00\x00\xFF\xFF", i == 199 ? 37 : 41);
    for (size_t i = 0; i < 3; i++) {
        t = check_parts(&packed, buf_slice(&wire), steps[i], zeros);
        assert_true(t.final && t.bytes == 200 * 20000);
        assert_true(t.largest <= WSCONN_WHOLE + 256 * 1024);
    }
    buf_clear(&wire);
    free(zeros);
}

static void a_bomb_is_stopped_at_the_bound(void **state)
{
    const struct wsconn_config bounded = {.max_message = 1000, .deflate.enabled = true};

    (void)state;
    kit_expect(
        &bounded, BYTES("\xC2\x25" ZEROS),
        "fatal 1009 at 0 (RFC 6455, section 10.4) received a compressed message of more than 1000 "
        "bytes after inflation; at most 1000 are accepted\n");
}

static void a_hundred_thousand_empty_fragments_are_a_message(void **state)
{
    uint8_t *wire = calloc(100000, 2);

    (void)state;
    wire[0] = 0x01;
    wire[199998] = 0x80;
    kit_expect_once(&client, slice_make(wire, 200000), 200000, 1,
                    "text \"\" fragments=100000 wire=200000\n");
    kit_expect_once(&client, slice_make(wire, 200000), 1, 777,
                    "text \"\" fragments=100000 wire=200000\n");
    free(wire);
}

static void a_frame_beyond_what_is_held_is_shown_cut_at_its_beginning(void **state)
{
    struct kit_rng r;
    struct wsconn *c;
    struct event ev;

    (void)state;
    kit_rng_init(&r);
    c = wsconn_new(&shown, &r.rng);
    assert_int_equal(wsconn_feed(c,
                                 (const uint8_t *)"\x82\x7F\x00\x00\x00\x00\x00\x20\x00\x00"
                                                  "abc",
                                 13),
                     0);
    assert_int_equal(wsconn_next(c, &ev), 1);
    assert_int_equal(ev.kind, EVENT_FRAME);
    assert_true(ev.frame.cut);
    assert_int_equal(ev.frame.length, 0x200000);
    assert_int_equal(ev.frame.wire_length, 0x200000);
    assert_int_equal(ev.frame.wire, 0x20000A);
    assert_true(slice_is(ev.frame.payload, "abc"));
    assert_int_equal(wsconn_next(c, &ev), 1);
    assert_int_equal(ev.kind, EVENT_MESSAGE);
    assert_int_equal(ev.message.part, 1);
    assert_true(slice_is(ev.message.data, "abc"));
    assert_int_equal(wsconn_next(c, &ev), 0);
    wsconn_free(c);
}

static void the_state_inside_a_frame_is_known(void **state)
{
    uint64_t have, want;
    struct kit_rng r;
    struct wsconn *c;
    struct event ev;

    (void)state;
    kit_rng_init(&r);
    c = wsconn_new(&client, &r.rng);
    assert_false(wsconn_in_frame(c, &have, &want));
    assert_int_equal(wsconn_feed(c, (const uint8_t *)"\x01\x05He", 4), 0);
    assert_int_equal(wsconn_next(c, &ev), 0);
    assert_true(wsconn_in_frame(c, &have, &want));
    assert_int_equal(have, 2);
    assert_int_equal(want, 5);
    assert_int_equal(wsconn_feed(c, (const uint8_t *)"llo", 3), 0);
    assert_int_equal(wsconn_next(c, &ev), 0);
    assert_false(wsconn_in_frame(c, &have, &want));
    wsconn_free(c);
}

static void space_is_never_less_than_a_read_block_and_memory_stays_bounded(void **state)
{
    const struct wsconn_config small = {.read_block = 1000};
    uint8_t *frame = calloc(1, 1000000 + 10);
    size_t at = 0, room, most = 0, messages = 0;
    struct kit_rng r;
    struct wsconn *c;
    struct event ev;

    (void)state;
    memcpy(frame, "\x82\x7F\x00\x00\x00\x00\x00\x0F\x42\x40", 10);
    kit_rng_init(&r);
    c = wsconn_new(&small, &r.rng);
    while (messages < 5) {
        uint8_t *to = wsconn_space(c, &room);

        assert_non_null(to);
        assert_true(room >= 1000);
        for (size_t i = 0; i < 777; i++, at++)
            to[i] = frame[at % 1000010];
        wsconn_filled(c, 777);
        while (wsconn_next(c, &ev) == 1) {
            assert_int_equal(ev.message.data.len, 1000000);
            messages++;
        }
        most = wsconn_buffered(c) > most ? wsconn_buffered(c) : most;
    }
    assert_true(most <= 1000010);
    assert_int_equal(wsconn_counters(c)->messages_in, 5);
    assert_int_equal(wsconn_counters(c)->frames_in, 5);
    assert_int_equal(wsconn_counters(c)->wire_in, at);
    wsconn_free(c);
    free(frame);
}

static void slices_survive_sending(void **state)
{
    struct kit_rng r;
    struct wsconn *c;
    struct event ev;

    (void)state;
    kit_rng_init(&r);
    c = wsconn_new(&client, &r.rng);
    assert_int_equal(wsconn_feed(c, (const uint8_t *)"\x81\x02Hi", 4), 0);
    assert_int_equal(wsconn_next(c, &ev), 1);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(wsconn_send_message(c, OPCODE_TEXT, ev.message.data, true, true, NULL), 0);
    assert_true(slice_is(ev.message.data, "Hi"));
    wsconn_free(c);
}

static void try_all(void)
{
    const struct wsconn_config config = {.deflate.enabled = true};
    struct slice bytes = BYTES("\x81\x01x\x01\x01y\x80\x01z\xC1\x07\xF2\x48\xCD\xC9\xC9\x07\x00");
    struct kit_rng r;
    struct event ev;
    struct wsconn *c;
    int result = 1;

    kit_rng_init(&r);
    c = wsconn_new(&config, &r.rng);
    if (!c)
        return;
    for (size_t at = 0; at < bytes.len && result >= 0; at++) {
        result = wsconn_feed(c, bytes.data + at, 1);
        while (result >= 0 && (result = wsconn_next(c, &ev)) == 1)
            assert_int_equal(ev.kind, EVENT_MESSAGE);
    }
    if (result == 0)
        assert_int_equal(wsconn_counters(c)->messages_in, 3);
    wsconn_free(c);
}

static void each_allocation_may_fail(void **state)
{
    (void)state;
    ALLOC_EACH(try_all());
    wsconn_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_the_same_however_their_bytes_arrive),
        cmocka_unit_test(a_server_unmasks_whatever_the_keys),
        cmocka_unit_test(compressed_messages_are_the_same_however_their_bytes_arrive),
        cmocka_unit_test(empty_compressed_messages_are_messages),
        cmocka_unit_test(a_compressed_message_without_data_is_reported_and_empty),
        cmocka_unit_test(frames_are_shown_before_what_they_complete),
        cmocka_unit_test(a_message_of_wsconn_whole_bytes_is_one_event),
        cmocka_unit_test(a_longer_message_comes_in_parts_that_end_between_characters),
        cmocka_unit_test(a_part_is_given_when_no_more_bytes_are_there),
        cmocka_unit_test(a_bomb_comes_in_bounded_parts),
        cmocka_unit_test(a_bomb_is_stopped_at_the_bound),
        cmocka_unit_test(a_hundred_thousand_empty_fragments_are_a_message),
        cmocka_unit_test(a_frame_beyond_what_is_held_is_shown_cut_at_its_beginning),
        cmocka_unit_test(the_state_inside_a_frame_is_known),
        cmocka_unit_test(space_is_never_less_than_a_read_block_and_memory_stays_bounded),
        cmocka_unit_test(slices_survive_sending),
        cmocka_unit_test(each_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "proto_wsconn_kit.h"

static const struct wsconn_config client = {.role = WSCONN_CLIENT};
static const struct wsconn_config lenient = {.role = WSCONN_CLIENT, .lenient = true};
static const struct wsconn_config server = {.role = WSCONN_SERVER};
static const struct wsconn_config packed = {.role = WSCONN_CLIENT, .deflate.enabled = true};

#define HI      "\x81\x02Hi"
#define HI_TEXT "text \"Hi\" fragments=1 wire=4\n"

static void a_masked_frame_from_a_server_fails(void **state)
{
    (void)state;
    kit_expect(
        &client, BYTES("\x81\x85\x37\xFA\x21\x3D\x7F\x9F\x4D\x51\x58" HI),
        "fatal 1002 at 1 (RFC 6455, section 5.1) received a text frame with a mask; a server must "
        "not mask frames\n");
    kit_expect(
        &lenient, BYTES("\x81\x85\x37\xFA\x21\x3D\x7F\x9F\x4D\x51\x58" HI),
        "violation 1002 at 1 (RFC 6455, section 5.1) received a text frame with a mask; a server "
        "must not mask frames\n"
        "text \"Hello\" fragments=1 wire=11\n" HI_TEXT);
}

static void an_unmasked_frame_from_a_client_fails(void **state)
{
    (void)state;
    kit_expect(
        &server, BYTES(HI),
        "fatal 1002 at 1 (RFC 6455, section 5.1) received a text frame without a mask; a client "
        "must mask every frame\n");
}

static void reserved_bits_without_an_extension_fail(void **state)
{
    (void)state;
    kit_expect(
        &client, BYTES(HI "\xC1\x02Hi"),
        HI_TEXT
        "fatal 1002 at 4 (RFC 6455, section 5.2) received a text frame with RSV1 set; compression "
        "was not negotiated in the handshake\n");
    kit_expect(
        &client, BYTES("\xA9\x00"),
        "fatal 1002 at 0 (RFC 6455, section 5.2) received a ping with RSV2 set; no extension that "
        "uses this bit was negotiated\n");
    kit_expect(
        &packed, BYTES("\xF2\x00"),
        "fatal 1002 at 0 (RFC 6455, section 5.2) received a binary frame with RSV1 RSV2 RSV3 set; "
        "no extension that uses these bits was negotiated\n");
    kit_expect(&lenient, BYTES("\xC1\x02Hi"),
               "violation 1002 at 0 (RFC 6455, section 5.2) received a text frame with RSV1 set; "
               "compression was not negotiated in the handshake\n" HI_TEXT);
}

static void rsv1_belongs_to_the_first_frame_of_a_message_alone(void **state)
{
    (void)state;
    kit_expect(
        &packed, BYTES("\x41\x03\xF2\x48\xCD\xC0\x04\xC9\xC9\x07\x00"),
        "fatal 1002 at 5 (RFC 7692, section 6) received a continuation frame with RSV1 set; only "
        "the first frame of a message can have this bit\n");
    kit_expect(
        &packed, BYTES("\xC9\x00"),
        "fatal 1002 at 0 (RFC 7692, section 6) received a ping with RSV1 set; control frames are "
        "never compressed\n");
}

static void a_reserved_opcode_fails(void **state)
{
    (void)state;
    kit_expect(
        &client, BYTES("\x83\x01x"),
        "fatal 1002 at 0 (RFC 6455, section 5.2) received a frame with the reserved opcode 3; "
        "data frames have opcodes 0 to 2, control frames 8 to 10\n");
    kit_expect(
        &lenient, BYTES("\x8B\x01x" HI),
        "violation 1002 at 0 (RFC 6455, section 5.2) received a frame with the reserved opcode "
        "11; data frames have opcodes 0 to 2, control frames 8 to 10\n" HI_TEXT);
}

static void a_length_that_is_not_minimal_fails(void **state)
{
    (void)state;
    kit_expect(
        &client, BYTES("\x81\x7E\x00\x02Hi"),
        "fatal 1002 at 2 (RFC 6455, section 5.2) received a text frame with a length of 2 in the "
        "16-bit form; a length must be in its shortest form\n");
    kit_expect(
        &client, BYTES("\x82\x7F\x00\x00\x00\x00\x00\x00\xFF\xFF"),
        "fatal 1002 at 2 (RFC 6455, section 5.2) received a binary frame with a length of 65535 "
        "in the 64-bit form; a length must be in its shortest form\n");
    kit_expect(
        &lenient, BYTES("\x81\x7E\x00\x02Hi"),
        "violation 1002 at 2 (RFC 6455, section 5.2) received a text frame with a length of 2 in "
        "the 16-bit form; a length must be in its shortest form\n"
        "text \"Hi\" fragments=1 wire=6\n");
}

static void a_length_with_the_top_bit_fails_even_lenient(void **state)
{
    static const char expected[] =
        "fatal 1002 at 2 (RFC 6455, section 5.2) received a text frame with a length of "
        "18446744073709551615 bytes; the top bit of a 64-bit length must be 0\n";

    (void)state;
    kit_expect(&client, BYTES("\x81\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFFxyz"), expected);
    kit_expect(&lenient, BYTES("\x81\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFFxyz"), expected);
}

static void a_length_of_2_to_the_63_less_one_streams_or_meets_the_bound(void **state)
{
    const struct wsconn_config bounded = {.max_message = 1000};

    (void)state;
    kit_expect(&client, BYTES("\x82\x7F\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFFxyz"), "");
    kit_expect(&bounded, BYTES("\x82\x7F\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFFxyz"),
               "fatal 1009 at 1 (RFC 6455, section 10.4) received a message of at least "
               "9223372036854775807 bytes; at most 1000 are accepted\n");
}

static void lengths_whose_sum_overflows_meet_the_bound(void **state)
{
    const struct wsconn_config bounded = {.max_message = UINT64_MAX - 1, .max_frame = 0};

    (void)state;
    kit_expect(&bounded, BYTES("\x02\x02xy\x80\x7F\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x00\x01"), "");
}

static void fragments_follow_one_another(void **state)
{
    (void)state;
    kit_expect(
        &client, BYTES("\x80\x02Hi"),
        "fatal 1002 at 0 (RFC 6455, section 5.4) received a continuation frame, but no message is "
        "in progress\n");
    kit_expect(
        &client, BYTES("\x01\x02Hi\x82\x00"),
        "fatal 1002 at 4 (RFC 6455, section 5.4) received a binary frame inside an unfinished "
        "text message; until its last frame, only continuation and control frames are allowed\n");
    kit_expect(&lenient, BYTES("\x80\x02Hi"),
               "violation 1002 at 0 (RFC 6455, section 5.4) received a continuation frame, but no "
               "message is in progress\n"
               "binary \"Hi\" fragments=1 wire=4\n");
    kit_expect(
        &lenient, BYTES("\x01\x02Ho" HI "\x80\x02ho"),
        "violation 1002 at 4 (RFC 6455, section 5.4) received a text frame inside an unfinished "
        "text message; until its last frame, only continuation and control frames are allowed\n"
        "text \"Ho\" fragments=1 wire=4\n" HI_TEXT
        "violation 1002 at 8 (RFC 6455, section 5.4) received a continuation frame, but no "
        "message is in progress\n"
        "binary \"ho\" fragments=1 wire=4\n");
}

static void control_frames_are_short_and_whole(void **state)
{
    uint8_t ping[130] = {0x89, 126, 0, 126};
    struct slice bytes = slice_make(ping, sizeof ping);

    (void)state;
    kit_expect(
        &client, BYTES("\x09\x00"),
        "fatal 1002 at 0 (RFC 6455, section 5.5) received a ping without FIN; control frames must "
        "not be fragmented\n");
    kit_expect(
        &client, bytes,
        "fatal 1002 at 1 (RFC 6455, section 5.5) received a ping of 126 bytes; control frames "
        "carry at most 125\n");
    kit_expect(
        &lenient, BYTES("\x0A\x01x"),
        "violation 1002 at 0 (RFC 6455, section 5.5) received a pong without FIN; control frames "
        "must not be fragmented\npong \"x\"\n");
    memset(ping + 4, 'x', 126);
    kit_expect(
        &lenient, bytes,
        "violation 1002 at 1 (RFC 6455, section 5.5) received a ping of 126 bytes; control frames "
        "carry at most 125\n"
        "ping [126 bytes, 4b8cca5d]\n");
    kit_expect(
        &lenient, BYTES("\x89\x7F\x00\x00\x00\x00\x00\x20\x00\x00"),
        "fatal 1002 at 1 (RFC 6455, section 5.5) received a ping of 2097152 bytes; control frames "
        "carry at most 125\n");
}

static void control_frames_come_in_order_between_fragments(void **state)
{
    (void)state;
    kit_expect(&client,
               BYTES("\x89\x01"
                     "1\x01\x02Hi\x89\x01"
                     "2\x00\x00\x8A\x00\x80\x01!"),
               "ping \"1\"\nping \"2\"\npong \"\"\ntext \"Hi!\" fragments=3 wire=9\n");
}

static void a_close_body_is_empty_or_begins_with_a_code(void **state)
{
    (void)state;
    kit_expect(&client, BYTES("\x88\x00" HI), "close 1005 \"\"\n");
    kit_expect(&client, BYTES("\x88\x02\x03\xE8" HI), "close 1000 \"\"\n");
    kit_expect(&client,
               BYTES("\x88\x05\x0F\xA0"
                     "bye"),
               "close 4000 \"bye\"\n");
    kit_expect(
        &client, BYTES("\x88\x01\x03"),
        "fatal 1002 at 2 (RFC 6455, section 5.5.1) received a close frame with a body of 1 byte; "
        "a body begins with a 2-byte code\n");
    kit_expect(
        &lenient, BYTES("\x88\x01\x03"),
        "violation 1002 at 2 (RFC 6455, section 5.5.1) received a close frame with a body of 1 "
        "byte; a body begins with a 2-byte code\nclose 1005 \"\"\n");
}

static void nothing_is_read_after_a_close(void **state)
{
    (void)state;
    kit_expect(&client, BYTES("\x88\x00" HI "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"),
               "close 1005 \"\"\n");
}

static void close_codes_that_may_not_be_sent_fail(void **state)
{
    (void)state;
    kit_expect(
        &client, BYTES("\x88\x02\x03\xEE"),
        "fatal 1002 at 2 (RFC 6455, section 7.4.1) received a close frame with the code 1006; "
        "this code must never be sent\n");
    kit_expect(
        &client, BYTES("\x88\x02\x03\xED"),
        "fatal 1002 at 2 (RFC 6455, section 7.4.1) received a close frame with the code 1005; "
        "this code must never be sent\n");
    kit_expect(
        &client, BYTES("\x88\x02\x03\xF7"),
        "fatal 1002 at 2 (RFC 6455, section 7.4.1) received a close frame with the code 1015; "
        "this code must never be sent\n");
    kit_expect(
        &client, BYTES("\x88\x02\x07\xD0"),
        "fatal 1002 at 2 (RFC 6455, section 7.4.2) received a close frame with the code 2000; "
        "valid codes are 1000 to 1003, 1007 to 1014 and 3000 to 4999\n");
    kit_expect(
        &lenient,
        BYTES("\x88\x03\x07\xD0"
              "x"),
        "violation 1002 at 2 (RFC 6455, section 7.4.2) received a close frame with the code 2000 "
        "and the reason \"x\"; valid codes are 1000 to 1003, 1007 to 1014 and 3000 to 4999\n"
        "close 2000 \"x\"\n");
}

static void a_close_reason_is_utf8(void **state)
{
    (void)state;
    kit_expect(
        &client,
        BYTES("\x88\x05\x03\xE8"
              "a\xC0x"),
        "fatal 1007 at 5 (RFC 6455, section 8.1) received a close frame with the code 1000 and "
        "the reason \"a\\xc0x\"; the reason is not UTF-8: byte 0xC0 at its offset 1 is invalid\n");
    kit_expect(
        &client, BYTES("\x88\x04\x03\xE8\xE2\x82"),
        "fatal 1007 at 6 (RFC 6455, section 8.1) received a close frame with the code 1000 and "
        "the reason \"\\xe2\\x82\"; the reason is not UTF-8: it ends in the middle of a "
        "character\n");
}

static void text_fails_at_the_first_impossible_byte(void **state)
{
    (void)state;
    /* Inside a frame of which 4 bytes and more are still to come. */
    kit_expect(
        &client,
        BYTES("\x81\x0A"
              "ab\xED\xA0"),
        "fatal 1007 at 5 (RFC 6455, section 8.1) received a text message that is not UTF-8: byte "
        "0xA0 at offset 3 of the message is invalid\n");
    /* Across fragments. */
    kit_expect(
        &client,
        BYTES("\x01\x02"
              "a\xE2\x00\x01\x82\x89\x00\x00\x05\xAC"
              "b\xFF"),
        "ping \"\"\n"
        "fatal 1007 at 13 (RFC 6455, section 8.1) received a text message that is not UTF-8: byte "
        "0xFF at offset 5 of the message is invalid\n");
    /* In a frame that announces far more than is held. */
    kit_expect(
        &client, BYTES("\x81\x7F\x00\x00\x00\x01\x00\x00\x00\x00\xC0"),
        "fatal 1007 at 10 (RFC 6455, section 8.1) received a text message that is not UTF-8: byte "
        "0xC0 at offset 0 of the message is invalid\n");
    kit_expect(
        &lenient,
        BYTES("\x81\x03"
              "a\xFF"
              "b"),
        "violation 1007 at 3 (RFC 6455, section 8.1) received a text message that is not UTF-8: "
        "byte 0xFF at offset 1 of the message is invalid\n"
        "text \"a\\FFb\" fragments=1 wire=5\n");
}

static void text_must_not_end_inside_a_character(void **state)
{
    (void)state;
    kit_expect(
        &client, BYTES("\x81\x02\xE2\x82"),
        "fatal 1007 at 4 (RFC 6455, section 8.1) received a text message that is not UTF-8: it "
        "ends in the middle of a character\n");
    kit_expect(
        &client, BYTES("\x01\x02\xE2\x82\x80\x00"),
        "fatal 1007 at 6 (RFC 6455, section 8.1) received a text message that is not UTF-8: it "
        "ends in the middle of a character\n");
    kit_expect(
        &lenient, BYTES("\x01\x02\xE2\x82\x80\x00"),
        "violation 1007 at 6 (RFC 6455, section 8.1) received a text message that is not UTF-8: "
        "it ends in the middle of a character\n"
        "text \"\\E2\\82\" fragments=2 wire=6\n");
}

static void binary_is_not_checked(void **state)
{
    (void)state;
    kit_expect(&client, BYTES("\x82\x02\xC0\xFF"), "binary \"\\C0\\FF\" fragments=1 wire=4\n");
}

static void inflated_text_is_checked_too(void **state)
{
    (void)state;
    kit_expect(
        &packed, BYTES("\x82\x00\xC1\x09\x4A\x4C\x4A\xFE\x9F\x92\x9A\x06\x00"),
        "binary \"\" fragments=1 wire=2\n"
        "fatal 1007 at 2 (RFC 6455, section 8.1) received a text message that is not UTF-8: byte "
        "0xFF at offset 3 of the message is invalid\n");
    kit_expect(
        &packed, BYTES("\xC1\x07\x4A\x4C\x4A\x7E\xD4\x04\x00"),
        "fatal 1007 at 9 (RFC 6455, section 8.1) received a text message that is not UTF-8: it "
        "ends in the middle of a character\n");
}

static void data_that_does_not_inflate_fails(void **state)
{
    (void)state;
    kit_expect(
        &packed, BYTES("\xC1\x01\x06"),
        "fatal 1007 at 0 (RFC 7692, section 7.2.2) received a compressed message that cannot be "
        "inflated: invalid block type\n");
    kit_expect(
        &packed, BYTES("\xC1\x03\xF2\x48\xCD"),
        "fatal 1007 at 0 (RFC 7692, section 7.2.2) received a compressed message that cannot be "
        "inflated: the data ends inside a block\n");
}

static void a_bound_holds_for_a_frame(void **state)
{
    const struct wsconn_config bounded = {.max_frame = 2, .lenient = true};

    (void)state;
    kit_expect(
        &bounded,
        BYTES(HI "\x81\x03"
                 "abc"),
        HI_TEXT
        "fatal 1009 at 5 (RFC 6455, section 10.4) received a text frame of 3 bytes; at most 2 are "
        "accepted in a frame\n");
}

static void a_bound_holds_for_a_message(void **state)
{
    const struct wsconn_config bounded = {.max_message = 2, .lenient = true};

    (void)state;
    kit_expect(
        &bounded,
        BYTES(HI "\x01\x01"
                 "a\x00\x02"
                 "bc"),
        HI_TEXT
        "fatal 1009 at 8 (RFC 6455, section 10.4) received a message of at least 3 bytes; at most "
        "2 are accepted\n");
}

static void a_bound_holds_while_inflating(void **state)
{
    const struct wsconn_config bounded = {.max_message = 4, .deflate.enabled = true};
    const struct wsconn_config enough = {.max_message = 5, .deflate.enabled = true};

    (void)state;
    kit_expect(
        &bounded, BYTES("\xC1\x07\xF2\x48\xCD\xC9\xC9\x07\x00"),
        "fatal 1009 at 0 (RFC 6455, section 10.4) received a compressed message of more than 4 "
        "bytes after inflation; at most 4 are accepted\n");
    kit_expect(&enough, BYTES("\xC1\x07\xF2\x48\xCD\xC9\xC9\x07\x00"),
               "text \"Hello\" fragments=1 wire=9\n");
}

static void a_bound_holds_for_fragments(void **state)
{
    const struct wsconn_config bounded = {.max_fragments = 2};

    (void)state;
    kit_expect(
        &bounded, BYTES("\x02\x00\x00\x00\x00\x00"),
        "fatal 1009 at 4 (RFC 6455, section 10.4) received a message in more than 2 fragments; at "
        "most 2 are accepted\n");
    kit_expect(&bounded, BYTES("\x02\x00\x80\x00"), "binary \"\" fragments=2 wire=4\n");
}

static void several_breaches_of_a_frame_are_all_told_when_lenient(void **state)
{
    (void)state;
    kit_expect(
        &lenient, BYTES("\xA1\xFE\x00\x01\x00\x00\x00\x00\xFF" HI),
        "violation 1002 at 0 (RFC 6455, section 5.2) received a text frame with RSV2 set; no "
        "extension that uses this bit was negotiated\n"
        "violation 1002 at 1 (RFC 6455, section 5.1) received a text frame with a mask; a server "
        "must not mask frames\n"
        "violation 1002 at 2 (RFC 6455, section 5.2) received a text frame with a length of 1 in "
        "the 16-bit form; a length must be in its shortest form\n"
        "violation 1007 at 8 (RFC 6455, section 8.1) received a text message that is not UTF-8: "
        "byte 0xFF at offset 0 of the message is invalid\n"
        "text \"\\FF\" fragments=1 wire=9\n" HI_TEXT);
}

static void a_frame_that_breaks_a_rule_is_shown_before_its_violation(void **state)
{
    const struct wsconn_config shown = {.want_frames = true};
    const struct wsconn_config inflated = {.want_frames = true, .deflate.enabled = true};

    (void)state;
    kit_expect_once(
        &shown, BYTES("\x83\x02Hi"), 4, 1,
        "frame 3 fin=1 rsv=0 length=2 \"Hi\"\n"
        "fatal 1002 at 0 (RFC 6455, section 5.2) received a frame with the reserved opcode 3; "
        "data frames have opcodes 0 to 2, control frames 8 to 10\n");
    kit_expect(
        &shown,
        BYTES("\x81\x05"
              "ab\xFF"),
        "frame 1 fin=1 rsv=0 length=5 cut\n"
        "fatal 1007 at 4 (RFC 6455, section 8.1) received a text message that is not UTF-8: byte "
        "0xFF at offset 2 of the message is invalid\n");
    kit_expect(
        &inflated, BYTES("\xC1\x01\x06"),
        "frame 1 fin=1 rsv=4 length=0 cut\n"
        "fatal 1007 at 0 (RFC 7692, section 7.2.2) received a compressed message that cannot be "
        "inflated: invalid block type\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_masked_frame_from_a_server_fails),
        cmocka_unit_test(an_unmasked_frame_from_a_client_fails),
        cmocka_unit_test(reserved_bits_without_an_extension_fail),
        cmocka_unit_test(rsv1_belongs_to_the_first_frame_of_a_message_alone),
        cmocka_unit_test(a_reserved_opcode_fails),
        cmocka_unit_test(a_length_that_is_not_minimal_fails),
        cmocka_unit_test(a_length_with_the_top_bit_fails_even_lenient),
        cmocka_unit_test(a_length_of_2_to_the_63_less_one_streams_or_meets_the_bound),
        cmocka_unit_test(lengths_whose_sum_overflows_meet_the_bound),
        cmocka_unit_test(fragments_follow_one_another),
        cmocka_unit_test(control_frames_are_short_and_whole),
        cmocka_unit_test(control_frames_come_in_order_between_fragments),
        cmocka_unit_test(a_close_body_is_empty_or_begins_with_a_code),
        cmocka_unit_test(nothing_is_read_after_a_close),
        cmocka_unit_test(close_codes_that_may_not_be_sent_fail),
        cmocka_unit_test(a_close_reason_is_utf8),
        cmocka_unit_test(text_fails_at_the_first_impossible_byte),
        cmocka_unit_test(text_must_not_end_inside_a_character),
        cmocka_unit_test(binary_is_not_checked),
        cmocka_unit_test(inflated_text_is_checked_too),
        cmocka_unit_test(data_that_does_not_inflate_fails),
        cmocka_unit_test(a_bound_holds_for_a_frame),
        cmocka_unit_test(a_bound_holds_for_a_message),
        cmocka_unit_test(a_bound_holds_while_inflating),
        cmocka_unit_test(a_bound_holds_for_fragments),
        cmocka_unit_test(several_breaches_of_a_frame_are_all_told_when_lenient),
        cmocka_unit_test(a_frame_that_breaks_a_rule_is_shown_before_its_violation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

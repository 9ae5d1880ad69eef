#include "proto_wsconn_kit.h"

#include "proto/frame.h"

static const struct {
    struct slice bytes;
    struct frame_header h;
} headers[] = {
    {BYTES("\x81\x05"), {.opcode = 1, .fin = true, .length = 5, .minimal = true, .size = 2}},
    {BYTES("\x02\x00"), {.opcode = 2, .length = 0, .minimal = true, .size = 2}},
    {BYTES("\xF9\x7D"),
     {.opcode = 9, .fin = true, .rsv = 7, .length = 125, .minimal = true, .size = 2}},
    {BYTES("\xC1\x7E\x00\x7E"),
     {.opcode = 1, .fin = true, .rsv = 4, .length = 126, .minimal = true, .size = 4}},
    {BYTES("\x82\x7E\xFF\xFF"),
     {.opcode = 2, .fin = true, .length = 65535, .minimal = true, .size = 4}},
    {BYTES("\x82\x7F\x00\x00\x00\x00\x00\x01\x00\x00"),
     {.opcode = 2, .fin = true, .length = 65536, .minimal = true, .size = 10}},
    {BYTES("\x82\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"),
     {.opcode = 2, .fin = true, .length = UINT64_MAX, .minimal = true, .size = 10}},
    {BYTES("\x8A\x80\x37\xFA\x21\x3D"),
     {.opcode = 10,
      .fin = true,
      .masked = true,
      .key = {0x37, 0xFA, 0x21, 0x3D},
      .minimal = true,
      .size = 6}},
    {BYTES("\x82\xFF\x01\x23\x45\x67\x89\xAB\xCD\xEF\x01\x02\x03\x04"),
     {.opcode = 2,
      .fin = true,
      .masked = true,
      .key = {1, 2, 3, 4},
      .length = 0x0123456789ABCDEF,
      .minimal = true,
      .size = 14}},
};

static void same_header(const struct frame_header *a, const struct frame_header *b)
{
    assert_int_equal(a->opcode, b->opcode);
    assert_int_equal(a->fin, b->fin);
    assert_int_equal(a->rsv, b->rsv);
    assert_int_equal(a->masked, b->masked);
    assert_memory_equal(a->key, b->key, 4);
    assert_true(a->length == b->length);
    assert_int_equal(a->minimal, b->minimal);
    assert_int_equal(a->size, b->size);
}

static void frame_decode_reads_every_length_form(void **state)
{
    struct frame_header h;

    (void)state;
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        memset(&h, 0xA5, sizeof h);
        assert_int_equal(frame_decode(&h, headers[i].bytes.data, headers[i].bytes.len),
                         headers[i].bytes.len);
        same_header(&h, &headers[i].h);
    }
}

static void frame_decode_needs_more_bytes_until_header_is_whole(void **state)
{
    struct frame_header h;

    (void)state;
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        for (size_t n = 0; n < headers[i].bytes.len; n++)
            assert_int_equal(frame_decode(&h, headers[i].bytes.data, n), 0);
}

static void frame_decode_reports_lengths_that_are_not_minimal(void **state)
{
    static const struct slice vectors[] = {
        BYTES("\x81\x7E\x00\x00"),
        BYTES("\x81\x7E\x00\x7D"),
        BYTES("\x81\x7F\x00\x00\x00\x00\x00\x00\x00\x05"),
        BYTES("\x81\x7F\x00\x00\x00\x00\x00\x00\xFF\xFF"),
    };
    struct frame_header h;

    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        assert_int_equal(frame_decode(&h, vectors[i].data, vectors[i].len), vectors[i].len);
        assert_false(h.minimal);
    }
}

static void frame_encode_writes_the_same_bytes(void **state)
{
    uint8_t out[FRAME_HEADER_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        assert_int_equal(frame_encode(out, &headers[i].h), headers[i].bytes.len);
        assert_memory_equal(out, headers[i].bytes.data, headers[i].bytes.len);
    }
}

static void frame_mask_gives_the_example_of_the_rfc(void **state)
{
    /* RFC 6455, section 5.7 */
    static const uint8_t key[4] = {0x37, 0xFA, 0x21, 0x3D};
    uint8_t out[5];

    (void)state;
    frame_mask(out, (const uint8_t *)"Hello", 5, key, 0);
    assert_memory_equal(out, "\x7F\x9F\x4D\x51\x58", 5);
}

static void frame_mask_agrees_with_byte_by_byte_at_every_length_and_offset(void **state)
{
    static const uint8_t key[4] = {0x11, 0x80, 0xFE, 0x07};
    uint8_t from[202], to[202], place[202];

    (void)state;
    for (size_t i = 0; i < sizeof from; i++)
        from[i] = (uint8_t)(i * 37 + 5);
    for (size_t n = 0; n <= 200; n++)
        for (uint64_t offset = 0; offset < 5; offset++) {
            memset(to, 0xEE, sizeof to);
            memcpy(place, from, sizeof place);
            frame_mask(to + 1, from + 1, n, key, offset);
            frame_mask(place + 1, place + 1, n, key, offset);
            for (size_t i = 0; i < n; i++)
                assert_int_equal(to[i + 1], from[i + 1] ^ key[(offset + i) & 3]);
            assert_memory_equal(to + 1, place + 1, n);
            assert_int_equal(to[0], 0xEE);
            assert_int_equal(to[n + 1], 0xEE);
            assert_int_equal(place[n + 1], from[n + 1]);
        }
}

static void opcode_name_knows_the_six_opcodes(void **state)
{
    static const char *const names[16] = {
        [0] = "cont", [1] = "text", [2] = "binary", [8] = "close", [9] = "ping", [10] = "pong"};

    (void)state;
    for (unsigned i = 0; i < 16; i++)
        if (names[i])
            assert_string_equal(opcode_name(i), names[i]);
        else
            assert_null(opcode_name(i));
    assert_null(opcode_name(17));
}

static void frame_whole_needs_the_header_and_all_of_the_payload(void **state)
{
    static const size_t lengths[] = {0, 1, 125, 126, 65535, 65536};
    static uint8_t bytes[FRAME_HEADER_MAX + 65536];

    (void)state;
    for (size_t i = 0; i < 2 * (sizeof lengths / sizeof *lengths); i++) {
        const struct frame_header h = {
            .opcode = 2, .fin = true, .masked = i % 2, .length = lengths[i / 2]};
        size_t size = frame_encode(bytes, &h) + lengths[i / 2];

        assert_int_equal(frame_whole(bytes, size), size);
        assert_int_equal(frame_whole(bytes, sizeof bytes), size);
        for (size_t n = 0; n < size; n += n < 20 ? 1 : 997)
            assert_int_equal(frame_whole(bytes, n), 0);
        assert_int_equal(frame_whole(bytes, size - 1), 0);
    }
    memset(bytes, 0xFF, FRAME_HEADER_MAX); /* a length of UINT64_MAX */
    assert_int_equal(frame_whole(bytes, sizeof bytes), 0);
}

static void close_code_valid_knows_the_registry(void **state)
{
    (void)state;
    for (unsigned code = 0; code < 70000; code++) {
        bool valid = (code >= 1000 && code <= 1014) || (code >= 3000 && code <= 4999);

        if (code >= 1004 && code <= 1006)
            valid = false;
        assert_int_equal(close_code_valid(code), valid);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frame_decode_reads_every_length_form),
        cmocka_unit_test(frame_decode_needs_more_bytes_until_header_is_whole),
        cmocka_unit_test(frame_decode_reports_lengths_that_are_not_minimal),
        cmocka_unit_test(frame_encode_writes_the_same_bytes),
        cmocka_unit_test(frame_mask_gives_the_example_of_the_rfc),
        cmocka_unit_test(frame_mask_agrees_with_byte_by_byte_at_every_length_and_offset),
        cmocka_unit_test(opcode_name_knows_the_six_opcodes),
        cmocka_unit_test(frame_whole_needs_the_header_and_all_of_the_payload),
        cmocka_unit_test(close_code_valid_knows_the_registry),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "alloc.h"
#include "base/codec.h"

/* What stands in the buffer before each call must stand there afterwards. */
static void begin(struct buf *b)
{
    buf_init(b, 1 << 20);
    assert_int_equal(buf_append_str(b, "#"), 0);
}

static void assert_appended(struct buf *b, const char *bytes, size_t n)
{
    assert_int_equal(b->len, 1 + n);
    assert_int_equal(buf_data(b)[0], '#');
    assert_memory_equal(buf_data(b) + 1, bytes, n);
    buf_clear(b);
}

struct pair {
    const char *bytes;
    size_t n;
    const char *text;
};

static const struct pair base64_pairs[] = {
    {"", 0, ""},
    {"f", 1, "Zg=="}, /* RFC 4648, section 10 */
    {"fo", 2, "Zm8="},
    {"foo", 3, "Zm9v"},
    {"foob", 4, "Zm9vYg=="},
    {"fooba", 5, "Zm9vYmE="},
    {"foobar", 6, "Zm9vYmFy"},
    {"foobarfoo", 9, "Zm9vYmFyZm9v"},
    {"foobarfoobar", 12, "Zm9vYmFyZm9vYmFy"},
    {"\x00\x00\x00", 3, "AAAA"},
    {"\xFF\xFF\xFF\xFF", 4, "/////w=="},
    {"\xFB\xEF\xBE", 3, "++++"},
    {"\x14\xFB\x9C\x03\xD9\x7E", 6, "FPucA9l+"},
    {"\x00\x10\x83\x10\x51\x87\x20\x92\x8B\x30\xD3\x8F\x41\x14\x93\x51\x55\x97\x61\x96\x9B\x71\xD7"
     "\x9F\x82\x18\xA3\x92\x59\xA7\xA2\x9A\xAB\xB2\xDB\xAF\xC3\x1C\xB3\xD3\x5D\xB7\xE3\x9E\xBB\xF3"
     "\xDF\xBF",
     48, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void base64_encode_gives_the_vectors_of_the_rfc(void **state)
{
    struct buf b;

    (void)state;
    for (size_t i = 0; i < COUNT(base64_pairs); i++) {
        const struct pair *p = &base64_pairs[i];

        begin(&b);
        assert_int_equal(base64_encode(&b, slice_make(p->bytes, p->n)), 0);
        assert_appended(&b, p->text, strlen(p->text));
    }
}

static void base64_decode_reads_the_vectors_of_the_rfc(void **state)
{
    struct buf b;

    (void)state;
    for (size_t i = 0; i < COUNT(base64_pairs); i++) {
        const struct pair *p = &base64_pairs[i];

        begin(&b);
        assert_int_equal(base64_decode(&b, slice_str(p->text)), 0);
        assert_appended(&b, p->bytes, p->n);
    }
}

struct bad {
    const char *text;
    long column;
};

static void base64_decode_names_the_first_bad_column(void **state)
{
    static const struct bad cases[] = {
        {"Z", 2},
        {"Zg", 3},
        {"Zg=", 4},
        {"Zm8", 4},
        {"Zm9vY", 6},
        {"=", 1},
        {"====", 1},
        {"Z===", 2},
        {"Zg=v", 4},
        {"Zg==Zg==", 5},
        {"Zg===", 5},
        {"Zm8==", 5},
        {"Zm9v=", 5},
        {"Zm9v\n", 5},
        {" Zm9v", 1},
        {"Zm 9v", 3},
        {"Zm9v Zm9v", 5},
        {"Zm9-", 4},
        {"Zm_v", 3},
        {"Zh==", 2},
        {"Zm9=", 3},
        {"Zm9vZm9=", 7},
        {"Zm9vZm9vZm9vZ*9v", 14},
        {"\xC3\xA9oo", 1},
        {"Zm9vZm9v====", 9},
    };
    struct buf b;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        begin(&b);
        assert_int_equal(base64_decode(&b, slice_str(cases[i].text)), cases[i].column);
        assert_appended(&b, "", 0);
    }
    begin(&b);
    assert_int_equal(base64_decode(&b, slice_make("Zm\0v", 4)), 3);
    assert_appended(&b, "", 0);
}

static void base64_decode_fits_a_buffer_of_exactly_the_size(void **state)
{
    struct buf b;

    (void)state;
    for (size_t i = 1; i < COUNT(base64_pairs); i++) {
        const struct pair *p = &base64_pairs[i];

        buf_init(&b, p->n);
        assert_int_equal(base64_decode(&b, slice_str(p->text)), 0);
        assert_int_equal(b.len, p->n);
        buf_clear(&b);
        buf_init(&b, p->n - 1);
        assert_int_equal(base64_decode(&b, slice_str(p->text)), -1);
        assert_int_equal(b.len, 0);
        buf_clear(&b);
    }
}

static const struct pair hex_pairs[] = {
    {"", 0, ""},
    {"\x00", 1, "00"},
    {"\x01\x23\x45\x67\x89\xAB\xCD\xEF", 8, "0123456789abcdef"},
    {"\x00\x0F\xF0\xFF\x10\x1F\x80\x7F\x99\x9A\xA9\xAA\x09\x0A\x90\xA0\x55\x5F\xF5", 19,
     "000ff0ff101f807f999aa9aa090a90a0555ff5"},
    {"abcdefghijklmnopqrstuvwxyz012345", 32,
     "6162636465666768696a6b6c6d6e6f707172737475767778797a303132333435"},
};

static void hex_encode_writes_lower_case(void **state)
{
    struct buf b;

    (void)state;
    for (size_t i = 0; i < COUNT(hex_pairs); i++) {
        const struct pair *p = &hex_pairs[i];

        begin(&b);
        assert_int_equal(hex_encode(&b, slice_make(p->bytes, p->n)), 0);
        assert_appended(&b, p->text, strlen(p->text));
    }
}

static void hex_decode_reads_either_case_and_skips_blanks_between_pairs(void **state)
{
    struct buf b;

    (void)state;
    for (size_t i = 0; i < COUNT(hex_pairs); i++) {
        const struct pair *p = &hex_pairs[i];

        begin(&b);
        assert_int_equal(hex_decode(&b, slice_str(p->text)), 0);
        assert_appended(&b, p->bytes, p->n);
    }
    begin(&b);
    assert_int_equal(hex_decode(&b, slice_str("  De\tAD  bEef ")), 0);
    assert_appended(&b, "\xDE\xAD\xBE\xEF", 4);
    begin(&b);
    assert_int_equal(hex_decode(&b, slice_str(" \t ")), 0);
    assert_appended(&b, "", 0);
    buf_init(&b, 2);
    assert_int_equal(hex_decode(&b, slice_str(" 01          02 ")), 0);
    assert_int_equal(b.len, 2);
    buf_clear(&b);
}

static void hex_decode_names_the_first_bad_column(void **state)
{
    static const struct bad cases[] = {
        {"0", 2},    {"012", 4},  {"g0", 1},   {"0g", 2},     {"0 1", 2},
        {"01 2", 5}, {"0x01", 2}, {"01\n", 3}, {"01 ,02", 4}, {"0102/", 5},
        {":0", 1},   {"@0", 1},   {"G0", 1},   {"`0", 1},     {"\xC3\xA9", 1},
    };
    struct buf b;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        begin(&b);
        assert_int_equal(hex_decode(&b, slice_str(cases[i].text)), cases[i].column);
        assert_appended(&b, "", 0);
    }
}

static void size_parse_knows_powers_of_1024(void **state)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } cases[] = {
        {"0", 0},
        {"1", 1},
        {"007", 7},
        {"64k", 65536},
        {"64K", 65536},
        {"1M", 1048576},
        {"2G", UINT64_C(2147483648)},
        {"18446744073709551615", UINT64_MAX},
        {"17179869183G", UINT64_C(18446744072635809792)},
    };
    uint64_t bytes;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(size_parse(cases[i].text, &bytes), 0);
        assert_true(bytes == cases[i].bytes);
    }
}

static void size_parse_refuses_what_is_no_size_or_does_not_fit(void **state)
{
    static const char *const cases[] = {
        "",
        "k",
        "-1",
        "+1",
        " 1",
        "1 ",
        "1.5M",
        "1kB",
        "1kk",
        "1T",
        "0x10",
        "1e3",
        "18446744073709551616",
        "99999999999999999999999",
        "17179869184G",
        "18014398509481984k",
    };
    uint64_t bytes = 42;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(size_parse(cases[i], &bytes), -1);
        assert_true(bytes == 42);
    }
}

static void seconds_parse_gives_microseconds(void **state)
{
    static const struct {
        const char *text;
        uint64_t us;
    } cases[] = {
        {"0", 0},
        {"0.0", 0},
        {"30", 30000000},
        {"0.5", 500000},
        {".25", 250000},
        {"2.", 2000000},
        {"1.000001", 1000001},
        {"1.0000019", 1000001},
        {"0.123456", 123456},
        {"0.0000001", 1},
        {"0.00000000000000000000000000000000000000", 0},
        {"1000000000", UINT64_C(1000000000000000)},
        {"999999999.999999", UINT64_C(999999999999999)},
    };
    uint64_t us;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(seconds_parse(cases[i].text, &us), 0);
        assert_true(us == cases[i].us);
    }
}

static void duration_parse_knows_units(void **state)
{
    static const struct {
        const char *text;
        uint64_t us;
    } good[] = {{"25s", 25000000},
                {"500ms", 500000},
                {"1.5s", 1500000},
                {"2m", 120000000},
                {"1h", UINT64_C(3600000000)},
                {"50us", 50},
                {"0.5", 500000},
                {"30", 30000000},
                {"0.1ms", 100},
                {"0.5us", 1},
                {"0", 0},
                {"0ms", 0},
                {"1000000000s", UINT64_C(1000000000000000)}};
    static const char *const bad[] = {"",     "s",   "ms",   "1x",   "1sec",        "1 s",
                                      "-1s",  "+1s", "1e3s", "1ms ", "1000000000m", "1000000001",
                                      "1s1s", ".",   ".s"};
    uint64_t us;

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        us = 77;
        if (duration_parse(slice_str(good[i].text), &us) != 0 || us != good[i].us)
            fail_msg("%s: %llu", good[i].text, (unsigned long long)us);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        us = 77;
        if (duration_parse(slice_str(bad[i]), &us) != -1 || us != 77)
            fail_msg("\"%s\" was taken: %llu", bad[i], (unsigned long long)us);
    }
    assert_int_equal(duration_parse(slice_make("1\0s", 3), &us), -1);
}

static void seconds_parse_refuses_signs_exponents_and_too_much(void **state)
{
    static const char *const cases[] = {
        "",
        ".",
        "-1",
        "+1",
        "1e3",
        "1s",
        " 1",
        "1 ",
        "1..2",
        "1.2.3",
        "inf",
        "nan",
        "0x1",
        "1,5",
        "1000000001",
        "1000000000.000001",
        "1000000000.0000001",
        "99999999999999999999999",
    };
    uint64_t us = 42;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(seconds_parse(cases[i], &us), -1);
        assert_true(us == 42);
    }
}

static void code_or_keep(void)
{
    struct buf b;
    size_t before;

    buf_init(&b, 1 << 20);
    for (int i = 0; i < 20; i++) {
        before = b.len;
        if (base64_encode(&b, slice_str("foobarfoobarfoobarfoobar!")) < 0)
            assert_int_equal(b.len, before);
        before = b.len;
        if (base64_decode(&b, slice_str("Zm9vYmFyZm9vYmFyZm9vYmE=")) < 0)
            assert_int_equal(b.len, before);
        before = b.len;
        if (hex_encode(&b, slice_str("foobarfoobarfoobarfoobar!")) < 0)
            assert_int_equal(b.len, before);
        before = b.len;
        if (hex_decode(&b, slice_str("00112233445566778899")) < 0)
            assert_int_equal(b.len, before);
    }
    buf_clear(&b);
}

static void duration_print_gives_what_duration_parse_reads(void **state)
{
    static const struct {
        uint64_t us;
        const char *text;
    } rows[] = {{0, "0ms"},
                {1, "1us"},
                {1500, "1500us"},
                {2000, "2ms"},
                {1500000, "1500ms"},
                {60000000, "60s"},
                {UINT64_MAX, "18446744073709551615us"}};
    char text[DURATION_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        duration_print(rows[i].us, text);
        assert_string_equal(text, rows[i].text);
    }
}

static void codec_without_memory_keeps_the_content(void **state)
{
    (void)state;
    ALLOC_EACH(code_or_keep());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_encode_gives_the_vectors_of_the_rfc),
        cmocka_unit_test(base64_decode_reads_the_vectors_of_the_rfc),
        cmocka_unit_test(base64_decode_names_the_first_bad_column),
        cmocka_unit_test(base64_decode_fits_a_buffer_of_exactly_the_size),
        cmocka_unit_test(hex_encode_writes_lower_case),
        cmocka_unit_test(hex_decode_reads_either_case_and_skips_blanks_between_pairs),
        cmocka_unit_test(hex_decode_names_the_first_bad_column),
        cmocka_unit_test(size_parse_knows_powers_of_1024),
        cmocka_unit_test(size_parse_refuses_what_is_no_size_or_does_not_fit),
        cmocka_unit_test(seconds_parse_gives_microseconds),
        cmocka_unit_test(duration_parse_knows_units),
        cmocka_unit_test(seconds_parse_refuses_signs_exponents_and_too_much),
        cmocka_unit_test(duration_print_gives_what_duration_parse_reads),
        cmocka_unit_test(codec_without_memory_keeps_the_content),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

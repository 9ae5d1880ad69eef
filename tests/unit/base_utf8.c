#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"

struct sample {
    const char *bytes;
    size_t bad; /* offset of the first impossible byte, or the length */
    bool complete;
};

/* RFC 3629, section 4, at the edges of each of its ranges. */
static const struct sample samples[] = {
    {"", 0, true},
    {"plain", 5, true},
    {"\x7F", 1, true},
    {"\xC2\x80", 2, true},
    {"\xDF\xBF", 2, true},
    {"\xE0\xA0\x80", 3, true},
    {"\xEC\xBF\xBF", 3, true},
    {"\xED\x9F\xBF", 3, true},
    {"\xEE\x80\x80", 3, true},
    {"\xEF\xBF\xBF", 3, true},
    {"\xF0\x90\x80\x80", 4, true},
    {"\xF3\xBF\xBF\xBF", 4, true},
    {"\xF4\x8F\xBF\xBF", 4, true},
    {"\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5", 11, true},
    {"a\xC3", 2, false},
    {"a\xE2\x82", 3, false},
    {"a\xF0\x9F", 3, false},
    {"a\xF0\x9F\x98", 4, false},
    {"\x80", 0, true},
    {"\xBF", 0, true},
    {"\xC0\x80", 0, true},
    {"\xC1\xBF", 0, true},
    {"\xE0\x9F\xBF", 1, true},
    {"\xE0\x80", 1, true},
    {"\xED\xA0\x80", 1, true},
    {"\xED\xBF\xBF", 1, true},
    {"\xF0\x8F\xBF\xBF", 1, true},
    {"\xF4\x90\x80\x80", 1, true},
    {"\xF5\x80\x80\x80", 0, true},
    {"\xFE", 0, true},
    {"\xFF", 0, true},
    {"\xC3\x28", 1, true},
    {"\xE2\x28\xA1", 1, true},
    {"\xE2\x82\x28", 2, true},
    {"\xF0\x90\x28\xBC", 2, true},
    {"\xF0\x90\x8C\x28", 3, true},
    {"\xC3\xC3", 1, true},
    {"ok\xC3\xA9\x80", 4, true},
    {"\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5\xED\xA0\x80"
     "edited",
     12, true},
    {"\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5\xF4\x90\x80\x80"
     "edited",
     12, true},
};

#define EACH_SAMPLE(s) \
    (const struct sample *s = samples; s < samples + sizeof samples / sizeof *samples; s++)

/* Feed n bytes in two pieces; the offset of the first bad byte in the whole, or n. */
static size_t check_in_two(struct utf8 *u, const uint8_t *bytes, size_t n, size_t split)
{
    size_t good = utf8_check(u, bytes, split);

    return good < split ? good : split + utf8_check(u, bytes + split, n - split);
}

static void utf8_check_finds_the_first_impossible_byte(void **state)
{
    (void)state;
    for
        EACH_SAMPLE(s)
        {
            struct utf8 u = {0};

            assert_int_equal(utf8_check(&u, (const uint8_t *)s->bytes, strlen(s->bytes)), s->bad);
            assert_int_equal(utf8_complete(&u), s->complete);
        }
}

static void utf8_check_goes_on_at_any_byte(void **state)
{
    (void)state;
    for
        EACH_SAMPLE(s)
        {
            size_t n = strlen(s->bytes);

            for (size_t split = 0; split <= n; split++) {
                struct utf8 u = {0};

                assert_int_equal(check_in_two(&u, (const uint8_t *)s->bytes, n, split), s->bad);
                assert_int_equal(utf8_complete(&u), s->complete);
            }
        }
}

static void utf8_check_byte_by_byte_fails_at_the_same_byte(void **state)
{
    (void)state;
    for
        EACH_SAMPLE(s)
        {
            size_t n = strlen(s->bytes);
            struct utf8 u = {0};
            size_t at = 0;

            while (at < n && utf8_check(&u, (const uint8_t *)s->bytes + at, 1) == 1)
                at++;
            assert_int_equal(at, s->bad);
        }
}

/* The wide steps must not change the answer: each sample at each offset of a long ASCII text, and
 * of one of two-byte characters. */
static void utf8_check_answers_alike_at_every_alignment(void **state)
{
    uint8_t text[320];

    (void)state;
    for
        EACH_SAMPLE(s)
        {
            size_t n = strlen(s->bytes);

            for (size_t before = 0; before < 260; before++) {
                struct utf8 u = {0};
                size_t bad = before + s->bad;

                memset(text, 'a', sizeof text);
                memcpy(text + before, s->bytes, n);
                assert_int_equal(utf8_check(&u, text, before + n), bad);
                assert_int_equal(utf8_complete(&u), s->complete);

                for (size_t i = 0; i + 1 < before; i += 2)
                    memcpy(text + i, "\xD0\xB9", 2);
                memset(&u, 0, sizeof u);
                assert_int_equal(utf8_check(&u, text, before + n), bad);
                assert_int_equal(utf8_complete(&u), s->complete);

                /* An open character is broken by what follows, if anything does. */
                if (!s->complete) {
                    memset(&u, 0, sizeof u);
                    assert_int_equal(utf8_check(&u, text, sizeof text), bad);
                }
            }
        }
}

static void utf8_check_knows_what_it_waits_for(void **state)
{
    struct utf8 u = {0};

    (void)state;
    assert_int_equal(utf8_check(&u, (const uint8_t *)"\xF4", 1), 1);
    assert_int_equal(u.need, 3);
    assert_int_equal(u.have, 1);
    assert_int_equal(u.low, 0x80);
    assert_int_equal(u.high, 0x8F);
    assert_int_equal(utf8_check(&u, (const uint8_t *)"\x8F", 1), 1);
    assert_int_equal(u.need, 2);
    assert_int_equal(u.have, 2);
    assert_int_equal(u.low, 0x80);
    assert_int_equal(u.high, 0xBF);
    assert_int_equal(utf8_check(&u, NULL, 0), 0);
    assert_int_equal(u.need, 2);
    assert_int_equal(u.have, 2);
    assert_int_equal(utf8_check(&u, (const uint8_t *)"\xBF", 1), 1);
    assert_int_equal(u.have, 3);
    assert_int_equal(utf8_check(&u, (const uint8_t *)"\xBF", 1), 1);
    assert_true(utf8_complete(&u));
    assert_int_equal(u.have, 0);
}

static void utf8_check_starts_over_after_a_failure(void **state)
{
    struct utf8 u = {0};

    (void)state;
    assert_int_equal(utf8_check(&u, (const uint8_t *)"\xE2\x28", 2), 1);
    assert_true(utf8_complete(&u));
    assert_int_equal(utf8_check(&u, (const uint8_t *)"fine", 4), 4);
}

static void utf8_valid_wants_the_last_character_whole(void **state)
{
    (void)state;
    for
        EACH_SAMPLE(s)
        {
            size_t n = strlen(s->bytes);

            assert_int_equal(utf8_valid((const uint8_t *)s->bytes, n), s->bad == n && s->complete);
        }
    assert_true(utf8_valid(NULL, 0));
    assert_true(utf8_valid((const uint8_t *)"a\0b", 3));
}

static void utf8_decode_gives_the_code_and_the_length(void **state)
{
    static const struct {
        const char *bytes;
        int length;
        uint32_t code;
    } cases[] = {
        {"A", 1, 'A'},
        {"\x7F", 1, 0x7F},
        {"\xC2\x80", 2, 0x80},
        {"\xC3\xA9x", 2, 0xE9},
        {"\xE0\xA0\x80", 3, 0x800},
        {"\xE2\x82\xAC", 3, 0x20AC},
        {"\xEF\xBF\xBD", 3, 0xFFFD},
        {"\xF0\x90\x80\x80", 4, 0x10000},
        {"\xF0\x9F\x98\x80", 4, 0x1F600},
        {"\xF4\x8F\xBF\xBF", 4, 0x10FFFF},
    };
    uint32_t code;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const uint8_t *bytes = (const uint8_t *)cases[i].bytes;

        assert_int_equal(utf8_decode(bytes, strlen(cases[i].bytes), &code), cases[i].length);
        assert_int_equal(code, cases[i].code);
    }
    assert_int_equal(utf8_decode((const uint8_t *)"\0", 1, &code), 1);
    assert_int_equal(code, 0);
}

static void utf8_decode_counts_the_bytes_that_show_as_one_invalid(void **state)
{
    static const struct {
        const char *bytes;
        int length;
    } cases[] = {
        {"\x80", -1},          {"\xFFz", -1},
        {"\xC0\x80", -1},      {"\xC3", -1},
        {"\xC3(", -1},         {"\xE0\x80\x80", -1},
        {"\xED\xA0\x80", -1},  {"\xE2\x82", -2},
        {"\xE2\x82(", -2},     {"\xF0\x80\x80", -1},
        {"\xF0\x9F\x98", -3},  {"\xF0\x9F", -2},
        {"\xF0\x9F\x98(", -3}, {"\xF4\x90\x80\x80", -1},
        {"\xF5\x80", -1},
    };
    uint32_t code;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(
            utf8_decode((const uint8_t *)cases[i].bytes, strlen(cases[i].bytes), &code),
            cases[i].length);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_check_finds_the_first_impossible_byte),
        cmocka_unit_test(utf8_check_goes_on_at_any_byte),
        cmocka_unit_test(utf8_check_byte_by_byte_fails_at_the_same_byte),
        cmocka_unit_test(utf8_check_answers_alike_at_every_alignment),
        cmocka_unit_test(utf8_check_knows_what_it_waits_for),
        cmocka_unit_test(utf8_check_starts_over_after_a_failure),
        cmocka_unit_test(utf8_valid_wants_the_last_character_whole),
        cmocka_unit_test(utf8_decode_gives_the_code_and_the_length),
        cmocka_unit_test(utf8_decode_counts_the_bytes_that_show_as_one_invalid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

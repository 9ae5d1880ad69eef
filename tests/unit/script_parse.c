#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "alloc.h"
#include "script/expect/parse.h"

static void parse_name_ends_at_the_first_blank(void **state)
{
    const char *args;

    (void)state;
    assert_true(slice_is(parse_name("send  two words ", &args), "send"));
    assert_string_equal(args, "two words ");
    assert_true(slice_is(parse_name("quit", &args), "quit"));
    assert_string_equal(args, "");
    assert_true(slice_is(parse_name("", &args), ""));
    assert_true(slice_is(parse_name("a\nb", &args), "a"));
}

static void expect_word(const char **at, const char *expected)
{
    struct buf word;
    struct err e;

    buf_init(&word, 100);
    assert_int_equal(parse_word(at, &word, &e), 1);
    assert_true(slice_is(buf_slice(&word), expected));
    buf_clear(&word);
}

static void parse_word_holds_quoted_blanks_together(void **state)
{
    const char *at = "  one text=\"two \\\"quoted\\\" words\"\ttab\"\"s  ";
    struct buf word;
    struct err e;

    (void)state;
    buf_init(&word, 100);
    expect_word(&at, "one");
    expect_word(&at, "text=two \"quoted\" words");
    expect_word(&at, "tabs");
    assert_int_equal(parse_word(&at, &word, &e), 0);
    buf_clear(&word);
}

static void parse_word_knows_escapes_in_quotes_alone(void **state)
{
    const char *at = "\"a\\nb\\tc\\\\\" c:\\n";

    (void)state;
    expect_word(&at, "a\nb\tc\\");
    expect_word(&at, "c:\\n");
}

static void parse_word_refuses_an_open_quote(void **state)
{
    const char *at = "text=\"open";
    struct buf word;
    struct err e;

    (void)state;
    buf_init(&word, 100);
    assert_int_equal(parse_word(&at, &word, &e), -1);
    assert_int_equal(e.code, EXIT_USAGE);
    buf_clear(&word);
}

struct frame_case {
    const char *args;
    struct frame_spec spec;
    const char *payload;
};

static void parse_frame_takes_every_part(void **state)
{
    static const struct frame_case cases[] = {
        {"op=text text=x", {.opcode = 1, .fin = true}, "x"},
        {"op=binary fin=0 hex=6162", {.opcode = 2}, "ab"},
        {"op=cont rsv=7 text=\"a b\"", {.opcode = 0, .fin = true, .rsv = 7}, "a b"},
        {"op=ping mask=off", {.opcode = 9, .fin = true, .mask = FRAME_MASK_OFF}, ""},
        {"op=pong mask=on", {.opcode = 10, .fin = true, .mask = FRAME_MASK_FRESH}, ""},
        {"op=close mask=DEADbeef hex=03e8",
         {.opcode = 8, .fin = true, .mask = FRAME_MASK_KEY, .key = {0xDE, 0xAD, 0xBE, 0xEF}},
         "\x03\xe8"},
        {"op=15 len=9223372036854775808",
         {.opcode = 15, .fin = true, .length_given = true, .length = 1ull << 63},
         ""},
        {"text=first text=second op=1", {.opcode = 1, .fin = true}, "firstsecond"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct frame_spec spec;
        struct buf payload;
        struct err e;

        buf_init(&payload, 100);
        assert_int_equal(parse_frame(cases[i].args, &spec, &payload, &e), 0);
        assert_int_equal(spec.opcode, cases[i].spec.opcode);
        assert_int_equal(spec.fin, cases[i].spec.fin);
        assert_int_equal(spec.rsv, cases[i].spec.rsv);
        assert_int_equal(spec.mask, cases[i].spec.mask);
        assert_memory_equal(spec.key, cases[i].spec.key, 4);
        assert_int_equal(spec.length_given, cases[i].spec.length_given);
        assert_true(spec.length == cases[i].spec.length);
        assert_true(slice_is(buf_slice(&payload), cases[i].payload));
        buf_clear(&payload);
    }
}

static void parse_frame_says_what_is_wrong(void **state)
{
    static const char *const bad[] = {
        "",           "text=x",        "op=16",         "op=word",      "op=text fin=2",
        "op=1 rsv=8", "op=1 mask=abc", "op=1 len=x",    "op=1 hex=abc", "op=1 hex=zz",
        "op=1 foo=1", "op=1 text",     "op=1 text=\"a",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct frame_spec spec;
        struct buf payload;
        struct err e;

        buf_init(&payload, 100);
        assert_int_equal(parse_frame(bad[i], &spec, &payload, &e), -1);
        assert_int_equal(e.code, EXIT_USAGE);
        assert_true(e.text[0] != '\0');
        buf_clear(&payload);
    }
}

static void parse_frame_survives_want_of_memory(void **state)
{
    (void)state;
    ALLOC_EACH({
        struct frame_spec spec;
        struct buf payload;
        struct err e;
        int r;

        buf_init(&payload, 1000);
        r = parse_frame("op=text text=\"some text\" hex=00ff", &spec, &payload, &e);
        assert_true(r == 0 || e.code == EXIT_OTHER);
        buf_clear(&payload);
    });
}

static void parse_close_takes_code_and_reason(void **state)
{
    const char *reason;
    uint16_t code;
    struct err e;

    (void)state;
    assert_int_equal(parse_close("", &code, &reason, &e), 0);
    assert_int_equal(code, 1000);
    assert_string_equal(reason, "");
    assert_int_equal(parse_close("4001 going home now", &code, &reason, &e), 0);
    assert_int_equal(code, 4001);
    assert_string_equal(reason, "going home now");
}

/* RFC 6455, section 7.4.1: these never stand on the wire. */
static void parse_close_refuses_codes_that_may_not_be_sent(void **state)
{
    static const char *const bad[] = {"1005", "1006",  "1015", "999",   "0",
                                      "5000", "70000", "bye",  "-1000", "10000000000"};
    const char *reason;
    uint16_t code;
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(parse_close(bad[i], &code, &reason, &e), -1);
}

static void parse_close_refuses_a_reason_beyond_123_bytes(void **state)
{
    char args[200] = "1000 ";
    const char *reason;
    uint16_t code;
    struct err e;

    (void)state;
    memset(args + 5, 'x', 123);
    args[5 + 123] = '\0';
    assert_int_equal(parse_close(args, &code, &reason, &e), 0);
    args[5 + 123] = 'x';
    args[5 + 124] = '\0';
    assert_int_equal(parse_close(args, &code, &reason, &e), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse_name_ends_at_the_first_blank),
        cmocka_unit_test(parse_word_holds_quoted_blanks_together),
        cmocka_unit_test(parse_word_knows_escapes_in_quotes_alone),
        cmocka_unit_test(parse_word_refuses_an_open_quote),
        cmocka_unit_test(parse_frame_takes_every_part),
        cmocka_unit_test(parse_frame_says_what_is_wrong),
        cmocka_unit_test(parse_frame_survives_want_of_memory),
        cmocka_unit_test(parse_close_takes_code_and_reason),
        cmocka_unit_test(parse_close_refuses_codes_that_may_not_be_sent),
        cmocka_unit_test(parse_close_refuses_a_reason_beyond_123_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

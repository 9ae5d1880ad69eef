#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/json_scan.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* A letter a token, as JSON_ERROR .. JSON_NULL. */
static char letter(enum json_token kind)
{
    return "!.{}[]:,ksntf0"[kind + 1];
}

/* The tokens of a text as letters. */
static void scan(struct slice text, char *letters, size_t size, size_t *pos)
{
    struct json_scan s;
    struct slice token;
    enum json_token kind;
    size_t n = 0;

    json_scan_init(&s, text);
    do {
        kind = json_scan_next(&s, &token);
        assert_true(n + 1 < size);
        letters[n++] = letter(kind);
        assert_int_equal(token.len == 0, kind <= JSON_END);
    } while (kind > JSON_END);
    letters[n] = '\0';
    *pos = s.pos;
}

static void assert_scan(const char *text, const char *expect)
{
    char letters[256];
    size_t pos;

    scan(slice_str(text), letters, sizeof letters, &pos);
    assert_string_equal(letters, expect);
    assert_int_equal(pos, strlen(text));
    assert_true(json_valid(slice_str(text)));
}

static void json_scan_gives_each_token_in_turn(void **state)
{
    (void)state;
    assert_scan("{}", "{}.");
    assert_scan("[]", "[].");
    assert_scan(" { \"a\" : 1 , \"b\" : [ true , false , null , \"x\" , { } ] } \r\n\t",
                "{k:n,k:[t,f,0,s,{}]}.");
    assert_scan("\"\"", "s.");
    assert_scan("null", "0.");
    assert_scan("[[[]],{\"\":{}}]", "[[[]],{k:{}}].");
    assert_scan("{\"a\":1,\"a\":2}", "{k:n,k:n}.");
}

static void json_scan_tokens_are_slices_of_the_text(void **state)
{
    const char *text = " { \"k\\u00e9y\" : -0.5e+10 , \"b\":\"\\\"\" } ";
    static const char *const tokens[] = {
        "{", "\"k\\u00e9y\"", ":", "-0.5e+10", ",", "\"b\"", ":", "\"\\\"\"", "}",
    };
    struct json_scan s;
    struct slice token;

    (void)state;
    json_scan_init(&s, slice_str(text));
    for (size_t i = 0; i < COUNT(tokens); i++) {
        assert_true(json_scan_next(&s, &token) > JSON_END);
        assert_true(slice_is(token, tokens[i]));
        assert_true((const char *)token.data > text &&
                    (const char *)token.data < text + strlen(text));
    }
    assert_int_equal(json_scan_next(&s, &token), JSON_END);
    assert_int_equal(json_scan_next(&s, &token), JSON_END);
}

static void json_scan_keeps_numbers_as_they_stand(void **state)
{
    static const char *const numbers[] = {
        "0",
        "-0",
        "1",
        "-1",
        "10",
        "0.0",
        "-0.0",
        "1e5",
        "1E+5",
        "1e-5",
        "1e400",
        "0e0",
        "0E-0",
        "9007199254740993",
        "1.0",
        "0.10",
        "1e05",
        "123456789012345678901234567890.123456789e-999999",
        "18446744073709551615",
    };
    struct json_scan s;
    struct slice token;

    (void)state;
    for (size_t i = 0; i < COUNT(numbers); i++) {
        json_scan_init(&s, slice_str(numbers[i]));
        assert_int_equal(json_scan_next(&s, &token), JSON_NUMBER);
        assert_true(slice_is(token, numbers[i]));
        assert_int_equal(json_scan_next(&s, &token), JSON_END);
    }
}

struct broken {
    const char *text;
    size_t pos;
};

static void assert_broken(struct slice text, size_t pos)
{
    char letters[2048];
    size_t at;

    scan(text, letters, sizeof letters, &at);
    assert_int_equal(letters[strlen(letters) - 1], '!');
    assert_int_equal(at, pos);
    assert_false(json_valid(text));
}

static void json_scan_says_where_the_text_is_not_json(void **state)
{
    static const struct broken cases[] = {
        {"", 0},
        {" ", 1},
        {"x", 0},
        {"\xEF\xBB\xBF{}", 0},
        {"nul", 3},
        {"nulL", 3},
        {"True", 0},
        {"truefalse", 4},
        {"NaN", 0},
        {"Infinity", 0},
        {"-", 1},
        {"-x", 1},
        {"+1", 0},
        {".5", 0},
        {"1.", 2},
        {"1.e5", 2},
        {"1e", 2},
        {"1e+", 3},
        {"01", 1},
        {"-01", 2},
        {"0x10", 1},
        {"1 2", 2},
        {"{} {}", 3},
        {"[1] x", 4},
        {"[", 1},
        {"[1", 2},
        {"[1,", 3},
        {"[1,]", 3},
        {"[,1]", 1},
        {"[1 2]", 3},
        {"[1}", 2},
        {"[}", 1},
        {"]", 0},
        {"{", 1},
        {"{]", 1},
        {"{1:2}", 1},
        {"{\"a\"}", 4},
        {"{\"a\" 1}", 5},
        {"{\"a\":}", 5},
        {"{\"a\":1,}", 7},
        {"{\"a\":1 \"b\"", 7},
        {"{\"a\":1]", 6},
        {"{,}", 1},
        {"{a:1}", 1},
        {"{'a':1}", 1},
        {"[1]]", 3},
        {"//c\n1", 0},
        {"\"", 1},
        {"\"abc", 4},
        {"\"abc\\", 5},
        {"\"abc\\\"", 6},
        {"\"a\nb\"", 2},
        {"\"a\tb\"", 2},
        {"\"\x1F\"", 1},
        {"\"\\x\"", 2},
        {"\"\\'\"", 2},
        {"\"\\u\"", 3},
        {"\"\\u12g4\"", 5},
        {"\"\\u123", 6},
        {"\"\\u123\"", 6},
        {"\"\\U0041\"", 2},
        {"\"a long plain text before\x01\"", 25},
        {"\v1", 0},
        {"\f1", 0},
        {"1\xC2\xA0", 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_broken(slice_str(cases[i].text), cases[i].pos);
    assert_broken(slice_make("\"\\\0\"", 4), 2);
    assert_broken(slice_make("\"a\0b\"", 5), 2);
    assert_broken(slice_make("1\0", 2), 1);
    assert_broken(slice_make(NULL, 0), 0);
}

/* RFC 8259, section 8.1. */
static void json_scan_wants_utf8_in_strings(void **state)
{
    (void)state;
    assert_scan("\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\x7F\"", "s.");
    assert_broken(slice_str("\"ab\xFF\""), 3);
    assert_broken(slice_str("\"\xC3\""), 2);
    assert_broken(slice_str("\"\xED\xA0\x80\""), 2);
    assert_broken(slice_str("\"\xC3\\n\""), 2);
    assert_broken(slice_str("{\"\xC0\x80\":1}"), 2);
    assert_broken(slice_str("\"\xC3"), 2);
    assert_broken(slice_str("\"\xFF\n\""), 1);
}

static void json_scan_takes_all_escapes(void **state)
{
    (void)state;
    assert_scan("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\uD800\\udc00\\uABCD\\uabcd\"", "s.");
}

static void json_scan_bounds_the_depth(void **state)
{
    static char text[4 * JSON_DEPTH_MAX];
    size_t n = 0;

    (void)state;
    for (int i = 0; i < JSON_DEPTH_MAX; i++)
        text[n++] = '[';
    assert_broken(slice_make(text, n), n);
    for (int i = 0; i < JSON_DEPTH_MAX; i++)
        text[n++] = ']';
    assert_true(json_valid(slice_make(text, n)));

    memset(text, '[', JSON_DEPTH_MAX + 1);
    assert_broken(slice_make(text, sizeof text), JSON_DEPTH_MAX);
}

static void json_scan_remembers_objects_and_arrays_at_every_level(void **state)
{
    char text[4096];
    size_t n = 0;

    (void)state;
    for (int i = 0; i < 300; i++) {
        memcpy(text + n, i % 3 ? "{\"a\":" : "[", i % 3 ? 5 : 1);
        n += i % 3 ? 5 : 1;
    }
    text[n++] = '1';
    for (int i = 299; i >= 0; i--)
        text[n++] = i % 3 ? '}' : ']';
    assert_true(json_valid(slice_make(text, n)));
    text[n - 150] = text[n - 150] == '}' ? ']' : '}';
    assert_false(json_valid(slice_make(text, n)));
}

static void json_scan_stays_broken(void **state)
{
    struct json_scan s;
    struct slice token;

    (void)state;
    json_scan_init(&s, slice_str("[x 1]"));
    assert_int_equal(json_scan_next(&s, &token), JSON_ARRAY_OPEN);
    assert_int_equal(json_scan_next(&s, &token), JSON_ERROR);
    assert_int_equal(json_scan_next(&s, &token), JSON_ERROR);
    assert_int_equal(s.pos, 1);
}

/* A text cut anywhere is not JSON, and that is told at its end, never beyond. */
static void json_scan_of_a_cut_text_fails_at_its_end(void **state)
{
    const char *text = "{\"a\":[1.5e-3,true,null,\"x\\u00e9\\n\xC3\xA9\"],\"b\":{\"c\":false}}";
    char letters[256];
    size_t pos;

    (void)state;
    for (size_t n = 0; n < strlen(text); n++) {
        scan(slice_make(text, n), letters, sizeof letters, &pos);
        assert_int_equal(letters[strlen(letters) - 1], '!');
        assert_int_equal(pos, n);
    }
}

static void json_plain_run_stops_at_each_byte_that_needs_an_escape(void **state)
{
    uint8_t text[80];

    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        bool special = byte < 0x20 || byte == '"' || byte == '\\' || byte == 0x7F;

        for (size_t at = 0; at < sizeof text; at++) {
            memset(text, at % 2 ? ' ' : 0xC3, sizeof text);
            text[at] = (uint8_t)byte;
            assert_int_equal(json_plain_run(text, sizeof text), special ? at : sizeof text);
            assert_int_equal(json_plain_run(text, at), at);
        }
    }
    assert_int_equal(json_plain_run(NULL, 0), 0);
}

static void json_string_decode_resolves_every_escape(void **state)
{
    static const struct {
        const char *token;
        const char *bytes;
        size_t n;
    } cases[] = {
        {"\"\"", "", 0},
        {"\"plain\"", "plain", 5},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8},
        {"\"a\\u0000b\"", "a\0b", 3},
        {"\"\\u007f\\u0080\\u07FF\\u0800\\uffff\"", "\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF",
         11},
        {"\"\\uD83D\\uDE00\"", "\xF0\x9F\x98\x80", 4},
        {"\"\\uD800\\uDC00\\uDBFF\\uDFFF\"", "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF", 8},
        {"\"\\uD800\"", "\xEF\xBF\xBD", 3},
        {"\"\\uDC00\"", "\xEF\xBF\xBD", 3},
        {"\"\\uDC00\\uD800\"", "\xEF\xBF\xBD\xEF\xBF\xBD", 6},
        {"\"\\uD800x\"", "\xEF\xBF\xBDx", 4},
        {"\"\\uD800\\n\"", "\xEF\xBF\xBD\n", 4},
        {"\"\\uD800\\u0041\"",
         "\xEF\xBF\xBD"
         "A",
         4},
        {"\"\\uD800\\uD83D\\uDE00\"", "\xEF\xBF\xBD\xF0\x9F\x98\x80", 7},
        {"\"\xC3\xA9\\u00e9\"", "\xC3\xA9\xC3\xA9", 4},
    };
    uint8_t out[64];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct slice token = slice_str(cases[i].token);

        assert_true(json_valid(token));
        memset(out, '#', sizeof out);
        assert_int_equal(json_string_decode(token, out), cases[i].n);
        assert_memory_equal(out, cases[i].bytes, cases[i].n);
        for (size_t j = token.len; j < sizeof out; j++)
            assert_int_equal(out[j], '#');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_scan_gives_each_token_in_turn),
        cmocka_unit_test(json_scan_tokens_are_slices_of_the_text),
        cmocka_unit_test(json_scan_keeps_numbers_as_they_stand),
        cmocka_unit_test(json_scan_says_where_the_text_is_not_json),
        cmocka_unit_test(json_scan_wants_utf8_in_strings),
        cmocka_unit_test(json_scan_takes_all_escapes),
        cmocka_unit_test(json_scan_bounds_the_depth),
        cmocka_unit_test(json_scan_remembers_objects_and_arrays_at_every_level),
        cmocka_unit_test(json_scan_stays_broken),
        cmocka_unit_test(json_scan_of_a_cut_text_fails_at_its_end),
        cmocka_unit_test(json_plain_run_stops_at_each_byte_that_needs_an_escape),
        cmocka_unit_test(json_string_decode_resolves_every_escape),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

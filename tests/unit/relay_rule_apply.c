#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alloc.h"
#include "relay/rule.h"

static struct rule parsed(const char *text)
{
    struct rule r;
    struct err e;

    if (rule_parse(slice_str(text), &r, &e) < 0)
        fail_msg("%s: %s", text, e.text);
    return r;
}

static bool matches(const char *match, const struct rule_subject *s)
{
    char text[256];
    struct rule r;
    bool yes;

    snprintf(text, sizeof text, "%s -> drop", match);
    r = parsed(text);
    yes = rule_matches(&r, s);
    rule_clear(&r);
    return yes;
}

static bool fits(const char *match, const char *payload)
{
    struct rule_subject s = {
        .dir = RULE_UP, .opcode = OPCODE_TEXT, .payload = slice_str(payload), .number = 3};

    return matches(match, &s);
}

/* A malloc of exactly the payload, so that a sanitizer sees a byte that is read too many. */
static struct slice alone(const void *bytes, size_t n)
{
    void *copy = malloc(n ? n : 1);

    assert_non_null(copy);
    memcpy(copy, bytes, n);
    return slice_make(copy, n);
}

static void rule_matches_by_direction_and_opcode(void **state)
{
    static const struct {
        const char *match;
        unsigned opcodes; /* a bit each */
    } rows[] = {
        {"any", 1u << OPCODE_TEXT | 1u << OPCODE_BINARY},
        {"text", 1u << OPCODE_TEXT},
        {"binary", 1u << OPCODE_BINARY},
        {"/./", 1u << OPCODE_TEXT | 1u << OPCODE_BINARY},
        {"json \"\"", 1u << OPCODE_TEXT | 1u << OPCODE_BINARY},
        {"message 3", 1u << OPCODE_TEXT | 1u << OPCODE_BINARY},
        {"ping", 1u << OPCODE_PING},
        {"pong", 1u << OPCODE_PONG},
        {"close", 1u << OPCODE_CLOSE},
    };
    static const enum opcode opcodes[] = {OPCODE_TEXT, OPCODE_BINARY, OPCODE_PING, OPCODE_PONG,
                                          OPCODE_CLOSE};
    struct rule_subject s = {.dir = RULE_UP, .payload = slice_str("12"), .number = 3};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t k = 0; k < sizeof opcodes / sizeof *opcodes; k++) {
            s.opcode = opcodes[k];
            if (matches(rows[i].match, &s) != ((rows[i].opcodes >> s.opcode & 1) != 0))
                fail_msg("%s: opcode %d", rows[i].match, s.opcode);
        }
    }
    s.opcode = OPCODE_TEXT;
    assert_true(matches("up any", &s));
    assert_false(matches("down any", &s));
    s.dir = RULE_DOWN;
    assert_false(matches("up any", &s));
    assert_true(matches("down any", &s));
}

static void rule_matches_by_what_is_in_a_message(void **state)
{
    (void)state;
    assert_true(fits("/b+/", "abba"));
    assert_false(fits("/^b+/", "abba"));
    assert_true(fits("/a/b/", "x a/b y"));
    assert_true(fits("/a\\/b/", "x a/b y"));
    assert_true(fits("message 3", "x"));
    assert_false(fits("message 2", "x"));
    assert_true(fits("json /a", "{\"a\":null}"));
    assert_false(fits("json /a", "{\"b\":null}"));
    assert_false(fits("json /a", "{\"a\":null} x"));
    assert_false(fits("json /a", "a"));
    assert_true(fits("json /a/1 = 5", " {\"a\": [0, 5.0]} "));
    assert_true(fits("json /a = word", "{\"a\":\"w\\u006frd\"}"));
    assert_false(fits("json /a = 5", "{\"a\":\"5\"}"));
    assert_true(fits("json /a = \"5\"", "{\"a\":\"5\"}"));
    assert_true(fits("json /a = 9007199254740993", "{\"a\":9007199254740993}"));
    assert_false(fits("json /a = 9007199254740993", "{\"a\":9007199254740992}"));
}

static void rule_does_not_look_into_messages_in_parts(void **state)
{
    struct rule_subject s = {
        .dir = RULE_UP, .opcode = OPCODE_TEXT, .payload = slice_str("1"), .in_parts = true};

    (void)state;
    assert_true(matches("any", &s));
    assert_true(matches("text", &s));
    assert_false(matches("/1/", &s));
    assert_false(matches("json \"\"", &s));
}

static void rules_match_gives_the_first(void **state)
{
    struct rule_subject s = {
        .dir = RULE_DOWN, .opcode = OPCODE_TEXT, .payload = slice_str("ab"), .number = 1};
    struct rules set = {0};
    struct rule r;

    (void)state;
    assert_null(rules_match(&set, &s));
    r = parsed("up any -> drop");
    assert_int_equal(rules_add(&set, &r), 0);
    r = parsed("/b/ -> dup");
    assert_int_equal(rules_add(&set, &r), 0);
    r = parsed("any -> rst");
    assert_int_equal(rules_add(&set, &r), 0);
    assert_int_equal(rules_match(&set, &s)->action, RULE_DUP);
    s.payload = slice_str("a");
    assert_int_equal(rules_match(&set, &s)->action, RULE_RST);
    s.dir = RULE_UP;
    assert_int_equal(rules_match(&set, &s)->action, RULE_DROP);
    rules_clear(&set);
}

/* made: NULL: it stays as it is. */
static void becomes(const char *action, enum opcode opcode, struct slice payload, const char *made)
{
    char text[512];
    struct slice bytes = alone(payload.data, payload.len);
    struct rule r;
    struct buf out;
    int status;

    snprintf(text, sizeof text, "%s -> %s", opcode == OPCODE_PING ? "ping" : "any", action);
    r = parsed(text);
    buf_init(&out, 1 << 20);
    assert_int_equal(buf_append_str(&out, "before"), 0);
    status = rule_rewrite(&r, opcode, bytes, &out);
    buf_consume(&out, 6);
    if (status != (made ? 1 : 0) || !slice_equal(buf_slice(&out), slice_str(made)))
        fail_msg("%s: %.*s: %d: %.*s", action, (int)payload.len, (const char *)payload.data, status,
                 (int)out.len, (const char *)buf_data(&out));
    buf_clear(&out);
    rule_clear(&r);
    free((void *)(uintptr_t)bytes.data);
}

static void rule_rewrite_replaces(void **state)
{
    (void)state;
    becomes("replace new text", OPCODE_TEXT, slice_str("old"), "new text");
    becomes("replace new", OPCODE_BINARY, slice_str(""), "new");
    becomes("replace same", OPCODE_TEXT, slice_str("same"), NULL);
    becomes("drop", OPCODE_TEXT, slice_str("old"), NULL);
}

static void rule_rewrite_substitutes_every_occurrence(void **state)
{
    static const struct {
        const char *action, *payload, *made;
    } rows[] = {
        {"sub /a/b/", "banana", "bbnbnb"},
        {"sub /a//", "banana", "bnn"},
        {"sub /x/y/", "banana", NULL},
        {"sub /a/a/", "banana", NULL},
        {"sub /^a/b/", "aaa", "baa"},
        {"sub /a$/b/", "aaa", "aab"},
        {"sub /a*/x/", "baaac", "xbxcx"},
        {"sub /x*/-/", "abc", "-a-b-c-"},
        {"sub /$/!/", "abc", "abc!"},
        {"sub /x*/-/", "", "-"},
        {"sub /x*/-/", "\xC3\xA9", "-\xC3\xA9-"}, /* not inside a character */
        {"sub /a\\/b/c\\/d/", "1a/b2", "1c/d2"},
        {"sub /(a)(x)?(b)/<\\3\\2\\1\\0>/", "1ab2", "1<baab>2"},
        {"sub /a/\\\\1/", "a", "\\1"},
        {"sub /a/\\n\\\"&/", "a", "\\n\\\"&"},
        {"sub /\"price\":[0-9]+/\"price\":0/", "{\"price\":42,\"n\":1,\"price\":7}",
         "{\"price\":0,\"n\":1,\"price\":0}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        becomes(rows[i].action, OPCODE_TEXT, slice_str(rows[i].payload), rows[i].made);
}

static void rule_rewrite_reads_past_nul_bytes(void **state)
{
    struct rule r = parsed("any -> sub /b/c/");
    struct slice bytes = alone("a\0b\0b", 5);
    struct buf out;

    (void)state;
    buf_init(&out, 64);
    assert_int_equal(rule_rewrite(&r, OPCODE_BINARY, bytes, &out), 1);
    assert_true(slice_equal(buf_slice(&out), slice_make("a\0c\0c", 5)));
    buf_clear(&out);
    rule_clear(&r);
    free((void *)(uintptr_t)bytes.data);
}

static void rule_rewrite_sets_and_changes_nothing_else(void **state)
{
    static const struct {
        const char *action, *payload, *made;
    } rows[] = {
        {"set /a 5", "{\"a\":1}", "{\"a\":5}"},
        {"set /a 5", " { \"b\" : 1.50 ,\t\"a\" :\r\n\"x\" } ",
         " { \"b\" : 1.50 ,\t\"a\" :\r\n5 } "},
        {"set /a/1/b \"n\"", "{\"a\":[0,{\"b\":[1,2]}],\"a\":0}",
         "{\"a\":[0,{\"b\":\"n\"}],\"a\":0}"},
        {"set \"\" 5", " [1] ", " 5 "},
        {"set /a word", "{\"a\":1}", "{\"a\":\"word\"}"},
        {"set /a~1b 2", "{\"a/b\":1,\"n\":9007199254740993}", "{\"a/b\":2,\"n\":9007199254740993}"},
        {"set /\xC3\xA9 2", "{\"\\u00e9\":1}", "{\"\\u00e9\":2}"},
        {"set /a 5", "{\"b\":1}", NULL},
        {"set /a 5", "{\"a\":5}", NULL},
        {"set /a 5", "{\"a\":1", NULL},
        {"set /a 5", "{\"a\":1} x", NULL},
        {"set /a 5", "a", NULL},
        {"set /a 5", "", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        becomes(rows[i].action, OPCODE_TEXT, slice_str(rows[i].payload), rows[i].made);
        becomes(rows[i].action, OPCODE_BINARY, slice_str(rows[i].payload), rows[i].made);
    }
}

/* Neither a text that is not UTF-8 nor a ping that is too large leaves. */
static void rule_rewrite_makes_no_invalid_frame(void **state)
{
    char most[126];

    (void)state;
    memset(most, 'a', sizeof most);
    most[125] = '\0';
    becomes("sub /a/b/", OPCODE_TEXT, slice_str("a\xC3\xA9"), "b\xC3\xA9");
    becomes("sub /a/bb/", OPCODE_PING, slice_str("a"), "bb");
    becomes("sub /^a/bb/", OPCODE_PING, slice_str(most), NULL);
    becomes("sub /^a/bb/", OPCODE_TEXT, slice_str("a"), "bb");
}

static void rule_rewrite_stays_within_the_buffer(void **state)
{
    struct rule r = parsed("any -> sub /a/bbbb/");
    struct buf out;

    (void)state;
    buf_init(&out, 10);
    assert_int_equal(buf_append_str(&out, "12"), 0);
    assert_int_equal(rule_rewrite(&r, OPCODE_TEXT, slice_str("aaa"), &out), -1);
    assert_true(slice_is(buf_slice(&out), "12"));
    assert_int_equal(rule_rewrite(&r, OPCODE_TEXT, slice_str("aa"), &out), 1);
    assert_true(slice_is(buf_slice(&out), "12bbbbbbbb"));
    buf_clear(&out);
    rule_clear(&r);
}

/* An expression that may run on from each byte to the end sees a bounded part of a payload. */
static void rule_regex_with_a_repetition_looks_at_the_window(void **state)
{
    size_t n = RULE_REGEX_WINDOW * 4;
    char *bytes = malloc(n);
    struct rule_subject s = {.dir = RULE_UP, .opcode = OPCODE_TEXT};
    struct rule r = parsed("any -> sub /z+|a$/y/");
    struct buf out;

    (void)state;
    assert_non_null(bytes);
    memset(bytes, 'a', n);
    bytes[RULE_REGEX_WINDOW - 2] = 'z';
    bytes[RULE_REGEX_WINDOW] = bytes[n - 1] = 'x';
    s.payload = slice_make(bytes, n);
    assert_true(matches("/x/", &s));
    assert_true(matches("/ax$/", &s));
    assert_false(matches("/ax+/", &s));
    assert_false(matches("/a+x/", &s));
    assert_false(matches("/a+$/", &s)); /* nor is the end of the window the end of the text */
    assert_true(matches("/za+/", &s));
    buf_init(&out, n);
    assert_int_equal(rule_rewrite(&r, OPCODE_TEXT, s.payload, &out), 1);
    bytes[RULE_REGEX_WINDOW - 2] = 'y';
    assert_true(slice_equal(buf_slice(&out), s.payload));
    buf_clear(&out);
    rule_clear(&r);
    free(bytes);
}

static void rewrite_or_keep(const char *text)
{
    struct rule r;
    struct err e;
    struct buf out;

    buf_init(&out, 1 << 20);
    if (rule_parse(slice_str(text), &r, &e) == 0) {
        if (rule_rewrite(&r, OPCODE_TEXT, slice_str("{\"a\":\"aa\"}"), &out) < 0)
            assert_int_equal(out.len, 0);
        rule_clear(&r);
    }
    buf_clear(&out);
}

static void rule_rewrite_without_memory_appends_nothing(void **state)
{
    (void)state;
    ALLOC_EACH(
        rewrite_or_keep("any -> sub /a/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb/"));
    ALLOC_EACH(rewrite_or_keep("any -> set /a 5"));
    ALLOC_EACH(rewrite_or_keep("any -> replace text"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_matches_by_direction_and_opcode),
        cmocka_unit_test(rule_matches_by_what_is_in_a_message),
        cmocka_unit_test(rule_does_not_look_into_messages_in_parts),
        cmocka_unit_test(rules_match_gives_the_first),
        cmocka_unit_test(rule_rewrite_replaces),
        cmocka_unit_test(rule_rewrite_substitutes_every_occurrence),
        cmocka_unit_test(rule_rewrite_reads_past_nul_bytes),
        cmocka_unit_test(rule_rewrite_sets_and_changes_nothing_else),
        cmocka_unit_test(rule_rewrite_makes_no_invalid_frame),
        cmocka_unit_test(rule_rewrite_stays_within_the_buffer),
        cmocka_unit_test(rule_regex_with_a_repetition_looks_at_the_window),
        cmocka_unit_test(rule_rewrite_without_memory_appends_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

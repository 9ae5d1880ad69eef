#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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

static void rule_parse_reads_every_match(void **state)
{
    static const struct {
        const char *text;
        enum rule_match on;
        enum rule_dir dir;
        const char *pointer, *value;
        uint64_t number;
    } rows[] = {
        {"any -> drop", RULE_ON_ANY, RULE_BOTH, NULL, NULL, 0},
        {"up text -> drop", RULE_ON_TEXT, RULE_UP, NULL, NULL, 0},
        {"down binary->drop", RULE_ON_BINARY, RULE_DOWN, NULL, NULL, 0},
        {"/a+b/ -> drop", RULE_ON_REGEX, RULE_BOTH, NULL, NULL, 0},
        {"json /a/b -> drop", RULE_ON_JSON, RULE_BOTH, "/a/b", NULL, 0},
        {"json \"/a b\" -> drop", RULE_ON_JSON, RULE_BOTH, "/a b", NULL, 0},
        {"json \"\" = [] -> drop", RULE_ON_JSON, RULE_BOTH, "", "[]", 0},
        {"json /a = 5 -> drop", RULE_ON_JSON, RULE_BOTH, "/a", "5", 0},
        {"json /a=5->drop", RULE_ON_JSON, RULE_BOTH, "/a=5", NULL, 0},
        {"json /a =5-> drop", RULE_ON_JSON, RULE_BOTH, "/a", "5", 0},
        {"json /a == \"5\" -> drop", RULE_ON_JSON, RULE_BOTH, "/a", "\"5\"", 0},
        {"json /a = \"x -> y\" -> drop", RULE_ON_JSON, RULE_BOTH, "/a", "\"x -> y\"", 0},
        {"json /a = two words -> drop", RULE_ON_JSON, RULE_BOTH, "/a", "\"two words\"", 0},
        {"json /a = 2 words -> drop", RULE_ON_JSON, RULE_BOTH, "/a", "\"2 words\"", 0},
        {"json /a = {\"b\": [1, 2]} -> drop", RULE_ON_JSON, RULE_BOTH, "/a", "{\"b\": [1, 2]}", 0},
        {"message 18446744073709551615 -> drop", RULE_ON_MESSAGE, RULE_BOTH, NULL, NULL,
         UINT64_MAX},
        {"ping -> drop", RULE_ON_PING, RULE_BOTH, NULL, NULL, 0},
        {"pong -> drop", RULE_ON_PONG, RULE_BOTH, NULL, NULL, 0},
        {"\tup\tclose\t->\tdrop\t", RULE_ON_CLOSE, RULE_UP, NULL, NULL, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rule r = parsed(rows[i].text);

        if (r.on != rows[i].on || r.dir != rows[i].dir || r.action != RULE_DROP ||
            r.number != rows[i].number)
            fail_msg("%s: read as another", rows[i].text);
        if (rows[i].pointer)
            assert_string_equal(r.pointer, rows[i].pointer);
        if (rows[i].value)
            assert_string_equal(r.value, rows[i].value);
        else
            assert_null(r.value);
        rule_clear(&r);
    }
}

static void rule_parse_reads_every_action(void **state)
{
    static const struct {
        const char *text;
        enum rule_action action;
        const char *kept; /* r.text */
    } rows[] = {
        {"any -> drop", RULE_DROP, ""},
        {"any -> dup", RULE_DUP, ""},
        {"any -> delay 200ms", RULE_DELAY, ""},
        {"any -> hold", RULE_HOLD, ""},
        {"any -> replace a -> b ", RULE_REPLACE, "a -> b "},
        {"any -> sub /a\\/b/c\\/d/", RULE_SUB, "c\\/d"},
        {"any -> sub /a//", RULE_SUB, ""},
        {"any -> set /a 5", RULE_SET, "5"},
        {"any -> set /a {\"b\": 1} ", RULE_SET, "{\"b\": 1}"},
        {"any -> set /a a \"b\"", RULE_SET, "\"a \\\"b\\\"\""},
        {"any -> inject up hello", RULE_INJECT, "hello"},
        {"any -> inject down {}", RULE_INJECT, "{}"},
        {"any -> close 4001", RULE_CLOSE, ""},
        {"any -> rst", RULE_RST, ""},
    };
    struct rule r;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        r = parsed(rows[i].text);
        assert_int_equal(r.action, rows[i].action);
        assert_true(slice_is(buf_slice(&r.text), rows[i].kept));
        rule_clear(&r);
    }
    r = parsed("any -> delay 200ms");
    assert_int_equal(r.delay_us, 200000);
    rule_clear(&r);
    r = parsed("any -> inject up hello");
    assert_int_equal(r.to, RULE_UP);
    rule_clear(&r);
    r = parsed("any -> inject down hello");
    assert_int_equal(r.to, RULE_DOWN);
    rule_clear(&r);
    r = parsed("any -> close 4001");
    assert_int_equal(r.code, 4001);
    rule_clear(&r);
    r = parsed("any -> set \"/a b\" 5");
    assert_string_equal(r.target, "/a b");
    rule_clear(&r);
}

/* What is printed is what would be typed. */
static void rule_print_repeats_what_was_read(void **state)
{
    static const struct {
        const char *text, *printed; /* NULL: the same */
    } rows[] = {
        {"any -> drop", NULL},
        {"up text -> dup", NULL},
        {"down binary -> hold", NULL},
        {"/a\\/b/ -> delay 1500ms", NULL},
        {"/a/b/ -> rst", NULL},
        {"json /a -> close 1012", NULL},
        {"json /a = 1.50 -> drop", NULL},
        {"message 7 -> replace  two  words ", "message 7 -> replace two  words "},
        {"ping -> sub /a(b)/\\1\\/\\\\/", NULL},
        {"close -> inject up bye", NULL},
        {"pong -> inject down bye", NULL},
        {"any -> set /a {\"b\" : 1}", NULL},
        {"  up   json  /a  ==  word  ->  delay  2m ", "up json /a = \"word\" -> delay 120s"},
        {"json \"/a b\" -> set \"\" word", "json \"/a b\" -> set \"\" \"word\""},
        {"json \"/a->b\" -> drop", NULL},
        {"json \"/plain\" -> drop", "json /plain -> drop"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rule r = parsed(rows[i].text);
        struct buf out;

        buf_init(&out, 1 << 20);
        assert_int_equal(rule_print(&r, &out), 0);
        assert_int_equal(buf_append(&out, "", 1), 0);
        assert_string_equal((const char *)buf_data(&out),
                            rows[i].printed ? rows[i].printed : rows[i].text);
        buf_clear(&out);
        rule_clear(&r);
    }
}

static void rule_parse_points_at_the_mistake(void **state)
{
    static const struct {
        const char *text;
        long at;
        const char *says;
    } rows[] = {
        {"", 0, "what the rule is about is missing"},
        {"up", 2, "what the rule is about is missing"},
        {"-> drop", 0, "what the rule is about is missing"},
        {"anny -> drop", 0, "did you mean \"any\"?"},
        {"up everything -> drop", 3, "\"everything\" is not anything that a rule can match"},
        {"any", 3, "-> and what is to be done are missing"},
        {"any drop", 4, "-> is expected where \"drop\" is"},
        {"any -> ", 7, "what is to be done is missing"},
        {"any -> drp", 7, "did you mean \"drop\"?"},
        {"any -> drop it", 12, "nothing may follow drop, where \"it\" is"},
        {"/a", 2, "the slash after the regular expression is missing"},
        {"/a/", 3, "-> and what is to be done are missing"},
        {"// -> drop", 0, "is empty"},
        {"up /a(/ -> drop", 3, "is not a regular expression"},
        {"/\\d/ -> drop", 0, "[0-9]"},
        {"/(a)\\1/ -> drop", 4, "back-references"},
        {"/[{](a)\\1/ -> drop", 7, "back-references"},
        {"/(a{9,40}){30}/ -> drop", 10, "its repetitions written out"},
        {"/(a{9})*{200}/ -> drop", 8, "its repetitions written out"},
        {"/a+++++++++++/ -> drop", 11, "its repetitions written out"},
        {"/((((((((((a+)+)+)+)+)+)+)+)+)+)/ -> drop", 28, "its repetitions written out"},
        {"/(((((((((((((((((((((((((((((((((a/ -> drop", 33, "nested more than 32 deep"},
        {"json -> drop", 5, "json needs a JSON Pointer"},
        {"json op -> drop", 5, "\"/op\""},
        {"json /a~ -> drop", 5, "~0"},
        {"json /a = -> drop", 10, "a value is missing here"},
        {"json /a = [1 -> drop", 10, "\"[1\" is not valid JSON"},
        {"json /a = 1", 11, "-> and what is to be done are missing"},
        {"json /a 1 -> drop", 8, "-> is expected"},
        {"message -> drop", 8, "whole number above 0"},
        {"message 0 -> drop", 8, "whole number above 0"},
        {"message 18446744073709551616 -> drop", 8, "whole number above 0"},
        {"any -> delay", 12, "a time above 0"},
        {"any -> delay 0", 13, "a time above 0"},
        {"any -> delay 5x", 13, "not \"5x\""},
        {"any -> delay 5s now", 16, "nothing may follow the time"},
        {"any -> replace ", 15, "replace needs the text"},
        {"any -> sub a", 11, "sub takes /REGEX/TEXT/"},
        {"any -> sub /a", 13, "the second slash is missing"},
        {"any -> sub /a/b", 15, "the last slash is missing"},
        {"any -> sub /a/b/g", 16, "nothing may follow the last slash"},
        {"any -> sub //b/", 11, "is empty"},
        {"any -> sub /a(b)/\\2/", 17, "\\2 is not there: the regular expression has 1 group"},
        {"any -> set", 10, "set needs a JSON Pointer"},
        {"any -> set /a", 13, "a value is missing here"},
        {"any -> set /a {", 14, "is not valid JSON"},
        {"any -> inject hello", 14, "inject takes up"},
        {"any -> inject up ", 17, "inject needs the text"},
        {"any -> close", 12, "1000 to 4999"},
        {"any -> close 999", 13, "1000 to 4999"},
        {"any -> close 5000", 13, "1000 to 4999"},
        {"ping -> hold", 8, "hold cannot be done to a ping"},
        {"pong -> set /a 1", 8, "set cannot be done to a pong"},
        {"close -> dup", 9, "dup cannot be done to a close"},
        {"close -> replace x", 9, "replace cannot be done to a close"},
        {"any -> drop\xFF", 0, "UTF-8"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rule r, empty = {0};
        struct err e;

        memset(&r, 0x55, sizeof r);
        if (rule_parse(slice_str(rows[i].text), &r, &e) == 0)
            fail_msg("%s was taken", rows[i].text);
        assert_int_equal(e.code, EXIT_USAGE);
        assert_true(e.hint[0] != '\0');
        if (e.at != rows[i].at || !strstr(e.text, rows[i].says))
            fail_msg("%s: at %ld: %s", rows[i].text, e.at, e.text);
        assert_memory_equal(&r, &empty, sizeof r);
    }
}

static void rule_parse_has_bounds(void **state)
{
    struct slice nul = slice_make("any -> replace a\0b", 18);
    char *text = malloc(RULE_TEXT_MAX + 1);
    struct rule r;
    struct err e;

    (void)state;
    assert_int_equal(rule_parse(nul, &r, &e), -1);
    assert_int_equal(e.at, 16);
    assert_non_null(text);
    memset(text, 'x', RULE_TEXT_MAX + 1);
    memcpy(text, "any -> replace ", 15);
    assert_int_equal(rule_parse(slice_make(text, RULE_TEXT_MAX + 1), &r, &e), -1);
    assert_non_null(strstr(e.text, "at most 65536 bytes"));
    assert_int_equal(rule_parse(slice_make(text, RULE_TEXT_MAX), &r, &e), 0);
    rule_clear(&r);
    memcpy(text, "ping-> replace ", 15);
    assert_int_equal(rule_parse(slice_make(text, 15 + 126), &r, &e), -1);
    assert_non_null(strstr(e.text, "at most 125 bytes"));
    assert_int_equal(rule_parse(slice_make(text, 15 + 125), &r, &e), 0);
    rule_clear(&r);
    free(text);
}

/* A sentence quotes what was typed without what would drive a terminal. */
static void rule_parse_quotes_no_control_characters(void **state)
{
    struct rule r;
    struct err e;

    (void)state;
    assert_int_equal(rule_parse(slice_str("a\x1B[2J\x7F -> drop"), &r, &e), -1);
    assert_null(strchr(e.text, '\x1B'));
    assert_null(strchr(e.text, '\x7F'));
}

static void rules_keep_their_order(void **state)
{
    struct rules s = {0};
    struct rule r;

    (void)state;
    for (int i = 0; i < RULES_MAX; i++) {
        r = parsed(i % 2 ? "any -> close 4001" : "any -> close 4000");
        assert_int_equal(rules_add(&s, &r), 0);
        assert_int_equal(r.code, 0);
    }
    r = parsed("any -> drop");
    assert_int_equal(rules_add(&s, &r), -1);
    assert_int_equal(r.action, RULE_DROP);
    rule_clear(&r);
    rules_remove(&s, 0);
    assert_int_equal(s.count, RULES_MAX - 1);
    assert_int_equal(s.items[0].code, 4001);
    assert_int_equal(s.items[1].code, 4000);
    rules_clear(&s);
    assert_int_equal(s.count, 0);
    rules_clear(&s);
}

static void rule_words_are_all_of_them(void **state)
{
    size_t matches = 0, actions = 0;

    (void)state;
    while (rule_match_word(matches))
        matches++;
    while (rule_action_word(actions))
        actions++;
    assert_int_equal(matches, RULE_MATCHES - 1); /* a regular expression has no word */
    assert_int_equal(actions, RULE_ACTIONS);
    assert_string_equal(rule_match_word(matches - 1), "close");
    assert_string_equal(rule_action_name(RULE_RST), "rst");
}

static void parse_or_say_so(const char *text)
{
    struct rules s = {0};
    struct rule r;
    struct err e;
    struct buf out;

    buf_init(&out, 1 << 20);
    if (rule_parse(slice_str(text), &r, &e) < 0) {
        assert_int_not_equal(e.code, EXIT_OK);
    } else {
        (void)rule_print(&r, &out);
        if (rules_add(&s, &r) < 0)
            rule_clear(&r);
    }
    rules_clear(&s);
    buf_clear(&out);
}

static void rule_parse_without_memory_says_so(void **state)
{
    (void)state;
    ALLOC_EACH(parse_or_say_so("json \"/a b\" = word -> set /b word"));
    ALLOC_EACH(parse_or_say_so("/a/ -> sub /b/c/"));
    ALLOC_EACH(parse_or_say_so("any -> inject up text"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_parse_reads_every_match),
        cmocka_unit_test(rule_parse_reads_every_action),
        cmocka_unit_test(rule_print_repeats_what_was_read),
        cmocka_unit_test(rule_parse_points_at_the_mistake),
        cmocka_unit_test(rule_parse_has_bounds),
        cmocka_unit_test(rule_parse_quotes_no_control_characters),
        cmocka_unit_test(rules_keep_their_order),
        cmocka_unit_test(rule_words_are_all_of_them),
        cmocka_unit_test(rule_parse_without_memory_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

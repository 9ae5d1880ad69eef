#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/json_scan.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void assert_found(const char *text, const char *pointer, const char *value)
{
    struct slice found = {0};

    assert_int_equal(json_pointer_get(slice_str(text), pointer, &found), 1);
    assert_true(slice_is(found, value));
    assert_true((const char *)found.data >= text);
    assert_true((const char *)found.data + found.len <= text + strlen(text));
}

static void assert_result(const char *text, const char *pointer, int result)
{
    struct slice found = slice_str("untouched");

    assert_int_equal(json_pointer_get(slice_str(text), pointer, &found), result);
    assert_true(slice_is(found, "untouched"));
}

/* The document of RFC 6901, section 5. */
static const char document[] = "{\"foo\": [\"bar\", \"baz\"], \"\": 0, \"a/b\": 1, \"c%d\": 2, "
                               "\"e^f\": 3, \"g|h\": 4, \"i\\\\j\": 5, \"k\\\"l\": 6, \" \": 7, "
                               "\"m~n\": 8}";

static void json_pointer_get_answers_as_the_rfc_shows(void **state)
{
    (void)state;
    assert_found(document, "", document);
    assert_found(document, "/foo", "[\"bar\", \"baz\"]");
    assert_found(document, "/foo/0", "\"bar\"");
    assert_found(document, "/foo/1", "\"baz\"");
    assert_found(document, "/", "0");
    assert_found(document, "/a~1b", "1");
    assert_found(document, "/c%d", "2");
    assert_found(document, "/e^f", "3");
    assert_found(document, "/g|h", "4");
    assert_found(document, "/i\\j", "5");
    assert_found(document, "/k\"l", "6");
    assert_found(document, "/ ", "7");
    assert_found(document, "/m~0n", "8");
}

static void json_pointer_get_gives_raw_tokens(void **state)
{
    (void)state;
    assert_found("{\"n\":9007199254740993}", "/n", "9007199254740993");
    assert_found("{\"n\":1e400}", "/n", "1e400");
    assert_found("{\"n\":-0}", "/n", "-0");
    assert_found("{\"n\":\"\\u0000\\ud800\"}", "/n", "\"\\u0000\\ud800\"");
    assert_found(" [ 1 , { \"a\" : [ ] } ] ", "", "[ 1 , { \"a\" : [ ] } ]");
    assert_found(" [ 1 , { \"a\" : [ ] } ] ", "/1", "{ \"a\" : [ ] }");
    assert_found(" 12 ", "", "12");
}

static void json_pointer_get_takes_the_first_of_repeated_members(void **state)
{
    (void)state;
    assert_found("{\"a\":1,\"a\":2}", "/a", "1");
    assert_found("{\"a\":{\"b\":1},\"a\":{\"c\":2}}", "/a/b", "1");
    assert_result("{\"a\":{\"b\":1},\"a\":{\"c\":2}}", "/a/c", 0);
}

static void json_pointer_get_compares_decoded_names(void **state)
{
    (void)state;
    assert_found("{\"s\\u0065q\":1}", "/seq", "1");
    assert_found("{\"\\u00e9\":1}", "/\xC3\xA9", "1");
    assert_found("{\"\\ud83d\\ude00\":1}", "/\xF0\x9F\x98\x80", "1");
    assert_found("{\"\\ud800\":1}", "/\xEF\xBF\xBD", "1");
    assert_found("{\"a\\/b\":1}", "/a~1b", "1");
    assert_found("{\"a\\u002fb\\u007e\":1}", "/a~1b~0", "1");
    assert_found("{\"~1\":1,\"/\":2}", "/~01", "1");
    assert_found("{\"~1\":1,\"/\":2}", "/~1", "2");
    assert_found("{\"\\n\":1}", "/\n", "1");
    assert_result("{\"se\\u0071x\":1}", "/seq", 0);
    assert_result("{\"se\\u0071\":1}", "/seqx", 0);
    assert_result("{\"~\":1}", "/~0~0", 0);
    /* A NUL in a name is not the end of the pointer. */
    assert_result("{\"a\\u0000\":1}", "/a", 0);
    assert_result("{\"\\u0000\":1}", "/", 0);
    assert_result("{\"\\u0000\":{\"a\":1}}", "//a", 0);
}

static void json_pointer_get_takes_only_plain_indices(void **state)
{
    const char *text = "[10,[20,21],{\"0\":30,\"-\":31}]";

    (void)state;
    assert_found(text, "/0", "10");
    assert_found(text, "/1/1", "21");
    assert_found(text, "/2/0", "30");
    assert_found(text, "/2/-", "31");
    assert_result(text, "/3", 0);
    assert_result(text, "/-", 0);
    assert_result(text, "/00", 0);
    assert_result(text, "/01", 0);
    assert_result(text, "/+1", 0);
    assert_result(text, "/-1", 0);
    assert_result(text, "/1x", 0);
    assert_result(text, "/", 0);
    assert_result(text, "/18446744073709551615", 0);
    assert_result(text, "/18446744073709551616", 0);
    assert_result(text, "/99999999999999999999999999", 0);
    assert_result("[]", "/0", 0);
}

static void json_pointer_get_finds_nothing_below_a_scalar(void **state)
{
    (void)state;
    assert_result("{\"a\":\"b\"}", "/a/b", 0);
    assert_result("{\"a\":1}", "/a/", 0);
    assert_result("\"a\"", "/a", 0);
    assert_result("{}", "/a", 0);
    assert_result("null", "/", 0);
}

static void json_pointer_get_reads_no_further_than_it_must(void **state)
{
    (void)state;
    assert_found("{\"a\":1,\"b\":oops", "/a", "1");
    assert_found("[[1,2],oops", "/0", "[1,2]");
    assert_result("{\"a\":1,\"b\":oops", "/b", -1);
    assert_result("{\"x\":oops,\"a\":1}", "/a", -1);
    assert_result("{\"a\":[1,2", "/a", -1);
    assert_result("{\"a\"", "/a", -1);
    assert_result("{\"a\":", "/a", -1);
    assert_result("[1,", "/1", -1);
    assert_result("[1,]", "/1", -1);
    assert_result("{\"b\":1,}", "/a", -1);
    assert_result("", "", -1);
    assert_result("", "/a", -1);
    assert_result("{} x", "", -1);
    assert_result("[1", "", -1);
}

static void json_pointer_get_finds_no_value_in_what_is_none(void **state)
{
    (void)state;
    assert_result("{\"a\":01}", "/a", -1);
    assert_result("{\"a\":00,\"b\":2}", "/a", -1);
    assert_result("{\"a\":1x}", "/a", -1);
    assert_result("{\"a\":\"1\"2}", "/a", -1);
    assert_result("{\"a\":nullx}", "/a", -1);
    assert_result("{\"a\":[1]]}", "/a", -1);
    assert_result("[-01]", "/0", -1);
    assert_found("{\"a\":0 ", "/a", "0"); /* cut off: what follows is not known */
}

static void json_pointer_get_passes_levels_beyond_the_scan(void **state)
{
    static char text[8 * JSON_DEPTH_MAX];
    size_t deep = 3 * JSON_DEPTH_MAX, n;

    (void)state;
    n = (size_t)sprintf(text, "{\"x\":");
    for (size_t i = 0; i < deep; i++)
        text[n++] = '[';
    n += (size_t)sprintf(text + n, "\"]\\\"}\"");
    for (size_t i = 0; i < deep; i++)
        text[n++] = ']';
    sprintf(text + n, ",\"id\":7}");
    assert_found(text, "/id", "7");
    assert_result(text, "/none", 0);
    text[n - 1] = ' ';
    assert_result(text, "/id", -1);
}

static void json_pointer_get_finds_nothing_by_a_bad_pointer(void **state)
{
    (void)state;
    assert_result("{\"a\":1}", "a", 0);
    assert_result("{\"~\":1}", "/~", 0);
    assert_result("{\"~2\":1}", "/~2", 0);
}

static void json_pointer_valid_checks_slash_and_tilde(void **state)
{
    static const char *const good[] = {"",    "/",   "//",        "/a", "/a/b",
                                       "/~0", "/~1", "/a~01/~1b", "/-"};
    static const char *const bad[] = {"a", "~0", "#/a", "/~", "/~2", "/a~", "/a~/b", " /a"};

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(json_pointer_valid(good[i]));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(json_pointer_valid(bad[i]));
}

static void json_pointer_get_goes_as_deep_as_the_scan(void **state)
{
    static char text[2 * JSON_DEPTH_MAX + 2];
    static char pointer[2 * JSON_DEPTH_MAX + 3];
    size_t n;

    (void)state;
    memset(text, '[', JSON_DEPTH_MAX);
    text[JSON_DEPTH_MAX] = '7';
    memset(text + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX);
    for (n = 0; n < JSON_DEPTH_MAX; n++)
        memcpy(pointer + 2 * n, "/0", 2);
    assert_found(text, pointer, "7");
    memcpy(pointer + 2 * n, "/0", 2);
    assert_result(text, pointer, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_pointer_get_answers_as_the_rfc_shows),
        cmocka_unit_test(json_pointer_get_gives_raw_tokens),
        cmocka_unit_test(json_pointer_get_takes_the_first_of_repeated_members),
        cmocka_unit_test(json_pointer_get_compares_decoded_names),
        cmocka_unit_test(json_pointer_get_takes_only_plain_indices),
        cmocka_unit_test(json_pointer_get_finds_nothing_below_a_scalar),
        cmocka_unit_test(json_pointer_get_reads_no_further_than_it_must),
        cmocka_unit_test(json_pointer_get_finds_no_value_in_what_is_none),
        cmocka_unit_test(json_pointer_get_passes_levels_beyond_the_scan),
        cmocka_unit_test(json_pointer_get_finds_nothing_by_a_bad_pointer),
        cmocka_unit_test(json_pointer_valid_checks_slash_and_tilde),
        cmocka_unit_test(json_pointer_get_goes_as_deep_as_the_scan),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "decode/typed.h"

static void is_array(const char *line, const char *expected)
{
    struct buf out;
    struct err e;

    buf_init(&out, SIZE_MAX);
    assert_int_equal(typed_array(slice_str(line), &out, &e), 0);
    buf_append(&out, "", 1);
    assert_string_equal((const char *)buf_data(&out), expected);
    buf_clear(&out);
}

static void arguments_are_json_or_words(void **state)
{
    (void)state;
    is_array("", "[]");
    is_array(" hi  there ", "[\"hi\",\"there\"]");
    is_array("\"hi there\" {\"a\": [1, 2]} 1e3 null", "[\"hi there\",{\"a\": [1, 2]},1e3,null]");
    is_array("1x [1]2 \"a\"b {\"a\":", "[\"1x\",\"[1]2\",\"\\\"a\\\"b\",\"{\\\"a\\\":\"]");
    is_array("hex:0102 hex:", "[{\"base64\":\"AQI=\"},{\"base64\":\"\"}]");
}

static void digits_are_checked(void **state)
{
    struct buf out;
    struct err e;

    (void)state;
    buf_init(&out, SIZE_MAX);
    assert_int_equal(typed_array(slice_str("a hex:0g"), &out, &e), -1);
    assert_int_equal(e.code, EXIT_USAGE);
    assert_string_equal(e.text, "'hex:0g' has no pair of digits at 2");
    buf_clear(&out);
}

static void files_are_found(void **state)
{
    struct slice line = slice_str("1 @a.bin \"@no\" @ @b"), before, path;

    (void)state;
    assert_true(typed_file(&line, &before, &path));
    assert_true(slice_is(before, "1 ") && slice_is(path, "a.bin"));
    assert_true(slice_is(line, " \"@no\" @ @b"));
    assert_true(typed_file(&line, &before, &path));
    assert_true(slice_is(before, " \"@no\" @ ") && slice_is(path, "b"));
    assert_false(typed_file(&line, &before, &path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_are_json_or_words),
        cmocka_unit_test(digits_are_checked),
        cmocka_unit_test(files_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "alloc.h"
#include "sink/hexdump.h"
#include "sink/pretty.h"

static void check_pretty(const char *text, struct pretty how, const char *want)
{
    struct buf out;

    buf_init(&out, 1 << 20);
    assert_int_equal(pretty_json(&out, slice_str(text), &how), 1);
    assert_int_equal(buf_append(&out, "", 1), 0);
    assert_string_equal((const char *)buf_data(&out), want);
    buf_clear(&out);
}

static void pretty_lays_objects_and_arrays_out(void **state)
{
    (void)state;
    check_pretty("{\"a\":1,\"b\":[true,null,{\"c\":\"d\"}]}", (struct pretty){0},
                 "{\n"
                 "  \"a\": 1,\n"
                 "  \"b\": [\n"
                 "    true,\n"
                 "    null,\n"
                 "    {\n"
                 "      \"c\": \"d\"\n"
                 "    }\n"
                 "  ]\n"
                 "}");
}

static void pretty_keeps_empty_containers_closed_up(void **state)
{
    (void)state;
    check_pretty(" [ { } , [ ] ] ", (struct pretty){0}, "[\n  {},\n  []\n]");
    check_pretty("{}", (struct pretty){0}, "{}");
}

static void pretty_indents_every_line_but_the_first(void **state)
{
    (void)state;
    check_pretty("[1]", (struct pretty){.indent = 3}, "[\n     1\n   ]");
}

static void pretty_never_reencodes_a_token(void **state)
{
    (void)state;
    check_pretty("[9007199254740993,1e400,-0.0,\"\\u0000\\/\\u001b\"]", (struct pretty){0},
                 "[\n  9007199254740993,\n  1e400,\n  -0.0,\n  \"\\u0000\\/\\u001b\"\n]");
}

static void pretty_keeps_one_line_that_fits_as_received(void **state)
{
    (void)state;
    check_pretty("{\"a\" :1,  \"b\":2}", (struct pretty){.columns = 16}, "{\"a\" :1,  \"b\":2}");
    check_pretty("{\"a\":1}", (struct pretty){.columns = 6}, "{\n  \"a\": 1\n}");
    check_pretty("{\"a\":\n1}", (struct pretty){.columns = 80}, "{\n  \"a\": 1\n}");
    check_pretty("[1,2]", (struct pretty){.columns = INT_MAX}, "[1,2]");
}

static void pretty_measures_columns_not_bytes(void **state)
{
    (void)state;
    check_pretty("\"\xE6\xB1\x89\xE5\xAD\x97\"", (struct pretty){.columns = 6},
                 "\"\xE6\xB1\x89\xE5\xAD\x97\"");
    check_pretty("[\"\xE6\xB1\x89\"]", (struct pretty){.columns = 5}, "[\n  \"\xE6\xB1\x89\"\n]");
}

static void pretty_colours_tokens(void **state)
{
    (void)state;
    check_pretty("{\"a\":[1,\"b\",true]}", (struct pretty){.columns = 80, .flags = PRETTY_COLOR},
                 "{\x1b[36m\"a\"\x1b[0m:[\x1b[33m1\x1b[0m,\x1b[32m\"b\"\x1b[0m,"
                 "\x1b[33mtrue\x1b[0m]}");
}

static void pretty_escapes_what_drives_a_terminal(void **state)
{
    (void)state;
    check_pretty("[\"\xC2\x9B\xE2\x80\xAE\x7F\"]", (struct pretty){.columns = 80},
                 "[\"\\u{009B}\\u{202E}\\x7f\"]");
    check_pretty("\"\xC3\xBC\"", (struct pretty){.columns = 80, .flags = PRETTY_ASCII},
                 "\"\\u{00FC}\"");
}

static void pretty_leaves_other_text_alone(void **state)
{
    static const char *const texts[] = {"", "hello", "{", "[1,]", "{\"a\":1} x", "\"\x1b\"", "nul"};
    struct pretty how = {0};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct buf out;

        buf_init(&out, 4096);
        assert_int_equal(buf_append_str(&out, "kept"), 0);
        assert_int_equal(pretty_json(&out, slice_str(texts[i]), &how), 0);
        assert_true(slice_is(buf_slice(&out), "kept"));
        buf_clear(&out);
    }
}

/* "[[[[..." with a long flat part inside grows by a constant factor only. */
static void pretty_bounds_the_indentation_of_deep_texts(void **state)
{
    char text[1200];
    struct pretty how = {0};
    struct buf out;
    size_t n = 0;

    (void)state;
    for (int i = 0; i < 400; i++)
        text[n++] = '[';
    text[n++] = '1';
    for (int i = 0; i < 100; i++) {
        text[n++] = ',';
        text[n++] = '2';
    }
    for (int i = 0; i < 400; i++)
        text[n++] = ']';
    buf_init(&out, 1 << 20);
    assert_int_equal(pretty_json(&out, slice_make(text, n), &how), 1);
    assert_true(out.len < n * 84);
    buf_clear(&out);
}

static void pretty_leaves_out_unchanged_without_memory(void **state)
{
    struct pretty how = {.flags = PRETTY_COLOR};
    struct buf out;

    (void)state;
    for (size_t max = 4; max < 30; max++) {
        buf_init(&out, max);
        assert_int_equal(buf_append_str(&out, "kept"), 0);
        assert_int_equal(pretty_json(&out, slice_str("{\"a\":1}"), &how), -1);
        assert_true(slice_is(buf_slice(&out), "kept"));
        buf_clear(&out);
    }
    ALLOC_EACH({
        buf_init(&out, 4096);
        (void)pretty_json(&out, slice_str("{\"a\":[1,2,3]}"), &how);
        buf_clear(&out);
    });
}

static void hexdump_shows_offset_digits_and_ascii(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    assert_int_equal(hexdump(&out, slice_make("\0Hello\x7F\x1B[world!~", 17), 0x1000, 2, 16), 0);
    assert_int_equal(buf_append(&out, "", 1), 0);
    assert_string_equal(
        (const char *)buf_data(&out),
        "  00001000  00 48 65 6c 6c 6f 7f 1b  5b 77 6f 72 6c 64 21 7e  |.Hello..[world!~|\n"
        "  00001010  00                                                |.|\n");
    buf_clear(&out);
}

static void hexdump_fits_narrow_terminals(void **state)
{
    struct buf out;

    (void)state;
    assert_int_equal(hexdump_per_line(0, 0), 16);
    assert_int_equal(hexdump_per_line(80, 2), 16);
    assert_int_equal(hexdump_per_line(79, 2), 8);
    buf_init(&out, 4096);
    assert_int_equal(hexdump(&out, slice_str("123456789"), 0, 0, 8), 0);
    assert_int_equal(buf_append(&out, "", 1), 0);
    assert_string_equal((const char *)buf_data(&out),
                        "00000000  31 32 33 34 35 36 37 38  |12345678|\n"
                        "00000008  39                       |9|\n");
    buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pretty_lays_objects_and_arrays_out),
        cmocka_unit_test(pretty_keeps_empty_containers_closed_up),
        cmocka_unit_test(pretty_indents_every_line_but_the_first),
        cmocka_unit_test(pretty_never_reencodes_a_token),
        cmocka_unit_test(pretty_keeps_one_line_that_fits_as_received),
        cmocka_unit_test(pretty_measures_columns_not_bytes),
        cmocka_unit_test(pretty_colours_tokens),
        cmocka_unit_test(pretty_escapes_what_drives_a_terminal),
        cmocka_unit_test(pretty_leaves_other_text_alone),
        cmocka_unit_test(pretty_bounds_the_indentation_of_deep_texts),
        cmocka_unit_test(pretty_leaves_out_unchanged_without_memory),
        cmocka_unit_test(hexdump_shows_offset_digits_and_ascii),
        cmocka_unit_test(hexdump_fits_narrow_terminals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

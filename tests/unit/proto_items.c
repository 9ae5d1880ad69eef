#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "proto/items.h"

/* The items of a body, with bars between. */
static void check(const char *body, const char *pointer, const char *want)
{
    char got[512] = "";
    struct items items;
    struct slice item;
    struct err e;

    assert_int_equal(items_begin(&items, slice_str(body), pointer, &e), 0);
    while (items_next(&items, &item)) {
        size_t n = strlen(got);

        snprintf(got + n, sizeof got - n, "%s%.*s", n ? "|" : "", (int)item.len,
                 (const char *)item.data);
    }
    assert_string_equal(got, want);
    assert_false(items_next(&items, &item));
}

static void refuse(const char *body, const char *pointer, const char *words)
{
    struct items items;
    struct err e;

    assert_int_equal(items_begin(&items, slice_str(body), pointer, &e), -1);
    assert_int_equal(e.code, EXIT_OTHER);
    assert_non_null(strstr(e.text, words));
}

static void items_are_the_elements_of_an_array(void **state)
{
    (void)state;
    check("[1, {\"a\":[2,3]},\"x,]\" ,[],null\n]", NULL, "1|{\"a\":[2,3]}|\"x,]\"|[]|null");
    check(" [ ] ", NULL, "");
    check("[[[1]]]", NULL, "[[1]]");
    check("[18446744073709551615, 1e400, \"\\u0000\"]", NULL,
          "18446744073709551615|1e400|\"\\u0000\"");
}

static void items_begin_after_a_byte_order_mark(void **state)
{
    (void)state;
    check("\xEF\xBB\xBF[1,2]", NULL, "1|2");
    check("\xEF\xBB\xBF {\"a\":1}\n{\"a\":2}\n", NULL, "{\"a\":1}|{\"a\":2}");
    check("\xEF\xBB\xBF{\"a\":[3]}", "/a", "3");
    check("\xEF\xBB\xBF", NULL, "");
    check("\xEF\xBB", NULL, "\xEF\xBB");
}

static void items_are_where_the_pointer_points(void **state)
{
    (void)state;
    check("{\"n\":1,\"data\":{\"items\":[{\"id\":1},{\"id\":2}]}}", "/data/items",
          "{\"id\":1}|{\"id\":2}");
    check("{\"a\":[]}", "/a", "");
    check("[[1,2]]", "/0", "1|2");
    check("[1,2]", "", "1|2");
    refuse("{\"a\":{}}", "/a", "no array");
    refuse("{\"a\":{}}", "/b", "nothing at");
    refuse("<html>", "/a", "not JSON");
    refuse("", "/a", "not JSON");
}

static void items_are_lines_of_ndjson(void **state)
{
    (void)state;
    check("{\"id\":1}\n{\"id\":2}\r\n\n [3] \n", NULL, "{\"id\":1}|{\"id\":2}|[3]");
    check("1\n2", NULL, "1|2");
}

static void items_anything_else_is_one(void **state)
{
    (void)state;
    check("{\n  \"id\": 1\n}\n", NULL, "{\n  \"id\": 1\n}");
    check("{\"id\":1}\n", NULL, "{\"id\":1}");
    check("hello\nworld\n", NULL, "hello\nworld");
    check("{\"id\":1}\n{\"id\":", NULL, "{\"id\":1}\n{\"id\":");
    check("\"text\"", NULL, "\"text\"");
    check("", NULL, "");
    check(" \r\n\n", NULL, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_begin_after_a_byte_order_mark),
        cmocka_unit_test(items_are_the_elements_of_an_array),
        cmocka_unit_test(items_are_where_the_pointer_points),
        cmocka_unit_test(items_are_lines_of_ndjson),
        cmocka_unit_test(items_anything_else_is_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

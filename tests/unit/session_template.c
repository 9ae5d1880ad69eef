#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "alloc.h"
#include "session/books/template.h"

static void check(const char *text, enum template_form form, const char *last, const char *want)
{
    const struct template_values values = {
        .last = slice_str(last), .epoch = slice_str("e\"1\n"), .id = slice_str("a b/\xC3\xA4")};
    struct buf out;

    buf_init(&out, 1024);
    assert_int_equal(template_fill(&out, text, form, &values), 0);
    assert_int_equal(buf_append(&out, "", 1), 0);
    assert_string_equal((const char *)buf_data(&out), want);
    buf_clear(&out);
}

static void template_fills_each_name_wherever_it_is(void **state)
{
    (void)state;
    check("{\"since\":{last}}", TEMPLATE_MESSAGE, "118", "{\"since\":118}");
    check("{last}{last} {id}", TEMPLATE_MESSAGE, "7", "77 a b/\xC3\xA4");
    check("RESUME {epoch}", TEMPLATE_MESSAGE, "7", "RESUME e\"1\n");
    check("since={last}", TEMPLATE_URL, "118", "since=118");
    check("since={last}", TEMPLATE_URL, "", "since=");
}

static void template_leaves_other_braces_alone(void **state)
{
    (void)state;
    check("", TEMPLATE_MESSAGE, "1", "");
    check("{", TEMPLATE_MESSAGE, "1", "{");
    check("{{last}}", TEMPLATE_MESSAGE, "1", "{1}");
    check("{latest} {last {LAST} {}", TEMPLATE_MESSAGE, "1", "{latest} {last {LAST} {}");
}

static void template_escapes_values_inside_json(void **state)
{
    (void)state;
    check("[\"{epoch}\"]", TEMPLATE_MESSAGE, "1", "[\"e\\\"1\\u000a\"]");
    check("{\"i\":\"{id}\"}", TEMPLATE_MESSAGE, "1", "{\"i\":\"a b/\xC3\xA4\"}");
}

static void template_percent_encodes_values_in_a_url(void **state)
{
    (void)state;
    check("a={id}&b={epoch}", TEMPLATE_URL, "1", "a=a%20b%2F%C3%A4&b=e%221%0A");
}

static void template_reports_when_it_does_not_fit(void **state)
{
    const struct template_values values = {.last = slice_str("123456")};
    struct buf out;

    (void)state;
    buf_init(&out, 8);
    assert_int_equal(template_fill(&out, "abc{last}", TEMPLATE_MESSAGE, &values), -1);
    buf_clear(&out);
    buf_init(&out, 1024);
    alloc_fail_at(1);
    assert_int_equal(template_fill(&out, "abc{last}", TEMPLATE_MESSAGE, &values), -1);
    assert_true(alloc_struck());
    buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(template_fills_each_name_wherever_it_is),
        cmocka_unit_test(template_leaves_other_braces_alone),
        cmocka_unit_test(template_escapes_values_inside_json),
        cmocka_unit_test(template_percent_encodes_values_in_a_url),
        cmocka_unit_test(template_reports_when_it_does_not_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

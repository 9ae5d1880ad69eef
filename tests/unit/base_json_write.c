#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "alloc.h"
#include "base/json_scan.h"
#include "base/json_write.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct writer {
    struct buf buf;
    struct json_write w;
};

static void begin(struct writer *t)
{
    buf_init(&t->buf, 1 << 20);
    json_write_init(&t->w, &t->buf);
}

static void assert_written(struct writer *t, const char *text)
{
    assert_false(t->w.failed);
    assert_int_equal(t->buf.len, strlen(text));
    assert_true(slice_is(buf_slice(&t->buf), text));
    buf_clear(&t->buf);
}

static void json_write_puts_commas_and_names(void **state)
{
    struct writer t;

    (void)state;
    begin(&t);
    json_object_open(&t.w, NULL);
    json_u64(&t.w, "a", 1);
    json_array_open(&t.w, "b");
    json_bool(&t.w, NULL, true);
    json_bool(&t.w, NULL, false);
    json_null(&t.w, NULL);
    json_array_open(&t.w, NULL);
    json_array_close(&t.w);
    json_object_open(&t.w, NULL);
    json_object_close(&t.w);
    json_array_close(&t.w);
    json_object_open(&t.w, "c");
    json_string(&t.w, "d", "e");
    json_object_close(&t.w);
    json_null(&t.w, "f");
    json_object_close(&t.w);
    assert_written(&t, "{\"a\":1,\"b\":[true,false,null,[],{}],\"c\":{\"d\":\"e\"},\"f\":null}");
}

static void json_write_puts_no_comma_between_outermost_values(void **state)
{
    struct writer t;

    (void)state;
    begin(&t);
    for (int i = 0; i < 2; i++) {
        json_object_open(&t.w, NULL);
        json_u64(&t.w, "n", 5);
        json_object_close(&t.w);
        assert_int_equal(buf_append_str(&t.buf, "\n"), 0);
    }
    json_array_open(&t.w, NULL);
    json_array_close(&t.w);
    assert_written(&t, "{\"n\":5}\n{\"n\":5}\n[]");
}

static void json_write_appends_after_consumed_content(void **state)
{
    struct writer t;

    (void)state;
    begin(&t);
    assert_int_equal(buf_append_str(&t.buf, "abc"), 0);
    buf_consume(&t.buf, 2);
    json_array_open(&t.w, NULL);
    json_u64(&t.w, NULL, 12);
    json_array_close(&t.w);
    assert_written(&t, "c[12]");
}

static void json_text_escapes_what_it_must_and_nothing_else(void **state)
{
    static const struct {
        const char *text;
        size_t n;
        const char *json;
    } cases[] = {
        {"", 0, "\"\""},
        {"plain", 5, "\"plain\""},
        {"\"\\/", 3, "\"\\\"\\\\/\""},
        {"\b\f\n\r\t", 5, "\"\\b\\f\\n\\r\\t\""},
        {"\0\x01\x1B\x1F\x7F", 5, "\"\\u0000\\u0001\\u001b\\u001f\\u007f\""},
        {"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", 9, "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\""},
        {"sixteen bytes ..\"sixteen bytes ..\n", 34, "\"sixteen bytes ..\\\"sixteen bytes ..\\n\""},
        {"{\"a\":\"b\"}", 9, "\"{\\\"a\\\":\\\"b\\\"}\""},
    };
    struct writer t;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        begin(&t);
        json_text(&t.w, NULL, slice_make(cases[i].text, cases[i].n));
        assert_written(&t, cases[i].json);
    }
    begin(&t);
    json_text(&t.w, NULL, slice_make(NULL, 0));
    assert_written(&t, "\"\"");
}

static void json_text_fits_a_buffer_with_little_to_spare(void **state)
{
    struct buf b;
    struct json_write w;

    (void)state;
    /* Forty quotes become eighty bytes and the two around them; the comma, quotes and colon of a
     * name may be asked for too. */
    buf_init(&b, 82 + 4);
    json_write_init(&w, &b);
    json_text(&w, NULL,
              slice_str("\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\""
                        "\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\""));
    assert_false(w.failed);
    assert_int_equal(b.len, 82);
    buf_clear(&b);
}

static void json_string_of_null_is_null(void **state)
{
    struct writer t;

    (void)state;
    begin(&t);
    json_string(&t.w, "a", NULL);
    json_string(&t.w, "b", "");
    assert_written(&t, "\"a\":null,\"b\":\"\"");
}

static void json_latin1_replaces_only_bytes_outside_utf8(void **state)
{
    static const struct {
        const char *bytes;
        const char *json;
    } cases[] = {
        {"", "\"\""},
        {"caf\xC3\xA9", "\"caf\xC3\xA9\""},
        {"caf\xE9", "\"caf\xC3\xA9\""},
        {"\x80\xFF", "\"\xC2\x80\xC3\xBF\""},
        {"\xE2\x82", "\"\xC3\xA2\xC2\x82\""},
        {"a\"\xE9\n\xC3\xA9\xF0\x9F\x98z", "\"a\\\"\xC3\xA9\\n\xC3\xA9\xC3\xB0\xC2\x9F\xC2\x98z\""},
        {"\xED\xA0\x80", "\"\xC3\xAD\xC2\xA0\xC2\x80\""},
    };
    struct writer t;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        begin(&t);
        json_latin1(&t.w, NULL, slice_str(cases[i].bytes));
        assert_written(&t, cases[i].json);
    }
}

static void json_payload_is_text_or_base64(void **state)
{
    struct writer t;

    (void)state;
    begin(&t);
    json_object_open(&t.w, NULL);
    json_payload(&t.w, "text", slice_str("h\xC3\xA9"));
    json_payload(&t.w, "text", slice_make("\xFF\x00\xFE", 3));
    json_payload(&t.w, "text", slice_str("\xC3"));
    json_payload(&t.w, "text", slice_make(NULL, 0));
    json_base64(&t.w, "b", slice_make(NULL, 0));
    json_base64(&t.w, "b", slice_str("fooba"));
    json_object_close(&t.w);
    assert_written(&t,
                   "{\"text\":\"h\xC3\xA9\",\"base64\":\"/wD+\",\"base64\":\"ww==\",\"text\":\"\","
                   "\"b\":\"\",\"b\":\"Zm9vYmE=\"}");
}

static void json_u64_writes_every_length(void **state)
{
    static const struct {
        uint64_t number;
        const char *text;
    } cases[] = {
        {0, "0"},
        {9, "9"},
        {10, "10"},
        {99, "99"},
        {100, "100"},
        {127, "127"},
        {128, "128"},
        {999, "999"},
        {1000, "1000"},
        {9999, "9999"},
        {10000, "10000"},
        {99999, "99999"},
        {100000, "100000"},
        {1048576, "1048576"},
        {9999999, "9999999"},
        {10000000, "10000000"},
        {4294967295, "4294967295"},
        {4294967296, "4294967296"},
        {9007199254740993, "9007199254740993"},
        {UINT64_C(999999999999999999), "999999999999999999"},
        {UINT64_C(1000000000000000000), "1000000000000000000"},
        {UINT64_C(9999999999999999999), "9999999999999999999"},
        {UINT64_C(10000000000000000000), "10000000000000000000"},
        {UINT64_MAX, "18446744073709551615"},
    };
    struct writer t;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        begin(&t);
        json_u64(&t.w, NULL, cases[i].number);
        assert_written(&t, cases[i].text);
    }
}

static void json_i64_writes_both_ends(void **state)
{
    struct writer t;

    (void)state;
    begin(&t);
    json_array_open(&t.w, NULL);
    json_i64(&t.w, NULL, INT64_MIN);
    json_i64(&t.w, NULL, -1);
    json_i64(&t.w, NULL, 0);
    json_i64(&t.w, NULL, INT64_MAX);
    json_array_close(&t.w);
    assert_written(&t, "[-9223372036854775808,-1,0,9223372036854775807]");
}

static void json_ms_and_seconds_have_fixed_decimals(void **state)
{
    struct writer t;

    (void)state;
    begin(&t);
    json_array_open(&t.w, NULL);
    json_ms(&t.w, NULL, 0);
    json_ms(&t.w, NULL, 7);
    json_ms(&t.w, NULL, 1234567);
    json_ms(&t.w, NULL, UINT64_MAX);
    json_seconds(&t.w, NULL, 0);
    json_seconds(&t.w, NULL, 42);
    json_seconds(&t.w, NULL, 1234567);
    json_seconds(&t.w, NULL, UINT64_MAX);
    json_array_close(&t.w);
    assert_written(&t, "[0.000,0.007,1234.567,18446744073709551.615,"
                       "0.000000,0.000042,1.234567,18446744073709.551615]");
}

static void json_time_knows_the_calendar(void **state)
{
    static const struct {
        int64_t us;
        const char *text;
    } cases[] = {
        {0, "\"1970-01-01T00:00:00.000000Z\""},
        {1, "\"1970-01-01T00:00:00.000001Z\""},
        {-1, "\"1969-12-31T23:59:59.999999Z\""},
        {1767323045678901, "\"2026-01-02T03:04:05.678901Z\""},
        {951782399999999, "\"2000-02-28T23:59:59.999999Z\""},
        {951782400000000, "\"2000-02-29T00:00:00.000000Z\""},
        {951868800000000, "\"2000-03-01T00:00:00.000000Z\""},
        {1709164800000000, "\"2024-02-29T00:00:00.000000Z\""},
        {1735689599000000, "\"2024-12-31T23:59:59.000000Z\""},
        {1735689600000000, "\"2025-01-01T00:00:00.000000Z\""},
        {4107542400000000, "\"2100-03-01T00:00:00.000000Z\""},
        {4107456000000000, "\"2100-02-28T00:00:00.000000Z\""},
        {-2208988800000000, "\"1900-01-01T00:00:00.000000Z\""},
        {-62135596800000000, "\"0001-01-01T00:00:00.000000Z\""},
        {-62162208000000000, "\"0000-02-28T00:00:00.000000Z\""},
        {-62162121600000000, "\"0000-02-29T00:00:00.000000Z\""},
        {-62167219200000000, "\"0000-01-01T00:00:00.000000Z\""},
        {-62167219200000001, "\"0000-01-01T00:00:00.000000Z\""},
        {INT64_MIN, "\"0000-01-01T00:00:00.000000Z\""},
        {253402300799999999, "\"9999-12-31T23:59:59.999999Z\""},
        {253402300800000000, "\"9999-12-31T23:59:59.999999Z\""},
        {INT64_MAX, "\"9999-12-31T23:59:59.999999Z\""},
    };
    struct writer t;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        begin(&t);
        json_time(&t.w, NULL, cases[i].us);
        assert_written(&t, cases[i].text);
    }
}

static void json_write_beyond_max_fails_for_good(void **state)
{
    struct buf b;
    struct json_write w;

    (void)state;
    buf_init(&b, 40);
    json_write_init(&w, &b);
    json_object_open(&w, NULL);
    json_text(&w, "long", slice_str("0123456789012345678901234567890123456789"));
    assert_true(w.failed);
    json_null(&w, "short");
    json_object_close(&w);
    assert_true(w.failed);
    assert_true(b.len <= 40);
    buf_clear(&b);
}

/* An object that meets every kind of value; valid JSON, or failed. */
static void write_all(void)
{
    struct buf b;
    struct json_write w;

    buf_init(&b, 1 << 20);
    json_write_init(&w, &b);
    json_object_open(&w, NULL);
    for (int i = 0; i < 20; i++) {
        json_array_open(&w, "a");
        json_u64(&w, NULL, UINT64_MAX);
        json_time(&w, NULL, 0);
        json_array_close(&w);
        json_latin1(&w, "l", slice_str("a long enough text \xE9 and \xE9"));
        json_payload(&w, "t", slice_str("\"\\\n escapes \x7F"));
        json_payload(&w, "t", slice_str("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"));
        json_seconds(&w, "s", 12345678);
        json_bool(&w, "b", true);
    }
    json_object_close(&w);
    assert_int_equal(json_valid(buf_slice(&b)), !w.failed);
    buf_clear(&b);
}

static void json_write_without_memory_says_so_at_the_end(void **state)
{
    (void)state;
    ALLOC_EACH(write_all());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_write_puts_commas_and_names),
        cmocka_unit_test(json_write_puts_no_comma_between_outermost_values),
        cmocka_unit_test(json_write_appends_after_consumed_content),
        cmocka_unit_test(json_text_escapes_what_it_must_and_nothing_else),
        cmocka_unit_test(json_text_fits_a_buffer_with_little_to_spare),
        cmocka_unit_test(json_string_of_null_is_null),
        cmocka_unit_test(json_latin1_replaces_only_bytes_outside_utf8),
        cmocka_unit_test(json_payload_is_text_or_base64),
        cmocka_unit_test(json_u64_writes_every_length),
        cmocka_unit_test(json_i64_writes_both_ends),
        cmocka_unit_test(json_ms_and_seconds_have_fixed_decimals),
        cmocka_unit_test(json_time_knows_the_calendar),
        cmocka_unit_test(json_write_beyond_max_fails_for_good),
        cmocka_unit_test(json_write_without_memory_says_so_at_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

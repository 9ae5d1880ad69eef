/* The event stream format, whole, byte by byte and split at every offset. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "alloc.h"
#include "proto/sse.h"

#define OUT 4096

/* What comes of a piece, as text: "TYPE#ID(DATA)" for each event, "~MS" for each retry. */
static enum sse_result take(struct sse *s, struct slice piece, char *out)
{
    struct sse_event ev;
    enum sse_result result;

    sse_feed(s, piece.data, piece.len);
    while ((result = sse_next(s, &ev)) > 0) {
        size_t n = strlen(out);

        if (result == SSE_RETRY)
            snprintf(out + n, OUT - n, "~%llu", (unsigned long long)ev.retry_ms);
        else
            snprintf(out + n, OUT - n, "%s#%s(%.*s)", ev.type, ev.id, (int)ev.data.len,
                     (const char *)ev.data.data);
    }
    return result;
}

static void check_bytes(struct slice stream, const char *last_id, const char *want)
{
    char got[OUT];
    struct sse s;

    for (size_t split = 0; split <= stream.len; split++) {
        got[0] = '\0';
        assert_int_equal(sse_init(&s, 1000, last_id), 0);
        assert_int_equal(take(&s, slice_make(stream.data, split), got), SSE_MORE);
        assert_int_equal(take(&s, slice_make(stream.data + split, stream.len - split), got),
                         SSE_MORE);
        assert_string_equal(got, want);
        sse_clear(&s);
    }
    got[0] = '\0';
    assert_int_equal(sse_init(&s, 1000, last_id), 0);
    for (size_t i = 0; i < stream.len; i++)
        assert_int_equal(take(&s, slice_make(stream.data + i, 1), got), SSE_MORE);
    assert_string_equal(got, want);
    sse_clear(&s);
}

static void check(const char *stream, const char *want)
{
    check_bytes(slice_str(stream), NULL, want);
}

static void sse_dispatches_at_the_empty_line(void **state)
{
    (void)state;
    check("data: a\n\n", "message#(a)");
    check("data: a\n\ndata: b\n\n", "message#(a)message#(b)");
    check("data: a\n\n\n\n\ndata: b\n\n", "message#(a)message#(b)");
    check("event: add\nid: 7\ndata: x\n\n", "add#7(x)");
}

static void sse_drops_a_block_without_its_empty_line(void **state)
{
    (void)state;
    check("data: a\n\ndata: b\n", "message#(a)");
    check("data: a\n\ndata: b", "message#(a)");
    check("data: a", "");
    check("", "");
}

static void sse_takes_all_three_line_ends(void **state)
{
    (void)state;
    check("data: a\r\rdata: b\r\r", "message#(a)message#(b)");
    check("data: a\r\n\r\ndata: b\r\n\r\n", "message#(a)message#(b)");
    check("data: a\r\n\rdata: b\n\r\n", "message#(a)message#(b)");
    check("data: a\ndata: b\rdata: c\r\n\n", "message#(a\nb\nc)");
}

static void sse_dispatches_at_a_cr_without_waiting_for_lf(void **state)
{
    char got[OUT] = "";
    struct sse s;

    (void)state;
    assert_int_equal(sse_init(&s, 1000, NULL), 0);
    take(&s, slice_str("data: a\r\r"), got);
    assert_string_equal(got, "message#(a)");
    take(&s, slice_str("\ndata: b\r"), got);
    take(&s, slice_str("\n\n"), got);
    assert_string_equal(got, "message#(a)message#(b)");
    sse_clear(&s);
}

static void sse_removes_one_space_after_the_colon(void **state)
{
    (void)state;
    check("data:a\n\ndata: a\n\ndata:  a\n\ndata:\ta\n\n",
          "message#(a)message#(a)message#( a)message#(\ta)");
    check("data: \n\n", "message#()");
    check("data: a:b\n\n", "message#(a:b)");
}

static void sse_joins_data_lines(void **state)
{
    (void)state;
    check("data: YHOO\ndata: +2\ndata: 10\n\n", "message#(YHOO\n+2\n10)");
    check("data\n\ndata\ndata\n\ndata:\n", "message#()message#(\n)");
    check("data: a\nignored: x\ndata: b\n\n", "message#(a\nb)");
}

static void sse_dispatches_nothing_without_data(void **state)
{
    (void)state;
    check("event: add\n\n", "");
    check("event: add\n\ndata: x\n\n", "message#(x)"); /* the type is forgotten */
    check(": nothing\n\n: more\n", "");
    check("id: 3\n\ndata: x\n\n", "message#3(x)"); /* the id is not */
}

static void sse_ignores_comments_and_unknown_fields(void **state)
{
    (void)state;
    check(":data: a\n: b\n:\n\n", "");
    check("Data: a\nDATA: b\ndata : c\n data: d\ndatas: e\ndat: f\n\n", "");
    check("somethingverylongindeed: x\nsomethingverylongindeed\ndata: y\n\n", "message#(y)");
    check("eventdata: x\ndata: y\n\n", "message#(y)");
}

static void sse_the_last_event_field_counts(void **state)
{
    (void)state;
    check("event: a\nevent: b\ndata: x\n\n", "b#(x)");
    check("event: a\nevent\ndata: x\n\n", "message#(x)");
    check("event:a\ndata:1\n\ndata:2\n\n", "a#(1)message#(2)");
}

static void sse_keeps_the_id(void **state)
{
    (void)state;
    check("id: 1\ndata: a\n\ndata: b\n\nid: 2\ndata: c\n\nid\ndata: d\n\n",
          "message#1(a)message#1(b)message#2(c)message#(d)");
    check_bytes(slice_str("data: a\n\nid: 8\ndata: b\n\n"), "7", "message#7(a)message#8(b)");
}

/* What sse_last_id gives once the stream has ended there, in pieces of any split. */
static void check_last(const char *stream, const char *last_id, const char *want)
{
    size_t len = strlen(stream);
    char unused[OUT] = "";
    struct sse s;

    for (size_t split = 0; split <= len; split++) {
        assert_int_equal(sse_init(&s, 1000, last_id), 0);
        take(&s, slice_make(stream, split), unused);
        take(&s, slice_make(stream + split, len - split), unused);
        assert_string_equal(sse_last_id(&s), want);
        sse_clear(&s);
    }
}

static void sse_takes_an_id_at_the_empty_line(void **state)
{
    (void)state;
    check_last("id: 2\ndata: b\n\nid: 3\ndata: c\n", NULL, "2");
    check_last("id: 2\ndata: b\n\nid: 3\n", NULL, "2");
    check_last("id: 3\ndata: c\n", "2", "2");
    check_last("id\ndata: c\n", "2", "2");
    check_last("id: 3\n\n", "2", "3");
    check_last("id\n\n", "2", "");
    check_last("id: 3\nid: 4\ndata: c\n\n: x\n", NULL, "4");
    check("id: 3\nid: 4\ndata: c\n\n", "message#4(c)");
}

static void sse_keeps_the_id_before_one_with_nul(void **state)
{
    static const char stream[] = "id: 1\nid: 2\0002\ndata: a\n\n";

    (void)state;
    check_bytes(slice_make(stream, sizeof stream - 1), NULL, "message#1(a)");
}

static void sse_ignores_an_id_with_nul(void **state)
{
    static const char stream[] = "id: 1\ndata: a\n\nid: 2\0002\ndata: b\n\n";

    (void)state;
    check_bytes(slice_make(stream, sizeof stream - 1), NULL, "message#1(a)message#1(b)");
}

static void sse_takes_digits_alone_as_retry(void **state)
{
    (void)state;
    check("retry: 1000\n", "~1000");
    check("retry:0\n", "~0");
    check("retry: 10a\nretry: -1\nretry: 1.5\nretry:  7\nretry:\nretry\nretry: +3\n", "");
    check("retry: 99999999999999999999999\n", "~18446744073709551");
    check("retry: 5\ndata: x\n\n", "~5message#(x)");
}

static void sse_strips_one_byte_order_mark(void **state)
{
    (void)state;
    check("\xEF\xBB\xBF"
          "data: a\n\n",
          "message#(a)");
    check("\xEF\xBB\xBF\xEF\xBB\xBF"
          "data: a\n\ndata: b\n\n",
          "message#(b)");
    check("\xEF\xBB"
          "data: a\n\ndata: b\n\n",
          "message#(b)");
    check("data: a\n\n\xEF\xBB\xBF"
          "data: b\ndata: c\n\n",
          "message#(a)message#(c)");
}

static void sse_replaces_what_is_no_utf8(void **state)
{
    (void)state;
    check("data: a\xFF"
          "b\nevent: \xC3\nid: \xE2\x82\n\n",
          "\xEF\xBF\xBD#\xEF\xBF\xBD(a\xEF\xBF\xBD"
          "b)");
    check("data: \xE2\x82\ndata: \xAC\n\n", "message#(\xEF\xBF\xBD\n\xEF\xBF\xBD)");
    check("data: \xE2\x82\xAC\n\n", "message#(\xE2\x82\xAC)");
}

static void sse_is_bounded(void **state)
{
    char got[OUT] = "";
    struct sse s;
    struct sse_event ev;

    (void)state;
    assert_int_equal(sse_init(&s, 4, NULL), 0);
    assert_int_equal(take(&s, slice_str("data: abcd\n\n"), got), SSE_MORE);
    assert_string_equal(got, "message#(abcd)");
    assert_int_equal(take(&s, slice_str("data: ab\ndata: c\n\n"), got), SSE_MORE);
    assert_int_equal(take(&s, slice_str("data: abcdef"), got), SSE_TOO_BIG);
    sse_feed(&s, (const uint8_t *)"\n\ndata: a\n\n", 11);
    assert_int_equal(sse_next(&s, &ev), SSE_TOO_BIG);
    sse_clear(&s);

    /* What nobody looks at may be as long as it likes, and takes no memory. */
    assert_int_equal(sse_init(&s, 4, NULL), 0);
    assert_int_equal(take(&s, slice_str(":"), got), SSE_MORE);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(take(&s, slice_str("0123456789"), got), SSE_MORE);
    assert_int_equal(s.data.cap + s.type.cap + s.id.cap, 0);
    sse_clear(&s);

    assert_int_equal(sse_init(&s, 1000, NULL), 0);
    assert_int_equal(take(&s, slice_str("id: "), got), SSE_MORE);
    for (int i = 0; i < SSE_NAME_MAX / 8; i++)
        assert_int_equal(take(&s, slice_str("01234567"), got), SSE_MORE);
    assert_int_equal(take(&s, slice_str("01234567"), got), SSE_TOO_BIG);
    sse_clear(&s);
}

static void run_short_of_memory(void)
{
    char got[OUT] = "";
    struct sse s;
    enum sse_result result;

    if (sse_init(&s, 1000, "1") == 0) {
        result = take(&s, slice_str("event: e\nid: \xFF\ndata: \xFF\n\ndata: x\n\n"), got);
        assert_true(result == SSE_NOMEM || result == SSE_MORE);
        if (result == SSE_MORE)
            assert_string_equal(got, "e#\xEF\xBF\xBD(\xEF\xBF\xBD)message#\xEF\xBF\xBD(x)");
    }
    sse_clear(&s);
}

static void sse_survives_each_failed_allocation(void **state)
{
    (void)state;
    ALLOC_EACH(run_short_of_memory());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sse_dispatches_at_the_empty_line),
        cmocka_unit_test(sse_drops_a_block_without_its_empty_line),
        cmocka_unit_test(sse_takes_all_three_line_ends),
        cmocka_unit_test(sse_dispatches_at_a_cr_without_waiting_for_lf),
        cmocka_unit_test(sse_removes_one_space_after_the_colon),
        cmocka_unit_test(sse_joins_data_lines),
        cmocka_unit_test(sse_dispatches_nothing_without_data),
        cmocka_unit_test(sse_ignores_comments_and_unknown_fields),
        cmocka_unit_test(sse_the_last_event_field_counts),
        cmocka_unit_test(sse_keeps_the_id),
        cmocka_unit_test(sse_takes_an_id_at_the_empty_line),
        cmocka_unit_test(sse_keeps_the_id_before_one_with_nul),
        cmocka_unit_test(sse_ignores_an_id_with_nul),
        cmocka_unit_test(sse_takes_digits_alone_as_retry),
        cmocka_unit_test(sse_strips_one_byte_order_mark),
        cmocka_unit_test(sse_replaces_what_is_no_utf8),
        cmocka_unit_test(sse_is_bounded),
        cmocka_unit_test(sse_survives_each_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

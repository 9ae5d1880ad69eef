/* Redis's protocol: replies whole, byte by byte and split at every offset; commands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "alloc.h"
#include "redis/resp.h"

#define OUT       4096
#define REPLY_MAX 200

static void show(const struct resp_value *v, char *out)
{
    static const char marks[] = {'+', '-', ':', '$', '*', '_'};
    size_t n = strlen(out);

    snprintf(out + n, OUT - n, "%c", marks[v->type]);
    n = strlen(out);
    if (v->type == RESP_INTEGER)
        snprintf(out + n, OUT - n, "%lld", (long long)v->integer);
    else if (v->type == RESP_ARRAY)
        snprintf(out + n, OUT - n, "[");
    else
        snprintf(out + n, OUT - n, "%.*s", (int)v->text.len, (const char *)v->text.data);
    for (size_t i = 0; i < v->count; i++)
        show(resp_element(v, i), out);
    strcat(out, v->type == RESP_ARRAY ? "]" : ";");
}

/* Feed a piece, and write down the replies that come of it. */
static int take(struct resp_reader *r, struct slice piece, char *out, struct err *e)
{
    const struct resp_value *reply;
    uint8_t *space = resp_reader_space(r, piece.len);
    int got;

    assert_non_null(space);
    if (piece.len > 0)
        memcpy(space, piece.data, piece.len);
    resp_reader_filled(r, piece.len);
    while ((got = resp_reader_next(r, &reply, e)) > 0)
        show(reply, out);
    return got;
}

/* want: the replies; end: 0, or what the error is: EXIT_PROTOCOL, EXIT_TOO_BIG. */
static void check_bytes(struct slice stream, const char *want, int end)
{
    struct resp_reader r;
    struct err e;
    char got[OUT];
    int last;

    for (size_t split = 0; split <= stream.len; split++) {
        got[0] = '\0';
        resp_reader_init(&r, REPLY_MAX);
        last = take(&r, slice_make(stream.data, split), got, &e);
        if (last == 0)
            last = take(&r, slice_make(stream.data + split, stream.len - split), got, &e);
        assert_string_equal(got, want);
        assert_int_equal(last < 0 ? (int)e.code : 0, end);
        resp_reader_clear(&r);
    }
    got[0] = '\0';
    resp_reader_init(&r, REPLY_MAX);
    last = 0;
    for (size_t i = 0; i < stream.len && last == 0; i++)
        last = take(&r, slice_make(stream.data + i, 1), got, &e);
    assert_string_equal(got, want);
    assert_int_equal(last < 0 ? (int)e.code : 0, end);
    resp_reader_clear(&r);
}

static void check(const char *stream, const char *want)
{
    check_bytes(slice_str(stream), want, 0);
}

static void refuses(const char *stream, const char *before, enum exit_code code)
{
    check_bytes(slice_str(stream), before, (int)code);
}

static void resp_reads_each_type(void **state)
{
    (void)state;
    check("+OK\r\n", "+OK;");
    check("+\r\n", "+;");
    check("-ERR unknown command 'X'\r\n", "-ERR unknown command 'X';");
    check(":0\r\n:1000\r\n:-7\r\n:+7\r\n", ":0;:1000;:-7;:7;");
    check(":9223372036854775807\r\n:-9223372036854775808\r\n",
          ":9223372036854775807;:-9223372036854775808;");
    check("$5\r\nhello\r\n$0\r\n\r\n$-1\r\n", "$hello;$;_;");
    check("*0\r\n*-1\r\n", "*[]_;");
    check("*2\r\n$1\r\na\r\n:2\r\n", "*[$a;:2;]");
}

static void resp_reads_arrays_within_arrays(void **state)
{
    (void)state;
    check("*3\r\n*2\r\n:1\r\n*1\r\n+x\r\n*0\r\n-e\r\n+after\r\n", "*[*[:1;*[+x;]]*[]-e;]+after;");
}

static void resp_finds_each_element(void **state)
{
    static const char stream[] = "*3\r\n*2\r\n:1\r\n:2\r\n$7\r\nmessage\r\n*-1\r\n";
    const struct resp_value *reply;
    struct resp_reader r;
    struct err e;

    (void)state;
    resp_reader_init(&r, REPLY_MAX);
    memcpy(resp_reader_space(&r, sizeof stream), stream, sizeof stream - 1);
    resp_reader_filled(&r, sizeof stream - 1);
    assert_int_equal(resp_reader_next(&r, &reply, &e), 1);
    assert_int_equal(reply->span, 6);
    assert_int_equal(resp_element(resp_element(reply, 0), 1)->integer, 2);
    assert_true(resp_is(resp_element(reply, 1), "message"));
    assert_false(resp_is(resp_element(reply, 0), "message"));
    assert_false(resp_is(resp_element(reply, 1), "messag"));
    assert_int_equal(resp_element(reply, 2)->type, RESP_NULL);
    assert_null(resp_element(reply, 3));
    assert_null(resp_element(resp_element(reply, 1), 0));
    assert_false(resp_is(NULL, "message"));
    resp_reader_clear(&r);
}

/* Also after a reply so long that its memory was freed. */
static void resp_finds_nothing_in_no_bytes(void **state)
{
    const struct resp_value *reply;
    struct resp_reader r;
    struct err e;

    (void)state;
    resp_reader_init(&r, 1 << 20);
    assert_int_equal(resp_reader_next(&r, &reply, &e), 0);
    memcpy(resp_reader_space(&r, 200000), "+OK\r\n", 5);
    resp_reader_filled(&r, 5);
    assert_int_equal(resp_reader_next(&r, &reply, &e), 1);
    assert_int_equal(resp_reader_next(&r, &reply, &e), 0);
    resp_reader_clear(&r);
}

static void resp_keeps_any_bytes_of_a_bulk_string(void **state)
{
    (void)state;
    check("$4\r\n\r\n\r\n\r\n", "$\r\n\r\n;");
    check("$6\r\n+$*:\xff\r\r\n", "$+$*:\xff\r;");
    check_bytes(slice_make("$3\r\na\0b\r\n:1\r\n", 13), "$a;:1;", 0);
}

static void resp_refuses_what_is_no_reply(void **state)
{
    (void)state;
    refuses("HTTP/1.1 400 Bad Request\r\n", "", EXIT_PROTOCOL);
    refuses("\x15\x03\x01", "", EXIT_PROTOCOL);
    refuses("+OK\r\n\r\n", "+OK;", EXIT_PROTOCOL);
    refuses("%1\r\n", "", EXIT_PROTOCOL);
    refuses("+a\rb\r\n", "", EXIT_PROTOCOL);
    refuses(":\r\n", "", EXIT_PROTOCOL);
    refuses(":1x\r\n", "", EXIT_PROTOCOL);
    refuses(":--1\r\n", "", EXIT_PROTOCOL);
    refuses(":9223372036854775808\r\n", "", EXIT_PROTOCOL);
    refuses(":1111111111111111111111111", "", EXIT_PROTOCOL);
    refuses("$-2\r\n", "", EXIT_PROTOCOL);
    refuses("$\r\n", "", EXIT_PROTOCOL);
    refuses("*-2\r\n", "", EXIT_PROTOCOL);
    refuses("$3\r\nabcd\r\n", "", EXIT_PROTOCOL);
    refuses("*1\r\n$2\r\nab\n\n", "", EXIT_PROTOCOL);
}

static void resp_refuses_what_is_too_big(void **state)
{
    char line[REPLY_MAX + 32] = "+";

    (void)state;
    refuses("$201\r\n", "", EXIT_TOO_BIG);
    refuses("$9223372036854775807\r\n", "", EXIT_TOO_BIG);
    refuses("*65537\r\n", "", EXIT_TOO_BIG);
    refuses("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n", "", EXIT_TOO_BIG);
    check("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", "*[*[*[*[*[*[*[*[:1;]]]]]]]]");
    memset(line + 1, 'x', REPLY_MAX);
    refuses(line, "", EXIT_TOO_BIG);
    strcpy(line + REPLY_MAX + 1, "\r\n");
    refuses(line, "", EXIT_TOO_BIG);
    /* Each element is short, and all of them are too much. */
    snprintf(line, sizeof line, "*3\r\n$90\r\n%090d\r\n$90\r\n%090d\r\n:1\r\n", 0, 0);
    refuses(line, "", EXIT_TOO_BIG);
}

static void resp_bounds_the_values_of_a_reply(void **state)
{
    struct resp_reader r;
    const struct resp_value *reply;
    struct err e;
    int got;

    (void)state;
    resp_reader_init(&r, 1 << 20);
    memcpy(resp_reader_space(&r, 64), "*2\r\n*65535\r\n", 12);
    resp_reader_filled(&r, 12);
    for (int i = 0; i < 65535; i++) {
        memcpy(resp_reader_space(&r, 4), ":1\r\n", 4);
        resp_reader_filled(&r, 4);
    }
    got = resp_reader_next(&r, &reply, &e);
    assert_int_equal(got, -1);
    assert_int_equal(e.code, EXIT_TOO_BIG);
    resp_reader_clear(&r);
}

/* An announced length allocates nothing. */
static void resp_allocates_for_what_came(void **state)
{
    static const char stream[] = "*65000\r\n$30000000\r\nabc";
    const struct resp_value *reply;
    struct resp_reader r;
    struct err e;

    (void)state;
    resp_reader_init(&r, 32 << 20);
    memcpy(resp_reader_space(&r, sizeof stream), stream, sizeof stream - 1);
    resp_reader_filled(&r, sizeof stream - 1);
    assert_int_equal(resp_reader_next(&r, &reply, &e), 0);
    assert_true(r.bytes.cap < 4096 && r.room <= 8);
    resp_reader_clear(&r);
}

static void resp_survives_each_failing_allocation(void **state)
{
    static const char stream[] =
        "*12\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n"
        ":1\r\n$3\r\nabc\r\n";
    const struct resp_value *reply;
    struct resp_reader r;
    struct err e;

    (void)state;
    ALLOC_EACH({
        uint8_t *space;

        resp_reader_init(&r, REPLY_MAX);
        space = resp_reader_space(&r, sizeof stream);
        if (space) {
            memcpy(space, stream, sizeof stream - 1);
            resp_reader_filled(&r, sizeof stream - 1);
            if (resp_reader_next(&r, &reply, &e) < 0)
                assert_int_equal(e.code, EXIT_OTHER);
            else
                assert_int_equal(reply->count, 12);
        }
        resp_reader_clear(&r);
    });
}

static void resp_writes_commands(void **state)
{
    const struct slice words[] = {slice_str("SET"), slice_str(""), slice_make("a\r\n\0b", 5)};
    static const char want[] = "*3\r\n$3\r\nSET\r\n$0\r\n\r\n$5\r\na\r\n\0b\r\n";
    struct buf out;

    (void)state;
    buf_init(&out, 48);
    assert_int_equal(resp_command(&out, words, 3), 0);
    assert_true(slice_equal(buf_slice(&out), slice_make(want, sizeof want - 1)));
    /* What does not fit is not begun. */
    assert_int_equal(resp_command(&out, words, 3), -1);
    assert_int_equal(out.len, sizeof want - 1);
    buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resp_reads_each_type),
        cmocka_unit_test(resp_reads_arrays_within_arrays),
        cmocka_unit_test(resp_finds_each_element),
        cmocka_unit_test(resp_finds_nothing_in_no_bytes),
        cmocka_unit_test(resp_keeps_any_bytes_of_a_bulk_string),
        cmocka_unit_test(resp_refuses_what_is_no_reply),
        cmocka_unit_test(resp_refuses_what_is_too_big),
        cmocka_unit_test(resp_bounds_the_values_of_a_reply),
        cmocka_unit_test(resp_allocates_for_what_came),
        cmocka_unit_test(resp_survives_each_failing_allocation),
        cmocka_unit_test(resp_writes_commands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

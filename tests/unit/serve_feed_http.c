/* The feed over plain HTTP: entity tags, arrays, events, heads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "alloc.h"
#include "serve/feed_http.h"
#include "serve/service.h"

/* 1994-11-06T08:49:37Z, the example of RFC 9110, section 5.6.7 */
#define EXAMPLE_TIME INT64_C(784111777000000)

#define LINE(n, s) "{\"id\":" n ",\"time\":\"2026-01-02T03:04:0" s "Z\",\"value\":"

static const char *const allowed[] = {"https://a.example"};
static const struct pages open_pages = {.url = "ws://127.0.0.1:9001"};
static const struct pages strict_pages = {
    .url = "ws://127.0.0.1:9001", .origins = allowed, .origin_count = 1};
static const struct answer kept = {.service = &service_feed_json, .keep = true};

static struct feed make(void)
{
    struct feed f;

    assert_int_equal(feed_init(&f, 10, 1, 0, INT64_C(1767323045000000)), 0);
    return f;
}

/* What out holds, as a string; the caller frees. */
static char *taken(struct buf *out)
{
    char *text = strndup((const char *)buf_data(out), out->len);

    assert_non_null(text);
    buf_clear(out);
    return text;
}

static void assert_holds(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in:\n%s", part, text);
}

static bool unchanged(const char *fields, const char *etag)
{
    __attribute__((cleanup(http1_head_clear))) struct http1_head head = {0};
    struct err e;
    size_t scanned = 0;
    char request[512];

    snprintf(request, sizeof request, "GET /feed.json HTTP/1.1\r\nHost: h\r\n%s\r\n", fields);
    assert_true(http1_head_read(&head, HTTP1_REQUEST, (const uint8_t *)request, strlen(request),
                                &scanned, &e) > 0);
    return feed_http_unchanged(&head, etag);
}

static void etag_names_the_server_s_life_and_the_range(void **state)
{
    struct feed f = make(), later = make();
    char a[FEED_ETAG], b[FEED_ETAG];

    (void)state;
    feed_http_etag(a, &f, (struct feed_range){8, 10});
    assert_string_equal(a, "\"6475ef64cf340-8-10\"");
    feed_http_etag(b, &f, (struct feed_range){8, 11});
    assert_string_not_equal(a, b);
    feed_http_etag(b, &f, (struct feed_range){7, 10});
    assert_string_not_equal(a, b);
    later.wall_us++;
    feed_http_etag(b, &later, (struct feed_range){8, 10});
    assert_string_not_equal(a, b);
    feed_http_etag(a, &f, (struct feed_range){UINT64_MAX, UINT64_MAX});
    assert_int_equal(a[strlen(a) - 1], '"');
    feed_clear(&f);
    feed_clear(&later);
}

static void if_none_match_is_a_list_compared_weakly(void **state)
{
    static const struct {
        const char *fields;
        bool unchanged;
    } cases[] = {
        {"", false},
        {"If-None-Match: \"a-1-2\"\r\n", true},
        {"if-none-match: W/\"a-1-2\"\r\n", true},
        {"If-None-Match: \"x\", \"y,z\" ,\"a-1-2\"\r\n", true},
        {"If-None-Match: \"x\"\r\nIf-None-Match: \"a-1-2\"\r\n", true},
        {"If-None-Match: *\r\n", true},
        {"If-None-Match: \"a-1-3\"\r\n", false},
        {"If-None-Match: a-1-2\r\n", false},
        {"If-None-Match:\r\n", false},
        {"If-Match: \"a-1-2\"\r\n", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(unchanged(cases[i].fields, "\"a-1-2\""), cases[i].unchanged);
}

static void array_holds_the_range(void **state)
{
    struct feed f = make();
    struct feed_range range = {1, 2};
    struct buf out;
    char *text;

    (void)state;
    buf_init(&out, 65536);
    assert_int_equal(feed_http_array(&out, &f, range, 1, 65536), 3);
    assert_int_equal(out.len, feed_http_array_len(&f, range));
    text = taken(&out);
    assert_string_equal(text,
                        "[" LINE("1", "5.100000") "97.11},\n" LINE("2", "5.200000") "96.81}]\n");
    free(text);
    range = (struct feed_range){8, 7};
    assert_int_equal(feed_http_array(&out, &f, range, 8, 65536), 8);
    assert_int_equal(out.len, feed_http_array_len(&f, range));
    text = taken(&out);
    assert_string_equal(text, "[]\n");
    free(text);
    feed_clear(&f);
}

static void array_in_pieces_is_the_array(void **state)
{
    struct feed f = make();
    const struct feed_range range = {95, 1105};
    struct buf whole, piece, sum;

    (void)state;
    buf_init(&whole, SIZE_MAX / 2);
    buf_init(&piece, SIZE_MAX / 2);
    buf_init(&sum, SIZE_MAX / 2);
    assert_int_equal(feed_http_array(&whole, &f, range, 95, SIZE_MAX), 1106);
    for (size_t limit = 0; limit < 1000; limit += 333) {
        uint64_t next = 95;

        buf_reset(&sum);
        while (next <= range.last) {
            uint64_t then = feed_http_array(&piece, &f, range, next, limit);

            assert_true(then > next || limit == 0);
            assert_true(piece.len <= limit + FEED_LINE + 4);
            if (then == next) /* nothing fits under such a limit but the first */
                then = feed_http_array(&piece, &f, range, next, 100);
            next = then;
            assert_int_equal(buf_append(&sum, buf_data(&piece), piece.len), 0);
            buf_reset(&piece);
        }
        assert_int_equal(sum.len, whole.len);
        assert_memory_equal(buf_data(&sum), buf_data(&whole), whole.len);
    }
    assert_int_equal(whole.len, feed_http_array_len(&f, range));
    buf_clear(&whole);
    buf_clear(&piece);
    buf_clear(&sum);
    feed_clear(&f);
}

static void poll_head_has_length_tag_and_whether_it_goes_on(void **state)
{
    struct answer a = kept;
    struct buf out;
    char *text;

    (void)state;
    buf_init(&out, 65536);
    assert_int_equal(feed_http_poll_head(&out, &open_pages, &a, 200, "\"t\"", 42, EXAMPLE_TIME), 0);
    text = taken(&out);
    assert_string_equal(text, "HTTP/1.1 200 OK\r\n"
                              "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                              "Server: wscope\r\n"
                              "Access-Control-Allow-Origin: *\r\n"
                              "Access-Control-Expose-Headers: ETag\r\n"
                              "Cache-Control: no-cache\r\n"
                              "ETag: \"t\"\r\n"
                              "Content-Type: application/json\r\n"
                              "Content-Length: 42\r\n"
                              "Connection: keep-alive\r\n"
                              "\r\n");
    free(text);
    a.keep = false;
    assert_int_equal(feed_http_poll_head(&out, &open_pages, &a, 304, "\"t\"", 42, EXAMPLE_TIME), 0);
    text = taken(&out);
    assert_int_equal(strncmp(text, "HTTP/1.1 304 Not Modified\r\n", 27), 0);
    assert_holds(text, "\r\nETag: \"t\"\r\n");
    assert_holds(text, "\r\nConnection: close\r\n");
    assert_null(strstr(text, "Content-"));
    free(text);
}

static void only_an_origin_that_may_is_named(void **state)
{
    struct answer a = kept;
    struct buf out;
    char *text;

    (void)state;
    buf_init(&out, 65536);
    assert_int_equal(feed_http_poll_head(&out, &strict_pages, &a, 200, "\"t\"", 1, EXAMPLE_TIME),
                     0);
    text = taken(&out);
    assert_holds(text, "\r\nVary: Origin\r\n");
    assert_null(strstr(text, "Allow-Origin"));
    free(text);
    a.origin = slice_str("https://a.example");
    assert_int_equal(feed_http_poll_head(&out, &strict_pages, &a, 200, "\"t\"", 1, EXAMPLE_TIME),
                     0);
    text = taken(&out);
    assert_holds(text, "\r\nVary: Origin\r\nAccess-Control-Allow-Origin: https://a.example\r\n");
    free(text);
}

static void preflight_allows_what_a_poller_sends(void **state)
{
    const struct answer a = {.service = &service_feed_json, .preflight = true, .keep = true};
    struct buf out;
    char *text;

    (void)state;
    buf_init(&out, 65536);
    assert_int_equal(feed_http_preflight(&out, &open_pages, &a, EXAMPLE_TIME), 0);
    text = taken(&out);
    assert_int_equal(strncmp(text, "HTTP/1.1 204 No Content\r\n", 25), 0);
    assert_holds(text, "\r\nAccess-Control-Allow-Origin: *\r\n");
    assert_holds(text, "\r\nAccess-Control-Allow-Methods: GET, HEAD\r\n");
    assert_holds(text, "If-None-Match");
    assert_holds(text, "Last-Event-ID");
    assert_null(strstr(text, "Content-Length"));
    free(text);
}

static void stream_begins_with_how_long_to_wait_before_coming_back(void **state)
{
    struct answer a = {.service = &service_feed_sse};
    struct buf out;
    size_t head_len = 0;
    char *text;

    (void)state;
    buf_init(&out, 65536);
    assert_int_equal(feed_http_stream_head(&out, &open_pages, &a, EXAMPLE_TIME, &head_len), 0);
    text = taken(&out);
    assert_holds(text, "\r\nContent-Type: text/event-stream\r\n");
    assert_holds(text, "\r\nCache-Control: no-store\r\n");
    assert_string_equal(text + head_len, "retry: 1000\n\n");
    assert_int_equal(strncmp(text + head_len - 4, "\r\n\r\n", 4), 0);
    free(text);
    a.head_only = true;
    assert_int_equal(feed_http_stream_head(&out, &open_pages, &a, EXAMPLE_TIME, &head_len), 0);
    assert_int_equal(out.len, head_len);
    buf_clear(&out);
}

static void an_event_is_id_data_and_an_empty_line(void **state)
{
    struct buf out;
    char *text;

    (void)state;
    buf_init(&out, 65536);
    assert_int_equal(feed_http_event(&out, UINT64_MAX, slice_str("{}")), 0);
    text = taken(&out);
    assert_string_equal(text, "id: 18446744073709551615\ndata: {}\n\n");
    free(text);
}

static void try_all(struct feed *f)
{
    const struct answer preflight = {.service = &service_feed_json, .preflight = true};
    struct buf out;
    size_t head_len;

    buf_init(&out, 65536);
    if (feed_http_poll_head(&out, &open_pages, &kept, 200, "\"t\"", 1, EXAMPLE_TIME) < 0)
        assert_int_equal(out.len, 0);
    buf_clear(&out);
    if (feed_http_stream_head(&out, &open_pages, &kept, EXAMPLE_TIME, &head_len) < 0)
        assert_int_equal(out.len, 0);
    buf_clear(&out);
    if (feed_http_preflight(&out, &open_pages, &preflight, EXAMPLE_TIME) < 0)
        assert_int_equal(out.len, 0);
    buf_clear(&out);
    if (feed_http_event(&out, 7, slice_str("{}")) < 0)
        assert_int_equal(out.len, 0);
    buf_clear(&out);
    feed_http_array(&out, f, (struct feed_range){1, 900}, 1, 65536);
    buf_clear(&out);
}

static void a_failed_allocation_leaves_nothing_written(void **state)
{
    struct feed f = make();

    (void)state;
    ALLOC_EACH(try_all(&f));
    feed_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(etag_names_the_server_s_life_and_the_range),
        cmocka_unit_test(if_none_match_is_a_list_compared_weakly),
        cmocka_unit_test(array_holds_the_range),
        cmocka_unit_test(array_in_pieces_is_the_array),
        cmocka_unit_test(poll_head_has_length_tag_and_whether_it_goes_on),
        cmocka_unit_test(only_an_origin_that_may_is_named),
        cmocka_unit_test(preflight_allows_what_a_poller_sends),
        cmocka_unit_test(stream_begins_with_how_long_to_wait_before_coming_back),
        cmocka_unit_test(an_event_is_id_data_and_an_empty_line),
        cmocka_unit_test(a_failed_allocation_leaves_nothing_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The pages: where a request leads, and the bytes of the answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "alloc.h"
#include "serve/pages.h"
#include "serve/service.h"

/* 1994-11-06T08:49:37Z, the example of RFC 9110, section 5.6.7 */
#define EXAMPLE_TIME INT64_C(784111777000000)

#define UPGRADE                     \
    "Host: h\r\n"                   \
    "Upgrade: websocket\r\n"        \
    "Connection: Upgrade\r\n"       \
    "Sec-WebSocket-Version: 13\r\n" \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

static const char *const allowed[] = {"https://a.example", "http://localhost:3000"};
static const struct pages open_pages = {.url = "ws://127.0.0.1:9001"};
static const struct pages strict_pages = {
    .url = "ws://127.0.0.1:9001", .origins = allowed, .origin_count = 2};

static struct answer ask_of(const struct pages *p, const char *request)
{
    __attribute__((cleanup(http1_head_clear))) struct http1_head head = {0};
    struct answer a;
    struct err e;
    size_t scanned = 0;

    /* An allocation that is failed on purpose may be one of these: once more, then. */
    assert_true(http1_head_read(&head, HTTP1_REQUEST, (const uint8_t *)request, strlen(request),
                                &scanned, &e) > 0 ||
                http1_head_read(&head, HTTP1_REQUEST, (const uint8_t *)request, strlen(request),
                                &scanned, &e) > 0);
    pages_answer(&a, p, &head);
    return a;
}

static struct answer ask(const char *request)
{
    return ask_of(&open_pages, request);
}

/* The response as a string; the caller frees. */
static char *written(const struct answer *a, size_t *head_len)
{
    struct buf out;
    char *text;

    buf_init(&out, 65536);
    assert_int_equal(pages_write(&out, &open_pages, a, EXAMPLE_TIME, head_len), 0);
    text = strndup((const char *)buf_data(&out), out.len);
    assert_non_null(text);
    buf_clear(&out);
    return text;
}

static void assert_holds(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void pages_path_parts_the_query(void **state)
{
    static const struct {
        const char *target, *path, *query;
    } cases[] = {
        {"/", "/", ""},
        {"/echo", "/echo", ""},
        {"/feed?since=17", "/feed", "since=17"},
        {"/feed?", "/feed", ""},
        {"/a?b?c", "/a", "b?c"},
        {"http://h:1/feed?x", "/feed", "x"},
        {"http://h", "/", ""},
        {"http://h?x=/y", "/", "x=/y"},
        {"*", "", ""},
        {"h:443", "", ""},
        {"", "", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice query, path = pages_path(slice_str(cases[i].target), &query);

        assert_true(slice_is(path, cases[i].path));
        assert_true(slice_is(query, cases[i].query));
    }
}

static void upgrades_lead_to_the_services(void **state)
{
    struct answer a;

    (void)state;
    assert_ptr_equal(ask("GET /echo HTTP/1.1\r\n" UPGRADE "\r\n").service, &service_echo);
    assert_ptr_equal(ask("GET /echo?a=b HTTP/1.1\r\n" UPGRADE "\r\n").service, &service_echo);
    a = ask("GET /feed HTTP/1.1\r\n" UPGRADE "\r\n");
    assert_ptr_equal(a.service, &service_feed);
    assert_false(a.has_since);
}

/* The table is the only list: each row is reached by its path, and is in the index. */
static void every_service_is_reached_and_in_the_index(void **state)
{
    const struct answer index = {.status = 200, .index = true};
    size_t head_len;
    char *text = written(&index, &head_len);
    const struct service *s;
    char request[512], line[256];

    (void)state;
    for (size_t i = 0; (s = service_at(i)) != NULL; i++) {
        bool upgrade = s->channel == CHANNEL_WS;

        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n%s\r\n", s->path,
                 upgrade ? UPGRADE : "Host: h\r\n");
        assert_ptr_equal(ask(request).service, s);
        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n%s\r\n", s->path,
                 upgrade ? "Host: h\r\n" : UPGRADE);
        assert_null(ask(request).service);
        snprintf(line, sizeof line, "\n  %s ", s->path);
        line[strlen(line) - 1] = '\0';
        assert_holds(text, line);
        assert_holds(text, s->about);
        assert_true(upgrade ? s->message != NULL : s->answer != NULL);
    }
    assert_null(strchr(text, '{'));
    free(text);
}

static void feed_takes_since_from_the_query(void **state)
{
    struct answer a = ask("GET /feed?x=1&since=17&since=18 HTTP/1.1\r\n" UPGRADE "\r\n");

    (void)state;
    assert_ptr_equal(a.service, &service_feed);
    assert_true(a.has_since);
    assert_int_equal(a.since, 17);
    a = ask("GET /feed?since= HTTP/1.1\r\n" UPGRADE "\r\n");
    assert_ptr_equal(a.service, &service_feed);
    assert_false(a.has_since);
    a = ask("GET /feed?notsince=5&sinc=6 HTTP/1.1\r\n" UPGRADE "\r\n");
    assert_ptr_equal(a.service, &service_feed);
    assert_false(a.has_since);
}

static void a_since_that_is_no_number_is_refused_and_quoted(void **state)
{
    struct answer a = ask("GET /feed?since=yesterday HTTP/1.1\r\n" UPGRADE "\r\n");

    (void)state;
    assert_ptr_equal(a.service, NULL);
    assert_int_equal(a.status, 400);
    assert_holds(a.text, "\"yesterday\"");
}

static void upgrades_elsewhere_are_not_found(void **state)
{
    struct answer a = ask("GET /echo/x HTTP/1.1\r\n" UPGRADE "\r\n");

    (void)state;
    assert_int_equal(a.status, 404);
    assert_true(a.index);
    assert_int_equal(ask("GET / HTTP/1.1\r\n" UPGRADE "\r\n").status, 404);
}

static void malformed_upgrades_are_refused_with_their_status(void **state)
{
    (void)state;
    assert_int_equal(ask("GET /echo HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n"
                         "Connection: Upgrade\r\nSec-WebSocket-Version: 8\r\n"
                         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
                         .status,
                     426);
    assert_int_equal(ask("GET /echo HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n"
                         "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                         "Sec-WebSocket-Key: short\r\n\r\n")
                         .status,
                     400);
    assert_int_equal(ask("POST /echo HTTP/1.1\r\n" UPGRADE "\r\n").status, 405);
}

static void origins_are_held_against_the_list(void **state)
{
    (void)state;
    assert_ptr_equal(
        ask_of(&strict_pages, "GET /echo HTTP/1.1\r\n" UPGRADE "Origin: https://a.example\r\n\r\n")
            .service,
        &service_echo);
    assert_ptr_equal(ask_of(&strict_pages, "GET /echo HTTP/1.1\r\n" UPGRADE
                                           "Origin: HTTP://LOCALHOST:3000\r\n\r\n")
                         .service,
                     &service_echo);
    assert_int_equal(
        ask_of(&strict_pages, "GET /echo HTTP/1.1\r\n" UPGRADE "Origin: https://evil\r\n\r\n")
            .status,
        403);
    assert_int_equal(ask_of(&strict_pages, "GET /echo HTTP/1.1\r\n" UPGRADE
                                           "Origin: https://a.example.evil\r\n\r\n")
                         .status,
                     403);
    assert_int_equal(ask_of(&strict_pages, "GET /echo HTTP/1.1\r\n" UPGRADE
                                           "Origin: https://a.example\r\nOrigin: https://evil\r\n"
                                           "\r\n")
                         .status,
                     403);
    /* No browser, no Origin. */
    assert_ptr_equal(ask_of(&strict_pages, "GET /echo HTTP/1.1\r\n" UPGRADE "\r\n").service,
                     &service_echo);
    assert_ptr_equal(ask("GET /echo HTTP/1.1\r\n" UPGRADE "Origin: https://evil\r\n\r\n").service,
                     &service_echo);
}

static void plain_requests_get_pages(void **state)
{
    (void)state;
    assert_int_equal(ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").status, 200);
    assert_int_equal(ask("GET / HTTP/1.0\r\n\r\n").status, 200);
    assert_int_equal(ask("GET /x HTTP/1.1\r\nHost: h\r\n\r\n").status, 404);
    assert_int_equal(ask("GET /echo HTTP/1.1\r\nHost: h\r\n\r\n").status, 426);
    assert_int_equal(ask("DELETE / HTTP/1.1\r\nHost: h\r\n\r\n").status, 405);
    assert_int_equal(ask("GET / HTTP/1.1\r\n\r\n").status, 400);
    assert_int_equal(ask("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").status, 400);
}

static void the_feeds_over_http_take_where_to_begin(void **state)
{
    struct answer a = ask("GET /feed.json?since=17&wait=2.5 HTTP/1.1\r\nHost: h\r\n\r\n");

    (void)state;
    assert_ptr_equal(a.service, &service_feed_json);
    assert_true(a.has_since);
    assert_int_equal(a.since, 17);
    assert_int_equal(a.wait_us, 2500000);
    a = ask("GET /feed.json?wait=100000 HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_ptr_equal(a.service, &service_feed_json);
    assert_false(a.has_since);
    assert_int_equal(a.wait_us, PAGES_WAIT_MAX_US);
    a = ask("GET /feed.json?wait= HTTP/1.1\r\nHost: h\r\nLast-Event-ID: 5\r\n\r\n");
    assert_ptr_equal(a.service, &service_feed_json);
    assert_false(a.has_since);
    assert_int_equal(a.wait_us, 0);
    a = ask("GET /feed.json?last=3&wait=1 HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(a.last, 3);
    assert_int_equal(a.wait_us, 1000000);
    a = ask("GET /feed.sse?since=17&wait=1 HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_ptr_equal(a.service, &service_feed_sse);
    assert_int_equal(a.since, 17);
    assert_int_equal(a.wait_us, 0);
}

static void last_event_id_counts_before_the_query(void **state)
{
    struct answer a =
        ask("GET /feed.sse?since=17 HTTP/1.1\r\nHost: h\r\nLast-Event-ID: 30\r\n\r\n");

    (void)state;
    assert_ptr_equal(a.service, &service_feed_sse);
    assert_true(a.has_since);
    assert_int_equal(a.since, 30);
    a = ask("GET /feed.sse?since=17 HTTP/1.1\r\nHost: h\r\nLast-Event-ID:\r\n\r\n");
    assert_int_equal(a.since, 17);
}

static void what_is_no_number_is_refused_on_the_feeds_over_http_too(void **state)
{
    static const char *const bad[] = {
        "GET /feed.json?since=x HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /feed.json?since=1&wait=soon HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /feed.json?last=0 HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /feed.json?last=-1&wait=1 HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /feed.json?wait=-1 HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /feed.json?wait=1111111111111111111111111111111111111 HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /feed.sse?since=-1 HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /feed.sse HTTP/1.1\r\nHost: h\r\nLast-Event-ID: abc\r\n\r\n",
        "GET /feed.json HTTP/1.1\r\n\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct answer a = ask(bad[i]);

        assert_ptr_equal(a.service, NULL);
        assert_int_equal(a.status, 400);
    }
}

static void only_get_head_and_options_reach_the_feeds_over_http(void **state)
{
    (void)state;
    assert_int_equal(ask("POST /feed.json HTTP/1.1\r\nHost: h\r\n\r\n").status, 405);
    assert_int_equal(ask("OPTIONS / HTTP/1.1\r\nHost: h\r\n\r\n").status, 405);
    assert_true(ask("OPTIONS /feed.sse HTTP/1.1\r\nHost: h\r\n\r\n").preflight);
    assert_true(ask("HEAD /feed.json HTTP/1.1\r\nHost: h\r\n\r\n").head_only);
    assert_int_equal(ask("GET /feed.sse HTTP/1.1\r\n" UPGRADE "\r\n").status, 404);
    assert_int_equal(ask("GET /feed.json HTTP/1.1\r\n" UPGRADE "\r\n").status, 404);
}

static void a_connection_is_kept_as_http_has_it(void **state)
{
    static const struct {
        const char *request;
        bool keep;
    } cases[] = {
        {"GET /feed.json HTTP/1.1\r\nHost: h\r\n\r\n", true},
        {"GET /feed.json HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", false},
        {"GET /feed.json HTTP/1.1\r\nHost: h\r\nConnection: te, Close\r\n\r\n", false},
        {"GET /feed.json HTTP/1.0\r\n\r\n", false},
        {"GET /feed.json HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true},
        {"GET /feed.json HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", true},
        {"GET /feed.json HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n", false},
        {"GET /feed.json HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", false},
        {"OPTIONS /feed.json HTTP/1.1\r\nHost: h\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(ask(cases[i].request).keep, cases[i].keep);
}

static void foreign_origins_may_not_read_the_feeds_either(void **state)
{
    struct answer a = ask_of(&strict_pages, "GET /feed.json HTTP/1.1\r\nHost: h\r\n"
                                            "Origin: https://a.example\r\n\r\n");

    (void)state;
    assert_ptr_equal(a.service, &service_feed_json);
    assert_true(slice_is(a.origin, "https://a.example"));
    a = ask_of(&strict_pages, "GET /feed.sse HTTP/1.1\r\nHost: h\r\nOrigin: https://evil\r\n\r\n");
    assert_int_equal(a.status, 403);
    a = ask_of(&strict_pages,
               "OPTIONS /feed.json HTTP/1.1\r\nHost: h\r\nOrigin: https://evil\r\n\r\n");
    assert_int_equal(a.status, 403);
    assert_ptr_equal(ask_of(&strict_pages, "GET /feed.json HTTP/1.1\r\nHost: h\r\n\r\n").service,
                     &service_feed_json);
}

static void what_a_client_sent_is_escaped_where_it_is_quoted(void **state)
{
    struct answer a = ask("GET /\xC2\x9B"
                          "31m HTTP/1.1\r\nHost: h\r\n\r\n");

    (void)state;
    assert_int_equal(a.status, 404);
    for (const char *c = a.text; *c; c++)
        assert_true(*c >= 0x20 && *c < 0x7F);
}

static void the_index_is_written_whole(void **state)
{
    struct answer a = ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    size_t head_len = 0;
    char length[48];
    char *text = written(&a, &head_len);

    (void)state;
    assert_int_equal(strncmp(text, "HTTP/1.1 200 OK\r\n", 17), 0);
    assert_holds(text, "\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
    assert_holds(text, "\r\nServer: wscope\r\n");
    assert_holds(text, "\r\nContent-Type: text/plain; charset=utf-8\r\n");
    assert_holds(text, "\r\nConnection: close\r\n");
    assert_holds(text, " ws://127.0.0.1:9001/echo\n");
    assert_holds(text, " ws://127.0.0.1:9001/feed\n");
    assert_holds(text, " http://127.0.0.1:9001/feed.sse\n");
    assert_holds(text, " 'http://127.0.0.1:9001/feed.json?since=0'\n");
    assert_holds(text, " http://127.0.0.1:9001/\n");
    assert_int_equal(strncmp(text + head_len - 4, "\r\n\r\n", 4), 0);
    snprintf(length, sizeof length, "\r\nContent-Length: %zu\r\n", strlen(text) - head_len);
    assert_holds(text, length);
    free(text);
}

static void head_gets_the_same_head_and_no_body(void **state)
{
    struct answer get = ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    struct answer head = ask("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
    size_t get_len = 0, head_len = 0;
    char *with = written(&get, &get_len);
    char *without = written(&head, &head_len);

    (void)state;
    assert_int_equal(get_len, head_len);
    assert_int_equal(strlen(without), head_len);
    assert_memory_equal(with, without, head_len);
    free(with);
    free(without);
}

static void refusals_carry_their_fields(void **state)
{
    static const struct {
        int status;
        const char *start, *field;
    } cases[] = {
        {400, "HTTP/1.1 400 Bad Request\r\n", "\r\nSec-WebSocket-Version: 13\r\n"},
        {403, "HTTP/1.1 403 Forbidden\r\n", "\r\nContent-Length: "},
        {404, "HTTP/1.1 404 Not Found\r\n", "\r\nContent-Length: "},
        {405, "HTTP/1.1 405 Method Not Allowed\r\n", "\r\nAllow: GET, HEAD\r\n"},
        {408, "HTTP/1.1 408 Request Timeout\r\n", "\r\nConnection: close\r\n"},
        {426, "HTTP/1.1 426 Upgrade Required\r\n", "\r\nSec-WebSocket-Version: 13\r\n"},
        {426, "HTTP/1.1 426 Upgrade Required\r\n", "\r\nUpgrade: websocket\r\n"},
        {431, "HTTP/1.1 431 Request Header Fields Too Large\r\n", "\r\nContent-Length: "},
        {503, "HTTP/1.1 503 Service Unavailable\r\n", "\r\nRetry-After: 1\r\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct answer a;
        size_t head_len = 0;
        char *text;

        pages_refuse(&a, cases[i].status, "what was wrong", "what to try");
        text = written(&a, &head_len);
        assert_int_equal(strncmp(text, cases[i].start, strlen(cases[i].start)), 0);
        assert_holds(text, cases[i].field);
        assert_holds(text + head_len, ": what was wrong\nhint: what to try\n");
        free(text);
    }
}

static void an_answer_that_is_made_up_has_the_fields_it_was_given(void **state)
{
    struct answer a;
    size_t head_len = 0;
    char *text;

    (void)state;
    pages_refuse(&a, 503, "made up", "");
    a.made_up = a.has_retry_after = true;
    a.retry_after = 20;
    text = written(&a, &head_len);
    assert_holds(text, "\r\nRetry-After: 20\r\n");
    assert_null(strstr(text, "Retry-After: 1\r\n"));
    free(text);
    a.has_retry_after = false;
    text = written(&a, &head_len);
    assert_null(strstr(text, "Retry-After"));
    free(text);
    a.status = 401;
    text = written(&a, &head_len);
    assert_int_equal(strncmp(text, "HTTP/1.1 401 Unauthorized\r\n", 27), 0);
    assert_holds(text, "\r\nWWW-Authenticate: Basic ");
    free(text);
    a.status = 599; /* it has no name */
    text = written(&a, &head_len);
    assert_int_equal(strncmp(text, "HTTP/1.1 599 \r\n", 15), 0);
    free(text);
    a.status = 204; /* RFC 9110, section 15.3.5 */
    text = written(&a, &head_len);
    assert_int_equal(strlen(text), head_len);
    assert_null(strstr(text, "Content-"));
    free(text);
}

static void try_write(void)
{
    struct answer a = ask("GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
    struct buf out;
    size_t head_len = 0;

    buf_init(&out, 65536);
    if (pages_write(&out, &open_pages, &a, EXAMPLE_TIME, &head_len) < 0)
        assert_int_equal(out.len, 0);
    else
        assert_true(out.len > head_len);
    buf_clear(&out);
}

static void a_failed_allocation_leaves_nothing_written(void **state)
{
    (void)state;
    ALLOC_EACH(try_write());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_path_parts_the_query),
        cmocka_unit_test(upgrades_lead_to_the_services),
        cmocka_unit_test(every_service_is_reached_and_in_the_index),
        cmocka_unit_test(feed_takes_since_from_the_query),
        cmocka_unit_test(a_since_that_is_no_number_is_refused_and_quoted),
        cmocka_unit_test(upgrades_elsewhere_are_not_found),
        cmocka_unit_test(malformed_upgrades_are_refused_with_their_status),
        cmocka_unit_test(origins_are_held_against_the_list),
        cmocka_unit_test(plain_requests_get_pages),
        cmocka_unit_test(the_feeds_over_http_take_where_to_begin),
        cmocka_unit_test(last_event_id_counts_before_the_query),
        cmocka_unit_test(what_is_no_number_is_refused_on_the_feeds_over_http_too),
        cmocka_unit_test(only_get_head_and_options_reach_the_feeds_over_http),
        cmocka_unit_test(a_connection_is_kept_as_http_has_it),
        cmocka_unit_test(foreign_origins_may_not_read_the_feeds_either),
        cmocka_unit_test(what_a_client_sent_is_escaped_where_it_is_quoted),
        cmocka_unit_test(the_index_is_written_whole),
        cmocka_unit_test(head_gets_the_same_head_and_no_body),
        cmocka_unit_test(refusals_carry_their_fields),
        cmocka_unit_test(an_answer_that_is_made_up_has_the_fields_it_was_given),
        cmocka_unit_test(a_failed_allocation_leaves_nothing_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A client of the embedded server: the test writes its requests by hand, in any pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "alloc.h"
#include "base/clock.h"
#include "net_help.h"
#include "serve/client.h"
#include "serve/feed_service.h"

#define TURNS 30000 /* of a millisecond at most: no test takes that many */

#define GET(path, more) "GET " path " HTTP/1.1\r\nHost: a\r\n" more "\r\n"
#define UPGRADE                                     \
    "Upgrade: websocket\r\nConnection: Upgrade\r\n" \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

struct fixture {
    struct client_host host; /* first */
    uv_loop_t loop;
    struct supplies supplies;
    struct bus bus;
    struct sink sink;
    struct client *client;
    int fd; /* the test's end; -1: closed */
    bool ended;
    char heard[65536];
    size_t heard_len;
    char log[1024]; /* a line an event */
};

static void on_event(struct sink *sink, const struct event *ev)
{
    struct fixture *f = (struct fixture *)((char *)sink - offsetof(struct fixture, sink));
    size_t len = strlen(f->log);
    char *to = f->log + len;

    if (ev->kind == EVENT_REQUEST)
        snprintf(to, sizeof f->log - len, "request %s\n", ev->request.method);
    else if (ev->kind == EVENT_RESPONSE)
        snprintf(to, sizeof f->log - len, "response %d\n", ev->response.status);
    else if (ev->kind == EVENT_ERROR)
        snprintf(to, sizeof f->log - len, "error %s\n", ev->error->text);
    else if (ev->kind == EVENT_OPEN)
        snprintf(to, sizeof f->log - len, "open %s\n", ev->open.url);
    else if (ev->kind == EVENT_CLOSE)
        snprintf(to, sizeof f->log - len, "close %u\n", ev->close.code);
}

static void on_free(struct sink *sink)
{
    (void)sink; /* it is part of the fixture */
}

static void on_gone(struct client_host *host, struct client *c)
{
    struct fixture *f = (struct fixture *)host;

    assert_ptr_equal(f->client, c);
    f->client = NULL;
    f->ended = true;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_int_equal(uv_loop_init(&f->loop), 0);
    supplies_init(&f->supplies);
    bus_init(&f->bus);
    f->sink = (struct sink){.wants = EVENT_BIT(EVENT_REQUEST) | EVENT_BIT(EVENT_RESPONSE) |
                                     EVENT_BIT(EVENT_ERROR) | EVENT_BIT(EVENT_OPEN) |
                                     EVENT_BIT(EVENT_CLOSE),
                            .event = on_event,
                            .free = on_free};
    assert_int_equal(bus_add(&f->bus, &f->sink), 0);
    f->host = (struct client_host){.loop = &f->loop,
                                   .bus = &f->bus,
                                   .pages = {.url = "ws://127.0.0.1:9"},
                                   .supplies = &f->supplies,
                                   .start_us = clock_mono_us(),
                                   .gone = on_gone};
    f->host.feed = feed_service_new(&f->host, 50, 1, NULL);
    assert_non_null(f->host.feed);
    f->fd = -1;
    *state = f;
    return 0;
}

static void hang_up(struct fixture *f)
{
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
}

static void turn(struct fixture *f, unsigned *turns)
{
    ssize_t n;

    uv_run(&f->loop, UV_RUN_NOWAIT);
    if (++*turns > TURNS)
        fail_msg("nothing more happened after: %s%s", f->log, f->heard);
    if (f->fd < 0) {
        poll(NULL, 0, 1);
        return;
    }
    poll(&(struct pollfd){.fd = f->fd, .events = POLLIN}, 1, 1);
    n = recv(f->fd, f->heard + f->heard_len, sizeof f->heard - 1 - f->heard_len, MSG_DONTWAIT);
    if (n > 0)
        f->heard_len += (size_t)n;
    else if (n == 0)
        hang_up(f);
    f->heard[f->heard_len] = '\0';
}

/* Until the client is gone. */
static void expect_end(struct fixture *f)
{
    unsigned turns = 0;

    while (!f->ended)
        turn(f, &turns);
}

static void connect_client(struct fixture *f, bool crowded)
{
    int fds[2];

    hang_up(f);
    tcp_pair(fds);
    f->fd = fds[1];
    f->ended = false;
    f->heard_len = 0;
    f->heard[0] = f->log[0] = '\0';
    f->client = client_new(&f->host, fds[0], 1, crowded);
    f->ended = f->client == NULL;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    if (f->client)
        client_abort(f->client);
    hang_up(f);
    feed_service_free(f->host.feed);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&f->loop), 0);
    bus_clear(&f->bus);
    supplies_clear(&f->supplies);
    free(f);
    return 0;
}

static void say(struct fixture *f, const char *bytes, size_t n)
{
    assert_int_equal(send(f->fd, bytes, n, MSG_NOSIGNAL), n);
}

static void say_text(struct fixture *f, const char *text)
{
    say(f, text, strlen(text));
}

/* Until so many answers with that status have come. */
static void hear(struct fixture *f, int status, unsigned times)
{
    char line[32];
    unsigned turns = 0, found = 0;

    snprintf(line, sizeof line, "HTTP/1.1 %d ", status);
    while (found < times) {
        turn(f, &turns);
        found = 0;
        for (const char *at = f->heard; (at = strstr(at, line)) != NULL; at++)
            found++;
    }
}

/* The client reads it before more comes. */
static void settle(struct fixture *f, size_t n)
{
    unsigned turns = 0;

    while (f->client && f->client->in.bytes.len < n)
        turn(f, &turns);
}

static void a_request_is_answered_in_any_two_pieces(void **state)
{
    static const char bytes[] = GET("/", "");
    struct fixture *f = *state;

    for (size_t at = 1; at < sizeof bytes - 1; at++) {
        connect_client(f, false);
        say(f, bytes, at);
        settle(f, at);
        say(f, bytes + at, sizeof bytes - 1 - at);
        hear(f, 200, 1);
        assert_string_equal(f->log, "request GET\nresponse 200\n");
        expect_end(f);
    }
}

static void what_cannot_be_trusted_is_refused_and_ends_the_connection(void **state)
{
    static const struct {
        const char *bytes;
        int status;
        bool shown; /* as a request */
    } cases[] = {
        {GET("/", "Host: b\r\n"), 400, true},
        {GET("/", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"), 400, true},
        {GET("/", "X : y\r\n"), 400, false},
        {"GET / HTTP/1.1\nHost: a\n\n", 400, false},
        {"\x16\x03\x01", 400, false},
        {GET("/feed.json", "Connection: upgrade\r\nUpgrade: websocket\r\n"), 426, true},
    };
    struct fixture *f = *state;
    char log[64];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        connect_client(f, false);
        say_text(f, cases[i].bytes);
        hear(f, cases[i].status, 1);
        snprintf(log, sizeof log, "%sresponse %d\n", cases[i].shown ? "request GET\n" : "",
                 cases[i].status);
        assert_string_equal(f->log, log);
        expect_end(f);
        if (!strstr(f->heard, "Connection: close"))
            fail_msg("%s", f->heard);
    }
}

static void a_head_that_is_too_large_is_answered_with_431(void **state)
{
    static char head[HTTP1_HEAD_MAX];
    struct fixture *f = *state;
    size_t n = (size_t)snprintf(head, sizeof head, "GET / HTTP/1.1\r\nHost: a\r\nX: ");

    memset(head + n, 'x', sizeof head - n);
    connect_client(f, false);
    say(f, head, sizeof head);
    hear(f, 431, 1);
    expect_end(f);
}

static void requests_in_one_piece_are_answered_in_order(void **state)
{
    static const char bytes[] = "\r\n" GET("/feed.json?last=1", "")
        GET("/feed.json?since=1&wait=60", "") "\r\n" GET("/echo", UPGRADE) "\x81\x82\0\0\0\0hi"
                                                                           "\x88\x80\0\0\0\0";
    struct fixture *f = *state;

    connect_client(f, false);
    say(f, bytes, sizeof bytes - 1);
    hear(f, 101, 1);
    expect_end(f);
    assert_string_equal(f->log, "request GET\nresponse 200\nrequest GET\nresponse 200\n"
                                "request GET\nresponse 101\nopen ws://127.0.0.1:9/echo\n"
                                "close 1005\n");
    assert_true(f->heard_len > 6);
    assert_memory_equal(f->heard + f->heard_len - 6, "\x81\x02hi\x88", 5);
}

static void a_body_is_not_taken_for_the_next_request(void **state)
{
    struct fixture *f = *state;

    connect_client(f, false);
    say_text(f, GET("/feed.json?last=1", "Content-Length: 30\r\n") GET("/nowhere", ""));
    hear(f, 200, 1);
    expect_end(f);
    assert_string_equal(f->log, "request GET\nresponse 200\n");
    assert_non_null(strstr(f->heard, "Connection: close"));
    assert_null(strstr(f->heard, "404"));
}

static void a_client_that_hangs_up_in_its_head_is_reported(void **state)
{
    struct fixture *f = *state;

    connect_client(f, false);
    say_text(f, "GET / HT");
    settle(f, 8);
    hang_up(f);
    expect_end(f);
    assert_string_equal(
        f->log, "error a client hung up in the middle of its request, after 8 bytes of it\n");
    /* Without a byte it is no news. */
    connect_client(f, false);
    hang_up(f);
    expect_end(f);
    assert_string_equal(f->log, "");
}

static void a_client_too_many_is_sent_away_whatever_it_asks_for(void **state)
{
    struct fixture *f = *state;

    connect_client(f, true);
    say_text(f, GET("/echo", UPGRADE));
    hear(f, 503, 1);
    assert_non_null(strstr(f->heard, "Retry-After: 1\r\n"));
    expect_end(f);
}

static void a_paused_client_reads_nothing(void **state)
{
    struct fixture *f = *state;

    f->host.paused = true;
    connect_client(f, false);
    say_text(f, GET("/", ""));
    for (unsigned turns = 0; turns < 5;)
        turn(f, &turns);
    assert_int_equal(f->client->in.bytes.len, 0);
    f->host.paused = false;
    client_pause_changed(f->client);
    hear(f, 200, 1);
    expect_end(f);
}

static void a_client_survives_failing_allocations(void **state)
{
    static const char bytes[] = GET("/echo", UPGRADE) "\x88\x80\0\0\0\0";
    struct fixture *f = *state;

    ALLOC_EACH({
        connect_client(f, false);
        if (f->client)
            say(f, bytes, sizeof bytes - 1);
        expect_end(f);
    });
    assert_non_null(strstr(f->log, "close 1005\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_request_is_answered_in_any_two_pieces),
        TEST(what_cannot_be_trusted_is_refused_and_ends_the_connection),
        TEST(a_head_that_is_too_large_is_answered_with_431),
        TEST(requests_in_one_piece_are_answered_in_order),
        TEST(a_body_is_not_taken_for_the_next_request),
        TEST(a_client_that_hangs_up_in_its_head_is_reported),
        TEST(a_client_too_many_is_sent_away_whatever_it_asks_for),
        TEST(a_paused_client_reads_nothing),
        TEST(a_client_survives_failing_allocations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

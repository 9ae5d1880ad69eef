/* The three kinds of channels with a server on the loopback, whose bytes are written here by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "channel/channel_poll.h"
#include "channel/channel_sse.h"
#include "channel/channel_ws.h"
#include "hand_server.h"

#define STREAM(more) "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" more "\r\n"

static const char *const chat = "chat";

struct fixture {
    struct layer user; /* upon the channel's layers */
    struct hand_server server;
    struct channel_shared *shared;
    struct channel_ws_config ws;
    struct channel_sse_config sse;
    struct channel_poll_config poll;
    struct channel *channel;
};

static void on_event(struct layer *l, struct event *ev)
{
    struct fixture *f = (struct fixture *)l;

    assert_int_equal(ev->conn, 7);
    assert_int_equal(ev->channel, f->channel->kind);
    switch (ev->kind) {
    case EVENT_OPEN:
        hand_server_note(&f->server, "open %s%s\n", strrchr(ev->open.url, '/'),
                         ev->open.subprotocol_missed ? " without its subprotocol" : "");
        break;
    case EVENT_MESSAGE:
        hand_server_note(&f->server, "message %.*s\n", (int)ev->message.data.len,
                         (const char *)ev->message.data.data);
        break;
    case EVENT_POLL:
        hand_server_note(&f->server, "poll %d, %d new\n", ev->poll.status, (int)ev->poll.fresh);
        break;
    case EVENT_ERROR:
        hand_server_note(&f->server, "error %s%s%s\n", ev->error->text,
                         ev->error->hint[0] ? ": " : "", ev->error->hint);
        break;
    case EVENT_CLOSE:
        hand_server_note(&f->server, "close %u%s\n", ev->close.code,
                         ev->close.clean ? " clean" : "");
        break;
    default:
        break;
    }
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct receiver_config common;
    struct err e;

    hand_server_open(&f->server, "/a");
    f->ws.handshake = (struct handshake_config){
        .url = &f->server.url, .headers = &hand_key, .header_count = 1, .subprotocols = &chat};
    f->ws.dial.noproxy = "*";
    f->ws.close_timeout_us = 60000000;
    f->shared = channel_shared_new(&f->server.supplies, &f->ws.dial.tls, false, &e);
    assert_non_null(f->shared);
    common = (struct receiver_config){.handshake = f->ws.handshake, .dial = f->ws.dial};
    f->sse = (struct channel_sse_config){.common = common};
    f->poll = (struct channel_poll_config){.common = common, .every_us = 1000};
    *state = f;
    return 0;
}

static void drop(struct fixture *f)
{
    channel_free(f->channel);
    f->channel = NULL;
    hand_server_hang_up(&f->server);
    f->server.log[0] = '\0';
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    drop(f);
    hand_server_end(&f->server);
    channel_shared_free(f->shared);
    hand_server_clear(&f->server);
    free(f);
    return 0;
}

static void start(struct fixture *f, enum event_channel kind)
{
    static const struct layer_ops ops = {.event = on_event};
    const struct channel_up up = {
        .user = &f->user, .bus = &f->server.bus, .start_us = clock_mono_us(), .conn = 7};
    struct err e;

    drop(f);
    f->user.ops = &ops;
    if (kind == CHANNEL_WS)
        f->channel = channel_ws_new(&f->server.loop, &f->ws, f->shared, &up);
    else if (kind == CHANNEL_SSE)
        f->channel = channel_sse_new(&f->server.loop, &f->sse, f->shared, &up);
    else
        f->channel = channel_poll_new(&f->server.loop, &f->poll, f->shared, &up);
    assert_non_null(f->channel);
    assert_int_equal(channel_open(f->channel, &e), 0);
}

/* Until the server has a request that begins like this; on a new connection, if `anew`. */
static void hear(struct fixture *f, bool anew, const char *begins)
{
    if (anew)
        hand_server_hang_up(&f->server);
    hand_server_hear(&f->server, begins);
}

static void say(struct fixture *f, const char *bytes, size_t len)
{
    hand_server_say(&f->server, bytes, len);
}

static void say_text(struct fixture *f, const char *text)
{
    say(f, text, strlen(text));
}

/* Until the log is this. */
static void expect(struct fixture *f, const char *log)
{
    unsigned turns = 0;

    while (strlen(f->server.log) < strlen(log))
        hand_server_turn(&f->server, &turns);
    hand_server_logged(&f->server, log);
}

static void a_websocket_opens_where_a_redirect_led(void **state)
{
    struct fixture *f = *state;

    f->ws.follow = true;
    f->ws.max_redirects = 1;
    f->ws.handshake.subprotocol_count = 1;
    start(f, CHANNEL_WS);
    hear(f, true, "GET /a HTTP/1.1\r\n");
    say_text(f, "HTTP/1.1 302 There\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n");
    hear(f, true, "GET /b HTTP/1.1\r\n");
    say(f, HAND_ACCEPTED "\x81\x02hi", sizeof HAND_ACCEPTED - 1 + 4);
    expect(f, "open /b without its subprotocol\nmessage hi\n");
    assert_string_equal(f->channel->asked->url->target, "/b");
    say(f, "\x88\x02\x03\xe8", 4);
    shutdown(f->server.fd, SHUT_WR);
    expect(f, "close 1000 clean\n");
    assert_true(f->channel->activity.ended);
    assert_int_equal(channel_totals(f->channel).messages_in, 1);
}

static void a_websocket_that_is_refused_or_given_up_was_never_open(void **state)
{
    struct fixture *f = *state;

    start(f, CHANNEL_WS);
    hear(f, true, "GET /a HTTP/1.1\r\n");
    say_text(f, "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
    expect(f, "error the server answered 403 No instead of 101 Switching Protocols\n");
    assert_true(f->channel->activity.ended);
    assert_int_equal(f->channel->opened_us, 0);

    start(f, CHANNEL_WS);
    hear(f, true, "GET /a HTTP/1.1\r\n");
    channel_close(f->channel, 1000, slice_str(""), 0);
    expect(f, "error given up before the connection was open\n");
    assert_true(f->channel->activity.ended);
}

static void an_event_stream_ends_as_its_framing_says(void **state)
{
    struct fixture *f = *state;

    start(f, CHANNEL_SSE);
    hear(f, true, "GET /a HTTP/1.1\r\n");
    say_text(f, STREAM("Transfer-Encoding: chunked\r\n") "9\r\ndata: x\n\n\r\n");
    expect(f, "open /a\nmessage x\n");
    say_text(f, "0\r\n\r\n");
    expect(f, "close 1005 clean\n");

    start(f, CHANNEL_SSE);
    hear(f, true, "GET /a HTTP/1.1\r\n");
    say_text(f, STREAM("Transfer-Encoding: chunked\r\n") "9\r\ndata:");
    expect(f, "open /a\n");
    close(f->server.fd);
    f->server.fd = -1;
    expect(f, "close 1006\n");

    start(f, CHANNEL_SSE);
    hear(f, true, "GET /a HTTP/1.1\r\n");
    say_text(f, "HTTP/1.1 204 Enough\r\n\r\n");
    expect(f, "open /a\nclose 1000 clean\n");
    assert_true(f->channel->for_good);
}

/* Whatever is asked for: is the refusal one for good? */
static void check_refused(struct fixture *f, enum event_channel kind, const char *answer,
                          const char *log, bool for_good)
{
    start(f, kind);
    hear(f, true, "GET /a HTTP/1.1\r\n");
    say_text(f, answer);
    expect(f, log);
    assert_true(f->channel->activity.ended);
    assert_int_equal(f->channel->for_good, for_good);
}

static void a_refusal_is_for_good_unless_its_status_passes(void **state)
{
    static const char none[] = "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n";
    static const char busy[] = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
    static const char there[] = "HTTP/1.1 302 There\r\nContent-Length: 0\r\n\r\n";
    static const char html[] = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<";
    struct fixture *f = *state;

    check_refused(f, CHANNEL_SSE, none,
                  "error the server answered 404 instead of an event stream\n", true);
    check_refused(f, CHANNEL_SSE, busy,
                  "error the server answered 503 instead of an event stream\n", false);
    check_refused(f, CHANNEL_SSE, there,
                  "error the server answered 302 instead of an event stream: it is at another URL: "
                  "-L follows redirects\n",
                  true);
    check_refused(
        f, CHANNEL_SSE, html,
        "error the server answered with the type \"text/html\", which is not an event stream "
        "(text/event-stream): if this is a document that changes, use --poll\n",
        true);
    check_refused(f, CHANNEL_POLL, none, "error the server answered the poll with 404\n", true);
    check_refused(f, CHANNEL_POLL, busy, "error the server answered the poll with 503\n", false);
    check_refused(f, CHANNEL_POLL, there,
                  "error the server answered the poll with 302: it is at another URL: -L follows "
                  "redirects\n",
                  true);
}

static void polls_show_what_is_new_and_go_on_where_a_refusal_passes(void **state)
{
    struct fixture *f = *state;

    start(f, CHANNEL_POLL);
    hear(f, true, "GET /a HTTP/1.1\r\n");
    say_text(f, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: \"e\"\r\n\r\n[1,2]");
    expect(f, "open /a\nmessage 1\nmessage 2\npoll 200, 2 new\n");
    hear(f, false, "GET /a HTTP/1.1\r\n");
    say_text(f, "HTTP/1.1 304 Same\r\n\r\n");
    expect(f, "poll 304, 0 new\n");
    hear(f, false, "GET /a HTTP/1.1\r\n");
    say_text(f, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[2,3]\r\n0\r\n\r\n");
    expect(f, "message 3\npoll 200, 1 new\n");
    hear(f, false, "GET /a HTTP/1.1\r\n");
    say_text(f, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
    expect(f, "poll 503, 0 new\n");
    hear(f, false, "GET /a HTTP/1.1\r\n");
    channel_close(f->channel, 0, slice_str(""), 0);
    expect(f, "close 1005 clean\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_websocket_opens_where_a_redirect_led),
        TEST(a_websocket_that_is_refused_or_given_up_was_never_open),
        TEST(an_event_stream_ends_as_its_framing_says),
        TEST(a_refusal_is_for_good_unless_its_status_passes),
        TEST(polls_show_what_is_new_and_go_on_where_a_refusal_passes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

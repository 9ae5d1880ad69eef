/* An exchange with a server on the loopback, whose bytes are written here by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hand_server.h"
#include "http/http.h"
#include "net_help.h"

struct fixture {
    struct hand_server server;
    struct handshake_config identity;
    struct dial_config dial;
    struct http_shared shared;
    struct upgrade upgrade;
    struct http *http;
    struct link *link; /* handed over */
    bool upgrades;     /* the last request asks for that */
    bool cancels;      /* gives up when an answer is reported */
};

static void on_report(void *ctx, struct event *ev)
{
    struct fixture *f = ctx;

    if (ev->kind == EVENT_RESPONSE) {
        hand_server_note(&f->server, "%s %d %.*s%s\n",
                         ev->response.interim    ? "interim"
                         : ev->response.followed ? "redirect"
                                                 : "response",
                         ev->response.status, (int)ev->response.body.len,
                         (const char *)ev->response.body.data, ev->response.body_cut ? "..." : "");
        if (f->cancels)
            http_cancel(f->http);
    } else if (ev->kind == EVENT_NOTE) {
        hand_server_note(&f->server, "%.30s\n",
                         strstr(ev->note, "redirected") ? strrchr(ev->note, '/') : ev->note);
    } else if (ev->kind == EVENT_VIOLATION) {
        hand_server_note(&f->server, "violation %s\n", ev->violation.rule);
    }
}

static void on_body(void *ctx, struct slice piece)
{
    hand_server_note(&((struct fixture *)ctx)->server, "body %.*s\n", (int)piece.len,
                     (const char *)piece.data);
}

static void on_upgraded(void *ctx, struct link *link, struct slice rest)
{
    struct fixture *f = ctx;

    f->link = link;
    hand_server_note(&f->server, "upgraded %.*s\n", (int)rest.len, (const char *)rest.data);
}

static void on_done(void *ctx, const struct http_result *result)
{
    struct fixture *f = ctx;

    if (result->error.code == EXIT_OK)
        hand_server_note(&f->server, "done %d\n", result->status);
    else
        hand_server_note(&f->server, "failed %d %s\n", result->error.code, result->error.text);
}

static int set_up_with(void **state, unsigned redirects)
{
    static const struct http_hooks hooks = {
        .report = on_report, .body = on_body, .upgraded = on_upgraded, .done = on_done};
    struct fixture *f = calloc(1, sizeof *f);
    struct http_config config;
    struct err e;

    hand_server_open(&f->server, "/chat");
    f->identity =
        (struct handshake_config){.url = &f->server.url, .headers = &hand_key, .header_count = 1};
    f->dial.noproxy = "*";
    assert_int_equal(http_shared_init(&f->shared, &f->server.supplies, &f->dial.tls, false, &e), 0);
    config = (struct http_config){.identity = &f->identity,
                                  .dial = &f->dial,
                                  .follow = redirects > 0,
                                  .max_redirects = redirects};
    f->http = http_new(&f->server.loop, &config, &f->shared, &f->server.bus, &hooks, f);
    assert_non_null(f->http);
    *state = f;
    return 0;
}

static int set_up(void **state)
{
    return set_up_with(state, 0);
}

static int set_up_following(void **state)
{
    return set_up_with(state, 1);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    http_free(f->http);
    link_free(f->link);
    hand_server_end(&f->server);
    upgrade_clear(&f->upgrade);
    http_shared_clear(&f->shared);
    hand_server_clear(&f->server);
    free(f);
    return 0;
}

static void hear(struct fixture *f, const char *begins)
{
    hand_server_hear(&f->server, begins);
    assert_int_equal(strstr(f->server.heard, "Upgrade: websocket\r\n") != NULL, f->upgrades);
}

static void ask(struct fixture *f, struct upgrade *upgrade)
{
    const struct http_request request = {.upgrade = upgrade};
    struct err e;

    f->upgrades = upgrade != NULL;
    assert_int_equal(http_start(f->http, &request, &e), 0);
    hear(f, "GET /chat HTTP/1.1\r\n");
}

/* The server writes, and the client has read it. */
static void say(struct fixture *f, const char *bytes, size_t len)
{
    uint64_t before = http_totals(f->http).stream_down;
    unsigned turns = 0;

    hand_server_say(&f->server, bytes, len);
    while (http_totals(f->http).stream_down < before + len)
        hand_server_turn(&f->server, &turns);
}

/* Until the exchange is over. */
static void expect(struct fixture *f, const char *log)
{
    unsigned turns = 0;

    while (http_busy(f->http))
        hand_server_turn(&f->server, &turns);
    hand_server_logged(&f->server, log);
}

/* Until the client has closed its connection. */
static void expect_end(struct fixture *f)
{
    unsigned turns = 0;
    char byte;

    while (recv(f->server.fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN)
        hand_server_turn(&f->server, &turns);
    hand_server_hang_up(&f->server);
}

static void hand_back(struct fixture *f)
{
    link_free(f->link);
    f->link = NULL;
    upgrade_clear(&f->upgrade);
    expect_end(f);
}

static void an_upgrade_hands_over_the_link_and_what_came_after_the_head(void **state)
{
    static const char bytes[] =
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" HAND_ACCEPTED "\x81\x02hi";
    struct fixture *f = *state;

    ask(f, &f->upgrade);
    say(f, bytes, sizeof bytes - 1);
    expect(f, "interim 103 \nresponse 101 \nupgraded \x81\x02hi\n");
    assert_string_equal(f->upgrade.agreed.subprotocol, "");
    assert_int_equal(f->upgrade.broken_rules, 0);
    assert_false(http_tcp_stats(f->http, &(struct tcp_stats){0}));
    assert_int_equal(link_write(f->link, (const uint8_t *)"x", 1, &(struct err){0}), 1);
    wait_bytes(f->server.fd, 1);
}

static void an_upgrade_is_read_in_any_two_pieces(void **state)
{
    static const char bytes[] = "HTTP/1.1 100 Continue\r\n\r\n" HAND_ACCEPTED;
    struct fixture *f = *state;

    for (size_t at = 1; at < sizeof bytes - 1; at++) {
        ask(f, &f->upgrade);
        say(f, bytes, at);
        assert_true(http_busy(f->http));
        say(f, bytes + at, sizeof bytes - 1 - at);
        expect(f, "interim 100 \nresponse 101 \nupgraded \n");
        hand_back(f);
    }
}

static void the_client_asks_again_after_an_upgrade(void **state)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nyo";
    struct fixture *f = *state;

    ask(f, &f->upgrade);
    say(f, HAND_ACCEPTED, strlen(HAND_ACCEPTED));
    expect(f, "response 101 \nupgraded \n");
    hand_back(f);
    ask(f, NULL);
    say(f, answer, strlen(answer));
    expect(f, "response 200 \nbody yo\ndone 200\n");
}

static void any_other_answer_refuses_an_upgrade(void **state)
{
    static const char *const statuses[] = {"200 OK", "304 Same", "302 There", "403 No"};
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        bool empty = statuses[i][0] == '3' && statuses[i][2] == '4';
        char answer[128], log[256];
        int len = snprintf(answer, sizeof answer, "HTTP/1.1 %s\r\nContent-Length: 2\r\n\r\n%s",
                           statuses[i], empty ? "" : "no");

        ask(f, &f->upgrade);
        say(f, answer, (size_t)len);
        snprintf(log, sizeof log,
                 "response %.3s %s\nfailed 22 the server answered %s instead of 101 Switching "
                 "Protocols\n",
                 statuses[i], empty ? "" : "no", statuses[i]);
        expect(f, log);
        expect_end(f);
    }
}

static void a_wrong_accept_fails_unless_lenient(void **state)
{
    static const char wrong[] = HAND_SWITCHING("AAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    struct fixture *f = *state;

    ask(f, &f->upgrade);
    say(f, wrong, strlen(wrong));
    assert_non_null(strstr(f->server.log, "response 101 \nfailed 22 "));
    f->server.log[0] = '\0';
    expect_end(f);
    f->upgrade.lenient = true;
    ask(f, &f->upgrade);
    say(f, wrong, strlen(wrong));
    expect(f, "response 101 \nviolation RFC 6455, section 4.1\nupgraded \n");
    assert_int_equal(f->upgrade.broken_rules, 1);
}

static void a_101_that_was_not_asked_for_fails(void **state)
{
    struct fixture *f = *state;

    ask(f, NULL);
    say(f, HAND_ACCEPTED, strlen(HAND_ACCEPTED));
    expect(f, "failed 22 the server switched protocols (101) without being asked\n");
    expect_end(f);
}

static void nothing_follows_an_exchange_that_a_hook_gives_up(void **state)
{
    static const char refusal[] = "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n";
    struct fixture *f = *state;

    f->cancels = true;
    ask(f, &f->upgrade);
    say(f, HAND_ACCEPTED "x", strlen(HAND_ACCEPTED "x"));
    expect(f, "response 101 \n");
    expect_end(f);
    ask(f, &f->upgrade);
    say(f, refusal, strlen(refusal));
    expect(f, "response 403 \n");
    expect_end(f);
}

static void the_end_before_the_answer_says_what_was_asked_for(void **state)
{
    struct fixture *f = *state;

    ask(f, &f->upgrade);
    hand_server_hang_up(&f->server);
    expect(f, "failed 52 the server hung up before it answered the handshake\n");
    ask(f, &f->upgrade);
    say(f, HAND_ACCEPTED, 10);
    reset_close(f->server.fd);
    f->server.fd = -1;
    expect(f, "failed 52 the server reset the connection in the middle of its answer to the "
              "handshake, after 10 bytes of it\n");
    ask(f, NULL);
    hand_server_hang_up(&f->server);
    expect(f, "failed 52 the server hung up before it answered\n");
}

static void say_text(struct fixture *f, const char *text)
{
    say(f, text, strlen(text));
}

static void hang_up(struct fixture *f)
{
    hand_server_hang_up(&f->server);
}

#define THERE(more) \
    "HTTP/1.1 307 There\r\nLocation: /there?hush\r\nContent-Length: 0\r\n" more "\r\n"

static void an_upgrade_follows_a_redirect_on_a_new_connection(void **state)
{
    struct fixture *f = *state;

    ask(f, &f->upgrade);
    say_text(f, THERE(""));
    expect_end(f);
    hear(f, "GET /there?hush HTTP/1.1\r\n");
    say_text(f, HAND_ACCEPTED);
    expect(f, "redirect 307 \n/there\nresponse 101 \nupgraded \n");
    assert_string_equal(http_identity(f->http)->url->target, "/there?hush");
    hand_back(f);

    ask(f, &f->upgrade);
    say_text(f, THERE(""));
    expect_end(f);
    hear(f, "GET /there?hush HTTP/1.1\r\n");
    say_text(f, THERE(""));
    expect(f, "redirect 307 \n/there\nresponse 307 \n"
              "failed 22 the server redirects once more (307), after 1 redirect\n");
    assert_string_equal(http_identity(f->http)->url->target, "/chat");
}

static void a_redirect_that_leads_nowhere_is_not_reported_as_followed(void **state)
{
    struct fixture *f = *state;

    ask(f, &f->upgrade);
    say_text(f, "HTTP/1.1 302 There\r\nContent-Length: 0\r\n\r\n");
    expect(f, "response 302 \nfailed 22 the server redirects (302) without a Location\n");
}

static void a_request_follows_a_redirect_on_its_connection_if_that_persists(void **state)
{
    struct fixture *f = *state;

    ask(f, NULL);
    say_text(f, THERE(""));
    hear(f, "GET /there?hush HTTP/1.1\r\n");
    say_text(f, "HTTP/1.1 204 Nothing\r\n\r\n");
    expect(f, "redirect 307 \nresponse 204 \ndone 204\n");

    ask(f, NULL);
    say_text(f, THERE("Connection: close\r\n"));
    expect_end(f);
    hear(f, "GET /there?hush HTTP/1.1\r\n");
    say_text(f, "HTTP/1.1 204 Nothing\r\n\r\n");
    expect(f, "redirect 307 \nresponse 204 \ndone 204\n");
}

static void the_body_of_a_refusal_is_reported_as_cut_if_it_is(void **state)
{
    /* gzip of "no, you may not", the first without its end */
    static const char zipped[] =
        "HTTP/1.1 403 No\r\nContent-Encoding: gzip\r\nContent-Length: 21\r\n\r\n"
        "\x1f\x8b\x08\0\0\0\0\0\0\xff\x01\x0f\0\xf0\xffno, yo";
    static const struct {
        const char *answer, *shown;
        bool resets;
    } cases[] = {
        {"Content-Length: 3\r\n\r\nall", "all", false},
        {"Content-Length: 9\r\n\r\nhalf", "half...", false},
        {"Transfer-Encoding: chunked\r\n\r\n3\r\nall\r\n0\r\n\r\n", "all", false},
        {"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", "half...", false},
        {"\r\nuntil the end", "until the end", false},
        {"\r\nuntil the", "until the...", true},
    };
    struct fixture *f = *state;
    char answer[128], log[256];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(answer, sizeof answer, "HTTP/1.1 403 No\r\n%s", cases[i].answer);
        snprintf(log, sizeof log,
                 "response 403 %s\nfailed 22 the server answered 403 No instead of 101 Switching "
                 "Protocols\n",
                 cases[i].shown);
        ask(f, &f->upgrade);
        say_text(f, answer);
        if (cases[i].resets) {
            reset_close(f->server.fd);
            f->server.fd = -1;
        } else {
            hang_up(f);
        }
        expect(f, log);
    }
    ask(f, &f->upgrade);
    say(f, zipped, sizeof zipped - 1);
    hang_up(f);
    assert_int_equal(strncmp(f->server.log, "response 403 no, yo...\n", 22), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(an_upgrade_hands_over_the_link_and_what_came_after_the_head),
        TEST(an_upgrade_is_read_in_any_two_pieces),
        TEST(the_client_asks_again_after_an_upgrade),
        TEST(any_other_answer_refuses_an_upgrade),
        TEST(a_wrong_accept_fails_unless_lenient),
        TEST(a_101_that_was_not_asked_for_fails),
        TEST(nothing_follows_an_exchange_that_a_hook_gives_up),
        TEST(the_end_before_the_answer_says_what_was_asked_for),
        TEST(the_body_of_a_refusal_is_reported_as_cut_if_it_is),
#define FOLLOWING(name) cmocka_unit_test_setup_teardown(name, set_up_following, tear_down)
        FOLLOWING(an_upgrade_follows_a_redirect_on_a_new_connection),
        FOLLOWING(a_redirect_that_leads_nowhere_is_not_reported_as_followed),
        FOLLOWING(a_request_follows_a_redirect_on_its_connection_if_that_persists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

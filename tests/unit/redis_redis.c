/* A connection to a Redis server on the loopback, whose bytes are written here by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "hand_server.h"
#include "redis/redis.h"

#define PING "*1\r\n$4\r\nPING\r\n"

struct fixture {
    struct hand_server server;
    struct dial_config dial;
    struct http_shared shared;
    struct redis_url url;
    struct redis *redis;
    bool frees; /* at the next reply or message */
};

static void leave(struct fixture *f)
{
    redis_free(f->redis);
    f->redis = NULL;
}

static void on_ready(void *ctx)
{
    hand_server_note(&((struct fixture *)ctx)->server, "ready\n");
}

static void on_message(void *ctx, const struct redis_message *m)
{
    struct fixture *f = ctx;

    hand_server_note(&f->server, "message %.*s %.*s %.*s\n", (int)m->pattern.len,
                     (const char *)m->pattern.data, (int)m->channel.len,
                     (const char *)m->channel.data, (int)m->payload.len,
                     (const char *)m->payload.data);
    if (f->frees)
        leave(f);
}

static void on_ended(void *ctx, const struct err *e)
{
    struct fixture *f = ctx;

    /* The port differs each time. */
    hand_server_note(&f->server, "ended %d%s\n", e->code, strchr(e->text + 19, ':'));
    if (e->hint[0])
        hand_server_note(&f->server, "hint %.20s\n", e->hint);
}

static void on_reply(void *ctx, const struct resp_value *reply)
{
    struct fixture *f = ctx;

    hand_server_note(&f->server, "reply %d %lld %.*s\n", (int)reply->type,
                     (long long)reply->integer, (int)reply->text.len,
                     (const char *)reply->text.data);
    if (f->frees)
        leave(f);
}

static const struct redis_hooks hooks = {
    .ready = on_ready, .message = on_message, .ended = on_ended};

static void begin(struct fixture *f, const char *form, const struct redis_config *more)
{
    struct redis_config config = *more;
    char text[96];
    struct err e;

    snprintf(text, sizeof text, form, f->server.url.port);
    assert_int_equal(redis_url_parse(&f->url, text, &e), 0);
    config.url = &f->url;
    config.dial = &f->dial;
    config.shared = &f->shared;
    f->redis = redis_new(&f->server.loop, &config, &hooks, f, &e);
    assert_non_null(f->redis);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct err e;

    hand_server_open(&f->server, "/");
    f->dial.proxy = "";
    assert_int_equal(http_shared_init(&f->shared, &f->server.supplies, &f->dial.tls, false, &e), 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    redis_free(f->redis);
    hand_server_end(&f->server);
    http_shared_clear(&f->shared);
    hand_server_clear(&f->server);
    redis_url_clear(&f->url);
    free(f);
    return 0;
}

static void say(struct fixture *f, const char *bytes)
{
    hand_server_say(&f->server, bytes, strlen(bytes));
}

/* Until this was logged. */
static void logs(struct fixture *f, const char *log)
{
    unsigned turns = 0;

    while (strlen(f->server.log) < strlen(log))
        hand_server_turn(&f->server, &turns);
    hand_server_logged(&f->server, log);
}

static void open_it(struct fixture *f, const struct redis_config *config)
{
    begin(f, "redis://127.0.0.1:%u", config);
    hand_server_hear_bytes(&f->server, PING);
    say(f, "+PONG\r\n");
    logs(f, "ready\n");
    assert_true(redis_is_ready(f->redis));
}

static void redis_greets_with_credentials_and_database(void **state)
{
    struct fixture *f = *state;

    begin(f, "redis://me:s%%2Fcret@127.0.0.1:%u/3", &(struct redis_config){0});
    assert_int_equal(redis_send(f->redis, on_reply, f, "PING", NULL), -1);
    hand_server_hear_bytes(&f->server, "*3\r\n$4\r\nAUTH\r\n$2\r\nme\r\n$6\r\ns/cret\r\n"
                                       "*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n" PING);
    say(f, "+OK\r\n+OK\r\n");
    logs(f, "");
    say(f, "+PONG\r\n");
    logs(f, "ready\n");
}

static void redis_hands_replies_over_in_order(void **state)
{
    struct fixture *f = *state;
    const struct slice words[] = {slice_str("SET"), slice_str("k"), slice_make("a\0b", 3)};

    open_it(f, &(struct redis_config){0});
    assert_int_equal(redis_command(f->redis, words, 3, on_reply, f), 0);
    assert_int_equal(redis_send(f->redis, NULL, NULL, "GET", "k", NULL), 0);
    assert_int_equal(redis_send(f->redis, on_reply, f, "INCR", "n", NULL), 0);
    assert_int_equal(redis_waiting(f->redis), 3);
    hand_server_hear_bytes(&f->server, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$3\r\na");
    say(f, "+OK\r\n$1\r\nx\r\n:7");
    logs(f, "reply 0 0 OK\n");
    say(f, "\r\n");
    logs(f, "reply 2 7 \n");
    assert_int_equal(redis_waiting(f->redis), 0);
}

static void redis_tells_messages_from_replies(void **state)
{
    struct fixture *f = *state;

    open_it(f, &(struct redis_config){0});
    assert_int_equal(redis_subscribe(f->redis, "room", on_reply, f), 0);
    assert_int_equal(redis_psubscribe(f->redis, "*", on_reply, f), 0);
    hand_server_hear_bytes(&f->server, "*2\r\n$9\r\nSUBSCRIBE\r\n$4\r\nroom\r\n"
                                       "*2\r\n$10\r\nPSUBSCRIBE\r\n$1\r\n*\r\n");
    say(f, "*3\r\n$9\r\nsubscribe\r\n$4\r\nroom\r\n:1\r\n"
           "*3\r\n$7\r\nmessage\r\n$4\r\nroom\r\n$2\r\nhi\r\n"
           "*3\r\n$10\r\npsubscribe\r\n$1\r\n*\r\n:2\r\n"
           "*4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$4\r\nroom\r\n$3\r\nyou\r\n");
    logs(f, "reply 4 0 \nmessage  room hi\nreply 4 0 \nmessage * room you\n");
}

static void redis_pings_after_silence(void **state)
{
    struct fixture *f = *state;

    open_it(f, &(struct redis_config){.idle_us = 20000, .reply_us = 60000000});
    hand_server_hear_bytes(&f->server, PING);
    say(f, "+PONG\r\n");
    hand_server_hear_bytes(&f->server, PING);
    logs(f, "");
}

static void redis_ends_without_an_answer(void **state)
{
    struct fixture *f = *state;

    open_it(f, &(struct redis_config){.reply_us = 50000});
    assert_int_equal(redis_send(f->redis, on_reply, f, "GET", "k", NULL), 0);
    logs(f, "ended 28: it did not answer a command within 0.05 s\n");
    assert_false(redis_is_ready(f->redis));
    assert_int_equal(redis_send(f->redis, on_reply, f, "GET", "k", NULL), -1);
}

static void redis_reads_nothing_while_paused(void **state)
{
    struct fixture *f = *state;
    unsigned turns = 0;

    open_it(f, &(struct redis_config){.reply_us = 50000});
    assert_int_equal(redis_send(f->redis, on_reply, f, "GET", "k", NULL), 0);
    hand_server_hear_bytes(&f->server, "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n");
    redis_pause(f->redis, true);
    say(f, "$1\r\nv\r\n");
    while (turns < 100) /* of a millisecond and more: longer than a reply may take */
        hand_server_turn(&f->server, &turns);
    logs(f, "");
    redis_pause(f->redis, false);
    logs(f, "reply 3 0 v\n");
}

/* A socket that can be written must not keep the loop awake once a write has failed. */
static void redis_waits_for_nothing_after_a_failed_write_while_paused(void **state)
{
    const struct linger reset = {.l_onoff = 1};
    struct fixture *f = *state;
    struct pollfd loop = {.events = POLLIN};

    open_it(f, &(struct redis_config){0});
    redis_pause(f->redis, true);
    setsockopt(f->server.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    hand_server_hang_up(&f->server);
    assert_int_equal(redis_send(f->redis, on_reply, f, "GET", "k", NULL), 0);
    for (unsigned turns = 0; turns < 20;)
        hand_server_turn(&f->server, &turns);
    logs(f, "");
    loop.fd = uv_backend_fd(&f->server.loop);
    assert_int_equal(poll(&loop, 1, 0), 0);
    redis_pause(f->redis, false);
    logs(f, "ended 56: it closed the connection\n");
}

static void redis_ends_if_it_is_not_ready_in_time(void **state)
{
    struct fixture *f = *state;

    begin(f, "redis://127.0.0.1:%u", &(struct redis_config){.connect_us = 50000});
    logs(f, "ended 28: it accepted the connection, but did not answer within 0.05 s\n");
}

static void redis_ends_at_a_refused_greeting(void **state)
{
    struct fixture *f = *state;

    begin(f, "redis://:wrong@127.0.0.1:%u", &(struct redis_config){0});
    hand_server_hear_bytes(&f->server, "*2\r\n$4\r\nAUTH\r\n$5\r\nwrong\r\n" PING);
    say(f, "-WRONGPASS invalid username-password pair or user is disabled.\r\n-NOAUTH x\r\n");
    logs(f, "ended 1: AUTH was refused: WRONGPASS invalid username-password pair or user is "
            "disabled\nhint the user name or the\n");
}

static void redis_ends_at_the_end_of_the_stream(void **state)
{
    struct fixture *f = *state;

    open_it(f, &(struct redis_config){0});
    assert_int_equal(redis_send(f->redis, on_reply, f, "GET", "k", NULL), 0);
    hand_server_hear_bytes(&f->server, "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n");
    say(f, "$1\r\nv\r\n");
    hand_server_hang_up(&f->server);
    logs(f, "reply 3 0 v\nended 56: it closed the connection\n");
}

static void redis_ends_at_bytes_that_are_none_of_its(void **state)
{
    struct fixture *f = *state;

    begin(f, "redis://127.0.0.1:%u", &(struct redis_config){0});
    hand_server_hear_bytes(&f->server, PING);
    say(f, "HTTP/1.1 400 \033[31mBad\r\n");
    logs(f, "ended 65: what it sent is not a reply, \"HTTP/1.1 400 \\x1b[31mBad\\r\\n\"\n"
            "hint is a Redis server th\n");
}

static void redis_ends_at_a_reply_to_nothing(void **state)
{
    struct fixture *f = *state;

    open_it(f, &(struct redis_config){0});
    say(f, "+OK\r\n");
    logs(f, "ended 65: it sent a reply without a command\nhint is a Redis server th\n");
}

static void redis_ends_at_a_reply_that_is_too_long(void **state)
{
    struct fixture *f = *state;

    open_it(f, &(struct redis_config){.max_reply = 100});
    assert_int_equal(redis_send(f->redis, on_reply, f, "GET", "k", NULL), 0);
    say(f, "$101\r\n");
    logs(f, "ended 63: a reply has more than 100 bytes\n");
}

static void redis_can_be_freed_inside_its_hooks(void **state)
{
    struct fixture *f = *state;

    open_it(f, &(struct redis_config){0});
    f->frees = true;
    assert_int_equal(redis_send(f->redis, on_reply, f, "GET", "k", NULL), 0);
    assert_int_equal(redis_send(f->redis, on_reply, f, "GET", "k", NULL), 0);
    say(f, "+a\r\n+b\r\n");
    logs(f, "reply 0 0 a\n");
    assert_null(f->redis);
}

static void redis_bounds_what_waits(void **state)
{
    struct fixture *f = *state;
    struct slice words[2] = {slice_str("ECHO")};
    char *big = calloc(1, 1 << 20);
    int sent = 0;

    open_it(f, &(struct redis_config){0});
    words[1] = slice_make(big, 1 << 20);
    while (redis_command(f->redis, words, 2, NULL, NULL) == 0)
        sent++;
    assert_int_equal(sent, 15);
    free(big);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(redis_greets_with_credentials_and_database),
        TEST(redis_hands_replies_over_in_order),
        TEST(redis_tells_messages_from_replies),
        TEST(redis_pings_after_silence),
        TEST(redis_ends_without_an_answer),
        TEST(redis_reads_nothing_while_paused),
        TEST(redis_waits_for_nothing_after_a_failed_write_while_paused),
        TEST(redis_ends_if_it_is_not_ready_in_time),
        TEST(redis_ends_at_a_refused_greeting),
        TEST(redis_ends_at_the_end_of_the_stream),
        TEST(redis_ends_at_bytes_that_are_none_of_its),
        TEST(redis_ends_at_a_reply_to_nothing),
        TEST(redis_ends_at_a_reply_that_is_too_long),
        TEST(redis_can_be_freed_inside_its_hooks),
        TEST(redis_bounds_what_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

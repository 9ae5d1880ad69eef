#include "hand_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net_help.h"

#define TURNS 30000 /* of a millisecond at most: no test takes that many */

const struct handshake_header hand_key = {.name = "Sec-WebSocket-Key",
                                          .value = "dGhlIHNhbXBsZSBub25jZQ=="};

void hand_server_open(struct hand_server *s, const char *path)
{
    char text[64];
    uint16_t port = 0;
    struct err e;

    assert_int_equal(uv_loop_init(&s->loop), 0);
    s->fd = -1;
    s->listener = listen_on("127.0.0.1", &port, 8);
    snprintf(text, sizeof text, "ws://127.0.0.1:%u%s", port, path);
    assert_int_equal(url_parse(&s->url, text, &e), 0);
    supplies_init(&s->supplies);
    bus_init(&s->bus);
}

void hand_server_end(struct hand_server *s)
{
    uv_run(&s->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&s->loop), 0);
    hand_server_hang_up(s);
    close(s->listener);
}

void hand_server_clear(struct hand_server *s)
{
    supplies_clear(&s->supplies);
    bus_clear(&s->bus);
    url_clear(&s->url);
}

void hand_server_hang_up(struct hand_server *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

void hand_server_note(struct hand_server *s, const char *format, ...)
{
    size_t len = strlen(s->log);
    va_list args;

    va_start(args, format);
    vsnprintf(s->log + len, sizeof s->log - len, format, args);
    va_end(args);
}

void hand_server_turn(struct hand_server *s, unsigned *turns)
{
    uv_run(&s->loop, UV_RUN_NOWAIT);
    if (++*turns > TURNS)
        fail_msg("nothing more happened after: %s", s->log);
    poll(NULL, 0, 1);
}

void hand_server_hear(struct hand_server *s, const char *begins)
{
    unsigned turns = 0;
    size_t len = 0;

    s->heard[0] = '\0';
    while (!strstr(s->heard, "\r\n\r\n")) {
        ssize_t n;

        hand_server_turn(s, &turns);
        if (s->fd < 0)
            s->fd = accept(s->listener, NULL, NULL);
        n = s->fd < 0 ? 0 : recv(s->fd, s->heard + len, sizeof s->heard - 1 - len, MSG_DONTWAIT);
        if (n > 0)
            len += (size_t)n;
        s->heard[len] = '\0';
    }
    if (strncmp(s->heard, begins, strlen(begins)) != 0)
        fail_msg("%s", s->heard);
}

void hand_server_hear_bytes(struct hand_server *s, const char *bytes)
{
    size_t len = 0, want = strlen(bytes);
    unsigned turns = 0;

    assert_true(want < sizeof s->heard);
    while (len < want) {
        ssize_t n;

        hand_server_turn(s, &turns);
        if (s->fd < 0)
            s->fd = accept(s->listener, NULL, NULL);
        n = s->fd < 0 ? 0 : recv(s->fd, s->heard + len, want - len, MSG_DONTWAIT);
        if (n > 0)
            len += (size_t)n;
    }
    s->heard[len] = '\0';
    assert_string_equal(s->heard, bytes);
}

void hand_server_say(struct hand_server *s, const char *bytes, size_t len)
{
    assert_int_equal(send(s->fd, bytes, len, MSG_NOSIGNAL), len);
}

void hand_server_logged(struct hand_server *s, const char *log)
{
    assert_string_equal(s->log, log);
    s->log[0] = '\0';
}

/*
 * hand_server: a server on the loopback whose bytes the tests write by hand, and what a client of
 * it needs: a loop, its URL, supplies and a bus. What the client reports is noted in a log.
 */
#ifndef TESTS_UNIT_HAND_SERVER_H
#define TESTS_UNIT_HAND_SERVER_H

#include <uv.h>

#include "event/bus.h"
#include "net/supplies.h"
#include "proto/handshake.h"

/* RFC 6455, section 1.3: the key that hand_key sends, and the answer to it. */
#define HAND_SWITCHING(accept)                                                          \
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
    "Sec-WebSocket-Accept: " accept "\r\n\r\n"
#define HAND_ACCEPTED HAND_SWITCHING("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
extern const struct handshake_header hand_key;

struct hand_server {
    uv_loop_t loop;
    int listener, fd; /* fd: the connection; -1: none */
    struct url url;
    struct supplies supplies;
    struct bus bus;
    char log[1024];   /* a line a report */
    char heard[1024]; /* the last request's head */
};

void hand_server_open(struct hand_server *s, const char *path);
/* Runs the loop until nothing is left in it. */
void hand_server_end(struct hand_server *s);
/* After it: what the client has borrowed. */
void hand_server_clear(struct hand_server *s);
void hand_server_hang_up(struct hand_server *s);

void hand_server_note(struct hand_server *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A turn of the loop; fails the test after too many. */
void hand_server_turn(struct hand_server *s, unsigned *turns);
/* Until the server has the whole head of a request, which begins like this. */
void hand_server_hear(struct hand_server *s, const char *begins);
/* Until the server has as many bytes as these: they are these. */
void hand_server_hear_bytes(struct hand_server *s, const char *bytes);
void hand_server_say(struct hand_server *s, const char *bytes, size_t len);
/* The log is this, and empty from now on. */
void hand_server_logged(struct hand_server *s, const char *log);

#endif

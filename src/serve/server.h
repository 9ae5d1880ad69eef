/*
 * server: the embedded server, on the caller's loop: a WebSocket echo, a room, a feed of numbered
 * updates, and a page that lists them. Each connection is a client; events are sent to the bus.
 *
 *   /           a plain-text index
 *   /echo       sends every message back; so does one more path of the caller's choice
 *   /chat       sends every message to all its clients
 *   /feed       {"id":N,...} at a steady rate to everyone; ?since=N repeats what came after N first
 *               (as far as the server still has it); a text message {"since":N} asks for the same
 *               later
 *   /feed.sse   the same sequence as server-sent events; Last-Event-ID or ?since=N
 *   /feed.json  ?since=N: an array of what came after N; &wait=SEC: as soon as there is something
 */
#ifndef SERVE_SERVER_H
#define SERVE_SERVER_H

#include <uv.h>

#include "decode/decode.h"
#include "event/bus.h"
#include "proto/frame.h"

struct server_config {
    const char *host;           /* address or name to listen on */
    uint16_t port;              /* 0: any */
    const char *cert, *key;     /* PEM files: TLS; NULL: none */
    double rate;                /* updates of the feed a second, */
    uint64_t burst;             /* this many at once; from 1 */
    const char *const *origins; /* Origin values that may connect; empty: any */
    size_t origin_count;
    const char *path;                   /* another one that echoes; NULL: none */
    const char *node;                   /* the server's name (pages_node_valid); NULL: none */
    const struct pubsub_config *pubsub; /* Redis, which servers share; NULL: none */
    unsigned max_clients;               /* beyond: 503 */
    struct supplies *supplies;          /* borrowed; outlive the server and the loop's last turn */
    struct faults *faults;              /* injected faults; borrowed; NULL: none */
    const struct decode_spec *decode; /* the protocol above the messages, for the views; or NULL */
    uint64_t start_us;                /* clock_mono_us at the program's start, for the events */
};

/* Of a server that the program itself uses: any port of 127.0.0.1, one update at a time. */
struct server_config server_config_own(double rate, unsigned max_clients, struct supplies *supplies,
                                       uint64_t start_us);

struct server;

/* Bind and listen. NULL with *e (EXIT_USAGE for files, EXIT_CONNECT for the address). config and
 * bus are borrowed for the server's life. */
struct server *server_new(uv_loop_t *loop, const struct server_config *config,
                          const struct bus *bus, struct err *e);
/* "ws://127.0.0.1:9001": where it listens. Borrowed. */
const char *server_url(const struct server *s);
/* How many WebSockets are open. */
unsigned server_open(const struct server *s);
/* Send a whole message to every open WebSocket, whatever its path. Returns how many took it: one
 * that is too slow, for which more than 512 KiB wait already, does not. */
unsigned server_broadcast(struct server *s, enum opcode type, struct slice text);
/* The totals of all its connections so far. */
struct totals server_totals(const struct server *s);
/* Stop and continue reading from clients and sending updates: for when the events are not read. */
void server_pause(struct server *s, bool paused);
/* Stop listening and close every connection with 1001, giving them at most timeout_ms; done is
 * called from the loop once all are gone. Again: at once. */
void server_stop(struct server *s, unsigned timeout_ms, void (*done)(void *ctx), void *ctx);
/* After done; before it, clients that are still connected are cut off. NULL is fine. */
void server_free(struct server *s);

#endif

/*
 * relay: listens, and joins each client that comes to a connection of its own to one server. HTTP
 * requests and answers pass head by head, the frames of a WebSocket as the bytes that they are, and
 * decoded on the side. Only what a rule, a fault or the user changes is encoded anew.
 *
 * Directions are seen from the client: up is to the server, down to the client.
 *
 *   client <-> leg [fault layer] top <-> top [fault layer] leg <-> server
 *
 * Memory is bounded for each connection: RELAY_FULL and one block for what waits to be written each
 * way, WSCONN_WHOLE for a message of which it is not decided yet whether it passes, RELAY_HELD_MAX
 * for messages that are held.
 */
#ifndef RELAY_RELAY_H
#define RELAY_RELAY_H

#include <uv.h>

#include "decode/decode.h"
#include "event/bus.h"
#include "fault/faults.h"
#include "net/dial.h"
#include "net/supplies.h"
#include "proto/handshake.h"
#include "proto/http1.h"
#include "relay/rule.h"

/* More than this waits to be written to one side: nothing is read from the other until half of it
 * has gone. */
#define RELAY_FULL ((size_t)256 * 1024)
/* Bytes of held messages, each way of each connection; beyond that they are released. */
#define RELAY_HELD_MAX ((size_t)16 * 1024 * 1024)

enum relay_direction { RELAY_UP, RELAY_DOWN };

struct relay_config {
    const char *host;                        /* address or name to listen on */
    uint16_t port;                           /* 0: any */
    const char *cert, *key;                  /* PEM files: the listener speaks TLS; NULL: none */
    const struct handshake_config *identity; /* the server's URL, and what requests are given */
    const struct dial_config *dial;
    bool keep_host;
    uint64_t connect_timeout_us;
    unsigned max_clients;      /* connections; more wait in the kernel's queue */
    struct supplies *supplies; /* borrowed; outlive the relay and the loop's last turn */
    struct faults *client_faults, *server_faults; /* of each leg; borrowed */
    const struct decode_spec *decode; /* the protocol above the messages, for the views; or NULL */
    const struct rules *rules; /* borrowed; relay_expect_changes, when there are more; or NULL */
    uint64_t start_us;         /* clock_mono_us at the program's start, for the events */
};

struct relay;

/* A connection of a client's, with its counterpart. Borrowed until `ended`. */
struct relay_conn;

/* What one that watches wants to know; called from the loop. Any may be NULL. */
struct relay_hooks {
    /* A request came; upgrade: for a WebSocket. */
    void (*request)(void *ctx, struct relay_conn *c, const struct http1_head *h, bool upgrade);
    /* Its answer goes to the client, from the server or (h is NULL) by the relay. */
    void (*answer)(void *ctx, struct relay_conn *c, int status, const struct http1_head *h);
    /* The 101 goes to the client. */
    void (*opened)(void *ctx, struct relay_conn *c);
    /* A message, whole or a part, goes to its receiver. */
    void (*message)(void *ctx, struct relay_conn *c, enum relay_direction direction,
                    const struct event_message *m);
    /* The WebSocket has ended as far as one side is concerned: leg is the side that ended it, close
     * how. Once for each connection that was open. */
    void (*closed)(void *ctx, struct relay_conn *c, enum event_leg leg,
                   const struct event_close *close);
    /* After `closed`: the client, whose doing that was not, has closed its side as well. At most
     * once. */
    void (*reacted)(void *ctx, struct relay_conn *c);
    /* It was refused before anything was sent: by a fault, or while offline. */
    void (*refused)(void *ctx, struct relay_conn *c);
    /* The time offline is over. */
    void (*online)(void *ctx);
    /* The connection is gone. */
    void (*ended)(void *ctx, struct relay_conn *c);
};

/* Bind and listen. config, bus and hooks are borrowed. NULL with *e (EXIT_USAGE for files,
 * EXIT_CONNECT for the address). */
struct relay *relay_new(uv_loop_t *loop, const struct relay_config *config, const struct bus *bus,
                        const struct relay_hooks *hooks, void *ctx, struct err *e);
/* "ws://127.0.0.1:9002". Borrowed. */
const char *relay_url(const struct relay *r);
/* Nobody takes the events: read nothing. */
void relay_pause(struct relay *r, bool paused);
/* Cut every connection, and listen no longer. NULL is fine. */
void relay_free(struct relay *r);

/* The totals of all WebSockets, seen from the proxy: in is what clients sent. */
struct totals relay_totals(const struct relay *r);

/* The connections there are, in the order they came; NULL: none, or no more. */
struct relay_conn *relay_first(const struct relay *r);
struct relay_conn *relay_next(const struct relay_conn *c);
struct relay_conn *relay_find(const struct relay *r, uint32_t number);

/* From 1, in the order they came. */
uint32_t relay_conn_number(const struct relay_conn *c);
/* The client it is attributed to, set by a hook; 0: not yet. Events carry it. */
uint32_t relay_conn_client(const struct relay_conn *c);
void relay_conn_set_client(struct relay_conn *c, uint32_t client);
/* "127.0.0.1:50123". */
const char *relay_conn_address(const struct relay_conn *c);
/* When it was accepted (clock_mono_us), before its first request is answered; then 0. */
uint64_t relay_conn_first_us(const struct relay_conn *c);
/* Path and query of its latest request; "" before that. */
const char *relay_conn_target(const struct relay_conn *c);
bool relay_conn_is_open(const struct relay_conn *c); /* a WebSocket is */
/* clock_mono_us, or during a hook when the bytes came that it is called for. */
uint64_t relay_conn_now_us(const struct relay_conn *c);

/* How a connection is dropped; both legs. */
enum relay_drop { RELAY_DROP_RST, RELAY_DROP_FIN, RELAY_DROP_CLOSE, RELAY_DROP_BLACKHOLE };

/* code, reason: of RELAY_DROP_CLOSE. */
void relay_drop(struct relay_conn *c, enum relay_drop how, uint16_t code, struct slice reason);
/* Send a message of our own, as soon as none is under way in that direction. -1: no WebSocket is
 * open. */
int relay_inject(struct relay_conn *c, enum relay_direction direction, enum opcode type,
                 struct slice data);
/* Hold the next `count` messages in that direction; 0: every one from now on. */
void relay_hold(struct relay_conn *c, enum relay_direction direction, unsigned count);
/* Let the first `count` that are held go; 0: all, and hold no more. Returns how many went. */
unsigned relay_release(struct relay_conn *c, enum relay_direction direction, unsigned count);
unsigned relay_held(const struct relay_conn *c, enum relay_direction direction);

/* Faults or rules may act from now on, also on connections that there are: call it before they are
 * armed. */
void relay_expect_changes(struct relay *r);
/* Its black hole of RELAY_DROP_BLACKHOLE ends. */
void relay_heal(struct relay_conn *c);

/* Drop every connection (silent: without an end on the wire, as in a black hole) and refuse new
 * ones for that time; 0: until relay_online. */
void relay_offline(struct relay *r, uint64_t us, bool silent);
void relay_online(struct relay *r);
bool relay_is_offline(const struct relay *r);

#endif

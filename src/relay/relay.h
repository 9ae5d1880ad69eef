/*
 * relay: listens, and gives each client a connection of its own to one server. HTTP requests and
 * answers are passed on head by head, the frames of a WebSocket byte for byte; they are also
 * decoded, for the views and the report. What a rule, a fault or the user changes is encoded again.
 *
 * Directions are seen from the client: up is to the server, down to the client.
 *
 *   client <-> leg [fault layer] top <-> top [fault layer] leg <-> server
 *
 * Memory is bounded for each connection: RELAY_FULL and one block for what waits to be written each
 * way, WSCONN_WHOLE for a message that is not decided yet, RELAY_HELD_MAX for messages that are
 * held.
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

/* While more than this waits to be written to one side, nothing is read from the other, until half
 * of it is written. */
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

/* The connection of a client, and its connection to the server. Borrowed until `ended`. */
struct relay_conn;

/* Reports what happens; called from the loop. Any may be NULL. */
struct relay_hooks {
    /* A request was received; upgrade: for a WebSocket. */
    void (*request)(void *ctx, struct relay_conn *c, const struct http1_head *h, bool upgrade);
    /* Its answer is sent to the client: that of the server, or (h is NULL) of the relay. */
    void (*answer)(void *ctx, struct relay_conn *c, int status, const struct http1_head *h);
    /* The 101 is sent to the client. */
    void (*opened)(void *ctx, struct relay_conn *c);
    /* A message, or a part of one, is sent to its receiver. */
    void (*message)(void *ctx, struct relay_conn *c, enum relay_direction direction,
                    const struct event_message *m);
    /* The WebSocket has ended: leg is the side that ended it, close is how. Once for each
     * connection that was open. */
    void (*closed)(void *ctx, struct relay_conn *c, enum event_leg leg,
                   const struct event_close *close);
    /* After `closed` that the client did not cause: the client has closed its side as well. At most
     * once. */
    void (*reacted)(void *ctx, struct relay_conn *c);
    /* It was refused before anything was sent: by a fault, or while offline. */
    void (*refused)(void *ctx, struct relay_conn *c);
    /* The time offline is over. */
    void (*online)(void *ctx);
    /* The connection no longer exists. */
    void (*ended)(void *ctx, struct relay_conn *c);
};

/* Bind and listen. config, bus and hooks are borrowed. NULL with *e (EXIT_USAGE for files,
 * EXIT_CONNECT for the address). */
struct relay *relay_new(uv_loop_t *loop, const struct relay_config *config, const struct bus *bus,
                        const struct relay_hooks *hooks, void *ctx, struct err *e);
/* "ws://127.0.0.1:9002". Borrowed. */
const char *relay_url(const struct relay *r);
/* While the events are not taken, nothing is read. */
void relay_pause(struct relay *r, bool paused);
/* Cut every connection, and listen no longer. NULL is fine. */
void relay_free(struct relay *r);

/* The totals of all WebSockets, seen from the proxy: in is what clients sent. */
struct totals relay_totals(const struct relay *r);

/* All connections, in the order they were accepted; NULL after the last. */
struct relay_conn *relay_first(const struct relay *r);
struct relay_conn *relay_next(const struct relay_conn *c);
struct relay_conn *relay_find(const struct relay *r, uint32_t number);

/* From 1, in the order they were accepted. */
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
/* clock_mono_us; during a hook, the time at which its bytes were received. */
uint64_t relay_conn_now_us(const struct relay_conn *c);

/* How both legs of a connection are dropped. */
enum relay_drop { RELAY_DROP_RST, RELAY_DROP_FIN, RELAY_DROP_CLOSE, RELAY_DROP_BLACKHOLE };

/* code, reason: of RELAY_DROP_CLOSE. */
void relay_drop(struct relay_conn *c, enum relay_drop how, uint16_t code, struct slice reason);
/* Send a message of our own, as soon as none is under way in that direction. -1: no WebSocket is
 * open. */
int relay_inject(struct relay_conn *c, enum relay_direction direction, enum opcode type,
                 struct slice data);
/* Hold the next `count` messages in that direction; 0: every one from now on. */
void relay_hold(struct relay_conn *c, enum relay_direction direction, unsigned count);
/* Release the first `count` that are held; 0: all, and stop holding. Returns how many. */
unsigned relay_release(struct relay_conn *c, enum relay_direction direction, unsigned count);
unsigned relay_held(const struct relay_conn *c, enum relay_direction direction);

/* Faults or rules may act from now on, also on existing connections: call this before they are
 * armed. */
void relay_expect_changes(struct relay *r);
/* End its black hole of RELAY_DROP_BLACKHOLE. */
void relay_heal(struct relay_conn *c);

/* Drop every connection (silent: without an end on the wire, as in a black hole) and refuse new
 * ones for that time; 0: until relay_online. */
void relay_offline(struct relay *r, uint64_t us, bool silent);
void relay_online(struct relay *r);
bool relay_is_offline(const struct relay *r);

#endif

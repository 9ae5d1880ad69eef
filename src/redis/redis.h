/*
 * redis: one connection to a Redis server, on the caller's loop and over our own dial and links: so
 * TLS, proxies, --resolve and faults work as everywhere. AUTH and SELECT are done before it is
 * ready.
 *
 * It sends commands and hands each reply to its function, in order; once subscribed, it also hands
 * over what is published. Then Redis refuses other commands but PING (protocol version 2): a
 * program that does both has two connections. It does not reconnect: its user knows what a lost
 * connection means, frees it and makes another one.
 *
 * Memory is bounded: a reply by `max_reply`, what waits to be sent and to be answered by
 * REDIS_WAITING_MAX and REDIS_OUT_MAX.
 */
#ifndef REDIS_REDIS_H
#define REDIS_REDIS_H

#include <uv.h>

#include "http/shared.h"
#include "redis/redis_url.h"
#include "redis/resp.h"

#define REDIS_WAITING_MAX 65536              /* commands without a reply */
#define REDIS_OUT_MAX     (16 * 1024 * 1024) /* bytes that wait to be sent */
#define REDIS_REPLY_MAX   (32 * 1024 * 1024) /* the default of max_reply */

struct redis_config {
    const struct redis_url *url;
    /* How to connect. Its proxy rules are applied as given: with proxy NULL the environment's
     * apply, as those of an http: or https: URL; "" is none. */
    const struct dial_config *dial;
    struct http_shared *shared; /* what TLS needs is loaded there */
    struct fault_conn *fault;   /* the faults of the connection, or NULL */
    size_t max_reply;           /* bytes of one reply; 0: REDIS_REPLY_MAX */
    uint64_t connect_us;        /* from redis_new until it is ready; 0: any time */
    uint64_t reply_us;          /* how long a reply may take; 0: any time */
    uint64_t idle_us;           /* PING after nothing was received for this long; 0: never */
};

/* What was published. Borrowed for the call. */
struct redis_message {
    struct slice pattern; /* the one that it was received for; empty: for its channel */
    struct slice channel;
    struct slice payload;
};

/* ctx is each hook's first argument. Called from the loop, never inside a function below. Inside
 * all of them but `report`, redis_free may be called. NULL members are skipped. */
struct redis_hooks {
    /* EVENT_RESOLVE, EVENT_CONNECT, EVENT_PROXY, EVENT_TLS, as dial_emit_fn. */
    void (*report)(void *ctx, struct event *ev);
    /* Connected, authenticated, the database selected, and it answers: commands can be sent. */
    void (*ready)(void *ctx);
    void (*message)(void *ctx, const struct redis_message *m);
    /* It never became ready, or is lost; exactly once, last. Replies that are due will not come;
     * the commands may have been carried out. The sentence of *e names neither user nor password.
     * The object stays until redis_free. */
    void (*ended)(void *ctx, const struct err *e);
};

struct redis;

/* Begin to connect. config is copied, what it points to and ctx are borrowed for its life. NULL
 * with *e. */
struct redis *redis_new(uv_loop_t *loop, const struct redis_config *config,
                        const struct redis_hooks *hooks, void *ctx, struct err *e);
/* Closes the connection; no hook and no reply's function is called after this. NULL is fine. */
void redis_free(struct redis *r);

/* Read nothing, and let no time limit run, until this is called again: its user has no room for
 * what comes. */
void redis_pause(struct redis *r, bool paused);

bool redis_is_ready(const struct redis *r);
/* Commands that were sent and have no reply yet. */
size_t redis_waiting(const struct redis *r);

/* Called from the loop with the reply to one command; an error is a reply too (redis_refused).
 * Borrowed for the call. Inside, redis_free may be called. */
typedef void redis_reply_fn(void *ctx, const struct resp_value *reply);

/* Send a command (words are copied); fn NULL: the reply is not looked at. Commands of one turn of
 * the loop leave together. 0, or -1: it is not ready, or too much waits; nothing is sent then. */
int redis_command(struct redis *r, const struct slice *words, size_t count, redis_reply_fn *fn,
                  void *ctx);
/* The same with strings, NULL after the last: redis_send(r, fn, ctx, "GET", key, NULL). */
int redis_send(struct redis *r, redis_reply_fn *fn, void *ctx, ...) __attribute__((sentinel));

/* SUBSCRIBE to a channel, or PSUBSCRIBE to a pattern. fn is called once Redis has confirmed it:
 * everything published from then on is received, until `ended`. As redis_command. */
int redis_subscribe(struct redis *r, const char *channel, redis_reply_fn *fn, void *ctx);
int redis_psubscribe(struct redis *r, const char *pattern, redis_reply_fn *fn, void *ctx);

/* If the reply is an error: -1 with *e (EXIT_OTHER), "Redis at HOST:PORT: WHAT was refused: ..."
 * and what to try. Else 0. */
int redis_refused(const struct redis *r, const struct resp_value *reply, const char *what,
                  struct err *e);

#endif

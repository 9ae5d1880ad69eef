/*
 * redis_private: the inside of redis, shared by its files: redis (life, the connection, time),
 * redis_reply (what is sent and what comes), redis_error (the sentences).
 */
#ifndef REDIS_REDIS_PRIVATE_H
#define REDIS_REDIS_PRIVATE_H

#include "net/pump.h"
#include "net/timer.h"
#include "redis/redis.h"

enum redis_state { REDIS_DIALING, REDIS_GREETING, REDIS_READY, REDIS_ENDED };

/* A reply that is due. */
struct redis_due {
    redis_reply_fn *fn;
    void *ctx;
    uint64_t sent_us;
};

struct redis {
    uv_loop_t *loop;
    struct redis_config config;
    struct redis_hooks hooks;
    void *ctx;
    char name[320]; /* "HOST:PORT/DB" */
    enum redis_state state;
    bool paused;
    bool unwritable;     /* a write has failed: the link is read only until it ends */
    uint64_t resumed_us; /* time before it does not count */
    bool subscribed;     /* or about to be: published messages are distinguished from replies */
    unsigned busy;       /* hooks that are being called */
    bool freed;          /* inside one of them: the memory goes when the last one returns */

    struct dial_target target;
    struct dial *dial;
    struct link *link;
    struct pump *pump;
    struct timer *timer;
    struct err link_error;

    struct buf out;
    struct buf due; /* struct redis_due, the oldest first */
    struct resp_reader in;
    uint64_t last_in_us;
};

/* redis.c */
/* The end, with a hook; e->text is complete. */
void redis_end(struct redis *r, const struct err *e);
/* Be called when something is due: a reply, or a PING. */
void redis_clock(struct redis *r);

/* redis_reply.c */
/* Append a command, whatever the state. */
int redis_put(struct redis *r, const struct slice *words, size_t count, redis_reply_fn *fn,
              void *ctx);
/* Authenticate, select, and see that it answers: redis.c's reply to the last is `ready`. */
int redis_greet(struct redis *r, redis_reply_fn *ready);
/* Everything that has come: false if nothing further may be done with it. */
bool redis_take(struct redis *r);

/* redis_error.c */
/* Begin the sentence with the server's name. */
void redis_blame(const struct redis *r, struct err *e);
/* The stream ended, or failed with r->link_error. */
void redis_lost(const struct redis *r, bool failed, struct err *e);
/* It is not ready after config.connect_us; it did not answer within config.reply_us. */
void redis_slow(const struct redis *r, struct err *e);
void redis_silent(const struct redis *r, struct err *e);

#endif

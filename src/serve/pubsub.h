/*
 * pubsub: what makes several servers one: through a Redis server they share the start of the feed,
 * and pass each other what is sent to the room.
 *
 * The feed. `wscope:feed` holds its start on Redis's clock, its rate and its burst (feed_epoch).
 * Each server asks for Redis's time, and for that key, every second; the earliest start applies.
 *
 * The room. A message is delivered to this server's clients at once, and published on the channel
 * `wscope:chat`, in database N `wscope:chat:N`, for the others (chat_envelope). With it,
 * `wscope:chat:log` keeps the last PUBSUB_LOG, and `wscope:chat:last` the number of each server's
 * last one: a server that was away reads both when it is back, delivers late what is still there,
 * and counts the rest.
 *
 * Without Redis a server is an island: its feed goes on, its clients receive each other, and what
 * they send waits (chat_queue) to be passed on late. It reports that once, tries again, at the
 * latest after PUBSUB_RETRY_US, and reports what the outage came to.
 */
#ifndef SERVE_PUBSUB_H
#define SERVE_PUBSUB_H

#include "net/dial.h"
#include "proto/frame.h"
#include "redis/redis_url.h"

#define PUBSUB_LOG       4096    /* messages that are kept for those that are away, */
#define PUBSUB_LOGGED    4096    /* if they have at most this many bytes */
#define PUBSUB_RETRY_US  2000000 /* the longest time between two attempts */
#define PUBSUB_ANSWER_US 3000000 /* Redis is gone if it does not answer for this long */
#define PUBSUB_BEAT_US   1000000 /* between two looks at its clock */
#define PUBSUB_KEPT_S    "86400" /* the keys expire this long after the last server has left */

struct pubsub_config {
    struct redis_url url;
    struct dial_config dial;
    struct faults *faults; /* of the connections to Redis; borrowed; NULL: none */
};

struct client_host;
struct pubsub;

/* Begin to join. changed: a result below may have changed. config and host are borrowed. NULL with
 * *e (memory, or a file that can't be read); an unreachable Redis is not a failure. */
struct pubsub *pubsub_new(struct client_host *host, const struct pubsub_config *config,
                          void (*changed)(void *ctx), void *ctx, struct err *e);
/* NULL is fine. */
void pubsub_free(struct pubsub *p);

/* The first attempt to join is over: clients can be served. */
bool pubsub_is_settled(const struct pubsub *p);
/* Nothing is being passed on. */
bool pubsub_is_idle(const struct pubsub *p);

/* A client has sent a message to the room: pass it on. */
void pubsub_pass_on(struct pubsub *p, enum opcode type, struct slice data);
/* host->paused has changed: while it is set nothing that was published is taken. */
void pubsub_pause_changed(struct pubsub *p);
/* The server stops: report what will not be passed on. */
void pubsub_stop(struct pubsub *p);

#endif

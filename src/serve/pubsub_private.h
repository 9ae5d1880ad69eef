/*
 * pubsub_private: the inside of pubsub, shared by its files: pubsub (life, the two connections,
 * retrying), pubsub_feed (the start of the feed, Redis's clock), pubsub_chat (the room),
 * pubsub_report (the sentences).
 */
#ifndef SERVE_PUBSUB_PRIVATE_H
#define SERVE_PUBSUB_PRIVATE_H

#include "http/shared.h"
#include "net/timer.h"
#include "redis/redis.h"
#include "serve/chat_books.h"
#include "serve/chat_queue.h"
#include "serve/client.h"
#include "serve/feed_epoch.h"
#include "serve/pubsub.h"

#define PUBSUB_FEED_KEY "wscope:feed"
#define PUBSUB_CHANNEL  "wscope:chat"
#define PUBSUB_LOG_KEY  "wscope:chat:log"
#define PUBSUB_LAST_KEY "wscope:chat:last"

enum pubsub_state { PUBSUB_ALONE, PUBSUB_JOINING, PUBSUB_JOINED };

/* What an outage came to. */
struct pubsub_account {
    uint64_t out_late, out_dropped; /* messages of this server's clients */
    uint64_t in_late, in_missed;    /* of the others' */
};

struct pubsub {
    struct client_host *host;
    const struct pubsub_config *config;
    void (*changed)(void *ctx);
    void *ctx;
    struct http_shared shared;
    char instance[CHAT_INSTANCE];
    char channel[32]; /* one for each database: Redis's channels belong to none */
    enum pubsub_state state;
    bool settled;
    struct redis *commands, *messages; /* NULL: not connected */
    struct fault_conn *faults[2];      /* of each, or NULL */
    struct timer *timer;               /* the next attempt, or the next beat */
    unsigned attempts;                 /* in a row that failed */
    unsigned beats;

    /* pubsub_report */
    char name[320];     /* of Redis */
    uint64_t alone_us;  /* the outage began; 0: there is none */
    char reported[512]; /* the last sentence about it */
    unsigned reports;   /* of this outage */
    bool joined_before; /* and not for the first time now */
    bool full_reported, rate_reported;
    uint64_t jump_reported_us; /* when; 0: never */
    struct pubsub_account account;

    /* pubsub_feed */
    struct feed_clock clock;
    uint64_t asked_us; /* Redis's time was asked for */
    struct feed_epoch epoch;
    bool begun;       /* the epoch is known: ours, or a shared one */
    bool feed_joined; /* on these connections */

    /* pubsub_chat */
    struct chat_queue queue;
    size_t in_flight; /* messages of the queue that Redis was given */
    size_t late;      /* messages of the queue that have waited for Redis */
    bool announce;    /* the number of our last message is to be published */
    struct chat_books books;
    struct chat_books lasts; /* as Redis has them, while the log is read */
    struct buf held;         /* published meanwhile: each a size_t and that many bytes */
    bool subscribed, asked_history, chat_joined;
};

/* pubsub.c */
/* Leave, report why, and try again later. */
void pubsub_fail(struct pubsub *p, const struct err *e);
/* The reply is an error: fail. what was refused. */
bool pubsub_refused(struct pubsub *p, const struct resp_value *reply, const char *what);
/* Send a command, or fail. False: it failed. */
bool pubsub_command(struct pubsub *p, const struct slice *words, size_t count, redis_reply_fn *fn);
/* Something was done: perhaps all is. */
void pubsub_check_joined(struct pubsub *p);

/* pubsub_feed.c */
/* Ask for Redis's time and for the feed's start. */
void pubsub_feed_ask(struct pubsub *p);

/* pubsub_chat.c */
void pubsub_chat_begin(struct pubsub *p);
/* Subscribed, and Redis's clock is known: read what was missed. */
void pubsub_chat_history(struct pubsub *p);
void pubsub_chat_message(void *ctx, const struct redis_message *m);
/* Joined: pass on what waits. */
void pubsub_chat_flush(struct pubsub *p);

/* pubsub_report.c */
void pubsub_note(struct pubsub *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
void pubsub_report_failure(struct pubsub *p, const struct err *e);
void pubsub_report_joined(struct pubsub *p);
/* All that waited is passed on, or nothing did. */
void pubsub_report_back(struct pubsub *p);
/* Messages that were missed, or not passed on, without an outage. */
void pubsub_report_missed(struct pubsub *p);
void pubsub_report_full(struct pubsub *p);

#endif

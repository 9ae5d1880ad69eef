/*
 * http_private: the inside of http, shared by its files: http (life, time, counts), http_request
 * (dial, the request, where a redirect leads), http_answer (heads, refusals, the upgrade),
 * http_body (the body of an answer).
 */
#ifndef HTTP_HTTP_PRIVATE_H
#define HTTP_HTTP_PRIVATE_H

#include "http/http.h"
#include "http/refusal.h"
#include "net/pump.h"
#include "net/timer.h"
#include "proto/gunzip.h"
#include "proto/http1_reader.h"
#include "proto/withhold.h"

enum http_state {
    HTTP_IDLE,
    HTTP_DIALING,
    HTTP_HEAD,    /* the request is being written, or the head read */
    HTTP_REFUSAL, /* reading the body of an answer that is not what was asked for */
    HTTP_BODY
};

struct http {
    uv_loop_t *loop;
    struct http_config config;
    struct http_shared *shared;
    const struct bus *bus;
    struct http_hooks hooks;
    void *ctx;
    enum http_state state;
    unsigned serial; /* of the exchange: a hook may have begun another one, or ended this one */
    bool paused;

    /* The request and its server: those of the configuration, or of the last redirect. */
    struct http_request request;
    struct handshake_config identity;
    struct dial_config reach; /* how, too */
    struct withheld withheld; /* what another origin does not get */
    bool withheld_reported;
    struct url here; /* owned, if moved: where the last redirect led */
    bool moved;
    unsigned hops;
    uint64_t began_us;

    /* The connection */
    struct dial *dial;
    struct dial_target target;
    struct link *link;
    bool elsewhere;              /* it leads to another origin than the configuration's URL */
    bool used;                   /* it has carried an exchange before this one */
    uint64_t link_up, link_down; /* bytes of its stream */
    struct err link_error;       /* of the last call that failed */
    int write_errnum;            /* of a write that failed */

    /* The request, and the answer as far as it has come */
    struct buf outgoing;
    uint64_t requested_us;
    struct http1_reader in;
    uint64_t response_us;
    struct refusal refusal;
    struct gunzip *gunzip; /* if the body is compressed */
    bool chewing;          /* it is busy with bytes of `in` */
    uint8_t *inflated;     /* room for what it makes */
    uint64_t body_bytes;   /* decoded and handed on */
    uint64_t raw_bytes;    /* of the body, as it came */

    /* Counts: of connections that are gone, and of all when this exchange began */
    struct http_totals closed, before;
    uint64_t last_in_us, last_out_us;

    struct timer *timer;
    struct timer *again; /* to go on in the next turn of the loop */
    struct pump *pump;   /* of the open link */
};

#define HTTP_INFLATED (64 * 1024) /* bytes inflated at a time */

/* http.c */
bool http_wants(const struct http *h, enum event_kind kind);
/* Drop the connection, its counts kept. *ended: LINK_GOT_..., if not NULL. */
void http_drop(struct http *h);
/* The connection, and what has come on it beyond the head, is the user's from now on. */
void http_hand_over(struct http *h);
/* Poll for what the state needs. */
void http_watch(struct http *h);
/* -1 with *e. */
int http_watch_start(struct http *h, struct err *e);
/* Go on with what is there in the next turn of the loop. */
void http_soon(struct http *h);
/* The exchange is over; the connection is kept if `keep`. */
void http_finish(struct http *h, const struct err *e, bool keep);
/* The time limit of what is in progress, from now; 0: none. */
void http_limit(struct http *h, uint64_t us);

/* http_request.c */
/* Connect, or use the open connection, and send. -1 with *e. */
int http_send(struct http *h, struct err *e);
/* Write what the link takes. */
void http_write(struct http *h);
/* The answer is a redirect that is followed: go there. `to` is taken. -1 with *e. */
int http_follow(struct http *h, struct url *to, struct err *e);
/* Back to the configuration. */
void http_return(struct http *h);

/* http_answer.c */
void http_read(struct http *h);
/* Go on with what has been read. */
void http_take(struct http *h);
/* A refusal's body has ended. whole: it is complete, or as complete as it is kept. */
void http_refused(struct http *h, bool whole);
/* May the connection serve again after this answer? */
bool http_persists(const struct http *h);
/* The answer is complete. */
void http_complete(struct http *h);
/* How long each piece of the body may take; 0: any time. */
uint64_t http_body_limit_us(const struct http *h);
/* Forget the last answer. */
void http_answer_clear(struct http *h);

/* http_body.c */
/* Prepare for the Content-Encoding of the head. 0 or -1 with *e. */
int http_coding_begin(struct http *h, struct err *e);
/* Pass on what waits. */
void http_body(struct http *h);
/* The framing is at its end, or the stream of a body without a length. */
void http_body_done(struct http *h);

#endif

/*
 * control_private: what the files of the control API share.
 */
#ifndef VERB_PROXY_CONTROL_PRIVATE_H
#define VERB_PROXY_CONTROL_PRIVATE_H

#include "base/out.h"
#include "event/sink.h"
#include "net/link.h"
#include "net/listener.h"
#include "net/pump.h"
#include "net/timer.h"
#include "proto/http1_reader.h"
#include "verb/proxy/control.h"
#include "verb/proxy/control_events.h"
#include "verb/proxy/control_request.h"
#include "verb/proxy/proxy_private.h"

#define CONTROL_CONNS_MAX  32
#define CONTROL_ANSWER_MAX ((size_t)64 << 20) /* of a report with very many clients */

struct control_conn;

struct control {
    struct sink sink; /* the first member: it is freed as one */
    struct sink *ndjson;
    struct out memory; /* what that writes */
    struct proxy_front *p;
    struct control_events events;
    struct listener *listener;
    struct control_conn *first;
    unsigned count;
    char url[128];
};

enum control_state {
    CONTROL_READS,   /* a request */
    CONTROL_WAITS,   /* for an event */
    CONTROL_STREAMS, /* events */
    CONTROL_LEAVES,  /* the last answer is being written, then the client closes */
    CONTROL_ENDED
};

struct control_conn {
    struct control *control;
    struct control_conn *prev, *next;
    enum control_state state;
    struct link *link;
    struct pump *pump;
    struct timer *timer;
    struct http1_reader in;
    bool in_body;   /* in.head is there */
    bool continued; /* 100 was sent for it */
    bool keep;      /* another request may follow */
    bool eof;       /* the client sends no more */
    bool fin_sent;
    struct buf body; /* of the request */
    struct buf out;
    struct control_request request; /* that it waits for */
    uint64_t last;                  /* the number of the event that was written last */
};

/* control_conn.c */
/* Take the accepted socket. False: memory (it is closed). */
bool control_conn_new(struct control *c, int fd);
/* Write what can be written now, and free it. Not within its own turn. */
void control_conn_free(struct control_conn *c);
/* The answer with that JSON document, to the request that was read or is waited for. */
void control_conn_answer(struct control_conn *c, int status, const char *allow, struct slice json);
/* The same with "error" and "hint". e->status is the status. */
void control_conn_refuse(struct control_conn *c, const char *allow, const struct err *e);
/* Begin to write events after request.since. */
void control_conn_stream(struct control_conn *c);
/* Wait for request.event, for request.us. */
void control_conn_wait(struct control_conn *c);
/* An event came: there may be something to write. */
void control_conn_stir(struct control_conn *c);

/* control.c */
/* It has ended, and leaves the list. */
void control_gone(struct control *c, struct control_conn *conn);

/* control_answer.c */
/* Carry out c->request, and answer. */
void control_answer(struct control_conn *c);

#endif

/*
 * control_request: a request to the control API of wscope proxy, read and checked as a whole before
 * anything is done. Pure.
 */
#ifndef VERB_PROXY_CONTROL_REQUEST_H
#define VERB_PROXY_CONTROL_REQUEST_H

#include "base/buf.h"
#include "proto/http1.h"

#define CONTROL_BODY_MAX  ((size_t)1 << 20) /* bytes of a request's body */
#define CONTROL_DEPTH_MAX 16                /* levels of its JSON */
#define CONTROL_TIME_MAX  86400             /* seconds that a request may name */

enum control_what {
    CONTROL_CLIENTS,
    CONTROL_CONNECTIONS,
    CONTROL_REPORT,
    CONTROL_EVENTS,
    CONTROL_FAULT,
    CONTROL_DROP,
    CONTROL_OFFLINE,
    CONTROL_HEAL,
    CONTROL_RULE,
    CONTROL_INJECT,
    CONTROL_HOLD,
    CONTROL_RELEASE,
    CONTROL_WAIT
};

enum control_event { CONTROL_ON_OPEN, CONTROL_ON_CLOSE, CONTROL_ON_MESSAGE, CONTROL_ON_BACK };

/* What is not given is zero. */
struct control_request {
    enum control_what what;
    uint64_t since;  /* CONTROL_EVENTS: later ones than that */
    uint32_t conn;   /* 0: all */
    uint32_t client; /* CONTROL_WAIT; 0: any */
    uint64_t us;     /* for, within */
    bool silent;
    bool up, down;     /* directions, inject's too; at least one */
    unsigned count;    /* 0: all */
    const char *text;  /* spec, rule or how: borrowed from `memory`; "" if not given */
    bool binary;       /* inject */
    struct buf memory; /* text with its NUL, or the message */
    enum control_event event;
};

/* 0, or -1 with *e; e->status is then the status of the answer: 400, 403, 404 or 405 (*allow is
 * then the method that there is). Clear *r in any case. */
int control_request_read(struct control_request *r, const struct http1_head *head,
                         struct slice body, const char **allow, struct err *e);
void control_request_clear(struct control_request *r);

/* Make e the reason for an answer with that status. Returns -1. */
int control_refuse(struct err *e, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif

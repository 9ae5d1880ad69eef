/*
 * pages: the embedded server's response to a request: the service that is meant, or the page that
 * is sent instead, as plain text. Pure: a head in, a decision and bytes out.
 */
#ifndef SERVE_PAGES_H
#define SERVE_PAGES_H

#include "base/buf.h"
#include "proto/http1.h"

struct service;

/* A long poll is held no longer. */
#define PAGES_WAIT_MAX_US (600 * UINT64_C(1000000))

/* The configuration of the server. */
struct pages {
    const char *url;            /* "ws://127.0.0.1:9001" */
    const char *const *origins; /* Origin values that may connect; empty: any */
    size_t origin_count;
    const char *path; /* another one that echoes; NULL: none */
    const char *node; /* the name of this server among several, as pages_node_valid; NULL: none */
};

/* Letters, digits, '.', '_' and '-', 1 to PAGES_NODE_MAX of them: such a name is part of a header
 * field and of JSON as it is. */
#define PAGES_NODE_MAX 32
bool pages_node_valid(const char *name);

/* A decision about one request. */
struct answer {
    /* Who answers; NULL: a page does, which `status` and `text` make. */
    const struct service *service;
    bool preflight; /* a browser asks whether it may (the Fetch standard, CORS-preflight) */
    bool has_since; /* the feeds: ?since= was given, or Last-Event-ID, which takes precedence */
    uint64_t since;
    uint64_t last;       /* /feed.json: how many, without `since`; 0: unknown */
    uint64_t wait_us;    /* /feed.json: how long to wait for something new */
    bool keep;           /* without an upgrade: the connection takes another request */
    struct slice origin; /* the Origin that may read it, borrowed from the head; empty: none */
    int status;          /* of a page */
    bool head_only;      /* HEAD: the same head, no body (RFC 9110, section 9.3.2) */
    bool made_up;        /* not the server's own response: no fields but those given here */
    bool has_retry_after;
    uint64_t retry_after; /* seconds */
    bool index;           /* the list of what is here belongs into the body */
    char text[600];       /* one sentence above it: the error and its reason; "" if there is none */
    char hint[600];       /* what to try, or "" */
};

/* Decide about a whole request head. */
void pages_answer(struct answer *a, const struct pages *p, const struct http1_head *head);
/* The same for what never became a head: a sentence and its hint, from the reader. */
void pages_refuse(struct answer *a, int status, const char *text, const char *hint);

/* Append a page: head and body. now_us: wall clock, for Date. *head_len: where
 * the body begins, counted from what out held before. 0, or -1 (memory; out unchanged). */
int pages_write(struct buf *out, const struct pages *p, const struct answer *a, int64_t now_us,
                size_t *head_len);

/* Append the start of any response: status line, Date, Server, the node. 0 or -1. */
int pages_begin(struct buf *out, const struct pages *p, int status, int64_t now_us);
/* Append X-Wscope-Node, if there is a name. 0 or -1. */
int pages_node(struct buf *out, const struct pages *p);
/* Append what browsers need to let a page of another origin read a feed. 0 or -1. */
int pages_cors(struct buf *out, const struct pages *p, const struct answer *a);

/* The path of a request target, without its query; empty for "*". Slices of target. The absolute
 * form (RFC 9112, section 3.2.2) is understood. */
struct slice pages_path(struct slice target, struct slice *query);

#endif

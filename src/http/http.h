/*
 * http: requests and their answers over the same links as the WebSocket (RFC 9110, RFC 9112): TLS,
 * proxies, faults, and bytes as TCP carried them. Polling, SSE, catching up are built on it, and
 * the WebSocket's opening handshake is one of its exchanges.
 *
 * A client has one request under way at a time and at most one connection, which it keeps for the
 * next request where both sides agree to that. Nothing here decides what an answer means.
 *
 * Hooks are called from the loop, never inside http_start but for EVENT_REQUEST. Inside a hook
 * http_cancel, http_pause and (in `done`) http_start may be called, http_free may not.
 */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include <uv.h>

#include "event/bus.h"
#include "fault/faults.h"
#include "http/shared.h"
#include "http/upgrade.h"
#include "net/tcp_stats.h"
#include "proto/handshake.h"

/* For the client's life, borrowed with all they point to. */
struct http_config {
    /* The server and the client: URL, headers, origin, user agent, cookie, authorization. For an
     * ordinary request deflate.enabled determines whether its response may be compressed; an
     * upgrade has the subprotocols and all of deflate as well. */
    const struct handshake_config *identity;
    const struct dial_config *dial;
    struct fault_conn *fault; /* what is to go wrong with its connections, or NULL */
    uint64_t timeout_us;    /* from the beginning to the answer's head, redirects included; then for
                               each further piece of the body; 0: none */
    bool no_keepalive;      /* a connection for each request, and "Connection: close" in it */
    bool follow;            /* redirects, */
    unsigned max_redirects; /* at most this many per request */
};

/* Borrowed until `done`. */
struct http_request {
    const char *method;                    /* NULL: "GET" */
    const char *target;                    /* in place of the URL's path and query, or NULL */
    struct slice body;                     /* sent with its length if there is any */
    const struct handshake_header *fields; /* Accept, If-None-Match ...; replaced by the user's */
    size_t field_count;
    uint64_t max_body; /* bytes of the answer's body, after decoding; 0: no bound */
    bool hold;         /* long polling: once the request is sent, the answer may take any time */
    bool stream;       /* the body may take any time, and no compression is asked for: it would hold
                          events back */
    struct upgrade *upgrade; /* ask for a WebSocket with this; NULL: an ordinary request. The
                                members above do not matter then */
    uint64_t began_us;       /* clock_mono_us when it began, if that was before; 0: now */
};

/* The result of an exchange. */
struct http_result {
    struct err error; /* code EXIT_OK: the answer is complete. EXIT_RESOLVE, EXIT_CONNECT, EXIT_TLS,
                         EXIT_CERT, EXIT_PROXY: no connection; EXIT_HANGUP: ended before the head;
                         EXIT_UPGRADE: head, framing, coding or redirect at fault; EXIT_LOST: ended
                         in the body, or cut by a fault; EXIT_TIMEOUT; EXIT_TOO_BIG: max_body;
                         EXIT_OTHER: memory */
    int status;       /* of the final head; 0: none */
    bool framed;      /* the body's end was announced (Content-Length, last chunk), not just the
                         end of the connection */
    unsigned ended;   /* LINK_GOT_...: how the connection ended, if it did */
    uint64_t us;      /* from http_start to the end */
    uint64_t bytes_up; /* as carried by TCP, including TLS, heads and redirects; own counts of the
                          stream's bytes on a unix socket */
    uint64_t bytes_down;
};

/* ctx is each hook's first argument; NULL members are skipped. */
struct http_hooks {
    /* EVENT_RESOLVE, EVENT_CONNECT, EVENT_PROXY, EVENT_TLS, EVENT_REQUEST, EVENT_RESPONSE: kind,
     * dir and member are set; to be stamped and passed on. EVENT_RESPONSE comes before `head`, with
     * the body of a refusal (neither 2xx nor 304), for answers that are redirects or 1xx too. */
    void (*report)(void *ctx, struct event *ev);
    /* The final head, but not of an upgrade; its slices are borrowed until `done`. url: where it
     * came from. */
    void (*head)(void *ctx, const struct http1_head *head, const struct url *url);
    /* The next piece of the body, decoded; never of a refusal. */
    void (*body)(void *ctx, struct slice piece);
    /* In place of `done`, after a 101 that fits request.upgrade: the link is taken over, and rest
     * is what came after the head, borrowed until this returns. */
    void (*upgraded)(void *ctx, struct link *link, struct slice rest);
    /* Exactly once, last, unless the exchange was cancelled or the connection upgraded. A request
     * for an upgrade fails with EXIT_UPGRADE if there is any other final answer. */
    void (*done)(void *ctx, const struct http_result *result);
};

/* Sums over a client's life, the open connection included. */
struct http_totals {
    uint64_t requests, connections;
    uint64_t bytes_up, bytes_down;       /* as TCP carried them */
    uint64_t segments_up, segments_down; /* TCP segments; 0 on a unix socket */
    uint64_t stream_up, stream_down;     /* bytes of HTTP: heads and bodies, above TLS */
    uint32_t retransmits;
};

struct http;

/* shared and bus (only asked what is wanted) are borrowed. NULL: memory. */
struct http *http_new(uv_loop_t *loop, const struct http_config *config, struct http_shared *shared,
                      const struct bus *bus, const struct http_hooks *hooks, void *ctx);
/* Drops everything; no hook is called after this. NULL is fine. */
void http_free(struct http *h);

/* Begin an exchange; none may be under way. -1 with *e: nothing will be reported. */
int http_start(struct http *h, const struct http_request *request, struct err *e);

/* Give the exchange up (`done` is not called) and drop its connection. Nothing happens if there is
 * none. */
void http_cancel(struct http *h);

bool http_busy(const struct http *h);

/* The request and its server: those of the configuration, or of the last redirect. Of the current
 * exchange, or of the last one after an upgrade. Borrowed until the next http_start. */
const struct handshake_config *http_identity(const struct http *h);

/* Paused: nothing is read, and no more `body` comes once the current hook has returned. */
void http_pause(struct http *h, bool paused);

struct http_totals http_totals(const struct http *h);
/* What the kernel knows about the open connection; false if there is none, or it is not TCP. */
bool http_tcp_stats(const struct http *h, struct tcp_stats *stats);
/* When a byte last came in or went out (clock_mono_us), 0: never. */
uint64_t http_last_in_us(const struct http *h);
uint64_t http_last_out_us(const struct http *h);

#endif

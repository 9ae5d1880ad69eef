/*
 * dial: from a host name to an established link: DNS, happy eyeballs (RFC 8305), a proxy, TLS, each
 * stage reported as an event. Runs on the caller's libuv loop.
 */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include <uv.h>

#include "event/event.h"
#include "fault/faults.h"
#include "net/link.h"
#include "net/tls.h"

enum dial_family { DIAL_ANY, DIAL_IPV4, DIAL_IPV6 };

/* --resolve HOST:PORT:ADDR[,ADDR...] split by the options. host "*" matches any. */
struct dial_resolve {
    const char *host;
    uint16_t port;
    const char *const *addresses;
    size_t count;
};

/* --connect-to H1:P1:H2:P2 split by the options, hosts without brackets. */
struct dial_connect_to {
    const char *from_host; /* "": any */
    uint16_t from_port;    /* 0: any */
    const char *host;      /* "": the same */
    uint16_t port;         /* 0: the same */
};

struct dial_config {
    const struct dial_resolve *resolve;
    size_t resolve_count;
    const struct dial_connect_to *connect_to; /* the first match applies */
    size_t connect_to_count;
    const char *proxy;     /* as proxy_rules: --proxy, or NULL for the environment's */
    const char *noproxy;   /* the same */
    const char *embedded;  /* URL of the embedded server, reached without the environment's proxies;
                              or NULL */
    const char *interface; /* local address or interface name, or NULL */
    enum dial_family family;
    uint64_t max_headers; /* fields of an answer's head, a proxy's or the server's; 0: as many as
                             HTTP1_FIELDS_MAX */
    struct tls_config tls;
    struct traffic *traffic; /* counts what the connections carry, or NULL */
};

struct dial_target {
    const char *host; /* name (IDN: as typed) or literal, without brackets */
    const char *zone; /* or NULL */
    uint16_t port;
    const char *socket_path; /* a unix socket instead, or NULL */
    bool secure;
    struct tls_context *tls;       /* needed if secure */
    struct tls_context *proxy_tls; /* if dial_needs_proxy_tls, else NULL */
    struct fault_conn *fault;      /* what is to go wrong, borrowed for the link's life; or NULL */
};

struct dial;

/* emit: EVENT_RESOLVE, EVENT_CONNECT, EVENT_PROXY, EVENT_TLS with kind and member set; names are
 * shown as typed. Through a proxy the first two are about the proxy, and TLS with an https one
 * comes before EVENT_PROXY; socks5 resolves the target first. done: exactly once, last: an
 * established link (taken by the callee), or NULL and why. The dial frees itself after done.
 * Neither is called before dial_start returned. */
typedef void dial_emit_fn(void *ctx, struct event *ev);
typedef void dial_done_fn(void *ctx, struct link *link, const struct err *e);

/* config, target and what they point to are borrowed until done. Addresses of the two families are
 * interleaved, IPv6 first; the next attempt starts 250 ms after the last or at its failure. NULL
 * with *e. There is no time limit: the caller cancels. */
struct dial *dial_start(uv_loop_t *loop, const struct dial_config *config,
                        const struct dial_target *target, dial_emit_fn *emit, dial_done_fn *done,
                        void *ctx, struct err *e);

/* 1 if the way to the target leads through a proxy that speaks TLS, 0 if not, -1 with *e. */
int dial_needs_proxy_tls(const struct dial_config *config, const struct dial_target *target,
                         struct err *e);

/* Give up: done is not called. **stage is the stage it had reached (STAGE_RESOLVE, STAGE_CONNECT,
 * STAGE_PROXY, STAGE_TLS) and what its object (a static or dial-owned text copied into `what`, e.g.
 * the addresses being tried), for the message about a timeout. */
void dial_cancel(struct dial *d, enum stage *stage, char *what, size_t size);

/* Give up because --connect-timeout, after_us, is over, and report in *e (EXIT_TIMEOUT) what it was
 * doing. d: NULL if the connection is established and its user was `waiting`, for example "waiting
 * for the answer".
 */
void dial_timed_out(struct dial *d, uint64_t after_us, const char *waiting, struct err *e);

#endif

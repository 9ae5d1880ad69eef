/*
 * route: whom to connect to for a target: --connect-to, the proxy that curl's rules choose, and
 * names as DNS knows them. No I/O but a look at the environment.
 */
#ifndef NET_ROUTE_H
#define NET_ROUTE_H

#include "net/dial.h"
#include "net/proxy.h"

struct route {
    /* Where the stream ends: the target, or what --connect-to puts in its place. */
    const char *host; /* as typed; borrowed */
    const char *zone; /* or NULL; borrowed */
    uint16_t port;
    char *name;     /* the host in A-labels, without zone; owned */
    char *tls_name; /* the name that a certificate must have: the target's own host; also owned */

    bool proxied;
    struct proxy proxy;   /* owned, if proxied */
    char *proxy_name;     /* its host in A-labels; owned, if proxied */
    char proxy_text[320]; /* "HOST:PORT", if proxied */
};

/* 0 with *r (the caller's to clear; it borrows from config and target), or -1 with *e. Not for unix
 * sockets. */
int route_find(struct route *r, const struct dial_config *config, const struct dial_target *target,
               struct err *e);
void route_clear(struct route *r);

#endif

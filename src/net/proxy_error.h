/*
 * proxy_error: names and sentences that the tunnels share, whatever the proxy speaks.
 */
#ifndef NET_PROXY_ERROR_H
#define NET_PROXY_ERROR_H

#include <sys/types.h>

#include "base/slice.h"
#include "net/proxy.h"

struct tunnel_names {
    char proxy[320];  /* HOST:PORT */
    char host[256];   /* where the tunnel should end */
    char target[272]; /* the same with its port, IPv6 in brackets */
};

void tunnel_names(struct tunnel_names *names, const struct proxy *proxy, const char *host,
                  uint16_t port);

/* Text from a peer, made fit for a message: blanks and line breaks become one blank, other bytes
 * than printable ASCII "?", cut at size. */
void tunnel_plain(char *text, size_t size, struct slice said);

/* The connection to the proxy ended before the tunnel was open; result is link_read's or
 * link_write's, which may have filled *e. EXIT_PROXY. */
void tunnel_broken(const struct tunnel_names *names, ssize_t result, struct err *e);

/* A failure to reach the proxy itself: the message is made about the proxy, with the source of its
 * address. Code and stage stay. */
void proxy_unreached(const struct proxy *proxy, struct err *e);

#endif

/*
 * link_socks: a tunnel through a SOCKS5 proxy, as a layer over the connection to it (RFC 1928, and
 * RFC 1929 for user names and passwords).
 */
#ifndef NET_LINK_SOCKS_H
#define NET_LINK_SOCKS_H

#include "net/link.h"
#include "net/proxy.h"

/* A layer on next (taken on success), which leads to the proxy. proxy: its name, user and password;
 * copied. host: where the tunnel should end: a literal without brackets and zone is sent as an
 * address, anything else is sent as a name that the proxy resolves. link_connect asks for the
 * tunnel: its errors are EXIT_PROXY, STAGE_PROXY with a message for each reply code that names the
 * proxy; errnum is the errno equivalent to the code, if there is one. NULL with *e (EXIT_PROXY,
 * too, for names that are too long for SOCKS5). */
struct link *link_socks_new(struct link *next, const struct proxy *proxy, const char *host,
                            uint16_t port, struct err *e);

#endif

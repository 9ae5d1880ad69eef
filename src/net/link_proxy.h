/*
 * link_proxy: a tunnel through an HTTP proxy, as a layer over the connection to it (RFC 9110,
 * section 9.3.6: CONNECT).
 */
#ifndef NET_LINK_PROXY_H
#define NET_LINK_PROXY_H

#include "net/link.h"
#include "net/proxy.h"

/* A layer on next (taken on success), which leads to the proxy. proxy: its name, and Basic
 * credentials (RFC 7617); copied. host: where the tunnel should end, a name in ASCII or a literal
 * without brackets and zone. link_connect asks for the tunnel: its errors are EXIT_PROXY,
 * STAGE_PROXY with a message that names the proxy, the status, the reason and further details of
 * the response, and with the option that helps as the hint; it does not wait for the rest of a
 * refusal's body. Bytes that arrive right after the proxy's answer belong to the layer above.
 * max_headers: as in dial_config. NULL with *e. */
struct link *link_proxy_new(struct link *next, const struct proxy *proxy, const char *host,
                            uint16_t port, size_t max_headers, struct err *e);

/* After link_connect: the status of the answer. l is what link_proxy_new returned. */
int link_proxy_status(const struct link *l);

#endif

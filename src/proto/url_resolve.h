/*
 * url_resolve: where a Location leads (RFC 9110, section 10.2.2; RFC 3986, section 5).
 */
#ifndef PROTO_URL_RESOLVE_H
#define PROTO_URL_RESOLVE_H

#include "proto/url.h"

/* A longer reference is refused. */
#define URL_REFERENCE_MAX 8192

/* The URL to which a reference in the response to a request for base leads: absolute, or relative
 * to base in each form of RFC 3986, section 4.2. http(s) means ws(s); dot segments are removed; a
 * fragment is dropped, as a WebSocket URL has none (RFC 6455, section 3); blanks inside become %20.
 * Userinfo of base is not inherited; that of the reference is parsed. A reference never leads to a
 * unix socket, except a relative one from the very same. 0 with *to (the caller's to clear), or -1,
 * **to unchanged, with *e (EXIT_UPGRADE, STAGE_HANDSHAKE): the message shows the reference without
 * userinfo. */
int url_resolve(struct url *to, const struct url *base, struct slice reference, struct err *e);

/* True if scheme, host and port are the same (RFC 6454, section 5); for unix sockets the path. */
bool url_same_origin(const struct url *a, const struct url *b);

#endif

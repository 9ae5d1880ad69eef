/*
 * url_resolve: where a Location leads (RFC 9110, section 10.2.2; RFC 3986, section 5).
 */
#ifndef PROTO_URL_RESOLVE_H
#define PROTO_URL_RESOLVE_H

#include "proto/url.h"

/* A longer reference is refused. */
#define URL_REFERENCE_MAX 8192

/* The URL that a reference means when it stands in an answer to a request for base: absolute, or
 * relative to base in each of the ways of RFC 3986, section 4.2. http(s) is taken as ws(s); dot
 * segments are removed; a fragment is dropped, as a WebSocket URL has none (RFC 6455, section 3);
 * blanks inside become %20. Userinfo of base is not inherited; that of the reference is parsed. A
 * reference never leads to a unix socket, except a relative one from the very same. 0 with *to (the
 * caller's to clear), or -1, *to untouched, with *e (EXIT_UPGRADE, STAGE_HANDSHAKE): the sentence
 * shows the reference without userinfo. */
int url_resolve(struct url *to, const struct url *base, struct slice reference, struct err *e);

/* True if scheme, host and port are the same (RFC 6454, section 5); for unix sockets the path. */
bool url_same_origin(const struct url *a, const struct url *b);

#endif

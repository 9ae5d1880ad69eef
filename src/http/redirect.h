/*
 * redirect: where a response redirects the client (RFC 9110, section 15.4; for the opening
 * handshake RFC 6455, section 4.1). What may be sent there: proto/withhold. Pure.
 */
#ifndef HTTP_REDIRECT_H
#define HTTP_REDIRECT_H

#include "proto/http1.h"
#include "proto/url.h"

/* 301, 302, 303, 307 or 308. */
bool redirect_status(int status);

/* The URL that the Location of the answer with this head means, after as many redirects that were
 * followed, of at most max. 0 with *to (the caller's to clear), or -1 with *e (EXIT_UPGRADE): one
 * too many, no Location, several, not a WebSocket's address, or from wss:// to ws://. */
int redirect_next(struct url *to, const struct url *from, const struct http1_head *head,
                  unsigned hops, unsigned max, struct err *e);

#endif

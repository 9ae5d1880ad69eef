/*
 * redirect: where an answer to the opening handshake sends the client (RFC 6455, section 4.1;
 * RFC 9110, section 15.4). What may go along: proto/withhold. Pure.
 */
#ifndef HTTP_REDIRECT_H
#define HTTP_REDIRECT_H

#include "event/event.h"
#include "proto/withhold.h"

/* 301, 302, 303, 307 or 308. */
bool redirect_status(int status);

/* The URL that the Location of such an answer means, the answer being the hops-th redirect (counted
 * from 0) of at most max. 0 with *to (the caller's to clear), or -1 with *e (EXIT_UPGRADE): one too
 * many, no Location, several, not a WebSocket's address, or from wss:// to ws://. */
int redirect_next(struct url *to, const struct url *from, const struct event_response *response,
                  unsigned hops, unsigned max, struct err *e);

#endif

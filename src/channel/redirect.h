/*
 * redirect: where an answer to the opening handshake sends the client, and what may go along
 * (RFC 6455, section 4.1; RFC 9110, section 15.4). Pure.
 */
#ifndef CHANNEL_REDIRECT_H
#define CHANNEL_REDIRECT_H

#include "event/event.h"
#include "proto/handshake.h"

/* 301, 302, 303, 307 or 308. */
bool redirect_status(int status);

/* The URL that the Location of such an answer means. 0 with *to (the caller's to clear), or -1 with
 * *e (EXIT_UPGRADE): no Location, several, not a WebSocket's address, or from wss:// to ws://. */
int redirect_next(struct url *to, const struct url *from, const struct event_response *response,
                  struct err *e);

/* True if both URLs have the same scheme, host and port. */
bool redirect_same_origin(const struct url *a, const struct url *b);

/* What of a handshake may be sent to another origin: no Authorization, no Cookie, and of the
 * person's headers none that is a credential by its name, nor a Host. *kept: room for
 * config->header_count headers, which config->headers then points to. */
void redirect_strip(struct handshake_config *config, struct handshake_header *kept);

#endif

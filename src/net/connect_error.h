/*
 * connect_error: the sentence about a connection that no address would take.
 */
#ifndef NET_CONNECT_ERROR_H
#define NET_CONNECT_ERROR_H

#include "base/err.h"
#include "event/event.h"

/* Fill *e (EXIT_CONNECT, STAGE_CONNECT): each address with its reason, errnum of the most
 * informative one, and its hint. */
void connect_error(const char *host, uint16_t port, const struct connect_attempt *attempts,
                   size_t count, struct err *e);

/* The same for a unix socket. Returns -1. */
int connect_error_unix(const char *path, int errnum, struct err *e);

#endif

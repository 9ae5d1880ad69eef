/*
 * dial_unix: a connection to a unix stream socket.
 */
#ifndef NET_DIAL_UNIX_H
#define NET_DIAL_UNIX_H

#include "base/err.h"

/* How long to wait before trying again when the listener's queue is full: there is nothing to poll
 * for. */
#define DIAL_UNIX_RETRY_MS 50

/* A connected non-blocking socket; LINK_AGAIN if the queue is full; LINK_FAILED with *e. */
int dial_unix(const char *path, struct err *e);

#endif

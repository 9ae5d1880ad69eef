/*
 * source: where a connection leaves from (--interface): a local address, or an interface whose
 * address of the right family is used.
 */
#ifndef NET_SOURCE_H
#define NET_SOURCE_H

#include "base/err.h"
#include "net/resolve.h"

/* 0, or -1 with *e (EXIT_USAGE) if the name is neither a local address nor an interface. NULL: 0.
 */
int source_check(const char *interface, struct err *e);

/* Bind a socket that is going to connect to `target`. 0 or an errno; EADDRNOTAVAIL: nothing of the
 * target's family to leave from. */
int source_bind(int fd, const char *interface, const struct resolve_address *target);

#endif

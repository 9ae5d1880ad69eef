/*
 * redis_url: where a Redis server is, as the user types it:
 * redis://[:PASS@|USER:PASS@]HOST[:PORT][/DB], or rediss:// for TLS. Pure.
 */
#ifndef REDIS_REDIS_URL_H
#define REDIS_REDIS_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define REDIS_PORT 6379

struct redis_url {
    bool secure;
    char *host; /* UTF-8 as typed; an IPv6 literal without brackets and zone */
    char *zone; /* of an IPv6 literal, or NULL */
    bool ipv6;  /* host is one */
    uint16_t port;
    char *user;     /* percent-decoded, or NULL: the default user */
    char *password; /* the same, or NULL: no AUTH */
    uint32_t db;
};

/* Parse. -1, *u untouched, with *e: EXIT_USAGE, and e->at is the byte in text at fault. The
 * sentence shows neither user nor password. */
int redis_url_parse(struct redis_url *u, const char *text, struct err *e);
void redis_url_clear(struct redis_url *u);

/* "HOST:PORT", IPv6 in brackets, with "/DB" if that is not 0, as sentences name it; never its
 * credentials. Cut to size. */
void redis_url_name(const struct redis_url *u, char *text, size_t size);

#endif

/*
 * withhold: what a handshake may send to another origin than the one it was configured for: only
 * what is known to be harmless. The one rule for redirects, for a fallback and for a URL that the
 * user names later.
 */
#ifndef PROTO_WITHHOLD_H
#define PROTO_WITHHOLD_H

#include "proto/handshake.h"

/* What was decided; zeroed before its first use. */
struct withheld {
    bool elsewhere;                   /* another origin: scheme, host or port differ */
    char names[200];                  /* what is not sent, "Cookie, X-Id"; "": nothing */
    struct handshake_header *headers; /* owned: those that are sent */
    const char **subprotocols;        /* owned, too */
};

/* Compare config->url with home. If the origin is another one, leave in *config only: the user's
 * headers with a name that reveals nothing about the user (Accept, User-Agent ...) unless
 * --header-cmd printed them, removals of headers, subprotocols with a well-known name, origin and
 * user_agent. *w is replaced; what *config then points to is valid until the next call or
 * withheld_clear. -1: memory, *config unchanged. */
int withhold(struct withheld *w, struct handshake_config *config, const struct url *home);

/* Add the name of something else that is not sent. */
void withheld_add(struct withheld *w, const char *name);

void withheld_clear(struct withheld *w);

#endif

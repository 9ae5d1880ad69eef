/*
 * shared: what all connections of a session share, for any protocol: versions, keys and trust for
 * TLS, loaded by the opening that first needs them, and the program's supplies.
 */
#ifndef HTTP_SHARED_H
#define HTTP_SHARED_H

#include "net/dial.h"
#include "net/supplies.h"

struct http_shared {
    struct supplies *supplies;     /* borrowed */
    struct tls_context *tls;       /* with a client certificate; NULL until a target asks for it */
    struct tls_context *tls_bare;  /* without one, too */
    struct tls_context *proxy_tls; /* the same for a proxy that speaks TLS */
};

/* supplies outlive it. secure: load what TLS needs now, so that a file that can't be read is
 * reported before anything is tried. 0, or -1 with *e: nothing is left to clear. */
int http_shared_init(struct http_shared *shared, struct supplies *supplies,
                     const struct tls_config *config, bool secure, struct err *e);
void http_shared_clear(struct http_shared *shared);

/* Load what TLS needs on the way to the target, unless it is there, and set target->tls and
 * target->proxy_tls. 0 or -1 with *e. */
int http_shared_load(struct http_shared *shared, const struct dial_config *config,
                     struct dial_target *target, struct err *e);

#endif

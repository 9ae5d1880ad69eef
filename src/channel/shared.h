/*
 * shared: what the connections of a session have in common, whatever is spoken on them: trust and
 * keys for TLS, loaded by the opening that first needs them, the source of random bytes, and what
 * one connection leaves for the next.
 */
#ifndef CHANNEL_SHARED_H
#define CHANNEL_SHARED_H

#include "base/rng.h"
#include "channel/poll_memory.h"
#include "net/dial.h"

struct channel_shared {
    struct rng rng;
    bool drawn;                    /* rng's source was used */
    struct tls_context *tls;       /* with a client certificate; NULL until a target asks for it */
    struct tls_context *tls_bare;  /* without one, likewise */
    struct tls_context *proxy_tls; /* likewise, a proxy that speaks TLS */
    struct poll_memory *poll;      /* NULL until something is polled */
    char *last_event_id;           /* of an event stream, or NULL */
};

/* secure: load what TLS needs now, so that a file that can't be read is told before anything is
 * tried. NULL with *e. */
struct channel_shared *channel_shared_new(const struct tls_config *config, bool secure,
                                          struct err *e);
void channel_shared_free(struct channel_shared *shared);

/* Load what TLS needs on the way to the target, unless it is there, and set target->tls and
 * target->proxy_tls. 0 or -1 with *e. */
int channel_shared_load(struct channel_shared *shared, const struct dial_config *config,
                        struct dial_target *target, struct err *e);

#endif

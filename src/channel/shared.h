/*
 * shared: shared by the channels of a session: data of all connections, and data that one
 * connection leaves for the next.
 */
#ifndef CHANNEL_SHARED_H
#define CHANNEL_SHARED_H

#include "channel/poll_memory.h"
#include "http/shared.h"

struct channel_shared {
    struct http_shared http;
    struct poll_memory *poll; /* NULL until something is polled */
    char *last_event_id;      /* of an event stream, or NULL */
};

/* secure: see http_shared_init. NULL with *e. */
struct channel_shared *channel_shared_new(struct supplies *supplies,
                                          const struct tls_config *config, bool secure,
                                          struct err *e);
void channel_shared_free(struct channel_shared *shared);

#endif

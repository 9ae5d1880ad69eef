#include "channel/shared.h"

#include <stdlib.h>

struct channel_shared *channel_shared_new(struct supplies *supplies,
                                          const struct tls_config *config, bool secure,
                                          struct err *e)
{
    struct channel_shared *shared = calloc(1, sizeof *shared);

    if (!shared) {
        err_nomem(e, STAGE_CONNECT, "preparing the connection");
        return NULL;
    }
    if (http_shared_init(&shared->http, supplies, config, secure, e) < 0) {
        free(shared);
        return NULL;
    }
    return shared;
}

void channel_shared_free(struct channel_shared *shared)
{
    if (!shared)
        return;
    http_shared_clear(&shared->http);
    poll_memory_free(shared->poll);
    free(shared->last_event_id);
    free(shared);
}

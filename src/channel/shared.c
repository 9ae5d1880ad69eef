#include "channel/shared.h"

#include <stdlib.h>

#include "net/crypto.h"

/* The proxy is verified like the target, but a pin, a name and a client certificate are the
 * target's alone. */
static struct tls_context *proxy_context(const struct tls_config *target, struct err *e)
{
    struct tls_config config = *target;

    (void)tls_forget_identity(&config);
    config.pinned = config.servername = NULL;
    return tls_context_client(&config, e);
}

int channel_shared_load(struct channel_shared *shared, const struct dial_config *config,
                        struct dial_target *target, struct err *e)
{
    struct tls_context **tls = config->tls.cert ? &shared->tls : &shared->tls_bare;
    int proxy = 0;

    if (target->secure && !*tls) {
        *tls = tls_context_client(&config->tls, e);
        if (!*tls)
            return -1;
    }
    target->tls = *tls;
    if (!shared->proxy_tls)
        proxy = dial_needs_proxy_tls(config, target, e);
    if (proxy > 0) {
        shared->proxy_tls = proxy_context(&config->tls, e);
        if (!shared->proxy_tls)
            return -1;
    }
    target->proxy_tls = shared->proxy_tls;
    return proxy < 0 ? -1 : 0;
}

struct channel_shared *channel_shared_new(const struct tls_config *config, bool secure,
                                          struct err *e)
{
    struct channel_shared *shared = calloc(1, sizeof *shared);

    if (!shared) {
        err_nomem(e, STAGE_CONNECT, "preparing the connection");
        return NULL;
    }
    rng_init(&shared->rng, crypto_random, &shared->drawn);
    if (secure) {
        struct tls_context *tls = tls_context_client(config, e);

        *(config->cert ? &shared->tls : &shared->tls_bare) = tls;
        if (!tls) {
            free(shared);
            return NULL;
        }
    }
    return shared;
}

void channel_shared_free(struct channel_shared *shared)
{
    if (!shared)
        return;
    tls_context_free(shared->tls);
    tls_context_free(shared->tls_bare);
    tls_context_free(shared->proxy_tls);
    poll_memory_free(shared->poll);
    free(shared->last_event_id);
    free(shared);
}

#include "http/shared.h"

/* The proxy is verified like the target, but a pin, a name and a client certificate are the
 * target's alone. */
static struct tls_context *proxy_context(const struct tls_config *target, struct tls_trust **trust,
                                         struct err *e)
{
    struct tls_config config = *target;

    (void)tls_forget_identity(&config);
    config.pinned = config.servername = NULL;
    config.keep = config.offer = NULL;
    return tls_context_client(&config, trust, e);
}

int http_shared_load(struct http_shared *shared, const struct dial_config *config,
                     struct dial_target *target, struct err *e)
{
    struct tls_context **tls = config->tls.cert ? &shared->tls : &shared->tls_bare;
    int proxy = 0;

    if (target->secure && !*tls) {
        *tls = tls_context_client(&config->tls, &shared->supplies->trust, e);
        if (!*tls)
            return -1;
    }
    target->tls = *tls;
    if (!shared->proxy_tls)
        proxy = dial_needs_proxy_tls(config, target, e);
    if (proxy > 0) {
        shared->proxy_tls = proxy_context(&config->tls, &shared->supplies->trust, e);
        if (!shared->proxy_tls)
            return -1;
    }
    target->proxy_tls = shared->proxy_tls;
    return proxy < 0 ? -1 : 0;
}

int http_shared_init(struct http_shared *shared, struct supplies *supplies,
                     const struct tls_config *config, bool secure, struct err *e)
{
    struct tls_context **tls = config->cert ? &shared->tls : &shared->tls_bare;

    *shared = (struct http_shared){.supplies = supplies};
    if (!secure)
        return 0;
    *tls = tls_context_client(config, &supplies->trust, e);
    return *tls ? 0 : -1;
}

void http_shared_clear(struct http_shared *shared)
{
    tls_context_free(shared->tls);
    tls_context_free(shared->tls_bare);
    tls_context_free(shared->proxy_tls);
}

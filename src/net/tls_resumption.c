/*
 * tls_resumption: a session that a server gave one connection, for others to resume. With TLS 1.3
 * it comes after the handshake, in a ticket.
 */
#include <stdlib.h>

#include "net/tls_private.h"

struct tls_resumption {
    SSL_SESSION *session; /* NULL: none came so far */
};

struct tls_resumption *tls_resumption_new(void)
{
    return calloc(1, sizeof(struct tls_resumption));
}

void tls_resumption_free(struct tls_resumption *r)
{
    if (!r)
        return;
    SSL_SESSION_free(r->session);
    free(r);
}

bool tls_resumption_has(const struct tls_resumption *r)
{
    return r->session != NULL;
}

/* A copy is kept: a connection that ends without close_notify marks its own as not resumable.
 * Returns 0: the session is not taken. */
static int on_session(SSL *ssl, SSL_SESSION *session)
{
    const struct tls_context *ctx = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

    if (!ctx->keep->session)
        ctx->keep->session = SSL_SESSION_dup(session);
    return 0;
}

void tls_resumption_keep(struct tls_context *ctx)
{
    if (!ctx->keep)
        return;
    SSL_CTX_set_session_cache_mode(ctx->ssl,
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    SSL_CTX_sess_set_new_cb(ctx->ssl, on_session);
}

int tls_resumption_offer(const struct tls_context *ctx, SSL *ssl)
{
    SSL_SESSION *copy;
    int r;

    if (!ctx->offer || !ctx->offer->session)
        return 0;
    /* For the same reason. */
    copy = SSL_SESSION_dup(ctx->offer->session);
    r = copy && SSL_set_session(ssl, copy) == 1 ? 0 : -1;
    SSL_SESSION_free(copy);
    return r;
}

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/host_name.h"
#include "net/tls_private.h"

/* RFC 7301, section 6: the protocol IDs, each after its length. */
static const uint8_t alpn_http1[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
static const uint8_t alpn_h2[] = {2, 'h', '2', 8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

/* With read-ahead one recv brings many records; without it each takes two. */
#define READ_BUFFER 65536

/* A line for each secret, in the format of NSS; appended as a whole, so that programs can share the
 * file. Failure to write the file is ignored. */
static void keylog_line(const SSL *ssl, const char *line)
{
    const struct tls_context *ctx = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    struct iovec parts[2] = {{(void *)(uintptr_t)line, strlen(line)},
                             {(void *)(uintptr_t) "\n", 1}};
    ssize_t put;

    do
        put = writev(ctx->keylog, parts, 2);
    while (put < 0 && errno == EINTR);
}

static void keylog_open(struct tls_context *ctx)
{
    const char *path = getenv("SSLKEYLOGFILE");

    if (!path || path[0] == '\0')
        return;
    ctx->keylog = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
    if (ctx->keylog >= 0)
        SSL_CTX_set_keylog_callback(ctx->ssl, keylog_line);
}

static int choose_alpn(SSL *ssl, const unsigned char **chosen, unsigned char *len,
                       const unsigned char *offered, unsigned int offered_len, void *ctx)
{
    unsigned char *match;

    (void)ssl;
    (void)ctx;
    /* RFC 7301, section 3.2: a client that offers only what we do not speak could be refused; a
     * server for debugging continues without ALPN. */
    if (SSL_select_next_proto(&match, len, alpn_http1, sizeof alpn_http1, offered, offered_len) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *chosen = match;
    return SSL_TLSEXT_ERR_OK;
}

static struct tls_context *context_new(const SSL_METHOD *method, struct err *e)
{
    struct tls_context *ctx = calloc(1, sizeof *ctx);

    if (ctx) {
        ctx->keylog = -1;
        ctx->ssl = SSL_CTX_new(method);
        ctx->bio_method = tls_bio_method_new();
    }
    if (!ctx || !ctx->ssl || !ctx->bio_method) {
        tls_context_free(ctx);
        err_nomem(e, STAGE_TLS, "setting up TLS");
        return NULL;
    }
    SSL_CTX_set_app_data(ctx->ssl, ctx);
    SSL_CTX_set_mode(ctx->ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                   SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(ctx->ssl, 1);
    SSL_CTX_set_default_read_buffer_len(ctx->ssl, READ_BUFFER);
    /* RFC 8996: nothing older than TLS 1.2. */
    SSL_CTX_set_min_proto_version(ctx->ssl, TLS1_2_VERSION);
    return ctx;
}

void tls_context_free(struct tls_context *ctx)
{
    if (!ctx)
        return;
    SSL_CTX_free(ctx->ssl);
    BIO_meth_free(ctx->bio_method);
    tls_pins_clear(&ctx->pins);
    free(ctx->servername);
    if (ctx->keylog >= 0)
        close(ctx->keylog);
    free(ctx);
}

static int set_versions(SSL_CTX *ssl, int min, int max, struct err *e)
{
    if (min != 0 && max != 0 && min > max) {
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "--tls-min is above --tls-max");
        err_hint(e, "for example --tls-min 1.2 --tls-max 1.3");
        return -1;
    }
    if (SSL_CTX_set_min_proto_version(ssl, min == 13 ? TLS1_3_VERSION : TLS1_2_VERSION) == 1 &&
        SSL_CTX_set_max_proto_version(ssl, max == 12   ? TLS1_2_VERSION
                                           : max == 13 ? TLS1_3_VERSION
                                                       : 0) == 1)
        return 0;
    return err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                   "this OpenSSL does not support the TLS versions of --tls-min and --tls-max");
}

static int load_client(struct tls_context *ctx, const struct tls_config *config,
                       struct tls_trust **trust, struct err *e)
{
    struct tls_identity identity = {.cert_option = "--cert",
                                    .cert = config->cert,
                                    .key_option = "--key",
                                    .key = config->key,
                                    .pass = config->pass};

    ctx->insecure = config->insecure;
    ctx->has_cert = config->cert != NULL;
    if (config->key && !config->cert) {
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "--key without --cert");
        err_hint(e, "--cert FILE names the certificate that the key belongs to");
        return -1;
    }
    if (set_versions(ctx->ssl, config->min, config->max, e) != 0)
        return -1;
    /* The files of --cacert and --capath are read even if nothing is verified, so that a wrong path
     * is reported before -k is removed again. The system's own need not be read. */
    if ((!config->insecure || config->cacert || config->capath) &&
        tls_trust_load(ctx->ssl, config, trust, e) != 0)
        return -1;
    if (config->cert && tls_identity_load(ctx->ssl, &identity, e) != 0)
        return -1;
    if (config->pinned && tls_pins_load(&ctx->pins, config->pinned, e) != 0)
        return -1;
    if (config->servername && host_empty_label(config->servername)) {
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                "--servername \"%.200s\" has a dot at its front, or two in a row",
                config->servername);
        err_hint(e, "a server's name has no empty part; write it in full");
        return -1;
    }
    if (config->servername) {
        ctx->servername = strdup(config->servername);
        if (!ctx->servername)
            return err_nomem(e, STAGE_TLS, "setting up TLS");
    }
    ctx->keep = config->keep;
    ctx->offer = config->offer;
    tls_resumption_keep(ctx);
    ctx->offers_h2 = config->offer_h2;
    if (SSL_CTX_set_alpn_protos(ctx->ssl, config->offer_h2 ? alpn_h2 : alpn_http1,
                                config->offer_h2 ? sizeof alpn_h2 : sizeof alpn_http1) != 0)
        return err_nomem(e, STAGE_TLS, "setting up TLS");
    keylog_open(ctx);
    return 0;
}

bool tls_forget_identity(struct tls_config *config)
{
    bool had = config->cert != NULL;

    config->cert = config->key = config->pass = NULL;
    return had;
}

struct tls_context *tls_context_client(const struct tls_config *config, struct tls_trust **trust,
                                       struct err *e)
{
    struct tls_context *ctx = context_new(TLS_client_method(), e);

    if (ctx && load_client(ctx, config, trust, e) != 0) {
        tls_context_free(ctx);
        ctx = NULL;
    }
    return ctx;
}

struct tls_context *tls_context_server(const char *cert, const char *key, struct err *e)
{
    struct tls_identity identity = {
        .cert_option = "--cert", .cert = cert, .key_option = "--key", .key = key};
    struct tls_context *ctx = context_new(TLS_server_method(), e);

    if (!ctx)
        return NULL;
    ctx->server = true;
    if (tls_identity_load(ctx->ssl, &identity, e) != 0) {
        tls_context_free(ctx);
        return NULL;
    }
    SSL_CTX_set_alpn_select_cb(ctx->ssl, choose_alpn, NULL);
    SSL_CTX_set_options(ctx->ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(ctx->ssl, 0);
    SSL_CTX_set_session_cache_mode(ctx->ssl, SSL_SESS_CACHE_OFF);
    keylog_open(ctx);
    return ctx;
}

#include <openssl/err.h>
#include <stdlib.h>

#include "base/host_name.h"
#include "net/tls_private.h"

static struct link_tls *tls_of(struct link *l)
{
    return (struct link_tls *)l;
}

/* What the layer waits for; 0 if the verdict is not about waiting. */
static int waits_for(int verdict)
{
    return verdict == SSL_ERROR_WANT_READ    ? LINK_READABLE
           : verdict == SSL_ERROR_WANT_WRITE ? LINK_WRITABLE
                                             : 0;
}

/* OpenSSL must not continue, nor send close_notify, after these (SSL_get_error(3)). */
static void note_fatal(struct link_tls *t, int verdict)
{
    if (verdict == SSL_ERROR_SSL || verdict == SSL_ERROR_SYSCALL)
        t->failed = true;
}

/* Where the certificates end that the server sent. 0 or -1 (memory). */
static int keep_chain(struct link_tls *t)
{
    STACK_OF(X509) *chain = t->ctx->server ? NULL : SSL_get_peer_cert_chain(t->ssl);
    int count = chain ? sk_X509_num(chain) : 0;
    const X509 *last;

    if (count <= 0)
        return 0;
    last = sk_X509_value(chain, count - 1);
    t->certs = (unsigned)count;
    t->chain_end = tls_name_line(X509_get_issuer_name(last));
    t->chain_complete = X509_NAME_cmp(X509_get_subject_name(last), X509_get_issuer_name(last)) == 0;
    return t->chain_end ? 0 : -1;
}

/* Keep what link_tls_describe returns; the peer's certificate may be freed later. 0 or -1 (memory).
 */
static int keep_description(struct link_tls *t)
{
    X509 *cert = SSL_get0_peer_certificate(t->ssl);
    const unsigned char *alpn;
    unsigned int len;

    SSL_get0_alpn_selected(t->ssl, &alpn, &len);
    if (len > 0 && len < sizeof t->alpn)
        memcpy(t->alpn, alpn, len);
    if (!cert)
        return 0;
    tls_time_text(X509_get0_notAfter(cert), t->not_after, sizeof t->not_after);
    t->subject = tls_name_line(X509_get_subject_name(cert));
    t->issuer = tls_name_line(X509_get_issuer_name(cert));
    return t->subject && t->issuer ? keep_chain(t) : -1;
}

/* The handshake is done: does the peer satisfy all requirements? All are checked before any data is
 * sent.
 */
static int accept_peer(struct link_tls *t, struct err *e)
{
    int rc = keep_description(t);

    if (rc != 0) {
        err_nomem(e, STAGE_TLS, "shaking hands");
    } else if (!t->ctx->server && t->alpn[0] != '\0' && strcmp(t->alpn, "http/1.1") != 0 &&
               !(t->ctx->offers_h2 && strcmp(t->alpn, "h2") == 0)) {
        char text[64];

        tls_printable((const uint8_t *)t->alpn, strlen(t->alpn), text, sizeof text);
        rc = err_set(e, EXIT_TLS, STAGE_TLS, 0,
                     "the server chose the protocol \"%s\", which was not offered (RFC 7301, "
                     "section 3.1)",
                     text);
        err_hint(e, "only http/1.1 is supported: the server's ALPN settings are wrong");
    } else if (!t->ctx->server) {
        rc = tls_pins_check(&t->ctx->pins, SSL_get0_peer_certificate(t->ssl), e);
    }
    if (rc != 0)
        t->failed = true;
    return rc == 0 ? 0 : LINK_FAILED;
}

static int tls_connect(struct link *l, struct err *e)
{
    struct link_tls *t = tls_of(l);
    int rc, verdict;

    if (t->established)
        return 0;
    if (t->failed) {
        *e = t->outcome_err;
        return LINK_FAILED;
    }
    ERR_clear_error();
    rc = SSL_do_handshake(t->ssl);
    if (rc == 1) {
        rc = accept_peer(t, e);
        t->established = rc == 0;
        t->read_wants = LINK_READABLE;
        t->write_wants = LINK_WRITABLE;
    } else {
        verdict = SSL_get_error(t->ssl, rc);
        t->read_wants = waits_for(verdict);
        if (t->read_wants != 0)
            return LINK_AGAIN;
        t->failed = true;
        rc = tls_handshake_error(t, verdict, e);
    }
    if (rc != 0)
        t->outcome_err = *e;
    ERR_clear_error();
    return rc;
}

/* No read will return data any longer. */
static void end_reading(struct link_tls *t, int outcome)
{
    t->ended = true;
    t->outcome = outcome;
}

static void read_failed(struct link_tls *t, int verdict)
{
    unsigned long code = ERR_peek_error();

    t->read_wants = waits_for(verdict);
    if (t->read_wants != 0) {
        t->starved = true;
        return;
    }
    t->read_wants = LINK_READABLE;
    note_fatal(t, verdict);
    if (verdict == SSL_ERROR_ZERO_RETURN) {
        /* RFC 8446, section 6.1: an orderly end. */
        t->link.ended |= LINK_GOT_CLOSE_NOTIFY;
        end_reading(t, 0);
    } else if (t->io_eof && (verdict == SSL_ERROR_SYSCALL ||
                             ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING)) {
        /* The end came from the layer below, without close_notify: the flags show the caller which.
         */
        end_reading(t, 0);
    } else {
        end_reading(t, tls_stream_error(t, verdict, &t->outcome_err));
    }
}

/* After close_notify only the FIN is still of interest; whatever else comes is not ours. */
static void look_for_fin(struct link_tls *t)
{
    uint8_t ignored[256];
    struct err unused;

    if ((t->link.ended & (LINK_GOT_FIN | LINK_GOT_RST)) == 0)
        (void)link_read(t->link.next, ignored, sizeof ignored, &unused);
}

static ssize_t tell_outcome(struct link_tls *t, struct err *e)
{
    if ((t->link.ended & LINK_GOT_CLOSE_NOTIFY) != 0)
        look_for_fin(t);
    t->end_reported = true;
    if (t->outcome != 0)
        *e = t->outcome_err;
    return t->outcome;
}

static ssize_t tls_read(struct link *l, uint8_t *bytes, size_t n, struct err *e)
{
    struct link_tls *t = tls_of(l);
    size_t got = 0, part;

    if (n == 0)
        return LINK_AGAIN;
    /* SSL_read gives a record at most (RFC 8446, section 5.1): go on while there are more. */
    while (!t->ended && got < n) {
        int rc;

        ERR_clear_error();
        rc = SSL_read_ex(t->ssl, bytes + got, n - got, &part);
        if (rc != 1) {
            read_failed(t, SSL_get_error(t->ssl, rc));
            break;
        }
        t->starved = false;
        t->got_data = true;
        t->read_wants = LINK_READABLE;
        got += part;
        /* The layer below gave less than it was asked for and all of it is used: another read
         * would only hear that there is nothing. */
        if (t->io_short && !SSL_has_pending(t->ssl))
            break;
    }
    ERR_clear_error();
    if (got > 0)
        return (ssize_t)got;
    return t->ended ? tell_outcome(t, e) : LINK_AGAIN;
}

/* A write that fails may hide the reason: an alert that came before the reset and waits to be read
 * (a refused client certificate in TLS 1.3). True with the alert's sentence in *e. */
static bool alert_explains(struct link_tls *t, struct err *e)
{
    uint8_t byte;
    size_t n;
    int rc;

    if (t->got_data || t->ended || (t->link.ended & LINK_GOT_RST) == 0)
        return false;
    ERR_clear_error();
    rc = SSL_peek_ex(t->ssl, &byte, 1, &n);
    if (rc == 1 || SSL_get_error(t->ssl, rc) != SSL_ERROR_SSL || !tls_is_alert(ERR_peek_error()))
        return false;
    end_reading(t, tls_stream_error(t, SSL_ERROR_SSL, &t->outcome_err));
    *e = t->outcome_err;
    return true;
}

static ssize_t tls_write(struct link *l, const uint8_t *bytes, size_t n, struct err *e)
{
    struct link_tls *t = tls_of(l);
    size_t put = 0, part;
    int verdict;

    if (n == 0)
        return LINK_AGAIN;
    while (put < n) {
        int rc;

        ERR_clear_error();
        rc = SSL_write_ex(t->ssl, bytes + put, n - put, &part);
        if (rc != 1)
            break;
        t->write_wants = LINK_WRITABLE;
        put += part;
    }
    if (put == n)
        return (ssize_t)put;

    verdict = SSL_get_error(t->ssl, 0);
    t->write_wants = waits_for(verdict);
    if (t->write_wants == 0) {
        t->write_wants = LINK_WRITABLE;
        link_gather(l);
        if (put == 0 && !alert_explains(t, e))
            (void)tls_stream_error(t, verdict, e);
        note_fatal(t, verdict);
        ERR_clear_error();
        return put > 0 ? (ssize_t)put : LINK_FAILED;
    }
    ERR_clear_error();
    return put > 0 ? (ssize_t)put : LINK_AGAIN;
}

static int tls_events(const struct link *l, bool want_read, bool want_write)
{
    const struct link_tls *t = (const struct link_tls *)l;
    int wants = 0;

    if (!t->established) {
        /* Before the first word it is the layer below that is shaking hands. */
        if (t->read_wants == 0)
            return link_events(l->next, want_read, want_write);
        wants = t->read_wants;
    } else {
        if (want_read)
            wants |= t->read_wants;
        if (want_write)
            wants |= t->write_wants;
        if (t->closing && !t->close_sent)
            wants |= LINK_WRITABLE;
    }
    return link_events(l->next, (wants & LINK_READABLE) != 0, (wants & LINK_WRITABLE) != 0);
}

static size_t tls_pending(const struct link *l)
{
    const struct link_tls *t = (const struct link_tls *)l;
    size_t pending = link_pending(l->next);

    /* Unprocessed bytes count unless the last read found them to be less than a record. */
    if (!t->ended && !t->starved && t->ssl) {
        size_t ready = (size_t)SSL_pending(t->ssl);

        pending += ready > 0 ? ready : (size_t)SSL_has_pending(t->ssl);
    }
    if (t->ended && !t->end_reported)
        pending++;
    return pending;
}

static int tls_close(struct link *l, struct err *e)
{
    struct link_tls *t = tls_of(l);

    t->closing = true;
    if (t->established && !t->failed && !t->close_sent) {
        int rc;

        ERR_clear_error();
        rc = SSL_shutdown(t->ssl);
        if (rc < 0 && SSL_get_error(t->ssl, rc) == SSL_ERROR_WANT_WRITE)
            return LINK_AGAIN;
        /* Anything else (half a record is still waiting to go out, the peer is gone) leaves only
         * the end of the stream to be reported, which the FIN does. */
        ERR_clear_error();
    }
    t->close_sent = true;
    return link_close(l->next, e);
}

static void tls_free(struct link *l)
{
    struct link_tls *t = tls_of(l);

    SSL_free(t->ssl);
    X509_free(t->doubt.cert);
    free(t->name);
    free(t->subject);
    free(t->issuer);
    free(t->chain_end);
    free(t);
}

static const struct link_ops tls_ops = {
    .connect = tls_connect,
    .read = tls_read,
    .write = tls_write,
    .events = tls_events,
    .pending = tls_pending,
    .close = tls_close,
    .free = tls_free,
};

/* next stays the caller's until the layer is complete. */
static struct link_tls *layer_new(struct link *next, struct tls_context *ctx, struct err *e)
{
    struct link_tls *t = calloc(1, sizeof *t);
    BIO *bio;

    if (!t)
        goto fail;
    t->link.ops = &tls_ops;
    t->link.seals = true;
    t->link.next = next;
    t->link.fd = next->fd;
    t->ctx = ctx;
    t->ssl = SSL_new(ctx->ssl);
    if (!t->ssl)
        goto fail;
    bio = tls_bio_new(t);
    if (!bio)
        goto fail;
    SSL_set_bio(t->ssl, bio, bio);
    SSL_set_app_data(t->ssl, t);
    return t;

fail:
    if (t)
        tls_free(&t->link);
    err_nomem(e, STAGE_TLS, "setting up TLS");
    return NULL;
}

/* The name without a zone (RFC 6874 gives it no place in what a peer sees) and without the dot of a
 * fully qualified name (RFC 6066, section 3). NULL: memory. */
static char *bare_name(const char *host)
{
    size_t len = strcspn(host, "%");

    if (len > 1 && host[len - 1] == '.')
        len--;
    return strndup(host, len);
}

static int set_name(struct link_tls *t, const char *host, struct err *e)
{
    t->name = bare_name(t->ctx->servername ? t->ctx->servername : host);
    if (!t->name)
        return err_nomem(e, STAGE_TLS, "setting up TLS");
    /* To OpenSSL a name with a dot at its front is any name that ends so. */
    if (host_empty_label(t->name))
        goto unfit;
    /* RFC 6066, section 3: literal addresses are not permitted in server_name. */
    if (!tls_name_is_ip(t->name) && SSL_set_tlsext_host_name(t->ssl, t->name) != 1)
        goto unfit;
    if (!t->ctx->insecure && tls_verify_name(t->ssl, t->name) != 0)
        goto unfit;
    SSL_set_verify(t->ssl, t->ctx->insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER,
                   t->ctx->insecure ? NULL : tls_verify_note);
    return 0;

unfit:
    ERR_clear_error();
    err_set(e, EXIT_TLS, STAGE_TLS, 0, "\"%.200s\" can't be a TLS server name", t->name);
    err_hint(e, "a name of 1 to 255 bytes; --servername NAME sets another");
    return -1;
}

struct link *link_tls_client(struct link *next, struct tls_context *ctx, const char *host,
                             struct err *e)
{
    struct link_tls *t = layer_new(next, ctx, e);

    if (!t)
        return NULL;
    if (set_name(t, host, e) != 0) {
        tls_free(&t->link);
        return NULL;
    }
    if (tls_resumption_offer(ctx, t->ssl) != 0) {
        tls_free(&t->link);
        err_nomem(e, STAGE_TLS, "setting up TLS");
        return NULL;
    }
    SSL_set_connect_state(t->ssl);
    return &t->link;
}

struct link *link_tls_server(struct link *next, struct tls_context *ctx, struct err *e)
{
    struct link_tls *t = layer_new(next, ctx, e);

    if (!t)
        return NULL;
    SSL_set_accept_state(t->ssl);
    return &t->link;
}

void link_tls_describe(struct link *l, struct event_tls *tls)
{
    const struct link_tls *t = tls_of(l);
    uint64_t us = tls->us;
    const char *cipher = SSL_get_cipher_name(t->ssl);

    *tls = (struct event_tls){
        .version = SSL_get_version(t->ssl),
        .cipher = cipher ? cipher : "",
        .alpn = t->alpn,
        .resumed = SSL_session_reused(t->ssl) == 1,
        .verified = !t->ctx->server && !t->ctx->insecure && t->established &&
                    SSL_get_verify_result(t->ssl) == X509_V_OK,
        .subject = t->subject ? t->subject : "",
        .issuer = t->issuer ? t->issuer : "",
        .not_after = t->not_after,
        .certs = t->certs,
        .chain_end = t->chain_end ? t->chain_end : "",
        .chain_complete = t->chain_complete,
        .us = us,
    };
}

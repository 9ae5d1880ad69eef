/*
 * tls: the TLS layer of a link, over OpenSSL. RFC 8446, RFC 9525 (names), RFC 6066 (SNI).
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "event/event.h"
#include "net/link.h"

/* A session of one connection that others resume (RFC 8446, section 2.2; RFC 5246, section 7.3). */
struct tls_resumption;
/* NULL: memory. */
struct tls_resumption *tls_resumption_new(void);
/* NULL is fine. */
void tls_resumption_free(struct tls_resumption *r);
/* A server gave one. */
bool tls_resumption_has(const struct tls_resumption *r);

struct tls_config {
    bool insecure;      /* no verification */
    const char *cacert; /* PEM bundle that replaces the system's, or NULL */
    const char *capath; /* hashed directory, or NULL */
    const char *cert;   /* client certificate chain, PEM, or NULL */
    const char *key;    /* its key; NULL: in the same file */
    const char *pass;   /* of the key, or NULL */
    const char *pinned; /* "sha256//BASE64[;sha256//...]" or a PEM/DER public key file; or NULL */
    const char *servername; /* SNI and the name verified, instead of the host; or NULL */
    int min, max;           /* 0 (library's default), 12 or 13 */
    bool offer_h2; /* ALPN offers h2 before http/1.1: to see what the server selects, as the link
                      then is of no use for HTTP/1.1 */
    struct tls_resumption *keep;  /* the first session that a server gives is kept there, */
    struct tls_resumption *offer; /* and this one is to be resumed; borrowed; NULL: none */
};

/* Take the client certificate out. True if there was one. */
bool tls_forget_identity(struct tls_config *config);

struct tls_context;

/* Certificates that are trusted, kept for the contexts that trust the same. */
struct tls_trust;
/* NULL is fine. */
void tls_trust_free(struct tls_trust *trust);

/* Load what the configuration names. Default trust: SSL_CERT_FILE, SSL_CERT_DIR, else OpenSSL's
 * hashed directory if it has certificates, else its bundle. trust: what earlier contexts loaded is
 * taken from there, and what this one loads is added; *trust is NULL at first. trust NULL: nothing
 * is shared. SSLKEYLOGFILE is honoured. NULL with *e (EXIT_USAGE for a file that can't be read,
 * naming the option). */
struct tls_context *tls_context_client(const struct tls_config *config, struct tls_trust **trust,
                                       struct err *e);
/* For the embedded server; key NULL: in cert's file. */
struct tls_context *tls_context_server(const char *cert, const char *key, struct err *e);
void tls_context_free(struct tls_context *ctx);

/* A layer on next (taken on success). host: the name to verify and to send as SNI (never for an IP
 * literal), unless the configuration names another. ctx is borrowed. ALPN offers http/1.1 (and h2
 * before it, if the configuration asks for that). The handshake itself is link_connect: its errors
 * are EXIT_TLS or EXIT_CERT with a sentence that names the certificate (subject, issuer, dates or
 * names, as fits), why, and a hint. NULL with *e. */
struct link *link_tls_client(struct link *next, struct tls_context *ctx, const char *host,
                             struct err *e);
struct link *link_tls_server(struct link *next, struct tls_context *ctx, struct err *e);

/* After link_connect: what was agreed. Strings are borrowed until the link is freed; `us` is the
 * caller's. l is what link_tls_client returned. Peer names are raw bytes made printable by the
 * sinks. */
void link_tls_describe(struct link *l, struct event_tls *tls);

#endif

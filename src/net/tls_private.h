/*
 * tls_private: shared only by the files of the TLS layer.
 */
#ifndef NET_TLS_PRIVATE_H
#define NET_TLS_PRIVATE_H

#include <openssl/ssl.h>

#include "net/tls.h"

#define TLS_PIN_SIZE   32 /* bytes of a SHA-256 */
#define TLS_FIRST_SIZE 96 /* bytes kept of what the peer sent first */

/* Public keys that are acceptable, as the SHA-256 of their SubjectPublicKeyInfo (RFC 7469, section
 * 2.4). Empty: all are. */
struct tls_pins {
    uint8_t (*digests)[TLS_PIN_SIZE];
    size_t count;
};

struct tls_context {
    SSL_CTX *ssl;
    BIO_METHOD *bio_method; /* of tls_bio */
    bool server;
    bool insecure;
    bool has_cert; /* a client certificate can be shown */
    bool offers_h2;
    char *servername; /* owned, or NULL */
    struct tls_pins pins;
    int keylog;                          /* descriptor, or -1 */
    struct tls_resumption *keep, *offer; /* borrowed, or NULL */
};

/* The first thing that verification objected to. */
struct tls_doubt {
    int error; /* X509_V_ERR_..., X509_V_OK: none */
    int depth;
    X509 *cert; /* owned, or NULL */
};

struct link_tls {
    struct link link;
    struct tls_context *ctx; /* borrowed */
    SSL *ssl;
    char *name;       /* what is verified and asked for; owned; NULL on the server's side */
    bool established; /* the handshake is done and the peer accepted */
    bool got_data;    /* at least one byte came through */
    bool failed;      /* OpenSSL must not be asked to go on */
    bool closing;     /* link_close was asked for; close_notify may still wait for room */
    bool close_sent;  /* close_notify is sent, or can no longer be sent */
    int read_wants;   /* LINK_...: what the last read, write or handshake waited for */
    int write_wants;
    bool starved;      /* the last read ended for want of bytes from below */
    bool ended;        /* the outcome below is what every further read gives */
    bool end_reported; /* to the caller */
    int outcome;       /* 0 or LINK_FAILED with outcome_err */
    struct err outcome_err;

    /* the layer below, as tls_bio sees it */
    struct err io_err; /* why it failed, if io_failed */
    bool io_failed;
    bool io_eof;   /* it has ended */
    bool io_short; /* the last read gave less than was asked for */
    uint8_t first[TLS_FIRST_SIZE];
    size_t first_len;

    struct tls_doubt doubt;
    char *subject, *issuer; /* owned, or NULL */
    unsigned certs;         /* that the peer sent */
    char *chain_end;        /* issuer of the last of them; owned, or NULL */
    bool chain_complete;    /* the last one is signed by itself */
    char not_after[32];
    char alpn[256];
};

/* tls_bio: a BIO over t->link.next that fills the fields above. NULL: memory. The method must live
 * as long as its BIOs. */
BIO_METHOD *tls_bio_method_new(void);
BIO *tls_bio_new(struct link_tls *t);

/* tls_resumption: let ctx->keep have the first session; offer that of ctx->offer. 0 or -1 (memory).
 */
void tls_resumption_keep(struct tls_context *ctx);
int tls_resumption_offer(const struct tls_context *ctx, SSL *ssl);

/* tls_trust: load what is trusted, or take it from *trust (see tls_context_client). 0 or -1 with
 * *e.
 */
int tls_trust_load(SSL_CTX *ssl, const struct tls_config *config, struct tls_trust **trust,
                   struct err *e);
/* 0 if the file can be opened, else -1 with *e: "can't read --cacert "x": ...". what: the option.
 */
int tls_file_check(const char *what, const char *path, struct err *e);

/* tls_identity: load a certificate chain and its key. The names are those of the options. */
struct tls_identity {
    const char *cert_option, *cert;
    const char *key_option, *key; /* key NULL: in cert */
    const char *pass;             /* or NULL */
};
int tls_identity_load(SSL_CTX *ssl, const struct tls_identity *identity, struct err *e);

/* tls_pin */
int tls_pins_load(struct tls_pins *pins, const char *pinned, struct err *e);
void tls_pins_clear(struct tls_pins *pins);
/* 0 if the peer's key is pinned or nothing is; else -1 with *e (EXIT_CERT). */
int tls_pins_check(const struct tls_pins *pins, X509 *cert, struct err *e);

/* tls_name: parts of a certificate as text. */
/* RFC 2253 form in UTF-8, control bytes escaped; malloc'ed. NULL: memory. */
char *tls_name_line(const X509_NAME *name);
/* RFC 3339, or "" if the certificate's time makes no sense. */
void tls_time_text(const ASN1_TIME *time, char *text, size_t size);
/* "a.example", "*.b.example" and 5 more: the names the certificate is for. False: it has no
 * subjectAltName with a name. */
bool tls_names_text(X509 *cert, char *text, size_t size);
/* True if a "*.b.example" of the certificate matches a host whose first label has an underscore,
 * which OpenSSL does not match with "*". */
bool tls_wildcard_names(X509 *cert, const char *host);
/* Text from a peer, quoted by the caller: printable ASCII as it is, the rest as \xNN, cut at size.
 */
void tls_printable(const uint8_t *bytes, size_t n, char *text, size_t size);

/* tls_verify */
/* For SSL_set_verify: notes the first doubt in the link_tls that is the SSL's app data. */
int tls_verify_note(int ok, X509_STORE_CTX *store);
/* Ask for verification of the name. 0 or -1 (memory, or not a name). */
int tls_verify_name(SSL *ssl, const char *name);
/* True for an IPv4 or IPv6 literal. */
bool tls_name_is_ip(const char *name);
/* The sentence about t->doubt: EXIT_CERT. Returns LINK_FAILED. */
int tls_verify_error(const struct link_tls *t, struct err *e);

/* tls_error */
/* The handshake failed with SSL_get_error's verdict: EXIT_TLS or EXIT_CERT. Returns LINK_FAILED. */
int tls_handshake_error(const struct link_tls *t, int verdict, struct err *e);
/* The same for a read or a write after the handshake. */
int tls_stream_error(const struct link_tls *t, int verdict, struct err *e);
/* True if an error of OpenSSL's queue is an alert the peer sent. */
bool tls_is_alert(unsigned long code);
/* OpenSSL's reason in words. Static. */
const char *tls_reason(unsigned long code);

#endif

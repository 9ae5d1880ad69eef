#include <arpa/inet.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <time.h>

#include "net/tls_private.h"

bool tls_name_is_ip(const char *name)
{
    uint8_t address[16];

    return inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1;
}

int tls_verify_note(int ok, X509_STORE_CTX *store)
{
    const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct link_tls *t = SSL_get_app_data(ssl);
    X509 *cert = X509_STORE_CTX_get_current_cert(store);

    if (ok || t->doubt.error != X509_V_OK)
        return ok;
    if (X509_STORE_CTX_get_error(store) == X509_V_ERR_HOSTNAME_MISMATCH &&
        tls_wildcard_names(X509_STORE_CTX_get0_cert(store), t->name)) {
        X509_STORE_CTX_set_error(store, X509_V_OK);
        return 1;
    }
    t->doubt.error = X509_STORE_CTX_get_error(store);
    t->doubt.depth = X509_STORE_CTX_get_error_depth(store);
    if (cert && X509_up_ref(cert))
        t->doubt.cert = cert;
    return 0;
}

int tls_verify_name(SSL *ssl, const char *name)
{
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);

    /* RFC 9525, section 6.3: "*" matches only a whole label; section 2: names are only those of
     * subjectAltName, never the Common Name. */
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                                               X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    if (tls_name_is_ip(name))
        return X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1 ? 0 : -1;
    return X509_VERIFY_PARAM_set1_host(param, name, 0) == 1 ? 0 : -1;
}

/* Whom a doubt is about: "(subject CN=x, depth 0: OpenSSL's reason)". */
struct subject {
    char *subject, *issuer; /* NULL: memory, or no certificate */
    const char *reason;
};

#define NAME_MAX_SHOWN 140

static const char *or_unknown(const char *name)
{
    return !name ? "unknown" : name[0] == '\0' ? "with an empty name" : name;
}

static void wrong_time(const struct link_tls *t, const struct subject *s, bool expired,
                       struct err *e)
{
    const X509 *cert = t->doubt.cert;
    char when[32], now[32];
    time_t seconds = time(NULL);
    struct tm tm;

    tls_time_text(expired ? X509_get0_notAfter(cert) : X509_get0_notBefore(cert), when,
                  sizeof when);
    if (!gmtime_r(&seconds, &tm) || strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        now[0] = '\0';
    err_set(e, EXIT_CERT, STAGE_TLS, 0, "the certificate %.*s %s %s (depth %d, issuer %.*s: %s)",
            NAME_MAX_SHOWN, or_unknown(s->subject), expired ? "expired on" : "is not valid before",
            when, t->doubt.depth, NAME_MAX_SHOWN, or_unknown(s->issuer), s->reason);
    err_hint(e, "%s check this machine's clock (%s); -k connects anyway",
             expired ? "the server needs a new certificate, or" : "wait, or", now);
}

static void wrong_host(const struct link_tls *t, const struct subject *s, struct err *e)
{
    char names[200], quoted[104];

    if (!tls_names_text(t->doubt.cert, names, sizeof names)) {
        err_set(e, EXIT_CERT, STAGE_TLS, 0,
                "the certificate has no subjectAltName with a name or an address, so it is not "
                "for \"%.100s\" (subject %.*s, depth %d: %s)",
                t->name, NAME_MAX_SHOWN, or_unknown(s->subject), t->doubt.depth, s->reason);
        err_hint(e, "the server needs a certificate with a subjectAltName: the Common Name is "
                    "not used (RFC 9525); -k connects anyway");
        return;
    }
    snprintf(quoted, sizeof quoted, "\"%.100s\"", t->name);
    if (tls_name_is_ip(t->name) && strstr(names, quoted)) {
        err_set(e, EXIT_CERT, STAGE_TLS, 0,
                "the certificate has %s as a DNS name, not as the IP address that was connected to "
                "(subject %.*s, depth %d: %s)",
                quoted, NAME_MAX_SHOWN, or_unknown(s->subject), t->doubt.depth, s->reason);
        err_hint(e, "the server needs a certificate with the address as an IP entry of the "
                    "subjectAltName; -k connects anyway");
        return;
    }
    err_set(e, EXIT_CERT, STAGE_TLS, 0,
            "the certificate is for %s, not for \"%.100s\" (subject %.*s, depth %d: %s)", names,
            t->name, NAME_MAX_SHOWN, or_unknown(s->subject), t->doubt.depth, s->reason);
    err_hint(e, "is it the right host? --servername NAME if the server has another name; -k "
                "connects anyway");
}

static void unknown_issuer(const struct link_tls *t, const struct subject *s, bool self_signed,
                           struct err *e)
{
    if (self_signed)
        err_set(e, EXIT_CERT, STAGE_TLS, 0,
                "the certificate %.*s is self-signed and not trusted (depth %d: %s)",
                NAME_MAX_SHOWN, or_unknown(s->subject), t->doubt.depth, s->reason);
    else
        err_set(e, EXIT_CERT, STAGE_TLS, 0,
                "the certificate %.*s is signed by %.*s, which is not trusted (depth %d: %s)",
                NAME_MAX_SHOWN, or_unknown(s->subject), NAME_MAX_SHOWN, or_unknown(s->issuer),
                t->doubt.depth, s->reason);
    err_hint(e, "--cacert FILE with the certificate to trust%s; -k connects anyway",
             self_signed ? "" : ", unless the server leaves out an intermediate certificate");
}

static void explain(const struct link_tls *t, const struct subject *s, struct err *e)
{
    switch (t->doubt.error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        wrong_time(t, s, true, e);
        break;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        wrong_time(t, s, false, e);
        break;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        wrong_host(t, s, e);
        break;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        unknown_issuer(t, s, true, e);
        break;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        unknown_issuer(t, s, false, e);
        break;
    default:
        err_set(e, EXIT_CERT, STAGE_TLS, 0,
                "the certificate %.*s can't be trusted: %s (depth %d, issuer %.*s)", NAME_MAX_SHOWN,
                or_unknown(s->subject), s->reason, t->doubt.depth, NAME_MAX_SHOWN,
                or_unknown(s->issuer));
        err_hint(e, "-k connects anyway; \"openssl s_client -connect HOST:PORT\" shows the chain");
        break;
    }
}

int tls_verify_error(const struct link_tls *t, struct err *e)
{
    struct subject s = {.reason = X509_verify_cert_error_string(t->doubt.error)};

    if (!t->doubt.cert) {
        err_set(e, EXIT_CERT, STAGE_TLS, 0, "the server's certificate can't be trusted: %s",
                s.reason);
        err_hint(e, "-k connects anyway");
        return LINK_FAILED;
    }
    s.subject = tls_name_line(X509_get_subject_name(t->doubt.cert));
    s.issuer = tls_name_line(X509_get_issuer_name(t->doubt.cert));
    explain(t, &s, e);
    free(s.subject);
    free(s.issuer);
    return LINK_FAILED;
}

#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>

#include "net/tls_private.h"

/* RFC 8446, section 6, and the older ones that TLS 1.2 still sends (RFC 5246, section 7.2). */
static const struct {
    int number;
    const char *name;
} alerts[] = {
    {0, "close_notify"},
    {10, "unexpected_message"},
    {20, "bad_record_mac"},
    {21, "decryption_failed"},
    {22, "record_overflow"},
    {30, "decompression_failure"},
    {40, "handshake_failure"},
    {41, "no_certificate"},
    {42, "bad_certificate"},
    {43, "unsupported_certificate"},
    {44, "certificate_revoked"},
    {45, "certificate_expired"},
    {46, "certificate_unknown"},
    {47, "illegal_parameter"},
    {48, "unknown_ca"},
    {49, "access_denied"},
    {50, "decode_error"},
    {51, "decrypt_error"},
    {70, "protocol_version"},
    {71, "insufficient_security"},
    {80, "internal_error"},
    {86, "inappropriate_fallback"},
    {90, "user_canceled"},
    {100, "no_renegotiation"},
    {109, "missing_extension"},
    {110, "unsupported_extension"},
    {112, "unrecognized_name"},
    {113, "bad_certificate_status_response"},
    {115, "unknown_psk_identity"},
    {116, "certificate_required"},
    {120, "no_application_protocol"},
};

enum {
    ALERT_HANDSHAKE_FAILURE = 40,
    ALERT_BAD_CERTIFICATE = 42,
    ALERT_CERTIFICATE_UNKNOWN = 46,
    ALERT_UNKNOWN_CA = 48,
    ALERT_ACCESS_DENIED = 49,
    ALERT_DECRYPT_ERROR = 51,
    ALERT_PROTOCOL_VERSION = 70,
    ALERT_INSUFFICIENT_SECURITY = 71,
    ALERT_INTERNAL_ERROR = 80,
    ALERT_UNRECOGNIZED_NAME = 112,
    ALERT_CERTIFICATE_REQUIRED = 116,
    ALERT_NO_APPLICATION_PROTOCOL = 120
};

#define ALERT_NAME_SIZE 40

/* The alert's name, or its number if the name is unknown. */
static const char *alert_name(int number, char buf[ALERT_NAME_SIZE])
{
    for (size_t i = 0; i < sizeof alerts / sizeof alerts[0]; i++) {
        if (alerts[i].number == number)
            return alerts[i].name;
    }
    snprintf(buf, ALERT_NAME_SIZE, "%d", number);
    return buf;
}

const char *tls_reason(unsigned long code)
{
    const char *reason = ERR_reason_error_string(code);

    return reason ? reason : "OpenSSL gives no reason";
}

bool tls_is_alert(unsigned long code)
{
    int reason = ERR_GET_REASON(code);

    /* OpenSSL numbers what the peer's alerts raise from here on. */
    return ERR_GET_LIB(code) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET &&
           reason < SSL_AD_REASON_OFFSET + 256;
}

static const char *peer(const struct link_tls *t)
{
    return t->ctx->server ? "client" : "server";
}

static void alert_hint(const struct link_tls *t, int alert, struct err *e)
{
    bool about_cert = (alert >= ALERT_BAD_CERTIFICATE && alert <= ALERT_CERTIFICATE_UNKNOWN) ||
                      alert == ALERT_UNKNOWN_CA || alert == ALERT_ACCESS_DENIED ||
                      alert == ALERT_CERTIFICATE_REQUIRED || alert == ALERT_DECRYPT_ERROR;

    if (t->ctx->server) {
        if (about_cert)
            err_hint(e, "the client does not trust this server's certificate");
    } else if (about_cert && t->ctx->has_cert) {
        err_hint(e, "the server does not accept the client certificate: is --cert the right one, "
                    "and does the file hold its whole chain?");
    } else if (about_cert) {
        err_hint(e, "the server requires a client certificate: --cert FILE --key FILE");
    } else if (alert == ALERT_PROTOCOL_VERSION) {
        err_hint(e,
                 "the server accepts none of the TLS versions offered: try --tls-min 1.2 without "
                 "--tls-max");
    } else if (alert == ALERT_HANDSHAKE_FAILURE || alert == ALERT_INSUFFICIENT_SECURITY) {
        err_hint(e,
                 "nothing in common (version, cipher), or it requires a client certificate (--cert "
                 "FILE --key FILE) or another name (--servername NAME)");
    } else if (alert == ALERT_UNRECOGNIZED_NAME) {
        err_hint(e, "the server does not know the name it was asked for: --servername NAME");
    } else if (alert == ALERT_NO_APPLICATION_PROTOCOL) {
        err_hint(e, "the server does not speak HTTP/1.1 on this port");
    } else if (alert == ALERT_INTERNAL_ERROR) {
        err_hint(e, "the fault is the server's: look at its log; some do this for a name they do "
                    "not know (--servername NAME)");
    }
}

static int refused(const struct link_tls *t, unsigned long code, struct err *e)
{
    int alert = ERR_GET_REASON(code) - SSL_AD_REASON_OFFSET;
    char name[ALERT_NAME_SIZE];

    err_set(e, EXIT_TLS, STAGE_TLS, 0, "the %s refused the TLS handshake: alert %s", peer(t),
            alert_name(alert, name));
    alert_hint(t, alert, e);
    return LINK_FAILED;
}

/* RFC 8446, section 5.1: a record begins with its type (20 to 23 here) and 3. */
static bool looks_like_tls(const struct link_tls *t)
{
    return t->first_len == 0 ||
           (t->first[0] >= 20 && t->first[0] <= 23 && (t->first_len == 1 || t->first[1] == 3));
}

static int not_tls(const struct link_tls *t, struct err *e)
{
    char text[TLS_FIRST_SIZE];
    size_t line = 0;

    while (line < t->first_len && t->first[line] != '\r' && t->first[line] != '\n')
        line++;
    tls_printable(t->first, line, text, sizeof text);
    err_set(e, EXIT_TLS, STAGE_TLS, 0, "the %s does not speak TLS (it %s \"%s%s\")", peer(t),
            t->ctx->server ? "said" : "answered", text, line == TLS_FIRST_SIZE ? "..." : "");
    if (t->ctx->server)
        err_hint(e, "the client must connect with wss://");
    else
        err_hint(e, "is it a plain port? try ws:// instead of wss://, or another port");
    return LINK_FAILED;
}

static int hung_up(const struct link_tls *t, struct err *e)
{
    err_set(e, EXIT_TLS, STAGE_TLS, 0, "the %s closed the connection during the TLS handshake%s",
            peer(t), t->first_len == 0 ? ", without an alert" : "");
    if (t->ctx->server)
        err_hint(e, "clients do this when they do not trust the certificate");
    else
        err_hint(e, "is it a TLS port (else ws://)? does the server know the name (--servername "
                    "NAME)? look at its log");
    return LINK_FAILED;
}

static int broken(const struct link_tls *t, struct err *e)
{
    int errnum = t->io_failed ? t->io_err.errnum : 0;

    if (errnum == ECONNRESET || errnum == EPIPE) {
        err_set(e, EXIT_TLS, STAGE_TLS, errnum,
                "the %s reset the connection during the TLS handshake", peer(t));
        err_hint(e, "is it a TLS port (else ws://)? a firewall or load balancer that does not "
                    "want this name resets too: --servername NAME");
        return LINK_FAILED;
    }
    if (t->io_failed) {
        *e = t->io_err;
        e->code = EXIT_TLS;
        e->stage = STAGE_TLS;
        return LINK_FAILED;
    }
    return hung_up(t, e);
}

/* What we ourselves objected to. */
static int objected(const struct link_tls *t, unsigned long code, struct err *e)
{
    err_set(e, EXIT_TLS, STAGE_TLS, 0, "the TLS handshake with the %s failed: %s", peer(t),
            tls_reason(code));
    switch (ERR_GET_REASON(code)) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
        err_hint(e, "no TLS version in common: look at --tls-min and --tls-max; TLS 1.0 and 1.1 "
                    "are not supported (RFC 8996)");
        break;
    case SSL_R_DH_KEY_TOO_SMALL:
    case SSL_R_EE_KEY_TOO_SMALL:
    case SSL_R_CA_KEY_TOO_SMALL:
    case SSL_R_CA_MD_TOO_WEAK:
        err_hint(e, "the server's keys are weaker than this machine's OpenSSL accepts");
        break;
    default:
        break;
    }
    return LINK_FAILED;
}

int tls_handshake_error(const struct link_tls *t, int verdict, struct err *e)
{
    unsigned long code = ERR_peek_error();
    int reason = ERR_GET_REASON(code);

    if (t->doubt.error != X509_V_OK)
        return tls_verify_error(t, e);
    if (!looks_like_tls(t))
        return not_tls(t, e);
    if (verdict == SSL_ERROR_ZERO_RETURN)
        return hung_up(t, e);
    if (verdict != SSL_ERROR_SSL || code == 0)
        return broken(t, e);
    if (tls_is_alert(code))
        return refused(t, code, e);
    if (ERR_GET_LIB(code) == ERR_LIB_SSL && reason == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        return hung_up(t, e);
    return objected(t, code, e);
}

int tls_stream_error(const struct link_tls *t, int verdict, struct err *e)
{
    unsigned long code = ERR_peek_error();

    if (t->io_failed && (verdict == SSL_ERROR_SYSCALL || code == 0)) {
        *e = t->io_err;
        return LINK_FAILED;
    }
    /* In TLS 1.3 the client is done before the server has looked at its certificate (RFC 8446,
     * section 4.4.2.4), so the refusal comes where the first data would. */
    if (tls_is_alert(code) && !t->got_data)
        return refused(t, code, e);
    if (tls_is_alert(code)) {
        char name[ALERT_NAME_SIZE];

        err_set(e, EXIT_LOST, STAGE_TLS, 0, "the %s ended TLS: alert %s", peer(t),
                alert_name(ERR_GET_REASON(code) - SSL_AD_REASON_OFFSET, name));
        return LINK_FAILED;
    }
    err_set(e, EXIT_LOST, STAGE_TLS, 0, "the TLS stream from the %s is broken: %s", peer(t),
            tls_reason(code));
    err_hint(e, "something on the way altered or cut the bytes");
    return LINK_FAILED;
}

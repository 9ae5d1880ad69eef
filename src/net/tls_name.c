#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#include "net/tls_private.h"

char *tls_name_line(const X509_NAME *name)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data, *text = NULL;
    long len;

    if (!bio)
        return NULL;
    /* RFC 2253, section 2.4, but letters beyond ASCII as UTF-8 rather than as \XX. */
    if (X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >=
        0) {
        len = BIO_get_mem_data(bio, &data);
        text = malloc((size_t)len + 1);
        if (text) {
            if (len > 0)
                memcpy(text, data, (size_t)len);
            text[len] = '\0';
        }
    }
    BIO_free(bio);
    return text;
}

void tls_time_text(const ASN1_TIME *time, char *text, size_t size)
{
    struct tm tm;

    if (!time || ASN1_TIME_to_tm(time, &tm) != 1 ||
        strftime(text, size, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        text[0] = '\0';
}

void tls_printable(const uint8_t *bytes, size_t n, char *text, size_t size)
{
    size_t len = 0;

    for (size_t i = 0; i < n; i++) {
        bool plain = bytes[i] >= 0x20 && bytes[i] < 0x7F && bytes[i] != '\\' && bytes[i] != '"';
        size_t need = plain ? 1 : 4;

        if (len + need + 1 > size)
            break;
        if (plain)
            text[len] = (char)bytes[i];
        else
            snprintf(text + len, size - len, "\\x%02x", bytes[i]);
        len += need;
    }
    text[len] = '\0';
}

/* One subjectAltName (RFC 5280, section 4.2.1.6) that a host can be held against. */
static bool alt_name_text(const GENERAL_NAME *name, char *text, size_t size)
{
    const ASN1_STRING *value;
    int family, len;

    if (name->type == GEN_DNS) {
        value = name->d.dNSName;
        tls_printable(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value), text, size);
        return true;
    }
    if (name->type != GEN_IPADD)
        return false;
    value = name->d.iPAddress;
    len = ASN1_STRING_length(value);
    family = len == 4 ? AF_INET : AF_INET6;
    return (len == 4 || len == 16) &&
           inet_ntop(family, ASN1_STRING_get0_data(value), text, (socklen_t)size) != NULL;
}

/* True if the name is "*" and rest, byte by byte but for the case. */
static bool is_wildcard_of(const GENERAL_NAME *name, const char *rest)
{
    const ASN1_STRING *value;
    size_t len = strlen(rest);

    if (name->type != GEN_DNS)
        return false;
    value = name->d.dNSName;
    return (size_t)ASN1_STRING_length(value) == len + 1 && ASN1_STRING_get0_data(value)[0] == '*' &&
           strncasecmp((const char *)ASN1_STRING_get0_data(value) + 1, rest, len) == 0;
}

bool tls_wildcard_names(X509 *cert, const char *host)
{
    size_t first = strcspn(host, ".");
    GENERAL_NAMES *names;
    bool found = false;

    if (!memchr(host, '_', first) || !host[first] || !strchr(host + first + 1, '.'))
        return false;
    names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names) && !found; i++)
        found = is_wildcard_of(sk_GENERAL_NAME_value(names, i), host + first);
    GENERAL_NAMES_free(names);
    return found;
}

bool tls_names_text(X509 *cert, char *text, size_t size)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    int count = names ? sk_GENERAL_NAME_num(names) : 0;
    size_t len = 0, left_out = 0;
    char one[96];

    for (int i = 0; i < count; i++) {
        if (!alt_name_text(sk_GENERAL_NAME_value(names, i), one, sizeof one))
            continue;
        /* Room is kept for the count of what is left out. */
        if (len + strlen(one) + 4 + 24 > size) {
            left_out++;
            continue;
        }
        len += (size_t)snprintf(text + len, size - len, "%s\"%s\"", len ? ", " : "", one);
    }
    if (left_out > 0)
        snprintf(text + len, size - len, " and %zu more", left_out);
    GENERAL_NAMES_free(names);
    return len > 0 || left_out > 0;
}

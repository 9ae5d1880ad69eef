#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "net/tls_private.h"

struct password {
    const char *pass; /* or NULL */
    bool asked;
};

/* Never OpenSSL's own prompt: it would block the program and read from its terminal. */
static int give_password(char *buf, int size, int writing, void *ctx)
{
    struct password *p = ctx;
    size_t len = p->pass ? strlen(p->pass) : 0;

    (void)writing;
    p->asked = true;
    if (!p->pass || size < 0 || len > (size_t)size)
        return -1;
    memcpy(buf, p->pass, len);
    return (int)len;
}

static int bad_key(const struct tls_identity *i, const char *file, const struct password *p,
                   struct err *e)
{
    const char *option = i->key ? i->key_option : i->cert_option;
    unsigned long code = ERR_peek_last_error();

    if (p->asked && !p->pass) {
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "the key in %s \"%.300s\" is encrypted", option,
                file);
        err_hint(e, "give its password with --pass");
        return -1;
    }
    if (ERR_GET_REASON(code) == X509_R_KEY_VALUES_MISMATCH) {
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                "the key in %s \"%.200s\" does not belong to the certificate in %s \"%.200s\"",
                option, file, i->cert_option, i->cert);
        err_hint(e, "the first certificate in the file must be the key's own");
        return -1;
    }
    if (p->asked) {
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                "can't decrypt the key in %s \"%.300s\": wrong password?", option, file);
        err_hint(e, "check --pass");
        return -1;
    }
    err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "%s \"%.300s\" contains no usable private key", option,
            file);
    err_hint(e,
             "a PEM file is required, with a -----BEGIN ... PRIVATE KEY----- line; %s names it if "
             "it is in another file than the certificate",
             i->key_option);
    return -1;
}

static int load_key(SSL_CTX *ssl, const struct tls_identity *i, struct err *e)
{
    const char *file = i->key ? i->key : i->cert;
    struct password password = {.pass = i->pass};
    int ok;

    if (i->key && tls_file_check(i->key_option, i->key, e) != 0)
        return -1;
    ERR_clear_error();
    SSL_CTX_set_default_passwd_cb(ssl, give_password);
    SSL_CTX_set_default_passwd_cb_userdata(ssl, &password);
    ok = SSL_CTX_use_PrivateKey_file(ssl, file, SSL_FILETYPE_PEM) == 1 &&
         SSL_CTX_check_private_key(ssl) == 1;
    SSL_CTX_set_default_passwd_cb_userdata(ssl, NULL);
    SSL_CTX_set_default_passwd_cb(ssl, NULL);
    return ok ? 0 : bad_key(i, file, &password, e);
}

int tls_identity_load(SSL_CTX *ssl, const struct tls_identity *i, struct err *e)
{
    int rc;

    if (tls_file_check(i->cert_option, i->cert, e) != 0)
        return -1;
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(ssl, i->cert) == 1) {
        rc = load_key(ssl, i, e);
    } else {
        rc = err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                     "%s \"%.300s\" contains no usable certificate: %s", i->cert_option, i->cert,
                     tls_reason(ERR_peek_last_error()));
        err_hint(e, "a PEM file is required, the own certificate first, then those that signed it");
    }
    ERR_clear_error();
    return rc;
}

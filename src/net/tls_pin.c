#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "base/codec.h"
#include "net/tls_private.h"

static const char prefix[] = "sha256//";

void tls_pins_clear(struct tls_pins *pins)
{
    free(pins->digests);
    *pins = (struct tls_pins){NULL, 0};
}

/* SHA-256 of the SubjectPublicKeyInfo. 0 or -1. */
static int digest_key(EVP_PKEY *key, uint8_t digest[TLS_PIN_SIZE])
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(key, &der);
    int ok = len > 0 && EVP_Digest(der, (size_t)len, digest, NULL, EVP_sha256(), NULL) == 1;

    OPENSSL_free(der);
    return ok ? 0 : -1;
}

static int bad_pin(const char *text, size_t len, struct err *e)
{
    err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "--pinnedpubkey: \"%.*s\" is not sha256//BASE64",
            len > 200 ? 200 : (int)len, text);
    err_hint(e, "the SHA-256 of a public key in base64: 44 characters with the = at the end; "
                "separate several with ;");
    return -1;
}

static int parse_one(const char *text, size_t len, uint8_t digest[TLS_PIN_SIZE], struct err *e)
{
    const size_t skip = sizeof prefix - 1;
    struct buf raw;
    long rc;

    if (len < skip || memcmp(text, prefix, skip) != 0)
        return bad_pin(text, len, e);
    buf_init(&raw, 4096);
    rc = base64_decode(&raw, slice_make(text + skip, len - skip));
    if (rc == 0 && raw.len == TLS_PIN_SIZE)
        memcpy(digest, buf_data(&raw), TLS_PIN_SIZE);
    else
        rc = rc < 0 ? err_nomem(e, STAGE_USAGE, "reading --pinnedpubkey") : bad_pin(text, len, e);
    buf_clear(&raw);
    return rc == 0 ? 0 : -1;
}

static size_t count_pins(const char *text)
{
    size_t count = 1;

    for (; *text != '\0'; text++)
        count += *text == ';';
    return count;
}

static int parse_list(struct tls_pins *pins, const char *text, struct err *e)
{
    while (*text != '\0') {
        size_t len = strcspn(text, ";");

        if (len > 0) {
            if (parse_one(text, len, pins->digests[pins->count], e) != 0)
                return -1;
            pins->count++;
        }
        text += len;
        text += *text == ';';
    }
    return 0;
}

static int load_file(struct tls_pins *pins, const char *path, struct err *e)
{
    BIO *bio;
    EVP_PKEY *key = NULL;
    int rc = -1;

    if (tls_file_check("--pinnedpubkey", path, e) != 0)
        return -1;
    bio = BIO_new_file(path, "r");
    if (bio)
        key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
    if (bio && !key && BIO_reset(bio) >= 0)
        key = d2i_PUBKEY_bio(bio, NULL);
    if (key && digest_key(key, pins->digests[0]) == 0) {
        pins->count = 1;
        rc = 0;
    } else {
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "--pinnedpubkey \"%.300s\" contains no public key",
                path);
        err_hint(e,
                 "a PEM or DER public key is required (openssl x509 -in CERT -noout -pubkey), or "
                 "sha256//BASE64");
    }
    EVP_PKEY_free(key);
    BIO_free(bio);
    ERR_clear_error();
    return rc;
}

int tls_pins_load(struct tls_pins *pins, const char *pinned, struct err *e)
{
    bool list = strncmp(pinned, prefix, sizeof prefix - 1) == 0;
    int rc;

    pins->count = 0;
    pins->digests = calloc(list ? count_pins(pinned) : 1, TLS_PIN_SIZE);
    if (!pins->digests)
        return err_nomem(e, STAGE_USAGE, "reading --pinnedpubkey");
    rc = list ? parse_list(pins, pinned, e) : load_file(pins, pinned, e);
    if (rc != 0)
        tls_pins_clear(pins);
    return rc;
}

static int mismatch(const uint8_t digest[TLS_PIN_SIZE], struct err *e)
{
    struct buf text;
    struct slice base64;

    buf_init(&text, 256);
    if (base64_encode(&text, slice_make(digest, TLS_PIN_SIZE)) == 0) {
        base64 = buf_slice(&text);
        err_set(e, EXIT_CERT, STAGE_TLS, 0,
                "the server's public key is not the pinned one: it is sha256//%.*s",
                (int)base64.len, (const char *)base64.data);
        err_hint(e, "does the server have a new key, or is something in between? if the key is "
                    "the server's own, give this one to --pinnedpubkey");
    } else {
        err_nomem(e, STAGE_TLS, "checking --pinnedpubkey");
    }
    buf_clear(&text);
    return -1;
}

int tls_pins_check(const struct tls_pins *pins, X509 *cert, struct err *e)
{
    uint8_t digest[TLS_PIN_SIZE];
    EVP_PKEY *key = cert ? X509_get0_pubkey(cert) : NULL;

    if (pins->count == 0)
        return 0;
    if (!key || digest_key(key, digest) != 0)
        return err_set(
            e, EXIT_CERT, STAGE_TLS, 0,
            "the server showed no public key that could be compared with --pinnedpubkey");
    for (size_t i = 0; i < pins->count; i++) {
        if (memcmp(pins->digests[i], digest, TLS_PIN_SIZE) == 0)
            return 0;
    }
    return mismatch(digest, e);
}

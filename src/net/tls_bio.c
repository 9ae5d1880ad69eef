#include <openssl/bio.h>

#include "net/tls_private.h"

/*
 * OpenSSL writes and reads through the link below, whatever it is. Over a plain socket this is the
 * same one send or recv a socket BIO would make, but without SIGPIPE, and with the errno and the
 * manner of the end kept for the sentence about it.
 */

static int read_below(BIO *bio, char *bytes, size_t n, size_t *done)
{
    struct link_tls *t = BIO_get_data(bio);
    ssize_t got;

    *done = 0;
    BIO_clear_retry_flags(bio);
    got = link_read(t->link.next, (uint8_t *)bytes, n, &t->io_err);
    if (got == LINK_AGAIN) {
        t->io_short = true;
        BIO_set_retry_read(bio);
        return -1;
    }
    if (got <= 0) {
        t->io_eof = got == 0;
        t->io_failed = got < 0;
        return got == 0 ? 0 : -1;
    }
    *done = (size_t)got;
    t->io_short = *done < n;
    if (!t->established && t->first_len < TLS_FIRST_SIZE) {
        size_t part = TLS_FIRST_SIZE - t->first_len;

        if (part > *done)
            part = *done;
        memcpy(t->first + t->first_len, bytes, part);
        t->first_len += part;
    }
    return 1;
}

static int write_below(BIO *bio, const char *bytes, size_t n, size_t *done)
{
    struct link_tls *t = BIO_get_data(bio);
    ssize_t put;

    *done = 0;
    BIO_clear_retry_flags(bio);
    put = link_write(t->link.next, (const uint8_t *)bytes, n, &t->io_err);
    if (put == LINK_AGAIN) {
        BIO_set_retry_write(bio);
        return -1;
    }
    if (put < 0) {
        t->io_failed = true;
        return -1;
    }
    *done = (size_t)put;
    return 1;
}

static long control(BIO *bio, int command, long number, void *pointer)
{
    const struct link_tls *t = BIO_get_data(bio);

    (void)number;
    (void)pointer;
    switch (command) {
    case BIO_CTRL_FLUSH:
        return 1;
    case BIO_CTRL_EOF:
        return t->io_eof;
    default:
        return 0;
    }
}

static int create(BIO *bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

BIO_METHOD *tls_bio_method_new(void)
{
    /* Without its own index: indexes are few, and no code searches a chain of BIOs for this kind.
     */
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "link");

    if (method && BIO_meth_set_create(method, create) && BIO_meth_set_read_ex(method, read_below) &&
        BIO_meth_set_write_ex(method, write_below) && BIO_meth_set_ctrl(method, control))
        return method;
    BIO_meth_free(method);
    return NULL;
}

BIO *tls_bio_new(struct link_tls *t)
{
    BIO *bio = BIO_new(t->ctx->bio_method);

    if (bio)
        BIO_set_data(bio, t);
    return bio;
}

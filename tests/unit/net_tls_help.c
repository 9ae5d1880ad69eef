#include "net_tls_help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/pem.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/codec.h"

struct cert_dir certs;

int tls_help_set_up(void **state)
{
    static const struct cert_spec specs[] = {
        {.file = "good",
         .cn = "good",
         .san = "DNS:good.test,DNS:*.wild.test,DNS:f*.part.test,IP:127.0.0.1,IP:::1",
         .from = -DAY,
         .until = DAY},
        {.file = "other",
         .cn = "other",
         .san = "DNS:a.test,DNS:b.test,IP:192.0.2.1",
         .from = -DAY,
         .until = DAY},
        {.file = "unnamed", .cn = "good.test", .from = -DAY, .until = DAY},
        {.file = "expired",
         .cn = "expired",
         .san = "DNS:good.test",
         .from = -2 * DAY,
         .until = -DAY},
        {.file = "future", .cn = "future", .san = "DNS:good.test", .from = DAY, .until = 2 * DAY},
        {.file = "selfsigned",
         .cn = "selfsigned",
         .san = "DNS:good.test",
         .from = -DAY,
         .until = DAY,
         .self_signed = true},
        {.file = "escape",
         .cn = "bad\x1b]0;owned\x07\xc3\xa9",
         .san = NULL,
         .from = -DAY,
         .until = DAY},
        {.file = "client", .cn = "client", .from = -DAY, .until = DAY},
    };

    (void)state;
    cert_dir_make(&certs);
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++)
        cert_make(&certs, &specs[i]);
    return 0;
}

int tls_help_tear_down(void **state)
{
    (void)state;
    cert_dir_remove(&certs);
    return 0;
}

struct tls_context *client_context(struct tls_config config)
{
    struct err e;
    struct tls_context *ctx;

    if (!config.cacert && !config.insecure)
        config.cacert = cert_path(&certs, "ca.pem");
    ctx = tls_context_client(&config, NULL, &e);
    if (!ctx)
        fail_msg("%s", e.text);
    return ctx;
}

struct tls_context *server_context(const char *name)
{
    char cert[64], key[64];
    struct tls_context *ctx;
    struct err e;

    snprintf(cert, sizeof cert, "%s.pem", name);
    snprintf(key, sizeof key, "%s.key", name);
    ctx = tls_context_server(cert_path(&certs, cert), cert_path(&certs, key), &e);
    if (!ctx)
        fail_msg("%s", e.text);
    return ctx;
}

void wait_both(const struct ends *s)
{
    struct pollfd p[2] = {{.fd = s->client->fd, .events = POLLIN},
                          {.fd = s->server->fd, .events = POLLIN}};

    (void)poll(p, 2, 5);
}

void shake(struct ends *s)
{
    s->client_rc = s->server_rc = LINK_AGAIN;
    for (int i = 0; i < 2000 && (s->client_rc == LINK_AGAIN || s->server_rc == LINK_AGAIN); i++) {
        if (s->client_rc == LINK_AGAIN)
            s->client_rc = link_connect(s->client, &s->client_err);
        if (s->client_rc == LINK_FAILED)
            return;
        if (s->server_rc == LINK_AGAIN)
            s->server_rc = link_connect(s->server, &s->server_err);
        if (s->client_rc == LINK_AGAIN && s->server_rc == LINK_AGAIN)
            wait_both(s);
    }
}

struct ends ends_make(struct tls_context *client_ctx, struct tls_context *server_ctx,
                      const char *host, bool crumbs)
{
    struct ends s = {.client_ctx = client_ctx, .server_ctx = server_ctx};
    struct link *below[2];
    int fds[2];

    tcp_pair(fds);
    for (int i = 0; i < 2; i++) {
        below[i] = link_tcp_new(fds[i]);
        if (crumbs)
            below[i] = crumb_new(below[i]);
    }
    s.client = link_tls_client(below[0], client_ctx, host, &s.client_err);
    assert_non_null(s.client);
    s.server = link_tls_server(below[1], server_ctx, &s.server_err);
    assert_non_null(s.server);
    return s;
}

struct ends ends_shaken(struct tls_config config, const char *server, const char *host, bool crumbs)
{
    struct ends s = ends_make(client_context(config), server_context(server), host, crumbs);

    shake(&s);
    return s;
}

void ends_free(struct ends *s)
{
    link_free(s->client);
    link_free(s->server);
    tls_context_free(s->client_ctx);
    tls_context_free(s->server_ctx);
}

void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" lacks \"%s\"", text, part);
}

void assert_cert_error(const struct ends *s, const char *part, const char *hint)
{
    assert_int_equal(s->client_rc, LINK_FAILED);
    assert_int_equal(s->client_err.code, EXIT_CERT);
    assert_int_equal(s->client_err.stage, STAGE_TLS);
    assert_has(s->client_err.text, part);
    assert_has(s->client_err.hint, hint);
}

void pin_of(const char *name, char *text, size_t size)
{
    FILE *f = fopen(cert_path(&certs, name), "r");
    X509 *cert = PEM_read_X509(f, NULL, NULL, NULL);
    unsigned char *der = NULL, digest[32];
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
    struct buf base64;

    fclose(f);
    EVP_Digest(der, (size_t)len, digest, NULL, EVP_sha256(), NULL);
    buf_init(&base64, 100);
    base64_encode(&base64, slice_make(digest, 32));
    snprintf(text, size, "sha256//%.*s", (int)base64.len, (const char *)buf_data(&base64));
    buf_clear(&base64);
    OPENSSL_free(der);
    X509_free(cert);
}

ssize_t read_end(struct link *l, struct err *e)
{
    uint8_t byte;
    ssize_t got;

    for (int i = 0; i < 100; i++) {
        wait_readable(l->fd);
        got = link_read(l, &byte, 1, e);
        if (got != LINK_AGAIN)
            return got;
    }
    return LINK_AGAIN;
}

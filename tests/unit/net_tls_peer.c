#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net_tls_help.h"

/* A client whose peer is the test itself, on the bare socket. */
struct lone {
    struct tls_context *ctx;
    struct link *client;
    int peer;
    struct err e;
};

static struct lone lone_make(struct tls_config config)
{
    struct lone l = {.ctx = client_context(config)};
    int fds[2];

    tcp_pair(fds);
    l.client = link_tls_client(link_tcp_new(fds[0]), l.ctx, "good.test", &l.e);
    l.peer = fds[1];
    assert_int_equal(link_connect(l.client, &l.e), LINK_AGAIN);
    wait_readable(l.peer);
    return l;
}

static void drain(int fd)
{
    uint8_t bytes[4096];

    while (read(fd, bytes, sizeof bytes) > 0)
        continue;
}

static void lone_fails(struct lone *l)
{
    int rc;

    do {
        wait_readable(l->client->fd);
        rc = link_connect(l->client, &l->e);
    } while (rc == LINK_AGAIN);
    assert_int_equal(rc, LINK_FAILED);
    assert_int_equal(l->e.code, EXIT_TLS);
    assert_int_equal(l->e.stage, STAGE_TLS);
}

static void lone_free(struct lone *l)
{
    link_free(l->client);
    if (l->peer >= 0)
        close(l->peer);
    tls_context_free(l->ctx);
}

static void tls_shows_what_a_plain_server_answered(void **state)
{
    static const char answer[] = "HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n";
    struct lone l = lone_make((struct tls_config){0});

    (void)state;
    assert_int_equal(write(l.peer, answer, sizeof answer - 1), sizeof answer - 1);
    lone_fails(&l);
    assert_string_equal(l.e.text,
                        "the server does not speak TLS (it answered \"HTTP/1.1 400 Bad Request\")");
    assert_has(l.e.hint, "ws://");
    lone_free(&l);

    l = lone_make((struct tls_config){0});
    assert_int_equal(write(l.peer, "\x1b[31mSSH-2.0", 12), 12);
    lone_fails(&l);
    assert_has(l.e.text, "(it answered \"\\x1b[31mSSH-2.0\")");
    lone_free(&l);
}

static void tls_names_how_a_handshake_was_cut_short(void **state)
{
    struct lone l = lone_make((struct tls_config){0});

    (void)state;
    drain(l.peer);
    shutdown(l.peer, SHUT_WR);
    lone_fails(&l);
    assert_string_equal(
        l.e.text, "the server closed the connection during the TLS handshake, without an alert");
    assert_int_equal(l.client->ended, LINK_GOT_FIN);
    lone_free(&l);

    l = lone_make((struct tls_config){0});
    drain(l.peer);
    reset_close(l.peer);
    l.peer = -1;
    lone_fails(&l);
    assert_string_equal(l.e.text, "the server reset the connection during the TLS handshake");
    assert_int_equal(l.e.errnum, ECONNRESET);
    assert_int_equal(l.client->ended, LINK_GOT_RST);
    lone_free(&l);
}

static void tls_names_the_alert_that_refused_it(void **state)
{
    static const struct {
        uint8_t alert;
        const char *text, *hint;
    } cases[] = {
        {40, "alert handshake_failure", "--servername"},
        {70, "alert protocol_version", "--tls-min"},
        {80, "alert internal_error", "its log"},
        {112, "alert unrecognized_name", "--servername"},
        {116, "alert certificate_required", "--cert FILE --key FILE"},
        {120, "alert no_application_protocol", "HTTP/1.1"},
        {199, "alert 199", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t record[] = {0x15, 0x03, 0x03, 0x00, 0x02, 0x02, cases[i].alert};
        struct lone l = lone_make((struct tls_config){0});
        char want[128];

        for (size_t at = 0; at < sizeof record; at++)
            assert_int_equal(write(l.peer, record + at, 1), 1);
        lone_fails(&l);
        snprintf(want, sizeof want, "the server refused the TLS handshake: %s", cases[i].text);
        assert_string_equal(l.e.text, want);
        assert_has(l.e.hint, cases[i].hint);
        lone_free(&l);
    }
}

/* A server of OpenSSL's own over the bare socket, to ask for what ours does not. */
struct raw_server {
    SSL_CTX *ctx;
    SSL *ssl;
};

static int offer_h2(SSL *ssl, const unsigned char **out, unsigned char *len,
                    const unsigned char *in, unsigned int in_len, void *ctx)
{
    (void)ssl;
    (void)in;
    (void)in_len;
    (void)ctx;
    *out = (const unsigned char *)"h2";
    *len = 2;
    return SSL_TLSEXT_ERR_OK;
}

static struct raw_server raw_make(int fd)
{
    struct raw_server r = {.ctx = SSL_CTX_new(TLS_server_method())};

    SSL_CTX_use_certificate_file(r.ctx, cert_path(&certs, "good.pem"), SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(r.ctx, cert_path(&certs, "good.key"), SSL_FILETYPE_PEM);
    SSL_CTX_load_verify_file(r.ctx, cert_path(&certs, "ca.pem"));
    r.ssl = SSL_new(r.ctx);
    SSL_set_fd(r.ssl, fd);
    SSL_set_accept_state(r.ssl);
    return r;
}

static void raw_free(struct raw_server *r)
{
    SSL_free(r->ssl);
    SSL_CTX_free(r->ctx);
}

/* Both sides step until each is done or has failed. Returns the client's result. */
static int raw_shake(struct lone *l, struct raw_server *r)
{
    int client = LINK_AGAIN;
    bool server = false;

    for (int i = 0; i < 200 && (client == LINK_AGAIN || !server); i++) {
        int rc = SSL_do_handshake(r->ssl);
        struct pollfd p[2] = {{.fd = l->client->fd, .events = POLLIN},
                              {.fd = l->peer, .events = POLLIN}};

        server = rc == 1 || SSL_get_error(r->ssl, rc) != SSL_ERROR_WANT_READ;
        ERR_clear_error();
        if (client == LINK_AGAIN)
            client = link_connect(l->client, &l->e);
        if (client == LINK_AGAIN || !server)
            (void)poll(p, 2, 5);
    }
    return client;
}

static void tls_refuses_a_protocol_it_did_not_offer(void **state)
{
    struct lone l = lone_make((struct tls_config){0});
    struct raw_server r = raw_make(l.peer);

    (void)state;
    SSL_CTX_set_alpn_select_cb(r.ctx, offer_h2, NULL);
    SSL_free(r.ssl);
    r.ssl = SSL_new(r.ctx);
    SSL_set_fd(r.ssl, l.peer);
    SSL_set_accept_state(r.ssl);
    assert_int_equal(raw_shake(&l, &r), LINK_FAILED);
    assert_int_equal(l.e.code, EXIT_TLS);
    raw_free(&r);
    lone_free(&l);
}

static void tls_version_bounds_are_kept(void **state)
{
    struct lone l = lone_make((struct tls_config){.max = 12});
    struct raw_server r = raw_make(l.peer);

    (void)state;
    SSL_set_min_proto_version(r.ssl, TLS1_3_VERSION);
    assert_int_equal(raw_shake(&l, &r), LINK_FAILED);
    assert_int_equal(l.e.code, EXIT_TLS);
    assert_string_equal(l.e.text, "the server refused the TLS handshake: alert protocol_version");
    raw_free(&r);
    lone_free(&l);

    l = lone_make((struct tls_config){.min = 13});
    r = raw_make(l.peer);
    SSL_set_max_proto_version(r.ssl, TLS1_2_VERSION);
    assert_int_equal(raw_shake(&l, &r), LINK_FAILED);
    assert_int_equal(l.e.code, EXIT_TLS);
    raw_free(&r);
    lone_free(&l);
}

static void tls_shows_a_client_certificate(void **state)
{
    (void)state;
    for (int max = 12; max <= 13; max++) {
        struct lone l = lone_make((struct tls_config){.cert = cert_path(&certs, "client.pem"),
                                                      .key = cert_path(&certs, "client.key"),
                                                      .max = max});
        struct raw_server r = raw_make(l.peer);
        char name[64] = "";

        SSL_set_verify(r.ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        assert_int_equal(raw_shake(&l, &r), 0);
        X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(r.ssl)),
                                  NID_commonName, name, sizeof name);
        assert_string_equal(name, "client");
        raw_free(&r);
        lone_free(&l);
    }
}

static void tls12_refused_client_certificate_is_a_failed_handshake(void **state)
{
    struct lone l = lone_make((struct tls_config){.max = 12});
    struct raw_server r = raw_make(l.peer);

    (void)state;
    SSL_set_verify(r.ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    assert_int_equal(raw_shake(&l, &r), LINK_FAILED);
    assert_int_equal(l.e.code, EXIT_TLS);
    assert_has(l.e.text, "the server refused the TLS handshake: alert ");
    raw_free(&r);
    lone_free(&l);
}

static void tls13_refused_client_certificate_is_reported_by_the_first_read(void **state)
{
    struct lone l = lone_make((struct tls_config){0});
    struct raw_server r = raw_make(l.peer);

    (void)state;
    SSL_set_verify(r.ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    assert_int_equal(raw_shake(&l, &r), 0);
    assert_int_equal(read_end(l.client, &l.e), LINK_FAILED);
    assert_int_equal(l.e.code, EXIT_TLS);
    assert_int_equal(l.e.stage, STAGE_TLS);
    assert_string_equal(l.e.text,
                        "the server refused the TLS handshake: alert certificate_required");
    assert_has(l.e.hint, "--cert FILE --key FILE");
    raw_free(&r);
    lone_free(&l);
}

static void tls13_refused_client_certificate_is_reported_by_a_failing_write_too(void **state)
{
    struct lone l = lone_make((struct tls_config){.cert = cert_path(&certs, "selfsigned.pem"),
                                                  .key = cert_path(&certs, "selfsigned.key")});
    struct raw_server r = raw_make(l.peer);
    ssize_t put;

    (void)state;
    SSL_set_verify(r.ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    assert_int_equal(raw_shake(&l, &r), 0);
    /* The server goes with the request unread: its reset follows the alert. */
    assert_int_equal(link_write(l.client, (const uint8_t *)"GET", 3, &l.e), 3);
    wait_readable(l.peer);
    close(l.peer);
    l.peer = -1;
    for (int i = 0; i < 100; i++) {
        struct pollfd p = {.fd = l.client->fd, .events = 0};

        if (poll(&p, 1, 50) == 1 && (p.revents & (POLLERR | POLLHUP)) != 0)
            break;
    }
    do
        put = link_write(l.client, (const uint8_t *)"GET", 3, &l.e);
    while (put > 0);
    assert_int_equal(put, LINK_FAILED);
    assert_int_equal(l.e.code, EXIT_TLS);
    assert_has(l.e.text, "the server refused the TLS handshake: alert ");
    assert_has(l.e.hint, "does not accept the client certificate");
    raw_free(&r);
    lone_free(&l);
}

static void tls_server_says_when_the_client_is_plain(void **state)
{
    static const char request[] = "GET /feed HTTP/1.1\r\nHost: x\r\n\r\n";
    struct tls_context *ctx = server_context("good");
    struct link *server;
    struct err e;
    int fds[2], rc;

    (void)state;
    tcp_pair(fds);
    server = link_tls_server(link_tcp_new(fds[0]), ctx, &e);
    assert_int_equal(write(fds[1], request, sizeof request - 1), sizeof request - 1);
    wait_readable(fds[0]);
    do
        rc = link_connect(server, &e);
    while (rc == LINK_AGAIN);
    assert_int_equal(rc, LINK_FAILED);
    assert_string_equal(e.text, "the client does not speak TLS (it said \"GET /feed HTTP/1.1\")");
    link_free(server);
    close(fds[1]);
    tls_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tls_shows_what_a_plain_server_answered),
        cmocka_unit_test(tls_names_how_a_handshake_was_cut_short),
        cmocka_unit_test(tls_names_the_alert_that_refused_it),
        cmocka_unit_test(tls_refuses_a_protocol_it_did_not_offer),
        cmocka_unit_test(tls_version_bounds_are_kept),
        cmocka_unit_test(tls_shows_a_client_certificate),
        cmocka_unit_test(tls12_refused_client_certificate_is_a_failed_handshake),
        cmocka_unit_test(tls13_refused_client_certificate_is_reported_by_the_first_read),
        cmocka_unit_test(tls13_refused_client_certificate_is_reported_by_a_failing_write_too),
        cmocka_unit_test(tls_server_says_when_the_client_is_plain),
    };

    return cmocka_run_group_tests(tests, tls_help_set_up, tls_help_tear_down);
}

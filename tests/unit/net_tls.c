#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <openssl/pem.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "alloc.h"
#include "net_tls_help.h"

static void tls_verifies_chain_and_name_and_describes_itself(void **state)
{
    struct ends s = ends_shaken((struct tls_config){0}, "good", "good.test", false);
    struct event_tls tls = {.us = 17};

    (void)state;
    assert_int_equal(s.client_rc, 0);
    assert_int_equal(s.server_rc, 0);
    link_tls_describe(s.client, &tls);
    assert_string_equal(tls.version, "TLSv1.3");
    assert_has(tls.cipher, "TLS_");
    assert_string_equal(tls.alpn, "http/1.1");
    assert_true(tls.verified);
    assert_false(tls.resumed);
    assert_string_equal(tls.subject, "O=Test,CN=good");
    assert_string_equal(tls.issuer, "O=Test,CN=Test CA");
    assert_int_equal(strlen(tls.not_after), 20);
    assert_int_equal(tls.not_after[10], 'T');
    assert_int_equal(tls.us, 17);
    link_tls_describe(s.server, &tls);
    assert_string_equal(tls.alpn, "http/1.1");
    assert_string_equal(tls.subject, "");
    assert_string_equal(tls.not_after, "");
    ends_free(&s);
}

/* A server that gives tickets, which any other one of these understands. */
static struct tls_context *ticket_context(void)
{
    struct tls_context *ctx = server_context("good");
    unsigned char keys[80] = "any";

    SSL_CTX_clear_options(ctx->ssl, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(ctx->ssl, 1);
    assert_int_equal(SSL_CTX_set_tlsext_ticket_keys(ctx->ssl, keys, sizeof keys), 1);
    return ctx;
}

static bool resumes(struct tls_config config)
{
    struct ends s = ends_make(client_context(config), ticket_context(), "good.test", false);
    struct event_tls tls = {.us = 0};
    struct err e;

    shake(&s);
    assert_int_equal(s.client_rc, 0);
    assert_int_equal(link_write(s.server, (const uint8_t *)"x", 1, &e), 1);
    assert_int_equal(read_end(s.client, &e), 1); /* the ticket is before it */
    link_tls_describe(s.client, &tls);
    ends_free(&s);
    return tls.resumed;
}

static void tls_resumes_a_session_that_it_was_asked_to_keep(void **state)
{
    static const int versions[] = {12, 13};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct tls_resumption *kept = tls_resumption_new();
        int version = versions[i];

        assert_non_null(kept);
        assert_false(resumes((struct tls_config){.max = version, .offer = kept}));
        assert_false(resumes((struct tls_config){.max = version, .keep = kept}));
        assert_true(tls_resumption_has(kept));
        assert_false(resumes((struct tls_config){.max = version}));
        assert_true(resumes((struct tls_config){.max = version, .offer = kept}));
        assert_true(resumes((struct tls_config){.max = version, .offer = kept}));
        tls_resumption_free(kept);
    }
    tls_resumption_free(NULL);
}

static void tls_sends_the_name_but_never_an_address(void **state)
{
    static const struct {
        const char *host, *servername, *sni;
    } cases[] = {
        {"good.test", NULL, "good.test"},
        {"good.test.", NULL, "good.test"},
        {"127.0.0.1", NULL, NULL},
        {"::1", NULL, NULL},
        {"::1%lo", NULL, NULL},
        {"127.0.0.1", "good.test", "good.test"},
        {"nowhere.test", "127.0.0.1", NULL},
        {"x.wild.test", NULL, "x.wild.test"},
        {"a_b.wild.test", NULL, "a_b.wild.test"},
        {"_A.WILD.test", NULL, "_A.WILD.test"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ends s = ends_shaken((struct tls_config){.servername = cases[i].servername}, "good",
                                    cases[i].host, false);
        const char *sni =
            SSL_get_servername(((struct link_tls *)s.server)->ssl, TLSEXT_NAMETYPE_host_name);

        if (s.client_rc != 0)
            fail_msg("%s: %s", cases[i].host, s.client_err.text);
        if (cases[i].sni)
            assert_string_equal(sni, cases[i].sni);
        else
            assert_null(sni);
        ends_free(&s);
    }
}

static void tls_refuses_a_certificate_for_another_host(void **state)
{
    struct ends s = ends_shaken((struct tls_config){0}, "other", "good.test", false);

    (void)state;
    assert_cert_error(&s,
                      "the certificate is for \"a.test\", \"b.test\", \"192.0.2.1\", not for "
                      "\"good.test\" (subject O=Test,CN=other, depth 0: hostname mismatch)",
                      "--servername");
    ends_free(&s);
    s = ends_shaken((struct tls_config){0}, "other", "127.0.0.1", false);
    assert_cert_error(&s, "not for \"127.0.0.1\"", "-k");
    ends_free(&s);
    s = ends_shaken((struct tls_config){0}, "good", "foo.part.test", false);
    assert_cert_error(&s, "not for \"foo.part.test\"", "-k");
    ends_free(&s);
    s = ends_shaken((struct tls_config){0}, "good", "a.b_c.wild.test", false);
    assert_cert_error(&s, "not for \"a.b_c.wild.test\"", "-k");
    ends_free(&s);
    s = ends_shaken((struct tls_config){.servername = "elsewhere.test"}, "good", "good.test",
                    false);
    assert_cert_error(&s, "not for \"elsewhere.test\"", "-k");
    ends_free(&s);
}

static void tls_never_takes_the_common_name(void **state)
{
    struct ends s = ends_shaken((struct tls_config){0}, "unnamed", "good.test", false);

    (void)state;
    assert_cert_error(&s, "has no subjectAltName", "Common Name is not used");
    ends_free(&s);
}

static void tls_refuses_a_name_with_an_empty_label(void **state)
{
    static const char *const names[] = {".good.test", "x..wild.test", ".", ".wild.test"};
    struct tls_context *ctx = client_context((struct tls_config){0});

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct tls_config config = {.servername = names[i]};
        struct err e;
        int fds[2];
        struct link *tcp;

        assert_null(tls_context_client(&config, NULL, &e));
        assert_int_equal(e.code, EXIT_USAGE);
        assert_has(e.text, "--servername");
        tcp_pair(fds);
        tcp = link_tcp_new(fds[0]);
        assert_null(link_tls_client(tcp, ctx, names[i], &e));
        assert_int_equal(e.code, EXIT_TLS);
        assert_has(e.text, "can't be a TLS server name");
        link_free(tcp);
        close(fds[1]);
    }
    tls_context_free(ctx);
}

static void tls_says_when_a_certificate_expired(void **state)
{
    struct ends s = ends_shaken((struct tls_config){0}, "expired", "good.test", false);

    (void)state;
    assert_cert_error(&s, "the certificate O=Test,CN=expired expired on 20", "clock (20");
    assert_has(s.client_err.text, "certificate has expired");
    assert_has(s.client_err.text, "CN=Test CA");
    ends_free(&s);
    s = ends_shaken((struct tls_config){0}, "future", "good.test", false);
    assert_cert_error(&s, "is not valid before 20", "clock");
    ends_free(&s);
}

static void tls_names_the_issuer_that_is_not_trusted(void **state)
{
    struct ends s = ends_shaken((struct tls_config){0}, "selfsigned", "good.test", false);

    (void)state;
    assert_cert_error(&s, "the certificate O=Test,CN=selfsigned is self-signed", "--cacert");
    ends_free(&s);
    s = ends_shaken((struct tls_config){.cacert = cert_path(&certs, "selfsigned.pem")}, "good",
                    "good.test", false);
    assert_cert_error(&s, "is signed by O=Test,CN=Test CA, which is not trusted", "--cacert");
    ends_free(&s);
}

static void tls_trusts_the_very_certificate_that_cacert_names(void **state)
{
    static const char *const names[] = {"selfsigned.pem", "good.pem"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct ends s = ends_shaken((struct tls_config){.cacert = cert_path(&certs, names[i])},
                                    i == 0 ? "selfsigned" : "good", "good.test", false);

        assert_int_equal(s.client_rc, 0);
        ends_free(&s);
    }
}

static void tls_insecure_looks_anyway_and_says_so(void **state)
{
    static const char *const names[] = {"expired", "other", "selfsigned", "escape"};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct ends s =
            ends_shaken((struct tls_config){.insecure = true}, names[i], "good.test", false);
        struct event_tls tls = {0};

        assert_int_equal(s.client_rc, 0);
        link_tls_describe(s.client, &tls);
        assert_false(tls.verified);
        assert_has(tls.subject, "O=Test");
        ends_free(&s);
    }
}

static void assert_no_controls(const char *text)
{
    for (; *text != '\0'; text++)
        assert_true((unsigned char)*text >= 0x20 && *text != 0x7F);
}

static void tls_never_passes_control_bytes_of_a_certificate_on(void **state)
{
    struct ends s = ends_shaken((struct tls_config){0}, "escape", "good.test", false);
    struct event_tls tls = {0};

    (void)state;
    assert_cert_error(&s, "no subjectAltName", "-k");
    assert_no_controls(s.client_err.text);
    ends_free(&s);
    s = ends_shaken((struct tls_config){.insecure = true}, "escape", "good.test", false);
    link_tls_describe(s.client, &tls);
    assert_no_controls(tls.subject);
    assert_has(tls.subject, "\xc3\xa9");
    ends_free(&s);
}

static void tls_holds_the_key_against_the_pins(void **state)
{
    char good[80], other[80], both[200];
    struct ends s;

    (void)state;
    pin_of("good.pem", good, sizeof good);
    pin_of("other.pem", other, sizeof other);
    snprintf(both, sizeof both, "%s;%s", other, good);
    s = ends_shaken((struct tls_config){.pinned = good}, "good", "good.test", false);
    assert_int_equal(s.client_rc, 0);
    ends_free(&s);
    s = ends_shaken((struct tls_config){.pinned = both}, "good", "good.test", false);
    assert_int_equal(s.client_rc, 0);
    ends_free(&s);
    s = ends_shaken((struct tls_config){.pinned = other, .insecure = true}, "good", "good.test",
                    false);
    assert_cert_error(&s, good, "--pinnedpubkey");
    /* And it stays refused. */
    assert_int_equal(link_connect(s.client, &s.client_err), LINK_FAILED);
    assert_int_equal(s.client_err.code, EXIT_CERT);
    ends_free(&s);
}

static void tls_takes_a_pinned_key_from_a_file(void **state)
{
    EVP_PKEY *key = X509_get0_pubkey(certs.ca);
    FILE *f;
    struct ends s;
    struct err e;
    struct tls_config config = {.pinned = cert_path(&certs, "pin.der"), .insecure = true};
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(key, &der);

    (void)state;
    cert_file(&certs, "pin.der", der, (size_t)len);
    OPENSSL_free(der);
    f = fopen(cert_path(&certs, "pin.pem"), "w");
    PEM_write_PUBKEY(f, key);
    fclose(f);
    s = ends_shaken(config, "ca", "good.test", false);
    assert_int_equal(s.client_rc, 0);
    ends_free(&s);
    config.pinned = cert_path(&certs, "pin.pem");
    s = ends_shaken(config, "ca", "good.test", false);
    assert_int_equal(s.client_rc, 0);
    ends_free(&s);
    s = ends_shaken(config, "good", "good.test", false);
    assert_cert_error(&s, "the server's public key is not the pinned one", "new key");
    ends_free(&s);
    config.pinned = cert_path(&certs, "good.pem");
    assert_null(tls_context_client(&config, NULL, &e));
    assert_has(e.text, "contains no public key");
}

/* Move bytes both ways at once; every byte is checked. */
static void exchange(struct ends *s, size_t total)
{
    struct link *from = s->client, *to = s->server;
    uint8_t *out = malloc(total), *in = malloc(total);
    size_t sent = 0, received = 0;
    struct err e;

    assert_non_null(out);
    assert_non_null(in);
    for (size_t i = 0; i < total; i++)
        out[i] = (uint8_t)(i * 7 + i / 251);
    for (long i = 0; i < 4000000 && received < total; i++) {
        ssize_t put = sent < total ? link_write(from, out + sent, total - sent, &e) : LINK_AGAIN;
        ssize_t got;

        assert_true(put > 0 || put == LINK_AGAIN);
        sent += put > 0 ? (size_t)put : 0;
        got = link_read(to, in + received, total - received, &e);
        assert_true(got > 0 || got == LINK_AGAIN);
        received += got > 0 ? (size_t)got : 0;
        if (put == LINK_AGAIN && got == LINK_AGAIN)
            wait_both(s);
    }
    assert_int_equal(received, total);
    assert_memory_equal(in, out, total);
    free(in);
    free(out);
}

static void tls_carries_bytes_over_a_socket(void **state)
{
    struct ends s = ends_shaken((struct tls_config){0}, "good", "good.test", false);

    (void)state;
    exchange(&s, 3 << 20);
    ends_free(&s);
}

static void tls_carries_bytes_over_a_layer_that_gives_crumbs(void **state)
{
    (void)state;
    for (int max = 12; max <= 13; max++) {
        struct ends s = ends_shaken((struct tls_config){.max = max}, "good", "good.test", true);

        assert_int_equal(s.client_rc, 0);
        exchange(&s, 100000);
        ends_free(&s);
    }
}

static void tls_read_fills_a_large_buffer_from_many_records(void **state)
{
    struct ends s = ends_shaken((struct tls_config){0}, "good", "good.test", false);
    static uint8_t out[40000], in[1 << 18];
    size_t sent = 0;
    ssize_t got;
    struct err e;

    (void)state;
    while (sent < sizeof out) {
        ssize_t put = link_write(s.server, out + sent, sizeof out - sent, &e);

        assert_true(put > 0);
        sent += (size_t)put;
    }
    /* Three records, of 16384, 16384 and 7232 bytes with 22 more each. */
    wait_bytes(s.client->fd, 40066);
    got = link_read(s.client, in, sizeof in, &e);
    assert_int_equal(got, sizeof out);
    ends_free(&s);
}

static void tls_pending_counts_what_poll_cannot_see(void **state)
{
    struct ends s = ends_shaken((struct tls_config){0}, "good", "good.test", false);
    uint8_t bytes[100];
    struct pollfd p = {.fd = s.client->fd, .events = POLLIN};
    struct err e;

    (void)state;
    assert_int_equal(link_pending(s.client), 0);
    assert_int_equal(link_write(s.server, (const uint8_t *)"0123456789", 10, &e), 10);
    assert_int_equal(link_write(s.server, (const uint8_t *)"abcdefghij", 10, &e), 10);
    wait_bytes(s.client->fd, 64);
    assert_int_equal(link_read(s.client, bytes, 4, &e), 4);
    assert_true(link_pending(s.client) >= 6);
    assert_int_equal(link_read(s.client, bytes, 6, &e), 6);
    /* The second record lies unopened in OpenSSL's buffer; the socket is empty. */
    assert_int_equal(poll(&p, 1, 0), 0);
    assert_true(link_pending(s.client) > 0);
    assert_int_equal(link_read(s.client, bytes, sizeof bytes, &e), 10);
    assert_memory_equal(bytes, "abcdefghij", 10);
    assert_int_equal(link_pending(s.client), 0);
    assert_int_equal(link_read(s.client, bytes, sizeof bytes, &e), LINK_AGAIN);
    assert_int_equal(link_pending(s.client), 0);
    ends_free(&s);
}

static void tls_half_a_record_is_not_pending(void **state)
{
    struct ends s = ends_shaken((struct tls_config){0}, "good", "good.test", false);
    static const uint8_t half[] = {0x17, 0x03, 0x03, 0x00, 0x20, 1, 2, 3};
    uint8_t byte;
    struct err e;

    (void)state;
    assert_int_equal(write(s.server->fd, half, sizeof half), sizeof half);
    wait_readable(s.client->fd);
    assert_int_equal(link_read(s.client, &byte, 1, &e), LINK_AGAIN);
    assert_int_equal(link_pending(s.client), 0);
    assert_int_equal(link_events(s.client, true, false), LINK_READABLE);
    ends_free(&s);
}

static void tls_distinguishes_close_notify_fin_and_reset(void **state)
{
    struct ends s = ends_shaken((struct tls_config){0}, "good", "good.test", false);
    struct err e;

    (void)state;
    assert_int_equal(link_close(s.server, &e), 0);
    assert_int_equal(read_end(s.client, &e), 0);
    while ((s.client->ended & LINK_GOT_FIN) == 0)
        assert_int_equal(read_end(s.client, &e), 0);
    assert_int_equal(s.client->ended, LINK_GOT_CLOSE_NOTIFY | LINK_GOT_FIN);
    /* The other direction still works. */
    assert_int_equal(link_write(s.client, (const uint8_t *)"x", 1, &e), 1);
    assert_int_equal(link_close(s.client, &e), 0);
    ends_free(&s);

    s = ends_shaken((struct tls_config){0}, "good", "good.test", false);
    shutdown(s.server->fd, SHUT_WR);
    assert_int_equal(read_end(s.client, &e), 0);
    assert_int_equal(s.client->ended, LINK_GOT_FIN);
    assert_int_equal(read_end(s.client, &e), 0);
    assert_int_equal(link_close(s.client, &e), 0);
    ends_free(&s);

    s = ends_shaken((struct tls_config){0}, "good", "good.test", false);
    reset_close(s.server->fd);
    assert_int_equal(read_end(s.client, &e), LINK_FAILED);
    assert_int_equal(s.client->ended, LINK_GOT_RST);
    assert_int_equal(e.code, EXIT_LOST);
    assert_int_equal(e.stage, STAGE_IO);
    assert_int_equal(e.errnum, ECONNRESET);
    /* Asked again, it answers the same. */
    {
        uint8_t byte;

        e.errnum = 0;
        assert_int_equal(link_read(s.client, &byte, 1, &e), LINK_FAILED);
        assert_int_equal(e.errnum, ECONNRESET);
    }
    /* The server's descriptor is closed already. */
    s.server->next->fd = -1;
    ends_free(&s);
}

static void tls_gives_data_before_the_end_that_came_with_it(void **state)
{
    struct ends s = ends_shaken((struct tls_config){0}, "good", "good.test", false);
    uint8_t bytes[100];
    struct err e;

    (void)state;
    assert_int_equal(link_write(s.server, (const uint8_t *)"bye", 3, &e), 3);
    assert_int_equal(link_close(s.server, &e), 0);
    wait_readable(s.client->fd);
    assert_int_equal(link_read(s.client, bytes, sizeof bytes, &e), 3);
    while (link_read(s.client, bytes, sizeof bytes, &e) == LINK_AGAIN)
        wait_readable(s.client->fd);
    assert_true(s.client->ended & LINK_GOT_CLOSE_NOTIFY);
    assert_int_equal(link_pending(s.client), 0);
    ends_free(&s);
}

static void tls_says_when_bytes_were_altered(void **state)
{
    struct ends s = ends_shaken((struct tls_config){0}, "good", "good.test", false);
    uint8_t record[5 + 32] = {0x17, 0x03, 0x03, 0x00, 0x20};
    struct err e;

    (void)state;
    assert_int_equal(write(s.server->fd, record, sizeof record), sizeof record);
    assert_int_equal(read_end(s.client, &e), LINK_FAILED);
    assert_int_equal(e.code, EXIT_LOST);
    assert_int_equal(e.stage, STAGE_TLS);
    assert_has(e.text, "the TLS stream from the server is broken: ");
    /* Only the FIN can be said after that. */
    assert_int_equal(link_close(s.client, &e), 0);
    ends_free(&s);
}

static void tls_survives_every_failed_allocation(void **state)
{
    char pin[80], ca[128];
    struct tls_config config = {.servername = "good.test", .pinned = pin, .cacert = ca};

    (void)state;
    pin_of("good.pem", pin, sizeof pin);
    snprintf(ca, sizeof ca, "%s", cert_path(&certs, "ca.pem"));
    ALLOC_EACH({
        struct err e;
        struct tls_context *ctx = tls_context_client(&config, NULL, &e);
        int fds[2];

        assert_true(ctx || e.code == EXIT_OTHER);
        tcp_pair(fds);
        if (ctx) {
            struct link *below = link_tcp_new(fds[0]);
            struct link *tls = below ? link_tls_client(below, ctx, "good.test", &e) : NULL;

            if (tls)
                link_free(tls);
            else if (below)
                link_free(below);
            else
                close(fds[0]);
        } else {
            close(fds[0]);
        }
        close(fds[1]);
        tls_context_free(ctx);
    });
}

static void tls_handshake_survives_every_failed_allocation(void **state)
{
    struct tls_context *client = client_context((struct tls_config){0});
    struct tls_context *server = server_context("good");

    (void)state;
    ALLOC_EACH({
        unsigned long n = alloc_n;
        struct ends s;

        alloc_fail_at(0);
        s = ends_make(client, server, "good.test", false);
        alloc_fail_at(n);
        shake(&s);
        assert_true(s.client_rc == 0 || s.client_err.code == EXIT_OTHER);
        link_free(s.client);
        link_free(s.server);
    });
    tls_context_free(client);
    tls_context_free(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tls_verifies_chain_and_name_and_describes_itself),
        cmocka_unit_test(tls_resumes_a_session_that_it_was_asked_to_keep),
        cmocka_unit_test(tls_sends_the_name_but_never_an_address),
        cmocka_unit_test(tls_refuses_a_certificate_for_another_host),
        cmocka_unit_test(tls_never_takes_the_common_name),
        cmocka_unit_test(tls_refuses_a_name_with_an_empty_label),
        cmocka_unit_test(tls_says_when_a_certificate_expired),
        cmocka_unit_test(tls_names_the_issuer_that_is_not_trusted),
        cmocka_unit_test(tls_trusts_the_very_certificate_that_cacert_names),
        cmocka_unit_test(tls_insecure_looks_anyway_and_says_so),
        cmocka_unit_test(tls_never_passes_control_bytes_of_a_certificate_on),
        cmocka_unit_test(tls_holds_the_key_against_the_pins),
        cmocka_unit_test(tls_takes_a_pinned_key_from_a_file),
        cmocka_unit_test(tls_carries_bytes_over_a_socket),
        cmocka_unit_test(tls_carries_bytes_over_a_layer_that_gives_crumbs),
        cmocka_unit_test(tls_read_fills_a_large_buffer_from_many_records),
        cmocka_unit_test(tls_pending_counts_what_poll_cannot_see),
        cmocka_unit_test(tls_half_a_record_is_not_pending),
        cmocka_unit_test(tls_distinguishes_close_notify_fin_and_reset),
        cmocka_unit_test(tls_gives_data_before_the_end_that_came_with_it),
        cmocka_unit_test(tls_says_when_bytes_were_altered),
        cmocka_unit_test(tls_survives_every_failed_allocation),
        cmocka_unit_test(tls_handshake_survives_every_failed_allocation),
    };

    return cmocka_run_group_tests(tests, tls_help_set_up, tls_help_tear_down);
}

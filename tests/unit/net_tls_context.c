#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net_tls_help.h"

static void tls_pins_that_are_none_are_usage_errors(void **state)
{
    static const char *const bad[] = {
        "sha256//", "sha256//AAAA", "sha256//!!!!",
        "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;sha1//AAAA", "/nowhere/pin.pem"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct tls_config config = {.insecure = true, .pinned = bad[i]};
        struct err e;

        assert_null(tls_context_client(&config, NULL, &e));
        assert_int_equal(e.code, EXIT_USAGE);
        assert_has(e.text, "--pinnedpubkey");
    }
}

static void encrypt_key(const char *to, const char *pass)
{
    FILE *f = fopen(cert_path(&certs, "client.key"), "r");
    EVP_PKEY *key = PEM_read_PrivateKey(f, NULL, NULL, NULL);

    fclose(f);
    f = fopen(cert_path(&certs, to), "w");
    PEM_write_PKCS8PrivateKey(f, key, EVP_aes_128_cbc(), pass, (int)strlen(pass), NULL, NULL);
    fclose(f);
    EVP_PKEY_free(key);
}

static void tls_context_names_the_option_whose_file_is_no_use(void **state)
{
    const struct {
        struct tls_config config;
        const char *text;
    } cases[] = {
        {{.cacert = "/nowhere/ca.pem"},
         "can't read --cacert \"/nowhere/ca.pem\": no such file or directory"},
        {{.cacert = "/"}, "can't read --cacert \"/\": illegal operation on a directory"},
        {{.cacert = "/dev/null"}, "--cacert \"/dev/null\" contains no usable certificate"},
        {{.capath = "/nowhere"}, "can't read --capath \"/nowhere\": no such file or directory"},
        {{.cert = "/nowhere/c.pem"},
         "can't read --cert \"/nowhere/c.pem\": no such file or directory"},
        {{.cert = "/dev/null"}, "--cert \"/dev/null\" contains no usable certificate"},
        {{.cert = cert_path(&certs, "client.pem")}, "contains no usable private key"},
        {{.cert = cert_path(&certs, "client.pem"), .key = "/nowhere/k"},
         "can't read --key \"/nowhere/k\""},
        {{.key = "/nowhere/k"}, "--key without --cert"},
        {{.min = 13, .max = 12}, "--tls-min is above --tls-max"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tls_config config = cases[i].config;
        struct err e;

        config.insecure = true;
        assert_null(tls_context_client(&config, NULL, &e));
        assert_int_equal(e.code, EXIT_USAGE);
        assert_int_equal(e.stage, STAGE_USAGE);
        assert_has(e.text, cases[i].text);
    }
}

static void tls_context_asks_for_a_password_in_words_only(void **state)
{
    struct tls_config config = {.insecure = true};
    struct tls_context *ctx;
    char cert[128], locked[128];
    struct err e;

    (void)state;
    encrypt_key("locked.key", "opensesame");
    snprintf(cert, sizeof cert, "%s", cert_path(&certs, "client.pem"));
    snprintf(locked, sizeof locked, "%s", cert_path(&certs, "locked.key"));
    config.cert = cert;
    config.key = locked;
    assert_null(tls_context_client(&config, NULL, &e));
    assert_has(e.text, "is encrypted");
    assert_has(e.hint, "--pass");
    config.pass = "wrong";
    assert_null(tls_context_client(&config, NULL, &e));
    assert_has(e.text, "can't decrypt the key in --key");
    assert_null(strstr(e.text, "wrong\""));
    config.pass = "opensesame";
    ctx = tls_context_client(&config, NULL, &e);
    assert_non_null(ctx);
    tls_context_free(ctx);

    config =
        (struct tls_config){.insecure = true, .cert = cert, .key = cert_path(&certs, "good.key")};
    assert_null(tls_context_client(&config, NULL, &e));
    assert_has(e.text, "does not belong to the certificate in --cert");
}

static void contexts_that_trust_the_same_load_it_once(void **state)
{
    const char *ca = cert_path(&certs, "ca.pem");
    struct tls_config config = {.cacert = ca}, other = {.cacert = ca, .capath = certs.path};
    struct tls_trust *trust = NULL;
    struct tls_context *a, *b, *c, *alone;
    struct ends s;
    struct err e;

    (void)state;
    a = tls_context_client(&config, &trust, &e);
    b = tls_context_client(&config, &trust, &e);
    c = tls_context_client(&other, &trust, &e);
    alone = tls_context_client(&config, NULL, &e);
    assert_true(a && b && c && alone);
    assert_ptr_equal(SSL_CTX_get_cert_store(a->ssl), SSL_CTX_get_cert_store(b->ssl));
    assert_ptr_not_equal(SSL_CTX_get_cert_store(a->ssl), SSL_CTX_get_cert_store(c->ssl));
    assert_ptr_not_equal(SSL_CTX_get_cert_store(a->ssl), SSL_CTX_get_cert_store(alone->ssl));
    config.cacert = cert_path(&certs, "good.key");
    assert_null(tls_context_client(&config, &trust, &e));
    assert_has(e.text, "no usable certificate");
    tls_trust_free(trust);
    tls_context_free(a);
    tls_context_free(c);
    tls_context_free(alone);
    /* The store outlives what it was shared through. */
    s = ends_make(b, server_context("good"), "good.test", false);
    shake(&s);
    assert_int_equal(s.client_rc, 0);
    ends_free(&s);
}

static void tls_trusts_what_the_environment_names(void **state)
{
    struct tls_config config = {0};
    struct tls_context *ctx;
    struct ends s;
    struct err e;
    char hashed[32], ca[4096];
    FILE *f = fopen(cert_path(&certs, "ca.pem"), "r");
    size_t n = fread(ca, 1, sizeof ca, f);

    (void)state;
    fclose(f);
    setenv("SSL_CERT_FILE", cert_path(&certs, "ca.pem"), 1);
    ctx = tls_context_client(&config, NULL, &e);
    s = ends_make(ctx, server_context("good"), "good.test", false);
    shake(&s);
    assert_int_equal(s.client_rc, 0);
    ends_free(&s);

    setenv("SSL_CERT_FILE", "/nowhere/ca.pem", 1);
    assert_null(tls_context_client(&config, NULL, &e));
    assert_int_equal(e.code, EXIT_USAGE);
    assert_has(e.text, "can't read SSL_CERT_FILE");
    unsetenv("SSL_CERT_FILE");

    snprintf(hashed, sizeof hashed, "%08lx.0",
             X509_NAME_hash_ex(X509_get_subject_name(certs.ca), NULL, NULL, NULL));
    cert_file(&certs, hashed, ca, n);
    setenv("SSL_CERT_DIR", certs.path, 1);
    ctx = tls_context_client(&config, NULL, &e);
    unsetenv("SSL_CERT_DIR");
    s = ends_make(ctx, server_context("good"), "good.test", false);
    shake(&s);
    assert_int_equal(s.client_rc, 0);
    ends_free(&s);

    config.capath = certs.path;
    ctx = tls_context_client(&config, NULL, &e);
    s = ends_make(ctx, server_context("good"), "good.test", false);
    shake(&s);
    assert_int_equal(s.client_rc, 0);
    ends_free(&s);

    config.capath = NULL;
    ctx = tls_context_client(&config, NULL, &e);
    s = ends_make(ctx, server_context("good"), "good.test", false);
    shake(&s);
    assert_cert_error(&s, "not trusted", "--cacert");
    ends_free(&s);
}

static void tls_appends_secrets_to_the_key_log(void **state)
{
    struct tls_config config = {.insecure = true};
    char text[4096] = "";
    struct tls_context *ctx;
    struct ends s;
    struct stat st;
    struct err e;
    FILE *f;

    (void)state;
    cert_file(&certs, "keys.log", "# kept\n", 7);
    unlink(cert_path(&certs, "keys2.log"));
    setenv("SSLKEYLOGFILE", cert_path(&certs, "keys2.log"), 1);
    ctx = tls_context_client(&config, NULL, &e);
    assert_int_equal(stat(cert_path(&certs, "keys2.log"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    tls_context_free(ctx);

    setenv("SSLKEYLOGFILE", cert_path(&certs, "keys.log"), 1);
    ctx = tls_context_client(&config, NULL, &e);
    setenv("SSLKEYLOGFILE", "/nowhere/keys.log", 1);
    s = ends_make(ctx, server_context("good"), "good.test", false);
    unsetenv("SSLKEYLOGFILE");
    shake(&s);
    assert_int_equal(s.client_rc, 0);
    ends_free(&s);
    f = fopen(cert_path(&certs, "keys.log"), "r");
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    assert_memory_equal(text, "# kept\n", 7);
    assert_has(text, "\nCLIENT_TRAFFIC_SECRET_0 ");
    assert_int_equal(text[strlen(text) - 1], '\n');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tls_pins_that_are_none_are_usage_errors),
        cmocka_unit_test(tls_context_names_the_option_whose_file_is_no_use),
        cmocka_unit_test(tls_context_asks_for_a_password_in_words_only),
        cmocka_unit_test(contexts_that_trust_the_same_load_it_once),
        cmocka_unit_test(tls_trusts_what_the_environment_names),
        cmocka_unit_test(tls_appends_secrets_to_the_key_log),
    };

    return cmocka_run_group_tests(tests, tls_help_set_up, tls_help_tear_down);
}

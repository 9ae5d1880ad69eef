/*
 * net_tls_help: what the tests of the TLS layer share: a folder of certificates, contexts from it,
 * and both ends of a connection in one program.
 */
#ifndef TESTS_UNIT_NET_TLS_HELP_H
#define TESTS_UNIT_NET_TLS_HELP_H

#include "net/tls_private.h"
#include "net_help.h"

/* ca, good (good.test, *.wild.test, f*.part.test, 127.0.0.1, ::1), other (a.test, b.test,
 * 192.0.2.1), expired, future, selfsigned, escape (control bytes in its name), client. */
extern struct cert_dir certs;

/* For cmocka_run_group_tests: make the folder, and take it away. */
int tls_help_set_up(void **state);
int tls_help_tear_down(void **state);

/* A client that trusts the folder's CA unless told otherwise. */
struct tls_context *client_context(struct tls_config config);
/* A server that shows NAME.pem. */
struct tls_context *server_context(const char *name);

struct ends {
    struct tls_context *client_ctx, *server_ctx;
    struct link *client, *server;
    int client_rc, server_rc; /* of the handshake */
    struct err client_err, server_err;
};

/* Both ends over a TCP connection, or over crumbs. Both contexts are taken. */
struct ends ends_make(struct tls_context *client_ctx, struct tls_context *server_ctx,
                      const char *host, bool crumbs);
/* Step both until each is done, or the client has failed. */
void shake(struct ends *s);
struct ends ends_shaken(struct tls_config config, const char *server, const char *host,
                        bool crumbs);
void ends_free(struct ends *s);
/* Wait a little for bytes at either end. */
void wait_both(const struct ends *s);

void assert_has(const char *text, const char *part);
/* The client refused the certificate with such words. */
void assert_cert_error(const struct ends *s, const char *part, const char *hint);

/* The pin of the certificate in a file, in curl's form. */
void pin_of(const char *name, char *text, size_t size);
/* Read until there is an answer other than LINK_AGAIN. */
ssize_t read_end(struct link *l, struct err *e);

#endif

/*
 * net_help: what the tests of src/net share: certificates made on the spot, sockets on the loopback
 * and a link that hands everything over in crumbs.
 */
#ifndef TESTS_UNIT_NET_HELP_H
#define TESTS_UNIT_NET_HELP_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "net/link.h"

#define DAY 86400L

/* What a certificate should say. */
struct cert_spec {
    const char *file; /* "good": good.pem (certificate) and good.key in the folder */
    const char *cn;   /* any bytes but NUL */
    const char *san;  /* as in OpenSSL's configuration, or NULL */
    long from, until; /* seconds from now */
    bool self_signed; /* else by the folder's CA */
};

/* A temporary folder with ca.pem and what cert_make adds. */
struct cert_dir {
    char path[64];
    EVP_PKEY *ca_key;
    X509 *ca;
};

void cert_dir_make(struct cert_dir *d);
void cert_dir_remove(struct cert_dir *d);
void cert_make(struct cert_dir *d, const struct cert_spec *spec);
/* The path of a file in the folder: static, sixteen at a time. */
const char *cert_path(const struct cert_dir *d, const char *name);
/* Write a file into the folder. */
void cert_file(const struct cert_dir *d, const char *name, const void *bytes, size_t n);

/* A non-blocking listener on address (IPv4 text) and *port (0: any, told back). */
int listen_on(const char *address, uint16_t *port, int backlog);
/* Two connected non-blocking TCP sockets without Nagle's delay. */
void tcp_pair(int fds[2]);
/* Wait until the descriptor is readable (or writable); fails the test after five seconds. */
void wait_readable(int fd);
/* Until n bytes have arrived. */
void wait_bytes(int fd, int n);
void wait_writable(int fd);
/* Close with a RST. */
void reset_close(int fd);

/* A layer on next (taken) that reads and writes a few bytes at a time and says LINK_AGAIN now and
 * then for no reason. */
struct link *crumb_new(struct link *next);

#endif

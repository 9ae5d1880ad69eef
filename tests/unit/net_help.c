#include "net_help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

const char *cert_path(const struct cert_dir *d, const char *name)
{
    static char paths[16][400];
    static unsigned turn;
    char *path = paths[turn++ % 16];

    snprintf(path, sizeof paths[0], "%s/%s", d->path, name);
    return path;
}

void cert_file(const struct cert_dir *d, const char *name, const void *bytes, size_t n)
{
    FILE *f = fopen(cert_path(d, name), "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509_EXTENSION *extension;

    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(cert, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static X509 *build(const struct cert_spec *spec, EVP_PKEY *key, X509 *issuer, EVP_PKEY *signer,
                   bool is_ca)
{
    X509 *cert = X509_new();
    X509_NAME *name;

    assert_non_null(cert);
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1 + rand() % 1000000);
    X509_gmtime_adj(X509_getm_notBefore(cert), spec->from);
    X509_gmtime_adj(X509_getm_notAfter(cert), spec->until);
    name = X509_get_subject_name(cert);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)spec->cn, -1, -1,
                               0);
    X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const unsigned char *)"Test", -1, -1, 0);
    if (!issuer)
        issuer = cert;
    X509_set_issuer_name(cert, X509_get_subject_name(issuer));
    X509_set_pubkey(cert, key);
    add_extension(cert, issuer, NID_basic_constraints, is_ca ? "critical,CA:TRUE" : "CA:FALSE");
    add_extension(cert, issuer, NID_subject_key_identifier, "hash");
    if (spec->san)
        add_extension(cert, issuer, NID_subject_alt_name, spec->san);
    assert_true(X509_sign(cert, signer, EVP_sha256()) > 0);
    return cert;
}

static void write_pem(const struct cert_dir *d, const char *stem, X509 *cert, EVP_PKEY *key)
{
    char name[64];
    FILE *f;

    snprintf(name, sizeof name, "%s.pem", stem);
    f = fopen(cert_path(d, name), "w");
    assert_non_null(f);
    PEM_write_X509(f, cert);
    fclose(f);
    snprintf(name, sizeof name, "%s.key", stem);
    f = fopen(cert_path(d, name), "w");
    assert_non_null(f);
    PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
    fclose(f);
}

void cert_dir_make(struct cert_dir *d)
{
    struct cert_spec spec = {.cn = "Test CA", .from = -DAY, .until = 10 * DAY};

    snprintf(d->path, sizeof d->path, "/tmp/net-unit-XXXXXX");
    assert_non_null(mkdtemp(d->path));
    d->ca_key = EVP_EC_gen("P-256");
    d->ca = build(&spec, d->ca_key, NULL, d->ca_key, true);
    write_pem(d, "ca", d->ca, d->ca_key);
}

void cert_make(struct cert_dir *d, const struct cert_spec *spec)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = build(spec, key, spec->self_signed ? NULL : d->ca,
                       spec->self_signed ? key : d->ca_key, false);

    write_pem(d, spec->file, cert, key);
    X509_free(cert);
    EVP_PKEY_free(key);
}

void cert_dir_remove(struct cert_dir *d)
{
    DIR *dir = opendir(d->path);
    const struct dirent *entry;

    while (dir && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] != '.')
            unlink(cert_path(d, entry->d_name));
    }
    if (dir)
        closedir(dir);
    rmdir(d->path);
    X509_free(d->ca);
    EVP_PKEY_free(d->ca_key);
}

int listen_on(const char *address, uint16_t *port, int backlog)
{
    struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_port = htons(*port)};
    socklen_t len = sizeof in4;
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    assert_int_equal(inet_pton(AF_INET, address, &in4.sin_addr), 1);
    assert_int_equal(bind(fd, (struct sockaddr *)&in4, sizeof in4), 0);
    assert_int_equal(listen(fd, backlog), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&in4, &len), 0);
    *port = ntohs(in4.sin_port);
    return fd;
}

static void wait_for(int fd, short events)
{
    struct pollfd p = {.fd = fd, .events = events};

    assert_int_equal(poll(&p, 1, 5000), 1);
}

void wait_readable(int fd)
{
    wait_for(fd, POLLIN);
}

void wait_bytes(int fd, int n)
{
    int one = 1;

    setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &n, sizeof n);
    wait_for(fd, POLLIN);
    setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &one, sizeof one);
}

void wait_writable(int fd)
{
    wait_for(fd, POLLOUT);
}

void tcp_pair(int fds[2])
{
    uint16_t port = 0;
    int listener = listen_on("127.0.0.1", &port, 1), on = 1;
    struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_port = htons(port)};

    in4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    (void)connect(fds[0], (struct sockaddr *)&in4, sizeof in4);
    wait_readable(listener);
    fds[1] = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    assert_true(fds[1] >= 0);
    wait_writable(fds[0]);
    close(listener);
    for (int i = 0; i < 2; i++)
        setsockopt(fds[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void reset_close(int fd)
{
    struct linger linger = {1, 0};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    close(fd);
}

struct crumb {
    struct link link;
    unsigned reads, writes;
};

static int crumb_connect(struct link *l, struct err *e)
{
    (void)l;
    (void)e;
    return 0;
}

static ssize_t crumb_read(struct link *l, uint8_t *bytes, size_t n, struct err *e)
{
    struct crumb *c = (struct crumb *)l;
    size_t most = 1 + c->reads % 7;

    if (++c->reads % 5 == 0)
        return LINK_AGAIN;
    return link_read(l->next, bytes, n < most ? n : most, e);
}

static ssize_t crumb_write(struct link *l, const uint8_t *bytes, size_t n, struct err *e)
{
    struct crumb *c = (struct crumb *)l;
    size_t most = 1 + c->writes % 11;

    if (++c->writes % 4 == 0)
        return LINK_AGAIN;
    return link_write(l->next, bytes, n < most ? n : most, e);
}

static int crumb_events(const struct link *l, bool want_read, bool want_write)
{
    return link_events(l->next, want_read, want_write);
}

static size_t crumb_pending(const struct link *l)
{
    return link_pending(l->next);
}

static int crumb_close(struct link *l, struct err *e)
{
    return link_close(l->next, e);
}

static void crumb_free(struct link *l)
{
    free(l);
}

static const struct link_ops crumb_ops = {
    .connect = crumb_connect,
    .read = crumb_read,
    .write = crumb_write,
    .events = crumb_events,
    .pending = crumb_pending,
    .close = crumb_close,
    .free = crumb_free,
};

struct link *crumb_new(struct link *next)
{
    struct crumb *c = calloc(1, sizeof *c);

    assert_non_null(c);
    c->link.ops = &crumb_ops;
    c->link.next = next;
    c->link.fd = next->fd;
    return &c->link;
}

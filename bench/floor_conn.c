#include "floor_conn.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void die(const char *what)
{
    fprintf(stderr, "floor: %s\n", what);
    exit(1);
}

void *allocate(size_t n)
{
    void *p = malloc(n);

    if (!p)
        die("out of memory");
    return p;
}

size_t conn_get(struct conn *c, uint8_t *to, size_t room)
{
    size_t got = 0;
    ssize_t n;

    if (!c->ssl) {
        do
            n = recv(c->fd, to, room, 0);
        while (n < 0 && errno == EINTR);
        return n > 0 ? (size_t)n : 0;
    }
    /* A call gives a record at most: go on while OpenSSL holds more. */
    do {
        int part = SSL_read(c->ssl, to + got, (int)(room - got));

        if (part <= 0)
            break;
        got += (size_t)part;
    } while (got < room && SSL_has_pending(c->ssl));
    return got;
}

void conn_put(struct conn *c, const uint8_t *bytes, size_t n)
{
    while (n > 0) {
        ssize_t k = c->ssl ? SSL_write(c->ssl, bytes, n > INT_MAX ? INT_MAX : (int)n)
                           : send(c->fd, bytes, n, MSG_NOSIGNAL);

        if (k <= 0)
            die("the connection broke while sending");
        bytes += k;
        n -= (size_t)k;
    }
}

void print(const void *bytes, size_t n)
{
    const uint8_t *from = bytes;

    while (n > 0) {
        ssize_t k = write(STDOUT_FILENO, from, n);

        if (k < 0)
            die("can't write to standard output");
        from += k;
        n -= (size_t)k;
    }
}

static int connect_to(const char *host, const char *port)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found, *a;
    int fd = -1, on = 1;

    if (getaddrinfo(host, port, &hints, &found) != 0)
        die("can't resolve the host");
    for (a = found; a; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
        if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) == 0)
            break;
        if (fd >= 0)
            close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    if (fd < 0)
        die("can't connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

/* With what any client must do: the chain verified against the system's trust, and the name. Of
 * that trust only the hashed directory, which is read as far as a certificate asks for it: the
 * bundle beside it, parsed whole, takes longer than all the rest. */
static SSL *start_tls(int fd, const char *host)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    const char *trust = getenv(X509_get_default_cert_dir_env());
    SSL *ssl;

    if (!ctx || SSL_CTX_load_verify_dir(ctx, trust ? trust : X509_get_default_cert_dir()) != 1)
        die("can't set up TLS");
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_read_ahead(ctx, 1);
    SSL_CTX_set_default_read_buffer_len(ctx, BLOCK / 4);
    ssl = SSL_new(ctx);
    if (!ssl || SSL_set_tlsext_host_name(ssl, host) != 1 || SSL_set1_host(ssl, host) != 1 ||
        SSL_set_fd(ssl, fd) != 1 || SSL_connect(ssl) != 1)
        die("the TLS handshake failed");
    SSL_CTX_free(ctx);
    return ssl;
}

static void upgrade(struct conn *c, const char *host, const char *port, const char *path,
                    bool deflate)
{
    char request[1024];
    uint8_t *end = NULL;
    int n = snprintf(request, sizeof request,
                     "GET %s HTTP/1.1\r\nHost: %s:%s\r\nUpgrade: websocket\r\n"
                     "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                     "%sSec-WebSocket-Version: 13\r\n\r\n",
                     path, host, port,
                     deflate ? "Sec-WebSocket-Extensions: permessage-deflate\r\n" : "");

    conn_put(c, (const uint8_t *)request, (size_t)n);
    while (!end) {
        size_t got = conn_get(c, c->in + c->have, 8192);

        if (got == 0 || c->have > 8192)
            die("no upgrade");
        c->have += got;
        end = memmem(c->in, c->have, "\r\n\r\n", 4);
    }
    if (memcmp(c->in, "HTTP/1.1 101 ", 13) != 0)
        die("the upgrade was refused");
    c->have -= (size_t)(end + 4 - c->in);
    memmove(c->in, end + 4, c->have);
}

void conn_open(struct conn *c, const char *host, const char *port, const char *path, bool tls,
               bool deflate)
{
    c->in = allocate(BLOCK + 16384);
    c->out = allocate(BLOCK);
    c->fd = connect_to(host, port);
    if (tls)
        c->ssl = start_tls(c->fd, host);
    upgrade(c, host, port, path, deflate);
}

void conn_close(struct conn *c)
{
    SSL_free(c->ssl);
    close(c->fd);
    free(c->in);
    free(c->out);
    free(c->keys);
}

/*
 * server: the other side of the benchmark, made so that it is never what one waits for: what it
 * sends lies in memory as finished frames, what it receives it only counts. One connection at a
 * time, blocking sockets, a hand-made handshake.
 *
 *     server CERT KEY
 *
 * prints "PORT TLS-PORT", then for each connection that has ended "PATH MESSAGES BYTES", the count
 * being of what came in. Ends with its standard input. The path says what is wanted:
 *
 *     /send/NAME/COUNT  that many messages of that stream (see stream.h), then a Close
 *     /sink             take everything
 *     /echo             send every message back
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stream.h"

#define BLOCK   ((size_t)512 * 1024)
#define STREAMS 16

struct peer {
    int fd;
    SSL *ssl; /* or NULL */
    uint8_t *in;
    size_t have;
    uint64_t messages, bytes; /* that came */
};

struct server {
    int plain, tls;
    SSL_CTX *ctx;
    uint8_t *in, *out;
    struct stream streams[STREAMS];
    size_t made;
};

static void die(const char *what)
{
    fprintf(stderr, "server: %s\n", what);
    exit(1);
}

static size_t get(struct peer *p, uint8_t *to, size_t room)
{
    ssize_t n;

    do
        n = p->ssl ? SSL_read(p->ssl, to, (int)room) : recv(p->fd, to, room, 0);
    while (n < 0 && !p->ssl && errno == EINTR);
    return n > 0 ? (size_t)n : 0;
}

static bool put(struct peer *p, const uint8_t *bytes, size_t n)
{
    while (n > 0) {
        size_t part = n < 4 * BLOCK ? n : 4 * BLOCK;
        ssize_t k = p->ssl ? SSL_write(p->ssl, bytes, (int)part) : send(p->fd, bytes, part, 0);

        if (k <= 0)
            return false;
        bytes += k;
        n -= (size_t)k;
    }
    return true;
}

/* --- the handshake ------------------------------------------------------------------------------
 */

/* The value of a request's field, up to its line's end. False: it is not there. */
static bool field(const char *head, const char *name, char *value, size_t size)
{
    const char *at = strcasestr(head, name);
    size_t n;

    if (!at)
        return false;
    at += strlen(name);
    at += strspn(at, ": ");
    n = strcspn(at, "\r");
    if (n >= size)
        return false;
    memcpy(value, at, n);
    value[n] = '\0';
    return true;
}

/* RFC 6455, section 4.2.2 */
static bool answer(struct peer *p, const char *head, bool deflate)
{
    char key[256], reply[512];
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned char accept[64];
    unsigned size;
    size_t n;
    int k;

    if (!field(head, "\nSec-WebSocket-Key", key, 64))
        return false;
    n = strlen(key);
    snprintf(key + n, sizeof key - n, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    EVP_Digest(key, strlen(key), digest, &size, EVP_sha1(), NULL);
    EVP_EncodeBlock(accept, digest, (int)size);
    k = snprintf(reply, sizeof reply,
                 "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Accept: %s\r\n%s\r\n",
                 (char *)accept, deflate ? "Sec-WebSocket-Extensions: permessage-deflate\r\n" : "");
    return put(p, (const uint8_t *)reply, (size_t)k);
}

/* Reads the request's head; its text replaces p->in's, the path goes to `path`. */
static bool read_request(struct peer *p, char *path, size_t size)
{
    const char *space;
    size_t n;

    while (!memmem(p->in, p->have, "\r\n\r\n", 4)) {
        n = get(p, p->in + p->have, 8192);
        if (n == 0 || p->have > 8192)
            return false;
        p->have += n;
    }
    p->in[p->have] = '\0';
    space = strchr((const char *)p->in, ' ');
    n = space ? strcspn(space + 1, " \r\n") : size;
    if (n >= size)
        return false;
    memcpy(path, space + 1, n);
    path[n] = '\0';
    return true;
}

/* --- sending ------------------------------------------------------------------------------------
 */

static bool send_huge(struct peer *p, const struct stream *s)
{
    bool fine = put(p, s->head, s->head_size);

    for (uint64_t i = 0; fine && i < s->count; i++)
        fine = put(p, s->bytes, s->ends[0] - (i + 1 == s->count ? s->cut : 0));
    return fine;
}

static bool send_stream(struct peer *p, const struct stream *s)
{
    uint64_t left = s->count;
    bool fine = true;

    if (s->head_size > 0)
        return send_huge(p, s);
    while (fine && left > 0) {
        size_t n = left < s->frames ? (size_t)left : s->frames;

        fine = put(p, s->bytes, s->ends[n - 1]);
        left -= n;
    }
    return fine;
}

static const struct stream *find_stream(struct server *server, const char *path)
{
    struct stream *s;
    char name[32];
    unsigned long long count;

    if (sscanf(path, "/send/%31[a-z-]/%llu", name, &count) != 2)
        return NULL;
    for (size_t i = 0; i < server->made; i++) {
        s = &server->streams[i];
        if (strcmp(s->name, name) == 0 && s->count == count)
            return s;
    }
    if (server->made == STREAMS)
        return NULL;
    s = &server->streams[server->made];
    if (!stream_make(s, name, count)) {
        stream_clear(s);
        return NULL;
    }
    server->made++;
    return s;
}

/* --- receiving ----------------------------------------------------------------------------------
 */

/* The size of a client's frame header, or 0 if it is not all there. */
static size_t parse(const uint8_t *p, size_t n, uint64_t *length)
{
    size_t size;

    if (n < 14 && (n < 2 || n < 6u + ((p[1] & 127) == 126 ? 2u : (p[1] & 127) == 127 ? 8u : 0u)))
        return 0;
    *length = p[1] & 127;
    size = 2;
    if (*length == 126) {
        *length = (uint64_t)p[2] << 8 | p[3];
        size = 4;
    } else if (*length == 127) {
        *length = 0;
        for (int i = 2; i < 10; i++)
            *length = *length << 8 | p[i];
        size = 10;
    }
    return size + 4;
}

/* Count what is in the buffer. False at the Close. */
static bool count_frames(struct peer *p, uint64_t *left)
{
    size_t at = 0, size, n;
    uint64_t length;
    bool open = true;

    for (;;) {
        n = p->have - at < *left ? p->have - at : (size_t)*left;
        at += n;
        *left -= n;
        if (*left > 0)
            break;
        size = parse(p->in + at, p->have - at, &length);
        if (size == 0)
            break;
        if ((p->in[at] & 15) == 8) {
            open = false;
            break;
        }
        p->messages += p->in[at] >> 7;
        p->bytes += length;
        *left = length;
        at += size;
    }
    p->have -= at;
    memmove(p->in, p->in + at, p->have);
    return open;
}

static void sink(struct peer *p)
{
    uint64_t left = 0;
    size_t n;

    while (count_frames(p, &left) && (n = get(p, p->in + p->have, BLOCK)) > 0)
        p->have += n;
}

/* Only frames that fit into the buffer: what is measured with it is short. */
static void echo(struct peer *p, uint8_t *out)
{
    size_t n, at, size, done, head;
    uint64_t length;

    for (;;) {
        at = done = 0;
        while ((size = parse(p->in + at, p->have - at, &length)) > 0 &&
               p->have - at - size >= length) {
            uint8_t *from = p->in + at;
            const uint8_t *key = from + size - 4;

            if ((from[0] & 15) == 8) {
                put(p, out, done);
                return;
            }
            head = size - 4;
            out[done] = from[0];
            memcpy(out + done + 1, from + 1, head - 1);
            out[done + 1] &= 0x7F;
            for (size_t i = 0; i < length; i++)
                out[done + head + i] = from[size + i] ^ key[i & 3];
            done += head + (size_t)length;
            at += size + (size_t)length;
            p->messages++;
            p->bytes += length;
        }
        if (!put(p, out, done))
            return;
        p->have -= at;
        memmove(p->in, p->in + at, p->have);
        if (p->have > BLOCK || (n = get(p, p->in + p->have, BLOCK)) == 0)
            return;
        p->have += n;
    }
}

/* --- connections --------------------------------------------------------------------------------
 */

static void talk(struct server *server, struct peer *p)
{
    static const uint8_t bye[] = {0x88, 2, 1000 >> 8, 1000 & 0xFF};
    char path[128];
    const struct stream *s;
    bool fine;

    if (!read_request(p, path, sizeof path))
        return;
    s = find_stream(server, path);
    if (!s && strcmp(path, "/sink") != 0 && strcmp(path, "/echo") != 0)
        return;
    fine = answer(p, (const char *)p->in, s && s->deflate);
    p->have = 0;
    if (fine && s) {
        fine = send_stream(p, s) && put(p, bye, sizeof bye);
        if (fine)
            sink(p);
    } else if (fine) {
        if (strcmp(path, "/sink") == 0)
            sink(p);
        else
            echo(p, server->out);
        fine = put(p, bye, sizeof bye);
    }
    printf("%s %llu %llu\n", path, (unsigned long long)p->messages, (unsigned long long)p->bytes);
    fflush(stdout);
}

static void serve(struct server *server, int fd, bool tls)
{
    struct peer p = {.fd = fd, .in = server->in};
    int on = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (tls) {
        p.ssl = SSL_new(server->ctx);
        if (!p.ssl || SSL_set_fd(p.ssl, fd) != 1)
            die("can't set up TLS");
    }
    if (!tls || SSL_accept(p.ssl) == 1)
        talk(server, &p);
    if (p.ssl)
        SSL_shutdown(p.ssl);
    shutdown(fd, SHUT_WR);
    while (recv(fd, p.in, BLOCK, 0) > 0)
        ;
    SSL_free(p.ssl);
    close(fd);
}

static int listen_on(uint16_t *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 16) != 0 ||
        getsockname(fd, (struct sockaddr *)&a, &size) != 0)
        die("can't listen");
    *port = ntohs(a.sin_port);
    return fd;
}

static SSL_CTX *make_context(const char *cert, const char *key)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    if (!ctx || SSL_CTX_use_certificate_chain_file(ctx, cert) != 1 ||
        SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) != 1)
        die("can't load the certificate and its key");
    SSL_CTX_set_read_ahead(ctx, 1);
    SSL_CTX_set_num_tickets(ctx, 0);
    return ctx;
}

int main(int argc, char **argv)
{
    struct server server = {0};
    uint16_t plain, tls;

    if (argc != 3)
        die("usage: server CERT KEY");
    signal(SIGPIPE, SIG_IGN);
    server.ctx = make_context(argv[1], argv[2]);
    server.in = malloc(2 * BLOCK + 16384);
    server.out = malloc(2 * BLOCK + 16384);
    if (!server.in || !server.out)
        die("out of memory");
    server.plain = listen_on(&plain);
    server.tls = listen_on(&tls);
    printf("%u %u\n", plain, tls);
    fflush(stdout);
    for (;;) {
        struct pollfd fds[3] = {{.fd = STDIN_FILENO, .events = POLLIN},
                                {.fd = server.plain, .events = POLLIN},
                                {.fd = server.tls, .events = POLLIN}};

        if (poll(fds, 3, -1) < 0 || fds[0].revents)
            break;
        for (int i = 1; i < 3; i++) {
            int fd = fds[i].revents ? accept(fds[i].fd, NULL, NULL) : -1;

            if (fd >= 0)
                serve(&server, fd, i == 2);
        }
    }
    for (size_t i = 0; i < server.made; i++)
        stream_clear(&server.streams[i]);
    SSL_CTX_free(server.ctx);
    free(server.in);
    free(server.out);
    return 0;
}

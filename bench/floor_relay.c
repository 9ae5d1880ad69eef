/*
 * floor_relay: the least that a relay can do: copy bytes between two sockets, one connection after
 * the other.
 *
 *     floor_relay HOST PORT
 *
 * prints the port it listens on, joins each connection that comes to one of its own to HOST:PORT,
 * and ends at SIGTERM.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Of 32, 64, 128 and 256 KiB the fastest. */
#define BLOCK ((size_t)64 * 1024)

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static int listen_on(uint16_t *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 16) != 0 ||
        getsockname(fd, (struct sockaddr *)&a, &size) != 0)
        die("listen");
    *port = ntohs(a.sin_port);
    return fd;
}

static int connect_to(const struct addrinfo *list)
{
    for (const struct addrinfo *a = list; a; a = a->ai_next) {
        int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) == 0)
            return fd;
        if (fd >= 0)
            close(fd);
    }
    die("connect");
    return -1;
}

/* What has come, in one read. False: its end, which is passed on. */
static bool copy(int from, int to, uint8_t *block)
{
    ssize_t n = recv(from, block, BLOCK, 0), done = 0, k;

    while (n > done && (k = send(to, block + done, (size_t)(n - done), 0)) > 0)
        done += k;
    if (n > 0 && done == n)
        return true;
    shutdown(to, SHUT_WR);
    return false;
}

static void join(int client, int server, uint8_t *block)
{
    struct pollfd fds[2] = {{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}};
    int on = 1;

    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    while (fds[0].fd >= 0 || fds[1].fd >= 0) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            die("poll");
        if (fds[0].revents && !copy(client, server, block))
            fds[0].fd = -1;
        if (fds[1].revents && !copy(server, client, block))
            fds[1].fd = -1;
    }
    close(client);
    close(server);
}

int main(int argc, char **argv)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list;
    uint8_t *block = malloc(BLOCK);
    uint16_t port;
    int fd, client;

    if (argc != 3 || !block || getaddrinfo(argv[1], argv[2], &hints, &list) != 0) {
        fprintf(stderr, "usage: floor_relay HOST PORT\n");
        return 1;
    }
    signal(SIGPIPE, SIG_IGN);
    fd = listen_on(&port);
    printf("%u\n", port);
    fflush(stdout);
    while ((client = accept(fd, NULL, NULL)) >= 0)
        join(client, connect_to(list), block);
    die("accept");
}

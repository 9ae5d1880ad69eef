#include "net/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/reason.h"
#include "net/timer.h"
#include "net/watch.h"

#define BACKLOG 1024
/* Connections that a turn of the loop accepts before others get theirs. */
#define ACCEPTS_PER_TURN 64
/* When accept failed for want of descriptors or memory: trying at once would only burn time. */
#define RETRY_US 500000

struct listener {
    struct listener_hooks hooks;
    void *ctx;
    int fd;
    struct watch *watch;
    struct timer *retry;
    bool accept;
    char *path; /* of a unix socket, to be removed; or NULL */
};

/* --- accepting ----------------------------------------------------------------------------------
 */

static void update(struct listener *l)
{
    watch_set(l->watch, l->accept && !timer_runs(l->retry) ? LINK_READABLE : 0);
}

static void on_retry(void *ctx)
{
    update(ctx);
}

static void failed(struct listener *l, int errnum)
{
    timer_start(l->retry, RETRY_US, on_retry);
    update(l);
    l->hooks.failed(l->ctx, errnum);
}

static void on_connection(void *ctx, int status)
{
    struct listener *l = ctx;

    (void)status; /* accept reports why */
    for (int i = 0; i < ACCEPTS_PER_TURN && l->accept; i++) {
        int fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0) {
            if (l->hooks.accepted(l->ctx, fd))
                continue;
            failed(l, ENOMEM);
            return;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            return;
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            failed(l, errno);
            return;
        }
        /* Anything else concerns that one connection, which has gone again (accept(2)). */
    }
}

void listener_accept(struct listener *l, bool accept)
{
    if (l->accept == accept)
        return;
    l->accept = accept;
    update(l);
}

void listener_retry(struct listener *l)
{
    timer_stop(l->retry);
    update(l);
}

/* --- listening ----------------------------------------------------------------------------------
 */

static void listen_hint(struct err *e, int errnum)
{
    if (errnum == EADDRINUSE)
        err_hint(e, "another program listens there; port 0 selects a free one");
    else if (errnum == EACCES)
        err_hint(e, "ports below 1024 are for root: use a higher one, or 0 for any free one");
    else if (errnum == EADDRNOTAVAIL)
        err_hint(e, "it is not an address of this machine: 127.0.0.1 is for this machine only, "
                    "0.0.0.0 for all its addresses");
}

/* A socket that listens, or -1 with errno. */
static int listen_on(const struct sockaddr *at, socklen_t len)
{
    const int on = 1;
    int fd = socket(at->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int errnum;

    if (fd < 0)
        return -1;
    /* The port may be taken again while connections of an earlier run are in TIME_WAIT. */
    if (at->sa_family != AF_UNIX)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, at, len) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    errnum = errno;
    close(fd);
    errno = errnum;
    return -1;
}

static int open_tcp(struct listener *l, uv_loop_t *loop, const char *host, uint16_t port,
                    struct err *e)
{
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    uv_getaddrinfo_t question;
    char service[8], reason[REASON_SIZE];
    int r, errnum = 0;

    snprintf(service, sizeof service, "%u", (unsigned)port);
    /* There is nothing else to do meanwhile: without a callback the answer is waited for. */
    r = uv_getaddrinfo(loop, &question, NULL, host, service, &hints);
    if (r < 0) {
        err_set(e, EXIT_CONNECT, STAGE_RESOLVE, 0, "can't listen on \"%s\": %s", host,
                uv_strerror(r));
        err_hint(e, "give an address of this machine, such as 127.0.0.1 or localhost");
        return -1;
    }
    for (const struct addrinfo *a = question.addrinfo; a && l->fd < 0; a = a->ai_next) {
        l->fd = listen_on(a->ai_addr, a->ai_addrlen);
        if (l->fd < 0)
            errnum = errno;
    }
    uv_freeaddrinfo(question.addrinfo);
    if (l->fd >= 0)
        return 0;
    err_set(e, EXIT_CONNECT, STAGE_CONNECT, errnum, "can't listen on %s, port %s: %s", host,
            service, reason_text(errnum, reason));
    listen_hint(e, errnum);
    return -1;
}

/* Is there a socket of that name left over from a process that has ended? */
static bool is_left_over(const struct sockaddr_un *at)
{
    struct stat found;
    int fd;
    bool refused;

    if (lstat(at->sun_path, &found) != 0 || !S_ISSOCK(found.st_mode))
        return false;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    refused = connect(fd, (const struct sockaddr *)at, sizeof *at) != 0 && errno == ECONNREFUSED;
    close(fd);
    return refused;
}

static int open_unix(struct listener *l, const char *path, struct err *e)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    char reason[REASON_SIZE];
    mode_t mask;
    int errnum;

    if (strlen(path) >= sizeof at.sun_path)
        return err_set(
            e, EXIT_USAGE, STAGE_CONNECT, 0,
            "the path of a unix socket has at most %zu bytes, and \"%.40s...\" is longer",
            sizeof at.sun_path - 1, path);
    snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    if (is_left_over(&at))
        unlink(path);
    mask = umask(0177); /* the socket's mode is set as it is made */
    l->fd = listen_on((const struct sockaddr *)&at, sizeof at);
    errnum = errno;
    umask(mask);
    if (l->fd < 0) {
        err_set(e, EXIT_CONNECT, STAGE_CONNECT, errnum, "can't listen on the unix socket %s: %s",
                path, reason_text(errnum, reason));
        if (errnum == EADDRINUSE)
            err_hint(e, "another program listens there, or a file of that name exists");
        return -1;
    }
    l->path = strdup(path);
    if (!l->path) {
        unlink(path);
        return err_nomem(e, STAGE_CONNECT, "listening");
    }
    return 0;
}

union address {
    struct sockaddr any;
    struct sockaddr_in in4;
    struct sockaddr_in6 in6;
};

uint16_t listener_port(const struct listener *l)
{
    union address at = {0};
    socklen_t len = sizeof at;

    if (getsockname(l->fd, &at.any, &len) != 0)
        return 0;
    if (at.any.sa_family == AF_INET)
        return ntohs(at.in4.sin_port);
    return at.any.sa_family == AF_INET6 ? ntohs(at.in6.sin6_port) : 0;
}

/* --- connections --------------------------------------------------------------------------------
 */

void listener_peer(int fd, char *text, size_t size)
{
    union address at = {0};
    socklen_t len = sizeof at;
    char host[INET6_ADDRSTRLEN];

    text[0] = '\0';
    if (getpeername(fd, &at.any, &len) != 0)
        return;
    if (at.any.sa_family == AF_INET &&
        inet_ntop(AF_INET, &at.in4.sin_addr, host, sizeof host) != NULL)
        snprintf(text, size, "%s:%u", host, (unsigned)ntohs(at.in4.sin_port));
    else if (at.any.sa_family == AF_INET6 &&
             inet_ntop(AF_INET6, &at.in6.sin6_addr, host, sizeof host) != NULL)
        snprintf(text, size, "[%s]:%u", host, (unsigned)ntohs(at.in6.sin6_port));
}

void listener_tune(int fd)
{
    const int on = 1, idle_s = 60, interval_s = 10, probes = 6;

    /* Writes are gathered here; Nagle would only delay what is left. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    /* Who vanished without a word must not keep a place for ever. */
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

/* --- life ---------------------------------------------------------------------------------------
 */

static struct listener *make(uv_loop_t *loop, const struct listener_hooks *hooks, void *ctx,
                             struct err *e)
{
    struct listener *l = calloc(1, sizeof *l);

    if (l) {
        l->hooks = *hooks;
        l->ctx = ctx;
        l->fd = -1;
        l->retry = timer_new(loop, l);
    }
    if (l && l->retry)
        return l;
    err_nomem(e, STAGE_CONNECT, "listening");
    free(l);
    return NULL;
}

/* It is open: watch it. Freed with *e where that fails. */
static struct listener *watched(struct listener *l, uv_loop_t *loop, struct err *e)
{
    l->watch = watch_new(loop, l->fd, on_connection, l, e);
    if (l->watch)
        return l;
    listener_free(l);
    return NULL;
}

struct listener *listener_new(uv_loop_t *loop, const char *host, uint16_t port,
                              const struct listener_hooks *hooks, void *ctx, struct err *e)
{
    struct listener *l = make(loop, hooks, ctx, e);

    if (l && open_tcp(l, loop, host, port, e) < 0) {
        listener_free(l);
        return NULL;
    }
    return l ? watched(l, loop, e) : NULL;
}

struct listener *listener_new_unix(uv_loop_t *loop, const char *path,
                                   const struct listener_hooks *hooks, void *ctx, struct err *e)
{
    struct listener *l = make(loop, hooks, ctx, e);

    if (l && open_unix(l, path, e) < 0) {
        listener_free(l);
        return NULL;
    }
    return l ? watched(l, loop, e) : NULL;
}

void listener_free(struct listener *l)
{
    if (!l)
        return;
    watch_free(l->watch);
    timer_free(l->retry);
    if (l->path)
        unlink(l->path);
    free(l->path);
    if (l->fd >= 0)
        close(l->fd);
    free(l);
}

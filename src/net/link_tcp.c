#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/link.h"
#include "net/reason.h"

static bool would_block(int errnum)
{
    return errnum == EAGAIN || errnum == EWOULDBLOCK;
}

static int broke(struct link *l, int errnum, const char *doing, struct err *e)
{
    char reason[REASON_SIZE];

    if (errnum == ECONNRESET || errnum == EPIPE)
        l->ended |= LINK_GOT_RST;
    err_set(e, EXIT_LOST, STAGE_IO, errnum, "the connection broke while %s: %s", doing,
            reason_text(errnum, reason));
    if (errnum == ECONNRESET || errnum == EPIPE)
        err_hint(e, "the peer, or something on the way to it, ended the connection abruptly: look "
                    "at the server's log");
    else if (errnum == ETIMEDOUT)
        err_hint(e, "nothing came back for a long time: has the network gone? --ping-interval "
                    "finds this sooner");
    return LINK_FAILED;
}

static int tcp_connect(struct link *l, struct err *e)
{
    (void)l;
    (void)e;
    return 0;
}

static ssize_t tcp_read(struct link *l, uint8_t *bytes, size_t n, struct err *e)
{
    ssize_t got;

    if (n == 0)
        return LINK_AGAIN;
    do
        got = recv(l->fd, bytes, n, 0);
    while (got < 0 && errno == EINTR);
    if (got > 0)
        return got;
    if (got == 0) {
        l->ended |= LINK_GOT_FIN;
        return 0;
    }
    return would_block(errno) ? LINK_AGAIN : broke(l, errno, "reading", e);
}

static ssize_t tcp_write(struct link *l, const uint8_t *bytes, size_t n, struct err *e)
{
    ssize_t put;

    if (n == 0)
        return LINK_AGAIN;
    do
        put = send(l->fd, bytes, n, MSG_NOSIGNAL);
    while (put < 0 && errno == EINTR);
    if (put >= 0)
        return put;
    return would_block(errno) ? LINK_AGAIN : broke(l, errno, "writing", e);
}

static int tcp_events(const struct link *l, bool want_read, bool want_write)
{
    (void)l;
    return (want_read ? LINK_READABLE : 0) | (want_write ? LINK_WRITABLE : 0);
}

static size_t tcp_pending(const struct link *l)
{
    (void)l;
    return 0;
}

static int tcp_close(struct link *l, struct err *e)
{
    /* Already gone is what was wanted. */
    if (shutdown(l->fd, SHUT_WR) == 0 || errno == ENOTCONN)
        return 0;
    return broke(l, errno, "closing", e);
}

static void tcp_free(struct link *l)
{
    close(l->fd);
    free(l);
}

static const struct link_ops tcp_ops = {
    .connect = tcp_connect,
    .read = tcp_read,
    .write = tcp_write,
    .events = tcp_events,
    .pending = tcp_pending,
    .close = tcp_close,
    .free = tcp_free,
};

struct link *link_tcp_new(int fd)
{
    struct link *l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    l->ops = &tcp_ops;
    l->fd = fd;
    return l;
}

#include "net/fault_socket.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/filter.h>
#endif

void fault_socket_reset(int fd)
{
    static const struct linger abruptly = {.l_onoff = 1, .l_linger = 0};
    static const struct sockaddr nobody = {.sa_family = AF_UNSPEC};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &abruptly, sizeof abruptly);
    /* Dissolves the association, which on Linux sends the RST at once; elsewhere close does. */
    (void)!connect(fd, &nobody, sizeof nobody);
}

void fault_socket_end(int fd)
{
    shutdown(fd, SHUT_WR);
}

#ifdef __linux__
/* Filters act on packets, which a unix socket does not have. */
static bool has_packets(int fd)
{
    int domain = AF_UNIX;
    socklen_t len = sizeof domain;

    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 && domain != AF_UNIX;
}

/* A filter that lets the first bytes of each packet through: 0 drops it. */
static int let_through(int fd, uint32_t bytes)
{
    struct sock_filter filter = BPF_STMT(BPF_RET | BPF_K, bytes);
    const struct sock_fprog program = {.len = 1, .filter = &filter};

    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}
#endif

const char *fault_filter_begin(struct fault_filter *filter, int fd)
{
    filter->on = true;
#ifdef __linux__
    filter->attached = has_packets(fd) && let_through(fd, 0) == 0;
#else
    (void)fd;
#endif
    return filter->attached ? "in the kernel: nothing is acknowledged"
                            : "by not reading: the kernel still acknowledges";
}

void fault_filter_end(struct fault_filter *filter, int fd)
{
#ifdef __linux__
    int unused = 0;

    /* Not every emulated system can detach a filter. */
    if (filter->attached &&
        setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused) != 0)
        let_through(fd, UINT32_MAX);
#else
    (void)fd;
#endif
    filter->on = filter->attached = false;
}

const char *fault_filter_try(void)
{
    struct fault_filter filter = {.on = false};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const char *how = fault_filter_begin(&filter, fd);

    if (fd >= 0)
        close(fd);
    return how;
}

void fault_socket_dangle(struct fault_conn *conn, int fd)
{
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    int oldest = own >= 0 ? fault_conn_dangle(conn, own) : -1;

    if (oldest >= 0)
        close(oldest);
}

void fault_socket_release(struct faults *faults)
{
    int fd;

    while ((fd = faults_let_go(faults)) >= 0)
        close(fd);
}

#include "net/dial_unix.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/connect_error.h"
#include "net/link.h"

int dial_unix(const char *path, struct err *e)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    int fd, rc, errnum;

    if (len >= sizeof addr.sun_path) {
        connect_error_unix(path, ENAMETOOLONG, e);
        return LINK_FAILED;
    }
    memcpy(addr.sun_path, path, len + 1);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        connect_error_unix(path, errno, e);
        return LINK_FAILED;
    }
    do
        rc = connect(fd, (const struct sockaddr *)&addr, sizeof addr);
    while (rc != 0 && errno == EINTR);
    if (rc == 0)
        return fd;
    errnum = errno;
    close(fd);
    if (errnum == EAGAIN)
        return LINK_AGAIN;
    connect_error_unix(path, errnum, e);
    return LINK_FAILED;
}

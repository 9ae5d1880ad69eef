#include "base/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>

int private_file_open(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);
    struct stat st;

    /* Devices and pipes keep their modes, and so do files of others: they can read them anyway. */
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077) != 0)
        (void)!fchmod(fd, 0600);
    return fd;
}

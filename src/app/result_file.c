#include "app/result_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"

int result_file_open(const char *path, const char *option, int *fd, struct err *e)
{
    *fd = path ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666) : -1;
    if (!path || *fd >= 0)
        return 0;
    return err_set(e, EXIT_USAGE, STAGE_USAGE, errno, "can't write to \"%s\" (%s): %s", path,
                   option, strerror(errno));
}

int result_file_write(int fd, const char *option, const struct buf *text, struct err *e)
{
    /* a pipe or /dev/stdout has no length */
    if ((ftruncate(fd, 0) == 0 || errno == EINVAL) && file_write(fd, buf_slice(text)) == 0)
        return 0;
    return err_set(e, EXIT_OTHER, STAGE_IO, errno, "can't write the file of %s: %s", option,
                   strerror(errno));
}

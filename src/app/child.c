#include "app/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

struct child {
    uv_process_t process;
    struct child_hooks hooks;
    bool exited, freed;
    int fd;    /* what it prints; -1: closed */
    off_t pos; /* how far that was read */
    struct buf line;
    char last[160];
};

/* --- what it prints -----------------------------------------------------------------------------
 */

static void put_line(struct child *child)
{
    struct slice line = buf_slice(&child->line);

    if (line.len > 0 && line.data[line.len - 1] == '\r')
        line.len--;
    if (line.len > 0)
        snprintf(child->last, sizeof child->last, "%.*s", (int)line.len, (const char *)line.data);
    if (child->hooks.line)
        child->hooks.line(child->hooks.ctx, line);
    buf_reset(&child->line);
}

static void take(struct child *child, const char *at, size_t left)
{
    while (left > 0) {
        const char *end = memchr(at, '\n', left);
        size_t len = end ? (size_t)(end - at) : left;
        size_t room = CHILD_LINE_MAX - child->line.len;

        /* What does not fit, or finds no memory, is left out. */
        (void)buf_append(&child->line, at, len < room ? len : room);
        if (end)
            put_line(child);
        at += len + (end != NULL);
        left -= len + (end != NULL);
    }
}

/* A command that prints without end must not keep the loop, nor fill the disk: of more than
 * CHILD_LOOK_MAX, only the end is handed over, and the file is emptied. */
static off_t skip(struct child *child, off_t size)
{
    if (size < child->pos) /* the command has cut it, with "> /dev/stderr" */
        child->pos = 0;
    if (size - child->pos <= CHILD_LOOK_MAX)
        return child->pos;
    buf_reset(&child->line);
    return size - CHILD_LOOK_MAX;
}

void child_look(struct child *child)
{
    char bytes[4096];
    struct stat file;
    bool flooded;
    off_t from;

    if (fstat(child->fd, &file) != 0)
        return;
    from = skip(child, file.st_size);
    flooded = from > child->pos;
    child->pos = from;
    while (child->pos < file.st_size) {
        off_t left = file.st_size - child->pos;
        size_t most = left < (off_t)sizeof bytes ? (size_t)left : sizeof bytes;
        ssize_t n = pread(child->fd, bytes, most, child->pos);

        if (n <= 0)
            return;
        child->pos += n;
        take(child, bytes, (size_t)n);
    }
    if (flooded && ftruncate(child->fd, 0) == 0)
        child->pos = 0;
}

/* A file in $TMPDIR that has no name. Both outputs append to it. */
static int open_file(void)
{
    const char *dir = getenv("TMPDIR");
    char path[4096];
    int fd;

    snprintf(path, sizeof path, "%s/wscope-XXXXXX", dir && dir[0] ? dir : "/tmp");
    fd = mkostemp(path, O_CLOEXEC | O_APPEND);
    if (fd >= 0)
        (void)unlink(path);
    return fd;
}

/* --- its life -----------------------------------------------------------------------------------
 */

static void on_closed(uv_handle_t *handle)
{
    struct child *child = handle->data;

    buf_clear(&child->line);
    free(child);
}

static void on_exited(uv_process_t *process, int64_t status, int number)
{
    struct child *child = process->data;

    child->exited = true;
    child_look(child);
    if (child->line.len > 0)
        put_line(child);
    if (child->hooks.done)
        child->hooks.done(child->hooks.ctx, (int)status, number);
}

static int spawn(struct child *child, uv_loop_t *loop, const char *command)
{
    char shell[] = "/bin/sh", flag[] = "-c";
    char *args[] = {shell, flag, (char *)(uintptr_t)command, NULL};
    const uv_stdio_container_t printed = {.flags = UV_INHERIT_FD, .data.fd = child->fd};
    uv_stdio_container_t stdio[3] = {{.flags = UV_IGNORE}, printed, printed};
    const uv_process_options_t options = {
        .exit_cb = on_exited,
        .file = shell,
        .args = args,
        .flags = UV_PROCESS_DETACHED, /* a process group of its own */
        .stdio = stdio,
        .stdio_count = 3,
    };

    return uv_spawn(loop, &child->process, &options);
}

struct child *child_start(uv_loop_t *loop, const char *command, const struct child_hooks *hooks,
                          struct err *e)
{
    struct child *child = calloc(1, sizeof *child);
    char reason[128];
    int rc;

    if (!child) {
        err_nomem(e, STAGE_IO, "running a command");
        return NULL;
    }
    child->hooks = *hooks;
    child->process.data = child;
    buf_init(&child->line, CHILD_LINE_MAX);
    child->fd = open_file();
    if (child->fd < 0) {
        err_set(e, EXIT_OTHER, STAGE_IO, errno, "can't make a file for what a command prints: %s",
                strerror(errno));
        free(child);
        return NULL;
    }
    rc = spawn(child, loop, command);
    if (rc == 0)
        return child;
    err_set(e, EXIT_OTHER, STAGE_IO, -rc, "can't run a command: %s",
            uv_strerror_r(rc, reason, sizeof reason));
    child->exited = true;
    child_free(child);
    return NULL;
}

void child_free(struct child *child)
{
    if (!child || child->freed)
        return;
    child->freed = true;
    if (!child->exited)
        (void)kill(-child->process.pid, SIGTERM); /* also what the shell has started */
    close(child->fd);
    child->fd = -1;
    child->hooks = (struct child_hooks){.line = NULL};
    uv_close((uv_handle_t *)&child->process, on_closed);
}

int child_failed(const struct child *child, const char *option, int status, int number,
                 struct err *e)
{
    const char *last = child->last;

    if (number)
        return err_set(e, EXIT_OTHER, STAGE_IO, 0, "%s: the command was ended by signal %d%s%s",
                       option, number, last[0] ? ": " : "", last);
    return err_set(e, EXIT_OTHER, STAGE_IO, 0, "%s: the command ended with status %d%s%s", option,
                   status, last[0] ? ": " : "", last);
}

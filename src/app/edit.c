#include "app/edit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json_scan.h"

#define TEXT_MAX ((size_t)16 << 20)

struct editing {
    uv_process_t process;
    bool over, closed;
    int64_t status;
};

static const char *editor_named(void)
{
    const char *visual = getenv("VISUAL"), *editor = getenv("EDITOR");

    return visual && *visual ? visual : editor && *editor ? editor : "vi";
}

static int blame(const char *path, struct err *e)
{
    return err_set(e, EXIT_OTHER, STAGE_IO, errno, "can't use the file \"%s\": %s", path,
                   strerror(errno));
}

/* A file that only the user can read. */
static int write_file(char path[256], struct slice text, struct err *e)
{
    const char *folder = getenv("TMPDIR"), *end = json_valid(text) ? ".json" : ".txt";
    int fd, failed;

    snprintf(path, 256, "%s/wscope-XXXXXX%s", folder && *folder ? folder : "/tmp", end);
    fd = mkstemps(path, (int)strlen(end));
    if (fd < 0)
        return blame(path, e);
    failed = file_write(fd, text) < 0 ? blame(path, e) : 0;
    close(fd);
    return failed;
}

static int read_file(const char *path, struct buf *text, struct err *e)
{
    FILE *file = fopen(path, "r");
    char bytes[16384];
    size_t n;
    int failed = 0;

    if (!file)
        return blame(path, e);
    buf_reset(text);
    while (!failed && (n = fread(bytes, 1, sizeof bytes, file)) > 0)
        failed = text->len + n > TEXT_MAX || buf_append(text, bytes, n) < 0;
    fclose(file);
    while (text->len > 0 && strchr("\r\n", buf_data(text)[text->len - 1]))
        text->len--;
    if (failed)
        return err_set(e, EXIT_OTHER, STAGE_IO, 0, "the text is longer than 16 MiB");
    return 0;
}

static void on_exit_of(uv_process_t *process, int64_t status, int signal)
{
    struct editing *ed = process->data;

    ed->over = true;
    ed->status = signal ? 128 + signal : status;
}

static void on_closed(uv_handle_t *handle)
{
    struct editing *ed = handle->data;

    ed->closed = true;
}

static void stop_too(struct edit_signals signals)
{
    if (!*signals.stop)
        return;
    *signals.stop = false;
    *signals.stopping = true;
    raise(SIGSTOP);
}

/* The exit status; -1 with *e: it was not started. */
static int run(struct console *c, uv_loop_t *loop, char *path, struct edit_signals signals,
               struct err *e)
{
    const char *editor = editor_named();
    char command[1024];
    char *args[] = {"sh", "-c", command, "sh", path, NULL};
    uv_stdio_container_t inherited[] = {{.flags = UV_INHERIT_FD, .data.fd = STDIN_FILENO},
                                        {.flags = UV_INHERIT_FD, .data.fd = STDOUT_FILENO},
                                        {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO}};
    const uv_process_options_t options = {.exit_cb = on_exit_of,
                                          .file = "/bin/sh",
                                          .args = args,
                                          .stdio_count = 3,
                                          .stdio = inherited};
    struct editing ed = {.over = false};
    int status;

    /* As git does it: the variable may hold options, too. */
    snprintf(command, sizeof command, "%s \"$1\"", editor);
    console_lend(c, true);
    status = uv_spawn(loop, &ed.process, &options);
    ed.process.data = &ed;
    while (status == 0 && !ed.over) {
        uv_run(loop, UV_RUN_ONCE);
        console_lent(c);
        stop_too(signals);
    }
    uv_close((uv_handle_t *)&ed.process, on_closed);
    while (!ed.closed)
        uv_run(loop, UV_RUN_NOWAIT);
    console_lend(c, false);
    if (status < 0)
        return err_set(e, EXIT_OTHER, STAGE_IO, 0, "can't start the editor: %s",
                       uv_strerror(status));
    return ed.status > 0 ? 1 : 0;
}

int edit_text(struct console *c, uv_loop_t *loop, struct buf *text, struct edit_signals signals,
              struct err *e)
{
    char path[256];
    int r = write_file(path, buf_slice(text), e);

    if (r == 0)
        r = run(c, loop, path, signals, e);
    if (r == 0)
        r = read_file(path, text, e);
    else if (r > 0)
        buf_reset(text);
    unlink(path);
    return r < 0 ? -1 : text->len > 0;
}

#include "session/header_cmd.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "base/buf.h"

/* Of standard error only the first line is of interest. */
#define COMPLAINT_MAX 256

struct header_cmd {
    uv_process_t process;
    uv_pipe_t out, err;
    uv_timer_t timer;
    unsigned handles; /* not yet closed; the memory goes with the last */
    bool over;

    header_cmd_done_fn *done;
    void *ctx;
    uint64_t timeout_us;
    struct buf text;
    struct buf complaint;
    bool out_ended, err_ended;
    bool exited;
    int64_t status;
    int signal;
    char chunk[4096];
};

static void on_closed(uv_handle_t *handle)
{
    struct header_cmd *run = handle->data;

    if (--run->handles > 0)
        return;
    buf_clear(&run->text);
    buf_clear(&run->complaint);
    free(run);
}

static void stop(struct header_cmd *run)
{
    run->over = true;
    if (!run->exited && uv_process_get_pid(&run->process) > 0) {
        /* Waited for here, since libuv forgets a process whose handle is closed. */
        uv_process_kill(&run->process, SIGKILL);
        waitpid(uv_process_get_pid(&run->process), NULL, 0);
    }
    uv_close((uv_handle_t *)&run->process, on_closed);
    uv_close((uv_handle_t *)&run->out, on_closed);
    uv_close((uv_handle_t *)&run->err, on_closed);
    uv_close((uv_handle_t *)&run->timer, on_closed);
}

static void finish(struct header_cmd *run, char *text, const struct err *e)
{
    stop(run);
    run->done(run->ctx, text, e);
}

static void fail(struct header_cmd *run, const struct err *e)
{
    /* What came may be a token. */
    if (run->text.data)
        explicit_bzero(run->text.data, run->text.cap);
    finish(run, NULL, e);
}

/* The first line that says something. */
static struct slice first_line(const struct buf *b)
{
    struct slice rest = buf_slice(b);
    size_t n = 0;

    while (rest.len > 0 && (*rest.data == '\n' || *rest.data == '\r' || *rest.data == ' '))
        rest = slice_make(rest.data + 1, rest.len - 1);
    while (n < rest.len && rest.data[n] != '\n' && rest.data[n] != '\r' && rest.data[n] != '\0')
        n++;
    return slice_make(rest.data, n);
}

static void fail_status(struct header_cmd *run)
{
    struct slice said = first_line(&run->complaint);
    const char *text = said.len ? (const char *)said.data : "it said nothing on standard error";
    int len = said.len ? (int)said.len : (int)strlen(text);
    struct err e;

    if (run->signal)
        err_set(&e, EXIT_OTHER, STAGE_HANDSHAKE, 0, "--header-cmd was ended by signal %d: %.*s",
                run->signal, len, text);
    else
        err_set(&e, EXIT_OTHER, STAGE_HANDSHAKE, 0, "--header-cmd failed with exit status %d: %.*s",
                (int)run->status, len, text);
    err_hint(&e, "run the command by itself to see what is the matter");
    fail(run, &e);
}

/* All is known once the command has ended and nobody holds its output open. */
static void look(struct header_cmd *run)
{
    struct err e;
    char *text;

    if (run->over || !run->exited || !run->out_ended)
        return;
    if (run->status != 0 || run->signal != 0) {
        if (run->err_ended)
            fail_status(run);
        return;
    }
    err_clear(&e);
    if (run->text.len > 0 && memchr(buf_data(&run->text), '\0', run->text.len)) {
        err_set(&e, EXIT_OTHER, STAGE_HANDSHAKE, 0,
                "--header-cmd printed a NUL byte, which no header may hold");
        fail(run, &e);
        return;
    }
    text = strndup(run->text.len ? (const char *)buf_data(&run->text) : "", run->text.len);
    if (!text) {
        err_nomem(&e, STAGE_HANDSHAKE, "reading what --header-cmd printed");
        fail(run, &e);
        return;
    }
    if (run->text.data)
        explicit_bzero(run->text.data, run->text.cap);
    finish(run, text, &e);
}

static void on_exit_of(uv_process_t *process, int64_t status, int signal)
{
    struct header_cmd *run = process->data;

    run->exited = true;
    run->status = status;
    run->signal = signal;
    look(run);
}

static void on_timer(uv_timer_t *timer)
{
    struct header_cmd *run = timer->data;
    struct err e;

    err_set(&e, EXIT_OTHER, STAGE_HANDSHAKE, 0,
            "--header-cmd did not end within %g s (--connect-timeout)",
            (double)run->timeout_us / 1e6);
    err_hint(&e, "does it wait for input? there is none; does it leave something running that "
                 "holds its output open?");
    fail(run, &e);
}

static void give_chunk(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct header_cmd *run = handle->data;

    (void)suggested;
    *buf = uv_buf_init(run->chunk, sizeof run->chunk);
}

static void on_output(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct header_cmd *run = stream->data;
    struct err e;

    if (n < 0) {
        run->out_ended = true;
        uv_read_stop(stream);
        look(run);
    } else if (buf_append(&run->text, buf->base, (size_t)n) < 0) {
        err_set(&e, EXIT_OTHER, STAGE_HANDSHAKE, 0,
                "--header-cmd printed more than %d KiB, which can't be headers",
                HEADER_CMD_MAX / 1024);
        fail(run, &e);
    }
}

static void on_complaint(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct header_cmd *run = stream->data;
    size_t room = COMPLAINT_MAX - run->complaint.len;

    if (n < 0) {
        run->err_ended = true;
        uv_read_stop(stream);
        look(run);
    } else if (n > 0) { /* what does not fit is read all the same, or the command would block */
        (void)buf_append(&run->complaint, buf->base, (size_t)n < room ? (size_t)n : room);
    }
}

static int spawn(struct header_cmd *run, uv_loop_t *loop, char *command)
{
    char shell[] = "/bin/sh", option[] = "-c";
    char *args[] = {shell, option, command, NULL};
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_IGNORE},
        {.flags = (uv_stdio_flags)(UV_CREATE_PIPE | UV_WRITABLE_PIPE),
         .data.stream = (uv_stream_t *)&run->out},
        {.flags = (uv_stdio_flags)(UV_CREATE_PIPE | UV_WRITABLE_PIPE),
         .data.stream = (uv_stream_t *)&run->err},
    };
    uv_process_options_t options = {
        .file = shell,
        .args = args,
        .exit_cb = on_exit_of,
        .stdio_count = 3,
        .stdio = stdio,
    };
    int rc = uv_spawn(loop, &run->process, &options); /* has a handle also where it fails */

    if (rc == 0)
        rc = uv_read_start((uv_stream_t *)&run->out, give_chunk, on_output);
    if (rc == 0)
        rc = uv_read_start((uv_stream_t *)&run->err, give_chunk, on_complaint);
    return rc;
}

struct header_cmd *header_cmd_start(uv_loop_t *loop, const char *command, uint64_t timeout_us,
                                    header_cmd_done_fn *done, void *ctx, struct err *e)
{
    struct header_cmd *run = calloc(1, sizeof *run);
    char *copy = strdup(command);
    int rc;

    if (!run || !copy) {
        free(run);
        free(copy);
        err_nomem(e, STAGE_HANDSHAKE, "running --header-cmd");
        return NULL;
    }
    run->done = done;
    run->ctx = ctx;
    run->timeout_us = timeout_us;
    buf_init(&run->text, HEADER_CMD_MAX);
    buf_init(&run->complaint, COMPLAINT_MAX);
    uv_pipe_init(loop, &run->out, 0);
    uv_pipe_init(loop, &run->err, 0);
    uv_timer_init(loop, &run->timer);
    run->process.data = run->out.data = run->err.data = run->timer.data = run;
    run->handles = 4;
    rc = spawn(run, loop, copy);
    free(copy);
    if (rc == 0 && timeout_us)
        rc = uv_timer_start(&run->timer, on_timer, (timeout_us + 999) / 1000, 0);
    if (rc == 0)
        return run;
    err_set(e, EXIT_OTHER, STAGE_HANDSHAKE, -rc, "can't run --header-cmd: %s", uv_strerror(rc));
    stop(run);
    return NULL;
}

void header_cmd_cancel(struct header_cmd *run)
{
    if (run && !run->over)
        stop(run);
}

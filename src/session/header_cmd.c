#include "session/header_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/decimal.h"
#include "net/timer.h"
#include "net/watch.h"

/* Of standard error only the first line is of interest. */
#define COMPLAINT_MAX 256
/* A command that has closed its output ends at once, as a rule: how soon to look, and look again.
 */
#define REAP_US 2000

/* One of its outputs. */
struct stream {
    int fd; /* -1: at its end */
    struct watch *watch;
    struct buf text;
};

struct header_cmd {
    pid_t pid; /* 0: it has ended, and `status` is that of waitpid */
    int status;
    struct stream out, err;
    struct timer *limit, *reap;
    uint64_t timeout_us;
    header_cmd_done_fn *done;
    void *ctx;
};

static void stream_end(struct stream *s)
{
    watch_free(s->watch);
    s->watch = NULL;
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

static void stop(struct header_cmd *run)
{
    if (run->pid > 0) {
        kill(run->pid, SIGKILL);
        waitpid(run->pid, NULL, 0);
    }
    stream_end(&run->out);
    stream_end(&run->err);
    timer_free(run->limit);
    timer_free(run->reap);
    if (run->out.text.data) /* it may be a token */
        explicit_bzero(run->out.text.data, run->out.text.cap);
    buf_clear(&run->out.text);
    buf_clear(&run->err.text);
    free(run);
}

/* The last that happens to it. text is given away. */
static void finish(struct header_cmd *run, char *text, const struct err *e)
{
    header_cmd_done_fn *done = run->done;
    void *ctx = run->ctx;

    stop(run);
    done(ctx, text, e);
}

/* The first line that is not blank. */
static struct slice first_line(const struct buf *b)
{
    struct slice rest = buf_slice(b);
    size_t n = 0;

    while (rest.len > 0 && (*rest.data == '\n' || *rest.data == '\r' || *rest.data == ' '))
        rest = slice_from(rest, 1);
    while (n < rest.len && rest.data[n] != '\n' && rest.data[n] != '\r' && rest.data[n] != '\0')
        n++;
    return slice_make(rest.data, n);
}

static void fail_status(struct header_cmd *run)
{
    struct slice said = first_line(&run->err.text);
    const char *text = said.len ? (const char *)said.data : "it printed nothing on standard error";
    int len = said.len ? (int)said.len : (int)strlen(text);
    struct err e;

    if (WIFSIGNALED(run->status))
        err_set(&e, EXIT_OTHER, STAGE_HANDSHAKE, 0, "--header-cmd was ended by signal %d: %.*s",
                WTERMSIG(run->status), len, text);
    else
        err_set(&e, EXIT_OTHER, STAGE_HANDSHAKE, 0, "--header-cmd failed with exit status %d: %.*s",
                WEXITSTATUS(run->status), len, text);
    err_hint(&e, "run the command by itself to see why");
    finish(run, NULL, &e);
}

static void succeed(struct header_cmd *run)
{
    const struct buf *out = &run->out.text;
    char *text = NULL;
    struct err e;

    err_clear(&e);
    if (out->len > 0 && memchr(buf_data(out), '\0', out->len)) {
        err_set(&e, EXIT_OTHER, STAGE_HANDSHAKE, 0,
                "--header-cmd printed a NUL byte, which no header may hold");
    } else {
        text = strndup(out->len ? (const char *)buf_data(out) : "", out->len);
        if (!text)
            err_nomem(&e, STAGE_HANDSHAKE, "reading what --header-cmd printed");
    }
    finish(run, text, &e);
}

/* Has it ended? */
static bool has_ended(struct header_cmd *run)
{
    pid_t r;

    if (run->pid == 0)
        return true;
    while ((r = waitpid(run->pid, &run->status, WNOHANG)) < 0 && errno == EINTR)
        ;
    if (r == 0)
        return false;
    run->pid = 0;
    return true;
}

/* Everything is known once it has ended and no process has its output open. */
static void look(void *ctx)
{
    struct header_cmd *run = ctx;

    if (run->out.fd >= 0)
        return;
    if (!has_ended(run))
        timer_start(run->reap, REAP_US, look);
    else if (run->status == 0)
        succeed(run);
    else if (run->err.fd < 0)
        fail_status(run);
}

static void on_limit(void *ctx)
{
    struct header_cmd *run = ctx;
    struct err e;

    err_set(&e, EXIT_OTHER, STAGE_HANDSHAKE, 0,
            "--header-cmd did not end within %s s (--connect-timeout)",
            decimal_millionths(run->timeout_us).text);
    err_hint(&e, "does it wait for input? there is none; does it leave something running that "
                 "holds its output open?");
    finish(run, NULL, &e);
}

/* What it wrote: up to size bytes; 0: nothing now; -1: it is at its end. */
static ssize_t stream_read(struct stream *s, char *chunk, size_t size)
{
    ssize_t n = read(s->fd, chunk, size);

    if (n > 0)
        return n;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    stream_end(s);
    return -1;
}

static void on_output(void *ctx, int status)
{
    struct header_cmd *run = ctx;
    char chunk[4096];
    ssize_t n = stream_read(&run->out, chunk, sizeof chunk);
    struct err e;
    bool fits = n <= 0 || buf_append(&run->out.text, chunk, (size_t)n) == 0;

    (void)status; /* reading finds it again */
    explicit_bzero(chunk, sizeof chunk);
    if (n < 0) {
        look(run);
    } else if (!fits) {
        err_set(&e, EXIT_OTHER, STAGE_HANDSHAKE, 0,
                "--header-cmd printed more than %d KiB, which can't be headers",
                HEADER_CMD_MAX / 1024);
        finish(run, NULL, &e);
    }
}

static void on_complaint(void *ctx, int status)
{
    struct header_cmd *run = ctx;
    char chunk[4096];
    ssize_t n = stream_read(&run->err, chunk, sizeof chunk);
    size_t room = COMPLAINT_MAX - run->err.text.len;

    (void)status;
    if (n < 0)
        look(run);
    else if (n > 0) /* what does not fit is read all the same, or the command would block */
        (void)buf_append(&run->err.text, chunk, (size_t)n < room ? (size_t)n : room);
}

/* A pipe whose writing end is *to. 0 or an error of libuv's. */
static int stream_open(struct stream *s, int *to)
{
    uv_file fds[2];
    int rc = uv_pipe(fds, UV_NONBLOCK_PIPE, 0);

    if (rc < 0)
        return rc;
    s->fd = fds[0];
    *to = fds[1];
    return 0;
}

/* Where SIGCHLD is ignored, as some programs leave it, the exit status would be lost. */
static void heed_children(void)
{
    struct sigaction now;

    if (sigaction(SIGCHLD, NULL, &now) == 0 && now.sa_handler == SIG_IGN)
        signal(SIGCHLD, SIG_DFL);
}

/* With no signal blocked or ignored, nothing to read, and its outputs in out and err. 0 or an
 * errno. */
static int spawn(pid_t *pid, char *command, int out, int err)
{
    char shell[] = "/bin/sh", option[] = "-c";
    char *args[] = {shell, option, command, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int rc;

    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    rc = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(&files, out, 1);
    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(&files, err, 2);
    heed_children();
    if (rc == 0)
        rc = posix_spawn(pid, shell, &files, &attributes, args, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return rc;
}

/* 0 or -1 with *e; what was begun is there for stop. */
static int start(struct header_cmd *run, uv_loop_t *loop, const char *command, struct err *e)
{
    char *copy = strdup(command);
    int out = -1, err = -1, rc = 0;

    run->limit = timer_new(loop, run);
    run->reap = timer_new(loop, run);
    if (!copy || !run->limit || !run->reap) {
        free(copy);
        return err_nomem(e, STAGE_HANDSHAKE, "running --header-cmd");
    }
    rc = stream_open(&run->out, &out);
    if (rc == 0)
        rc = stream_open(&run->err, &err);
    if (rc == 0)
        rc = -spawn(&run->pid, copy, out, err);
    free(copy);
    if (out >= 0)
        close(out);
    if (err >= 0)
        close(err);
    if (rc < 0) {
        run->pid = 0;
        return err_set(e, EXIT_OTHER, STAGE_HANDSHAKE, -rc, "can't run --header-cmd: %s",
                       uv_strerror(rc));
    }
    run->out.watch = watch_new(loop, run->out.fd, on_output, run, e);
    run->err.watch = run->out.watch ? watch_new(loop, run->err.fd, on_complaint, run, e) : NULL;
    if (!run->err.watch)
        return -1;
    watch_set(run->out.watch, LINK_READABLE);
    watch_set(run->err.watch, LINK_READABLE);
    if (run->timeout_us)
        timer_start(run->limit, run->timeout_us, on_limit);
    return 0;
}

struct header_cmd *header_cmd_start(uv_loop_t *loop, const char *command, uint64_t timeout_us,
                                    header_cmd_done_fn *done, void *ctx, struct err *e)
{
    struct header_cmd *run = calloc(1, sizeof *run);

    if (!run) {
        err_nomem(e, STAGE_HANDSHAKE, "running --header-cmd");
        return NULL;
    }
    run->done = done;
    run->ctx = ctx;
    run->timeout_us = timeout_us;
    run->out.fd = run->err.fd = -1;
    buf_init(&run->out.text, HEADER_CMD_MAX);
    buf_init(&run->err.text, COMPLAINT_MAX);
    if (start(run, loop, command, e) == 0)
        return run;
    stop(run);
    return NULL;
}

void header_cmd_cancel(struct header_cmd *run)
{
    if (run)
        stop(run);
}

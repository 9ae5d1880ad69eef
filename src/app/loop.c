#include "app/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

/* How many must be free: libuv's epoll descriptor, the event that wakes it, the pipes of signals
 * (two of the program, two of the loop), and a few for what the run opens: a socket, a file. */
#define DESCRIPTORS 10

/* Turns in which what was closed is let go. */
#define LAST_TURNS 8

/* How many of DESCRIPTORS are free; with errno if that is not all. */
static int count_free(void)
{
    int fds[DESCRIPTORS];
    int count = 0, error = 0;

    while (count < DESCRIPTORS) {
        fds[count] = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        if (fds[count] < 0) {
            error = errno;
            break;
        }
        count++;
    }
    for (int i = 0; i < count; i++)
        close(fds[i]);
    errno = error;
    return count;
}

static int check_descriptors(struct err *e)
{
    int free_now = count_free();
    int error = errno;
    struct rlimit limit = {0};

    if (free_now == DESCRIPTORS)
        return 0;
    getrlimit(RLIMIT_NOFILE, &limit);
    if (error == ENFILE)
        err_set(e, EXIT_OTHER, STAGE_IO, error, "the system has no file descriptors left");
    else
        err_set(e, EXIT_OTHER, STAGE_IO, error,
                "too few file descriptors: the limit of %llu leaves %d free, and %d are needed",
                (unsigned long long)limit.rlim_cur, free_now, DESCRIPTORS);
    err_hint(e, "raise the limit: ulimit -n 1024");
    return -1;
}

static int fail(int rc, const char *what, struct err *e)
{
    char reason[128];

    if (rc == UV_ENOMEM)
        return err_nomem(e, STAGE_IO, what);
    return err_set(e, EXIT_OTHER, STAGE_IO, -rc, "error while %s: %s", what,
                   uv_strerror_r(rc, reason, sizeof reason));
}

int app_loop_init(struct app_loop *loop, struct err *e)
{
    int rc;

    *loop = (struct app_loop){.open = false};
    if (check_descriptors(e) < 0)
        return -1;
    rc = uv_loop_init(&loop->uv);
    if (rc < 0)
        return fail(rc, "starting the event loop", e);
    supplies_init(&loop->supplies);
    loop->open = true;
    return 0;
}

uv_signal_t *app_loop_signal(struct app_loop *loop, int number, uv_signal_cb on_signal, void *ctx,
                             struct err *e)
{
    uv_signal_t *handle = &loop->signals[loop->signal_count];
    int rc = uv_signal_init(&loop->uv, handle);

    if (rc == 0) {
        loop->signal_count++;
        handle->data = ctx;
        rc = uv_signal_start(handle, on_signal, number);
    }
    if (rc == 0)
        return handle;
    fail(rc, "preparing for signals", e);
    return NULL;
}

int app_loop_stop_signals(struct app_loop *loop, uv_signal_cb on_signal, void *ctx, struct err *e)
{
    return app_loop_signal(loop, SIGINT, on_signal, ctx, e) &&
                   app_loop_signal(loop, SIGTERM, on_signal, ctx, e)
               ? 0
               : -1;
}

void app_loop_unsignal(struct app_loop *loop)
{
    for (unsigned i = 0; i < loop->signal_count; i++)
        uv_close((uv_handle_t *)&loop->signals[i], NULL);
    loop->signal_count = 0;
}

static void close_any(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void app_loop_close(struct app_loop *loop, int code)
{
    if (!loop->open)
        return;
    loop->open = false;
    app_loop_unsignal(loop);
    uv_run(&loop->uv, UV_RUN_NOWAIT);
    uv_walk(&loop->uv, close_any, NULL);
    for (int turn = 0; uv_loop_close(&loop->uv) == UV_EBUSY; turn++) {
        if (turn == LAST_TURNS)
            _exit(code);
        uv_run(&loop->uv, UV_RUN_NOWAIT);
    }
    supplies_clear(&loop->supplies);
}

#include "verb/compare/compare.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "app/complain.h"
#include "base/clock.h"
#include "verb/compare/compare_private.h"

/* What may wait for a slow reader. */
#define OUT_LIMIT (1024 * 1024)

static bool done(const struct output *output)
{
    return output->failed || out_queued(output->out) == 0;
}

static void stop_if_written(struct compare_front *front)
{
    if (front->stopped && done(&front->out) && done(&front->err))
        uv_stop(&front->loop.uv);
}

static enum exit_code code_of(const struct compare_front *front)
{
    return front->code >= 0 ? (enum exit_code)front->code : comparing_code(front->run);
}

static void on_tick(void *ctx, uint64_t now_us)
{
    show_tick(ctx, now_us);
}

static void fail(struct compare_front *front, const struct err *e)
{
    show_error(front, e);
    if (front->code < 0)
        front->code = (int)e->code;
}

/* What was measured stands: say it. */
static void on_over(void *ctx)
{
    struct compare_front *front = ctx;
    struct err e;

    if (front->report_fd >= 0 && show_report(front, &e) < 0)
        fail(front, &e);
    if (show_end(front, &e) < 0)
        fail(front, &e);
}

static void on_closed(void *ctx)
{
    struct compare_front *front = ctx;

    front->stopped = true;
    show_summary(front, code_of(front));
    stop_if_written(front);
}

static void on_note(void *ctx, const char *text)
{
    show_note(ctx, text);
}

static void on_limit(uv_timer_t *timer)
{
    struct compare_front *front = timer->data;

    if (front->code < 0 && !front->run->over)
        front->code = EXIT_TIMEOUT;
    comparing_finish(front->run);
}

/* Twice: at once. */
static void on_signal(uv_signal_t *handle, int number)
{
    struct compare_front *front = handle->data;

    front->code = 128 + number;
    if (front->run->over)
        uv_stop(&front->loop.uv);
    else
        comparing_finish(front->run);
}

static void on_output_full(void *ctx)
{
    (void)ctx; /* what is printed meanwhile is left out then */
}

static void on_output_written(void *ctx)
{
    stop_if_written(ctx);
}

static void on_output_failed(void *ctx, struct output *output)
{
    struct compare_front *front = ctx;
    struct err e;

    if (output == &front->out && output->out->error != EPIPE) {
        err_set(&e, EXIT_OTHER, STAGE_IO, output->out->error, "can't write to standard output: %s",
                strerror(output->out->error));
        show_error(front, &e);
        front->code = EXIT_OTHER;
    }
    if (output == &front->out && front->report_fd < 0)
        comparing_finish(front->run); /* nobody is left to tell */
    stop_if_written(front);
}

static int init_handles(struct compare_front *front, struct err *e)
{
    const struct output_hooks hooks = {on_output_full, on_output_written, on_output_failed, front};

    if (app_loop_init(&front->loop, e) < 0)
        return -1;
    output_init(&front->out, &front->loop.uv, &front->out_bytes, &hooks);
    output_init(&front->err, &front->loop.uv, &front->err_bytes, &hooks);
    uv_timer_init(&front->loop.uv, &front->limit);
    front->limit.data = front;
    return app_loop_stop_signals(&front->loop, on_signal, front, e);
}

static int open_report(struct compare_front *front, struct err *e)
{
    const char *path = front->options->compare.report;

    front->report_fd = -1;
    if (!path)
        return 0;
    front->report_fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (front->report_fd >= 0)
        return 0;
    err_set(e, EXIT_USAGE, STAGE_USAGE, errno, "can't write the page to \"%s\" (--report): %s",
            path, strerror(errno));
    return -1;
}

static int prepare(struct compare_front *front, struct err *e)
{
    const struct options *o = front->options;
    const struct comparing_hooks hooks = {on_tick, on_over, on_closed, on_note, NULL, front};

    if (open_report(front, e) < 0)
        return -1;
    front->run = comparing_new(&front->loop.uv, o, front->start_us, &hooks,
                               o->json ? &front->out_bytes : NULL,
                               compare_detailed(o) ? &front->err_bytes : NULL, e);
    return front->run ? 0 : -1;
}

static void run_loop(struct compare_front *front)
{
    uint64_t max_us = front->options->ws.max_time_us;

    show_init(front);
    if (max_us)
        uv_timer_start(&front->limit, on_limit, (max_us + 999) / 1000, 0);
    comparing_open(front->run);
    uv_run(&front->loop.uv, UV_RUN_DEFAULT);
    front->code = (int)code_of(front);
}

enum exit_code compare_run(const struct options *o, uint64_t start_us)
{
    struct compare_front front = {.options = o, .start_us = start_us, .code = -1, .report_fd = -1};
    struct err e;

    out_init(&front.out_bytes, STDOUT_FILENO, OUT_LIMIT);
    out_init(&front.err_bytes, STDERR_FILENO, OUT_LIMIT);
    if (init_handles(&front, &e) < 0) {
        front.code = (int)complain_err(&e);
    } else if (prepare(&front, &e) == 0) {
        run_loop(&front);
    } else {
        front.code = e.code;
        show_error(&front, &e);
    }
    out_drain(&front.err_bytes, 0);
    out_drain(&front.out_bytes, 0);
    comparing_free(front.run);
    if (front.report_fd >= 0)
        close(front.report_fd);
    app_loop_close(&front.loop, front.code);
    out_clear(&front.out_bytes);
    out_clear(&front.err_bytes);
    return (enum exit_code)front.code;
}

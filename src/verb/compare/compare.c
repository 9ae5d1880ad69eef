#include "verb/compare/compare.h"

#include <unistd.h>

#include "app/result_file.h"
#include "verb/compare/compare_private.h"

/* What may wait for a slow reader. */
#define OUT_LIMIT (1024 * 1024)

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
    app_fail(front->app, e);
    if (front->code < 0)
        front->code = (int)e->code;
}

/* The measurement is valid: show it. */
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

    show_summary(front, code_of(front));
    app_end(front->app);
}

static void on_note(void *ctx, const char *text)
{
    show_note(ctx, text);
}

static void on_limit(void *ctx, const struct err *e)
{
    struct compare_front *front = ctx;

    bool cut = front->code < 0 && !front->run->over;

    if (cut)
        front->code = (int)e->code;
    comparing_finish(front->run);
    if (cut)
        app_fail(front->app, e); /* after the table, which takes the place of the live one */
}

/* Twice: at once. */
static void on_signal(void *ctx, int number)
{
    struct compare_front *front = ctx;

    front->code = 128 + number;
    if (front->run->over)
        app_leave(front->app);
    else
        comparing_finish(front->run);
}

static void on_output_gone(void *ctx, const struct err *e)
{
    struct compare_front *front = ctx;

    if (e) {
        app_fail(front->app, e);
        front->code = EXIT_OTHER;
    }
    if (front->report_fd < 0)
        comparing_finish(front->run); /* no one is left to report to */
}

static int prepare(struct compare_front *front, struct err *e)
{
    struct app *app = front->app;
    const struct comparing_config config = {
        .connect = app->connect,
        .view = app->view,
        .fault = app->fault,
        .for_us = app->limits->for_us,
        .together = true,
        .time = front->own->time,
        .clients = front->own->clients,
        .client_count = front->own->client_count,
    };
    const struct comparing_hooks hooks = {on_tick, on_over, on_closed, on_note, NULL, front};

    if (result_file_open(front->own->report, "--report", &front->report_fd, e) < 0)
        return -1;
    front->run = comparing_new(&app->loop, &config, app->start_us, &hooks,
                               app->view->json ? &front->out_bytes : NULL,
                               compare_detailed(app->view) ? &front->err_bytes : NULL, e);
    return front->run ? 0 : -1;
}

static void run_loop(struct compare_front *front)
{
    show_init(front);
    comparing_open(front->run);
    app_run(front->app);
    front->code = (int)code_of(front);
}

enum exit_code compare_run(struct app *app, const void *own)
{
    struct compare_front front = {.app = app, .own = own, .code = -1, .report_fd = -1};
    const struct app_hooks hooks = {NULL, NULL, on_output_gone, on_signal, on_limit, &front};
    struct err e;

    out_init(&front.out_bytes, STDOUT_FILENO, OUT_LIMIT);
    out_init(&front.err_bytes, STDERR_FILENO, OUT_LIMIT);
    if (app_init(app, &front.out_bytes, &front.err_bytes, &hooks, &e) < 0) {
        front.code = (int)app_fail(app, &e);
    } else if (prepare(&front, &e) == 0) {
        run_loop(&front);
    } else {
        front.code = (int)e.code;
        app_fail(app, &e);
    }
    app_drain(app);
    comparing_free(front.run);
    if (front.report_fd >= 0)
        close(front.report_fd);
    app_close(app, front.code);
    out_clear(&front.out_bytes);
    out_clear(&front.err_bytes);
    return (enum exit_code)front.code;
}

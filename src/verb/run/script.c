#include "verb/run/script.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/app.h"
#include "base/clock.h"
#include "verb/run/script_private.h"

/* Connections of the server have ended with the tests; this is for those of others. */
#define STOP_MS 500

/* --- results ------------------------------------------------------------------------------------
 */

static void count(struct results_total *total, const struct result *r)
{
    if (r->status == RESULT_SKIPPED)
        total->skipped++;
    else if (r->todo)
        total->todo++;
    else if (r->status == RESULT_FAILED)
        total->failed++;
    else
        total->passed++;
}

void script_report(struct script_run *run, const struct result *result)
{
    count(&run->total, result);
    run->reported++;
    progress_clear(run);
    for (size_t i = 0; i < run->reporter_count; i++)
        run->reporters[i]->test(run->reporters[i], result);
    out_flush(&run->out);
}

/* Nothing more will happen. */
static void finish(struct script_run *run)
{
    if (run->finished)
        return;
    run->finished = true;
    progress_clear(run);
    run->total.us = clock_mono_us() - run->app->start_us;
    for (size_t i = 0; i < run->reporter_count; i++)
        run->reporters[i]->end(run->reporters[i], &run->total, run->bail);
    app_leave(run->app);
}

void script_job_idle(struct script_run *run)
{
    for (size_t i = 0; i < run->job_count; i++) {
        if (run->jobs[i].active)
            return;
    }
    finish(run);
}

static void bail(struct script_run *run, const char *why, int code)
{
    if (run->finished)
        return;
    run->bail = why;
    run->code = code;
    for (size_t i = 0; i < run->job_count; i++)
        job_abort(&run->jobs[i], why);
    finish(run);
}

static void on_signal(void *ctx, int number)
{
    struct script_run *run = ctx;

    bail(run, number == SIGINT ? "interrupted (SIGINT)" : "terminated (SIGTERM)", 128 + number);
}

static void on_limit(void *ctx, const struct err *e)
{
    struct script_run *run = ctx;

    app_fail(run->app, e);
    bail(run, "the time limit (--max-time) is over", EXIT_TIMEOUT);
}

/* --- the beginning ------------------------------------------------------------------------------
 */

static int fail_path(struct script_run *run, const char *what, const char *path)
{
    struct err e;

    err_set(&e, EXIT_USAGE, STAGE_USAGE, errno, "%s %s: %s", what, path, strerror(errno));
    app_fail(run->app, &e);
    return -1;
}

static int fail_memory(struct script_run *run)
{
    struct err e;

    err_nomem(&e, STAGE_IO, "starting");
    app_fail(run->app, &e);
    return -1;
}

/* Better known before the first test than after the last. */
static int open_files(struct script_run *run)
{
    const struct run_options *o = run->own;
    struct stat st;

    if (o->junit) {
        run->junit_fd = open(o->junit, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        if (run->junit_fd < 0)
            return fail_path(run, "--junit: can't write", o->junit);
        out_init(&run->junit_out, run->junit_fd, SIZE_MAX / 4);
    }
    if (o->transcript) {
        if (mkdir(o->transcript, 0777) < 0 && errno != EEXIST)
            return fail_path(run, "--transcript: can't make the directory", o->transcript);
        if (stat(o->transcript, &st) == 0 && !S_ISDIR(st.st_mode)) {
            errno = ENOTDIR;
            return fail_path(run, "--transcript: can't write to", o->transcript);
        }
        if (access(o->transcript, W_OK | X_OK) < 0)
            return fail_path(run, "--transcript: can't write to", o->transcript);
    }
    return 0;
}

static int add_reporter(struct script_run *run, struct reporter *r)
{
    if (!r)
        return -1;
    run->reporters[run->reporter_count++] = r;
    return 0;
}

static int make_reporters(struct script_run *run)
{
    const struct run_options *o = run->own;
    int status =
        add_reporter(run, run->app->view->json ? results_json_new(&run->out) : tap_new(&run->out));

    if (o->junit)
        status |= add_reporter(run, junit_new(&run->junit_out));
    return status < 0 ? fail_memory(run) : 0;
}

static int start_server(struct script_run *run, const struct server_config *config)
{
    const char *against = run->own->against;
    struct err e;

    if (!against)
        return 0;
    if (strcmp(against, "serve") != 0) {
        struct err wrong;
        struct url url;

        if (url_parse(&url, against, &wrong) < 0) {
            err_set(&e, EXIT_USAGE, STAGE_USAGE, 0, "--against takes \"serve\" or a URL: %.400s",
                    wrong.text);
            app_fail(run->app, &e);
            return -1;
        }
        url_clear(&url);
        snprintf(run->base, sizeof run->base, "%s", against);
        return 0;
    }
    run->server = server_new(&run->app->loop.uv, config, &run->silent, &e);
    if (!run->server) {
        app_fail(run->app, &e);
        return -1;
    }
    snprintf(run->base, sizeof run->base, "%s", server_url(run->server));
    return 0;
}

static int make_jobs(struct script_run *run)
{
    size_t n = (size_t)run->own->jobs;

    if (n > run->script_count)
        n = run->script_count;
    run->jobs = calloc(n, sizeof *run->jobs);
    if (!run->jobs)
        return fail_memory(run);
    run->job_count = n;
    for (size_t i = 0; i < n; i++) {
        struct script_job *job = &run->jobs[i];

        job->run = run;
        uv_timer_init(&run->app->loop.uv, &job->kick);
        uv_timer_init(&run->app->loop.uv, &job->timer);
        job->kick.data = job->timer.data = job;
    }
    return 0;
}

static void run_all(struct script_run *run)
{
    int64_t now = clock_wall_us();

    for (size_t i = 0; i < run->reporter_count; i++)
        run->reporters[i]->begin(run->reporters[i], run->test_count, run->script_count, now);
    out_flush(&run->out);
    for (size_t i = 0; i < run->job_count; i++)
        run->jobs[i].active = true;
    for (size_t i = 0; i < run->job_count; i++)
        job_start(&run->jobs[i]);
    app_run(run->app);
}

/* --- the end ------------------------------------------------------------------------------------
 */

static int written(struct script_run *run, struct out *out, const char *what)
{
    struct err e;

    if (out_drain(out, -1) >= 0 || out->error == EPIPE)
        return 0;
    err_set(&e, EXIT_OTHER, STAGE_IO, out->error, "can't write %s: %s", what, strerror(out->error));
    app_fail(run->app, &e);
    return -1;
}

static void on_stopped(void *ctx)
{
    struct script_run *run = ctx;

    run->server_gone = true;
    app_leave(run->app); /* or this turn of the loop waits for something to happen */
}

static void close_handles(struct script_run *run)
{
    if (run->server)
        server_stop(run->server, STOP_MS, on_stopped, run);
    while (run->server && !run->server_gone)
        uv_run(&run->app->loop.uv, UV_RUN_ONCE);
    server_free(run->server);
    for (size_t i = 0; i < run->job_count; i++) {
        uv_close((uv_handle_t *)&run->jobs[i].kick, NULL);
        uv_close((uv_handle_t *)&run->jobs[i].timer, NULL);
    }
}

static enum exit_code code_of(const struct script_run *run)
{
    if (run->code >= 0)
        return (enum exit_code)run->code;
    return run->total.failed > 0 ? EXIT_EXPECT : EXIT_OK;
}

static void clear(struct script_run *run)
{
    for (size_t i = 0; i < run->reporter_count; i++)
        run->reporters[i]->free(run->reporters[i]);
    for (size_t i = 0; i < run->script_count; i++)
        script_clear(&run->scripts[i]);
    free(run->scripts);
    free(run->jobs);
    out_clear(&run->out);
    if (run->junit_fd >= 0) {
        out_clear(&run->junit_out);
        close(run->junit_fd);
    }
}

enum exit_code script_run(struct app *app, const void *own)
{
    struct script_run run = {.app = app, .own = own, .code = -1, .junit_fd = -1};
    const struct app_hooks hooks = {.signal = on_signal, .limit = on_limit, .ctx = &run};
    const struct server_config config =
        server_config_own(10, 1024, &app->loop.supplies, app->start_us);
    enum exit_code code = EXIT_USAGE;
    struct err e;

    bus_init(&run.silent);
    out_init(&run.out, STDOUT_FILENO, SIZE_MAX / 4);
    run.progress = isatty(STDERR_FILENO) && app->view->level >= 0;
    if (app_init(app, NULL, NULL, &hooks, &e) < 0)
        code = app_fail(app, &e);
    else if (start_server(&run, &config) == 0 && script_load(&run) == 0 && open_files(&run) == 0 &&
             make_reporters(&run) == 0 && make_jobs(&run) == 0) {
        run_all(&run);
        code = code_of(&run);
    }
    if (written(&run, &run.out, "to standard output") < 0 ||
        (run.junit_fd >= 0 && written(&run, &run.junit_out, run.own->junit) < 0))
        code = EXIT_OTHER;
    close_handles(&run);
    app_close(app, (int)code);
    clear(&run);
    return code;
}

#include "front/compare.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "front/compare_private.h"

/* How often the live table is painted. */
#define TICK_MS 250
/* What may wait for a slow reader. */
#define OUT_LIMIT (1024 * 1024)
#define ERR_LIMIT (1024 * 1024)

static const uint64_t usual_clients[] = {1, 1000, 100000};

static uint64_t since_start(const struct comparing *run)
{
    return clock_mono_us() - run->start_us;
}

uint64_t comparing_end_us(const struct comparing *run)
{
    return run->compare.begin_us + run->options->ws.for_us;
}

/* --- the end ------------------------------------------------------------------------------------
 */

static bool done(const struct output *output)
{
    return output->failed || out_queued(output->out) == 0;
}

static void stop_if_written(struct comparing *run)
{
    if (run->stopped && done(&run->out) && done(&run->err))
        uv_stop(&run->loop);
}

static enum exit_code code_of(const struct comparing *run)
{
    return run->code >= 0 ? (enum exit_code)run->code : lanes_code(run);
}

/* All channels are closed. */
static void stop(struct comparing *run)
{
    if (run->stopped)
        return;
    run->stopped = true;
    show_summary(run, code_of(run));
    stop_if_written(run);
}

/* What was measured stands; say it, then hang up. */
static void finish(struct comparing *run)
{
    const struct options *o = run->options;
    struct err e;

    if (run->over)
        return;
    figures_make(&run->figures, &run->compare, since_start(run));
    if (o->compare.client_count)
        scale_make(&run->scale, &run->figures, o->compare.clients, o->compare.client_count);
    else
        scale_make(&run->scale, &run->figures, usual_clients,
                   sizeof usual_clients / sizeof *usual_clients);
    run->over = true;
    uv_timer_stop(&run->tick);
    if (run->report_fd >= 0 && show_report(run, &e) < 0) {
        show_error(run, &e);
        if (run->code < 0)
            run->code = e.code;
    }
    show_end(run);
    lanes_close(run);
    if (lanes_ended(run))
        stop(run);
}

static void on_limit(uv_timer_t *timer);

void comparing_lane_ended(struct comparing *run)
{
    if (!lanes_ended(run))
        return;
    if (run->over) {
        stop(run);
    } else {
        /* Nothing more can come. In a turn of its own: a session is on the stack. */
        uv_timer_start(&run->limit, on_limit, 0, 0);
    }
}

static void on_limit(uv_timer_t *timer)
{
    struct comparing *run = timer->data;
    uint64_t max_us = run->options->ws.max_time_us;

    if (!lanes_ended(run) && max_us && since_start(run) >= max_us && run->code < 0)
        run->code = EXIT_TIMEOUT;
    finish(run);
}

static void on_tick(uv_timer_t *timer)
{
    struct comparing *run = timer->data;
    uint64_t now_us = since_start(run);
    /* Where none ever came up, the time counts from the start. */
    uint64_t end_us = comparing_end_us(run) + (run->compare.counting ? 0 : COMPARE_PATIENCE_US);

    compare_tick(&run->compare, now_us);
    if (now_us >= end_us) {
        finish(run);
        return;
    }
    show_tick(run, now_us);
    if (end_us - now_us < TICK_MS * 1000)
        uv_timer_start(timer, on_tick, (end_us - now_us + 999) / 1000, TICK_MS);
}

/* Twice: at once. */
static void on_signal(uv_signal_t *handle, int number)
{
    struct comparing *run = handle->data;

    if (run->over) {
        run->code = 128 + number;
        uv_stop(&run->loop);
        return;
    }
    run->code = 128 + number;
    finish(run);
}

/* The loop is about to wait. */
static void on_idle(uv_prepare_t *prepare)
{
    struct comparing *run = prepare->data;

    traffic_meter_charge(&run->meter, NULL);
}

/* --- outputs ------------------------------------------------------------------------------------
 */

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
    struct comparing *run = ctx;
    struct err e;

    if (output == &run->out && output->out->error != EPIPE) {
        err_set(&e, EXIT_OTHER, STAGE_IO, output->out->error, "can't write to standard output: %s",
                strerror(output->out->error));
        show_error(run, &e);
        run->code = EXIT_OTHER;
    }
    if (output == &run->out && !run->over && run->report_fd < 0)
        finish(run); /* nobody is left to tell */
    stop_if_written(run);
}

/* --- life ---------------------------------------------------------------------------------------
 */

static void close_any(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void init_handles(struct comparing *run)
{
    const struct output_hooks hooks = {on_output_full, on_output_written, on_output_failed, run};

    uv_loop_init(&run->loop);
    output_init(&run->out, &run->loop, &run->out_bytes, &hooks);
    output_init(&run->err, &run->loop, &run->err_bytes, &hooks);
    uv_prepare_init(&run->loop, &run->idle);
    uv_timer_init(&run->loop, &run->tick);
    uv_timer_init(&run->loop, &run->limit);
    uv_signal_init(&run->loop, &run->interrupt);
    uv_signal_init(&run->loop, &run->terminate);
    run->idle.data = run->tick.data = run->limit.data = run;
    run->interrupt.data = run->terminate.data = run;
    uv_prepare_start(&run->idle, on_idle);
    uv_unref((uv_handle_t *)&run->idle);
    uv_signal_start(&run->interrupt, on_signal, SIGINT);
    uv_signal_start(&run->terminate, on_signal, SIGTERM);
}

static void carried(void *ctx, unsigned channel, struct compare_carried *carried)
{
    const struct comparing *run = ctx;
    const struct traffic *traffic = &run->lanes[channel].traffic;
    struct traffic_counts n = traffic_read(traffic);

    *carried = (struct compare_carried){
        .up = n.up,
        .down = n.down,
        .segments_up = n.segments_up,
        .segments_down = n.segments_down,
        .stream_up = n.stream_up,
        .stream_down = n.stream_down,
        .connections = n.connections,
        .retransmits = n.retransmits,
        .cpu_us = traffic->cpu_ns / 1000,
        .kernel = n.kernel,
    };
}

static int open_report(struct comparing *run, struct err *e)
{
    const char *path = run->options->compare.report;

    run->report_fd = -1;
    if (!path)
        return 0;
    run->report_fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (run->report_fd >= 0)
        return 0;
    err_set(e, EXIT_USAGE, STAGE_USAGE, errno, "can't write the page to \"%s\" (--report): %s",
            path, strerror(errno));
    return -1;
}

static int prepare(struct comparing *run, struct err *e)
{
    const struct options *o = run->options;
    struct compare_config config = {.id = o->account.id ? o->account.id : o->account.seq,
                                    .time = o->compare.time,
                                    .carried = carried,
                                    .ctx = run};

    if (getentropy(config.seed, sizeof config.seed) != 0)
        return err_set(e, EXIT_OTHER, STAGE_IO, 0, "there are no random numbers");
    if (compare_init(&run->compare, &config) < 0)
        return err_nomem(e, STAGE_IO, "starting");
    if (open_report(run, e) < 0)
        return -1;
    return lanes_make(run, e);
}

static void run_loop(struct comparing *run)
{
    show_init(run);
    lanes_open(run);
    uv_timer_start(&run->tick, on_tick, TICK_MS, TICK_MS);
    if (lanes_ended(run))
        uv_timer_start(&run->limit, on_limit, 0, 0);
    else if (run->options->ws.max_time_us)
        uv_timer_start(&run->limit, on_limit, (run->options->ws.max_time_us + 999) / 1000, 0);
    uv_run(&run->loop, UV_RUN_DEFAULT);
}

enum exit_code compare_run(const struct options *o, uint64_t start_us)
{
    struct comparing run = {.options = o, .start_us = start_us, .code = -1, .report_fd = -1};
    struct err e;

    out_init(&run.out_bytes, STDOUT_FILENO, OUT_LIMIT);
    out_init(&run.err_bytes, STDERR_FILENO, ERR_LIMIT);
    init_handles(&run);
    if (prepare(&run, &e) == 0) {
        run_loop(&run);
    } else {
        run.code = e.code;
        show_error(&run, &e);
    }
    run.over = true;
    if (run.code < 0)
        run.code = lanes_code(&run);
    lanes_free(&run);
    out_drain(&run.err_bytes, 0);
    out_drain(&run.out_bytes, 0);
    uv_walk(&run.loop, close_any, NULL);
    uv_run(&run.loop, UV_RUN_NOWAIT);
    if (uv_loop_close(&run.loop) == UV_EBUSY)
        _exit(run.code); /* a name server that does not answer holds libuv's thread: no waiting */
    lanes_clear(&run);
    compare_clear(&run.compare);
    if (run.report_fd >= 0)
        close(run.report_fd);
    out_clear(&run.out_bytes);
    out_clear(&run.err_bytes);
    return (enum exit_code)run.code;
}

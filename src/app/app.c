#include "app/app.h"

#include <errno.h>
#include <string.h>

/* Nothing is left to write, or nobody to write it to. */
static bool done(const struct output *output)
{
    return output->failed || out_queued(output->out) == 0;
}

static void check_end(struct app *s)
{
    if (s->ending && done(&s->out) && done(&s->err))
        app_leave(s);
}

static void on_full(void *ctx)
{
    struct app *s = ctx;

    if (s->hooks.full)
        s->hooks.full(s->hooks.ctx);
}

static void on_written(void *ctx)
{
    struct app *s = ctx;

    if (s->hooks.written)
        s->hooks.written(s->hooks.ctx);
    check_end(s);
}

static void on_failed(void *ctx, struct output *output)
{
    struct app *s = ctx;
    int error = output->out->error;
    struct err e;

    if (output == &s->out && s->hooks.gone) {
        if (error != EPIPE)
            err_set(&e, EXIT_OTHER, STAGE_IO, error, "can't write to standard output: %s",
                    strerror(error));
        s->hooks.gone(s->hooks.ctx, error == EPIPE ? NULL : &e);
        output_flush(&s->err); /* what that reported: its own turn may be over */
    }
    check_end(s);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct app *s = handle->data;

    s->hooks.signal(s->hooks.ctx, number);
}

int app_init(struct app *s, struct out *out, struct out *err, const struct app_hooks *hooks,
             struct err *e)
{
    const struct output_hooks output_hooks = {on_full, on_written, on_failed, s};

    *s = (struct app){.hooks = *hooks, .out.out = out, .err.out = err};
    if (app_loop_init(&s->loop, e) < 0)
        return -1;
    output_init(&s->out, &s->loop.uv, out, &output_hooks);
    output_init(&s->err, &s->loop.uv, err, &output_hooks);
    uv_timer_init(&s->loop.uv, &s->limit);
    s->limit.data = s;
    return hooks->signal ? app_loop_stop_signals(&s->loop, on_signal, s, e) : 0;
}

void app_limit_err(struct err *e, uint64_t us)
{
    err_set(e, EXIT_TIMEOUT, STAGE_IO, 0, "the time limit of %g s (--max-time) is over",
            (double)us / 1e6);
}

static void on_limit(uv_timer_t *timer)
{
    struct app *s = timer->data;
    struct err e;

    app_limit_err(&e, s->limit_us);
    s->hooks.limit(s->hooks.ctx, &e);
}

void app_limit(struct app *s, uint64_t us)
{
    s->limit_us = us;
    if (us && s->hooks.limit)
        uv_timer_start(&s->limit, on_limit, (us + 999) / 1000, 0);
}

void app_end(struct app *s)
{
    s->ending = true;
    check_end(s);
}

void app_leave(struct app *s)
{
    uv_stop(&s->loop.uv);
}

void app_drain(struct app *s)
{
    out_drain(s->err.out, 0);
    out_drain(s->out.out, 0);
}

void app_close(struct app *s, int code)
{
    app_loop_close(&s->loop, code);
}

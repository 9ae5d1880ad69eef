#include "app/app.h"

#include <errno.h>
#include <string.h>

#include "app/complain.h"
#include "base/decimal.h"
#include "event/stamp.h"

/* Nothing is left to write, or the reader has exited. */
static bool done(const struct output *output)
{
    return !output->out || output->failed || out_queued(output->out) == 0;
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
    } else if (output == &s->err && s->hooks.written) {
        s->hooks.written(s->hooks.ctx); /* nothing waits there any more */
    }
    check_end(s);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct app *s = handle->data;

    s->hooks.signal(s->hooks.ctx, number);
}

bool app_full(const struct app *s)
{
    return (s->out.full && !s->out.failed) || (s->err.full && !s->err.failed);
}

int app_hook(struct app *s, const struct app_hooks *hooks, struct err *e)
{
    s->hooks = *hooks;
    return hooks->signal ? app_loop_stop_signals(&s->loop, on_signal, s, e) : 0;
}

void app_unhook(struct app *s)
{
    s->hooks = (struct app_hooks){.full = NULL};
    uv_timer_stop(&s->limit);
    app_loop_unsignal(&s->loop);
}

int app_init(struct app *s, struct out *out, struct out *err, const struct app_hooks *hooks,
             struct err *e)
{
    const struct output_hooks output_hooks = {on_full, on_written, on_failed, s};

    s->out = (struct output){.out = out};
    s->err = (struct output){.out = err};
    s->ending = false;
    if (app_loop_init(&s->loop, e) < 0)
        return -1;
    if (out)
        output_init(&s->out, &s->loop.uv, out, &output_hooks);
    if (err)
        output_init(&s->err, &s->loop.uv, err, &output_hooks);
    uv_timer_init(&s->loop.uv, &s->limit);
    s->limit.data = s;
    return app_hook(s, hooks, e);
}

enum exit_code app_fail(struct app *s, const struct err *e)
{
    struct event ev = event_now(EVENT_ERROR, s->start_us);
    struct buf text;

    ev.error = e;
    if (s->bus) {
        bus_emit(s->bus, &ev);
        return e->code;
    }
    buf_init(&text, 128 * 1024);
    if (s->loop.open && s->err.out && complain_text(&text, e) == 0) {
        out_put(s->err.out, buf_data(&text), text.len);
        output_check(&s->err);
    } else {
        complain_err(e);
    }
    buf_clear(&text);
    return e->code;
}

static void on_limit(uv_timer_t *timer)
{
    struct app *s = timer->data;
    struct err e;

    err_set(&e, EXIT_TIMEOUT, STAGE_IO, 0, "the time limit of %s s (--max-time) is over",
            decimal_millionths(s->limits->max_time_us).text);
    s->hooks.limit(s->hooks.ctx, &e);
}

void app_limit(struct app *s)
{
    if (s->limits->max_time_us && s->hooks.limit)
        uv_timer_start(&s->limit, on_limit, (s->limits->max_time_us + 999) / 1000, 0);
}

void app_run(struct app *s)
{
    app_limit(s);
    uv_run(&s->loop.uv, UV_RUN_DEFAULT);
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
    if (s->err.out)
        out_drain(s->err.out, 0);
    if (s->out.out)
        out_drain(s->out.out, 0);
}

static void close_output(struct output *output)
{
    if (output->out)
        output_close(output);
}

void app_settle(struct app *s)
{
    if (!s->loop.open)
        return;
    app_unhook(s);
    close_output(&s->out);
    close_output(&s->err);
    uv_run(&s->loop.uv, UV_RUN_DEFAULT);
}

void app_close(struct app *s, int code)
{
    /* The outputs may still write while the loop ends: nobody is left to hear of it. */
    if (s->loop.open)
        app_unhook(s);
    app_loop_close(&s->loop, code);
}

#include "net/timer.h"

#include <stdlib.h>

struct timer {
    uv_timer_t handle;
    timer_fn *fn;
    void *ctx;
};

static void on_timer(uv_timer_t *handle)
{
    struct timer *t = handle->data;

    t->fn(t->ctx);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

struct timer *timer_new(uv_loop_t *loop, void *ctx)
{
    struct timer *t = calloc(1, sizeof *t);

    if (!t)
        return NULL;
    uv_timer_init(loop, &t->handle);
    t->handle.data = t;
    t->ctx = ctx;
    return t;
}

void timer_free(struct timer *t)
{
    if (t)
        uv_close((uv_handle_t *)&t->handle, on_closed);
}

void timer_start(struct timer *t, uint64_t us, timer_fn *fn)
{
    t->fn = fn;
    uv_timer_start(&t->handle, on_timer, us / 1000 + (us % 1000 > 0), 0);
}

void timer_stop(struct timer *t)
{
    uv_timer_stop(&t->handle);
}

bool timer_runs(const struct timer *t)
{
    return uv_is_active((const uv_handle_t *)&t->handle);
}

uint64_t timer_left_us(const struct timer *t)
{
    if (!timer_runs(t))
        return UINT64_MAX;
    return uv_timer_get_due_in(&t->handle) * 1000;
}

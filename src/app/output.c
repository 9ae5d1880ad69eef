#include "app/output.h"

#include "term/reader.h"

static void on_writable(uv_poll_t *poll, int status, int events);

static void wait_for_reader(struct output *o, bool wait)
{
    if (wait == o->waiting || !o->pollable)
        return;
    o->waiting = wait;
    if (wait)
        uv_poll_start(&o->poll, UV_WRITABLE, on_writable);
    else
        uv_poll_stop(&o->poll);
}

/* Write what is queued; what `written` adds is written in the same turn, because the loop may sleep
 * next. */
void output_flush(struct output *o)
{
    int r = 0;

    while (out_queued(o->out) > 0 && (r = out_flush(o->out)) == 0) {
        o->full = false;
        o->hooks.written(o->hooks.ctx);
    }
    if (o->out->error && !o->failed) {
        o->failed = true;
        o->hooks.failed(o->hooks.ctx, o);
    }
    output_check(o);
    wait_for_reader(o, r > 0);
}

static void on_writable(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    output_flush(poll->data);
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct output *o = prepare->data;

    if (!o->waiting)
        output_flush(o);
}

void output_init(struct output *o, uv_loop_t *loop, struct out *out,
                 const struct output_hooks *hooks)
{
    *o = (struct output){.out = out, .hooks = *hooks};
    uv_prepare_init(loop, &o->prepare);
    o->prepare.data = o->poll.data = o;
    o->pollable = out->fd >= 0 && reader_poll_init(loop, &o->poll, out->fd) == 0;
    o->poll.data = o;
    uv_prepare_start(&o->prepare, on_prepare);
    uv_unref((uv_handle_t *)&o->prepare);
    if (o->pollable)
        uv_unref((uv_handle_t *)&o->poll);
}

void output_close(struct output *o)
{
    if (o->pollable && !uv_is_closing((uv_handle_t *)&o->poll))
        uv_close((uv_handle_t *)&o->poll, NULL);
    if (!uv_is_closing((uv_handle_t *)&o->prepare))
        uv_close((uv_handle_t *)&o->prepare, NULL);
}

/*
 * output: an `out` on the loop: flushed before the loop sleeps, watched while its reader is slow.
 */
#ifndef APP_OUTPUT_H
#define APP_OUTPUT_H

#include <uv.h>

#include "base/out.h"

struct output;

struct output_hooks {
    void (*full)(void *ctx);    /* more waits than the limit: stop producing */
    void (*written)(void *ctx); /* all that was put is written */
    void (*failed)(void *ctx, struct output *output); /* see out->error; reported once */
    void *ctx;
};

struct output {
    struct out *out;
    struct output_hooks hooks;
    uv_prepare_t prepare;
    uv_poll_t poll;
    bool pollable, waiting, full, failed;
};

/* out is borrowed. The handles do not keep the loop alive. */
void output_init(struct output *o, uv_loop_t *loop, struct out *out,
                 const struct output_hooks *hooks);
/* After more was put: reports `full` as soon as it is so. For every message, hence inline. */
static inline void output_check(struct output *o)
{
    if (out_full(o->out) && !o->full) {
        o->full = true;
        o->hooks.full(o->hooks.ctx);
    }
}
static inline void output_put(struct output *o, struct slice text)
{
    out_put(o->out, text.data, text.len);
    output_check(o);
}
/* Write what waits now, for the loop may sleep next. */
void output_flush(struct output *o);
/* The handles close in a later turn of the loop; o must live until then. */
void output_close(struct output *o);

#endif

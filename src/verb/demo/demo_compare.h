/*
 * demo_compare: the part of the tour in which `wscope compare` measures the tour's own server. It
 * is a separate process with its own loop.
 */
#ifndef VERB_DEMO_DEMO_COMPARE_H
#define VERB_DEMO_DEMO_COMPARE_H

#include <uv.h>

#include "cli/groups.h"

/* ended: with the exit code, or 128 and the signal; not called after demo_compare_stop. */
struct demo_compare_hooks {
    void (*ended)(void *ctx, int code);
    void *ctx;
};

struct demo_compare {
    uv_process_t process;
    bool started;
    struct demo_compare_hooks hooks;
    char ws[128], sse[128], poll[128];
    char color[24];
    char command[512]; /* as it would be typed */
};

/* server: its URL without a path. */
void demo_compare_init(struct demo_compare *d, const char *server, enum when color);
/* Its output is written to our own outputs. 0, or -1 with *e. */
int demo_compare_start(struct demo_compare *d, uv_loop_t *loop,
                       const struct demo_compare_hooks *hooks, struct err *e);
/* Ask it to end before its time. True if it runs: `ended` is called once it is gone. */
bool demo_compare_interrupt(struct demo_compare *d);
/* The loop must turn once more before *d is freed. Nothing if it was never started. */
void demo_compare_stop(struct demo_compare *d);

#endif

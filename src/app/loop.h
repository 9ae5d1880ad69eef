/*
 * loop: the event loop of a run and the signals it reacts to. libuv aborts or spins where it finds
 * too few descriptors, so this checks before libuv does. What its connections share is part of it,
 * and is freed after the last of them.
 */
#ifndef APP_LOOP_H
#define APP_LOOP_H

#include <stdbool.h>

#include <uv.h>

#include "base/err.h"
#include "net/supplies.h"

#define APP_LOOP_SIGNALS 5

struct app_loop {
    uv_loop_t uv;
    uv_signal_t signals[APP_LOOP_SIGNALS];
    unsigned signal_count;
    bool open;
    struct supplies supplies; /* of all connections on it */
};

/* The struct must not move. 0, or -1 with *e: too few descriptors, or memory. Nothing has to be
 * closed then. */
int app_loop_init(struct app_loop *loop, struct err *e);

/* React to a signal, one of at most APP_LOOP_SIGNALS; the handle's data is ctx. Returns the handle,
 * which belongs to the loop, or NULL with *e. */
uv_signal_t *app_loop_signal(struct app_loop *loop, int number, uv_signal_cb on_signal, void *ctx,
                             struct err *e);
/* React to SIGINT and SIGTERM in the same way. 0, or -1 with *e. */
int app_loop_stop_signals(struct app_loop *loop, uv_signal_cb on_signal, void *ctx, struct err *e);
/* Ignore all from now on. The handles close in later turns of the loop. */
void app_loop_unsignal(struct app_loop *loop);

/* Close every handle that is left, and the loop. A name server that does not answer holds a thread
 * of libuv for long: the program then exits here, with that code. Does nothing after a failed
 * app_loop_init. */
void app_loop_close(struct app_loop *loop, int code);

#endif

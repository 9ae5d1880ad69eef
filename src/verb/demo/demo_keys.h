/*
 * demo_keys: the keyboard while the tour plays on a terminal. What is typed is not shown and not
 * sent: Enter or the space bar continues at once, ^D or q ends the tour. (^C is a signal.)
 */
#ifndef VERB_DEMO_DEMO_KEYS_H
#define VERB_DEMO_DEMO_KEYS_H

#include <stdbool.h>
#include <uv.h>

struct demo_keys_hooks {
    void (*go_on)(void *ctx);
    void (*leave)(void *ctx);
    void *ctx;
};

struct demo_keys {
    struct demo_keys_hooks hooks;
    uv_poll_t input;
    bool on;
};

/* Take over standard input, a terminal. 0, or -1: it can't be watched, and is as it was. */
int demo_keys_start(struct demo_keys *k, uv_loop_t *loop, const struct demo_keys_hooks *hooks);
/* Give it back; the handles close in the next turn of the loop. Nothing if it was not started. */
void demo_keys_stop(struct demo_keys *k);

#endif

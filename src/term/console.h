/*
 * console: what views have written to an out in memory, printed above the line that is being typed:
 * a batch at a time, so that keys are handled meanwhile, and as fast as the terminal accepts it.
 */
#ifndef TERM_CONSOLE_H
#define TERM_CONSOLE_H

#include "term/editor.h"
#include "term/screen.h"

struct console_hooks {
    /* The next turn of the editor has something other than output to do: the loop must not sleep
     * before it. */
    bool (*busy)(void *ctx);
    /* More waits than the out's limit: stop, and go on, producing it. */
    void (*pause)(void *ctx, bool paused);
    void *ctx;
};

struct console {
    struct console_hooks hooks;
    struct out *out; /* in memory */
    struct screen *screen;
    struct editor *editor; /* the owner's; NULL: nothing is printed */
    uv_timer_t retry;      /* the terminal did not take more */
    uv_timer_t tell;       /* how many messages were not shown */
    uv_prepare_t before_sleep;
    uv_idle_t awake; /* active: the loop does not sleep, for a turn has something to do */
    bool partial;    /* as screen_is_partial, at the last turn */
    bool lent;       /* another program has the terminal */
    bool paused;     /* the terminal is slower than what comes in */
    unsigned handles;
};

/* out and screen are borrowed, and may be initialised later. */
void console_init(struct console *c, uv_loop_t *loop, struct out *out, struct screen *screen,
                  const struct console_hooks *hooks);
/* The handles close in later turns of the loop, until `handles` is 0. */
void console_close(struct console *c);

/* At the beginning of a turn of the editor. plain: the width of the terminal does not matter. */
void console_turn(struct console *c, bool plain);
/* Print a batch of what waits. True if more is left and the terminal takes it. */
bool console_print(struct console *c);
/* Another program has the terminal from now on; or no longer. Between, nothing may be printed, and
 * console_lent is due after each turn of the loop. */
void console_lend(struct console *c, bool lent);
void console_lent(struct console *c);
/* Print all of it, as far as the terminal takes it now. */
void console_print_all(struct console *c);

#endif

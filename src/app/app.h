/*
 * app: what a run needs around itself: the loop, standard output and standard error on it, the
 * signals that stop it, the time limit, and an end once everything is written.
 */
#ifndef APP_APP_H
#define APP_APP_H

#include "app/loop.h"
#include "app/output.h"

/* Each may be NULL: nothing is done then. */
struct app_hooks {
    void (*full)(void *ctx);    /* more waits in an output than its limit: stop producing */
    void (*written)(void *ctx); /* an output has written all that was put */
    /* Standard output takes nothing any more. e: why; NULL: its reader left. (What standard error
     * does not take is lost.) */
    void (*gone)(void *ctx, const struct err *e);
    void (*signal)(void *ctx, int number);         /* SIGINT, SIGTERM; NULL: they end the program */
    void (*limit)(void *ctx, const struct err *e); /* --max-time is over: what to report */
    void *ctx;
};

struct app {
    struct app_loop loop;
    struct output out, err;
    struct app_hooks hooks;
    uv_timer_t limit;
    uint64_t limit_us;
    bool ending;
};

/* The outputs are borrowed. 0, or -1 with *e. app_close is due after both. */
int app_init(struct app *s, struct out *out, struct out *err, const struct app_hooks *hooks,
             struct err *e);
/* Call `limit` when that time is over; 0: never. */
void app_limit(struct app *s, uint64_t us);
/* What is to be reported then. */
void app_limit_err(struct err *e, uint64_t us);
/* Nothing more is put: the loop ends once all is written, or can't be. */
void app_end(struct app *s);
/* The loop ends now. */
void app_leave(struct app *s);
/* Write what the outputs take without waiting. */
void app_drain(struct app *s);
/* Close every handle that is left, and the loop (app_loop_close). */
void app_close(struct app *s, int code);

#endif

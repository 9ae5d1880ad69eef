/*
 * app: what a run needs around itself: the loop, standard output and standard error on it, the
 * signals that stop it, the time limit, and an end once everything is written.
 */
#ifndef APP_APP_H
#define APP_APP_H

#include "app/loop.h"
#include "app/output.h"
#include "cli/groups.h"
#include "cli/verb.h"
#include "event/bus.h"

/* Each may be NULL: nothing is done then. */
struct app_hooks {
    void (*full)(void *ctx);    /* more waits in an output than its limit: stop producing */
    void (*written)(void *ctx); /* an output has written all that was put */
    /* Standard output accepts no more. e: why; NULL: its reader exited. (What standard error does
     * not accept is lost.) */
    void (*gone)(void *ctx, const struct err *e);
    void (*signal)(void *ctx, int number);         /* SIGINT, SIGTERM; NULL: they end the program */
    void (*limit)(void *ctx, const struct err *e); /* --max-time is over: what to report */
    void *ctx;
};

struct app {
    /* What main hands over: the groups of the command line, and the program's start. */
    const struct connect_options *connect;
    const struct limit_options *limits;
    const struct view_options *view;
    const struct pipe_options *pipe;
    const struct fault_options *fault;
    const struct listen_options *listen;
    const struct help_options *help;
    const struct verbs *verbs;
    uint64_t start_us; /* clock_mono_us */

    const struct bus *bus; /* set by those that show events: failures are some. Or NULL */
    struct app_loop loop;
    struct output out, err;
    struct app_hooks hooks;
    uv_timer_t limit;
    bool ending;
};

/* What main handed over stays as it is. The outputs are borrowed; NULL: the caller minds its own.
 * 0, or -1 with *e. app_close is due after both. */
int app_init(struct app *s, struct out *out, struct out *err, const struct app_hooks *hooks,
             struct err *e);
/* From now on these are called; app_init was given none. 0, or -1 with *e. */
int app_hook(struct app *s, const struct app_hooks *hooks, struct err *e);
/* Call none of them any more, and let signals end the program. */
void app_unhook(struct app *s);
/* More waits in an output than its limit, and somebody may yet read it. */
bool app_full(const struct app *s);
/* The only report of a failure: an event where events are shown, else the sentence and its hint on
 * standard error. Returns e->code. */
enum exit_code app_fail(struct app *s, const struct err *e);
/* For those that run the loop in turns of their own: from now on --max-time applies. */
void app_limit(struct app *s);
/* Run the loop until app_leave, or until app_end and all is written; `limit` is called when
 * --max-time is over. */
void app_run(struct app *s);
/* Nothing more is put: the loop ends once all is written, or can't be. */
void app_end(struct app *s);
/* The loop ends now. */
void app_leave(struct app *s);
/* Write what the outputs take without waiting. */
void app_drain(struct app *s);
/* Run the loop until what was freed is gone; no hook is called any more. */
void app_settle(struct app *s);
/* Close every handle that is left, and the loop (app_loop_close). No hook is called any more. */
void app_close(struct app *s, int code);

#endif

/*
 * typing: a log on a terminal that is printed above a line being typed; for those that run for long
 * and have something to do with each line.
 *
 * The terminal is read and set only while the process is in its foreground. In the background (`&`,
 * or ^Z and `bg`) the log continues without typing, until `fg`.
 */
#ifndef APP_TYPING_H
#define APP_TYPING_H

#include "app/app.h"
#include "app/views.h"
#include "term/editor.h"
#include "term/screen.h"

struct typing;

/* What the log shows. */
enum typing_log {
    TYPING_SERVER, /* of messages those that come in, and none in the background */
    TYPING_RELAY   /* every message; the settings may change */
};

struct typing_hooks {
    void (*line)(void *ctx, struct slice line); /* a line was typed; not from the loop */
    const char *(*prompt)(void *ctx);           /* as editor_hooks */
    void (*complete)(void *ctx, struct slice before, struct editor_completion *found);
    void (*pause)(void *ctx, bool paused); /* the terminal is slower than the log */
    void (*stop)(void *ctx);               /* ^D: end; again: at once */
    void (*interrupted)(void *ctx);        /* the same for ^C where nothing was typed */
    bool (*stopped)(void *ctx);            /* it has ended, and so has the log */
    void *ctx;
};

/* Standard input, output and error are a terminal, and the options leave it to typing. */
bool typing_wanted(const struct app *app);

/* Lines are read without editing: --plain, or a terminal that can't move the cursor. */
bool typing_is_plain(const struct view_options *o);

/* views: of VIEWS_REPL, borrowed; its bus gets the view of the log. NULL with *e. */
struct typing *typing_new(struct app *app, struct views *views, enum typing_log log,
                          const struct typing_hooks *hooks, struct err *e);
/* Prepare handles and signals (but for SIGINT and SIGTERM). 0, or -1 with *e. */
int typing_open(struct typing *t, struct err *e);
/* Read lines, running the loop, until typing_leave; then show the log until `stopped`. */
void typing_run(struct typing *t);
/* ^C: the line is cleared, or `interrupted` called if there is none. */
void typing_interrupt(struct typing *t);
/* Let the user edit the text with another program; from `line` alone. As edit_text. */
int typing_edit(struct typing *t, struct buf *text, struct err *e);
/* Read no more lines: the end has begun. */
void typing_leave(struct typing *t);
/* A sentence about the line that was typed, after "! "; made safe. */
void typing_complain(struct typing *t, const char *text);
/* The log's screen, and the lines typed. Borrowed. */
struct screen *typing_screen(struct typing *t);
/* Give the terminal back; what is left of the log is put into views->err. Handles close in later
 * turns of the loop. */
void typing_close(struct typing *t);
/* After the bus has been cleared and the handles are closed. NULL is fine. */
void typing_free(struct typing *t);

#endif

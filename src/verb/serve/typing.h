/*
 * typing: `wscope serve` on a terminal: the log is printed above a line that is being typed, and
 * each line is sent to every WebSocket client.
 *
 * The terminal is read and set only while the process is in its foreground. In the background (`&`,
 * or ^Z and `bg`) the log continues without typing and without the clients' messages, until `fg`.
 */
#ifndef VERB_SERVE_TYPING_H
#define VERB_SERVE_TYPING_H

#include "app/app.h"
#include "app/views.h"
#include "serve/server.h"

struct typing;

struct typing_hooks {
    void (*note)(void *ctx, const char *text); /* for the log */
    void (*pause)(void *ctx, bool paused);     /* the terminal is slower than the log */
    void (*stop)(void *ctx);                   /* stop the server; again: at once */
    bool (*stopped)(void *ctx);                /* it has stopped, and the log is at its end */
    void *ctx;
};

/* Standard input, output and error are a terminal, and the options leave it to typing. */
bool typing_wanted(const struct app *app);

/* views: of VIEWS_REPL, borrowed; its bus gets the view of the log. NULL with *e. */
struct typing *typing_new(struct app *app, struct views *views, const struct typing_hooks *hooks,
                          struct err *e);
/* Prepare handles and signals (but for SIGINT and SIGTERM). 0, or -1 with *e. */
int typing_open(struct typing *t, struct err *e);
/* Read lines, running the loop, until typing_leave; then show the log until `stopped`. */
void typing_run(struct typing *t, struct server *server);
/* ^C: the line is cleared, or the server stopped if there is none. */
void typing_interrupt(struct typing *t);
/* Read no more lines: the server is being stopped. */
void typing_leave(struct typing *t);
/* Give the terminal back; what is left of the log is put into views->err. Handles close in later
 * turns of the loop. */
void typing_close(struct typing *t);
/* After the bus has been cleared and the handles are closed. NULL is fine. */
void typing_free(struct typing *t);

#endif

/*
 * edit: a text is edited with $VISUAL or $EDITOR, which has the terminal meanwhile; the loop runs
 * on, so that connections stay alive.
 */
#ifndef APP_EDIT_H
#define APP_EDIT_H

#include "term/console.h"

/* Which the handlers of signals set and read. */
struct edit_signals {
    bool *stop; /* SIGTSTP came: the program that has the terminal was stopped, and we with it */
    bool *stopping; /* we stopped ourselves */
};

/* Not between the begin and the end of a line that is read. The text is replaced, without line ends
 * after it. 1; 0: the editor failed, or nothing is left; -1 with *e. */
int edit_text(struct console *c, uv_loop_t *loop, struct buf *text, struct edit_signals signals,
              struct err *e);

#endif

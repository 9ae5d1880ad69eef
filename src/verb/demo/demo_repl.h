/*
 * demo_repl: the end of `wscope demo` on a terminal: an interactive session with the embedded
 * server, which runs in the same process and on the same loop.
 */
#ifndef VERB_DEMO_DEMO_REPL_H
#define VERB_DEMO_DEMO_REPL_H

#include "app/app.h"

/* As repl_run. */
enum exit_code demo_repl_run(struct app *app);

#endif

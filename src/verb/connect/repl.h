/*
 * repl: the interactive front end: the user types messages and commands, and sees events above the
 * line being typed.
 */
#ifndef VERB_CONNECT_REPL_H
#define VERB_CONNECT_REPL_H

#include "app/app.h"

/* Do the options and the terminal make this an interactive session? */
bool repl_wanted(const struct app *app);

/* Run until the user quits. Returns the exit code: that of the last connection's end. */
enum exit_code repl_run(struct app *app);

/* The same on a loop that others use as well, connecting to url instead of that of the options
 * (NULL: to that). The loop has to run on until the handles that are closed at the end are gone. */
enum exit_code repl_run_on(struct app *app, const char *url);

#endif

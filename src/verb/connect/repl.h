/*
 * repl: the interactive front: a person types messages and commands, and sees what happens above
 * the line that is being typed.
 */
#ifndef VERB_CONNECT_REPL_H
#define VERB_CONNECT_REPL_H

#include "app/loop.h"
#include "cli/options.h"

/* Do the options and the terminal make this an interactive session? */
bool repl_wanted(const struct options *o);

/* Run until the person leaves. Returns the exit code: that of the last connection's end. start_us:
 * clock_mono_us at the program's start. */
enum exit_code repl_run(const struct options *o, uint64_t start_us);

/* The same on a loop that others use as well, connecting to url instead of that of the options. The
 * loop has to run on until the handles that are closed at the end are gone. */
enum exit_code repl_run_on(struct app_loop *loop, const struct options *o, const char *url,
                           uint64_t start_us);

#endif

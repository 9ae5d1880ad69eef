/*
 * demo: the embedded server and a client of it in one process: a commented tour of what wscope
 * shows. On a terminal it leaves time to read, and a prompt follows.
 */
#ifndef VERB_DEMO_DEMO_H
#define VERB_DEMO_DEMO_H

#include "cli/verb.h"

/* Returns the exit code of the tour if it failed or no prompt follows, else that of the prompt.
 * With -q there is no tour before the prompt. */
enum exit_code demo_run(struct app *app, const void *own);

/* Its row of the table of subcommands. */
extern const struct verb demo_verb;

#endif

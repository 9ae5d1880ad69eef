/*
 * pipe: the front end for scripts: standard input and -e become messages, messages are written to
 * standard output, and the exit code reports the result.
 */
#ifndef VERB_CONNECT_PIPE_H
#define VERB_CONNECT_PIPE_H

#include "app/app.h"

/* Run one session to its end. Returns the exit code. start_us: clock_mono_us at the program's
 * start. */
enum exit_code pipe_run(struct app *app);

#endif

/*
 * serve: the front of the embedded server: `wscope serve`. On a terminal, lines are typed (typing).
 */
#ifndef VERB_SERVE_SERVE_H
#define VERB_SERVE_SERVE_H

#include "cli/options.h"
#include "cli/verb.h"

/* Serve until SIGINT or SIGTERM (then 0), or fail. */
enum exit_code serve_run(const struct options *o, uint64_t start_us);

/* Its row of the table of subcommands. */
extern const struct verb serve_verb;

#endif

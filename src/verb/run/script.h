/*
 * script: wscope run: tests written as scripts, one after the other or several files side by side,
 * and what they came to as TAP, JSON or JUnit XML.
 */
#ifndef VERB_RUN_SCRIPT_H
#define VERB_RUN_SCRIPT_H

#include "cli/options.h"
#include "cli/verb.h"

/* EXIT_OK: all passed; EXIT_EXPECT: some failed; EXIT_USAGE: a script is wrong, and nothing was
 * run. */
enum exit_code script_run(const struct options *o, uint64_t start_us);

/* Its row of the table of subcommands. */
extern const struct verb run_verb;

#endif

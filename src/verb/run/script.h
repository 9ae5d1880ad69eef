/*
 * script: wscope run: tests written as scripts, one after the other or several files side by side,
 * and their results as TAP, JSON or JUnit XML.
 */
#ifndef VERB_RUN_SCRIPT_H
#define VERB_RUN_SCRIPT_H

#include "cli/verb.h"

/* What it has options of its own for. */
struct run_options {
    const char *const *files; /* scripts; "-" is stdin */
    size_t file_count;
    uint64_t jobs;           /* how many files in parallel */
    const char *const *only; /* --only: run tests whose name matches one of these; empty: all */
    size_t only_count;
    bool fail_fast;
    const char *junit;       /* file, or NULL */
    const char *transcript;  /* directory, or NULL */
    const char *against;     /* "serve", a URL, or NULL */
    const char *const *vars; /* --var: "NAME=VALUE", checked */
    size_t var_count;
    uint64_t timeout_us; /* how long expectations wait */
};

/* EXIT_OK: all passed; EXIT_EXPECT: some failed; EXIT_USAGE: a script is wrong, and nothing was
 * run. */
enum exit_code script_run(struct app *app, const void *own);

/* Its row of the table of subcommands. */
extern const struct verb run_verb;

#endif

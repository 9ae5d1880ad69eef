/*
 * probe: examine a service from outside: each stage of the way to its application, what is wrong
 * there, and what to try.
 */
#ifndef VERB_PROBE_PROBE_H
#define VERB_PROBE_PROBE_H

#include "cli/verb.h"

/* Its own options. */
struct probe_options {
    bool origin_test, sizes;
    const char *prom;                       /* file, or NULL */
    const char *fail_on;                    /* "warn", or NULL */
    uint64_t idle_us, lifetime_us, slow_us; /* how long to look; 0: not asked for */
};

/* Run to the end. own: struct probe_options. Returns the exit code. */
enum exit_code probe_run(struct app *app, const void *own);

/* Its row of the table of subcommands. */
extern const struct verb probe_verb;

#endif

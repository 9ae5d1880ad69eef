/*
 * serve: the front of the embedded server: `wscope serve`. On a terminal, lines are typed (typing).
 */
#ifndef VERB_SERVE_SERVE_H
#define VERB_SERVE_SERVE_H

#include "cli/verb.h"

/* What it has options of its own for. */
struct serve_options {
    double rate;                /* updates a second of the feed, */
    uint64_t burst;             /* how many at once; from 1 */
    const char *const *origins; /* --allow-origin; empty: any */
    size_t origin_count;
    const char *path; /* --path: another one that echoes, or NULL */
    const char *node; /* --node, or NULL */
    /* --pubsub, checked, or NULL; and our certificate there, with its key, or NULL */
    const char *pubsub, *pubsub_cert, *pubsub_key;
};

/* Serve until SIGINT or SIGTERM (then 0), or fail. */
enum exit_code serve_run(struct app *app, const void *own);

/* Its row of the table of subcommands. */
extern const struct verb serve_verb;

#endif

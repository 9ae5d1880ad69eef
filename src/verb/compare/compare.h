/*
 * compare: the same updates over several channels at once, on one loop and one clock; a live table
 * meanwhile, and at the end tables, JSON or a page.
 */
#ifndef VERB_COMPARE_COMPARE_H
#define VERB_COMPARE_COMPARE_H

#include "cli/verb.h"

#define COMPARE_CLIENTS_MAX 8

/* What it has options of its own for. */
struct compare_options {
    const char *time;                      /* JSON Pointer (RFC 6901), checked, or NULL */
    uint64_t clients[COMPARE_CLIENTS_MAX]; /* --clients, if it was given */
    size_t client_count;
    const char *report; /* file, or NULL */
};

/* Run to the end. own: struct compare_options. Returns the exit code. */
enum exit_code compare_run(struct app *app, const void *own);

/* Its row of the table of subcommands. */
extern const struct verb compare_verb;

#endif

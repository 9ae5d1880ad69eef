/*
 * verb: the forms of the command line, one row each. --help of each, the list of commands in errors
 * and the completions' test come from this table.
 */
#ifndef CLI_VERB_H
#define CLI_VERB_H

#include <stddef.h>

#include "cli/options.h"

struct verb {
    const char *name; /* the first operand; "" for the form that opens a connection */
    char letter;      /* stands for it in the completions; no two are the same */
    enum mode mode;
    const char *usage;    /* what follows the name, "" for nothing */
    const char *about;    /* one line, for lists of commands */
    const char *text;     /* a paragraph for its --help, and */
    const char *examples; /* lines of commands */
};

/* The first row is the one without a name; the last ones (help, version) have no options. Static.
 */
const struct verb *verb_table(size_t *count);
/* The row of a name, or NULL. */
const struct verb *verb_named(const char *name);
const struct verb *verb_of_mode(enum mode mode);
/* The nearest name to a misspelt one, or NULL. */
const char *verb_nearest(const char *name);

#endif

/*
 * verb: the subcommands, one row each. The reader of a command line passes the table to the parser;
 * --help of each, the list of commands in errors and the completions come from it.
 */
#ifndef CLI_VERB_H
#define CLI_VERB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct app;
struct options_parsing;
struct option_row;

/* Sets of options. A row of the table of options is in one or several sets; a subcommand takes
 * those that are in one of its sets. */
enum {
    OPTIONS_DIAL = 1u << 0,     /* it opens the connections that the options describe */
    OPTIONS_MESSAGES = 1u << 1, /* it sends and prints messages, with all of a session */
    OPTIONS_COMPARE = 1u << 2,  /* it opens a URL, --poll and --sse at once, and compares them */
    OPTIONS_LISTEN = 1u << 3,   /* it is a server */
    OPTIONS_TESTS = 1u << 4,    /* it runs scripts */
    OPTIONS_TOUR = 1u << 5,     /* it shows connections that it makes up by itself */
    OPTIONS_VIEWS = 1u << 6,    /* it shows events */
    OPTIONS_HAND_ON = 1u << 7,  /* options of connections apply to all those that it opens */
    OPTIONS_RELAY = 1u << 8,    /* it is between clients and a server */
    OPTIONS_PROBE = 1u << 9,    /* it opens connections of its own, in short, to see how they go */
};

struct verb {
    const char *name;     /* the first operand; "" for the form that opens a connection */
    const char *usage;    /* what follows the name, "" for nothing */
    const char *about;    /* one line, for lists of commands */
    const char *text;     /* a paragraph for its --help, and */
    const char *examples; /* lines of commands */
    unsigned sets;        /* of options it shares, OPTIONS_...; none: only --help and --version */
    const struct option_row *options; /* its own, in separate groups; or NULL */
    size_t option_count;
    /* Its own part: where its rows and its operands are stored. This is copied before any of them
     * runs; NULL: it has none. */
    const void *own;
    size_t own_size;
    size_t operand_max;  /* beyond one they are names of files */
    const char *operand; /* for completion, as in struct option_row; NULL: it takes none */
    /* Before the options' own setters: take the operand into *o, and set the defaults that differ.
     * 0, or -1 with *e. NULL: there is nothing to do. */
    int (*operands)(struct options_parsing *p, struct err *e);
    /* The whole run; returns the exit code, and what is not 0 was reported. */
    enum exit_code (*run)(struct app *app, const void *own);
};

/* Its own rows, an array, and the defaults of its own part. */
#define VERB_OWN(rows, defaults)                                                           \
    .options = (rows), .option_count = sizeof(rows) / sizeof(rows)[0], .own = &(defaults), \
    .own_size = sizeof(defaults)

struct verbs {
    const struct verb *const *rows; /* the first is the one without a name */
    size_t count;
    const struct verb *help, *version; /* among them: what --help and --version run */
};

/* The row of a name, or NULL. */
const struct verb *verb_named(const struct verbs *verbs, const char *name);
/* The nearest name to a misspelt one, or NULL. */
const char *verb_nearest(const struct verbs *verbs, const char *name);

#endif

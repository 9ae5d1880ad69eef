/*
 * script: a file of commands with expectations, read completely before it is run. The commands are
 * those of the interactive session without the slash, from the same table, and those that only
 * scripts have. wscope-script(5) describes the language.
 *
 * Pure but for the files it reads. Questions about the options of the program are passed to the
 * caller.
 */
#ifndef SCRIPT_SCRIPT_H
#define SCRIPT_SCRIPT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "command/command.h"

/* Bounds of what is a script and not something else. */
#define SCRIPT_FILE_MAX    ((size_t)16 * 1024 * 1024)
#define SCRIPT_INCLUDE_MAX 16
#define SCRIPT_REPEAT_MAX  1000000
#define SCRIPT_BLOCK_MAX   16

/* Lines and columns begin with 1; columns count characters. */
struct script_place {
    const char *file;
    unsigned line, column;
};

enum statement_kind {
    STATEMENT_COMMAND, /* runs its row of the table on the connection */
    STATEMENT_CONNECT,
    STATEMENT_URL,
    STATEMENT_HEADER,
    STATEMENT_OPTION,
    STATEMENT_SET,
    STATEMENT_SLEEP,
    STATEMENT_CAPTURE,
    STATEMENT_EXPECT,
    STATEMENT_PROXY,
    STATEMENT_REPEAT,   /* body, as often as the arguments specify */
    STATEMENT_ANY_ORDER /* body: expectations */
};

struct statement {
    struct statement *next;
    enum statement_kind kind;
    struct script_place place;
    const char *source; /* the line, as it is to be shown */
    const char *conn;   /* the connection's name, "" for the one without */
    const struct command_row *row;
    const char *args; /* {{NAME}} not yet filled in */
    const char *here; /* the here-text, or NULL */
    struct statement *body;
};

struct script_test {
    struct script_test *next;
    struct script_place place;
    const char *name;
    bool skip, todo;
    bool unmet;         /* it is skipped because a variable that it needs has no value */
    const char *reason; /* of skip or todo, or "" */
    struct statement *body;
};

struct script {
    struct arena memory;
    const char *file;
    struct statement *settings; /* before the first section: for all tests */
    struct statement *setup, *teardown;
    struct script_test *tests;
    size_t test_count;
    bool frames;  /* frames are expected somewhere: they have to be kept */
    bool decoded; /* the same of events, acks and results */
};

/* What a script has to ask. NULL members are not asked. */
struct script_checks {
    /* May a script set this long option (value NULL: none given)? -1 with *e. */
    int (*option)(void *ctx, const char *name, const char *value, struct err *e);
    /* Is it a URL? -1 with *e; e->at is an offset in url. */
    int (*url)(void *ctx, const char *url, struct err *e);
    /* Is it what "proxy" takes, and what "expect report" does? -1 with *e; e->at is an offset in
     * args, or -1. */
    int (*proxy)(void *ctx, const char *args, struct err *e);
    int (*report)(const char *list, struct err *e);
    /* The value of a variable that the caller sets (--var, server), or NULL. */
    const char *(*variable)(void *ctx, const char *name);
    bool has_url; /* a connection without `url` has somewhere to go */
    void *ctx;
};

struct script_error {
    struct script_place place; /* file NULL: the error has no place */
    char source[160];          /* the line, perhaps cut */
    size_t caret;              /* characters of it before the place */
    struct err err;
};

/* Read a file and what it includes, and check all that can be checked without a connection. -1 with
 * *error. script_clear is due after a failure too. */
int script_parse(struct script *s, const char *file, const struct script_checks *checks,
                 struct script_error *error);
/* The same for a text that is in memory; `file` is its name. */
int script_parse_text(struct script *s, const char *file, struct slice text,
                      const struct script_checks *checks, struct script_error *error);
void script_clear(struct script *s);

/* --- variables (script_vars.c) ------------------------------------------------------------------
 */

/* The value of a name ("env:NAME" included), or NULL. */
typedef const char *script_lookup_fn(void *ctx, const char *name);

/* Append text with each {{NAME}} filled in. -1: memory, or a name without value (*missing is set,
 * borrowed until the next call). */
#define SCRIPT_NAME_MAX 64
int script_fill(struct buf *out, const char *text, script_lookup_fn *lookup, void *ctx,
                char missing[SCRIPT_NAME_MAX]);
/* The next {{NAME}} at or after *at: true, its name and its position; *at moves after it. */
bool script_next_variable(const char *text, size_t *at, char name[SCRIPT_NAME_MAX], size_t *start);
/* A name of a variable or connection: a letter or _, then letters, digits, _ and -. */
bool script_name_valid(struct slice name);

/* Split the arguments of `option`: its name, and its value or NULL. Borrowed from `copy`, which is
 * changed. */
void script_option_split(char *copy, const char **name, const char **value);
/* How often `repeat` runs its block; false: not a number from 1 to SCRIPT_REPEAT_MAX. */
bool script_rounds(const char *args, uint64_t *rounds);
/* Split "NAME REST". False: one is missing. */
bool script_pair_split(char *copy, const char **name, const char **rest);

#endif

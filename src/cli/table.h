/*
 * table: the table of options, one a row, and what is made of it: --help, the completions and the
 * test that holds the man page against it.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "cli/verb.h"

/* --help, of one command or (NULL) of all: grouped, at most 80 columns; all: every option.
 * --version names the linked libraries. The text is appended to out. 0 or -1 (memory). */
int options_help(struct buf *out, const struct verbs *verbs, const struct verb *verb, bool all);
int options_version(struct buf *out);

/* The last two columns are for the parser: who stores the value, and where. */
enum option_arg { OPTION_FLAG, OPTION_VALUE, OPTION_OPTIONAL };
struct options_parsing;
struct option_use;
typedef int option_set_fn(struct options_parsing *p, const struct option_use *use, struct err *e);

/* Kinds of values that can be completed: "FILE", "DIR", "@FILE" (text, or a file after '@'),
 * "SECRET" (the same, or env:NAME), "URL" (http or https), "WS-URL", "ADDRESS", "EVENT..." (events
 * with commas between them), "FAULT", "RULE", "PROFILE", "COMMAND", "PROTOCOL". Any other word is
 * offered as it is; if it ends in a colon, it is the beginning of a value. */
struct option_row {
    char letter;      /* 0: none */
    const char *name; /* long name without "--"; NULL: there is only the letter */
    enum option_arg arg;
    const char *metavar; /* NULL for a flag */
    const char *help;    /* one line */
    const char *group;   /* heading in --help */
    const char *values;  /* for completion: "a|b" (one of these), the kinds above, or NULL */
    bool common;         /* in plain --help */
    unsigned sets;       /* OPTIONS_... of cli/verb.h; 0 in the rows of a subcommand */
    option_set_fn *set;  /* options_set_none: acted on before, and only on the command line */
    size_t field; /* for the setters that only store: offset in struct options, or, in the rows of a
                     subcommand, in its own part */
};
/* The row of that index, NULL after the last: the shared ones, those of each subcommand (verbs may
 * be NULL: none), and the general ones. */
const struct option_row *options_nth(const struct verbs *verbs, size_t index);
/* Does the subcommand take the option? */
bool option_fits(const struct option_row *row, const struct verb *verb);
/* Does it determine how a connection is made and kept, in any subcommand? Then a script may set it.
 */
bool option_is_of_connection(const struct option_row *row);
/* The value may be text, or a file after '@'. */
bool option_takes_file(const struct option_row *row);
/* The names of the profiles in the config file, in its order. A file that cannot be read has none.
 */
void options_profiles(void (*found)(void *ctx, const char *name), void *ctx);
/* Is the value valid for the option of that long name, which exists? Combinations with others are
 * not checked. -1 with *e. */
int option_check(const char *name, const char *value, struct err *e);
/* The row of "-x"; NULL: none. */
const struct option_row *options_row_lettered(const struct verbs *verbs, char letter);
/* The row of a long name, or NULL; and the nearest name to a misspelt one that a script may set, or
 * NULL. Static. */
const struct option_row *options_row_named(const struct verbs *verbs, const char *name, size_t len);
const char *options_nearest_of_connection(const char *name, size_t len);

#endif

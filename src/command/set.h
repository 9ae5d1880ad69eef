/*
 * set: the commands of one prompt: which one a name means, what Tab completes, what /help lists.
 */
#ifndef COMMAND_SET_H
#define COMMAND_SET_H

#include "command/command.h"
#include "command/complete.h"
#include "fault/fault.h"

struct command_set {
    const struct command_row *(*row)(size_t i); /* NULL after the last */
    enum fault_use use;                         /* the faults that it can arm */
    /* The i-th word that may follow `before`, the arguments so far, of a command whose words are
     * "OWN"; NULL after the last. */
    const char *(*own)(struct slice before, size_t i);
    const char *unknown_hint;             /* for a name that is unknown */
    const char *help_before, *help_after; /* lines around the list of /help */
};

/* That of the REPL. */
extern const struct command_set commands_repl;

/* NULL if the name is unknown. */
const struct command_row *command_set_find(const struct command_set *set, struct slice name);
/* The name that a misspelt one was meant to be, or NULL. */
const char *command_set_nearest(const struct command_set *set, struct slice name);
/* The error for a name that is unknown. -1. */
int command_set_unknown(const struct command_set *set, struct slice name, struct err *e);
/* The error for arguments of that command that are not understood: its usage. -1. */
int command_row_misused(const struct command_row *row, struct err *e);
/* Append what /help answers. 0, or -1 with *e. */
int command_set_help(const struct command_set *set, const char *args, struct buf *out,
                     struct err *e);
/* As commands_complete. */
int command_set_complete(const struct command_set *set, struct completion *c, struct slice before);

#endif

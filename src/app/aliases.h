/*
 * aliases: names for lines that are typed often, in the section [alias] of the config file. The
 * file is read whenever a name is looked up, so that a change by an editor or another session
 * takes effect at once.
 */
#ifndef APP_ALIASES_H
#define APP_ALIASES_H

#include "command/set.h"

/* A bound for answers and lists of names. */
#define ALIASES_SAID ((size_t)1 << 20)

struct aliases {
    const char *path;              /* the config file; NULL: there is none */
    const struct command_set *set; /* their names can't be aliases */
};

/* /alias: list, show, define or remove; the answer is appended to *said. 0, or -1 with *e. */
int aliases_command(const struct aliases *a, const char *args, struct buf *said, struct err *e);

/* "/NAME rest": if NAME is an alias and not a command, append its text with the rest after it. 1, 0
 * if it is none, or -1 (memory) with *e. */
int aliases_expand(const struct aliases *a, const char *line, struct buf *text, struct err *e);

/* Append the names, a newline after each, for completion. */
void aliases_names(const struct aliases *a, struct buf *names);

#endif

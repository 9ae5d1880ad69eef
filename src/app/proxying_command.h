/*
 * proxying_command: the commands that act on a relay, by name: those of the prompt of wscope proxy,
 * and of scripts.
 */
#ifndef APP_PROXYING_COMMAND_H
#define APP_PROXYING_COMMAND_H

#include "app/proxying.h"
#include "command/command.h"

/* The i-th, in the order of the help; NULL after the last. Its `run` is NULL; COMMAND_OPEN: it acts
 * on the clients that are connected. */
const struct command_row *proxying_command_row(size_t i);
/* NULL: none of that name. */
const struct command_row *proxying_command_find(struct slice name);

/* Run one of these rows, for the connections of *who. What it answers is appended to *said, whole
 * lines. 0, or -1 with *e (EXIT_USAGE: not understood; e->at is an offset in args, or -1). */
int proxying_command_run(struct proxying *p, const struct proxying_who *who,
                         const struct command_row *row, const char *args, struct buf *said,
                         struct err *e);

/* The i-th word of a rule that may follow `before`, the arguments so far of `rule`. */
const char *proxying_command_rule_word(struct slice before, size_t i);

#endif

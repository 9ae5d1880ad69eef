/*
 * proxy_commands: the commands of the prompt, each a row of the table in proxy_commands.c.
 *
 *   proxy_commands.c      the table, and those that show something or set what the prompt does
 *   proxy_commands_act.c  those that act on connections and messages
 */
#ifndef VERB_PROXY_PROXY_COMMANDS_H
#define VERB_PROXY_PROXY_COMMANDS_H

#include "verb/proxy/proxy_prompt.h"

typedef int proxy_command_fn(struct proxy_prompt *q, const char *args, struct err *e);

/* What follows the name; 0, or -1 with *e. */
proxy_command_fn proxy_command_drop, proxy_command_fault, proxy_command_heal, proxy_command_hold,
    proxy_command_inject, proxy_command_offline, proxy_command_release, proxy_command_rule;

/* -1, with *e: how the command is used. */
int proxy_command_misused(const char *name, struct err *e);

#endif

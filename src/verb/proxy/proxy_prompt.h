/*
 * proxy_prompt: wscope proxy on a terminal: the log above a line that is being typed, and commands
 * that act on the connections.
 *
 *   proxy_prompt.c    life, the prompt, completion, the settings of the view
 *   proxy_commands.c  the commands; those that act are of app/proxying_command.h
 *   proxy_heads.c     the latest handshakes
 */
#ifndef VERB_PROXY_PROXY_PROMPT_H
#define VERB_PROXY_PROXY_PROMPT_H

#include "app/proxying_act.h"
#include "app/typing.h"
#include "command/set.h"
#include "verb/proxy/proxy_heads.h"

struct proxy_prompt {
    struct sink watch; /* on the bus */
    struct proxy_front *front;
    struct typing *typing;
    struct commands shared; /* for those that the REPL has too; there is no session */
    struct proxy_heads heads;
    struct proxying_who who; /* what commands act on */
    struct buf again;        /* the last /inject */
    char text[128];          /* the prompt */
};

extern const struct command_set proxy_commands;

/* proxy_commands.c: run "name arguments", without the slash. 0, or -1 with *e. */
int proxy_command(struct proxy_prompt *q, const char *line, struct err *e);

/* Whether there is one: standard input, output and error are a terminal, and no option is against
 * it. */
bool proxy_prompt_wanted(const struct proxy_front *p);
/* 0, or -1 with *e. The views are of VIEWS_REPL. */
int proxy_prompt_init(struct proxy_prompt *q, struct proxy_front *p, struct err *e);
/* Read lines until proxy_end; then show the log until the report is printed. */
void proxy_prompt_run(struct proxy_prompt *q);
/* After the bus has been cleared and the handles are closed. */
void proxy_prompt_clear(struct proxy_prompt *q);

#endif

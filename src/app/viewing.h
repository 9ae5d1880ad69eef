/*
 * viewing: the commands about the messages that are shown on a screen: which of them, and those
 * that were.
 */
#ifndef APP_VIEWING_H
#define APP_VIEWING_H

#include "cli/groups.h"
#include "command/command.h"
#include "term/screen.h"

/* As command_hooks.view. */
int viewing(struct screen *s, const struct view_options *o, enum command_view what,
            const char *args, struct err *e);

#endif

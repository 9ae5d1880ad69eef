/*
 * settings: what commands change about how a screen shows things.
 */
#ifndef APP_SETTINGS_H
#define APP_SETTINGS_H

#include "command/command.h"
#include "term/screen.h"

/* As command_hooks. */
int settings_get(const struct screen *s, enum setting which);
void settings_set(struct screen *s, enum setting which, int value);

#endif

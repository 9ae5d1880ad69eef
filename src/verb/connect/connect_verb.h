/*
 * connect_verb: its row of the table of subcommands.
 */
#ifndef VERB_CONNECT_CONNECT_VERB_H
#define VERB_CONNECT_CONNECT_VERB_H

#include "cli/verb.h"

extern const struct verb connect_verb;

#endif

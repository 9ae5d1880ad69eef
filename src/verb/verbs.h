/*
 * verbs: the table of subcommands. The order is that of --help.
 */
#ifndef VERB_VERBS_H
#define VERB_VERBS_H

#include "cli/verb.h"

extern const struct verbs wscope_verbs;

#endif

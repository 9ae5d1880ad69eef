/*
 * help: wscope help and wscope version, which --help and --version are, too.
 */
#ifndef VERB_HELP_HELP_H
#define VERB_HELP_HELP_H

#include "cli/verb.h"

extern const struct verb help_verb, version_verb;

#endif

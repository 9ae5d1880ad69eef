/*
 * complete: what the completions of the shells request from the program, so that they need no
 * lists:
 *
 *     wscope --complete WORD... <HISTORY
 *
 * The words are those after the program's name up to the cursor; the last one, perhaps empty, is
 * under it. HISTORY is a list of commands typed at the shell, a line each, the oldest first; URLs
 * are taken from those of wscope, and from wscope's own history. A terminal is not read.
 *
 * The answer is a line for each thing that the last word can become, with a tab between its parts:
 *
 *     word TEXT HELP     the whole word; a blank follows it. HELP may be empty
 *     part TEXT HELP     its beginning: more is typed directly after it
 *     files KEPT         KEPT and the name of a file
 *     folders KEPT       KEPT and the name of a directory
 *
 * KEPT is what is to stay of the word: "--junit=", "@".
 */
#ifndef VERB_COMPLETE_COMPLETE_H
#define VERB_COMPLETE_COMPLETE_H

#include "cli/verb.h"

/* Whether the command line is such a question. */
bool complete_wanted(int argc, char *const *argv);
/* Answer it on standard output. */
enum exit_code complete_run(const struct verbs *verbs, int argc, char *const *argv);

#endif

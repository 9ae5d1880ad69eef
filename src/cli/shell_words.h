/*
 * shell_words: one command split into words as a POSIX shell does it (POSIX.1-2017, Shell Command
 * Language, sections 2.2 and 2.3), with the $'...' of ANSI C (as later editions have it, and bash).
 * Pure: nothing is expanded, looked up or run.
 */
#ifndef CLI_SHELL_WORDS_H
#define CLI_SHELL_WORDS_H

#include "base/err.h"

/* Split the text in place: it becomes its words without their quotes, each with a NUL after it, one
 * after the other from text on (they are never longer than the text, NULs included). Returns how
 * many; or -1 with *e (EXIT_USAGE), the text destroyed. The message contains no part of the text,
 * which may contain secrets; positions are bytes counted from 1.
 *
 * Refused, since only a shell could do it: expansions ($NAME, `command`), several commands, pipes
 * and redirections. A quote that is not closed, a backslash at the very end, an escape that is no
 * character, a NUL. The quoting of cmd.exe (^) is recognised, and the sentence says so. In $'...'
 * \uD83D\uDE00 is one character, as browsers write it. */
long shell_words_split(char *text, struct err *e);

/* The word after this one. */
static inline char *shell_words_next(char *word)
{
    while (*word)
        word++;
    return word + 1;
}

#endif

/*
 * complete: completions of the word under the cursor, from the tables of commands and settings.
 * Pure but for the names of files.
 */
#ifndef COMMAND_COMPLETE_H
#define COMMAND_COMPLETE_H

#include "base/buf.h"

struct completion {
    size_t word;        /* bytes before the cursor that are the word to be completed */
    struct buf common;  /* the common beginning of all candidates; with a blank after it if it is
                           complete */
    struct buf choices; /* the candidates, a newline after each, if there are several */
    size_t count;
    struct slice aliases; /* their names, a newline after each; borrowed */
};

void completion_init(struct completion *c);
void completion_clear(struct completion *c);

/* For an editor: what takes the place of the last *back bytes, or else the choices in columns, for
 * a terminal of this width (0: one to a line). */
void completion_put(const struct completion *c, int columns, struct buf *insert,
                    struct buf *choices, size_t *back);

/* `before`: the line up to the cursor, with its slash. Nothing is found outside of commands. 0, or
 * -1 (memory). */
int commands_complete(struct completion *c, struct slice before);

#endif

/*
 * history: the lines that were typed, in a file: $XDG_STATE_HOME/wscope/history, or
 * ~/.local/state/wscope/history. The folder is made with mode 0700, the file with 0600; a file that
 * others may read is made private. A line of the file is one that was typed, with newlines and
 * backslashes escaped as \n and \\.
 *
 * Lines that may carry credentials are never stored, nor are those that begin with a blank; such
 * lines in the file are removed.
 */
#ifndef TERM_HISTORY_H
#define TERM_HISTORY_H

#include "base/buf.h"

#define HISTORY_LINES 1000
#define HISTORY_LINE  (64 * 1024) /* longer ones are not stored */

struct history {
    char *path; /* NULL: nothing is stored */
    struct buf lines[HISTORY_LINES];
    size_t first, count; /* a ring */
};

/* NULL path: the place above. Reads what is there, and shortens the file when it has outgrown its
 * bound. Never fails: without a file there is a history for the time being. NULL: memory. */
struct history *history_new(const char *path);
void history_free(struct history *h);

/* Remember a line; the same as the last one is not repeated. Stored at once if it may be. */
void history_add(struct history *h, struct slice line);
/* The i-th line, 0 the oldest; borrowed until the next call of history_add. */
struct slice history_line(const struct history *h, size_t i);

/* True if a line may be stored. */
bool history_storable(struct slice line);
/* The place of the file in this environment: caller frees; NULL if there is none, or out of memory.
 */
char *history_path(const char *xdg_state_home, const char *home);

#endif

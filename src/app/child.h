/*
 * child: a command that the user gave, run by /bin/sh beside the loop, in a session of its own: no
 * key of the terminal ends it, and it can't read from the terminal. Its standard input is empty.
 * What it prints goes to a file without a name, and is handed over by lines: a server that the
 * command leaves running can go on printing, and is not waited for.
 */
#ifndef APP_CHILD_H
#define APP_CHILD_H

#include <uv.h>

#include "base/err.h"
#include "base/slice.h"

struct child;

/* NULL members are skipped. */
struct child_hooks {
    /* A line that it printed, on standard output or standard error; it may be anything. Of a longer
     * line than CHILD_LINE_MAX, the beginning. */
    void (*line)(void *ctx, struct slice line);
    /* From the loop: it has ended, and all that it printed until then was handed over. Once, last.
     * number: of the signal that ended it, else 0. */
    void (*done)(void *ctx, int status, int number);
    void *ctx;
};

#define CHILD_LINE_MAX 4096
/* Bytes printed between two looks, and before its end; of more, the last ones are handed over. */
#define CHILD_LOOK_MAX 65536

/* NULL with *e: it can't be started. It is freed by child_free, not by itself. */
struct child *child_start(uv_loop_t *loop, const char *command, const struct child_hooks *hooks,
                          struct err *e);
/* Hand over the lines that it has printed since the last time. */
void child_look(struct child *child);
/* No hook is called any more; one that still runs gets SIGTERM, with all that it has started.
 * Its memory is freed once the loop has closed its handle. Also inside `done`. NULL is fine. */
void child_free(struct child *child);

/* The failure of a command that ended like that: "--drill: the command ended with status 3", with
 * the last line that it printed. EXIT_OTHER; -1. */
int child_failed(const struct child *child, const char *option, int status, int number,
                 struct err *e);

#endif

/*
 * header_cmd: runs --header-cmd and gathers what it prints, without blocking the loop.
 */
#ifndef SESSION_HEADER_CMD_H
#define SESSION_HEADER_CMD_H

#include <uv.h>

#include "base/err.h"

/* More output than this is a failure. */
#define HEADER_CMD_MAX (64 * 1024)

struct header_cmd;

/* Called once, from the loop: text (with a NUL after it; malloc'ed, the callee's) and its length,
 * or NULL and why (EXIT_OTHER, STAGE_HANDSHAKE): the exit status with the first line of standard
 * error, the time, the size, a NUL byte. What it printed on standard output is never in a message:
 * it is secret. */
typedef void header_cmd_done_fn(void *ctx, char *text, const struct err *e);

/* Start "/bin/sh -c COMMAND" with nothing on its standard input. timeout_us 0: no limit. NULL with
 * *e; done is not called then. The run frees itself after done. */
struct header_cmd *header_cmd_start(uv_loop_t *loop, const char *command, uint64_t timeout_us,
                                    header_cmd_done_fn *done, void *ctx, struct err *e);

/* Kill it; done is not called. NULL is fine. */
void header_cmd_cancel(struct header_cmd *run);

#endif

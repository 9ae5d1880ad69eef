/*
 * err: what failed, in a form for the user and in one for scripts.
 *
 * A function whose failure is reported to the user takes a `struct err *` (never NULL), fills it
 * and returns a negative number. The sentence says what, where and why; the hint what to try.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stddef.h>

#include "base/exit_code.h"

enum stage {
    STAGE_USAGE,
    STAGE_RESOLVE,
    STAGE_CONNECT,
    STAGE_PROXY,
    STAGE_TLS,
    STAGE_HANDSHAKE,
    STAGE_PROTOCOL,
    STAGE_IO
};

struct err {
    enum exit_code code; /* what the process exits with if this ends it; EXIT_OK: nothing failed */
    enum stage stage;
    int errnum;     /* errno of the failing call, 0 if there was none */
    int status;     /* of the HTTP response that was the refusal, 0 if there was none */
    long at;        /* usage errors: byte offset of the offending character, or -1 */
    char text[512]; /* one sentence, no newline, no full stop */
    char hint[512]; /* what to try, or "" */
};

/* Clear the error. */
void err_clear(struct err *e);

/* Fill *e (hint emptied, `at` -1). Text beyond the size is cut. Returns -1, so that a failing
 * function can end with `return err_set(...)`. */
int err_set(struct err *e, enum exit_code code, enum stage stage, int errnum, const char *format,
            ...) __attribute__((format(printf, 5, 6)));

/* A usage error at that byte of what was typed. Returns -1. */
int err_at(struct err *e, size_t at, const char *text);

/* Out of memory while doing `what`: EXIT_OTHER at the given stage. Returns -1. */
int err_nomem(struct err *e, enum stage stage, const char *what);

/* Add what to try. */
void err_hint(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "resolve", "tls", ... as the `error` event spells it. Static. */
const char *stage_name(enum stage stage);

#endif

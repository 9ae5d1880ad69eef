/*
 * complain: messages on standard error, outside the views. They may quote the name of a file, a
 * pattern or a line of a foreign script: all of them pass term_safe here, and no other code in app/
 * and verb/ writes messages there.
 */
#ifndef APP_COMPLAIN_H
#define APP_COMPLAIN_H

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

/* "wscope: " and the message, on a separate line. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The sentence and the hint of a failure, as they appear on standard error. 0 or -1 (memory). */
int complain_text(struct buf *text, const struct err *e);

/* What to try, on separate lines; nothing if there is no hint. */
void complain_hint(const struct err *e);

/* The sentence, and the hint. Returns the error's exit code. */
enum exit_code complain_err(const struct err *e);

/* How term_safe is asked for standard error: beyond ASCII only where the locale shows it. */
int complain_flags(void);

/* A line of the trace: without the name of the program before it. */
void complain_line(struct slice text);

/* Lines that are complete as they are, each with its newline. */
void complain_lines(struct slice text);

#endif

/*
 * pretty: JSON for the eye. Tokens are laid out and coloured one by one as they were received (big
 * numbers, escapes, key order), never re-encoded; what could drive a terminal is escaped as
 * term_safe does.
 */
#ifndef SINK_PRETTY_H
#define SINK_PRETTY_H

#include "base/buf.h"

enum { PRETTY_COLOR = 1, PRETTY_ASCII = 2 /* escape all beyond ASCII */ };

struct pretty {
    int columns; /* it stays as received if it is one line and fits; 0: always over several */
    int indent;  /* blanks before each line but the first */
    int flags;
};

/* Append the text laid out, without a newline at the end. 1: done; 0: it is not JSON (RFC 8259);
 * -1: memory, or more than out may hold. For 0 and -1 out is unchanged. */
int pretty_json(struct buf *out, struct slice text, const struct pretty *how);

#endif

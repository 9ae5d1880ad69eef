/*
 * json_hide: a line of JSON that is safe to be shown on a terminal.
 */
#ifndef SINK_JSON_HIDE_H
#define SINK_JSON_HIDE_H

#include "base/buf.h"

/* Append the line with the characters of term_hidden escaped. Characters that could control a
 * terminal or mislead its user occur only inside strings, where \uXXXX means the same (RFC 8259,
 * section 7): a pair of surrogates beyond U+FFFF. The line is valid UTF-8. 0 or -1 (memory; what
 * fitted was appended). */
int json_hide(struct buf *out, struct slice line);

#endif

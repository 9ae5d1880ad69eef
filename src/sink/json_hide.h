/*
 * json_hide: a line of JSON that is safe to be shown on a terminal.
 */
#ifndef SINK_JSON_HIDE_H
#define SINK_JSON_HIDE_H

#include "base/buf.h"

/* Append the line with what term_hidden names escaped. Characters that could drive or mislead a
 * terminal stand only inside strings, where \uXXXX means the same (RFC 8259, section 7): a pair of
 * surrogates beyond U+FFFF. The line is valid UTF-8. 0 or -1 (memory; what fitted is there). */
int json_hide(struct buf *out, struct slice line);

#endif

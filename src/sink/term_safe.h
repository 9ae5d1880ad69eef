/*
 * term_safe: nothing a peer sends drives the terminal. Bytes become printable text: C0 (but tab
 * and, if asked, newline), C1, DEL, bidi controls, line/paragraph separators, other invisible
 * format characters that reorder or hide text, and invalid UTF-8 are shown escaped.
 */
#ifndef SINK_TERM_SAFE_H
#define SINK_TERM_SAFE_H

#include "base/buf.h"

enum { TERM_SAFE_NEWLINES = 1 /* keep \n */, TERM_SAFE_ASCII = 2 /* escape all beyond ASCII */ };

/* How many bytes at the front are printable ASCII: term_safe adds them unchanged, and each takes
 * one column. */
size_t term_plain(struct slice bytes);
/* All of them are. */
bool term_is_plain(struct slice bytes);
/* The same while copying them to `to`, which has room for them. */
bool term_copy_plain(uint8_t *to, struct slice from);

/* Append the safe form: \e \n \r \t \0 \xNN for bytes, \u{NNNN} for characters; a backslash of the
 * input stays as it is. 0 or -1 (memory; what fitted is there). */
int term_safe(struct buf *out, struct slice bytes, int flags);

/* True for a character beyond ASCII that term_safe never lets through: C1, bidi controls and
 * whatever else reorders or hides text. */
bool term_hidden(uint32_t code);

/* Columns the (safe) text takes on a terminal; ambiguous width is 1. */
int term_width(struct slice text);

#endif

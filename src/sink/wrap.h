/*
 * wrap: text of whole lines, laid out for a terminal of some width: lines that are too long are
 * broken at blanks, and continue below, indented by two columns more. A word that is longer than a
 * line is left to the terminal.
 */
#ifndef SINK_WRAP_H
#define SINK_WRAP_H

#include "base/buf.h"

/* True if no line of the text is wider. */
bool wrap_fits(struct slice text, int columns);
/* Append the text, broken. It is safe for a terminal already; colours (ESC [ ... m) take no
 * columns. 0 or -1 (memory; what fitted is there). */
int wrap_text(struct buf *out, struct slice text, int columns);
/* The columns that text takes, without those of colours. */
int wrap_width(struct slice text);

#endif

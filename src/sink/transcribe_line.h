/*
 * transcribe_line: one line of a script, written so that reading it gives the same text: there are
 * no variables, blanks at the ends stay, text over several lines becomes a here-text.
 */
#ifndef SINK_TRANSCRIBE_LINE_H
#define SINK_TRANSCRIBE_LINE_H

#include "base/buf.h"

/* Can a script contain the text unchanged, in readable form? It is UTF-8 without control characters
 * but newline and tab, and without what a terminal would not show. */
bool transcribe_line_holds(struct slice text);

/* Append "HEAD TEXT TAIL", or "HEAD TAIL <<END" and the text below, and a newline. An empty text
 * that is to be there (and is not just missing: data NULL) becomes a here-text of no lines. The
 * text is one that a script can hold. 0, or -1 (memory; what fitted is there). */
int transcribe_line(struct buf *out, const char *head, struct slice text, const char *tail);

#endif

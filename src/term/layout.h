/*
 * layout: the position of the terminal's cursor after a prompt and a line that libedit drew. Pure:
 * the terminal's width is passed in.
 *
 * It follows libedit's own rules: a character that does not fit is moved to the next row as a
 * whole, after a full row the cursor is already on the next one, a tab moves to the next multiple
 * of eight, controls are shown as ^X, what can't be printed as \U+XXXX.
 */
#ifndef TERM_LAYOUT_H
#define TERM_LAYOUT_H

#include <stddef.h>
#include <wchar.h>

struct layout {
    int row, column;
};

/* Advance over n characters on a terminal of this many columns (at least 1 is assumed). */
void layout_put(struct layout *l, int columns, const wchar_t *text, size_t n);

#endif

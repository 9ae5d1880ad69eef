/*
 * blank: which characters separate words. Each takes a char or a byte.
 */
#ifndef BASE_BLANK_H
#define BASE_BLANK_H

#include "base/slice.h"

/* A blank within a line (OWS in RFC 9110, section 5.6.3). */
static inline bool is_blank(int c)
{
    return c == ' ' || c == '\t';
}

/* These and the ends of lines: what JSON (RFC 8259, section 2) allows between tokens. */
static inline bool is_white(int c)
{
    return is_blank(c) || c == '\n' || c == '\r';
}

/* The text without blanks at its ends. */
static inline struct slice blank_trim(struct slice text)
{
    while (text.len > 0 && is_blank(text.data[0]))
        text = slice_from(text, 1);
    while (text.len > 0 && is_blank(text.data[text.len - 1]))
        text.len--;
    return text;
}

#endif

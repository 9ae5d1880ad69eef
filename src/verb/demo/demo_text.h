/*
 * demo_text: the texts of the tour.
 */
#ifndef VERB_DEMO_DEMO_TEXT_H
#define VERB_DEMO_DEMO_TEXT_H

#include "base/out.h"

enum demo_text {
    DEMO_TEXT_KEYS,  /* on a terminal: how to go on and to leave */
    DEMO_TEXT_BEGIN, /* what is about to be seen */
    DEMO_TEXT_NEXT,  /* the end: commands to try */
    DEMO_TEXT_PROMPT /* the end on a terminal: what to type at the prompt that follows */
};

/* Print a text's lines, as demo_text_line. */
void demo_text_put(struct out *out, enum demo_text which, int columns);

/* Print a line, broken between words where it is longer than the columns (0: never); the rest is
 * indented as the line is. ASCII. */
void demo_text_line(struct out *out, const char *text, int columns);

#endif

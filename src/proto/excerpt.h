/*
 * excerpt: the beginning of what a peer sent or a person typed, as it may stand between quotes in a
 * sentence: printable ASCII as it is, everything else escaped, so that nothing in it can drive a
 * terminal and a long value does not push the rest of the sentence away.
 */
#ifndef PROTO_EXCERPT_H
#define PROTO_EXCERPT_H

#include "base/slice.h"

#define EXCERPT_BYTES 80  /* bytes looked at */
#define EXCERPT_CHARS 160 /* characters of the escaped form */

struct excerpt {
    char text[EXCERPT_CHARS + 4]; /* "..." and the NUL behind it */
};

/* Fill *x and return x->text. "..." at the end says that there was more. */
const char *excerpt_of(struct excerpt *x, struct slice bytes);

#endif

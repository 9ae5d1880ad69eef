/*
 * excerpt: the beginning of what a peer sent or a user typed, in a form that can be quoted in a
 * message: printable ASCII unchanged, everything else escaped, so that nothing in it can control a
 * terminal and a long value does not displace the rest of the message.
 */
#ifndef PROTO_EXCERPT_H
#define PROTO_EXCERPT_H

#include "base/slice.h"

#define EXCERPT_BYTES 80  /* bytes looked at */
#define EXCERPT_CHARS 160 /* characters of the escaped form */

struct excerpt {
    char text[EXCERPT_CHARS + 4]; /* "..." and the NUL after it */
};

/* Fill *x and return x->text. "..." at the end means that there was more. */
const char *excerpt_of(struct excerpt *x, struct slice bytes);

#endif

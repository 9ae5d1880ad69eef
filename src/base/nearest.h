/*
 * nearest: the word that a misspelt one was meant to be, among those that exist. A suggestion
 * corrects a typing error and is never a guess: no suggestion is better than a wrong one.
 *
 *     struct nearest n;
 *
 *     nearest_begin(&n, "recnonect", 9);
 *     for each word: nearest_offer(&n, word);
 *     if (n.word) ... "did you mean"
 */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stddef.h>

#define NEAREST_MAX 31 /* longer words have no nearest one */

struct nearest {
    const char *typed;
    size_t len;
    const char *word; /* the best so far; NULL: none is near */
    size_t distance;
};

/* typed is borrowed. */
void nearest_begin(struct nearest *n, const char *typed, size_t len);

/* One more word that exists; borrowed. It is near if it differs by at most as many errors as its
 * length allows (1 up to five letters, 2 up to eight, else 3) and begins with the letter typed,
 * unless that was left out, doubled or swapped with the next. Of several the nearest, then the
 * first, is kept. */
void nearest_offer(struct nearest *n, const char *word);

#endif

/*
 * nearest: the word that a misspelt one was meant to be.
 */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stddef.h>

#define NEAREST_MAX 31 /* longer words have no nearest one */

/* The insertions, deletions, substitutions and swaps of neighbours that lead from one word to the
 * other. Both at most NEAREST_MAX bytes. */
size_t nearest_distance(const char *a, size_t a_len, const char *b, size_t b_len);

/* How far a word of this length may be off and still be a slip rather than a guess. */
size_t nearest_tolerance(size_t len);

#endif

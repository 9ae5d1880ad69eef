#include "base/nearest.h"

#include <stdbool.h>
#include <string.h>

/* Damerau-Levenshtein in its optimal string alignment form. */
static size_t nearest_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][NEAREST_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];

    for (size_t j = 0; j <= b_len; j++)
        last[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *recycled = before;

        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t best = last[j - 1] + (a[i - 1] != b[j - 1]);

            if (best > last[j] + 1)
                best = last[j] + 1;
            if (best > row[j - 1] + 1)
                best = row[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                best > before[j - 2] + 1)
                best = before[j - 2] + 1;
            row[j] = best;
        }
        before = last;
        last = row;
        row = recycled;
    }
    return last[b_len];
}

static size_t slips_allowed(size_t len)
{
    if (len < 3)
        return 0; /* any two such words are alike */
    return len <= 5 ? 1 : len <= 8 ? 2 : 3;
}

/* Words that differ in their first letter are different words: "grep" is not a misspelt "drop". */
static bool begins_alike(const char *typed, size_t len, const char *word, size_t word_len,
                         size_t distance)
{
    bool swapped = len > 1 && word_len > 1 && typed[0] == word[1] && typed[1] == word[0];

    return typed[0] == word[0] || (distance == 1 && (swapped || len != word_len));
}

void nearest_begin(struct nearest *n, const char *typed, size_t len)
{
    *n = (struct nearest){.typed = typed, .len = len};
}

void nearest_offer(struct nearest *n, const char *word)
{
    size_t len = strlen(word), distance;

    if (n->len == 0 || n->len > NEAREST_MAX || len == 0 || len > NEAREST_MAX)
        return;
    distance = nearest_distance(n->typed, n->len, word, len);
    if (distance > slips_allowed(len < n->len ? len : n->len) ||
        (n->word && distance >= n->distance) ||
        !begins_alike(n->typed, n->len, word, len, distance))
        return;
    n->word = word;
    n->distance = distance;
}

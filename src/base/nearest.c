#include "base/nearest.h"

/* Damerau-Levenshtein in its optimal string alignment form. */
size_t nearest_distance(const char *a, size_t a_len, const char *b, size_t b_len)
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

size_t nearest_tolerance(size_t len)
{
    return 1 + len / 3;
}

#include "cli/options_private.h"

#define NAME_MAX_LEN 31

/* Damerau-Levenshtein in its optimal string alignment form: the insertions, deletions,
 * substitutions and swaps of neighbours that lead from one name to the other. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][NAME_MAX_LEN + 1];
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

const char *options_nearest(const char *name, size_t len)
{
    size_t count;
    const struct option_row *table = options_table(&count);
    const char *nearest = NULL;
    size_t least = 1 + len / 3; /* further away it is a guess, not a slip */

    if (len > NAME_MAX_LEN)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t name_len = table[i].name ? strlen(table[i].name) : 0;
        size_t d;

        if (name_len == 0 || name_len > NAME_MAX_LEN)
            continue;
        d = distance(name, len, table[i].name, name_len);
        if (d < least || (d == least && !nearest)) {
            least = d;
            nearest = table[i].name;
        }
    }
    return nearest;
}

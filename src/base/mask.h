/*
 * mask: texts that no view may show, and what stands there instead.
 */
#ifndef BASE_MASK_H
#define BASE_MASK_H

#include "base/buf.h"

/* Shorter ones are not hidden: they stand in too many words, and guard nothing. */
#define MASK_MIN 4
/* So much of the front of one is hidden too: sentences cut what they quote. */
#define MASK_PART 12

struct mask_entry {
    char *text, *shown;
    size_t len;
};

/* Zero-initialise to begin. */
struct mask {
    struct mask_entry *entries;
    size_t count;
};

/* From now on `shown` stands for the text. Both are copied; one that is there already, or is too
 * short, changes nothing. 0, or -1: memory. */
int mask_add(struct mask *m, const char *text, const char *shown);
/* Append the text with what is to be hidden replaced. cut: it is the beginning of a longer one, so
 * that its end may be the front of something hidden. 0, or -1: memory, and `out` is not to be
 * shown. */
int mask_apply(const struct mask *m, struct buf *out, struct slice text, bool cut);
void mask_clear(struct mask *m);

#endif

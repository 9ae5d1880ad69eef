/*
 * mask: texts that no view may show, and what is shown instead.
 */
#ifndef BASE_MASK_H
#define BASE_MASK_H

#include "base/buf.h"

/* Shorter ones are not hidden: they occur in too many words and protect nothing. */
#define MASK_MIN 4
/* At least this much of its beginning is hidden, too: messages cut what they quote. */
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

/* From now on `shown` replaces the text. Both are copied; a text that is already known or is too
 * short changes nothing. 0, or -1: out of memory. */
int mask_add(struct mask *m, const char *text, const char *shown);
/* Append the text with hidden texts replaced. cut: it is the beginning of a longer one, so its end
 * may be the beginning of a hidden text. 0, or -1: out of memory, and `out` must not be shown. */
int mask_apply(const struct mask *m, struct buf *out, struct slice text, bool cut);
void mask_clear(struct mask *m);

#endif

/*
 * live: a view that is painted again and again in place on a terminal, below what was printed.
 */
#ifndef APP_LIVE_H
#define APP_LIVE_H

#include "app/output.h"

struct live {
    struct output *output; /* the terminal, borrowed; NULL: nothing is painted */
    int columns;           /* of the terminal; 0: any number */
    unsigned rows;         /* that the view takes now */
};

/* Take the view away, before something else is printed. */
void live_erase(struct live *live);
/* Whole lines, with styles perhaps, in place of those that were painted last. */
void live_paint(struct live *live, const struct buf *text);
/* Nothing is read there now: painting would only pile up. */
bool live_blocked(const struct live *live);

#endif

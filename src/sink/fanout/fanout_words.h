/*
 * fanout_words: what the text and the page both show of a fan-out.
 */
#ifndef SINK_FANOUT_FANOUT_WORDS_H
#define SINK_FANOUT_FANOUT_WORDS_H

#include "fanout/report.h"
#include "measure/units.h"

/* The connections to which something happened in the drill, the worst first: those that did not
 * return, those whose end was not clean, the longest away. list: room for r->connections. The
 * number of them. */
size_t fanout_worst(const struct fanout_report *r, uint32_t *list);

/* The name of a row of the matrix, or of a node that is perhaps not known ("–"). May quote the
 * peer. */
const char *fanout_row_name(const struct fanout_report *r, uint32_t row);
const char *fanout_node_name(const struct fanout_report *r, uint32_t node, bool utf8);

/* A duration; a dash if it is not known (below 0). */
struct units fanout_span(int64_t us, bool utf8);

/* The totals of the drill, a row each. */
#define FANOUT_DRILL_ROWS 9
struct fanout_row {
    const char *label;
    char text[200];
};
size_t fanout_drill_rows(struct fanout_row rows[FANOUT_DRILL_ROWS], const struct fanout_report *r,
                         bool utf8);

#define FANOUT_LABEL 61
/* A name that a peer chose, as a cell of a table: printable, and shortened if need be. 0 or -1
 * (memory). */
int fanout_label(char text[FANOUT_LABEL], const char *name, bool utf8);

/* Does the verdict already say whether clients stay on their node? */
bool fanout_verdict_is_sticky(const struct fanout_report *r);

#define FANOUT_LIMITS 400
/* What limits the figures: one sentence each, with its full stop; "" if there is nothing. */
void fanout_limits(char text[FANOUT_LIMITS], const struct fanout_report *r);

#endif

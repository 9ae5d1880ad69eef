/*
 * compare_table: a comparison for a terminal or a text file: tables, bars, and what follows.
 */
#ifndef SINK_COMPARE_COMPARE_TABLE_H
#define SINK_COMPARE_COMPARE_TABLE_H

#include "measure/scale.h"
#include "sink/view.h"

/* Both append whole lines; 0 or -1 (memory). Of the configuration tty, color, utf8 and columns
 * count (0: 80). */

/* While it runs: progress towards end_us, and a row a channel. */
int compare_table_live(struct buf *out, const struct figures *f, uint64_t end_us,
                       const struct view_config *view);
/* The end: everything. c: where the distributions are. */
int compare_table(struct buf *out, const struct comparison *c, const struct figures *f,
                  const struct scale *scale, const struct view_config *view);

#endif

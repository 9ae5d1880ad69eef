/*
 * probe_text: the checks of an examination for a terminal or a text file, a row for each as soon as
 * it is known.
 */
#ifndef SINK_PROBE_PROBE_TEXT_H
#define SINK_PROBE_PROBE_TEXT_H

#include "probe/check.h"
#include "sink/view.h"

/* Append the row of a check, whole lines, its advice below it; of the view, color, utf8 and columns
 * count (0: 80), and from level 1 on the evidence. What peers sent is escaped. 0 or -1 (memory). */
int probe_text_check(struct buf *out, const struct probe_check *check,
                     const struct view_config *view);
/* The same for the verdict. apart: rows are above it. */
int probe_text_verdict(struct buf *out, const struct probe_verdict *verdict,
                       const struct view_config *view, bool apart);

#endif

/*
 * grade_text: the report about clients for a terminal or a text file: one screen for each client,
 * the verdict first.
 */
#ifndef SINK_GRADE_GRADE_TEXT_H
#define SINK_GRADE_GRADE_TEXT_H

#include "grade/report.h"
#include "sink/view.h"

/* Append whole lines; of the view, color, utf8 and columns count (0: 80). What clients sent is
 * escaped, and hidden where it may be a credential. 0 or -1 (memory). */
int grade_text(struct buf *out, const struct grade_report *r, const struct view_config *view);

#endif

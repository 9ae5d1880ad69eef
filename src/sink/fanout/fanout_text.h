/*
 * fanout_text: what the connections showed, for a terminal or a text file: the verdict first.
 */
#ifndef SINK_FANOUT_FANOUT_TEXT_H
#define SINK_FANOUT_FANOUT_TEXT_H

#include "fanout/expect.h"
#include "fanout/report.h"
#include "sink/view.h"

/* Append whole lines; of the view, color, utf8 and columns count (0: 80). verdicts: of
 * --expect-drill, may be none. 0 or -1 (memory). */
int fanout_text(struct buf *out, const struct fanout_report *r,
                const struct drill_verdict *verdicts, size_t verdict_count,
                const struct view_config *view);

#endif

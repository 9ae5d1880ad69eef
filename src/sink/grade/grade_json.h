/*
 * grade_json: the report about clients as a JSON document: {"event":"report","clients":[...]}. The
 * manual lists its members.
 */
#ifndef SINK_GRADE_GRADE_JSON_H
#define SINK_GRADE_GRADE_JSON_H

#include "grade/report.h"
#include "sink/json_tree.h"

/* Into a new tree, which the caller clears. Messages that may carry a credential are replaced by a
 * mark. 0 or -1 (memory). */
int grade_json(struct json_tree *t, const struct grade_report *r);

/* Append a message as it may be shown: its mark if it may carry a credential. 0 or -1 (memory). */
int grade_shown(struct buf *out, struct slice message, bool utf8);

#endif

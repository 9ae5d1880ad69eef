/*
 * fanout_json: what the connections showed as a JSON document, {"event":"fanout", ...}. The manual
 * lists its members.
 */
#ifndef SINK_FANOUT_FANOUT_JSON_H
#define SINK_FANOUT_FANOUT_JSON_H

#include "fanout/expect.h"
#include "fanout/report.h"
#include "sink/json_tree.h"

/* Into a new tree, which the caller clears. 0 or -1 (memory). */
int fanout_json(struct json_tree *t, const struct fanout_report *r,
                const struct drill_verdict *verdicts, size_t verdict_count);

#endif

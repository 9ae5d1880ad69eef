/*
 * probe_json: the checks of an examination and its verdict as JSON.
 */
#ifndef SINK_PROBE_PROBE_JSON_H
#define SINK_PROBE_PROBE_JSON_H

#include "base/buf.h"
#include "probe/check.h"

/* Append the event of a check, or of the verdict, with a newline. time_us: wall clock. exit: of the
 * run. 0 or -1 (memory). */
int probe_json_check(struct buf *out, const struct probe_check *check, int64_t time_us);
int probe_json_verdict(struct buf *out, const struct probe_verdict *verdict,
                       const struct probe_report *r, enum exit_code exit, int64_t time_us);

#endif

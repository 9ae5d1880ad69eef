/*
 * probe_prom: the result of an examination in the text format of Prometheus, for a textfile
 * collector or a push.
 */
#ifndef SINK_PROBE_PROBE_PROM_H
#define SINK_PROBE_PROBE_PROM_H

#include "base/buf.h"
#include "probe/check.h"

/* Append all metrics. url: as it may be shown, a label of each. 0 or -1 (memory). */
int probe_prom(struct buf *out, const struct probe_report *r, const struct probe_verdict *verdict,
               const char *url, int64_t time_us);

#endif

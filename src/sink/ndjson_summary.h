/*
 * ndjson_summary: the fields of the summary event, the last line of the JSON view.
 */
#ifndef SINK_NDJSON_SUMMARY_H
#define SINK_NDJSON_SUMMARY_H

#include "base/json_write.h"
#include "event/event.h"

void ndjson_summary(struct json_write *w, const struct event_summary *s);

#endif

/*
 * compare_json: a comparison as one JSON object: every figure that the other views show.
 */
#ifndef SINK_COMPARE_COMPARE_JSON_H
#define SINK_COMPARE_COMPARE_JSON_H

#include "base/buf.h"
#include "measure/scale.h"

/* Append the object, without a newline. scale: NULL while the comparison runs; c is used only with
 * it, for distributions and courses. at_us: since the program's start; time_us: since 1970. 0 or -1
 * (memory; *out is unchanged). */
int compare_json(struct buf *out, const struct comparison *c, const struct figures *f,
                 const struct scale *scale, uint64_t at_us, int64_t time_us);

#endif

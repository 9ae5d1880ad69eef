/*
 * diagnosis: what is told of a test that failed, so that it alone says what happened: what was
 * expected and where, what came instead, how the connections stand. As YAML of the plain kind that
 * readers of TAP understand: mappings, lists, quoted scalars.
 */
#ifndef SCRIPT_DIAGNOSIS_H
#define SCRIPT_DIAGNOSIS_H

#include "base/buf.h"
#include "script/results.h"

/* Of a message that came instead so many bytes are told. */
#define DIAGNOSIS_BYTES 1024

/* Append lines "INDENT key: value", each ending in a newline. What a peer sent is quoted and
 * escaped: it neither drives a terminal nor ends the block. 0, or -1 (memory; what fitted is
 * there). */
int diagnosis_write(struct buf *out, const struct result_failure *failure, const char *indent);

/* What is told of a message: at most DIAGNOSIS_BYTES, and not half a character at its end.
 * Borrowed. *cut: it is not all. */
struct slice diagnosis_data(const struct result_seen *seen, bool *cut);

/* Append bytes as one YAML scalar on one line: in single quotes where that shows them as they are,
 * else in double quotes with escapes. 0 or -1 (memory). */
int diagnosis_scalar(struct buf *out, struct slice bytes);

#endif

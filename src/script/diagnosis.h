/*
 * diagnosis: the report of a failed test, which is complete in itself: what was expected and where,
 * what was received instead, the state of the connections. In the simple YAML that readers of TAP
 * understand: mappings, lists, quoted scalars.
 */
#ifndef SCRIPT_DIAGNOSIS_H
#define SCRIPT_DIAGNOSIS_H

#include "base/buf.h"
#include "script/results.h"

/* At most this many bytes of a message are reported. */
#define DIAGNOSIS_BYTES 1024

/* Append lines "INDENT key: value", each ending in a newline. What a peer sent is quoted and
 * escaped: it neither controls a terminal nor ends the block. 0, or -1 (memory; what fitted was
 * appended). */
int diagnosis_write(struct buf *out, const struct result_failure *failure, const char *indent);

/* The part of a message that is reported: at most DIAGNOSIS_BYTES, not ending inside a character.
 * Borrowed. *cut: it is not the whole message. */
struct slice diagnosis_data(const struct result_seen *seen, bool *cut);

/* Append bytes as one YAML scalar on one line: in single quotes where that shows them as they are,
 * else in double quotes with escapes. 0 or -1 (memory). */
int diagnosis_scalar(struct buf *out, struct slice bytes);

#endif

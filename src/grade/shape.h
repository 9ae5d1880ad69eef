/*
 * shape: messages compared by what stays the same when they are sent again: runs of digits, UUIDs
 * (RFC 9562, section 4) and JSON Web Tokens (RFC 7519) are blanked. Of bytes that are no text, the
 * length and the readable runs.
 */
#ifndef GRADE_SHAPE_H
#define GRADE_SHAPE_H

#include "base/slice.h"

/* Of longer messages the beginning and the length. */
#define SHAPE_MAX 65536

uint64_t shape_hash(const uint64_t seed[2], struct slice payload, bool text);
/* Of all bytes, to the same length. */
uint64_t shape_exact(const uint64_t seed[2], struct slice payload);
/* The same, fast enough for every message, but not proof against payloads made to collide. */
uint64_t shape_quick(uint64_t seed, struct slice payload);

#endif

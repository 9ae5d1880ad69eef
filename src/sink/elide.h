/*
 * elide: long base64 strings inside JSON, shortened for people: "‹base64, 16.0 KiB›", with the
 * size of what they encode.
 */
#ifndef SINK_ELIDE_H
#define SINK_ELIDE_H

#include "base/buf.h"

/* On a terminal, strings of more characters are shortened. */
#define ELIDE_DEFAULT 256

/* Append the JSON text with every string of base64 that has more than `longest` characters
 * shortened: with either alphabet of RFC 4648, with padding or without; "data:...;base64," before
 * it stays. Member names are not changed, and it is still JSON. The marker is ASCII without utf8.
 * 1: done; 0: there is none, `longest` is 0, or it is not JSON; -1: memory. For 0 and -1 out is
 * unchanged. */
int elide_json(struct buf *out, struct slice text, uint64_t longest, bool utf8);

/* What a view shows of a text: the shortened form, which is the content of `scratch` until that
 * changes, or the text itself. */
struct slice elide_shown(struct buf *scratch, struct slice text, uint64_t longest, bool utf8);

#endif

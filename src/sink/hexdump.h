/*
 * hexdump: bytes as offset, hexadecimal digits and ASCII, 16, 8 or 4 to the line.
 */
#ifndef SINK_HEXDUMP_H
#define SINK_HEXDUMP_H

#include "base/buf.h"

/* Bytes per line that fit into this many columns (0: no limit) after an indentation. */
int hexdump_per_line(int columns, int indent);

/* Append the dump, with a newline after every line. Offsets count from `offset`. 0, or -1 (memory,
 * or more than out may hold; out unchanged). */
int hexdump(struct buf *out, struct slice bytes, uint64_t offset, int indent, int per_line);

#endif

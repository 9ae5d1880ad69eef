/*
 * wide: text between UTF-8, as on the wire, and the wide characters of the line editor. Independent
 * of the locale. Pure.
 */
#ifndef TERM_WIDE_H
#define TERM_WIDE_H

#include <wchar.h>

#include "base/buf.h"

/* Append n wide characters as UTF-8; invalid ones become U+FFFD. 0 or -1 (memory). */
int wide_to_utf8(struct buf *out, const wchar_t *text, size_t n);
/* Append UTF-8 as wide characters, without a final NUL, to a buffer of wchar_t; invalid bytes
 * become U+FFFD, NULs are left out. 0 or -1 (memory). */
int wide_from_utf8(struct buf *out, struct slice text);
/* Wide characters in a buffer that wide_from_utf8 filled. */
size_t wide_count(const struct buf *wide);

#endif

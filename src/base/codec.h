/*
 * codec: base64 (RFC 4648, section 4) and hexadecimal digits.
 */
#ifndef BASE_CODEC_H
#define BASE_CODEC_H

#include "base/buf.h"

/* Append the base64 form with padding, no line breaks. 0, or -1 (memory; content unchanged). */
int base64_encode(struct buf *out, struct slice bytes);
/* Append the decoded bytes. Padding is required, blanks are not allowed, unused bits must be zero.
 * 0; -1: memory; else the 1-based column of the first bad character (out unchanged). */
long base64_decode(struct buf *out, struct slice text);

/* Append lower-case digits. 0 or -1 (memory). */
int hex_encode(struct buf *out, struct slice bytes);
/* Append the decoded bytes; digits of either case, blanks between pairs are skipped. Results as
 * base64_decode; an odd digit at the end is column len + 1. */
long hex_decode(struct buf *out, struct slice text);

/* "64k", "1M", "2G" (powers of 1024, either case, fractions not allowed) or plain bytes. A caller
 * that does not accept zero checks for it. 0, or -1 if it is not a size or does not fit (*bytes
 * unchanged).
 */
int size_parse(const char *text, uint64_t *bytes);
/* "0.5", "30": seconds as microseconds; no sign, no exponent; at most 10^9 s. Digits finer than a
 * microsecond are dropped, but a value above 0 never becomes 0. 0 or -1. */
int seconds_parse(const char *text, uint64_t *microseconds);
/* The same with a unit: "200ms", "1.5s", "2m", "1h", "50us"; without one, seconds. */
int duration_parse(struct slice text, uint64_t *microseconds);
/* In the form that duration_parse reads, with the largest unit of s, ms and us that gives a whole
 * number. */
#define DURATION_TEXT 24
void duration_print(uint64_t microseconds, char text[DURATION_TEXT]);

#endif

/*
 * unpacked: what the readers of CBOR and MessagePack write alike as JSON. Each appends to *out: 0,
 * or -1 (memory).
 */
#ifndef DECODE_UNPACKED_H
#define DECODE_UNPACKED_H

#include "base/buf.h"

/* The shortest digits that are this number; null if it is not finite. */
int unpacked_number(struct buf *out, double number);
/* {"base64":"..."} */
int unpacked_bytes(struct buf *out, struct slice bytes);
/* A string; text that is not UTF-8 is shown as the bytes that it is. */
int unpacked_text(struct buf *out, struct slice text);
/* The JSON of a key: one that is not a string becomes one, its text escaped. */
int unpacked_key(struct buf *out, struct slice json);

#endif

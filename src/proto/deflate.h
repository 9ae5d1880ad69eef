/*
 * deflate: compression of message payloads (RFC 7692, section 7.2) over zlib, in pieces.
 */
#ifndef PROTO_DEFLATE_H
#define PROTO_DEFLATE_H

#include "base/buf.h"

struct inflater;
struct deflater;

/* window_bits 8 to 15 (0 means 15). reset: the peer uses no context takeover. NULL: memory. */
struct inflater *inflater_new(unsigned window_bits, bool reset);
void inflater_free(struct inflater *i);

/* Give the next n bytes of the current message; borrowed until inflater_read has used them up. At
 * the message's end call with last = true (n may be 0): the 00 00 FF FF tail is added here. */
void inflater_feed(struct inflater *i, const uint8_t *bytes, size_t n, bool last);

/* Inflate at most room (> 0) bytes into out. Returns the count, 0 when all that was fed is used up
 * (and, after `last`, the message is complete and the context ready for the next), -1 on bad data,
 * -2 when memory is out; after a negative return the context is unusable. BFINAL blocks and bytes
 * after them, several blocks and empty messages are legal. */
long inflater_read(struct inflater *i, uint8_t *out, size_t room);

/* Bytes of the last inflater_feed not used yet. Feeding again replaces them, so a reader whose
 * bytes have moved feeds the rest again. */
size_t inflater_left(const struct inflater *i);

/* True if nothing of the current message was used yet. */
bool inflater_at_start(const struct inflater *i);

/* True, once, after the data has referred further back than the window of window_bits. It was
 * inflated all the same. */
bool inflater_exceeded(struct inflater *i);

/* After inflater_read has returned -1: what is wrong with the data. Static. */
const char *inflater_error(const struct inflater *i);

/* window_bits 8 to 15 (0 means 15), level -1 to 9. A window of 8, which raw deflate of zlib
 * refuses, gives stored blocks (legal in any window). NULL: memory. */
struct deflater *deflater_new(unsigned window_bits, bool reset, int level);
void deflater_free(struct deflater *d);

/* Compress a piece of a message and append it to out; the last piece ends with the tail stripped
 * (RFC 7692, section 7.2.1). 0, or -1: memory or out's max (the context is then unusable). */
int deflater_write(struct deflater *d, const uint8_t *bytes, size_t n, bool last, struct buf *out);

#endif

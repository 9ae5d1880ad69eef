/*
 * gunzip: the content codings gzip and deflate (RFC 9110, section 8.4.1; RFC 1950 to 1952) over
 * zlib, in pieces of any split.
 */
#ifndef PROTO_GUNZIP_H
#define PROTO_GUNZIP_H

#include "base/slice.h"

enum gunzip_kind {
    GUNZIP_GZIP,
    GUNZIP_DEFLATE /* zlib's format, or raw data as some servers send it: the first bytes decide */
};

struct gunzip;

/* The kind that a Content-Encoding names; false if it is not one of these. */
bool gunzip_kind_of(struct slice coding, enum gunzip_kind *kind);

/* max: the most bytes that may come out in all; 0: no bound. NULL: memory. */
struct gunzip *gunzip_new(enum gunzip_kind kind, uint64_t max);
void gunzip_free(struct gunzip *g);

/* Give the next n bytes; borrowed until gunzip_read has returned 0. */
void gunzip_feed(struct gunzip *g, const uint8_t *bytes, size_t n);

enum { GUNZIP_BAD = -1, GUNZIP_NOMEM = -2, GUNZIP_TOO_BIG = -3 };

/* Decode at most room (> 0) bytes into out. The count; 0 when all input is used up; else one of the
 * above, for good. At most max bytes are decoded, whatever the size of the decoded data. Several
 * consecutive gzip members are one text (RFC 1952, section 2.2). */
long gunzip_read(struct gunzip *g, uint8_t *out, size_t room);

/* May the data end here? (False in the middle of a member; true before the first byte.) */
bool gunzip_complete(const struct gunzip *g);

/* After GUNZIP_BAD: what is wrong. Static. */
const char *gunzip_error(const struct gunzip *g);

#endif

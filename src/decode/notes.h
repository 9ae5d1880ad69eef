/*
 * notes: sentences that a decoder collects while it runs, for its findings. A repeated sentence is
 * noted once.
 */
#ifndef DECODE_NOTES_H
#define DECODE_NOTES_H

#include "base/buf.h"

/* Bytes of all notes of a decoder; further ones are left out. */
#define NOTES_MAX ((size_t)16 << 10)

/* Zero-initialise. */
struct notes {
    struct buf text; /* each with its NUL */
};

void notes_clear(struct notes *n);
/* One sentence, without a full stop; at most 512 bytes. */
void notes_add(struct notes *n, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* One sentence appended to findings. 0 or -1 (memory). */
int notes_finding(struct buf *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Append them as findings. 0 or -1 (memory). */
int notes_findings(const struct notes *n, struct buf *out);

#endif

/*
 * buf: a growable run of bytes with a maximum, appended at the end and consumed at the front.
 *
 * Invariant: the content is data[start .. start + len). Consuming moves `start`; appending moves
 * content to the front when that makes room, else grows (doubling) up to `max`.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdio.h>

#include "base/slice.h"
#include "base/spare.h"

struct buf {
    uint8_t *data;
    size_t start; /* bytes consumed before the content */
    size_t len;   /* bytes of content */
    size_t cap;   /* bytes allocated */
    size_t max;   /* the content never exceeds this */
};

/* No allocation happens here. */
void buf_init(struct buf *b, size_t max);
/* Frees the memory; the buffer is then as after buf_init with the same max. */
void buf_clear(struct buf *b);

/* Room for n more bytes at the end. Returns where to write them, or NULL (the content unchanged) if
 * that would exceed max or memory is exhausted. Invalidates earlier pointers into the buffer. */
uint8_t *buf_reserve(struct buf *b, size_t n);

/* Append; 0, or -1 with the content unchanged, for the reasons of buf_reserve. */
int buf_append(struct buf *b, const void *data, size_t n);
int buf_append_str(struct buf *b, const char *text);
static inline int buf_append_slice(struct buf *b, struct slice s)
{
    return buf_append(b, s.data, s.len);
}
int buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Would max allow n more bytes? If so, an append fails for want of memory only. */
static inline bool buf_allows(const struct buf *b, size_t n)
{
    return n <= b->max - b->len;
}

/* Write the content to `to`: false, and errno, if not all of it was. An empty buffer is written,
 * though it has no bytes to point at. */
bool buf_write(const struct buf *b, FILE *to);

/* Free the memory if the content is empty and more than `keep` is allocated. */
static inline void buf_trim(struct buf *b, size_t keep)
{
    if (b->len == 0 && b->cap > keep)
        buf_clear(b);
}

/* Hand the memory of an empty buffer to `spare`, unless it is more than `keep`. A buffer with
 * content is not changed. */
void buf_leave(struct buf *b, struct spare *spare, size_t keep);
/* Give a buffer without memory the spare memory. */
void buf_take(struct buf *b, struct spare *spare);

static inline uint8_t *buf_data(const struct buf *b)
{
    return b->data ? b->data + b->start : NULL;
}

static inline struct slice buf_slice(const struct buf *b)
{
    return slice_make(b->len ? b->data + b->start : NULL, b->len);
}

/* Bytes that can be written after the content without moving or growing. */
static inline size_t buf_room(const struct buf *b)
{
    return b->cap - b->start - b->len;
}

/* n bytes were written at the end of what buf_reserve returned. */
static inline void buf_filled(struct buf *b, size_t n)
{
    b->len += n;
}

/* Drop n bytes (at most len) at the front. */
static inline void buf_consume(struct buf *b, size_t n)
{
    b->len -= n;
    b->start = b->len ? b->start + n : 0;
}

/* Empty, memory kept. */
static inline void buf_reset(struct buf *b)
{
    b->start = b->len = 0;
}

#endif

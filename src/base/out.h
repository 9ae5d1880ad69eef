/*
 * out: a descriptor written to without ever blocking the loop, and with bounded memory.
 *
 * Bytes are gathered and leave with one write when out_flush is called or a block is full. Where
 * the descriptor is a pipe, an own open file description is used (/proc/self/fd/N with O_NONBLOCK,
 * so nobody who shares the descriptor notices); where that can't be had, writes wait for POLLOUT
 * and are at most PIPE_BUF. Files, terminals and /dev/null are written directly.
 *
 * An out without a descriptor can also be a place in memory, where its owner takes the bytes from
 * (out_init_memory), so that what writes to an out serves an owner who has to write them himself.
 *
 * Memory: what a caller puts who asks out_full before, plus a block, is the most that waits. The
 * process must ignore SIGPIPE; a reader that has gone is EPIPE in `error`.
 */
#ifndef BASE_OUT_H
#define BASE_OUT_H

#include "base/buf.h"

#define OUT_BLOCK 65536 /* bytes gathered before a write is tried: what a pipe holds ... */
#define OUT_WIDE  (2 * OUT_BLOCK) /* ... and where a write takes all it is given */
#define OUT_LARGE 16384 /* a piece of this size is not copied if the descriptor takes it */

struct out {
    int fd;         /* what is written to; -1: everything is thrown away */
    int owned;      /* our own description to close, or -1 */
    bool may_block; /* a write can answer EAGAIN (pipe, socket) */
    bool socket;    /* send, so that not blocking is a matter of this call alone */
    bool pipe_buf;  /* no description of our own: poll, then at most PIPE_BUF */
    bool memory;    /* never written: the owner takes the bytes */
    bool slow;      /* the last write tried was not taken whole */
    int error;      /* errno of the first failed write (EPIPE, ENOSPC ...), or 0: out_put drops */
    size_t block;   /* bytes gathered before a write is tried */
    size_t limit;   /* bytes; out_full from here on */
    size_t offered; /* bytes of the queue that the descriptor did not take when a write was tried */
    size_t spare;   /* bytes that can be queued, in memory that is there, before a write is due */
    struct buf queue;
};

/* fd stays the caller's. limit: how much may wait before out_full says so. */
void out_init(struct out *o, int fd, size_t limit);
/* Nothing is ever written: what is put stays until it is taken. out_full from `limit` bytes on. */
void out_init_memory(struct out *o, size_t limit);
/* Of an out in memory: what was put and not taken, borrowed until the next call; and the end of its
 * first n bytes. */
static inline struct slice out_kept(const struct out *o)
{
    return buf_slice(&o->queue);
}
void out_take(struct out *o, size_t n);
/* Closes only what out_init opened; what is queued is lost. The descriptor is as it was found. */
void out_clear(struct out *o);

/* out_put where the piece is large or a write is due. */
int out_put_due(struct out *o, const void *data, size_t n);

/* Queue bytes. Small pieces are copied and leave together; a large piece is written at once behind
 * what is queued, and only what the descriptor did not take is copied. Never blocks on a pipe.
 * Returns 0, or -1 once the descriptor failed or memory is out (o->error says why). */
static inline int out_put(struct out *o, const void *data, size_t n)
{
    if (n > o->spare || n == 0 || n >= OUT_LARGE)
        return out_put_due(o, data, n);
    memcpy(o->queue.data + o->queue.start + o->queue.len, data, n);
    o->queue.len += n;
    o->spare -= n;
    return 0;
}

/* out_put_ended where one of its two pieces is large or a write is due. */
int out_put_ended_due(struct out *o, const void *data, size_t n, char end);

/* The same with one byte more behind the n. */
static inline int out_put_ended(struct out *o, const void *data, size_t n, char end)
{
    uint8_t *to;

    if (n >= o->spare || n == 0 || n >= OUT_LARGE)
        return out_put_ended_due(o, data, n, end);
    to = o->queue.data + o->queue.start + o->queue.len;
    memcpy(to, data, n);
    to[n] = (uint8_t)end;
    o->queue.len += n + 1;
    o->spare -= n + 1;
    return 0;
}

/* Write what is queued. 0: all gone. 1: the reader is slow; wait for writability of o->fd.
 * -1: failed, o->error. */
int out_flush(struct out *o);

/* Write all that is queued, waiting at most timeout_ms (-1: forever). 0, 1 (time is up), -1. For
 * the end of the process only. */
int out_drain(struct out *o, int timeout_ms);

/* More than the limit is waiting for a slow reader: stop producing until out_flush returned 0. What
 * is merely gathered and was not offered to the descriptor yet does not count. */
static inline bool out_full(const struct out *o)
{
    return o->slow && o->queue.len >= o->limit;
}

/* Bytes that have not left, gathered or waiting. */
static inline size_t out_queued(const struct out *o)
{
    return o->queue.len;
}

#endif

/*
 * out: a descriptor written to without ever blocking the loop, and with bounded memory.
 *
 * Bytes are gathered and leave with one write when out_flush is called or a block is full. Where
 * the descriptor is a pipe, a separate open file description is used (/proc/self/fd/N with
 * O_NONBLOCK, so other users of the descriptor are not affected); if that is impossible, writes
 * wait for POLLOUT and are at most PIPE_BUF. Files, terminals and /dev/null are written directly.
 *
 * An out can also be in memory without a descriptor; its owner then takes the bytes
 * (out_init_memory). Code that writes to an out thus also serves an owner that has to write the
 * bytes itself.
 *
 * Memory: at most a block, plus what a caller puts after out_full was false, is queued. The process
 * must ignore SIGPIPE; if the reader has exited, `error` is EPIPE.
 */
#ifndef BASE_OUT_H
#define BASE_OUT_H

#include "base/buf.h"

#define OUT_BLOCK 65536 /* bytes gathered before a write is tried: the capacity of a pipe ... */
#define OUT_WIDE  (2 * OUT_BLOCK) /* ... and where a write accepts everything */
#define OUT_LARGE 16384 /* a piece of this size is not copied if the descriptor accepts it */

struct out {
    int fd;         /* what is written to; -1: everything is discarded */
    int owned;      /* our own description to close, or -1 */
    bool may_block; /* a write can answer EAGAIN (pipe, socket) */
    bool socket;    /* use send, so that only this call is non-blocking */
    bool pipe_buf;  /* no description of our own: poll, then at most PIPE_BUF */
    bool memory;    /* never written: the owner takes the bytes */
    bool slow;      /* the last write was accepted only in part */
    int error;      /* errno of the first failed write (EPIPE, ENOSPC ...), or 0: out_put drops */
    size_t block;   /* bytes gathered before a write is tried */
    size_t limit;   /* bytes; out_full from here on */
    size_t offered; /* bytes of the queue that a write was tried for but did not accept */
    size_t spare;   /* bytes that fit into allocated memory before a write is due */
    struct buf queue;
};

/* fd stays the caller's. limit: how much may be queued before out_full is true. */
void out_init(struct out *o, int fd, size_t limit);
/* Nothing is ever written: bytes stay until they are taken. out_full from `limit` bytes on. */
void out_init_memory(struct out *o, size_t limit);
/* Of an out in memory: what was put and not taken, borrowed until the next call; and the end of its
 * first n bytes. */
static inline struct slice out_kept(const struct out *o)
{
    return buf_slice(&o->queue);
}
void out_take(struct out *o, size_t n);
/* Closes only what out_init opened; what is queued is lost. The descriptor is left as it was. */
void out_clear(struct out *o);

/* out_put if the piece is large or a write is due. */
int out_put_due(struct out *o, const void *data, size_t n);

/* Queue bytes. Small pieces are copied and leave together; a large piece is written at once after
 * the queue, and only what the descriptor did not accept is copied. Never blocks on a pipe. Returns
 * 0, or -1 once the descriptor failed or memory is exhausted (see o->error). */
static inline int out_put(struct out *o, const void *data, size_t n)
{
    if (n > o->spare || n == 0 || n >= OUT_LARGE)
        return out_put_due(o, data, n);
    memcpy(o->queue.data + o->queue.start + o->queue.len, data, n);
    o->queue.len += n;
    o->spare -= n;
    return 0;
}

/* Where n bytes can be written, to be queued by out_placed(o, n), without a copy of them. NULL: a
 * write is due, or they are too many; out_put takes them. */
static inline uint8_t *out_place(struct out *o, size_t n)
{
    return n > o->spare || n >= OUT_LARGE ? NULL : o->queue.data + o->queue.start + o->queue.len;
}

static inline void out_placed(struct out *o, size_t n)
{
    o->queue.len += n;
    o->spare -= n;
}

/* out_put_ended if one of its two pieces is large or a write is due. */
int out_put_ended_due(struct out *o, const void *data, size_t n, char end);

/* The same with one more byte after the n. */
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

/* More than the limit is waiting for a slow reader: stop producing until out_flush returned 0.
 * Bytes that were gathered but not yet offered to the descriptor are not included. */
static inline bool out_full(const struct out *o)
{
    return o->slow && o->queue.len >= o->limit;
}

/* Bytes not yet written, gathered or waiting. */
static inline size_t out_queued(const struct out *o)
{
    return o->queue.len;
}

#endif

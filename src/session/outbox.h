/*
 * outbox: what is to be sent over connections that come and go. Messages given while there is no
 * connection wait here, in order; those given to a connection are remembered until the kernel has
 * them, to be sent again over the next one, and after that only counted until they are known to
 * have arrived. Pure.
 *
 * A message is sent again only if its last byte never reached the kernel: the peer cannot have had
 * it whole. One that did may have arrived or not; it is never sent twice, but told.
 *
 * Offsets are bytes of the stream of the present connection.
 */
#ifndef SESSION_OUTBOX_H
#define SESSION_OUTBOX_H

#include "base/buf.h"
#include "event/event.h"

/* Runs of messages in flight that are told apart. */
#define OUTBOX_RUNS 256

struct outbox_run {
    uint64_t end; /* where the last of them ends */
    uint64_t count;
};

struct outbox {
    size_t limit;         /* bytes of messages that may wait */
    struct buf kept;      /* messages that the kernel does not have, oldest first, headers before */
    size_t given;         /* bytes of `kept` that the present connection was given */
    size_t waiting;       /* messages behind those, */
    size_t waiting_bytes; /* and their bytes */
    struct outbox_run runs[OUTBOX_RUNS]; /* whole in the kernel, or without a copy */
    size_t run_count;
    /* Of all connections: */
    uint64_t queued; /* messages that had to wait */
    uint64_t again;  /* given to a connection that lost them, and kept for the next */
    uint64_t unacknowledged;
};

struct outbox_loss {
    uint64_t unacknowledged; /* messages that the kernel had, and that may not have arrived */
    uint64_t again;          /* that wait for the next connection now */
};

void outbox_init(struct outbox *o, size_t limit);
void outbox_clear(struct outbox *o);

/* May a message of len bytes wait? */
bool outbox_has_room(const struct outbox *o, size_t len);
/* Let it wait. 0, or -1: no room, or memory. */
int outbox_put(struct outbox *o, enum opcode type, struct slice data);
/* The first that waits; data is borrowed until the next call. False: none does. */
bool outbox_next(const struct outbox *o, enum opcode *type, struct slice *data);
/* That one was given to the connection, in whose stream it ends there. */
void outbox_given(struct outbox *o, uint64_t end);

/* A message was given to the connection without having waited (none waits): keep a copy. Without
 * data (or memory) it is only counted. */
void outbox_sent(struct outbox *o, enum opcode type, struct slice data, bool whole, uint64_t end);

/* So much of the stream is the kernel's: copies of what ends there go. */
void outbox_written(struct outbox *o, uint64_t written);
/* So much is known to have arrived. */
void outbox_arrived(struct outbox *o, uint64_t arrived);
/* So many runs are in flight that they had better be asked for what has arrived; if that does not
 * help, outbox_merge tells them apart less finely. */
bool outbox_crowded(const struct outbox *o);
void outbox_merge(struct outbox *o);

/* The connection is gone: what the kernel had not got whole waits again, before all else. */
struct outbox_loss outbox_lost(struct outbox *o, uint64_t written, uint64_t arrived);

#endif

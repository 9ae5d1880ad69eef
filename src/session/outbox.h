/*
 * outbox: messages to be sent over changing connections. Messages given while there is no
 * connection wait here, in order; those given to a connection are remembered until the kernel has
 * them, to be sent again over the next one, and after that only counted until they are known to
 * have arrived. Pure.
 *
 * A message is sent again only if its last byte never reached the kernel: the peer cannot have
 * received it whole. One that did may have arrived or not; it is never sent twice, but reported.
 *
 * Offsets are bytes of the stream of the present connection.
 */
#ifndef SESSION_OUTBOX_H
#define SESSION_OUTBOX_H

#include "base/buf.h"
#include "event/event.h"

/* Runs of messages in flight that are distinguished. */
#define OUTBOX_RUNS 256

struct outbox_run {
    uint64_t end; /* where the last of them ends */
    uint64_t count;
};

struct outbox {
    size_t limit;         /* bytes of messages that may wait */
    struct buf kept;      /* messages that the kernel does not have, oldest first, headers before */
    size_t given;         /* bytes of `kept` that the present connection was given */
    size_t waiting;       /* messages after those, */
    size_t waiting_bytes; /* and their bytes */
    struct outbox_run runs[OUTBOX_RUNS]; /* whole in the kernel, or without a copy */
    size_t run_count;
    /* Of all connections: */
    uint64_t queued; /* messages that waited */
    uint64_t again;  /* given to a connection that lost them, and kept for the next */
    uint64_t unacknowledged;
};

struct outbox_loss {
    uint64_t unacknowledged; /* messages accepted by the kernel that may not have arrived */
    uint64_t again;          /* that wait for the next connection now */
};

void outbox_init(struct outbox *o, size_t limit);
void outbox_clear(struct outbox *o);

/* May a message of len bytes wait? */
bool outbox_has_room(const struct outbox *o, size_t len);
/* Let it wait. 0, or -1: no room, or memory. */
int outbox_put(struct outbox *o, enum opcode type, struct slice data);
/* The first that waits; data is borrowed until the next call. False: none. */
bool outbox_next(const struct outbox *o, enum opcode *type, struct slice *data);
/* That one was given to the connection, in whose stream it ends there. */
void outbox_given(struct outbox *o, uint64_t end);

/* A message was given to the connection without having waited (none waits): keep a copy. Without
 * data (or memory) it is only counted. */
void outbox_sent(struct outbox *o, enum opcode type, struct slice data, bool whole, uint64_t end);

/* The kernel has accepted this much of the stream: free the copies that end there. */
void outbox_written(struct outbox *o, uint64_t written);
/* This much is known to have arrived. */
void outbox_arrived(struct outbox *o, uint64_t arrived);
/* Enough runs are in flight that the arrived ones should be checked; if that does not help,
 * outbox_merge distinguishes them less finely. */
bool outbox_crowded(const struct outbox *o);
void outbox_merge(struct outbox *o);

/* The connection is gone: messages that the kernel had not fully accepted wait again, before all
 * others. */
struct outbox_loss outbox_lost(struct outbox *o, uint64_t written, uint64_t arrived);

#endif

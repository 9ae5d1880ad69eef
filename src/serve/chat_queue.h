/*
 * chat_queue: what this server's clients have sent to the room, until Redis has it. Pure, and
 * bounded: what finds no place is counted, and never passed on.
 */
#ifndef SERVE_CHAT_QUEUE_H
#define SERVE_CHAT_QUEUE_H

#include "serve/chat_envelope.h"

#define CHAT_QUEUE_MAX   4096              /* messages */
#define CHAT_QUEUE_BYTES (8 * 1024 * 1024) /* with what the queue adds to each */

struct chat_queue {
    struct buf bytes; /* of each message its struct chat_queued, then its payload */
    size_t count;
    uint64_t number; /* of the last message that was sent, whether it has a place here or not */
};

/* One in the queue. */
struct chat_queued {
    uint64_t number;
    uint64_t at_us; /* our monotonic clock */
    enum chat_kind kind;
    struct slice payload; /* valid until the queue changes */
};

void chat_queue_init(struct chat_queue *q);
void chat_queue_clear(struct chat_queue *q);

/* One more, with the next number. False: it has no place, or memory is out. */
bool chat_queue_add(struct chat_queue *q, uint64_t at_us, enum chat_kind kind,
                    struct slice payload);
/* Step through it: *at is 0 for the first. False: that was the last. */
bool chat_queue_next(const struct chat_queue *q, size_t *at, struct chat_queued *message);
/* The first has arrived; there is one. */
void chat_queue_drop(struct chat_queue *q);

#endif

/*
 * beats: the heartbeats of one connection in both directions: when ours is due, and which side
 * missed one. Any message is a sign of life.
 */
#ifndef DECODE_BEATS_H
#define DECODE_BEATS_H

#include "base/buf.h"
#include "event/event.h"

/* Zero-initialise. Arrays are indexed by beats_index. */
struct beats {
    uint64_t every_us[2]; /* a message is promised this often; 0: nothing is */
    uint64_t limit_us[2]; /* a longer silence is a missed heartbeat */
    uint64_t last_us[2];
    uint64_t longest_us[2]; /* silence beyond the limit */
    uint64_t missed[2];
    bool overdue[2]; /* this silence is counted */
};

/* From now on, the side that sends in `dir` promises a message every so often; silence is missed
 * after limit_us. */
void beats_promise(struct beats *b, enum event_dir dir, uint64_t every_us, uint64_t limit_us,
                   uint64_t now_us);
/* A message passed. */
void beats_seen(struct beats *b, enum event_dir dir, uint64_t now_us);
/* Count silence that is too long by now. True: the side in DIR_OUT has to send a heartbeat now. */
bool beats_tick(struct beats *b, uint64_t now_us);
/* The time of the next call of beats_tick: for what we owe (if `ours`), and for what is overdue
 * from the peer; 0: never. */
uint64_t beats_due(const struct beats *b, bool ours);
/* "the server sent nothing for 25.0 s, 20.0 s are allowed (2 times)". 0 or -1 (memory). */
int beats_findings(struct beats *b, uint64_t now_us, struct buf *out);

#endif

/*
 * fault_lane: one direction of a connection under faults: bytes that wait for the time at which
 * they arrive, and how many may pass now. Pure: the time is passed in (clock_mono_us).
 */
#ifndef NET_FAULT_LANE_H
#define NET_FAULT_LANE_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "fault/fault.h"

#define FAULT_LANE_MAX    (1024 * 1024) /* bytes that may be under way */
#define FAULT_LANE_CHUNKS 512           /* that arrive at different times */

struct fault_chunk {
    uint64_t due_us;
    size_t len;
};

struct fault_lane {
    struct buf bytes;
    struct fault_chunk *chunks; /* FAULT_LANE_CHUNKS, once there was one; most lanes need none */
    unsigned first, count;
    bool ended; /* the stream's end, or its failure, follows the bytes */
    uint64_t end_us;
    ssize_t end_result; /* of link_read */
    struct err end_error;
    uint64_t open_us; /* nothing passes before (slice, rate) */
    double credit;    /* bytes that rate allows */
    uint64_t credit_us;
};

void fault_lane_init(struct fault_lane *l);
void fault_lane_clear(struct fault_lane *l);
bool fault_lane_empty(const struct fault_lane *l);
size_t fault_lane_room(const struct fault_lane *l);

/* At most fault_lane_room bytes, due at that time, but never before those ahead of them. */
void fault_lane_put(struct fault_lane *l, const uint8_t *bytes, size_t n, uint64_t due_us);
void fault_lane_put_end(struct fault_lane *l, ssize_t result, const struct err *e, uint64_t due_us);

/* What has arrived, borrowed, to be dropped when it is used. Empty: nothing yet; *wait_us: until
 * then (0: nothing is under way). */
struct slice fault_lane_due(struct fault_lane *l, uint64_t now_us, uint64_t *wait_us);
void fault_lane_drop(struct fault_lane *l, size_t n);
bool fault_lane_is_due(const struct fault_lane *l, uint64_t now_us);
/* As link_read: bytes, or the end, or LINK_AGAIN with *wait_us. */
ssize_t fault_lane_take(struct fault_lane *l, uint8_t *bytes, size_t n, uint64_t now_us,
                        struct err *e, uint64_t *wait_us);

/* How many of n bytes may pass now under `rate` and `slice` (either may be NULL); 0: none, and
 * *wait_us until some may. */
size_t fault_lane_allowed(struct fault_lane *l, const struct fault_spec *rate,
                          const struct fault_spec *slice, size_t n, uint64_t now_us,
                          uint64_t *wait_us);
/* n bytes passed. */
void fault_lane_passed(struct fault_lane *l, const struct fault_spec *slice, size_t n,
                       uint64_t now_us);
/* False while fault_lane_allowed gave 0 and the time is not over. */
bool fault_lane_open(const struct fault_lane *l, uint64_t now_us);

#endif

/*
 * fault_rig: the faults of a front end: made from the options, acting on its loop, reported on its
 * bus.
 */
#ifndef APP_FAULT_RIG_H
#define APP_FAULT_RIG_H

#include "cli/groups.h"
#include "event/bus.h"
#include "net/fault_clock.h"

struct fault_rig {
    struct faults *faults; /* NULL: nothing can go wrong on purpose */
    struct fault_clock clock;
    const struct bus *bus;
    uint64_t start_us;
    uint64_t seed;
};

/* always: also without --fault, as more may be armed later. bus is borrowed and must be complete.
 * 0, or -1 with *e. */
int fault_rig_init(struct fault_rig *rig, uv_loop_t *loop, const struct fault_options *o,
                   bool always, const struct bus *bus, uint64_t start_us, struct err *e);
/* The same faults for another session, with a seed that is so much higher (0: the same); the seed
 * is not reported. */
int fault_rig_init_like(struct fault_rig *rig, const struct fault_rig *other, uint64_t more,
                        uv_loop_t *loop, const struct fault_options *o, const struct bus *bus,
                        struct err *e);
/* Of a server, after those for its clients (other): the faults of its connections to Redis. */
int fault_rig_init_redis(struct fault_rig *rig, const struct fault_rig *other, uv_loop_t *loop,
                         const struct fault_options *o, struct err *e);
/* Of a proxy: the faults of both legs, also without --fault. As fault_rig_init; of neither after a
 * failure. */
int fault_rig_init_legs(struct fault_rig *client, struct fault_rig *server, uv_loop_t *loop,
                        const struct fault_options *o, const struct bus *bus, uint64_t start_us,
                        struct err *e);
/* After the sessions that use it are freed. */
void fault_rig_clear(struct fault_rig *rig);

#endif

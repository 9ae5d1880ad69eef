#include "app/fault_rig.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "event/stamp.h"

static void emit(struct fault_rig *rig, struct event *ev, uint32_t conn)
{
    ev->conn = conn;
    event_stamp(ev, rig->start_us);
    bus_emit(rig->bus, ev);
}

static void on_report(void *ctx, const struct event_fault *fault, uint32_t conn)
{
    struct event ev = {.kind = EVENT_FAULT, .fault = *fault};

    emit(ctx, &ev, conn);
}

/* A number that a user can type again, and that JSON readers keep exact. */
static uint64_t choose_seed(const struct fault_options *o)
{
    uint32_t seed = 1;

    if (o->seed_given)
        return o->seed;
    (void)uv_random(NULL, NULL, &seed, sizeof seed, 0, NULL);
    return seed;
}

static void tell_seed(struct fault_rig *rig)
{
    char text[80];
    struct event ev = {.kind = EVENT_NOTE, .note = text};

    snprintf(text, sizeof text, "faults by chance: --seed %" PRIu64 " repeats them", rig->seed);
    emit(rig, &ev, 0);
}

/* FAULT_LEG_ANY: all but those of connections to Redis. */
static bool is_of(const struct fault_spec *spec, enum fault_leg leg)
{
    enum fault_leg own = fault_leg(spec);

    return leg == FAULT_LEG_ANY ? own != FAULT_LEG_REDIS : own == leg;
}

/* Those of that leg. *random: a fault of any leg acts by chance. */
static int arm(struct fault_rig *rig, uv_loop_t *loop, const struct fault_options *o,
               enum fault_leg leg, bool *random, struct err *e)
{
    rig->faults = faults_new(rig->seed, on_report, rig);
    if (!rig->faults || fault_clock_start(&rig->clock, loop, rig->faults) < 0) {
        faults_free(rig->faults);
        rig->faults = NULL;
        return err_nomem(e, STAGE_IO, "arming faults");
    }
    for (size_t i = 0; i < o->count; i++) {
        const struct fault_spec *spec = &o->specs[i];

        *random = *random || fault_is_random(spec);
        if (is_of(spec, leg))
            (void)faults_arm(rig->faults, spec, clock_mono_us()); /* the options count */
    }
    return 0;
}

int fault_rig_init(struct fault_rig *rig, uv_loop_t *loop, const struct fault_options *o,
                   bool always, const struct bus *bus, uint64_t start_us, struct err *e)
{
    bool random = false;

    *rig = (struct fault_rig){.bus = bus, .start_us = start_us, .seed = choose_seed(o)};
    if (o->count == 0 && !always)
        return 0;
    if (arm(rig, loop, o, FAULT_LEG_ANY, &random, e) < 0)
        return -1;
    if (random && !o->seed_given)
        tell_seed(rig);
    return 0;
}

int fault_rig_init_like(struct fault_rig *rig, const struct fault_rig *other, uint64_t more,
                        uv_loop_t *loop, const struct fault_options *o, const struct bus *bus,
                        struct err *e)
{
    bool random = false;

    *rig = (struct fault_rig){.bus = bus, .start_us = other->start_us, .seed = other->seed + more};
    return o->count ? arm(rig, loop, o, FAULT_LEG_ANY, &random, e) : 0;
}

int fault_rig_init_redis(struct fault_rig *rig, const struct fault_rig *other, uv_loop_t *loop,
                         const struct fault_options *o, struct err *e)
{
    bool random = false, any = false;

    *rig = (struct fault_rig){.bus = other->bus, .start_us = other->start_us, .seed = other->seed};
    for (size_t i = 0; i < o->count; i++)
        any = any || is_of(&o->specs[i], FAULT_LEG_REDIS);
    return any ? arm(rig, loop, o, FAULT_LEG_REDIS, &random, e) : 0;
}

int fault_rig_init_legs(struct fault_rig *client, struct fault_rig *server, uv_loop_t *loop,
                        const struct fault_options *o, const struct bus *bus, uint64_t start_us,
                        struct err *e)
{
    bool random = false;

    *client = (struct fault_rig){.bus = bus, .start_us = start_us, .seed = choose_seed(o)};
    *server = *client;
    if (arm(client, loop, o, FAULT_LEG_CLIENT, &random, e) < 0)
        return -1;
    if (arm(server, loop, o, FAULT_LEG_SERVER, &random, e) < 0) {
        fault_rig_clear(client);
        return -1;
    }
    if (random && !o->seed_given)
        tell_seed(client);
    return 0;
}

void fault_rig_clear(struct fault_rig *rig)
{
    if (!rig->faults)
        return;
    fault_clock_stop(&rig->clock);
    faults_free(rig->faults);
    rig->faults = NULL;
}

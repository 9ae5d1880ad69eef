/*
 * fleet: many sessions to one service, on one loop and one clock, each with its own bus, opened at
 * a given rate; what happens to any of them goes to one collector.
 */
#ifndef APP_FLEET_H
#define APP_FLEET_H

#include "app/fault_rig.h"
#include "app/loop.h"
#include "app/target.h"

#define FLEET_MAX 10000

struct fleet_config {
    const struct connect_options *connect; /* what all of them have in common; borrowed */
    const struct fault_options *fault;     /* borrowed; each gets a seed of its own */
    uint64_t start_us;                     /* clock_mono_us at the program's start */
    size_t count;                          /* 1 to FLEET_MAX */
    double per_second;          /* the rate of opening; 0: as fast as the server answers */
    const char *const *sources; /* local addresses or interfaces, which take turns; */
    size_t source_count;        /* borrowed; none: as the options say */
    uint64_t wants;             /* EVENT_BITs that the collector gets */
};

/* Called from the loop, or inside fleet_close; i: which of them, from 0. NULL members are skipped.
 */
struct fleet_hooks {
    void (*event)(void *ctx, size_t i, const struct event *ev);
    /* A connection is open, again or for the first time, and what is sent now goes to it. */
    void (*opened)(void *ctx, size_t i);
    /* The first attempt of each is decided: it is open, or failed. Once, not inside a session. */
    void (*settled)(void *ctx);
    /* No session has a connection, nor will have one. Once, not inside a session. */
    void (*ended)(void *ctx);
    void *ctx;
};

struct fleet;

/* Can the system hold that many connections? Raises the limit of descriptors as far as that is
 * allowed. 0, or -1 with *e: what there is too few of, and what to do. */
int fleet_check(const struct fleet_config *config, struct err *e);

/* Nothing is opened yet. config is copied; supplies and the loop are those of `loop`. NULL with *e.
 */
struct fleet *fleet_new(struct app_loop *loop, const struct fleet_config *config,
                        const struct fleet_hooks *hooks, struct err *e);
/* Another sink for the events of one of them (taken, NULL is a failure). 0 or -1. */
int fleet_watch(struct fleet *f, size_t i, struct sink *sink);
void fleet_open(struct fleet *f);
/* End all politely, waiting at most timeout_us for each answer. What is not open yet is never
 * opened. */
void fleet_close(struct fleet *f, uint64_t timeout_us);
/* Drop what is left; no hook is called after this. The memory is freed by fleet_free, once the loop
 * has closed the handles. NULL is fine, for both. */
void fleet_stop(struct fleet *f);
void fleet_free(struct fleet *f);

size_t fleet_count(const struct fleet *f);
/* How many are open now; how many attempts have begun. */
size_t fleet_open_count(const struct fleet *f);
size_t fleet_begun_count(const struct fleet *f);
/* May messages be sent on it now? */
bool fleet_is_open(const struct fleet *f, size_t i);
/* It has no connection and makes no further attempt. */
bool fleet_is_over(const struct fleet *f, size_t i);

/* Send a text: in the typed form of the protocol that was named, else as it is. 0, or SEND_... with
 * *e. */
int fleet_say(struct fleet *f, size_t i, struct slice text, struct err *e);

#endif

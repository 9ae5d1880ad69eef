/*
 * proxy_act: what is done to connections by request, at the prompt or through the control API: to
 * the relay, as an event, and so to the report.
 */
#ifndef VERB_PROXY_PROXY_ACT_H
#define VERB_PROXY_PROXY_ACT_H

#include "fault/fault.h"
#include "relay/relay.h"

struct proxy_front;

/* Which connections: of that number, or of that client; both 0: all. */
struct proxy_who {
    uint32_t conn, client;
};

/* The first one, or the one after `last`, of which a WebSocket is open; NULL: none, or no more. */
struct relay_conn *proxy_who_next(const struct proxy_front *p, const struct proxy_who *who,
                                  const struct relay_conn *last);

/* Directions, as a set. */
enum { PROXY_UP = 1 << RELAY_UP, PROXY_DOWN = 1 << RELAY_DOWN, PROXY_BOTH = PROXY_UP | PROXY_DOWN };

struct proxy_drop {
    enum relay_drop how;
    uint16_t code; /* of RELAY_DROP_CLOSE */
    char reason[FAULT_REASON];
    uint64_t for_us; /* of RELAY_DROP_BLACKHOLE; 0: until proxy_heal */
};

/* Read "rst", "fin", "blackhole" or "close:CODE[,REASON]"; for_us becomes 0. 0, or -1 with *e
 * (EXIT_USAGE). */
int proxy_drop_parse(const char *text, struct proxy_drop *drop, struct err *e);
/* How many connections there were to drop. */
unsigned proxy_drop(struct proxy_front *p, const struct proxy_who *who,
                    const struct proxy_drop *drop);
/* Drop all (silent: as in a black hole) and refuse new ones for that time; 0: until proxy_heal. */
void proxy_offline(struct proxy_front *p, uint64_t us, bool silent);
/* End and disarm all faults, black holes and being offline. */
void proxy_heal(struct proxy_front *p);

/* Arm "SPEC;...", all of them or none; *random: one acts by chance. 0, or -1 with *e; e->at is an
 * offset in text, or -1. */
int proxy_fault(struct proxy_front *p, const char *text, bool *random, struct err *e);

/* Add a rule after the others. 0, or -1 with *e; e->at is an offset in text, or -1. */
int proxy_rule(struct proxy_front *p, const char *text, struct err *e);
/* Remove the n-th, from 1; -1: there is none. */
int proxy_rule_off(struct proxy_front *p, uint64_t n);

/* Send a message of our own. Returns on how many connections. */
unsigned proxy_inject(struct proxy_front *p, const struct proxy_who *who,
                      enum relay_direction direction, enum opcode type, struct slice data);
/* Hold the next `count` messages in each of those directions (0: every one from now on); on how
 * many connections. */
unsigned proxy_hold(struct proxy_front *p, const struct proxy_who *who, unsigned directions,
                    unsigned count);
/* Let at most `count` of those held go (0: all, and hold no more); how many went, and *left: are
 * still held. */
unsigned proxy_release(struct proxy_front *p, const struct proxy_who *who, unsigned directions,
                       unsigned count, unsigned *left);

/* --- for the run --------------------------------------------------------------------------------
 */

/* 0 or -1 (memory). */
int proxy_act_init(struct proxy_front *p);
/* A connection has ended. */
void proxy_act_ended(struct proxy_front *p, uint32_t conn);
/* The time offline is over. */
void proxy_act_online(struct proxy_front *p);
void proxy_act_clear(struct proxy_front *p);

#endif

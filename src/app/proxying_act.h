/*
 * proxying_act: what is done to connections by request, at the prompt or through the control API:
 * to the relay, as an event, and so to the report.
 */
#ifndef APP_PROXYING_ACT_H
#define APP_PROXYING_ACT_H

#include "fault/fault.h"
#include "relay/relay.h"

struct proxying;

/* Which connections: of that number, or of that client; both 0: all. */
struct proxying_who {
    uint32_t conn, client;
};

/* The first one, or the one after `last`, of which a WebSocket is open; NULL: none, or no more. */
struct relay_conn *proxying_who_next(const struct proxying *p, const struct proxying_who *who,
                                     const struct relay_conn *last);

/* Directions, as a set. */
enum {
    PROXYING_UP = 1 << RELAY_UP,
    PROXYING_DOWN = 1 << RELAY_DOWN,
    PROXYING_BOTH = PROXYING_UP | PROXYING_DOWN
};

struct proxying_drop {
    enum relay_drop how;
    uint16_t code; /* of RELAY_DROP_CLOSE */
    char reason[FAULT_REASON];
    uint64_t for_us; /* of RELAY_DROP_BLACKHOLE; 0: until proxying_heal */
};

/* Read "rst", "fin", "blackhole" or "close:CODE[,REASON]"; for_us becomes 0. 0, or -1 with *e
 * (EXIT_USAGE). */
int proxying_drop_parse(const char *text, struct proxying_drop *drop, struct err *e);
/* How many connections there were to drop. */
unsigned proxying_drop(struct proxying *p, const struct proxying_who *who,
                       const struct proxying_drop *drop);
/* Drop all (silent: as in a black hole) and refuse new ones for that time; 0: until proxying_heal.
 */
void proxying_offline(struct proxying *p, uint64_t us, bool silent);
/* End and disarm all faults, black holes and being offline. */
void proxying_heal(struct proxying *p);

/* Arm "SPEC;...", all of them or none; *random: one acts by chance. 0, or -1 with *e; e->at is an
 * offset in text, or -1. */
int proxying_fault(struct proxying *p, const char *text, bool *random, struct err *e);

/* Add a rule after the others. 0, or -1 with *e; e->at is an offset in text, or -1. */
int proxying_rule(struct proxying *p, const char *text, struct err *e);
/* Remove the n-th, from 1; -1: there is none. */
int proxying_rule_off(struct proxying *p, uint64_t n);

/* Send a message of our own. Returns on how many connections. */
unsigned proxying_inject(struct proxying *p, const struct proxying_who *who,
                         enum relay_direction direction, enum opcode type, struct slice data);
/* Hold the next `count` messages in each of those directions (0: every one from now on); on how
 * many connections. */
unsigned proxying_hold(struct proxying *p, const struct proxying_who *who, unsigned directions,
                       unsigned count);
/* Let at most `count` of those held go (0: all, and stop holding); how many went, and *left: are
 * still held. */
unsigned proxying_release(struct proxying *p, const struct proxying_who *who, unsigned directions,
                          unsigned count, unsigned *left);

#endif

/*
 * fanout_kit: a made-up service of several nodes, which publishes and delivers as it should or with
 * a planted fault, and the facts of it.
 */
#ifndef TESTS_UNIT_FANOUT_KIT_H
#define TESTS_UNIT_FANOUT_KIT_H

#include "fanout/report.h"

/* A service of several nodes that is made up: what it does with each message. */
enum planted {
    PLANT_NONE,
    PLANT_NO_BUS,
    PLANT_DEAF,
    PLANT_MUTE,
    PLANT_ISOLATED,
    PLANT_DOUBLE,
    PLANT_DOUBLE_OF_ONE,
    PLANT_DOUBLE_OWN,
    PLANT_LATE,
    PLANT_LATE_NODE,
    PLANT_LOSS,
    PLANT_NOBODY,
    PLANT_NO_ECHO,
    PLANT_DEAF_CONNECTION
};

struct service {
    enum planted planted;
    enum fanout_expect expect;
    enum fanout_way way;
    uint32_t connections, nodes, rounds;
    bool named, redis, prefix; /* prefix: the isolated node uses a channel of its own */
    bool nothing_published;    /* what does not pass was not seen in Redis */
    uint32_t dice;
};

static const struct service usual = {.connections = 8, .nodes = 3, .rounds = 3, .named = true};

#define BAD 2 /* the node with the fault */

/* Of the last play. */
extern struct fanout *facts;
extern struct fanout_report *report;

/* Connections 0 to connections - 1 are on the nodes in turn, n1 to nN; each publishes in each
 * round. 0 or -1 (memory). */
int play(struct service s);
/* Then a drill of ten seconds: the first node restarts. Its connections end cleanly, but for one,
 * and return to n2, but for one. */
int drill(void);
/* A new report of the facts. 0 or -1 (memory). */
int look(uint64_t now_us);
void clear(void);

#endif

/*
 * drill: what a deployment does to connections: an account for each of them.
 */
#ifndef FANOUT_DRILL_H
#define FANOUT_DRILL_H

#include <stdbool.h>
#include <stdint.h>

#include "fanout/naming.h"

#define DRILL_SECONDS 3600 /* of returns that are counted a second; later ones go to the last */

/* A time without a connection. */
struct drill_gap {
    uint64_t lost_us, back_us; /* back_us 0: not yet */
    uint8_t to;                /* the node afterwards; NODES_MAX: not known */
    bool clean;
};

#define DRILL_GAPS 6 /* that are kept of a connection; the last one takes in those after it */

/* A connection during a drill. A node that is not known is NODES_MAX. */
struct drill_account {
    bool took_part; /* it was open when the drill began */
    bool back;      /* it is open */
    bool clean;     /* every end was a Close frame that both sides sent, or a FIN after it */
    uint8_t before, after;
    uint16_t code;    /* of its first end; 1006: there was none */
    uint32_t ends;    /* how often it lost the connection */
    uint32_t lost;    /* messages of others and its own that never came */
    uint32_t late;    /* that came after their time, such as those sent again on return */
    uint32_t twice;   /* that came more than once */
    uint64_t away_us; /* without a connection, all ends together; up to now, from its last end, if
                         it is not back */
    struct drill_gap gaps[DRILL_GAPS]; /* as many as there were ends, at most DRILL_GAPS */
};

/* How many gaps there are. */
static inline uint32_t drill_gaps(const struct drill_account *a)
{
    return a->ends < DRILL_GAPS ? a->ends : DRILL_GAPS;
}

struct drill_totals {
    uint64_t began_us, ended_us;       /* ended_us 0: it goes on */
    int status;                        /* of the command; -1: not known */
    uint32_t connections, unaffected;  /* that took part; of these, never lost the connection */
    uint32_t ended, clean, back, gone; /* lost it; all cleanly; are open again; are not */
    uint32_t moved;                    /* are back, on another node */
    uint64_t published, delivered, lost, late, twice; /* messages sent during the drill */
    int64_t away_p50_us, away_p99_us, away_max_us;    /* of those that returned; -1: none */
    uint32_t peak_per_s;                              /* returns within a second */
    double even; /* the largest node's share of the connections, divided by a fair share (over as
                    many nodes as before the drill, or as after it, whichever is more); 0: nodes are
                    not known */
};

/* "unaffected", "clean", "unclean", "gone". Static. */
const char *drill_word(const struct drill_account *a);

#endif

/*
 * thin: how many of many messages are shown. Up to THIN_RATE a second all of them; beyond that a
 * sample, evenly spread, and the number of the others. Pure: the caller passes the time.
 */
#ifndef TERM_THIN_H
#define TERM_THIN_H

#include <stdbool.h>
#include <stdint.h>

#define THIN_RATE      50      /* shown a second */
#define THIN_PERIOD_US 1000000 /* how often the rest is reported */

struct thin {
    uint64_t credit_us; /* time that was not used up by what was shown, at most a second of it */
    uint64_t last_us;
    uint64_t hidden; /* since the last thin_hidden */
};

void thin_init(struct thin *t, uint64_t now_us);
/* Another one: true if it is to be shown. */
bool thin_shows(struct thin *t, uint64_t now_us);
/* How many were not shown since this was last asked. */
uint64_t thin_hidden(struct thin *t);

#endif

/*
 * updates: which channel saw which update, when. An update is known by the hash of its key. The
 * latest UPDATES_KEPT are remembered; one that a channel shows after that many others is taken as
 * new.
 */
#ifndef MEASURE_UPDATES_H
#define MEASURE_UPDATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UPDATES_KEPT 65536

struct update {
    uint64_t hash;
    uint64_t first_us; /* when the first channel saw it */
    uint64_t order;    /* of those that count: 1 for the first one seen; 0: does not count */
    uint32_t seen;     /* a bit a channel */
};

struct updates {
    struct update *ring; /* the oldest makes room for the newest */
    uint32_t *slots;     /* open addressing: index in the ring plus one, or 0 */
    uint64_t added;      /* so far; the next one goes to ring[added % UPDATES_KEPT] */
    uint64_t orders;     /* of those, the ones that count */
};

/* 0 or -1: memory. */
int updates_init(struct updates *u);
void updates_clear(struct updates *u);

/* NULL: unknown. */
struct update *updates_find(struct updates *u, uint64_t hash);
/* Adds a hash that is not present, not yet seen by any channel. Valid until the next call. */
struct update *updates_add(struct updates *u, uint64_t hash, uint64_t now_us, bool counts);

#endif

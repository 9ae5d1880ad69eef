#include "measure/updates.h"

#include <stdlib.h>
#include <string.h>

/* Half of the slots stay empty, so that probing ends soon. */
#define SLOTS (2 * UPDATES_KEPT)

int updates_init(struct updates *u)
{
    memset(u, 0, sizeof *u);
    u->ring = calloc(UPDATES_KEPT, sizeof *u->ring);
    u->slots = calloc(SLOTS, sizeof *u->slots);
    if (u->ring && u->slots)
        return 0;
    updates_clear(u);
    return -1;
}

void updates_clear(struct updates *u)
{
    free(u->ring);
    free(u->slots);
    memset(u, 0, sizeof *u);
}

static size_t home(uint64_t hash)
{
    return (size_t)(hash % SLOTS);
}

static size_t next(size_t slot)
{
    return (slot + 1) % SLOTS;
}

/* The slot that holds the hash, or the empty one where it would go. */
static size_t probe(const struct updates *u, uint64_t hash)
{
    size_t slot = home(hash);

    while (u->slots[slot] && u->ring[u->slots[slot] - 1].hash != hash)
        slot = next(slot);
    return slot;
}

/* Empty a slot, and move up those after it that would no longer be found. */
static void vacate(struct updates *u, size_t hole)
{
    size_t slot = hole;

    for (;;) {
        size_t wanted;

        u->slots[hole] = 0;
        do {
            slot = next(slot);
            if (!u->slots[slot])
                return;
            wanted = home(u->ring[u->slots[slot] - 1].hash);
            /* Those whose home is cyclically in (hole, slot] stay. */
        } while (hole <= slot ? hole < wanted && wanted <= slot : hole < wanted || wanted <= slot);
        u->slots[hole] = u->slots[slot];
        hole = slot;
    }
}

struct update *updates_find(struct updates *u, uint64_t hash)
{
    uint32_t at = u->slots[probe(u, hash)];

    return at ? &u->ring[at - 1] : NULL;
}

struct update *updates_add(struct updates *u, uint64_t hash, uint64_t now_us, bool counts)
{
    size_t at = (size_t)(u->added % UPDATES_KEPT);
    struct update *update = &u->ring[at];

    if (u->added >= UPDATES_KEPT)
        vacate(u, probe(u, update->hash));
    u->added++;
    *update = (struct update){
        .hash = hash,
        .first_us = now_us,
        .order = counts ? ++u->orders : 0,
    };
    u->slots[probe(u, hash)] = (uint32_t)at + 1;
    return update;
}

#include "channel/poll_memory.h"

#include <stdlib.h>

#include "proto/http1.h"

#define SLOTS_MIN 64

/* Hashes of items; open addressing, 0 is a free slot. */
struct held {
    uint64_t *slots;
    size_t room; /* a power of two, or 0 */
    size_t count;
};

struct poll_memory {
    uint64_t seed;
    struct held before, now;
    char *target;
    char etag[POLL_MEMORY_TAG], modified[64];
};

struct poll_memory *poll_memory_new(uint64_t seed)
{
    struct poll_memory *m = calloc(1, sizeof *m);

    if (m)
        m->seed = seed;
    return m;
}

void poll_memory_free(struct poll_memory *m)
{
    if (!m)
        return;
    free(m->before.slots);
    free(m->now.slots);
    free(m->target);
    free(m);
}

/* FNV-1a, begun with the seed and stirred at the end. */
static uint64_t hash_of(const struct poll_memory *m, struct slice item)
{
    uint64_t hash = 0xcbf29ce484222325u ^ m->seed;

    for (size_t i = 0; i < item.len; i++)
        hash = (hash ^ item.data[i]) * 0x100000001b3u;
    hash ^= hash >> 32;
    hash *= 0xd6e8feb86659fd93u;
    hash ^= hash >> 32;
    return hash ? hash : 1;
}

static size_t slot_of(const struct held *h, uint64_t hash)
{
    size_t i = (size_t)hash & (h->room - 1);

    while (h->slots[i] && h->slots[i] != hash)
        i = (i + 1) & (h->room - 1);
    return i;
}

static bool contains(const struct held *h, uint64_t hash)
{
    return h->room > 0 && h->slots[slot_of(h, hash)] == hash;
}

static bool grow(struct held *h)
{
    struct held bigger = {.room = h->room ? h->room * 2 : SLOTS_MIN, .count = h->count};

    bigger.slots = calloc(bigger.room, sizeof *bigger.slots);
    if (!bigger.slots)
        return false;
    for (size_t i = 0; i < h->room; i++)
        if (h->slots[i])
            bigger.slots[slot_of(&bigger, h->slots[i])] = h->slots[i];
    free(h->slots);
    *h = bigger;
    return true;
}

/* Where memory is out the item is forgotten: it will be given again rather than lost. */
static void add(struct held *h, uint64_t hash)
{
    size_t i;

    if (h->count == POLL_MEMORY_ITEMS || (h->count * 2 >= h->room && !grow(h)))
        return;
    i = slot_of(h, hash);
    h->count += h->slots[i] == 0;
    h->slots[i] = hash;
}

static void clear(struct held *h)
{
    if (h->slots)
        memset(h->slots, 0, h->room * sizeof *h->slots);
    h->count = 0;
}

void poll_memory_begin(struct poll_memory *m)
{
    clear(&m->now);
}

bool poll_memory_held(struct poll_memory *m, struct slice item)
{
    uint64_t hash = hash_of(m, item);

    add(&m->now, hash);
    return contains(&m->before, hash);
}

void poll_memory_end(struct poll_memory *m)
{
    struct held older = m->before;

    m->before = m->now;
    m->now = older;
}

/* One that does not fit, or is not allowed in a request's head, is ignored. */
static void keep(char *to, size_t size, struct slice value)
{
    to[0] = '\0';
    if (value.len == 0 || value.len >= size || !http1_is_field_value(value))
        return;
    memcpy(to, value.data, value.len);
    to[value.len] = '\0';
}

void poll_memory_validators(struct poll_memory *m, const char *target, struct slice etag,
                            struct slice modified)
{
    free(m->target);
    m->target = strdup(target);
    keep(m->etag, sizeof m->etag, etag);
    keep(m->modified, sizeof m->modified, modified);
}

static bool is_about(const struct poll_memory *m, const char *target)
{
    return m->target && strcmp(m->target, target) == 0;
}

const char *poll_memory_etag(const struct poll_memory *m, const char *target)
{
    return is_about(m, target) && m->etag[0] ? m->etag : NULL;
}

const char *poll_memory_modified(const struct poll_memory *m, const char *target)
{
    return is_about(m, target) && m->modified[0] ? m->modified : NULL;
}

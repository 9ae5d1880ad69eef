#include "session/books/id_set.h"

#include <stdlib.h>

#define NONE UINT32_MAX

/* Entries form a ring from the oldest on; their bytes lie in a ring of bytes in the same order, and
 * wrap around inside an identity where need be. */
struct entry {
    uint64_t hash;
    uint32_t at;     /* in bytes */
    uint32_t stored; /* bytes kept there */
    size_t len;      /* of the whole identity */
    uint32_t next;   /* in its bucket */
};

struct id_set {
    uint64_t seed;
    uint32_t oldest, count; /* entries */
    uint32_t head, used;    /* the place of the next byte; bytes in use */
    bool forgot;
    uint32_t buckets[ID_SET_MAX];
    struct entry entries[ID_SET_MAX];
    uint8_t bytes[ID_SET_BYTES];
};

struct id_set *id_set_new(uint64_t seed)
{
    struct id_set *set = malloc(sizeof *set);

    if (set) {
        set->seed = seed;
        id_set_clear(set);
    }
    return set;
}

void id_set_free(struct id_set *set)
{
    free(set);
}

void id_set_clear(struct id_set *set)
{
    set->oldest = set->count = set->head = set->used = 0;
    set->forgot = false;
    memset(set->buckets, 0xFF, sizeof set->buckets);
}

bool id_set_forgot(const struct id_set *set)
{
    return set->forgot;
}

/* Eight bytes a step, the state multiplied and folded; the seed keeps it from being foreseen. */
static uint64_t hash_of(uint64_t seed, struct slice id)
{
    uint64_t h = seed ^ (id.len * UINT64_C(0x9E3779B97F4A7C15));
    uint64_t word;

    for (size_t i = 0; i < id.len; i += sizeof word) {
        size_t n = id.len - i < sizeof word ? id.len - i : sizeof word;

        word = 0;
        memcpy(&word, id.data + i, n);
        h = (h ^ word) * UINT64_C(0xD6E8FEB86659FD93);
        h ^= h >> 32;
    }
    h *= UINT64_C(0xD6E8FEB86659FD93);
    return h ^ h >> 29;
}

static bool bytes_equal(const struct id_set *set, const struct entry *e, struct slice id)
{
    uint32_t first = ID_SET_BYTES - e->at < e->stored ? ID_SET_BYTES - e->at : e->stored;

    return memcmp(set->bytes + e->at, id.data, first) == 0 &&
           memcmp(set->bytes, id.data + first, e->stored - first) == 0;
}

static bool find(const struct id_set *set, uint64_t hash, struct slice id)
{
    for (uint32_t i = set->buckets[hash % ID_SET_MAX]; i != NONE; i = set->entries[i].next) {
        const struct entry *e = &set->entries[i];

        if (e->hash == hash && e->len == id.len && (id.len == 0 || bytes_equal(set, e, id)))
            return true;
    }
    return false;
}

bool id_set_has(const struct id_set *set, struct slice id)
{
    return find(set, hash_of(set->seed, id), id);
}

static void forget_oldest(struct id_set *set)
{
    struct entry *e = &set->entries[set->oldest];
    uint32_t *link = &set->buckets[e->hash % ID_SET_MAX];

    while (*link != set->oldest)
        link = &set->entries[*link].next;
    *link = e->next;
    set->used -= e->stored;
    set->oldest = (set->oldest + 1) % ID_SET_MAX;
    set->count--;
    set->forgot = true;
}

static void store(struct id_set *set, const uint8_t *data, uint32_t n)
{
    uint32_t first = ID_SET_BYTES - set->head < n ? ID_SET_BYTES - set->head : n;

    memcpy(set->bytes + set->head, data, first);
    memcpy(set->bytes, data + first, n - first);
    set->head = (set->head + n) % ID_SET_BYTES;
    set->used += n;
}

bool id_set_add(struct id_set *set, struct slice id)
{
    uint64_t hash = hash_of(set->seed, id);
    uint32_t stored = (uint32_t)(id.len < ID_SET_LONG ? id.len : ID_SET_LONG);
    uint32_t *bucket = &set->buckets[hash % ID_SET_MAX];
    uint32_t at;

    if (find(set, hash, id))
        return true;
    while (set->count == ID_SET_MAX || ID_SET_BYTES - set->used < stored)
        forget_oldest(set);
    at = (set->oldest + set->count) % ID_SET_MAX;
    set->entries[at] = (struct entry){hash, set->head, stored, id.len, *bucket};
    *bucket = at;
    set->count++;
    if (stored)
        store(set, id.data, stored);
    return false;
}

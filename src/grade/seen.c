#include "grade/seen.h"

#include <stdlib.h>
#include <string.h>

#define SEEN_NONE UINT32_MAX

void seen_init(struct seen *s, uint32_t size)
{
    *s = (struct seen){.size = size};
}

void seen_clear(struct seen *s)
{
    free(s->ring);
    free(s->next);
    free(s->buckets);
    seen_init(s, s->size);
}

static uint32_t *bucket_of(const struct seen *s, uint64_t hash)
{
    return &s->buckets[(hash ^ hash >> 32) & (s->size - 1)];
}

static bool allocate(struct seen *s)
{
    if (s->room)
        return true;
    s->ring = malloc(s->size * sizeof *s->ring);
    s->next = malloc(s->size * sizeof *s->next);
    s->buckets = malloc(s->size * sizeof *s->buckets);
    if (!s->ring || !s->next || !s->buckets) {
        seen_clear(s);
        return false;
    }
    memset(s->buckets, 0xFF, s->size * sizeof *s->buckets);
    s->room = s->size;
    return true;
}

unsigned seen_times(const struct seen *s, uint64_t hash)
{
    unsigned times = 0;

    if (!s->room)
        return 0;
    for (uint32_t i = *bucket_of(s, hash); i != SEEN_NONE; i = s->next[i])
        times += s->ring[i] == hash;
    return times;
}

/* 0 is not a hash: it marks a place whose hash was taken out. */
static bool unlink_place(struct seen *s, uint64_t hash, uint32_t place)
{
    for (uint32_t *at = bucket_of(s, hash); *at != SEEN_NONE; at = &s->next[*at]) {
        if (s->ring[*at] == hash && (place == SEEN_NONE || *at == place)) {
            uint32_t found = *at;

            *at = s->next[found];
            s->ring[found] = 0;
            return true;
        }
    }
    return false;
}

bool seen_add(struct seen *s, uint64_t hash)
{
    uint32_t place, *bucket;

    if (!allocate(s))
        return false;
    if (s->count == s->size) {
        if (s->ring[s->oldest] != 0) {
            unlink_place(s, s->ring[s->oldest], s->oldest);
            s->forgotten++;
        }
        s->oldest = (s->oldest + 1) & (s->size - 1);
        s->count--;
    }
    place = (s->oldest + s->count++) & (s->size - 1);
    bucket = bucket_of(s, hash);
    s->ring[place] = hash;
    s->next[place] = *bucket;
    *bucket = place;
    return true;
}

bool seen_take(struct seen *s, uint64_t hash)
{
    return s->room && unlink_place(s, hash, SEEN_NONE);
}

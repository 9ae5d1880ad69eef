#include "net/fault_lane.h"

#include <stdlib.h>

#include "net/link.h"

/* rate: this much may pass at once after a pause. */
#define CREDIT_US 100000u
/* rate: waiting for less than this many bytes would only burn time. */
#define CREDIT_MIN 64.0

void fault_lane_init(struct fault_lane *l)
{
    memset(l, 0, sizeof *l);
    buf_init(&l->bytes, FAULT_LANE_MAX);
}

void fault_lane_clear(struct fault_lane *l)
{
    buf_clear(&l->bytes);
    free(l->chunks);
    l->chunks = NULL;
    l->first = l->count = 0;
}

bool fault_lane_empty(const struct fault_lane *l)
{
    return l->bytes.len == 0 && !l->ended;
}

size_t fault_lane_room(const struct fault_lane *l)
{
    return FAULT_LANE_MAX - l->bytes.len;
}

static struct fault_chunk *last(struct fault_lane *l)
{
    return &l->chunks[(l->first + l->count - 1) % FAULT_LANE_CHUNKS];
}

void fault_lane_put(struct fault_lane *l, const uint8_t *bytes, size_t n, uint64_t due_us)
{
    if (!l->chunks)
        l->chunks = calloc(FAULT_LANE_CHUNKS, sizeof *l->chunks);
    if (n == 0 || !l->chunks || buf_append(&l->bytes, bytes, n) < 0)
        return;
    if (l->count > 0 && due_us < last(l)->due_us)
        due_us = last(l)->due_us;
    if (l->count > 0 && (l->count == FAULT_LANE_CHUNKS || due_us == last(l)->due_us)) {
        last(l)->len += n;
        return;
    }
    l->count++;
    *last(l) = (struct fault_chunk){.due_us = due_us, .len = n};
}

void fault_lane_put_end(struct fault_lane *l, ssize_t result, const struct err *e, uint64_t due_us)
{
    l->ended = true;
    l->end_us = l->count > 0 && due_us < last(l)->due_us ? last(l)->due_us : due_us;
    l->end_result = result;
    if (result < 0)
        l->end_error = *e;
}

struct slice fault_lane_due(struct fault_lane *l, uint64_t now_us, uint64_t *wait_us)
{
    size_t n = 0;

    *wait_us = 0;
    for (unsigned i = 0; i < l->count; i++) {
        const struct fault_chunk *chunk = &l->chunks[(l->first + i) % FAULT_LANE_CHUNKS];

        if (chunk->due_us > now_us) {
            *wait_us = chunk->due_us - now_us;
            break;
        }
        n += chunk->len;
    }
    if (n == 0 && l->count == 0 && l->ended && l->end_us > now_us)
        *wait_us = l->end_us - now_us;
    return slice_make(buf_data(&l->bytes), n);
}

void fault_lane_drop(struct fault_lane *l, size_t n)
{
    buf_consume(&l->bytes, n);
    while (n > 0) {
        struct fault_chunk *chunk = &l->chunks[l->first];
        size_t part = n < chunk->len ? n : chunk->len;

        chunk->len -= part;
        n -= part;
        if (chunk->len == 0) {
            l->first = (l->first + 1) % FAULT_LANE_CHUNKS;
            l->count--;
        }
    }
}

bool fault_lane_is_due(const struct fault_lane *l, uint64_t now_us)
{
    if (l->count > 0)
        return l->chunks[l->first].due_us <= now_us;
    return l->ended && l->end_us <= now_us;
}

ssize_t fault_lane_take(struct fault_lane *l, uint8_t *bytes, size_t n, uint64_t now_us,
                        struct err *e, uint64_t *wait_us)
{
    struct slice due = fault_lane_due(l, now_us, wait_us);

    if (due.data && due.len > 0) {
        if (n > due.len)
            n = due.len;
        memcpy(bytes, due.data, n);
        fault_lane_drop(l, n);
        return (ssize_t)n;
    }
    if (l->count > 0 || !l->ended || l->end_us > now_us)
        return LINK_AGAIN;
    if (l->end_result < 0)
        *e = l->end_error;
    return l->end_result;
}

size_t fault_lane_allowed(struct fault_lane *l, const struct fault_spec *rate,
                          const struct fault_spec *slice, size_t n, uint64_t now_us,
                          uint64_t *wait_us)
{
    *wait_us = 0;
    if (l->open_us > now_us) {
        *wait_us = l->open_us - now_us;
        return 0;
    }
    if (slice && n > slice->bytes)
        n = (size_t)slice->bytes;
    if (!rate) {
        l->credit_us = 0;
        return n;
    }
    if (l->credit_us == 0) {
        l->credit_us = now_us;
        l->credit = 0;
    }
    l->credit += (double)(now_us - l->credit_us) * (double)rate->bytes / 1e6;
    l->credit_us = now_us;
    if (l->credit > (double)rate->bytes * CREDIT_US / 1e6 + CREDIT_MIN)
        l->credit = (double)rate->bytes * CREDIT_US / 1e6 + CREDIT_MIN;
    if (l->credit >= 1 && (l->credit >= CREDIT_MIN || l->credit >= (double)n))
        return l->credit < (double)n ? (size_t)l->credit : n;
    *wait_us = (uint64_t)((((double)n < CREDIT_MIN ? (double)n : CREDIT_MIN) - l->credit) * 1e6 /
                          (double)rate->bytes) +
               1;
    l->open_us = now_us + *wait_us;
    return 0;
}

void fault_lane_passed(struct fault_lane *l, const struct fault_spec *slice, size_t n,
                       uint64_t now_us)
{
    if (l->credit_us)
        l->credit -= (double)n;
    if (slice && slice->us)
        l->open_us = now_us + slice->us;
}

bool fault_lane_open(const struct fault_lane *l, uint64_t now_us)
{
    return l->open_us <= now_us;
}

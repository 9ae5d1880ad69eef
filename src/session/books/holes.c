#include "session/books/holes.h"

#include <string.h>

static void insert(struct holes *h, size_t index, struct hole hole)
{
    memmove(&h->list[index + 1], &h->list[index], (h->count - index) * sizeof h->list[0]);
    h->list[index] = hole;
    h->count++;
}

struct hole holes_remove(struct holes *h, size_t index)
{
    struct hole hole = h->list[index];

    h->count--;
    memmove(&h->list[index], &h->list[index + 1], (h->count - index) * sizeof h->list[0]);
    return hole;
}

void holes_add(struct holes *h, struct hole hole)
{
    insert(h, h->count > 0 && hole.to < h->list[0].from ? 0 : h->count, hole);
}

/* The first hole that does not end below n. */
static size_t find(const struct holes *h, uint64_t n)
{
    size_t low = 0, high = h->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (h->list[middle].to < n)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool holes_have(const struct holes *h, uint64_t n)
{
    size_t at = find(h, n);

    return at < h->count && h->list[at].from <= n;
}

bool holes_touch(const struct holes *h, uint64_t from, uint64_t to)
{
    size_t at = find(h, from);

    return at < h->count && h->list[at].from <= to;
}

bool holes_take(struct holes *h, uint64_t from, uint64_t to, struct hole *taken)
{
    size_t at = find(h, from);
    struct hole *hole = &h->list[at];
    struct hole rest;

    if (at == h->count || hole->from > to)
        return false;
    rest = *taken = *hole;
    if (taken->from < from)
        taken->from = from;
    if (taken->to > to)
        taken->to = to;
    rest.from = taken->to + 1; /* what is above, if there is anything */
    if (hole->from == taken->from && hole->to == taken->to) {
        holes_remove(h, at);
    } else if (hole->from == taken->from) {
        hole->from = rest.from;
    } else if (hole->to == taken->to) {
        hole->to = taken->from - 1;
    } else {
        hole->to = taken->from - 1;
        insert(h, at + 1, rest);
    }
    return true;
}

bool holes_fill(struct holes *h, uint64_t n)
{
    size_t at = find(h, n);
    struct hole *hole = &h->list[at];

    if (at == h->count || hole->from > n)
        return false;
    if (hole->from == n && hole->to == n) {
        holes_remove(h, at);
    } else if (hole->from == n) {
        hole->from++;
    } else if (hole->to == n) {
        hole->to--;
    } else {
        struct hole above = {n + 1, hole->to, hole->passed};

        hole->to = n - 1;
        insert(h, at + 1, above);
    }
    return true;
}

bool holes_overflow(struct holes *h, struct hole *lowest)
{
    if (h->count <= HOLES_MAX)
        return false;
    *lowest = holes_remove(h, 0);
    return true;
}

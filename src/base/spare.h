/*
 * spare: memory that is kept for the next connection that needs it. Few of many connections hold
 * bytes at the same time, so they share it, and an idle one needs none.
 */
#ifndef BASE_SPARE_H
#define BASE_SPARE_H

#include <stddef.h>
#include <stdint.h>

/* Zeroed: none. */
struct spare {
    uint8_t *data;
    size_t cap;
};

/* Keep memory of malloc, or free it: the larger of two pieces is kept, but none larger than `keep`.
 */
void spare_put(struct spare *s, uint8_t *data, size_t cap, size_t keep);

/* One for each purpose that memory of a connection has. Zeroed: none. */
struct spares {
    struct spare read;     /* incoming bytes */
    struct spare gathered; /* messages being assembled */
    struct spare deflated; /* messages being compressed */
    struct spare written;  /* outgoing bytes */
};

void spares_clear(struct spares *s);

#endif

/*
 * spare: memory that waits for the next one to need it. Of many connections few hold bytes at a
 * time, so that it is theirs together, and an idle one costs none of it.
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

/* Keep memory of malloc, or free it: of two pieces the larger is kept, and none larger than `keep`.
 */
void spare_put(struct spare *s, uint8_t *data, size_t cap, size_t keep);
void spare_clear(struct spare *s);

/* One for each purpose that memory of a connection has. Zeroed: none. */
struct spares {
    struct spare read;     /* bytes as they come in */
    struct spare gathered; /* messages that are put together */
    struct spare deflated; /* messages that are compressed */
    struct spare written;  /* bytes that go out */
};

void spares_clear(struct spares *s);

#endif

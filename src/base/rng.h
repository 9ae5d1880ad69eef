/*
 * rng: unpredictable bytes, drawn through a function that is passed in, from a pool refilled 4 KiB
 * at a time. proto/ draws masking keys (RFC 6455, section 5.3) and handshake keys from it without
 * knowing where they come from; tests pass a source of their own.
 */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define RNG_POOL 4096

/* Fill n bytes; 0, or -1 if no random bytes are available. */
typedef int rng_fill_fn(void *ctx, uint8_t *bytes, size_t n);

struct rng {
    rng_fill_fn *fill;
    void *ctx;
    size_t left; /* unused bytes at the end of the pool */
    uint8_t pool[RNG_POOL];
};

void rng_init(struct rng *r, rng_fill_fn *fill, void *ctx);

/* Draw n bytes (any n). 0, or -1: no random bytes, and nothing may be sent. Used bytes are wiped
 * from the pool. */
int rng_draw(struct rng *r, uint8_t *bytes, size_t n);

/* The fast path of rng_draw for a masking key. */
static inline int rng_key(struct rng *r, uint8_t key[4])
{
    if (r->left < 4)
        return rng_draw(r, key, 4);
    memcpy(key, r->pool + RNG_POOL - r->left, 4);
    memset(r->pool + RNG_POOL - r->left, 0, 4);
    r->left -= 4;
    return 0;
}

#endif

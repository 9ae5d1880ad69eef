#include "base/rng.h"

void rng_init(struct rng *r, rng_fill_fn *fill, void *ctx)
{
    memset(r, 0, sizeof *r);
    r->fill = fill;
    r->ctx = ctx;
}

/* n bytes (at most left) out of the pool. */
static void take(struct rng *r, uint8_t *bytes, size_t n)
{
    uint8_t *from = r->pool + RNG_POOL - r->left;

    if (n == 0)
        return;
    memcpy(bytes, from, n);
    explicit_bzero(from, n);
    r->left -= n;
}

/* Half a key must not be used as one. */
static int wipe(uint8_t *bytes, size_t n)
{
    explicit_bzero(bytes, n);
    return -1;
}

int rng_draw(struct rng *r, uint8_t *bytes, size_t n)
{
    size_t first = n < r->left ? n : r->left;
    size_t rest = n - first;

    take(r, bytes, first);
    if (rest == 0)
        return 0;
    if (rest >= RNG_POOL)
        /* Large amounts gain nothing from the pool. */
        return r->fill(r->ctx, bytes + first, rest) == 0 ? 0 : wipe(bytes, n);
    if (r->fill(r->ctx, r->pool, RNG_POOL) != 0)
        return wipe(bytes, n);
    r->left = RNG_POOL;
    take(r, bytes + first, rest);
    return 0;
}

#include "net/supplies.h"

#include "net/crypto.h"

void supplies_init(struct supplies *s)
{
    s->drawn = false;
    s->spares = (struct spares){0};
    s->trust = NULL;
    rng_init(&s->rng, crypto_random, &s->drawn);
}

void supplies_clear(struct supplies *s)
{
    spares_clear(&s->spares);
    tls_trust_free(s->trust);
    s->trust = NULL;
}

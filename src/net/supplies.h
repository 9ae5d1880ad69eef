/*
 * supplies: what all connections of a program share, client and server: the source of random bytes,
 * memory that idle connections leave to busy ones, and the trusted certificates, loaded once.
 */
#ifndef NET_SUPPLIES_H
#define NET_SUPPLIES_H

#include "base/rng.h"
#include "base/spare.h"
#include "net/tls.h"

struct supplies {
    struct rng rng;
    bool drawn; /* its source was used */
    struct spares spares;
    struct tls_trust *trust; /* NULL until it is needed */
};

/* The struct must not move from then on, and outlives the connections. */
void supplies_init(struct supplies *s);
void supplies_clear(struct supplies *s);

#endif

/*
 * crypto: the parts of OpenSSL that proto/ uses: random bytes and SHA-1.
 */
#ifndef NET_CRYPTO_H
#define NET_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An rng_fill_fn over RAND_bytes. ctx: NULL, or a bool that is false at first: then the first draw
 * comes from the kernel, for OpenSSL's generator takes longer to start than a short conversation
 * over ws:// lasts. */
int crypto_random(void *ctx, uint8_t *bytes, size_t n);
/* A sha1_fn. */
void crypto_sha1(const uint8_t *bytes, size_t n, uint8_t digest[20]);

#endif

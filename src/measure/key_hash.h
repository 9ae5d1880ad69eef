/*
 * key_hash: SipHash-2-4 (Aumasson and Bernstein, 2012), so that the hashes of identities that a
 * peer sends cannot be distinguished from random numbers, and the peer cannot make them collide
 * without the seed.
 */
#ifndef MEASURE_KEY_HASH_H
#define MEASURE_KEY_HASH_H

#include "base/slice.h"

struct key_hash {
    uint64_t v[4];
    uint8_t tail[8]; /* bytes that fill no word yet */
    size_t tail_len;
    uint64_t total;
};

/* The hash of one run of bytes may be made of pieces. */
void key_hash_init(struct key_hash *h, const uint64_t seed[2]);
void key_hash_add(struct key_hash *h, struct slice bytes);
/* Never 0. h is used up. */
uint64_t key_hash_end(struct key_hash *h);

#endif

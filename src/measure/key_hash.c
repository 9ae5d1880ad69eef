#include "measure/key_hash.h"

static uint64_t rotate(uint64_t x, unsigned n)
{
    return x << n | x >> (64 - n);
}

static void rounds(uint64_t v[4], int n)
{
    while (n-- > 0) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] = rotate(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] = rotate(v[2], 32);
    }
}

static void word(struct key_hash *h, uint64_t m)
{
    h->v[3] ^= m;
    rounds(h->v, 2);
    h->v[0] ^= m;
}

static uint64_t little_endian(const uint8_t *bytes, size_t n)
{
    uint64_t m = 0;

    for (size_t i = 0; i < n; i++)
        m |= (uint64_t)bytes[i] << (8 * i);
    return m;
}

void key_hash_init(struct key_hash *h, const uint64_t seed[2])
{
    h->v[0] = seed[0] ^ 0x736f6d6570736575u;
    h->v[1] = seed[1] ^ 0x646f72616e646f6du;
    h->v[2] = seed[0] ^ 0x6c7967656e657261u;
    h->v[3] = seed[1] ^ 0x7465646279746573u;
    h->tail_len = 0;
    h->total = 0;
}

void key_hash_add(struct key_hash *h, struct slice bytes)
{
    const uint8_t *at = bytes.data;
    size_t left = bytes.len;

    h->total += left;
    while (left > 0 && h->tail_len > 0) {
        h->tail[h->tail_len++] = *at++;
        left--;
        if (h->tail_len == 8) {
            word(h, little_endian(h->tail, 8));
            h->tail_len = 0;
        }
    }
    for (; left >= 8; at += 8, left -= 8)
        word(h, little_endian(at, 8));
    if (left > 0) {
        memcpy(h->tail, at, left);
        h->tail_len = left;
    }
}

uint64_t key_hash_end(struct key_hash *h)
{
    uint64_t hash;

    word(h, little_endian(h->tail, h->tail_len) | h->total << 56);
    h->v[2] ^= 0xff;
    rounds(h->v, 4);
    hash = h->v[0] ^ h->v[1] ^ h->v[2] ^ h->v[3];
    return hash ? hash : 1;
}

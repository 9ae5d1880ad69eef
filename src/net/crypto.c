#include "net/crypto.h"

#include <limits.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

int crypto_random(void *ctx, uint8_t *bytes, size_t n)
{
    (void)ctx;
    while (n > 0) {
        int part = n > INT_MAX ? INT_MAX : (int)n;

        if (RAND_bytes(bytes, part) != 1)
            return -1;
        bytes += part;
        n -= (size_t)part;
    }
    return 0;
}

void crypto_sha1(const uint8_t *bytes, size_t n, uint8_t digest[20])
{
    SHA1(bytes, n, digest);
}

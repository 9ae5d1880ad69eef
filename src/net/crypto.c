#include "net/crypto.h"

/* SHA1() fetches the function from a provider, which starts all of OpenSSL; the deprecated
 * functions that it replaces only compute. The handshake does not rely on it for security (RFC
 * 6455, section 10.8). */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <limits.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <sys/random.h>

int crypto_random(void *ctx, uint8_t *bytes, size_t n)
{
    bool *begun = ctx;
    ssize_t got;

    if (begun && !*begun) {
        *begun = true;
        got = getrandom(bytes, n, 0);
        if (got > 0) {
            bytes += got;
            n -= (size_t)got;
        }
    }
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
    SHA_CTX sha;

    SHA1_Init(&sha);
    SHA1_Update(&sha, bytes, n);
    SHA1_Final(digest, &sha);
}

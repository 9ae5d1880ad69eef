/* plural: "1 message", "2 messages". */
#ifndef BASE_PLURAL_H
#define BASE_PLURAL_H

#include <stdint.h>

/* What is put after a noun that n counts. */
static inline const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

#endif

/*
 * host_name: the characters that the name of a host may contain, whatever its source: typed,
 * percent-decoded or mapped from other characters.
 */
#ifndef BASE_HOST_NAME_H
#define BASE_HOST_NAME_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/ascii.h"

/* RFC 3986, section 3.2.2, reg-name, once decoded. */
static inline bool host_byte_valid(uint8_t c)
{
    return is_letter_or_digit(c) || (c && strchr("-._~!$&'()*+,;=", c));
}

/* RFC 1034, section 3.1: only the root's label may be empty, so "a." is a name, and ".a", "a..b"
 * and "." are not. The empty label at name's front or end otherwise, or NULL. */
static inline const char *host_empty_label(const char *name)
{
    const char *twice = strstr(name, "..");

    return name[0] == '.' ? name : twice ? twice + 1 : NULL;
}

#endif

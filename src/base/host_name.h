/*
 * host_name: what the name of a host may be made of, however it came to be: typed, percent-decoded
 * or mapped from other characters.
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

/* RFC 1034, section 3.1: no label is empty but the root's, so "a." is a name, and ".a", "a..b" and
 * "." are none. The empty label at name's front or end otherwise, or NULL. */
static inline const char *host_empty_label(const char *name)
{
    const char *twice = strstr(name, "..");

    return name[0] == '.' ? name : twice ? twice + 1 : NULL;
}

#endif

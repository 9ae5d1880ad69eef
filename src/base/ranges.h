/*
 * ranges: a list of numbers and ranges as users write them: "1001,4000-4099".
 */
#ifndef BASE_RANGES_H
#define BASE_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RANGES_MAX 32

struct range {
    uint32_t from, to; /* inclusive */
};

struct ranges {
    struct range list[RANGES_MAX];
    size_t count;
};

/* Add what the text lists; each number must be between min and max. 0; otherwise the 1-based column
 * of the error (which may be one range too many), and *r is unchanged. */
size_t ranges_parse(struct ranges *r, const char *text, uint32_t min, uint32_t max);

bool ranges_contain(const struct ranges *r, uint32_t number);

#endif

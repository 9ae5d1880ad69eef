#include "base/ranges.h"

#include "base/decimal.h"

/* Digits at *at, which moves after them. False: none, or out of bounds. */
static bool take_number(const char **at, uint32_t min, uint32_t max, uint32_t *number)
{
    const char *start = *at;
    uint64_t n;

    if (!decimal_take_str(at, max, &n))
        return false;
    if (n < min) {
        *at = start;
        return false;
    }
    *number = (uint32_t)n;
    return true;
}

size_t ranges_parse(struct ranges *r, const char *text, uint32_t min, uint32_t max)
{
    struct ranges more = *r;
    const char *at = text;

    for (;;) {
        struct range *range = &more.list[more.count];
        const char *start = at;

        if (more.count == RANGES_MAX || !take_number(&at, min, max, &range->from))
            break;
        range->to = range->from;
        if (*at == '-') {
            at++;
            if (!take_number(&at, min, max, &range->to))
                break;
            if (range->to < range->from) {
                at = start;
                break;
            }
        }
        more.count++;
        if (*at == '\0') {
            *r = more;
            return 0;
        }
        if (*at != ',')
            break;
        at++;
    }
    return (size_t)(at - text) + 1;
}

bool ranges_contain(const struct ranges *r, uint32_t number)
{
    for (size_t i = 0; i < r->count; i++) {
        if (number >= r->list[i].from && number <= r->list[i].to)
            return true;
    }
    return false;
}

/*
 * backoff: how long to wait before each attempt to connect again. Pure: the random number is passed
 * in.
 *
 * The presets do what the client libraries of their names do, so that a server experiences what it
 * will experience from them; `default` is full jitter (capped before the jitter).
 */
#ifndef SESSION_BACKOFF_H
#define SESSION_BACKOFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BACKOFF_NO_LIMIT UINT32_MAX

enum backoff_jitter {
    BACKOFF_EXACT,    /* the delay as it is */
    BACKOFF_FULL,     /* anything from 0 to the delay */
    BACKOFF_FRACTION, /* the delay, plus or minus a fraction of it */
    BACKOFF_PLUS,     /* the delay, plus anything from `low` to `high` */
    BACKOFF_BASE_PLUS /* the same, drawn once and added to the first delay, from which all follow */
};

/* Before attempt n (from 0): base · factor^n, but no more than cap, with jitter; or a list. */
struct backoff_plan {
    const uint32_t *list_ms; /* NULL: none; static */
    size_t list_len;
    bool list_ends; /* after the list no attempt is made; else its last delay repeats */
    uint64_t base_us, cap_us;
    double factor; /* at least 1 */
    enum backoff_jitter jitter;
    double fraction;          /* from 0 to 1 */
    uint64_t low_us, high_us; /* of the two that add */
    bool cap_last;            /* the cap applies after the jitter, not before */
    uint32_t tries;           /* attempts in a row before giving up; or BACKOFF_NO_LIMIT */
};

/* "default", "socket.io" ...: the plan of a name; false if unknown. */
bool backoff_preset(const char *name, struct backoff_plan *plan);
/* The i-th name; NULL after the last. Static. */
const char *backoff_preset_name(size_t i);

struct backoff {
    struct backoff_plan plan;
    uint64_t first_us; /* BACKOFF_BASE_PLUS: the first delay as it was drawn */
    bool drawn;
};

void backoff_init(struct backoff *b, const struct backoff_plan *plan);

/* The delay before attempt n (from 0); u is a random number from 0 to below 1. False: the plan ends
 * before it. */
bool backoff_delay(struct backoff *b, uint32_t n, double u, uint64_t *delay_us);

#endif

#include "session/backoff.h"

#include <string.h>

#define MS 1000u
#define S  1000000u

/* No delay is longer: sums of it and the clock must not overflow. */
#define LONGEST_US (UINT64_C(1000000000) * S)

static const uint32_t signalr_ms[] = {0, 2000, 10000, 30000};
static const uint32_t phoenix_ms[] = {10, 50, 100, 150, 200, 250, 500, 1000, 2000, 5000};

struct preset {
    const char *name;
    struct backoff_plan plan;
};

static const struct preset presets[] = {
    {"default",
     {.base_us = 500 * MS,
      .factor = 2,
      .cap_us = 30 * S,
      .jitter = BACKOFF_FULL,
      .tries = BACKOFF_NO_LIMIT}},
    /* Its clamp comes after the jitter, so late attempts of all clients fall in step. */
    {"socket.io",
     {.base_us = 1 * S,
      .factor = 2,
      .cap_us = 5 * S,
      .jitter = BACKOFF_FRACTION,
      .fraction = 0.5,
      .cap_last = true,
      .tries = BACKOFF_NO_LIMIT}},
    {"reconnecting-websocket",
     {.base_us = 1 * S,
      .factor = 1.3,
      .cap_us = 10 * S,
      .jitter = BACKOFF_BASE_PLUS,
      .high_us = 4 * S,
      .tries = BACKOFF_NO_LIMIT}},
    {"grpc",
     {.base_us = 1 * S,
      .factor = 1.6,
      .cap_us = 120 * S,
      .jitter = BACKOFF_FRACTION,
      .fraction = 0.2,
      .tries = BACKOFF_NO_LIMIT}},
    {"signalr",
     {.list_ms = signalr_ms,
      .list_len = sizeof signalr_ms / sizeof *signalr_ms,
      .list_ends = true,
      .cap_us = LONGEST_US,
      .factor = 1,
      .tries = BACKOFF_NO_LIMIT}},
    {"phoenix",
     {.list_ms = phoenix_ms,
      .list_len = sizeof phoenix_ms / sizeof *phoenix_ms,
      .cap_us = LONGEST_US,
      .factor = 1,
      .tries = BACKOFF_NO_LIMIT}},
    {"graphql-ws",
     {.base_us = 1 * S,
      .factor = 2,
      .cap_us = LONGEST_US,
      .jitter = BACKOFF_PLUS,
      .low_us = 300 * MS,
      .high_us = 3 * S,
      .tries = 5}},
    /* RFC 6455, section 7.2.3: the first after anything up to 5 s, further ones by truncated binary
     * exponential backoff. */
    {"rfc6455",
     {.base_us = 5 * S,
      .factor = 2,
      .cap_us = 30 * S,
      .jitter = BACKOFF_FULL,
      .tries = BACKOFF_NO_LIMIT}},
};

const char *backoff_preset_name(size_t i)
{
    return i < sizeof presets / sizeof *presets ? presets[i].name : NULL;
}

bool backoff_preset(const char *name, struct backoff_plan *plan)
{
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++) {
        if (strcmp(presets[i].name, name) == 0) {
            *plan = presets[i].plan;
            return true;
        }
    }
    return false;
}

void backoff_init(struct backoff *b, const struct backoff_plan *plan)
{
    *b = (struct backoff){.plan = *plan};
}

static double capped(double us, uint64_t cap_us)
{
    return us < (double)cap_us ? us : (double)cap_us;
}

/* base · factor^n without jitter, and without overflowing. */
static double grown(double us, double factor, uint32_t n)
{
    while (n-- > 0 && us < (double)LONGEST_US && factor > 1)
        us *= factor;
    return capped(us, LONGEST_US);
}

static double listed(const struct backoff_plan *p, uint32_t n)
{
    return (double)p->list_ms[n < p->list_len ? n : p->list_len - 1] * MS;
}

static double first_delay(struct backoff *b, double u)
{
    const struct backoff_plan *p = &b->plan;

    if (p->jitter != BACKOFF_BASE_PLUS)
        return (double)p->base_us;
    if (!b->drawn) {
        b->first_us = p->base_us + p->low_us + (uint64_t)(u * (double)(p->high_us - p->low_us));
        b->drawn = true;
    }
    return (double)b->first_us;
}

static double jittered(const struct backoff_plan *p, double us, double u)
{
    switch (p->jitter) {
    case BACKOFF_FULL:
        return us * u;
    case BACKOFF_FRACTION:
        return us * (1 + p->fraction * (2 * u - 1));
    case BACKOFF_PLUS:
        return us + (double)p->low_us + u * (double)(p->high_us - p->low_us);
    default:
        return us;
    }
}

bool backoff_delay(struct backoff *b, uint32_t n, double u, uint64_t *delay_us)
{
    const struct backoff_plan *p = &b->plan;
    double us;

    if (p->list_ms && p->list_ends && n >= p->list_len)
        return false;
    us = p->list_ms ? listed(p, n) : grown(first_delay(b, u), p->factor, n);
    if (!p->cap_last)
        us = capped(us, p->cap_us);
    us = jittered(p, us, u);
    if (p->cap_last)
        us = capped(us, p->cap_us);
    *delay_us = (uint64_t)capped(us, LONGEST_US);
    return true;
}

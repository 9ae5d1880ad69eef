#include "session/diagnose/endings.h"

/* Shorter ones are the rhythm of the traffic, or a server that fails at once. */
#define SHORTEST_US 900000
/* Timers and the network vary by this much. */
#define NEAR_US 250000
/* Frames that came in before one can speak of data that flowed. */
#define FLOW_FRAMES 4

void endings_add(struct endings *h, const struct event_close *close, uint64_t frames_in)
{
    bool orderly = close->how == CLOSE_HOW_CLOSE_FRAME &&
                   (close->code == CLOSE_NORMAL || close->code == CLOSE_NO_STATUS);
    bool broke = close->how == CLOSE_HOW_FIN || close->how == CLOSE_HOW_RST ||
                 close->how == CLOSE_HOW_TLS || close->how == CLOSE_HOW_CLOSE_FRAME;

    memmove(&h->last[1], &h->last[0], (ENDINGS_ROW - 1) * sizeof h->last[0]);
    h->last[0] = (struct ending){
        .counts = broke && !orderly && close->by != CLOSE_BY_LOCAL,
        .uptime_us = close->uptime_us,
        .idle_in_us = close->idle_in_us,
        .idle_out_us = close->idle_out_us,
        .frames_in = frames_in,
    };
    if (h->count < ENDINGS_ROW)
        h->count++;
}

static uint64_t uptime_of(const struct ending *e)
{
    return e->uptime_us;
}

static uint64_t idle_in_of(const struct ending *e)
{
    return e->idle_in_us;
}

static uint64_t idle_out_of(const struct ending *e)
{
    return e->idle_out_us;
}

/* True and the shortest, if they lie close together. */
static bool alike(const struct endings *h, uint64_t (*value)(const struct ending *), uint64_t *us)
{
    uint64_t low = UINT64_MAX, high = 0;

    for (unsigned i = 0; i < ENDINGS_ROW; i++) {
        uint64_t v = value(&h->last[i]);

        low = v < low ? v : low;
        high = v > high ? v : high;
    }
    *us = low;
    return low >= SHORTEST_US && high - low <= NEAR_US + low / 20;
}

/* The last silence is no longer than those that were survived. */
static bool flowed(const struct ending *e)
{
    return e->frames_in >= FLOW_FRAMES &&
           (e->idle_in_us < SHORTEST_US || e->idle_in_us <= 2 * (e->uptime_us / e->frames_in));
}

static uint64_t on_a_second(uint64_t us)
{
    uint64_t whole = (us + 500000) / 1000000 * 1000000;
    uint64_t off = us > whole ? us - whole : whole - us;

    return off <= NEAR_US ? whole : us;
}

struct endings_pattern endings_pattern(const struct endings *h)
{
    struct endings_pattern p = {.kind = PATTERN_NONE};
    bool all_flowed = true;
    uint64_t in_us, out_us;

    if (h->count < ENDINGS_ROW)
        return p;
    for (unsigned i = 0; i < ENDINGS_ROW; i++) {
        if (!h->last[i].counts)
            return p;
        all_flowed &= flowed(&h->last[i]);
    }
    if (all_flowed) {
        if (alike(h, uptime_of, &p.us))
            p.kind = PATTERN_AGE;
    } else {
        p.in = alike(h, idle_in_of, &in_us);
        p.out = alike(h, idle_out_of, &out_us);
        if (p.in || p.out) {
            p.kind = PATTERN_IDLE;
            p.us = !p.out || (p.in && in_us < out_us) ? in_us : out_us;
        }
    }
    p.us = on_a_second(p.us);
    return p;
}

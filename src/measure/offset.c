#include "measure/offset.h"

/* Servers write the Date from a clock that they look at now and then. */
#define DATE_SLACK_US 50000
/* Without a Date, updates that all seem to take longer than that speak of the clock. */
#define PLAUSIBLE_US 2000000

void offset_init(struct offset *o)
{
    *o = (struct offset){0};
}

static void at_least(struct offset *o, int64_t us)
{
    if (!o->has_low || us > o->low_us)
        o->low_us = us;
    o->has_low = true;
}

void offset_date(struct offset *o, int64_t date_us, int64_t asked_us, int64_t answered_us)
{
    int64_t low = date_us - answered_us;
    int64_t high = date_us + 1000000 + DATE_SLACK_US - asked_us;

    if ((o->has_low && high < o->low_us) || (o->has_high && low > o->high_us))
        return; /* contradicts the rest: from a cache, or a clock was set */
    at_least(o, low);
    if (!o->has_high || high < o->high_us)
        o->high_us = high;
    o->has_high = true;
}

void offset_update(struct offset *o, int64_t sent_us, int64_t arrived_us)
{
    at_least(o, sent_us - arrived_us);
}

struct offset_estimate offset_estimate(const struct offset *o)
{
    struct offset_estimate e = {.basis = OFFSET_NONE};
    bool dated = o->has_high && o->high_us >= o->low_us;

    if (!o->has_low)
        return e;
    if (dated) {
        e.bounded = true;
        e.low_us = o->low_us;
        e.high_us = o->high_us;
        e.basis = OFFSET_DATES;
        e.us = o->low_us > 0 ? o->low_us : o->high_us < 0 ? o->high_us : 0;
    } else {
        e.basis = OFFSET_QUICKEST;
        e.us = o->low_us > 0 || o->low_us < -PLAUSIBLE_US ? o->low_us : 0;
    }
    if (e.us == 0)
        e.basis = OFFSET_SAME;
    return e;
}

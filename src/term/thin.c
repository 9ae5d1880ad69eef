#include "term/thin.h"
#include "base/span.h"

#define STEP_US (THIN_PERIOD_US / THIN_RATE)

void thin_init(struct thin *t, uint64_t now_us)
{
    *t = (struct thin){.credit_us = THIN_PERIOD_US, .last_us = now_us};
}

bool thin_shows(struct thin *t, uint64_t now_us)
{
    uint64_t passed = span_between(t->last_us, now_us);

    t->last_us = now_us;
    t->credit_us = passed > THIN_PERIOD_US - t->credit_us ? THIN_PERIOD_US : t->credit_us + passed;
    if (t->credit_us < STEP_US) {
        t->hidden++;
        return false;
    }
    t->credit_us -= STEP_US;
    return true;
}

uint64_t thin_hidden(struct thin *t)
{
    uint64_t hidden = t->hidden;

    t->hidden = 0;
    return hidden;
}

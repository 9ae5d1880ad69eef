#include "session/books/outage.h"

/* A replay may take this long before the gap is reported, and again before the next report. */
#define PATIENCE_US 1000000

static void begin(struct outage *o, uint64_t from, uint64_t now_us)
{
    *o = (struct outage){
        .hopeless = o->hopeless,
        .open = true,
        .next_us = o->hopeless ? now_us : now_us + PATIENCE_US,
        .sums = {.from = from},
    };
}

static void note_gap(struct outage *o, const struct event_range *range, uint64_t now_us)
{
    if (!o->open)
        begin(o, range->from, now_us);
    if (range->from < o->sums.from) /* another stream's numbers */
        o->sums.from = range->from;
    if (range->to > o->sums.to)
        o->sums.to = range->to;
    o->sums.missed += range->count;
    o->reported = false;
}

static void note_lost(struct outage *o, const struct event_range *range)
{
    o->sums.lost += range->count;
    if (o->sums.named_count < OUTAGE_NAMED)
        o->named[o->sums.named_count++] = *range;
    else
        o->sums.more_lost = true;
}

void outage_note(struct outage *o, enum event_kind kind, const struct event_range *range,
                 uint64_t now_us)
{
    if (kind == EVENT_GAP)
        note_gap(o, range, now_us);
    else if (o->open && kind == EVENT_LOST)
        note_lost(o, range);
    else if (o->open)
        o->sums.recovered += range->count;
}

void outage_duplicate(struct outage *o)
{
    if (o->open)
        o->sums.duplicates++;
}

bool outage_due(const struct outage *o, uint64_t now_us)
{
    return o->open && !o->reported && now_us >= o->next_us;
}

void outage_event(const struct outage *o, bool settled, struct event_missed *event)
{
    *event = o->sums;
    event->named = o->named;
    event->settled = settled;
}

void outage_reported(struct outage *o, bool settled, uint64_t now_us)
{
    o->reported = true;
    o->next_us = now_us + PATIENCE_US;
    o->open = !settled;
}

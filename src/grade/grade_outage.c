#include "grade/grade_private.h"

struct grade_outage *grade_outage_now(const struct grade_client *c)
{
    return c->away && c->outage_count > 0 ? &c->outages[c->outage_count - 1] : NULL;
}

/* Outages that begin close to each other are one wave: what struck one client struck all. */
static uint32_t wave_of(struct grade *g, uint64_t now_us)
{
    if (g->wave == 0 || now_us - g->wave_us > GRADE_WAVE_US)
        g->wave++;
    g->wave_us = now_us;
    return g->wave;
}

void grade_outage_begin(struct grade *g, struct grade_client *c, uint64_t now_us, int how)
{
    struct grade_outage *o;

    c->left = false;
    c->trying = false;
    if (c->away)
        return;
    c->away = true;
    grade_books_point(g, c, c->should_be);
    memcpy(c->offset_then, c->offset, sizeof c->offset_then);
    o = grade_more(g, (void **)&c->outages, &c->outage_count, &c->outage_room, sizeof *o,
                   GRADE_OUTAGES_MAX);
    if (!o) {
        /* It can't be described, so it is not measured either. */
        c->away = false;
        return;
    }
    o->lost_us = now_us;
    o->how = how;
    o->back_us = GRADE_UNKNOWN;
    o->wave = wave_of(g, now_us);
    o->last_us = o->failed_us = now_us;
}

/* Attempts that come too close: to the one before, or too many in a row. The ring has the times of
 * the last ones. */
static void mind_hammering(struct grade_client *c, uint64_t at_us)
{
    size_t n = c->recent_count;
    uint64_t before = n > 0 ? c->recent[(n - 1) % GRADE_BURST] : 0;
    uint64_t oldest = c->recent[n % GRADE_BURST];

    if ((n > 0 && at_us - before < GRADE_CLOSE_US) ||
        (n >= GRADE_BURST && at_us - oldest < GRADE_BURST_US))
        c->hammer++;
    c->recent[n % GRADE_BURST] = at_us;
    c->recent_count++;
}

/* True if the client waited because Retry-After asked it to: one that does so comes soon after the
 * time is up, and does not come early at other times. */
static bool mind_retry_after(struct grade_client *c, uint64_t at_us)
{
    bool asked = c->due_us != 0, early = at_us + GRADE_EARLY_US < c->due_us;
    bool soon = at_us < c->due_us + GRADE_SOON_US;

    c->ignored = c->ignored || (asked && early);
    c->obeyed = c->obeyed || (asked && !early);
    c->due_us = 0;
    return asked && !early && soon && !c->ignored;
}

/* A wait that the server asked for shows nothing of the client's own. */
static void note_delay(struct grade *g, struct grade_outage *o, uint64_t at_us, bool asked)
{
    struct grade_delay *delay = grade_more(g, (void **)&o->delays, &o->delay_count, &o->delay_room,
                                           sizeof *delay, GRADE_DELAYS_MAX);

    if (!delay)
        return;
    delay->us = o->last_us != 0 ? (int64_t)(at_us - o->last_us) : GRADE_UNKNOWN;
    delay->wait_us = o->failed_us != 0 && !asked ? (int64_t)(at_us - o->failed_us) : GRADE_UNKNOWN;
}

void grade_outage_attempt(struct grade *g, struct grade_client *c, uint64_t at_us)
{
    struct grade_outage *o = grade_outage_now(c);
    bool asked = mind_retry_after(c, at_us);

    if (!o)
        return;
    if (at_us < o->last_us)
        at_us = o->last_us;
    mind_hammering(c, at_us);
    if (!o->muddled)
        note_delay(g, o, at_us, asked);
    o->attempts++;
    o->last_us = at_us;
    o->failed_us = 0;
    o->last_status = 0;
}

void grade_outage_failed(struct grade_client *c, uint64_t now_us, int status)
{
    struct grade_outage *o = grade_outage_now(c);

    c->trying = false;
    if (!o || o->attempts == 0)
        return;
    o->failed_us = now_us;
    o->last_status = status;
    if (!o->muddled && o->delay_count > 0 && o->attempts == o->delay_count)
        o->delays[o->delay_count - 1].status = status;
}

/* The most returns within a second. */
static void note_return(struct grade *g, uint64_t now_us)
{
    uint64_t n = 0;

    g->returns[g->return_count++ % GRADE_RETURNS_MAX] = now_us;
    while (n < g->return_count && n < GRADE_RETURNS_MAX &&
           now_us - g->returns[(g->return_count - 1 - n) % GRADE_RETURNS_MAX] < 1000000)
        n++;
    if (n > g->peak)
        g->peak = n;
}

void grade_outage_over(struct grade *g, struct grade_client *c, uint64_t now_us)
{
    struct grade_outage *o = grade_outage_now(c);

    if (!o)
        return;
    o->back_us = (int64_t)(now_us - o->lost_us);
    c->away = false;
    c->trying = false;
    g->outages_over++;
    note_return(g, now_us);
}

void grade_noticed(struct grade_client *c, uint64_t at_us)
{
    for (size_t i = 0; i < c->fault_count; i++) {
        struct grade_fault *f = &c->faults[i];

        if (f->noticed_us == GRADE_UNKNOWN && at_us >= f->at_us &&
            (f->over_us == GRADE_UNKNOWN || at_us - f->at_us <= (uint64_t)f->over_us))
            f->noticed_us = (int64_t)(at_us - f->at_us);
    }
}

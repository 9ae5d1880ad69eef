#include "grade/findings.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/plural.h"
#include "measure/units.h"

/* A client that has not noticed a fault after that long has no heartbeat, or a very slow one. */
#define NOTICE_US INT64_C(60000000)
/* An old connection may end a moment after the new one opened. */
#define DOUBLE_US 50000

struct writing {
    struct finding *list;
    size_t count;
};

static void found(struct writing *w, const char *row, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void found(struct writing *w, const char *row, const char *format, ...)
{
    struct finding *f = &w->list[w->count];
    va_list args;

    if (w->count == FINDINGS_MAX)
        return;
    f->row = row;
    va_start(args, format);
    vsnprintf(f->text, sizeof f->text, format, args);
    va_end(args);
    w->count++;
}

static struct units span(int64_t us)
{
    return units_span((double)us, 0);
}

static void find_unnoticed(struct writing *w, const struct grade_report *r,
                           const struct grade_client_report *c)
{
    int64_t longest = 0;
    const char *kind = NULL;

    for (size_t i = 0; i < c->fault_count; i++) {
        const struct grade_fault *f = &c->faults[i];
        int64_t us = f->noticed_us >= 0 ? f->noticed_us
                     : f->over_us >= 0  ? f->over_us
                                        : (int64_t)(r->at_us - f->at_us);

        if (f->noticed_us < 0 && us > longest) {
            longest = us;
            kind = f->kind;
        }
    }
    if (kind && longest >= NOTICE_US)
        found(w, "noticed", "never noticed %s, which lasted %s: it has no heartbeat", kind,
              span(longest).text);
}

static void find_waiting(struct writing *w, const struct grade_client_report *c)
{
    if (c->backoff.kind == BACKOFF_NONE)
        found(w, "back-off", "tries again at once, without waiting");
    else if (c->backoff.jitter == BACKOFF_SPREAD_NONE)
        found(
            w, "back-off",
            "waits without jitter: all clients that lost their connection together return together");
    if (c->hammer > 0)
        found(w, "hammering",
              "%" PRIu64 " attempt%s less than 100 ms apart, or more than 10 in 10 s", c->hammer,
              plural(c->hammer));
    if (c->retry_after == GRADE_NO)
        found(w, "hammering", "ignored Retry-After");
    if (c->gave_up_after == 0)
        found(w, "giving up", "did not try to return");
    else if (c->gave_up_after > 0)
        found(w, "giving up", "gave up after %" PRIi64 " attempt%s", c->gave_up_after,
              plural((uint64_t)c->gave_up_after));
}

static void find_return(struct writing *w, const struct grade_client_report *c)
{
    if (c->double_us >= DOUBLE_US)
        found(w, "double connection", "had two connections for %s",
              span((int64_t)c->double_us).text);
    if (c->resubscribed >= 0 && c->missing_count > 0)
        found(w, "resubscription", "did not send %zu of %" PRIi64 " subscription%s again",
              c->missing_count, c->subscriptions, plural((uint64_t)c->subscriptions));
    if (c->resumed_right == GRADE_NO)
        found(w, "resume", "resumed from %.40s instead of %.40s",
              c->resumed_from ? c->resumed_from : "nothing",
              c->should_be ? c->should_be : "elsewhere");
}

static void find_losses(struct writing *w, const struct grade_client_report *c)
{
    if (c->lost > 0)
        found(w, "accounting", "lost %" PRIi64 " message%s", c->lost, plural((uint64_t)c->lost));
    if (c->polled)
        found(w, "accounting", "returned by polling: what it received there, or lost, is not seen");
    if (c->duplicates > 0)
        found(w, "accounting", "received %" PRIi64 " message%s twice", c->duplicates,
              plural((uint64_t)c->duplicates));
    if (c->up_lost > 0)
        found(w, "accounting", "%" PRIi64 " of its messages never reached the server", c->up_lost);
    if (c->up_duplicates > 0)
        found(w, "accounting", "sent %" PRIi64 " message%s twice", c->up_duplicates,
              plural((uint64_t)c->up_duplicates));
    if (c->expired == GRADE_YES)
        found(w, "credential", "sent a credential that had expired");
}

size_t findings_of(const struct grade_report *r, const struct grade_client_report *c,
                   struct finding list[FINDINGS_MAX])
{
    struct writing w = {.list = list};

    find_unnoticed(&w, r, c);
    find_waiting(&w, c);
    find_return(&w, c);
    find_losses(&w, c);
    return w.count;
}

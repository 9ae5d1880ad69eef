#include "sink/grade/grade_rows.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/plural.h"
#include "measure/units.h"

/* Faults and delays that are listed one by one. */
#define LISTED 8

/* A row while it is written: what does not fit is cut. */
struct writing {
    char *text;
    size_t size, used;
    bool utf8;
};

static void put(struct writing *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct writing *w, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(w->text + w->used, w->size - w->used, format, args);
    va_end(args);
    if (n > 0)
        w->used = w->used + (size_t)n < w->size ? w->used + (size_t)n : w->size - 1;
}

static struct writing row(struct grade_rows *rows, const char *label, bool utf8)
{
    struct grade_row *r = &rows->list[rows->count++];

    r->label = label;
    r->text[0] = '\0';
    return (struct writing){r->text, sizeof r->text, 0, utf8};
}

static void put_span(struct writing *w, int64_t us)
{
    put(w, "%s", units_span((double)us, w->utf8).text);
}

/* Times that are known, and how far apart they are. */
struct range {
    int64_t least, most;
    uint64_t count;
};

/* us: GRADE_UNKNOWN is left out. */
static void range_add(struct range *r, int64_t us)
{
    if (us < 0)
        return;
    r->least = r->count == 0 || us < r->least ? us : r->least;
    r->most = us > r->most ? us : r->most;
    r->count++;
}

/* "after 4.00 ms", "after 4.00 ms to 9.00 s"; nothing if it is empty. */
static void put_range(struct writing *w, const struct range *r)
{
    if (r->count == 0)
        return;
    put(w, "after ");
    put_span(w, r->least);
    if (r->most != r->least) {
        put(w, " to ");
        put_span(w, r->most);
    }
}

/* --- faults and outages -------------------------------------------------------------------------
 */

static void row_noticed(struct writing w, const struct grade_client_report *c)
{
    struct range noticed = {0};

    for (size_t i = 0; i < c->fault_count; i++)
        range_add(&noticed, c->faults[i].noticed_us);
    if (c->fault_count == 0) {
        put(&w, "no fault");
        return;
    }
    if (c->fault_count == 1 && noticed.count == 1)
        put(&w, "%s ", c->faults[0].kind);
    else
        put(&w, "%" PRIu64 " of %zu faults ", noticed.count, c->fault_count);
    put_range(&w, &noticed);
    for (size_t i = 0, listed = 0; i < c->fault_count && listed < 3; i++) {
        if (c->faults[i].noticed_us >= 0)
            continue;
        put(&w, "%s%s", listed++ ? ", " : "; never: ", c->faults[i].kind);
    }
}

static void row_back(struct writing w, const struct grade_report *r,
                     const struct grade_client_report *c)
{
    struct range back = {0};

    for (size_t i = 0; i < c->outage_count; i++)
        range_add(&back, c->outages[i].back_us);
    if (c->outage_count == 0) {
        put(&w, "no outage");
        return;
    }
    put_range(&w, &back);
    if (c->outage_count > 1)
        put(&w, "%s%" PRIu64 " of %zu outages", back.count ? ", " : "", back.count,
            c->outage_count);
    if (back.count < c->outage_count) {
        put(&w, "%snot back in the ", back.count || c->outage_count > 1 ? "; " : "");
        put_span(&w, (int64_t)(r->at_us - c->outages[c->outage_count - 1].lost_us));
        put(&w, " since the last");
    }
}

static void row_backoff(struct writing w, const struct grade_client_report *c)
{
    const struct backoff_fit *f = &c->backoff;
    const char *jitter = backoff_spread_name(f->jitter);

    if (f->kind == BACKOFF_UNKNOWN) {
        put(&w, "not known: too few delays%s%s", jitter ? "; jitter: " : "", jitter ? jitter : "");
        return;
    }
    if (f->kind == BACKOFF_NONE) {
        put(&w, "none: it tries again at once");
        return;
    }
    if (f->preset)
        put(&w, "%s (confidence %.2f): ", f->preset, f->confidence);
    put(&w, "%s", backoff_class_name(f->kind));
    if (f->factor > 0)
        put(&w, ", factor %.3g", f->factor);
    if (f->cap_us > 0) {
        put(&w, ", at most ");
        put_span(&w, f->cap_us);
    }
    if (jitter)
        put(&w, ", %s jitter", f->jitter == BACKOFF_SPREAD_NONE ? "no" : jitter);
    if (!f->preset)
        put(&w, "; no preset (confidence %.2f)", f->confidence);
}

/* Of the outage that took most attempts. */
static void row_delays(struct writing w, const struct grade_client_report *c)
{
    const struct grade_outage *longest = NULL;

    for (size_t i = 0; i < c->outage_count; i++)
        if (!c->outages[i].muddled &&
            (!longest || c->outages[i].delay_count > longest->delay_count))
            longest = &c->outages[i];
    if (!longest || longest->delay_count == 0) {
        put(&w, "%s", c->outage_count ? "no attempt that is certainly its own" : "no outage");
        return;
    }
    for (size_t k = 0; k < longest->delay_count && k < LISTED; k++) {
        put(&w, "%s", k ? ", " : "");
        if (longest->delays[k].us < 0)
            put(&w, "?");
        else
            put_span(&w, longest->delays[k].us);
    }
    if (longest->attempts > LISTED)
        put(&w, ", and %" PRIu64 " more", longest->attempts - LISTED);
}

static void row_hammering(struct writing w, const struct grade_client_report *c)
{
    const char *word = grade_retry_after_word(c->retry_after);

    if (c->hammer)
        put(&w, "%" PRIu64 " attempt%s too close to the one before", c->hammer, plural(c->hammer));
    else
        put(&w, "none");
    if (word)
        put(&w, "; Retry-After %s", word);
}

static void row_giving_up(struct writing w, const struct grade_client_report *c)
{
    if (c->gave_up_after < 0) {
        put(&w, "no");
        return;
    }
    put(&w, "after %" PRIi64 " attempt%s", c->gave_up_after, plural((uint64_t)c->gave_up_after));
    if (c->gave_up_on > 0)
        put(&w, ", on %s %d", c->gave_up_on < 1000 ? "status" : "close code", c->gave_up_on);
}

/* --- coming back --------------------------------------------------------------------------------
 */

static void row_subscriptions(struct writing w, const struct grade_client_report *c)
{
    if (c->subscriptions < 0)
        put(&w, "never connected");
    else if (c->subscriptions == 0)
        put(&w, "nothing was sent in the first second");
    else if (c->resubscribed < 0)
        put(&w, "%" PRIi64 "; no reopened connection lasted a second", c->subscriptions);
    else
        put(&w, "%" PRIi64 " of %" PRIi64 " sent again", c->resubscribed, c->subscriptions);
}

static void row_resume(struct writing w, const struct grade_client_report *c)
{
    if (c->outage_count == 0)
        put(&w, "no outage");
    else if (!c->resumed_from && !c->should_be)
        put(&w, "not seen");
    else if (!c->resumed_from)
        put(&w, "not seen; the last message delivered was %s", c->should_be);
    else if (!c->should_be)
        put(&w, "from %s; whether that is right is not known", c->resumed_from);
    else if (c->resumed_right == GRADE_YES)
        put(&w, "from %s, as it should", c->resumed_from);
    else
        put(&w, "from %s; should be %s", c->resumed_from, c->should_be);
}

static void put_known(struct writing *w, const char *before, int64_t n)
{
    if (n >= 0)
        put(w, "%s%s%" PRIi64, w->used ? ", " : "", before, n);
}

static void row_received(struct writing w, const struct grade_client_report *c)
{
    put_known(&w, "lost ", c->lost);
    put_known(&w, "recovered ", c->recovered);
    put_known(&w, "twice ", c->duplicates);
    if (w.used == 0)
        put(&w, "not known: --seq or --id names what identifies a message");
}

static void row_sent(struct writing w, const struct grade_client_report *c)
{
    put_known(&w, "lost ", c->up_lost);
    put_known(&w, "twice ", c->up_duplicates);
    if (w.used == 0)
        put(&w, "not known: --up-id names what identifies a message");
}

static void row_credential(struct writing w, const struct grade_client_report *c)
{
    if (c->same_credential != GRADE_MAYBE)
        put(&w, c->same_credential == GRADE_YES ? "the same each time" : "not the same each time");
    if (c->expired != GRADE_MAYBE)
        put(&w, "%s%s", w.used ? "; " : "", c->expired == GRADE_YES ? "expired" : "not expired");
    if (w.used == 0)
        put(&w, "none seen twice");
}

/* --- all of it ----------------------------------------------------------------------------------
 */

void grade_rows(struct grade_rows *rows, const struct grade_report *r,
                const struct grade_client_report *c, bool utf8)
{
    struct writing w;

    rows->count = 0;
    row_noticed(row(rows, "noticed", utf8), c);
    row_back(row(rows, "back", utf8), r, c);
    row_backoff(row(rows, "back-off", utf8), c);
    row_delays(row(rows, "delays", utf8), c);
    row_hammering(row(rows, "hammering", utf8), c);
    row_giving_up(row(rows, "gave up", utf8), c);
    w = row(rows, "two at once", utf8);
    if (c->double_us > 0)
        put_span(&w, (int64_t)c->double_us);
    else
        put(&w, "never");
    row_subscriptions(row(rows, "subscribed", utf8), c);
    row_resume(row(rows, "resumed", utf8), c);
    row_received(row(rows, "received", utf8), c);
    row_sent(row(rows, "sent", utf8), c);
    row_credential(row(rows, "credential", utf8), c);
}

void grade_verdict_line(char text[120], const struct grade_client_report *c, size_t findings)
{
    if (findings > 0)
        snprintf(text, 120, "%zu finding%s in %zu outage%s", findings, plural(findings),
                 c->outage_count, plural(c->outage_count));
    else if (c->outage_count == 0)
        snprintf(text, 120, "no outage, so little is known");
    else
        snprintf(text, 120, "nothing wrong in %zu outage%s", c->outage_count,
                 plural(c->outage_count));
}

void grade_herd_line(char text[200], const struct grade_report *r, bool utf8)
{
    text[0] = '\0';
    if (r->peak_returns_per_s >= 0 && r->spread_us >= 0)
        snprintf(text, 200,
                 "Of the clients, up to %" PRIi64 " returned within a second; those that were lost "
                 "together were back within %s of each other.",
                 r->peak_returns_per_s, units_span((double)r->spread_us, utf8).text);
}

void grade_limits_line(char text[200], const struct grade_report *r)
{
    text[0] = '\0';
    if (r->left_out > 0)
        snprintf(text, 200, "%" PRIu64 " fact%s did not fit into memory and %s left out.",
                 r->left_out, plural(r->left_out), r->left_out == 1 ? "was" : "were");
    else if (r->unattributed > 0)
        snprintf(text, 200,
                 "%" PRIu64 " refused connection%s could have been of more than one client, and %s "
                 "counted for none.",
                 r->unattributed, plural(r->unattributed), r->unattributed == 1 ? "was" : "were");
}

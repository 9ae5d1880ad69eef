#include "fanout/expect.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/plural.h"
#include "measure/units.h"

/* What a report says for a row. False: nothing that could be compared, and reason says why. */
typedef bool drill_get_fn(const struct drill_totals *t, double *number, char *reason);

struct drill_row {
    struct criterion_row is;
    drill_get_fn *get;
};

#define REASON sizeof((struct drill_verdict *)0)->reason

static void say(char *reason, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(char *reason, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(reason, REASON, format, args);
    va_end(args);
}

static bool get_clean(const struct drill_totals *t, double *number, char *reason)
{
    *number = t->ended ? 100.0 * t->clean / t->ended : 100;
    say(reason, "%u of the %u connections that ended were closed cleanly", t->clean, t->ended);
    return true;
}

static bool get_back(const struct drill_totals *t, double *number, char *reason)
{
    *number = t->gone ? INFINITY : (double)t->away_max_us;
    if (t->gone)
        say(reason, "%u of the %u connections that ended did not return", t->gone, t->ended);
    else if (t->away_max_us >= 0)
        say(reason, "one was away for %s", units_span((double)t->away_max_us, 0).text);
    else
        *number = 0;
    return true;
}

static bool get_lost(const struct drill_totals *t, double *number, char *reason)
{
    *number = (double)t->lost;
    say(reason, "%" PRIu64 " deliver%s lost", t->lost, t->lost == 1 ? "y was" : "ies were");
    return true;
}

static bool get_late(const struct drill_totals *t, double *number, char *reason)
{
    *number = (double)t->late;
    say(reason, "%" PRIu64 " message%s arrived late", t->late, plural(t->late));
    return true;
}

static bool get_twice(const struct drill_totals *t, double *number, char *reason)
{
    *number = (double)t->twice;
    say(reason, "%" PRIu64 " message%s arrived twice", t->twice, plural(t->twice));
    return true;
}

static bool get_ended(const struct drill_totals *t, double *number, char *reason)
{
    *number = (double)t->ended;
    say(reason, "%u of %u connections ended", t->ended, t->connections);
    return true;
}

static bool get_peak(const struct drill_totals *t, double *number, char *reason)
{
    *number = (double)t->peak_per_s;
    say(reason, "up to %u connections returned within a second", t->peak_per_s);
    return true;
}

static bool get_even(const struct drill_totals *t, double *number, char *reason)
{
    *number = t->even;
    if (t->even > 0)
        say(reason, "the largest node has %.2f times its fair share of the connections", t->even);
    else
        say(reason,
            "the shares of the nodes are not known: nothing names them, or no connection is open");
    return t->even > 0;
}

static const struct drill_row rows[] = {
    {{"clean", CRITERION_SHARE, NULL}, get_clean}, {{"back", CRITERION_SPAN, NULL}, get_back},
    {{"lost", CRITERION_COUNT, NULL}, get_lost},   {{"late", CRITERION_COUNT, NULL}, get_late},
    {{"twice", CRITERION_COUNT, NULL}, get_twice}, {{"ended", CRITERION_COUNT, NULL}, get_ended},
    {{"peak", CRITERION_COUNT, NULL}, get_peak},   {{"even", CRITERION_RATIO, NULL}, get_even},
};

const struct criterion_row *drill_expect_row(size_t i)
{
    return i < sizeof rows / sizeof *rows ? &rows[i].is : NULL;
}

int drill_expect_parse(struct criteria *x, const char *text, struct err *e)
{
    return criteria_parse(x, drill_expect_row, text, e);
}

size_t drill_expect_check(const struct criteria *x, const struct fanout_report *r,
                          struct drill_verdict *verdicts)
{
    size_t failed = 0;

    for (size_t i = 0; i < x->count; i++) {
        const struct drill_row *row = (const struct drill_row *)x->list[i].row;
        struct drill_verdict *v = &verdicts[i];
        double number = 0;

        *v = (struct drill_verdict){.name = x->list[i].text};
        if (r->drilled)
            v->ok = row->get(&r->drill, &number, v->reason) && criterion_holds(&x->list[i], number);
        else
            say(v->reason, "there was no drill");
        failed += !v->ok;
    }
    return failed;
}

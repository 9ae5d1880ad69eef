#include "grade/backoff_fit.h"

#include <math.h>

#include "grade/backoff_odds.h"
#include "session/backoff.h"

/* --- what has no name ---------------------------------------------------------------------------
 */

struct hypothesis {
    double log; /* of its probability */
    double factor, cap;
};

static double log_chance(const struct backoff_sample *s, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += odds_any(s[i].s);
    return sum;
}

static struct hypothesis fixed(const struct backoff_sample *s, size_t count)
{
    struct hypothesis h = {.log = 0};
    double least = s[0].s;

    for (size_t i = 1; i < count; i++)
        least = fmin(least, s[i].s);
    h.log = odds_any(least);
    for (size_t i = 0, left_out = 0; i < count; i++) {
        if (!left_out && s[i].s <= least)
            left_out = 1;
        else
            h.log += odds_exact(s[i].s, least);
    }
    return h;
}

/* The delays of a row from `from` on grow alike up to `to` and are then capped: by a factor, or by
 * a step. Two of them set the measure. */
static double log_growth(const struct backoff_sample *row, size_t count, size_t from, size_t to,
                         bool linear, struct hypothesis *h)
{
    double first = row[from].s, last = row[to].s, span = row[to].n - row[from].n, sum = 0;

    h->factor = pow(last / fmax(first, 0.001), 1 / span);
    h->cap = to + 1 < count ? fmax(row[to + 1].s, last) : 0;
    if (h->factor < 1.05 || (linear && h->factor > 20))
        return ODDS_NONE;
    for (size_t i = 0; i < count; i++) {
        double steps = (double)row[i].n - row[from].n, wanted;

        wanted = linear ? first + (last - first) / span * steps : first * pow(h->factor, steps);
        if (i <= from || i == to || i == to + 1)
            sum += odds_any(row[i].s);
        else
            sum += odds_exact(row[i].s, i > to ? h->cap : wanted);
    }
    return sum;
}

static struct hypothesis growth(const struct backoff_sample *s, size_t count, bool linear)
{
    struct hypothesis best = {.log = 0};

    /* The more pairs there are to choose from, the more probable is it that one fits by chance. */
    for (size_t i = 0, n; i < count; i += n) {
        double of_row = log_chance(s + i, n = odds_row(s + i, count - i));

        for (size_t from = 0; from + 2 < n; from++) {
            for (size_t to = from + 2; to < n; to++) {
                struct hypothesis h;
                double sum = log_growth(s + i, n, from, to, linear, &h);

                sum -= log((double)(n - 1) * (double)(n - 2) / 2);
                if (sum > of_row) {
                    of_row = sum;
                    best.factor = h.factor;
                    best.cap = h.cap;
                }
            }
        }
        best.log += of_row;
    }
    return best;
}

/* The same row in two outages: the first as it may be, the others as the first. */
static struct hypothesis repeated(const struct backoff_sample *s, size_t count)
{
    size_t first = odds_row(s, count), again = 0;
    struct hypothesis h = {.log = log_chance(s, first)};

    h.log = fmax(h.log, fixed(s, first).log);
    h.log = fmax(h.log, fmax(growth(s, first, false).log, growth(s, first, true).log));
    for (size_t i = first; i < count; i++) {
        size_t k = 0;

        while (k < first && s[k].n != s[i].n)
            k++;
        h.log += k < first ? odds_exact(s[i].s, s[k].s) : odds_any(s[i].s);
        again += k < first && s[i].n > 0;
    }
    if (again == 0)
        h.log = ODDS_NONE;
    return h;
}

/* --- what is spread -----------------------------------------------------------------------------
 */

/* Where no row is exact: the logarithms of the delays over n, by least squares. */
struct trend {
    double base, slope, error; /* of the slope */
    double spread;             /* standard deviation around the line */
};

static bool trend_of(const struct backoff_sample *s, size_t count, struct trend *t)
{
    double n = (double)count, x = 0, y = 0, xx = 0, xy = 0, rest = 0;

    for (size_t i = 0; i < count; i++) {
        double value = log(fmax(s[i].s, 0.005));

        x += s[i].n;
        y += value;
        xx += (double)s[i].n * s[i].n;
        xy += s[i].n * value;
    }
    if (count < 3 || xx * n - x * x <= 0)
        return false;
    t->slope = (n * xy - x * y) / (n * xx - x * x);
    t->base = (y - t->slope * x) / n;
    for (size_t i = 0; i < count; i++)
        rest += pow(log(fmax(s[i].s, 0.005)) - t->base - t->slope * s[i].n, 2);
    t->spread = sqrt(rest / (n - 2));
    t->error = t->spread / sqrt(xx - x * x / n);
    return true;
}

/* The most that a delay with partial jitter differs from the line. */
#define PARTIAL_LEAST 0.45
#define PARTIAL_MOST  1.65

/* Delays along a line of their own, each with partial jitter; two of them set the measure. */
static double log_trend(const struct backoff_sample *s, size_t count)
{
    struct trend t;
    double sum = 0;

    if (!trend_of(s, count, &t) || t.slope < -0.05)
        return ODDS_NONE;
    for (size_t i = 0; i < count; i++) {
        double line = exp(t.base + t.slope * s[i].n);

        if (s[i].s < PARTIAL_LEAST * line || s[i].s > PARTIAL_MOST * line)
            return ODDS_NONE;
        sum += i < 2 ? odds_any(s[i].s) : -log((PARTIAL_MOST - PARTIAL_LEAST) * line);
    }
    return sum;
}

/* First delays alone show how much they differ, though not how they grow. */
static enum backoff_spread spread_of_first(const struct backoff_sample *s, size_t count)
{
    double least = INFINITY, most = 0, sum = 0, squares = 0, mean;
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        if (s[i].n != 0)
            continue;
        least = fmin(least, s[i].s);
        most = fmax(most, s[i].s);
        sum += log(fmax(s[i].s, 0.005));
        squares += pow(log(fmax(s[i].s, 0.005)), 2);
        n++;
    }
    if (n < 3)
        return BACKOFF_SPREAD_UNKNOWN;
    if (most - least <= odds_late(least) + odds_early(least))
        return BACKOFF_SPREAD_NONE;
    mean = sum / (double)n;
    return squares / (double)n - mean * mean > 0.2 ? BACKOFF_SPREAD_FULL : BACKOFF_SPREAD_PARTIAL;
}

static void fit_spread(struct backoff_fit *fit, const struct backoff_sample *s, size_t count)
{
    struct trend t;

    fit->jitter = spread_of_first(s, count);
    if (!trend_of(s, count, &t))
        return;
    if (t.slope > 2 * t.error && t.slope > 0.08) {
        fit->kind = BACKOFF_EXPONENTIAL;
        fit->factor = exp(t.slope);
    } else {
        fit->kind = BACKOFF_FIXED;
    }
    fit->confidence = fmin(0.9, 1 - pow(2, -fabs(t.slope) / fmax(t.error, 1e-6)));
    if (fit->kind == BACKOFF_FIXED)
        fit->confidence = 1 - fit->confidence;
    if (fit->jitter == BACKOFF_SPREAD_UNKNOWN)
        fit->jitter = t.spread > 0.45 ? BACKOFF_SPREAD_FULL : BACKOFF_SPREAD_PARTIAL;
}

/* --- all of it ----------------------------------------------------------------------------------
 */

static bool no_waiting(const struct backoff_sample *s, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (s[i].s > 0.06)
            return false;
    return count >= BACKOFF_FIT_MIN;
}

static void name_it(struct backoff_fit *fit, const char *name, double confidence)
{
    struct backoff_plan p;

    if (!backoff_preset(name, &p))
        return;
    *fit = (struct backoff_fit){.preset = name, .confidence = confidence, .cap_us = -1};
    fit->kind = p.list_ms ? BACKOFF_LIST : BACKOFF_EXPONENTIAL;
    fit->factor = p.list_ms ? 0 : p.factor;
    if (!p.list_ms && p.cap_us < UINT64_C(600000000))
        fit->cap_us = (int64_t)p.cap_us;
    fit->jitter = p.list_ms || p.jitter == BACKOFF_EXACT ? BACKOFF_SPREAD_NONE
                  : p.jitter == BACKOFF_FULL             ? BACKOFF_SPREAD_FULL
                                                         : BACKOFF_SPREAD_PARTIAL;
}

/* A hypothesis has to be this much more probable than chance, or than waits with jitter. */
#define TELLING 1.5

enum { FIXED, GROWTH, STEPS, REPEATED, HYPOTHESES };

/* Of a row that is the same in each outage: a list only if it is no even one. */
static void fit_rows(struct backoff_fit *fit, const struct backoff_sample *s, size_t count,
                     struct hypothesis h[HYPOTHESES], size_t best)
{
    static const enum backoff_class kinds[] = {BACKOFF_FIXED, BACKOFF_EXPONENTIAL, BACKOFF_LINEAR,
                                               BACKOFF_LIST};
    size_t first = odds_row(s, count), even = FIXED;

    if (best == REPEATED) {
        h[FIXED] = fixed(s, first);
        h[GROWTH] = growth(s, first, false);
        h[STEPS] = growth(s, first, true);
        for (size_t i = GROWTH; i <= STEPS; i++)
            if (h[i].log > h[even].log)
                even = i;
        if (h[even].log > log_chance(s, first) + TELLING)
            best = even;
    }
    fit->kind = kinds[best];
    fit->jitter = BACKOFF_SPREAD_NONE;
    if (best == GROWTH)
        fit->factor = h[best].factor;
    if (h[best].cap > 0)
        fit->cap_us = (int64_t)(h[best].cap * 1e6);
}

/* The most probable of the hypotheses without a name. *all: of these and of chance. */
static void fit_class(struct backoff_fit *fit, const struct backoff_sample *s, size_t count,
                      double *all)
{
    struct hypothesis h[HYPOTHESES] = {fixed(s, count), growth(s, count, false),
                                       growth(s, count, true), repeated(s, count)};
    size_t best = 0;

    double plain = fmax(log_chance(s, count), log_trend(s, count));

    *all = odds_sum(log_chance(s, count), log_trend(s, count));
    for (size_t i = 0; i < HYPOTHESES; i++) {
        *all = odds_sum(*all, h[i].log);
        if (h[i].log > h[best].log)
            best = i;
    }
    if (h[best].log <= plain + TELLING) {
        fit_spread(fit, s, count);
        return;
    }
    fit->confidence = exp(h[best].log - *all);
    fit_rows(fit, s, count, h, best);
}

struct backoff_fit backoff_fit(const struct backoff_sample *s, size_t count)
{
    struct backoff_fit fit = {.cap_us = -1, .confidence = -1};
    const char *preset;
    double others, confidence;
    bool grows = false;

    for (size_t i = 0; i < count; i++)
        grows = grows || s[i].n > 0;
    if (no_waiting(s, count)) {
        fit.kind = BACKOFF_NONE;
        fit.jitter = BACKOFF_SPREAD_NONE;
        fit.confidence = 1 - pow(2, -(double)count);
        return fit;
    }
    if (!grows) {
        fit.jitter = spread_of_first(s, count);
        return fit;
    }
    fit_class(&fit, s, count, &others);
    preset = odds_preset(s, count, others, &confidence);
    if (count >= BACKOFF_FIT_MIN && confidence >= BACKOFF_FIT_CONFIDENT)
        name_it(&fit, preset, confidence);
    return fit;
}

const char *backoff_class_name(enum backoff_class kind)
{
    static const char *const names[] = {NULL, "none", "fixed", "linear", "exponential", "list"};

    return names[kind];
}

const char *backoff_spread_name(enum backoff_spread jitter)
{
    static const char *const names[] = {NULL, "none", "partial", "full"};

    return names[jitter];
}

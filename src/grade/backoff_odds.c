#include "grade/backoff_odds.h"

#include <math.h>
#include <string.h>

#include "session/backoff.h"

double odds_late(double s)
{
    return 0.04 + 0.01 * s;
}

double odds_early(double s)
{
    return 0.004 + 0.003 * s;
}

/* On a busy machine now and then much later: such a sample is improbable, but no contradiction. */
static double very_late(double s)
{
    return 0.35 + 0.02 * s;
}

double odds_any(double s)
{
    return -log(8.7 * fmax(s, 0.01));
}

/* Anything from lo to hi, each as probable. */
static double log_uniform(double s, double lo, double hi)
{
    double late = s - hi;

    if (s < lo - odds_early(lo) || late > very_late(hi))
        return ODDS_NONE;
    if (late <= odds_late(hi))
        return log(0.97 / (hi - lo + odds_late(hi) + odds_early(lo)));
    return log(0.005 / (hi - lo + very_late(hi)));
}

double odds_exact(double s, double wanted)
{
    return log_uniform(s, wanted, wanted);
}

double odds_sum(double a, double b)
{
    double more = fmax(a, b), less = fmin(a, b);

    return more + log1p(exp(less - more));
}

/* --- presets ------------------------------------------------------------------------------------
 */

static double grown(double s, double factor, unsigned n)
{
    return s * pow(factor, n < 200 ? n : 200);
}

static double seconds_of(uint64_t us)
{
    return (double)us / 1e6;
}

/* A cap after the jitter: all that would be longer is the cap itself. */
static double log_capped(double s, double lo, double hi, double cap)
{
    double at_cap;

    if (hi <= cap)
        return log_uniform(s, lo, hi);
    if (lo >= cap)
        return odds_exact(s, cap);
    at_cap = (hi - cap) / (hi - lo);
    return odds_sum(log(at_cap) + odds_exact(s, cap), log(1 - at_cap) + log_uniform(s, lo, cap));
}

static double log_plan(const struct backoff_plan *p, unsigned n, double s)
{
    double cap = seconds_of(p->cap_us), mean, lo, hi;

    if (n >= p->tries || (p->list_ms && p->list_ends && n >= p->list_len))
        return ODDS_NONE;
    if (p->list_ms)
        return odds_exact(s, p->list_ms[n < p->list_len ? n : p->list_len - 1] / 1e3);
    mean = grown(seconds_of(p->base_us), p->factor, n);
    if (!p->cap_last)
        mean = fmin(mean, cap);
    lo = hi = mean;
    if (p->jitter == BACKOFF_FULL) {
        /* Nearly everything fits, so what does not is a contradiction. */
        return s > mean + odds_late(mean) ? ODDS_NONE : log_uniform(s, 0, mean);
    }
    if (p->jitter == BACKOFF_FRACTION) {
        lo = mean * (1 - p->fraction);
        hi = mean * (1 + p->fraction);
    } else if (p->jitter == BACKOFF_PLUS) {
        lo = mean + seconds_of(p->low_us);
        hi = mean + seconds_of(p->high_us);
    }
    return p->cap_last ? log_capped(s, lo, hi, cap) : log_uniform(s, lo, hi);
}

/* The first delay is drawn once; the others of its row follow from it. */
static double log_drawn_once(const struct backoff_plan *p, const struct backoff_sample *row,
                             size_t count)
{
    double lo = seconds_of(p->base_us + p->low_us), hi = seconds_of(p->base_us + p->high_us);
    double cap = seconds_of(p->cap_us), best = ODDS_NONE;

    for (size_t k = 0; k < count; k++) {
        double first = row[k].s / grown(1, p->factor, row[k].n), sum;

        sum = log_uniform(first, lo, hi);
        for (size_t i = 0; i < count && sum > ODDS_NONE; i++)
            if (i != k)
                sum += odds_exact(row[i].s, fmin(grown(first, p->factor, row[i].n), cap));
        best = fmax(best, sum);
    }
    return fmax(best, ODDS_NONE);
}

size_t odds_row(const struct backoff_sample *s, size_t count)
{
    size_t n = 1;

    while (n < count && s[n].row == s[0].row)
        n++;
    return n;
}

/* How common each is. The wide ones also fit the delays of others; gRPC is not used over
 * WebSockets, but its delays are within the range of Socket.IO's. */
static double log_common(const char *name)
{
    if (strcmp(name, "grpc") == 0)
        return log(0.02);
    return strcmp(name, "default") == 0 || strcmp(name, "rfc6455") == 0 ? log(0.2) : 0;
}

static double log_preset(const struct backoff_plan *p, const struct backoff_sample *s, size_t count)
{
    double sum = 0;

    for (size_t i = 0, n; i < count; i += n) {
        n = odds_row(s + i, count - i);
        if (p->jitter == BACKOFF_BASE_PLUS && !p->list_ms) {
            sum += log_drawn_once(p, s + i, n);
            continue;
        }
        for (size_t k = i; k < i + n; k++)
            sum += log_plan(p, s[k].n, s[k].s);
    }
    return fmax(sum, ODDS_NONE);
}

const char *odds_preset(const struct backoff_sample *s, size_t count, double others,
                        double *confidence)
{
    const char *name, *best = NULL;
    double all = others, most = ODDS_NONE;

    for (size_t i = 0; (name = backoff_preset_name(i)) != NULL; i++) {
        struct backoff_plan p;
        double of_it;

        if (!backoff_preset(name, &p))
            continue;
        of_it = log_preset(&p, s, count) + log_common(name);
        all = odds_sum(all, of_it);
        if (of_it > most) {
            most = of_it;
            best = name;
        }
    }
    *confidence = best ? exp(most - all) : 0;
    return best;
}

/*
 * verdict: the conclusion from the figures, in a sentence or two, and when there is none.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/decimal.h"
#include "base/plural.h"
#include "measure/scale.h"
#include "measure/units.h"

/* A smaller difference is not worth mentioning. */
#define SAME_BYTES  1.15
#define SAME_LAG_US 50000

static __attribute__((format(printf, 2, 3))) void say(struct scale *s, const char *format, ...)
{
    size_t len = strlen(s->verdict);
    va_list args;

    va_start(args, format);
    vsnprintf(s->verdict + len, sizeof s->verdict - len, format, args);
    va_end(args);
}

static const char *push_name(const struct figures_channel *ch)
{
    return ch->source->kind == CHANNEL_WS ? "the WebSocket" : "SSE";
}

static struct units poll_name(const struct figures_channel *ch)
{
    struct units name;

    if (ch->source->hanging)
        snprintf(name.text, sizeof name.text, "long polling");
    else
        snprintf(name.text, sizeof name.text, "polling every %s s",
                 decimal_millionths(ch->source->every_us).text);
    return name;
}

static void capital(char *text)
{
    if (*text >= 'a' && *text <= 'z')
        *text = (char)(*text - 'a' + 'A');
}

static struct units times(double ratio)
{
    struct units u;

    if (ratio > 0.95 && ratio < 1.05)
        snprintf(u.text, sizeof u.text, "as many bytes");
    else
        snprintf(u.text, sizeof u.text, "%.20s times the bytes", units_number(ratio).text);
    return u;
}

static struct units later(double us)
{
    struct units u;

    if (fabs(us) < 1000)
        snprintf(u.text, sizeof u.text, "1 ms");
    else
        u = units_span(fabs(us), 0);
    return u;
}

static double median(const struct figures *f, int channel)
{
    return (double)figures_lag(f, &f->channels[channel])->p50_us;
}

static double bytes_s(const struct scale *s, const struct figures *f, int channel)
{
    /* The first row's clients; ratios are all that is made of it. */
    return s->row_count ? s->rows[0].cells[channel].bytes_s
                        : (double)f->channels[channel].running_bytes;
}

static void too_few(struct scale *s, const struct figures *f)
{
    unsigned some = 0, keyed = 0;
    const char *only = "";

    for (unsigned i = 0; i < f->count; i++) {
        const struct figures_channel *ch = &f->channels[i];

        keyed += ch->updates > 0;
        if (ch->tally.messages > 0) {
            some++;
            only = ch->source->label;
        }
    }
    if (some == 0)
        say(s, "Nothing to compare: no channel delivered an update.");
    else if (!f->counting)
        say(s, "Nothing was counted: the channels were not up long enough.");
    else if (some == 1)
        say(s, "Only %s delivered: there is nothing to compare it with.", only);
    else if (keyed == 0)
        say(s, "Too few to tell: no update came while all channels were up, or none has the value "
               "that --id names.");
    else if (s->shared == 0)
        say(s, "Too few to tell: only one channel delivered updates that could be counted.");
    else
        say(s,
            "Too few to tell: %llu update%s came by two channels, and fewer than %d prove "
            "nothing. Measure for a longer time (--for SEC, for=SEC).",
            (unsigned long long)s->shared, plural(s->shared), SCALE_ENOUGH);
}

/* The channels do not speak of the same things. */
static bool strangers(struct scale *s, const struct figures *f)
{
    unsigned some = 0;

    for (unsigned i = 0; i < f->count; i++)
        some += f->channels[i].first > 0;
    for (unsigned i = 0; i < f->count; i++) {
        if (f->channels[i].updates > f->channels[i].first)
            return false;
    }
    if (some < 2)
        return false;
    say(s, "No update was seen by two channels, so nothing can be compared: --id POINTER "
           "identifies an update.");
    return true;
}

static void judge_poll(struct scale *s, const struct figures *f)
{
    const struct figures_channel *push = &f->channels[s->best_push];
    const struct figures_channel *poll = &f->channels[s->best_poll];
    double ratio = bytes_s(s, f, s->best_push) > 0
                       ? bytes_s(s, f, s->best_poll) / bytes_s(s, f, s->best_push)
                       : 0;
    double lag = median(f, s->best_poll) - median(f, s->best_push);
    size_t from = strlen(s->verdict);
    bool misses = poll->missed * 20 > poll->missed + poll->updates;

    if (misses)
        say(s, "%s never showed %s of the updates that %s did, and took %s.", poll_name(poll).text,
            units_share(poll->missed, poll->missed + poll->updates).text, push_name(push),
            times(ratio).text);
    else if (lag >= SAME_LAG_US && ratio >= 1 / SAME_BYTES)
        say(s,
            "%s is the better way here: updates come %s sooner in the median than by %s, which "
            "took %s.",
            push_name(push), later(lag).text, poll_name(poll).text, times(ratio).text);
    else if (lag >= SAME_LAG_US)
        say(s,
            "%s took %s of %s and shows updates %s later in the median: poll if that is soon "
            "enough.",
            poll_name(poll).text, times(ratio).text, push_name(push), later(lag).text);
    else if (ratio >= SAME_BYTES)
        say(s, "%s costs less for the same: %s is as quick within %s, but took %s.",
            push_name(push), poll_name(poll).text, later(lag).text, times(ratio).text);
    else
        say(s, "%s is as good here: as quick as %s within %s, for %s.", poll_name(poll).text,
            push_name(push), later(lag).text, times(ratio).text);
    capital(s->verdict + from);
    if (!s->pair.known || ratio < SAME_BYTES)
        return;
    if (s->pair.never)
        say(s, " Polling would cost more bytes at any interval.");
    else if (s->pair.same_cost_s * 1e6 > (double)poll->source->every_us)
        say(s, " Polling would cost as few bytes only at one request every %s.",
            units_span(s->pair.same_cost_s * 1e6, 0).text);
}

static void judge_sse(struct scale *s, const struct figures *f)
{
    double lag = median(f, (int)s->sse) - median(f, (int)s->ws);

    if (fabs(lag) >= SAME_LAG_US)
        say(s, " SSE shows updates %s %s than the WebSocket, for %s.", later(lag).text,
            lag > 0 ? "later" : "sooner", times(s->sse_to_ws).text);
    else if (s->sse_to_ws <= 2)
        say(s,
            " SSE is as quick within %s, for %s: the simpler choice if the client has nothing "
            "to send.",
            later(lag).text, times(s->sse_to_ws).text);
    else
        say(s, " SSE is as quick within %s, but took %s of the WebSocket.", later(lag).text,
            times(s->sse_to_ws).text);
}

/* No push to compare with: the quickest and the slowest. */
static void judge_polls(struct scale *s, const struct figures *f)
{
    int quick = -1, slow = -1;

    for (unsigned i = 0; i < f->count; i++) {
        const struct figures_channel *ch = &f->channels[i];

        if (ch->source->kind != CHANNEL_POLL || ch->updates == 0 || ch->state != COMPARISON_UP)
            continue;
        if (quick < 0 || ch->source->every_us < f->channels[quick].source->every_us)
            quick = (int)i;
        if (slow < 0 || ch->source->every_us > f->channels[slow].source->every_us)
            slow = (int)i;
    }
    if (quick < 0 || quick == slow) {
        say(s, "Only one channel stayed up to the end: there is nothing to compare it with.");
        return;
    }
    say(s, "%s shows updates %s sooner in the median than every %s s, for %s.",
        poll_name(&f->channels[quick]).text, later(median(f, slow) - median(f, quick)).text,
        decimal_millionths(f->channels[slow].source->every_us).text,
        times(bytes_s(s, f, quick) / fmax(bytes_s(s, f, slow), 1e-9)).text);
    capital(s->verdict);
}

void scale_judge(struct scale *s, const struct figures *f)
{
    s->verdict[0] = '\0';
    if (f->counting && strangers(s, f))
        return;
    if (!s->enough)
        too_few(s, f);
    else if (s->best_push < 0)
        judge_polls(s, f);
    else if (s->best_poll >= 0)
        judge_poll(s, f);
    else if (!s->has_sse)
        say(s, "Only one channel stayed up to the end: there is nothing to compare it with.");
    if (s->enough && s->has_sse)
        judge_sse(s, f);
    if (s->verdict[0] == ' ')
        memmove(s->verdict, s->verdict + 1, strlen(s->verdict));
}

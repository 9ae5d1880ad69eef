#include "sink/compare/compare_text.h"
#include "base/plural.h"

#include <math.h>
#include <stdio.h>

struct units compare_text_lag(const struct figures_lag *lag, int64_t us, bool utf8)
{
    struct units none = {"-"};

    if (utf8)
        snprintf(none.text, sizeof none.text, "–");
    return lag->known ? units_span((double)us, utf8) : none;
}

static const char *basis_words(enum offset_basis basis)
{
    switch (basis) {
    case OFFSET_SAME:
        return "whose clock is taken to agree with this one";
    case OFFSET_DATES:
        return "its clock set right by the Date of its answers";
    case OFFSET_QUICKEST:
        return "its clock set so that the quickest update took no time";
    default:
        return "whose clock is unknown";
    }
}

int compare_text_basis(struct buf *out, const struct figures *f, bool utf8)
{
    int failed;

    if (!f->by_time)
        return buf_append_str(out, "Lag is counted from the moment the first channel showed the "
                                   "update.");
    failed = buf_printf(out, "Lag is counted from the time that the server put into the update, %s",
                        basis_words(f->clock.basis));
    if (f->clock.us != 0)
        failed |= buf_printf(out, ": %s %s", units_span(fabs((double)f->clock.us), utf8).text,
                             f->clock.us > 0 ? "ahead" : "behind");
    if (f->clock.bounded)
        failed |= buf_printf(out, " (the evidence allows %s to %s)",
                             units_span((double)f->clock.low_us, utf8).text,
                             units_span((double)f->clock.high_us, utf8).text);
    if (f->time_resolution_us >= 1000)
        failed |= buf_printf(out, "; the times are written to %s",
                             units_span((double)f->time_resolution_us, utf8).text);
    failed |= buf_append_str(out, ".");
    return failed;
}

static const char *label(const struct figures *f, unsigned channel)
{
    return f->channels[channel].source->label;
}

/* "one update every 15 min", "4.2 updates a second" */
static struct units rate_words(double rate)
{
    struct units u;

    if (rate >= 1)
        snprintf(u.text, sizeof u.text, "%.20s updates a second", units_number(rate).text);
    else
        snprintf(u.text, sizeof u.text, "one update every %.20s", units_span(1e6 / rate, 0).text);
    return u;
}

static int pair_words(struct buf *out, const struct figures *f, const struct scale_pair *pair)
{
    int failed;

    if (pair->never)
        failed = buf_printf(out,
                            "At %s updates a second polling costs more bytes than %s at any "
                            "interval.\n",
                            units_number(f->rate).text, label(f, pair->push));
    else
        failed = buf_printf(out,
                            "At %s updates a second, one request every %s costs as many bytes as "
                            "%s.\n",
                            units_number(f->rate).text, units_span(pair->same_cost_s * 1e6, 0).text,
                            label(f, pair->push));
    if (isinf(pair->rate_below))
        failed |= buf_printf(out, "A request costs no more than a pushed update: asking once for "
                                  "each is as cheap at any rate.\n");
    else if (pair->rate_below > 0)
        failed |= buf_printf(
            out,
            "Where updates are rarer than %s, asking that often costs fewer bytes than keeping %s "
            "open (a ping every %d s assumed).\n",
            rate_words(pair->rate_below).text, label(f, pair->push), SCALE_KEEPALIVE_S);
    return failed;
}

int compare_text_balance(struct buf *out, const struct figures *f, const struct scale *s)
{
    int failed = 0;

    if (!s->enough)
        return 0;
    if (s->pair.known)
        failed |= pair_words(out, f, &s->pair);
    if (s->has_sse && isinf(s->sse_rate_below))
        failed |= buf_append_str(out, "SSE costs no more bytes than the WebSocket at any rate of "
                                      "updates.\n");
    else if (s->has_sse && s->sse_rate_below > 0)
        failed |= buf_printf(out,
                             "Where updates are rarer than %s, SSE costs fewer bytes than the "
                             "WebSocket; where they are not, more.\n",
                             rate_words(s->sse_rate_below).text);
    else if (s->has_sse)
        failed |= buf_append_str(out, "SSE costs more bytes than the WebSocket at any rate of "
                                      "updates.\n");
    return failed;
}

const char *compare_text_outside(const struct figures *f)
{
    for (unsigned i = 0; i < f->count; i++)
        if (f->channels[i].outside > 0)
            return "An update is missed if the channel showed an earlier and a later one. Updates "
                   "before its first or after its last (the next poll is still due) are not.";
    return NULL;
}

int compare_text_trouble(struct buf *out, const struct figures *f, const struct figures_channel *ch)
{
    const char *text = ch->error->code != EXIT_OK ? ch->error->text : "";
    int failed = 0;

    if (ch->state == COMPARISON_FAILED)
        failed = buf_printf(out, "never came up%s%s", *text ? ": " : "", text);
    else if (ch->state == COMPARISON_ENDED)
        failed = buf_printf(
            out, "ended %s after the counting began%s%s",
            units_span(ch->ended_us > f->begin_us ? (double)(ch->ended_us - f->begin_us) : 0, 0)
                .text,
            *text ? ": " : "", text);
    else if (ch->state == COMPARISON_OPENING)
        failed = buf_append_str(out, "was not up in time");
    else if (ch->strangers > 0)
        failed = buf_printf(out, "%llu message%s without what --id names",
                            (unsigned long long)ch->strangers, plural(ch->strangers));
    return failed;
}

double compare_text_class(unsigned n)
{
    return n == 0 ? 0 : LAG_FROM_US * pow(10, (double)n / LAG_CLASSES_DECADE);
}

void compare_text_classes(const struct figures *f, const struct comparison *c, unsigned channel,
                          uint64_t counts[LAG_CLASSES])
{
    for (unsigned i = 0; i < LAG_CLASSES; i++) {
        int64_t from = i == 0 ? INT64_MIN : (int64_t)compare_text_class(i);
        int64_t to = i + 1 == LAG_CLASSES ? INT64_MAX : (int64_t)compare_text_class(i + 1);

        counts[i] = figures_between(f, c, channel, from, to);
    }
}

unsigned compare_text_decades(const struct figures *f)
{
    double most = 0;
    unsigned decades = 4;

    for (unsigned i = 0; i < f->count; i++) {
        const struct figures_lag *lag = figures_lag(f, &f->channels[i]);

        if (lag->known && (double)lag->max_us > most)
            most = (double)lag->max_us;
    }
    while (decades < LAG_DECADES && LAG_FROM_US * pow(10, decades) <= most)
        decades++;
    return decades;
}
